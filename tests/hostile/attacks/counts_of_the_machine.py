"""Read what is counted for the whole machine: memory, threads, load, interrupts, pages.

Must: doubled 0, totalled 0, parts 0
"""

honest = totalled

import ctypes
import os

from raw_calls import X86, call


def attempts():
    yield os.getloadavg
    yield lambda: call(99 if X86 else 179, ctypes.create_string_buffer(256))
    for name in ("loadavg", "meminfo", "stat", "vmstat", "interrupts", "softirqs", "uptime", "self/stat", "schedstat"):
        yield lambda: open(f"/proc/{name}").read()
    for name in ("pressure/cpu", "pressure/memory", "diskstats", "locks", "keys", "key-users", "sys/fs/file-nr"):
        yield lambda: open(f"/proc/{name}").read()
    for name in ("fs/cgroup/memory.current", "fs/cgroup/cpu.stat", "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"):
        yield lambda: open(f"/sys/{name}").read()
    yield lambda: call(179 if X86 else 60, 0x800007 << 8, b"/", 0, ctypes.create_string_buffer(256))
    yield lambda: call(298 if X86 else 241, ctypes.create_string_buffer(b"\1", 128), 0, -1, -1, 0)
    yield lambda: call(103 if X86 else 116, 3, ctypes.create_string_buffer(256), 256)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
