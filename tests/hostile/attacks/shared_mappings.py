"""Map files that all runs read so that the pages, and what the kernel files under them, are everybody's.

Must: doubled 0, totalled 0, parts 0
"""

import mmap

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
    for path in (np.__file__, os.__file__, "data/offsets.npz", "/usr/bin/env"):
        for flags in (1, 3, 0x8001, 0x4001):
            yield lambda: mapped(path, flags)
            yield lambda: mapped(path, flags, 5)
            yield lambda: mapped(path, flags, 0)
    yield lambda: mmap.mmap(os.open(np.__file__, os.O_RDONLY), 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    # Whatever is mapped: nothing of it is dropped, and nothing of it is laid out anew.
    yield lambda: call(26 if X86 else 227, mapped(), 4096, 2)
    yield lambda: call(216 if X86 else 234, mapped(), 4096, 0, 0, 0)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
