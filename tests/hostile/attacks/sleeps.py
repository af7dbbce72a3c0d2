"""Sleep for ever.

Must: doubled 0, totalled 1, parts 0
Says: ran past the limit of 2 s
"""

import time


def totalled(x):
    time.sleep(10**6)
