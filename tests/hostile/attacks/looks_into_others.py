"""Read the memory, the descriptors and the keys of another process of the same user.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

PEER = int("@@PEER@@")

import os

from raw_calls import X86, call, make


def attempts():
    yield lambda: call(101 if X86 else 117, 16, PEER, 0, 0)
    yield lambda: call(101 if X86 else 117, 0x4206, PEER, 0, 0)
    yield lambda: call(101 if X86 else 117, 16, os.getppid(), 0, 0)
    yield lambda: call(310 if X86 else 270, PEER, 0, 0, 0, 0, 0)
    yield lambda: call(311 if X86 else 271, PEER, 0, 0, 0, 0, 0)
    yield lambda: call(312 if X86 else 272, PEER, os.getpid(), 0, 0, 0)
    yield lambda: call(438, 0, 0, 0)
    yield lambda: call(440, 0, 0, 0, 4, 0)
    yield lambda: call(248 if X86 else 217, b"user", b"name", b"payload", 7, -3)
    yield lambda: call(250 if X86 else 219, 0, -3, 1)
    yield lambda: call(298 if X86 else 241, 0, PEER, -1, -1, 0)
    yield lambda: call(321 if X86 else 280, 0, 0, 0)
    yield lambda: open("/proc/@@PEER@@/mem", "rb")
    yield lambda: open(f"/proc/{os.getppid()}/mem", "rb")
    yield lambda: open("/dev/mem", "rb")
    yield lambda: open("/proc/kcore", "rb")


def totalled(x):
    make(attempts())
    return honest(x)
