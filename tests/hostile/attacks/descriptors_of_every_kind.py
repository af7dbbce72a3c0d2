"""Open pipes, pairs of sockets, timers, events and lists of events until there are no descriptors left.

Must: doubled 0, totalled 0, parts 0
"""

import socket

honest = totalled

import os

from raw_calls import X86, call


def kinds():
    yield os.pipe
    yield lambda: [one.detach() for one in socket.socketpair()]
    yield lambda: [call(283 if X86 else 85, 1, 0)]
    yield lambda: [call(290 if X86 else 19, 0, 0)]
    yield lambda: [call(291 if X86 else 20, 0)]
    yield lambda: [os.open(".", os.O_PATH)]


def totalled(x):
    for kind in kinds():
        held = []
        try:
            while len(held) < 10_000:
                held += kind()
        except OSError:
            pass
        for fd in held:
            os.close(fd)
        if len(held) > 300:
            raise AssertionError(f"{len(held)} descriptors")
    return honest(x)
