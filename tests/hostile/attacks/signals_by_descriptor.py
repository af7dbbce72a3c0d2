"""Have the kernel send another process a signal when a descriptor is ready.

Must: doubled 0, totalled 0, parts 0
"""

import fcntl
import os
import socket
import struct

honest = totalled

PEER = int("@@PEER@@")


def attempts():
    one, _ = socket.socketpair()
    yield lambda: fcntl.fcntl(one, fcntl.F_SETOWN, PEER)
    yield lambda: fcntl.fcntl(one, 15, struct.pack("ii", 1, PEER))
    yield lambda: fcntl.fcntl(one, fcntl.F_SETSIG, 9)
    yield lambda: fcntl.ioctl(one, 0x8901, struct.pack("i", PEER))
    yield lambda: fcntl.ioctl(one, 0x8902, struct.pack("i", PEER))
    yield lambda: fcntl.fcntl(os.open(".", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_CREATE)
    yield lambda: fcntl.fcntl(os.open("sums.py", os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
