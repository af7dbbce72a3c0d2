"""Be told when somebody opens, reads or writes a file, or hold it so that they wait.

Must: doubled 0, totalled 0, parts 0
"""

import fcntl

honest = totalled

import os

from raw_calls import X86, call, make


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
    make(attempts())
    return honest(x)
