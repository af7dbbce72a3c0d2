"""Make a world of one's own, in which one is root, by each call that can: with a new process, a thread, or none.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make


def attempts():
    for kind in (0x10000000, 0x10020000, 0x20000000, 0x40000000, 0x02000000, 0x00000080):
        yield lambda: call(56 if X86 else 220, kind | 17, 0, 0, 0, 0)
        yield lambda: call(56 if X86 else 220, kind | 0x00010F00, 0, 0, 0, 0)
        yield lambda: call(435, (ctypes.c_uint64 * 11)(kind, 0, 0, 0, 17), 88)
        yield lambda: call(272 if X86 else 97, kind)
    for name in ("uid_map", "gid_map", "setgroups", "attr/current", "attr/exec", "oom_score_adj"):
        yield lambda: os.open(f"/proc/self/{name}", os.O_WRONLY)
    for path in ("/sys/fs/cgroup/cgroup.procs", "/sys/kernel/security", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/ptmx"):
        yield lambda: os.open(path, os.O_RDWR)


def totalled(x):
    make(attempts())
    return honest(x)
