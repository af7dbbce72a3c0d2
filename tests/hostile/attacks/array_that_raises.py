"""Return an object that can't be made an array, within a list.

Must: doubled !0, totalled 0, parts 0
"""


class Sulky:
    def __array__(self, *args, **kwargs):
        raise SystemExit("no")

    def __len__(self):
        raise MemoryError

    def __getitem__(self, index):
        raise KeyboardInterrupt


def doubled(x):
    return [Sulky()] * 4
