"""Reach a server on this machine, or anywhere, by every kind of socket.

Must: doubled 0, totalled 0, parts 0
"""

import asyncio
import socket
import urllib.request

honest = totalled

PORT = int("@@PORT@@")


def attempts():
    kinds = [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET]
    for family in (
        socket.AF_INET,
        socket.AF_INET6,
        socket.AF_UNIX,
        socket.AF_NETLINK,
        socket.AF_PACKET,
        40,
        38,
        30,
        21,
    ):
        for kind in kinds:
            yield lambda: socket.socket(family, kind)
    yield lambda: socket.create_connection(("127.0.0.1", PORT), 1)
    yield lambda: socket.create_connection(("::1", PORT), 1)
    yield lambda: urllib.request.urlopen("http://127.0.0.1:@@PORT@@/", timeout=1)
    yield lambda: socket.getaddrinfo("example.org", 80)
    yield lambda: asyncio.run(asyncio.open_connection("127.0.0.1", PORT))
    yield lambda: asyncio.run(asyncio.open_unix_connection("@@STREAM@@"))
    yield lambda: socket.create_server(("127.0.0.1", 0))


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except (OSError, ValueError):
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
