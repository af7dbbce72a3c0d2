"""What student code may do: the layers of confinement, entered once by a server and applied once by each run.

The layers stand on their own, so that one the machine does not have leaves the others:

- *namespaces* (users, mounts, network, IPC, host name once for a server; processes and mounts afresh for a run): a
root that holds the Python installation, the public data and a scratch folder in memory, and nothing else;
- *landlock*: the same, said of paths; no TCP, no signal to anything outside;
- *seccomp*: no sockets, no processes, no programs, no tracing, no mounts, no shared memory, no change of owner or mode;
- *identity*: ``no_new_privs``, no capabilities, and where a server runs as root another user;
- *limits*: CPU time, memory, size of files, number of threads.

It imports nothing of ours but :mod:`autograder.kernel`, and holds nothing that student code must not see.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder import kernel
from autograder.kernel import Rule

NOBODY = 65534
SCRATCH = "/scratch/run"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# What the C library and the interpreter read outside of their own folders.
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

LAYERS = ("namespaces", "landlock", "seccomp", "identity", "limits")

# What is lost without a layer, and how to have it.
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

_REFUSED = (
    *("socket", "connect", "bind", "listen", "accept", "accept4"),
    *("execve", "execveat", "memfd_create", "memfd_secret"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "process_madvise", "process_mrelease"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill"),
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig"),
    *("fsmount", "fspick", "mount_setattr", "add_key", "request_key", "keyctl", "bpf", "perf_event_open"),
    *("userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup"),
    *("shmget", "shmat", "shmctl", "semget", "semop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
    *("mq_open", "mq_unlink", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr"),
    *("lremovexattr", "fremovexattr", "link", "linkat", "mknod", "mknodat", "open_by_handle_at"),
    *("name_to_handle_at", "quotactl", "personality", "reboot", "swapon", "swapoff", "kexec_load", "kexec_file_load"),
    *("init_module", "finit_module", "delete_module", "acct", "syslog", "settimeofday", "clock_settime", "adjtimex"),
    *("clock_adjtime", "sethostname", "setdomainname", "iopl", "ioperm", "fanotify_init", "inotify_add_watch"),
    *("vhangup", "lookup_dcookie", "nfsservctl", "migrate_pages", "move_pages", "setuid", "setgid", "setresuid"),
    *("setresgid", "setreuid", "setregid", "setgroups", "setfsuid", "setfsgid", "capset"),
)
_PR_SET_PTRACER = 0x59616D61
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_AF_UNIX = 1
# F_SETLK, F_SETLKW, F_SETOWN, F_SETSIG, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY
_FCNTL = (6, 7, 8, 10, 37, 38, 1024, 1026)


def rules(pid: int) -> list[Rule]:
    """The system calls that a run with this number is refused."""
    return [
        *(Rule(call, errno.EPERM) for call in _REFUSED),
        # "Try again" is what a process limit says, and what the worker takes for one.
        *(Rule(call, errno.EAGAIN) for call in ("fork", "vfork")),
        Rule("clone", errno.EAGAIN, 0, needed_bits=kernel.CLONE_THREAD, refused_bits=kernel.ALL_NEW),
        Rule("clone3", errno.ENOSYS),  # its flags can't be seen from here; the C library falls back to clone
        Rule("socketpair", errno.EPERM, 0, allowed=(_AF_UNIX,)),
        *(Rule(call, errno.EPERM, 0, allowed=(pid,)) for call in ("kill", "tgkill")),
        Rule("prlimit64", errno.EPERM, 0, allowed=(0, pid)),
        Rule("prctl", errno.EPERM, 0, refused=(kernel.PR_SET_PDEATHSIG, kernel.PR_SET_DUMPABLE, _PR_SET_PTRACER)),
        # A lock on a file that every run can read is something another run can see.
        Rule("flock", errno.ENOLCK),
        Rule("fcntl", errno.ENOLCK, 1, refused=_FCNTL),
        Rule("ioctl", errno.EPERM, 1, refused=(_TIOCSTI, _TIOCLINUX)),
    ]


@dataclass
class Confinement:
    """The confinement of one server's runs.

    Parameters
    ----------
    visible : sequence of str
        Files and folders that a run may read, beside the system's libraries.
    scratch : str
        A folder of the server's own for the runs' working directories, where namespaces give it none.
    layers : sequence of str
        Those to use, of ``LAYERS``; fewer only in tests and benchmarks, and where the instructor says so.
    """

    visible: Sequence[str]
    scratch: str
    layers: Sequence[str] = LAYERS
    held: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def enter(self) -> None:
        """Do what is done once: namespaces, and the rulesets. Before threads, and before anything large is loaded."""
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC) if kernel.LINUX else -1
        self._root = os.geteuid() == 0
        self._own_pids = -1
        self._nobody = False
        for layer, step in (
            ("namespaces", self._enter_namespaces),
            ("landlock", self._make_ruleset),
            ("seccomp", self._make_filter),
            ("identity", self._choose_identity),
            ("limits", self._choose_limits),
        ):
            if layer not in self.layers:
                self.missing[layer] = "switched off"
                continue
            try:
                self.held[layer] = step()
            except (OSError, KeyError) as error:
                self.missing[layer] = str(error) or type(error).__name__

    def fork(self) -> int:
        """``os.fork()``, the child the first process of a namespace of its own where there are any."""
        if self._own_pids >= 0:
            kernel.setns(self._own_pids, kernel.NEW_PIDS)
            kernel.unshare(kernel.NEW_PIDS)
        return os.fork()

    def folder(self, number: int) -> str:
        """The working directory of a run; in :meth:`apply`'s fresh memory, or the caller's to clear away."""
        return SCRATCH if self._has_root else f"{self.scratch}/{number}"

    def apply(self, limits: Mapping[str, float], folder: str) -> None:
        """Confine this process, a run, for good. Nothing of the student's has been loaded yet."""
        if self._has_root:
            kernel.unshare(kernel.NEW_MOUNTS)
            owner = f",uid={NOBODY},gid={NOBODY}" if self._nobody else ""
            options = f"size={int(limits['scratch_bytes'])},nr_inodes=4096,mode=700{owner}"
            kernel.mount("scratch", SCRATCH, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
        else:
            Path(folder).mkdir(0o700)
            if self._nobody:
                os.chown(folder, NOBODY, NOBODY)
        if "limits" in self.held:
            self._apply_limits(limits)
        if self._nobody:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if "identity" in self.held:
            kernel.drop_capabilities()
        if "landlock" in self.held:
            kernel.landlock_restrict(self._ruleset)
        if "seccomp" in self.held:
            kernel.seccomp(self._program.replace(self._placeholder, os.getpid().to_bytes(4, "little")))

    def clear(self, number: int) -> None:
        """Take away what a run has left in its working directory, where that is not memory gone with it."""
        if not self._has_root:
            remove(Path(self.folder(number)))

    @property
    def _has_root(self) -> bool:
        return "namespaces" in self.held

    def _enter_namespaces(self) -> str:
        kinds = kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_NET | kernel.NEW_UTS
        uid, gid = os.geteuid(), os.getegid()
        how = "as root, without a user namespace"
        try:
            if not self._root:
                raise PermissionError
            kernel.unshare(kinds)
        except OSError:
            kernel.unshare(kernel.NEW_USER | kinds)
            for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                Path("/proc/self", name).write_text(line)
            how = "in a user namespace"
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._make_root()
        return f"mounts, network, IPC, host name and processes, {how}"

    def _make_root(self) -> None:
        """A root in memory that holds what a run may see, read-only, each thing under its own path."""
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        root = self.scratch
        kernel.mount("root", root, "tmpfs", kernel.MS_NOSUID, "size=1m,mode=755")
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
            kernel.bind(source, str(target), writable=source in DEVICES, devices=source in DEVICES)
        Path(root + SCRATCH).mkdir(parents=True)
        kernel.change_root(root)
        kernel.make_read_only("/")

    def _make_ruleset(self) -> str:
        reads = [(path, kernel.READ) for path in (*SYSTEM, *self.visible)]
        devices = [(path, kernel.READ_FILE | kernel.WRITE_FILE) for path in DEVICES]
        # A run's folder is a mount of its own, made later: the rule is about the folder it is mounted in, which is
        # read-only.
        work = [(str(Path(SCRATCH).parent) if self._has_root else self.scratch, kernel.WORK)]
        self._ruleset = kernel.landlock_ruleset([*reads, *devices, *work])
        return f"version {kernel.landlock_abi()}"

    def _make_filter(self) -> str:
        if not kernel.SYSCALLS:
            raise OSError(f"no table of system calls for {kernel.MACHINE}")
        self._placeholder = (0x7FFF_FF42).to_bytes(4, "little")
        self._program = kernel.seccomp_program(rules(0x7FFF_FF42))
        return f"{len(self._program) // 8} instructions"

    def _choose_identity(self) -> str:
        if not kernel.LINUX:
            raise OSError("this is not Linux")
        if not self._root:
            return "no new privileges, no capabilities"
        # Another user must be able to read the interpreter, which may lie in a private home.
        open_to_all = self._has_root or all(_readable_by_all(path) for path in self.visible)
        mapped = not self._has_root or "without" in self.held["namespaces"]
        self._nobody = open_to_all and mapped
        who = f"user {NOBODY}" if self._nobody else "still user 0"
        return f"no new privileges, no capabilities, {who}"

    def _choose_limits(self) -> str:
        if not kernel.LINUX:
            raise OSError("this is not Linux")
        return "CPU time, memory, size of files"

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
        }
        if self._has_root and not self._root:
            bounds[resource.RLIMIT_NPROC] = int(limits["threads"])
        for kind, bound in bounds.items():
            _, hard = resource.getrlimit(kind)
            lowest = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            resource.setrlimit(kind, (lowest, lowest))


def _readable_by_all(path: str) -> bool:
    """Whether any user can reach and read a path."""
    modes = [part.stat().st_mode for part in (Path(path), *Path(path).parents)]
    return bool(modes[0] & stat.S_IROTH) and all(mode & stat.S_IXOTH for mode in modes[1:])


def remove(folder: Path) -> None:
    """Take away a folder, whatever a run has made of it: closed to its owner, or deeper than a path can tell.

    Without recursion, and never by a long path: what lies within an inner folder is moved up before that is removed.
    """
    mark = uuid.uuid4().hex
    moved = 0
    try:
        folder.chmod(0o700)
        while inner := _folders(folder):
            for path in inner:
                for deeper in _folders(path):
                    moved += 1
                    deeper.rename(folder / f"{mark}{moved}")
                path.rmdir()
        folder.rmdir()
    except OSError:
        pass  # what can't be removed is not worth a run's result


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, opened to their owner; the files in it are removed."""
    inner = []
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            inner.append(path)
        else:
            path.unlink()
    return inner
