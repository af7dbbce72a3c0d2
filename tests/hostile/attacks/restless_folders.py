"""Fill the disk in a folder that has another name each time somebody looks.

Must: doubled 0, totalled 1, parts 0
Says: in all, or too many files
"""

import itertools
import os
import time


def totalled(x):
    os.mkdir("d0")
    for number in range(40):
        with open(f"d0/file{number}", "wb") as file:
            file.write(bytes(1 << 19))
    for number in itertools.count():
        os.rename(f"d{number}", f"d{number + 1}")
        if number % 100 == 0:
            time.sleep(0.002)
