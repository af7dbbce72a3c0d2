"""Wake whoever waits by an address in a page of a file: other runs have the page, too.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes

from raw_calls import X86, call, make, mapped


def attempts():
    word = mapped()
    for operation in (1, 3, 4, 5, 7, 10, 12, 256 | 10):
        for value in (0, 1, 1 << 30):
            yield lambda: call(202 if X86 else 98, word, operation, value, value, word, -1)
    value = ctypes.c_uint32.from_address(word).value
    yield lambda: call(202 if X86 else 98, word, 4, 1, 1, word, value)
    yield lambda: call(454, word, 0xFFFFFFFF, 1, 2)
    yield lambda: call(456, (ctypes.c_uint64 * 6)(value, word, 2, value, word, 2), 0, 1, 1)
    # What the kernel does as a thread ends: it writes a zero where it was told to, or fails to, and wakes.
    yield lambda: call(218 if X86 else 96, word)
    yield lambda: call(273 if X86 else 99, word, 24)


def totalled(x):
    make(attempts())
    return honest(x)
