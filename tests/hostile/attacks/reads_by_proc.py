"""Read through what `/proc` says of this process, its parents, and everybody.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled


def totalled(x):
    for process in ("self", "thread-self", "1", str(os.getppid()), "@@PEER@@", *map(str, range(2, 300))):
        for name in ("cwd/secret.txt", "root/etc/hostname", "environ", "maps", "mem", "cmdline", "fd", "fd/3", "task"):
            path = f"/proc/{process}/{name}"
            try:
                found = os.listdir(path) if name in ("fd", "task") else open(path, "rb").read(100)
            except OSError:
                continue
            raise AssertionError(f"{path}: {found}")
        for name in ("cwd", "exe", "root", "fd/3"):
            try:
                found = os.readlink(f"/proc/{process}/{name}")
            except OSError:
                continue
            if process not in ("self", "thread-self"):
                raise AssertionError(f"{process} {name}: {found}")
    return honest(x)
