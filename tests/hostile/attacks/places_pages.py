"""Ask on which node of the machine's memory a page of a file is, or move it there.

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
    node, nodes = ctypes.c_int(), (ctypes.c_uint64 * 16)(1)
    yield lambda: call(239 if X86 else 236, ctypes.byref(node), 0, 0, address, 3)
    yield lambda: call(238 if X86 else 237, 2, nodes, 64)
    yield lambda: call(237 if X86 else 235, address, 4096, 2, nodes, 64, 2)
    yield lambda: call(237 if X86 else 235, address, 4096, 2, nodes, 64, 4)
    yield lambda: call(256 if X86 else 238, 0, 64, nodes, nodes)
    yield lambda: call(279 if X86 else 239, 0, 1, (ctypes.c_uint64 * 1)(address), nodes, (ctypes.c_int * 1)(), 2)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
