"""Use up what the kernel counts by user, for all processes of the user together: pipes, watches, timers, descriptors.

Must: doubled 0, totalled 0, parts 0
"""

import array
import fcntl
import socket

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def timers():
    """More timers than one process needs; each is a signal that the user may have on its way."""
    for _ in range(1000):
        call(222 if X86 else 107, 1, 0, ctypes.create_string_buffer(8))


def attempts():
    yield timers
    one, two = socket.socketpair()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))]
    yield lambda: one.sendmsg([b"x"], rights)
    ours, _ = os.pipe()
    yield lambda: fcntl.fcntl(ours, 1031, 1 << 20)
    yield lambda: call(253 if X86 else 26, 0)
    yield lambda: call(294 if X86 else 26, 0)


def totalled(x):
    make(attempts())
    return honest(x)
