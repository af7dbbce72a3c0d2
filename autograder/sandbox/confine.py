"""The layers of confinement: entered once by a server, and applied once by each run.

The layers are independent: where the machine doesn't have one, the others still hold.

- *namespaces* (users, mounts, network, IPC, host name for a server; processes and mounts anew for each run): a root
  that holds the Python installation, the public data and a scratch folder in memory, and nothing else;
- *landlock*: access to the same paths only; no TCP, no signal to other processes;
- *seccomp*: the system calls of honest work in one process only: no sockets, processes, programs, tracing, mounts,
  shared memory, hints to the page cache, change of owner or mode;
- *identity*: ``no_new_privs``, no capabilities, and where a server runs as root another user;
- *limits*: CPU time, memory, size of files, number of threads.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.sandbox import syscalls
from autograder.sandbox.guarantees import LAYERS, Bounds, Enforced, Identity, Namespaces
from autograder.sandbox.scratch import remove
from autograder.text import SCRATCH

NOBODY = 65534
# Added to a server's process number to get a user of its own, above all that systems and containers assign. So the
# kernel's counts by user (processes, signals, pipes) are not shared with other runs.
FIRST_USER = 0x7000_0000
# Threads beyond those a user already has, for all runs together, where they can't be counted apart.
SHARED_THREADS = 4096
# Kernel timers and pending signals of the user.
PENDING_SIGNALS = 64
HOST = "localhost"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Files that the C library and the interpreter read outside of their own folders.
SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/localtime",
    "/etc/alternatives",
)


@dataclass
class Confinement:
    """The confinement of one server's runs.

    Parameters
    ----------
    visible : sequence of str
        Files and folders that a run may read, beside the system's libraries.
    scratch : str
        A folder of the server's own for the runs' working directories, where there are no namespaces.
    layers : sequence of str
        The layers to use, of ``LAYERS``.
    """

    visible: Sequence[str]
    scratch: str
    layers: Sequence[str] = LAYERS
    enforced: Enforced = field(default=Enforced(), init=False)

    def enter(self) -> Enforced:
        """Enter namespaces and prepare the other layers, once, before there are threads."""
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._root = os.geteuid() == 0
        self._own_pids = -1
        # When memory runs out for all, the kernel is to end a run first, and never the grader.
        Path("/proc/self/oom_score_adj").write_text("500")
        self._another = _another_user() if self._root else 0
        self._outside = _outside(os.geteuid())
        steps: Mapping[str, Callable[[], Any]] = {
            "namespaces": self._enter_namespaces,
            "landlock": self._make_ruleset,
            "seccomp": self._make_filter,
            "identity": self._choose_identity,
            "limits": self._choose_limits,
        }
        for layer, step in steps.items():
            try:
                if layer not in self.layers:
                    raise OSError("switched off")
                self.enforced = replace(self.enforced, **{layer: step()})
            except OSError as error:
                missing = {**self.enforced.missing, layer: str(error) or type(error).__name__}
                self.enforced = replace(self.enforced, missing=missing)
        return self.enforced

    def fork(self) -> int:
        """Fork; with namespaces, the child is the first process of a new one."""
        if self._own_pids >= 0:
            syscalls.call("setns", self._own_pids, syscalls.NEW_PIDS)
            syscalls.call("unshare", syscalls.NEW_PIDS)
        return os.fork()

    def folder(self, number: int) -> str:
        """Return the working directory of a run."""
        return SCRATCH if self._has_root else f"{self.scratch}/{number}"

    def apply(self, limits: Mapping[str, float], folder: str) -> None:
        """Confine this process, a run, for good."""
        if self._has_root:
            syscalls.call("unshare", syscalls.NEW_MOUNTS)
            owner = f",uid={self._user},gid={self._user}" if self._user else ""
            options = f"size={int(limits['scratch_bytes'])},nr_inodes=4096,mode=700{owner}"
            syscalls.call("mount", "scratch", SCRATCH, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
        else:
            Path(folder).mkdir(0o700)
            if self._user:
                os.chown(folder, self._user, self._user)
            if self.enforced.landlock:
                # Only this run's folder: other runs could leave messages beside it.
                self._ruleset = syscalls.landlock_ruleset([*self._readable, (folder, syscalls.WORK)])
        if self.enforced.limits:
            self._apply_limits(limits)
        if self._user:
            os.setgroups([])
            os.setresgid(*(self._user,) * 3)
            os.setresuid(*(self._user,) * 3)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        if self.enforced.identity:
            syscalls.drop_capabilities()
        if self.enforced.landlock:
            syscalls.call("landlock_restrict_self", self._ruleset, 0)
        if self.enforced.seccomp:
            syscalls.forget_wakes()
            syscalls.seccomp(self._program.replace(self._placeholder, os.getpid().to_bytes(4, "little")))

    def clear(self, number: int) -> None:
        """Remove a run's working directory, if it was not in memory."""
        if not self._has_root:
            remove(Path(self.folder(number)))

    @property
    def _has_root(self) -> bool:
        return self.enforced.namespaces is not None

    @property
    def _user(self) -> int:
        """The user that a run becomes; 0 if it keeps the server's."""
        return self.enforced.identity.user if self._root and self.enforced.identity else 0

    def _enter_namespaces(self) -> Namespaces:
        kinds = syscalls.NEW_MOUNTS | syscalls.NEW_IPC | syscalls.NEW_NET | syscalls.NEW_UTS
        uid, gid = os.geteuid(), os.getegid()
        of_users = False
        try:
            if not self._root:
                raise PermissionError
            syscalls.call("unshare", kinds)
        except OSError:
            syscalls.call("unshare", syscalls.NEW_USER | kinds)
            for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                Path("/proc/self", name).write_text(line)
            of_users = True
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            syscalls.call("setns", self._own_pids, syscalls.NEW_PIDS)
        except PermissionError:
            self._descend()
        self._make_root()
        socket.sethostname(HOST)
        return Namespaces(of_users)

    def _descend(self) -> None:
        """Continue as the first process of a process namespace that belongs to our user namespace.

        :meth:`fork` has to return to its own namespace before it makes another, and may not return to the machine's.
        The former process only waits, and takes this one with it when it is killed.
        """
        syscalls.call("unshare", syscalls.NEW_PIDS)
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            os._exit(0)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def _make_root(self) -> None:
        """Make a read-only root in memory that holds everything a run may read, each file under its own path."""
        syscalls.call("mount", "none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE, "")
        root = self.scratch
        syscalls.call("mount", "root", root, "tmpfs", syscalls.MS_NOSUID, "size=1m,mode=755")
        for source in (*SYSTEM, *DEVICES, *self.visible):
            path = Path(source)
            if not path.exists() or Path(root + source).exists():
                continue
            target = Path(root + source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():  # /lib -> usr/lib
                target.symlink_to(path.readlink())
                continue
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                target.touch()
            syscalls.bind(source, str(target), writable=source in DEVICES, devices=source in DEVICES)
        Path(root + SCRATCH).mkdir(parents=True)
        syscalls.change_root(root)
        syscalls.make_read_only("/")
        self.scratch = ""  # no run may learn where it lies

    def _make_ruleset(self) -> int:
        reads = [(path, syscalls.READ) for path in (*SYSTEM, *self.visible)]
        devices = [(path, syscalls.READ_FILE | syscalls.WRITE_FILE) for path in DEVICES]
        self._readable = [*reads, *devices]
        # A run's folder is a mount made later, so the rule is about the read-only folder around it. Where there are no
        # mounts each run has a ruleset of its own.
        self._ruleset = syscalls.landlock_ruleset([*self._readable, (str(Path(SCRATCH).parent), syscalls.WORK)])
        return syscalls.landlock_abi()

    def _make_filter(self) -> int:
        if not syscalls.SYSCALLS:
            raise OSError(f"no table of system calls for {syscalls.MACHINE}")
        self._placeholder = (0x7FFF_FF42).to_bytes(4, "little")
        self._program = syscalls.seccomp_program(syscalls.rules(0x7FFF_FF42), syscalls.ALLOWED)
        return len(self._program) // 8

    def _choose_identity(self) -> Identity:
        namespaces = self.enforced.namespaces
        # Another user must be able to read the interpreter, which may lie in a private home.
        open_to_all = namespaces is not None or all(_readable_by_all(path) for path in self.visible)
        # A user namespace of the server's own has no other user.
        confined_to_one = namespaces is not None and namespaces.of_users
        if self._another and open_to_all and not confined_to_one:
            return Identity(self._another, alone=self._another != NOBODY)
        return Identity(os.getuid(), alone=False)

    def _choose_limits(self) -> Bounds:
        if not self._user and self._outside == 0:
            return Bounds(counted=False)
        namespaces, identity = self.enforced.namespaces, self.enforced.identity
        if (identity and identity.alone) or (namespaces and namespaces.of_users):
            return Bounds()
        # The user's other processes count too.
        return Bounds(SHARED_THREADS + (0 if self._user else _threads_of(os.getuid())))

    def _apply_limits(self, limits: Mapping[str, float]) -> None:
        import resource  # noqa: PLC0415  Unix's own, and this module is read on Windows too

        pages = int(os.pread(self._statm, 100, 0).split()[0])
        bounds = {
            resource.RLIMIT_CPU: int(limits["cpu_seconds"]),
            resource.RLIMIT_AS: pages * resource.getpagesize() + int(limits["memory_bytes"]),
            resource.RLIMIT_FSIZE: int(limits["file_bytes"]),
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NOFILE: 256,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_SIGPENDING: PENDING_SIGNALS,
        }
        shared = self.enforced.limits.threads if self.enforced.limits else 0
        bounds[resource.RLIMIT_NPROC] = shared or int(limits["threads"])
        for kind, bound in bounds.items():
            _, hard = resource.getrlimit(kind)
            most = sys.maxsize if hard == resource.RLIM_INFINITY else hard
            # SIGXCPU, which tells the reason, comes at the limit; SIGKILL a second later, if SIGXCPU was caught.
            grace = 1 if kind == resource.RLIMIT_CPU else 0
            resource.setrlimit(kind, (min(bound, most), min(bound + grace, most)))


def _another_user() -> int:
    if Path("/proc/self/setgroups").read_text().strip() != "allow":
        return 0
    maps = [Path("/proc/self", name).read_text().splitlines() for name in ("uid_map", "gid_map")]
    ranges = [[tuple(map(int, line.split())) for line in lines] for lines in maps]
    candidates = (FIRST_USER + os.getpid(), NOBODY)
    mapped = (
        user
        for user in candidates
        if all(any(first <= user < first + size for first, _, size in users) for users in ranges)
    )
    return next(mapped, 0)


def _outside(user: int) -> int:
    """Map a user of this namespace to its number in the surrounding one; -1 if it has none."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, outside, size = map(int, line.split())
        if first <= user < first + size:
            return outside + user - first
    return -1


def _threads_of(user: int) -> int:
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == user:
                total += len(list((process / "task").iterdir()))
        except OSError:
            continue  # gone meanwhile
    return total


def _readable_by_all(path: str) -> bool:
    modes = [part.stat().st_mode for part in (Path(path), *Path(path).parents)]
    return bool(modes[0] & stat.S_IROTH) and all(mode & stat.S_IXOTH for mode in modes[1:])
