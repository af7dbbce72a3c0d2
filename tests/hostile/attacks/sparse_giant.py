"""Make a file that is larger than the disk, and takes nothing.

Must: doubled 0, totalled 1, parts 0
Says: a file larger than 2 MiB
"""

import os


def totalled(x):
    fd = os.open("sparse", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 1 << 40)
    return 0.0
