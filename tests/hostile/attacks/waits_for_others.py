"""Wait by an address in a page of a file, until another run wakes whoever does.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes

from raw_calls import X86, call, make, mapped


class Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def waited(*args):
    """Tell whether a call waits; one that looks again at once can be woken by nobody."""
    try:
        return call(*args)
    except TimeoutError:
        return "waited"


def attempts():
    word = mapped()
    value = ctypes.c_uint32.from_address(word).value
    soon = Time(0, 20_000_000)
    for operation in (0, 6, 9, 11, 13):
        yield lambda: waited(202 if X86 else 98, word, operation, value, ctypes.byref(soon), word, -1)
    # Until a time that has passed.
    for operation in (6, 9, 256 | 9, 13):
        yield lambda: waited(202 if X86 else 98, word, operation, value, ctypes.byref(Time(1, 0)), word, -1)
    one = (ctypes.c_uint64 * 3)(value, word, 2)
    yield lambda: waited(449, one, 1, 0, ctypes.byref(Time(1, 0)), 1)
    yield lambda: waited(455, word, value, 0xFFFFFFFF, 2, ctypes.byref(Time(1, 0)), 1)


def totalled(x):
    make(attempts())
    return honest(x)
