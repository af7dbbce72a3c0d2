"""Ask which pages of a file are in memory, without a clock.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make, mapped


def attempts():
    buffer = ctypes.create_string_buffer(4096)
    span = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 1)
    yield lambda: call(27 if X86 else 232, mapped(), 4096, buffer)
    yield lambda: call(27 if X86 else 232, ctypes.addressof(buffer) & ~4095, 4096, buffer)
    for path in (np.__file__, "data/offsets.npz"):
        fd = os.open(path, os.O_RDONLY)
        # Without waiting, of high priority, uncached: RWF_NOWAIT and its kin.
        for flag in (1 << bit for bit in range(9)):
            yield lambda: call(327 if X86 else 286, fd, span, 1, 0, 0, flag)
        yield lambda: os.preadv(fd, [bytearray(1)], 0, os.RWF_NOWAIT)
        yield lambda: call(451, fd, (ctypes.c_uint64 * 2)(0, 4096), (ctypes.c_uint64 * 5)(), 0)
        yield lambda: call(279 if X86 else 239, 0, 1, (ctypes.c_uint64 * 1)(mapped(path)), 0, (ctypes.c_int * 1)(), 0)


def totalled(x):
    make(attempts())
    return honest(x)
