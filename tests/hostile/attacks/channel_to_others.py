"""Use the socket it was given to reach another.

Must: doubled 0, totalled 0, parts 0
"""

import os
import socket

honest = totalled


def totalled(x):
    for fd in range(3, 64):
        try:
            one = socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        for address in ("@@SOCKET@@", "\0@@ABSTRACT@@"):
            for attempt in (one.connect, one.bind, lambda to: one.sendto(b"", to)):
                try:
                    attempt(address)
                except OSError:
                    continue
                raise AssertionError(address)
    return honest(x)
