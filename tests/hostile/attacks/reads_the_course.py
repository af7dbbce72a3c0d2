"""Read the solution, the secret beside it, and what else lies in the course.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled
COURSE = "@@COURSE@@"
FILES = [
    "secret.txt",
    "solutions/wall/assignment.toml",
    "solutions/wall/sums/sums.py",
    "solutions/wall/sums/checks.py",
    "data/../secret.txt",
    "data/../solutions/wall/sums/sums.py",
]
FOLDERS = ["solutions", "solutions/wall", "solutions/wall/sums", "data/..", "data/../solutions"]


def totalled(x):
    for name in FILES:
        try:
            found = open(os.path.join(COURSE, name)).read()
        except OSError:
            continue
        raise AssertionError(f"{name}: {found[:80]}")
    for name in FOLDERS:
        try:
            found = os.listdir(os.path.join(COURSE, name))
        except OSError:
            continue
        if found != ["data"]:
            raise AssertionError(f"{name}: {found}")
    return honest(x)
