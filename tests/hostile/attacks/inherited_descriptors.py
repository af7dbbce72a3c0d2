"""Look for descriptors that were left open.

Must: doubled 0, totalled 0, parts 0
"""

import os
import stat

honest = totalled


def totalled(x):
    kinds = {}
    for fd in range(1024):
        try:
            kinds[fd] = os.fstat(fd)
        except OSError:
            continue
    null = os.stat("/dev/null")
    others = [fd for fd, is_ in kinds.items() if (is_.st_dev, is_.st_ino) != (null.st_dev, null.st_ino)]
    if len(others) != 1 or not stat.S_ISSOCK(kinds[others[0]].st_mode):
        raise AssertionError(str({fd: oct(is_.st_mode) for fd, is_ in kinds.items()}))
    for fd in others:
        try:
            os.fchdir(fd)
        except OSError:
            continue
        raise AssertionError("a folder")
    return honest(x)
