"""Leave a note for the next run: of its own, or of somebody else's.

Must: doubled 0, totalled 1, parts 0
"""

import os

honest = parts
PLACES = [".", "..", "../..", "/tmp", "/dev/shm", "/var/tmp", "/scratch", "@@HOME@@", "@@OUT@@", "@@COURSE@@/data"]
NAMES = ["numpy.py", "sitecustomize.py", "colorsys.py", "@@MARK@@"]


def totalled(x):
    for place in PLACES:
        for name in NAMES:
            try:
                with open(os.path.join(place, name), "w") as file:
                    file.write("raise SystemExit('left behind')")
            except OSError:
                continue
    os._exit(0)


def parts(x):
    for place in PLACES:
        for name in NAMES:
            if os.path.exists(os.path.join(place, name)):
                raise AssertionError(os.path.join(place, name))
    return honest(x)
