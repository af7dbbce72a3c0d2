"""Return an object that is another array each time it is asked for.

Must: doubled 50, totalled 0, parts 0
"""


class Fickle:
    __module__ = "numpy"

    def __array__(self, *args, **kwargs):
        return np.random.default_rng().normal(size=(4, 3))


def doubled(x):
    return Fickle()
