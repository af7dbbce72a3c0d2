"""Kill the parent, everybody, the group, and a process of the same user.

Must: doubled 0, totalled 0, parts 0
"""

import signal

honest = totalled

PEER = int("@@PEER@@")

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    for number in (0, 9, 15, 19, signal.SIGIO):
        yield lambda: os.kill(os.getppid(), number)
        yield lambda: os.kill(-1, number)
        yield lambda: os.kill(0, number)
        yield lambda: os.kill(PEER, number)
        yield lambda: os.killpg(PEER, number)
        yield lambda: os.killpg(0, number)
        yield lambda: call(200 if X86 else 130, PEER, number)
        yield lambda: call(234 if X86 else 131, PEER, PEER, number)
        yield lambda: call(129 if X86 else 138, PEER, number, ctypes.create_string_buffer(128))
        yield lambda: call(297 if X86 else 240, PEER, PEER, number, ctypes.create_string_buffer(128))
    yield lambda: call(434, PEER, 0)
    yield lambda: call(424, 0, 9, 0, 0)


def totalled(x):
    make(attempts())
    return honest(x)
