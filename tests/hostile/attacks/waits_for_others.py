"""Wait by an address in a page of a file, until another run wakes whoever does.

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


def mapped(path=np.__file__, flags=2, rights=1, size=4096):
    """The address of a mapping of a file that other runs read, too."""
    libc.mmap.restype = ctypes.c_void_p
    fd = os.open(path, os.O_RDONLY)
    address = libc.mmap(None, ctypes.c_size_t(size), rights, flags, fd, ctypes.c_long(0))
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "refused")
    return address


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
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
