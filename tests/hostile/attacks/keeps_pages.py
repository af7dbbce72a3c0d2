"""Keep pages of a file that all runs read in memory, or let them go.

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
    address = mapped()
    yield lambda: call(149 if X86 else 228, address, 4096)
    yield lambda: call(325 if X86 else 284, address, 4096, 1)
    yield lambda: call(150 if X86 else 229, address, 4096)
    yield lambda: call(151 if X86 else 230, 1)
    yield lambda: call(152 if X86 else 231)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
