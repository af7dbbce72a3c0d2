"""Ask the kernel to do by a ring, or on a fault, what is refused as a call.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes

from raw_calls import X86, call, make


def attempts():
    yield lambda: call(425, 8, ctypes.create_string_buffer(120))
    yield lambda: call(426, 3, 1, 0, 0, 0)
    yield lambda: call(427, 3, 0, 0, 0)
    yield lambda: call(206 if X86 else 0, 8, ctypes.create_string_buffer(8))
    yield lambda: call(323 if X86 else 282, 0)
    yield lambda: call(300 if X86 else 262, 0, 0)
    yield lambda: call(254 if X86 else 27, 0, b"/", 0x100)


def totalled(x):
    make(attempts())
    return honest(x)
