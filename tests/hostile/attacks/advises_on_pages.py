"""Have pages that other runs have, too, loaded, aged, written out, merged, moved or poisoned.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes

from raw_calls import X86, call, libc, make, mapped


def attempts():
    # All advice but that on pages of one's own: to give them back, to have large ones, to keep them from children.
    for advice in (1, 2, 3, 9, 12, 13, 20, 21, 22, 23, 25, 100, 101):
        yield lambda: call(28 if X86 else 233, mapped(), 4096, advice)
        yield lambda: call(440, 0, (ctypes.c_uint64 * 2)(mapped(), 4096), 1, advice, 0)
    yield lambda: call(157 if X86 else 167, 67, 1, 0, 0, 0)
    yield lambda: mapped(flags=2 | 0x8000)
    yield lambda: mapped(flags=2 | 0x2000)
    yield lambda: libc_mmap_huge()


def libc_mmap_huge():
    """A page of those that the machine keeps for all."""
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(1 << 21), 3, 0x40022, -1, ctypes.c_long(0))
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "refused")
    return address


def totalled(x):
    make(attempts())
    return honest(x)
