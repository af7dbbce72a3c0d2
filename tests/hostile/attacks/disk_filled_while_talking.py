"""Fill the disk while the grader is kept busy reading.

Must: doubled 0, totalled 1, parts 0
"""

import itertools
import os
import time

from autograder.wire import MAGIC, PREFIX


def totalled(x):
    start = PREFIX.pack(MAGIC, 1000, 0)
    for number in itertools.count():
        for fd in range(3, 20):
            try:
                os.write(fd, start[:1])
            except OSError:
                continue
        start = start[1:] or b" "
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 18))
        time.sleep(0.01)
