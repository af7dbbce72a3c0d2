"""Fill the disk at once, with space that is reserved and not written.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import os

from raw_calls import X86, call, make


def attempts():
    for number in range(100):
        fd = os.open(f"file{number}", os.O_WRONLY | os.O_CREAT)
        yield lambda: call(285 if X86 else 47, fd, 0, 0, 1 << 21)
        os.close(fd)


def totalled(x):
    make(attempts())
    return honest(x)
