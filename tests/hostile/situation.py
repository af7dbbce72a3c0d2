"""Run a command in the situation of another user, and say which processes it leaves behind.

    python situation.py SITUATION REPORT COMMAND...

Situations: ``same`` (whoever asks), ``user`` (an ordinary user, of no rights but its own), ``bare`` (an ordinary user
to whom the kernel gives no namespaces). An ordinary user is made by a namespace of users in which the caller has
another number and, once a program is executed, no capability. What is left behind when the command has ended is
written to the file REPORT, a process a line.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

NEW_USER = 0x10000000
SET_CHILD_SUBREAPER = 36
USER = 1000


def become(situation: str) -> None:
    """Enter a situation, for good."""
    if situation == "same":
        return
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_USER) != 0:
        raise OSError(ctypes.get_errno(), "no namespace of users can be made here")
    for name, line in (("setgroups", "deny"), ("uid_map", f"{USER} {uid} 1"), ("gid_map", f"{USER} {gid} 1")):
        Path("/proc/self", name).write_text(line, encoding="ascii")
    if situation == "bare":
        # The limit of this namespace of users alone: what runs in it can make no further one.
        Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")


def children() -> list[str]:
    """The command lines of this process's children; orphans come to be children of it, too."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return [Path("/proc", pid, "cmdline").read_text(errors="replace").replace("\0", " ") for pid in pids]


def main() -> int:
    """Run the command."""
    situation, report, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    become(situation)
    status = subprocess.run(command, check=False).returncode
    left = children()
    until = time.monotonic() + 2
    while left and time.monotonic() < until:  # what was killed with its parent may be about to end
        time.sleep(0.05)
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    break
            except ChildProcessError:
                break
        left = children()
    Path(report).write_text("\n".join(left), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
