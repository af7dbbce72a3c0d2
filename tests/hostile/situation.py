"""Run a command in the situation of another user or another machine, and say which processes it leaves behind.

    python situation.py SITUATION REPORT COMMAND...

Situations are words joined by a plus: ``here`` is whoever asks. ``ordinary``, which only root can ask for, is a user of
no rights but its own; where that one could not run the command, or there is none to be, one is made by a namespace of
users in which the caller has another number and, once a program is executed, no capability. ``bare`` is a machine or
container that gives nobody a namespace or a mount: the calls fail, as under the filter that containers have by default.
What is left behind when the command has ended is written to the file REPORT, a process a line.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import time
from pathlib import Path

from autograder.sandbox import syscalls
from autograder.sandbox.syscalls import Rule

SET_CHILD_SUBREAPER = 36
# A number that all containers have and no system gives to anybody.
USER = 54_321
NO_NAMESPACES = (
    *(Rule(call, errno.EPERM) for call in ("unshare", "setns", "mount", "umount2", "pivot_root")),
    Rule("clone", errno.EPERM, 0, refused_bits=syscalls.ALL_NEW),
    Rule("clone3", errno.ENOSYS),
)


def can_be_another(python: str) -> bool:
    """Whether this process can become the ordinary user, and that one run an interpreter with the grader in it."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)
            os.execv(python, [python, "-c", "import autograder.cli.main"])
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def become(situation: str, python: str) -> None:
    """Enter a situation, for good."""
    words = situation.split("+")
    if "ordinary" in words:
        if can_be_another(python):
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)
        else:
            become_another_here()
    if "bare" in words:
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.seccomp(syscalls.seccomp_program(NO_NAMESPACES))


def become_another_here() -> None:
    """Have another number in a namespace of users."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        syscalls.call("unshare", syscalls.NEW_USER)
        for name, line in (("setgroups", "deny"), ("uid_map", f"{USER} {uid} 1"), ("gid_map", f"{USER} {gid} 1")):
            Path("/proc/self", name).write_text(line, encoding="ascii")
    except OSError as error:
        sys.exit(f"no other user can be had here: {error}")


def children() -> list[str]:
    """The command lines of this process's children; orphans come to be children of it, too."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return [Path("/proc", pid, "cmdline").read_text(errors="replace").replace("\0", " ") for pid in pids]


def main() -> int:
    """Run the command."""
    situation, report, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    become(situation, command[0])
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
