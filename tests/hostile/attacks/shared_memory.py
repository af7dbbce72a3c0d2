"""Share memory, semaphores and queues with another run.

Must: doubled 0, totalled 0, parts 0
"""

import multiprocessing.shared_memory

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    yield lambda: multiprocessing.shared_memory.SharedMemory("@@MARK@@", create=True, size=64)
    yield lambda: open("/dev/shm/@@MARK@@", "w")
    yield lambda: multiprocessing.get_context("fork").Lock()
    yield lambda: call(29 if X86 else 194, 0x4D41524B, 4096, 0o1666)
    yield lambda: call(64 if X86 else 190, 0x4D41524B, 1, 0o1666)
    yield lambda: call(220 if X86 else 192, 0, ctypes.create_string_buffer(8), 1, 0)
    yield lambda: call(68 if X86 else 186, 0x4D41524B, 0o1666)
    yield lambda: call(240 if X86 else 180, b"@@MARK@@", 0o102, 0o666, 0)
    yield lambda: open("/tmp/@@MARK@@", "w")
    yield lambda: open("/var/tmp/@@MARK@@", "w")
    yield lambda: os.mkfifo("/tmp/@@MARK@@")


def totalled(x):
    make(attempts())
    return honest(x)
