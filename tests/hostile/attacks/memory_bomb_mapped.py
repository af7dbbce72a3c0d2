"""Take all the memory there is, by the kernel's own calls.

Must: doubled 0, totalled 1, parts 0
"""

import ctypes
import mmap


def totalled(x):
    held = []
    try:
        while True:
            held.append(mmap.mmap(-1, 64 << 20))
            held[-1].write(bytes(64 << 20))
    except OSError:
        raise MemoryError from None
