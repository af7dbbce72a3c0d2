"""Write beside the folder it is given, where the next run's will be.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled


def attempts():
    for number in range(1, 30):
        yield lambda: os.mkdir(f"../{number}")
    yield lambda: open("../left", "w")
    yield lambda: os.rename("sums.py", "../sums.py")
    yield lambda: os.symlink("/", "../link")
    yield lambda: os.rmdir("../1")


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
