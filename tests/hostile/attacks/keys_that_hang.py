"""Name a value by an object whose text never comes to an end.

Must: doubled 0, totalled 0, parts 1
Says: ran past the limit of 2 s
"""

import time


class Slow:
    def __str__(self):
        while True:
            time.sleep(1)


def parts(x):
    return {Slow(): 0.0}
