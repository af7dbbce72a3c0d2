"""Write, make, rename, link and remove outside of its own folder.

Must: doubled 0, totalled 0, parts 0
"""

import fcntl
import os
import struct

honest = totalled


def attempts():
    for folder in (
        "@@COURSE@@",
        "@@COURSE@@/data",
        "@@SUBMISSIONS@@",
        "@@OUT@@",
        "@@HOME@@",
        "/tmp",
        "/",
        os.path.dirname(np.__file__),
    ):
        yield lambda: open(f"{folder}/@@MARK@@", "w")
        yield lambda: os.mkdir(f"{folder}/@@MARK@@")
        yield lambda: os.symlink("x", f"{folder}/@@MARK@@")
        yield lambda: os.link("sums.py", f"{folder}/@@MARK@@")
        yield lambda: os.rename("sums.py", f"{folder}/@@MARK@@")
        yield lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR)
        yield lambda: os.mkfifo(f"{folder}/@@MARK@@")
    for path in (
        "@@COURSE@@/data/offsets.npz",
        "data/offsets.npz",
        "@@COURSE@@/secret.txt",
        "@@COURSE@@/solutions/wall/sums/sums.py",
        np.__file__,
    ):
        yield lambda: open(path, "ab")
        yield lambda: open(path, "r+b")
        yield lambda: os.truncate(path, 0)
        yield lambda: os.chmod(path, 0o777)
        yield lambda: os.chown(path, -1, -1)
        yield lambda: os.utime(path)
        yield lambda: os.utime(path, (1, 1), follow_symlinks=False)
        yield lambda: os.setxattr(path, "user.x", b"x")
        yield lambda: os.link(path, "mine")
        yield lambda: fcntl.ioctl(os.open(path, os.O_RDONLY), 0x40086602, struct.pack("l", 0x40))
    yield lambda: os.unlink("@@COURSE@@/data/offsets.npz")
    yield lambda: os.rename("@@COURSE@@/data/offsets.npz", "mine")
    yield lambda: os.rmdir("@@COURSE@@/data")


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
