"""Read the home directory of whoever grades, and the usual places for secrets.

Must: doubled 0, totalled 0, parts 0
"""

import os

honest = totalled
PLACES = [
    "@@HOME@@/secret.txt",
    "@@HOME@@/.ssh/id_ed25519",
    "~/secret.txt",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/proc/cmdline",
    "/proc/mounts",
    "/proc/self/environ",
    "/sys/kernel/notes",
    "/var/log/dpkg.log",
    "/run/utmp",
]


def totalled(x):
    for place in PLACES:
        try:
            open(os.path.expanduser(place), "rb")
        except OSError:
            continue
        raise AssertionError(place)
    for folder in ("@@HOME@@", "/root", "/home", "/proc", "/sys", "/var", "/run", "/dev/shm", "/boot"):
        try:
            found = os.listdir(folder)
        except OSError:
            continue
        if len(found) > 1:  # one is the way to the interpreter, or to the data
            raise AssertionError(f"{folder}: {found}")
    return honest(x)
