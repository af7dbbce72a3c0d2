"""Start a process that outlives this one, by every way of starting one.

Must: doubled 0, totalled 0, parts 0
"""

import multiprocessing
import subprocess
import sys

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    yield os.fork
    yield os.forkpty
    yield lambda: os.posix_spawn("/bin/sleep", ["sleep", "600"], {})
    yield lambda: subprocess.Popen(["sleep", "600"])
    yield lambda: multiprocessing.get_context("fork").Process(target=int).start()
    yield lambda: call(57 if X86 else 220, 17)
    yield lambda: call(58 if X86 else 220, 17)
    yield lambda: call(56 if X86 else 220, 17, 0, 0, 0, 0)
    yield lambda: call(435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88)
    yield lambda: call(56 if X86 else 220, 0x00010F00 | 0x10000000, 0, 0, 0, 0)
    yield lambda: os.execv(sys.executable, ["python", "-c", "import time; time.sleep(600)"])


def totalled(x):
    make(attempts())
    return honest(x)
