"""Return a mapping that has no end.

Must: doubled 0, totalled 0, parts 1
"""

import itertools


class Endless(dict):
    def items(self):
        return ((f"x{number}", np.zeros(8)) for number in itertools.count())


def parts(x):
    return Endless()
