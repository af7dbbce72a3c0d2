"""Hold a lock on a file that other runs read, too.

Must: doubled 0, totalled 0, parts 0
"""

import fcntl
import os
import struct

honest = totalled


def attempts():
    for path in (os.__file__, np.__file__, "data/offsets.npz", "/dev/null", "sums.py"):
        fd = os.open(path, os.O_RDONLY)
        yield lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lambda: fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield lambda: fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield lambda: fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
        yield lambda: fcntl.fcntl(fd, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
