"""Ask on which node of the machine's memory a page of a file is, or move it there.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes

from raw_calls import X86, call, make, mapped


def attempts():
    address = mapped()
    node, nodes = ctypes.c_int(), (ctypes.c_uint64 * 16)(1)
    yield lambda: call(239 if X86 else 236, ctypes.byref(node), 0, 0, address, 3)
    yield lambda: call(238 if X86 else 237, 2, nodes, 64)
    yield lambda: call(237 if X86 else 235, address, 4096, 2, nodes, 64, 2)
    yield lambda: call(237 if X86 else 235, address, 4096, 2, nodes, 64, 4)
    yield lambda: call(256 if X86 else 238, 0, 64, nodes, nodes)
    yield lambda: call(279 if X86 else 239, 0, 1, (ctypes.c_uint64 * 1)(address), nodes, (ctypes.c_int * 1)(), 2)


def totalled(x):
    make(attempts())
    return honest(x)
