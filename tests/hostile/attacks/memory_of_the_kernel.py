"""Have the kernel hold memory for this process: data on its way, in every pipe and socket that can be had.

Must: doubled 0, totalled 0, parts 0
"""

import socket

honest = totalled

import ctypes
import os

from raw_calls import X86, call


def buffered():
    """Fill the buffers of all sockets there can be; how many bytes they take."""
    held, written = [], 0
    try:
        while True:
            held += socket.socketpair()
            for one in held[-2:]:
                one.setblocking(False)
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
                except OSError:
                    pass
                try:
                    while True:
                        written += one.send(bytes(1 << 16))
                except BlockingIOError:
                    pass
    except OSError:
        pass
    for one in held:
        one.close()
    return written


def attempts():
    yield lambda: call(444, (ctypes.c_uint64 * 2)(1, 1), 16, 0)
    yield lambda: call(445, 0, 2, 0, 0)
    ours, theirs = os.pipe()
    page = ctypes.create_string_buffer(1 << 12)
    spans = (ctypes.c_uint64 * 2)(ctypes.addressof(page), 1 << 12)
    yield lambda: call(278 if X86 else 75, theirs, spans, 1, 0)
    yield lambda: socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)


def totalled(x):
    if (written := buffered()) > 1 << 27:
        raise AssertionError(f"{written} bytes")
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
