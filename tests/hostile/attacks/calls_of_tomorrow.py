"""Use calls that are newer than the filter: they change attributes of files that can be read.

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


def attempts():
    for number in range(463, 512):
        yield lambda: call(number, -100, b"data/offsets.npz", 0, b"user.x", 0, 0)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
