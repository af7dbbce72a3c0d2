"""Make a pair of sockets, and send from it to somebody else.

Must: doubled 0, totalled 0, parts 0
"""

import socket

honest = totalled


def attempts():
    for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC):
        yield lambda: socket.socketpair(socket.AF_UNIX, kind)
    one, _ = socket.socketpair()
    for address in ("@@SOCKET@@", "\0@@ABSTRACT@@", "/run/systemd/journal/dev-log", "/dev/log"):
        yield lambda: one.sendto(b"reached", address)
        yield lambda: one.sendmsg([b"reached"], [], 0, address)
        yield lambda: one.connect(address)
        yield lambda: one.bind(address)
    yield lambda: socket.socketpair(30, socket.SOCK_STREAM)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
