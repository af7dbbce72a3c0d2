"""Open files until there are no descriptors left.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled


def totalled(x):
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        for fd in held[-9:]:
            os.close(fd)
    return honest(x)
