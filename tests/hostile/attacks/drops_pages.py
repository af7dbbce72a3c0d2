"""Drop pages of files that all runs read from memory, or have them read ahead: a bit each for whoever reads next.

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
    for path in (np.__file__, os.__file__, "data/offsets.npz"):
        fd = os.open(path, os.O_RDONLY)
        for advice in range(8):
            yield lambda: os.posix_fadvise(fd, 0, 0, advice)
            yield lambda: call(221 if X86 else 223, fd, 0, 4096, advice)
        yield lambda: call(187 if X86 else 213, fd, 0, 4096)
        for flags in range(8):
            yield lambda: call(277 if X86 else 84, fd, 0, 4096, flags)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
