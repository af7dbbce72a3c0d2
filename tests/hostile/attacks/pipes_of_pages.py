"""Move pages of a file that all runs read without reading them: into pipes, and from file to file.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import os

from raw_calls import X86, call, make


def attempts():
    ours, theirs = os.pipe()
    fd = os.open("data/offsets.npz", os.O_RDONLY)
    own = os.open("own", os.O_RDWR | os.O_CREAT)
    yield lambda: os.sendfile(own, fd, 0, 64)
    yield lambda: os.sendfile(theirs, fd, 0, 64)
    yield lambda: os.splice(fd, theirs, 64)
    yield lambda: call(275 if X86 else 76, fd, 0, theirs, 0, 64, 2)
    yield lambda: call(276 if X86 else 77, ours, theirs, 64, 2)
    yield lambda: call(278 if X86 else 75, theirs, 0, 0, 2)
    yield lambda: os.copy_file_range(fd, own, 64)


def totalled(x):
    make(attempts())
    return honest(x)
