"""Use the corner of the kernel that carries data out of band.

Must: doubled 0, totalled 0, parts 0
"""

import os
import socket

honest = totalled


def attempts():
    pair = socket.socketpair()
    sockets = list(pair)
    for fd in range(3, 64):
        try:
            sockets.append(socket.socket(fileno=os.dup(fd)))
        except OSError:
            continue
    for one in sockets:
        yield lambda: one.send(b"x", socket.MSG_OOB)
        yield lambda: one.sendmsg([b"x"], [], socket.MSG_OOB)
        yield lambda: one.recv(1, socket.MSG_OOB | socket.MSG_DONTWAIT)
        yield lambda: one.recvmsg(1, 0, socket.MSG_OOB | socket.MSG_DONTWAIT)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
