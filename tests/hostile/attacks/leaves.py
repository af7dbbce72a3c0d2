"""End the process with the status of a success.

Must: doubled 0, totalled 1, parts 0
Says: exit status 0
"""

import os


def totalled(x):
    os._exit(0)
