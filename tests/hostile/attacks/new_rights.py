"""Become somebody else, or root of a world of one's own.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    yield lambda: os.setuid(0)
    yield lambda: os.setresuid(65534, 65534, 65534)
    yield lambda: os.setgroups([])
    yield lambda: os.setgid(0)
    yield lambda: call(122 if X86 else 151, 0)
    yield lambda: os.chroot(".")
    yield lambda: call(126 if X86 else 91, ctypes.create_string_buffer(8), ctypes.create_string_buffer(24))
    for kind in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000):
        yield lambda: call(272 if X86 else 97, kind)
        yield lambda: call(308 if X86 else 268, 0, kind)
    yield lambda: call(165 if X86 else 40, b"x", b".", b"tmpfs", 0, 0)
    yield lambda: call(166 if X86 else 39, b"/", 2)
    yield lambda: call(155 if X86 else 41, b".", b".")
    yield lambda: call(428, -100, b"/", 1)
    yield lambda: call(430, b"tmpfs", 0)
    yield lambda: call(442, -100, b"/", 0, ctypes.create_string_buffer(32), 32)
    yield lambda: call(170 if X86 else 161, b"mine", 4)
    yield lambda: call(135 if X86 else 92, 0x0040000)
    yield lambda: call(304 if X86 else 265, -100, ctypes.create_string_buffer(64), 0)


def totalled(x):
    make(attempts())
    return honest(x)
