"""Take priority, cores and limits from another process of the same user.

Must: doubled 0, totalled 0, parts 0
"""

import resource

honest = totalled

PEER = int("@@PEER@@")

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


def attempts():
    yield lambda: os.setpriority(os.PRIO_PROCESS, PEER, 19)
    yield lambda: os.setpriority(os.PRIO_USER, 0, 19)
    yield lambda: os.sched_setaffinity(PEER, {0})
    yield lambda: os.sched_setscheduler(PEER, os.SCHED_IDLE, os.sched_param(0))
    yield lambda: resource.prlimit(PEER, resource.RLIMIT_CPU, (1, 1))
    yield lambda: call(251 if X86 else 30, 1, PEER, (3 << 13))
    yield lambda: call(162 if X86 else 81)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
