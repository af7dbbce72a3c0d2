"""Stop the process, neither dead nor alive. The first process of a namespace can't.

Must: doubled 0, totalled 0|1, parts 0
"""

import os
import signal

honest = totalled


def totalled(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return honest(x)
