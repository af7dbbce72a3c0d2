"""Ask the kernel to do by a ring, or on a fault, what is refused as a call.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


def call(number, *args):
    """A raw system call; OSError when it is refused."""
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def attempts():
    yield lambda: call(425, 8, ctypes.create_string_buffer(120))
    yield lambda: call(426, 3, 1, 0, 0, 0)
    yield lambda: call(427, 3, 0, 0, 0)
    yield lambda: call(206 if X86 else 0, 8, ctypes.create_string_buffer(8))
    yield lambda: call(323 if X86 else 282, 0)
    yield lambda: call(300 if X86 else 262, 0, 0)
    yield lambda: call(254 if X86 else 27, 0, b"/", 0x100)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
