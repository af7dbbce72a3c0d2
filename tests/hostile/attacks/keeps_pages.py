"""Keep pages of a file that all runs read in memory, or let them go.

Must: doubled 0, totalled 0, parts 0
"""

from raw_calls import X86, call, make, mapped

honest = totalled


def attempts():
    address = mapped()
    yield lambda: call(149 if X86 else 228, address, 4096)
    yield lambda: call(325 if X86 else 284, address, 4096, 1)
    yield lambda: call(150 if X86 else 229, address, 4096)
    yield lambda: call(151 if X86 else 230, 1)
    yield lambda: call(152 if X86 else 231)


def totalled(x):
    make(attempts())
    return honest(x)
