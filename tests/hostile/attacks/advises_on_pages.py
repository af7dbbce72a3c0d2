"""Have pages that other runs have, too, loaded, aged, written out, merged, moved or poisoned.

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
    # All advice but that on pages of one's own: to give them back, to have large ones, to keep them from children.
    for advice in (1, 2, 3, 9, 12, 13, 20, 21, 22, 23, 25, 100, 101):
        yield lambda: call(28 if X86 else 233, mapped(), 4096, advice)
        yield lambda: call(440, 0, (ctypes.c_uint64 * 2)(mapped(), 4096), 1, advice, 0)
    yield lambda: call(157 if X86 else 167, 67, 1, 0, 0, 0)
    yield lambda: mapped(flags=2 | 0x8000)
    yield lambda: mapped(flags=2 | 0x2000)
    yield lambda: libc_mmap_huge()


def libc_mmap_huge():
    """A page of those that the machine keeps for all."""
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(1 << 21), 3, 0x40022, -1, ctypes.c_long(0))
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "refused")
    return address


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
