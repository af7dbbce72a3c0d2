"""Die by a signal that has no name. The first process of a namespace can't.

Must: doubled 0, totalled 0|1, parts 0
"""

import os

honest = totalled


def totalled(x):
    os.kill(os.getpid(), 40)
    return honest(x)
