"""Be told when somebody opens, reads or writes a file, or hold it so that they wait.

Must: doubled 0, totalled 0, parts 0
"""

import fcntl

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


def attempts():
    for path in (np.__file__, "data/offsets.npz", "/usr", "/dev/null"):
        fd = os.open(path, os.O_RDONLY)
        for command, value in ((1024, 0), (1024, 1), (1025, 0), (1026, 0x80000001), (8, os.getpid()), (10, 34), (1034, 1)):
            yield lambda: fcntl.fcntl(fd, command, value)
        yield lambda: call(254 if X86 else 27, fd, path.encode(), 1)
        yield lambda: call(301 if X86 else 263, fd, 1, 1, -100, path.encode())
    yield lambda: call(294 if X86 else 26, 0)
    yield lambda: call(300 if X86 else 262, 0, 0)
    yield lambda: call(250 if X86 else 219, 0, -3, 1)
    yield lambda: call(248 if X86 else 217, b"user", b"@@MARK@@", b"1", 1, -4)
    yield lambda: call(249 if X86 else 218, b"user", b"@@MARK@@", 0, -4)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
