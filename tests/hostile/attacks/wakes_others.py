"""Wake whoever waits by an address in a page of a file: other runs have the page, too.

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
    word = mapped()
    for operation in (1, 3, 4, 5, 7, 10, 12, 256 | 10):
        for value in (0, 1, 1 << 30):
            yield lambda: call(202 if X86 else 98, word, operation, value, value, word, -1)
    value = ctypes.c_uint32.from_address(word).value
    yield lambda: call(202 if X86 else 98, word, 4, 1, 1, word, value)
    yield lambda: call(454, word, 0xFFFFFFFF, 1, 2)
    yield lambda: call(456, (ctypes.c_uint64 * 6)(value, word, 2, value, word, 2), 0, 1, 1)
    # What the kernel does as a thread ends: it writes a zero where it was told to, or fails to, and wakes.
    yield lambda: call(218 if X86 else 96, word)
    yield lambda: call(273 if X86 else 99, word, 24)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
