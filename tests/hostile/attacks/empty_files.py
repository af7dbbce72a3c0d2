"""Fill the disk with files that hold nothing.

Must: doubled 0, totalled 1, parts 0
Says: in all, or too many files|of CPU time
"""

import itertools
import time


def totalled(x):
    for number in itertools.count():
        open(f"file{number}", "w").close()
        if number > 4000:
            time.sleep(0.001)
