"""Read and write the memory of the process this one comes from, by every call and file there is.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    there = ctypes.create_string_buffer(64)
    spans = (ctypes.c_uint64 * 2)(ctypes.addressof(there), 64)
    for pid in (os.getppid(), 1, 2, int("@@PEER@@")):
        if pid == os.getpid():
            continue
        yield lambda: call(310 if X86 else 270, pid, spans, 1, spans, 1, 0)
        yield lambda: call(311 if X86 else 271, pid, spans, 1, spans, 1, 0)
        yield lambda: call(101 if X86 else 117, 16, pid, 0, 0)
        yield lambda: call(434, pid, 0)
        for name in ("mem", "maps", "environ", "fd", "map_files", "task", "root", "cwd", "stack", "syscall", "auxv"):
            yield lambda: os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
        yield lambda: os.open(f"/proc/{pid}/mem", os.O_RDWR)
        yield lambda: os.open(f"/proc/{pid}/oom_score_adj", os.O_WRONLY)
    yield lambda: call(101 if X86 else 117, 0, 0, 0, 0)


def totalled(x):
    make(attempts())
    return honest(x)
