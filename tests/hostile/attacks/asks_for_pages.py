"""Ask which pages of a file are in memory, without a clock.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


def call(number, *args):
    """A raw system call; OSError when it is refused."""
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def mapped(path=np.__file__, flags=2, rights=1, size=4096):
    """The address of a mapping of a file that other runs read, too."""
    libc.mmap.restype = ctypes.c_void_p
    fd = os.open(path, os.O_RDONLY)
    address = libc.mmap(None, ctypes.c_size_t(size), rights, flags, fd, ctypes.c_long(0))
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "refused")
    return address


def attempts():
    buffer = ctypes.create_string_buffer(4096)
    span = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 1)
    yield lambda: call(27 if X86 else 232, mapped(), 4096, buffer)
    yield lambda: call(27 if X86 else 232, ctypes.addressof(buffer) & ~4095, 4096, buffer)
    for path in (np.__file__, "data/offsets.npz"):
        fd = os.open(path, os.O_RDONLY)
        # Without waiting, of high priority, uncached: RWF_NOWAIT and its kin.
        for flag in (1 << bit for bit in range(9)):
            yield lambda: call(327 if X86 else 286, fd, span, 1, 0, 0, flag)
        yield lambda: os.preadv(fd, [bytearray(1)], 0, os.RWF_NOWAIT)
        yield lambda: call(451, fd, (ctypes.c_uint64 * 2)(0, 4096), (ctypes.c_uint64 * 5)(), 0)
        yield lambda: call(279 if X86 else 239, 0, 1, (ctypes.c_uint64 * 1)(mapped(path)), 0, (ctypes.c_int * 1)(), 0)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
