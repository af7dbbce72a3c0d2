"""Change the attributes of the files it was handed in as, and then the files.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled

os.unlink(__file__)
with open(__file__, "w") as own:
    own.write("changed")


def attempts():
    for path in (__file__, os.path.dirname(os.path.abspath(__file__))):
        yield lambda: os.chmod(path, 0o777)
        yield lambda: os.chown(path, 0, 0)
        yield lambda: os.utime(path, (1, 1))
        yield lambda: os.setxattr(path, "user.x", b"x")


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
