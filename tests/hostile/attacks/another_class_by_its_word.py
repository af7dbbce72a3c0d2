"""Return objects that say they are arrays, and are none.

Must: doubled !0, totalled !0, parts !0
"""


class Says:
    """Whatever is asked of it is as an array of twice the argument would have it."""

    shape, ndim, size, nbytes = (4, 3), 2, 12, 96
    dtype = np.dtype(np.float64)

    @property
    def __class__(self):
        return np.ndarray

    def __array__(self, *args, **kwargs):
        return np.zeros((4, 3))

    def tobytes(self, *args):
        return bytes(96)


class Number(float):
    @property
    def __class__(self):
        return np.float64

    def __array__(self, *args, **kwargs):
        return np.array(1.0)


class Mapping(dict):
    @property
    def __class__(self):
        return dict


def doubled(x):
    return Says()


def totalled(x):
    return Number(7.0)


def parts(x):
    return Mapping(low=Says(), high=Says())
