"""The layers of confinement: entered once by a server, and applied once by each run; the guarantees that they keep.

The layers are independent: where the machine doesn't have one, the others still hold. A server fills in a record of
those that hold, and sends it to the grader as data.

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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.sandbox import syscalls
from autograder.sandbox.usage import remove
from autograder.text import SCRATCH

LAYERS = ("namespaces", "landlock", "seccomp", "identity", "limits")
NOBODY = 65534
# Added to a server's process number to get a user of its own, above all that systems and containers assign. So the
# kernel's counts by user (processes, signals, pipes) are not shared with other runs.
FIRST_USER = 0x7000_0000
# Threads of a user's processes, for all runs together, where they can't be counted apart.
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


@dataclass(frozen=True)
class Guarantee:
    """A guarantee: its sentence, the means that keep it on any machine, its needs, and layers that strengthen it.

    A need is the consequence if it is unmet, as a clause, and layers of which one suffices.
    """

    says: str
    always: str
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    more: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that contribute to it."""
        return tuple(dict.fromkeys((*(layer for _, layers in self.needs for layer in layers), *self.more)))

    def unmet(self, held: Collection[str]) -> tuple[str, ...]:
        """List the needs that these layers don't meet, a clause each."""
        return tuple(unmet for unmet, layers in self.needs if not any(layer in held for layer in layers))


GUARANTEES = (
    Guarantee(
        "It sees only what it may",
        "no answer, key, other submission or secret is in its process, or in what it is handed",
        (("it may see files that it should not", ("namespaces", "landlock")),),
        ("seccomp", "identity"),
    ),
    Guarantee(
        "It reaches nothing",
        "it is killed when it has answered, or has not in time",
        (
            ("it may reach the network and other processes", ("seccomp",)),
            ("it may keep rights of the user who grades", ("identity",)),
        ),
        ("namespaces", "landlock"),
    ),
    Guarantee(
        "It costs only itself",
        "the grader's own deadlines, and bounds on what it prints and returns",
        (("it may take more time and memory than the limits", ("limits",)),),
        ("namespaces", "seccomp"),
    ),
    Guarantee("It says only data", "bytes are bounded and checked before they are arrays; nothing is unpickled"),
    Guarantee("It is shown safely", "no control, markup or formula gets into a report, a page, a table or a terminal"),
    Guarantee(
        "It fails closed", "no answer is never a pass; what can't be enforced stops the grader, or is in each footer"
    ),
)


@dataclass(frozen=True)
class Namespaces:
    """Namespaces of mounts, network, IPC, host name and processes; ``of_users``: in a user namespace of one user."""

    of_users: bool


@dataclass(frozen=True)
class Identity:
    """No new privileges, no capabilities, and a user; ``alone``: a user of this server's runs only."""

    user: int
    alone: bool


@dataclass(frozen=True)
class Enforced:
    """The confinement that holds on this machine, layer by layer, each None if it doesn't."""

    namespaces: Namespaces | None = None
    landlock: int | None = None  # the kernel's version of it
    seccomp: int | None = None  # the number of the filter's instructions
    identity: Identity | None = None
    limits: int | None = None  # most threads of all the user's processes together; 0 where a run's are counted apart
    missing: Mapping[str, str] = field(default_factory=dict)  # the reason for each layer that isn't there

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the layers that are there."""
        return tuple(layer for layer in LAYERS if getattr(self, layer) is not None)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The parts of the guarantees that are not enforced here, a clause each."""
        return tuple(clause for guarantee in GUARANTEES for clause in guarantee.unmet(self.held))


def sentences(enforced: Enforced) -> dict[str, str]:
    """Describe each layer: its form here, or why it is missing, the consequence, and the remedy."""
    said = {layer: f"none here ({enforced.missing.get(layer, '')}): {REMEDIES[layer]}" for layer in LAYERS}
    if enforced.namespaces:
        how = "in a user namespace" if enforced.namespaces.of_users else "as root, without a user namespace"
        said["namespaces"] = f"mounts, network, IPC, host name and processes, {how}"
    if enforced.landlock:
        said["landlock"] = f"version {enforced.landlock}"
    if enforced.seccomp:
        said["seccomp"] = f"{enforced.seccomp} instructions"
    if enforced.identity:
        user = "a user of the server's own" if enforced.identity.alone else f"user {enforced.identity.user}"
        said["identity"] = f"no new privileges, no capabilities, {user}"
    if enforced.limits is not None:
        threads = f"{enforced.limits} threads of all the user's processes" if enforced.limits else "threads"
        said["limits"] = f"CPU time, memory, size of files, {threads}"
    return said


REMEDIES = {
    "namespaces": (
        "landlock and seccomp keep files, network and signals; scratch space is bounded by looking at it. To have it: "
        "allow user namespaces to ordinary users (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
        "kernel.apparmor_restrict_unprivileged_userns=0), or give a container the capability SYS_ADMIN."
    ),
    "landlock": (
        "namespaces keep files away. To have it: Linux 5.13 or later, with landlock among its security modules "
        "(boot with lsm=landlock,...)."
    ),
    "seccomp": (
        "student code could reach the network and other processes. To have it: a kernel with "
        "CONFIG_SECCOMP_FILTER, on x86_64 or aarch64."
    ),
    "identity": "student code could use the rights of the user who grades. To have it: Linux.",
    "limits": "student code could take all of the machine. To have it: Linux.",
}


@dataclass
class Confinement:
    """The confinement of one server's runs, which may read ``visible`` beside the system's libraries.

    ``scratch`` is a folder of the server's own for the runs' working directories, where there are no namespaces.
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
        return SCRATCH if self.enforced.namespaces else f"{self.scratch}/{number}"

    def apply(self, limits: Mapping[str, float], folder: str) -> None:
        """Confine this process, a run, for good."""
        if self.enforced.namespaces:
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
        if self.enforced.limits is not None:
            self._apply_limits({**limits, "threads": self.enforced.limits or limits["threads"]})
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
        if not self.enforced.namespaces:
            remove(Path(self.folder(number)))

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
        # Continue as the first process of a process namespace that belongs to our user namespace: `fork` has to return
        # to its own before it makes another, and may not return to the machine's. The former process only waits.
        syscalls.call("unshare", syscalls.NEW_PIDS)
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            os._exit(0)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def _make_root(self) -> None:
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
            syscalls.bind(source, str(target), device=source in DEVICES)
        Path(root + SCRATCH).mkdir(parents=True)
        syscalls.change_root(root)
        syscalls.set_attributes("/", syscalls.ATTR_READ_ONLY)
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

    def _choose_limits(self) -> int:
        # A namespace of users counts apart, but not root's processes, which only memory bounds.
        namespaces, identity = self.enforced.namespaces, self.enforced.identity
        apart = bool((identity and identity.alone) or (namespaces and namespaces.of_users and not self._root))
        return 0 if apart else SHARED_THREADS

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
            resource.RLIMIT_NPROC: int(limits["threads"]),
        }
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
    for user in (FIRST_USER + os.getpid(), NOBODY):
        if all(any(first <= user < first + size for first, _, size in users) for users in ranges):
            return user
    return 0


def _readable_by_all(path: str) -> bool:
    modes = [part.stat().st_mode for part in (Path(path), *Path(path).parents)]
    return bool(modes[0] & stat.S_IROTH) and all(mode & stat.S_IXOTH for mode in modes[1:])
