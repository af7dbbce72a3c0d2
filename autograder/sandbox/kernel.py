"""The Linux system calls that Python has no words for: Landlock, seccomp, namespaces, mounts, capabilities.

Thin, and with no policy of its own: :mod:`autograder.sandbox.confine` says what is allowed. Numbers and layouts are
those of the kernel's own headers: include/uapi/linux/{landlock,seccomp,filter,audit,prctl,sched,mount,capability}.h,
and the tables arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (aarch64). Neither Landlock
nor seccomp has a maintained binding that installs from a wheel without a library of the system's, which is why this
module exists.

Every function raises OSError when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# --- system call numbers: x86_64 and aarch64; what one of them never had is absent there ---

_X86_64 = {
    "kill": 62, "tkill": 200, "tgkill": 234, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "pidfd_send_signal": 424,
    "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "process_mrelease": 448,
    "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "listen": 50, "accept": 43, "accept4": 288,
    "fork": 57, "vfork": 58, "clone": 56, "clone3": 435, "execve": 59, "execveat": 322, "memfd_create": 319,
    "memfd_secret": 447, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "io_setup": 206,
    "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65, "semctl": 66, "msgget": 68, "msgsnd": 69,
    "msgrcv": 70, "msgctl": 71, "mq_open": 240, "mq_unlink": 241,
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93, "lchown": 94,
    "fchownat": 260, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280, "setxattr": 188, "lsetxattr": 189,
    "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199, "link": 86, "linkat": 265,
    "mknod": 133, "mknodat": 259, "open_by_handle_at": 304, "name_to_handle_at": 303, "quotactl": 179,
    "reboot": 169, "swapon": 167, "swapoff": 168, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175,
    "finit_module": 313, "delete_module": 176, "acct": 163, "syslog": 103, "settimeofday": 164, "clock_settime": 227,
    "adjtimex": 159, "clock_adjtime": 305, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173,
    "personality": 135, "prlimit64": 302, "setrlimit": 160, "sched_setaffinity": 203, "sched_setscheduler": 144,
    "sched_setparam": 142, "sched_setattr": 314, "setpriority": 141, "ioprio_set": 251, "migrate_pages": 256,
    "move_pages": 279, "prctl": 157, "ioctl": 16, "fanotify_init": 300, "inotify_add_watch": 254, "vhangup": 153,
    "lookup_dcookie": 212,
    "flock": 73, "fcntl": 72, "nfsservctl": 180, "setuid": 105, "setgid": 106, "setresuid": 117, "setresgid": 119,
    "setreuid": 113, "setregid": 114, "setgroups": 116, "setfsuid": 122, "setfsgid": 123, "capset": 126,
    "semtimedop": 220, "truncate": 76, "sync": 162, "syncfs": 306, "quotactl_fd": 443, "cachestat": 451,
    "inotify_init": 253, "inotify_init1": 294, "setsockopt": 54, "vmsplice": 278, "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "sendmmsg": 307, "recvmmsg": 299, "fallocate": 285,
    "statmount": 457, "listmount": 458, "modify_ldt": 154, "uselib": 134, "ustat": 136, "sysfs": 139,
}  # fmt: skip

_AARCH64 = {
    "kill": 129, "tkill": 130, "tgkill": 131, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "pidfd_send_signal":
    424, "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "process_mrelease": 448, "socket": 198,
    "socketpair": 199, "connect": 203, "bind": 200, "listen": 201, "accept": 202, "accept4": 242, "clone": 220,
    "clone3": 435, "execve": 221, "execveat": 281, "memfd_create": 279, "memfd_secret": 447, "ptrace": 117,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "unshare": 97, "setns": 268, "mount": 40,
    "umount2": 39, "pivot_root": 41, "chroot": 51, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig":
    431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "add_key": 217, "request_key": 218, "keyctl": 219,
    "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "io_setup": 0, "shmget": 194, "shmat": 196, "shmctl": 195, "semget": 190, "semop": 193,
    "semctl": 191, "msgget": 186, "msgsnd": 189, "msgrcv": 188, "msgctl": 187, "mq_open": 180, "mq_unlink": 181,
    "fchmod": 52, "fchmodat": 53, "fchmodat2": 452, "fchown": 55, "fchownat": 54, "utimensat": 88, "setxattr": 5,
    "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16, "linkat": 37,
    "mknodat": 33, "open_by_handle_at": 265, "name_to_handle_at": 264, "quotactl": 60, "reboot": 142, "swapon": 224,
    "swapoff": 225, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273,
    "delete_module": 106, "acct": 89, "syslog": 116, "settimeofday": 170, "clock_settime": 112, "adjtimex": 171,
    "clock_adjtime": 266, "sethostname": 161, "setdomainname": 162, "personality": 92, "prlimit64": 261, "setrlimit":
    164, "sched_setaffinity": 122, "sched_setscheduler": 119, "sched_setparam": 118, "sched_setattr": 274,
    "setpriority": 140, "ioprio_set": 30, "migrate_pages": 238, "move_pages": 239, "prctl": 167, "ioctl": 29,
    "fanotify_init": 262, "inotify_add_watch": 27, "vhangup": 58, "lookup_dcookie": 18,
    "flock": 32, "fcntl": 25, "nfsservctl": 42, "setuid":
    146, "setgid": 144, "setresuid": 147, "setresgid": 149, "setreuid": 145, "setregid": 143, "setgroups": 159,
    "setfsuid": 151, "setfsgid": 152, "capset": 91, "semtimedop": 192, "truncate": 45, "sync": 81, "syncfs": 267,
    "quotactl_fd": 443, "cachestat": 451, "statmount": 457, "listmount": 458, "inotify_init1": 26, "setsockopt": 208,
    "vmsplice": 75, "landlock_create_ruleset": 444, "landlock_add_rule": 445,
    "sendto": 206, "recvfrom": 207, "sendmsg": 211, "recvmsg": 212, "sendmmsg": 269, "recvmmsg": 243, "fallocate": 47,
}  # fmt: skip

LINUX = sys.platform == "linux"
MACHINE = platform.machine()
SYSCALLS: Mapping[str, int] = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(MACHINE, {}) if LINUX else {}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(MACHINE, 0)

_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def _call(number: int, *args: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """A raw system call."""
    if _libc is None:
        raise OSError(errno.ENOSYS, "this is not Linux")
    converted = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = int(_libc.syscall(ctypes.c_long(number), *converted))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


# --- prctl ---

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47


def prctl(option: int, *args: int) -> int:
    """``prctl(2)``."""
    return _call(SYSCALLS["prctl"], option, *args, *(0,) * (4 - len(args)))


# --- Landlock ---

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in range(13, 16))

READ = READ_FILE | READ_DIR
WORK = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | TRUNCATE
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446


def landlock_abi() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    try:
        return _call(_CREATE_RULESET, None, 0, 1)
    except (OSError, KeyError):
        return 0


def landlock_ruleset(rules: Sequence[tuple[str, int]]) -> int:
    """A ruleset's file descriptor: of files, only what the rules allow beneath their paths; no TCP; no signals out."""
    abi = landlock_abi()
    files = (1 << (13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16)) - 1
    fields = (files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(_CREATE_RULESET, struct.pack("<QQQ", *fields)[:size], size, 0)
    for path, access in rules:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # what isn't there needs no permission
        try:
            beneath = access & files if Path(path).is_dir() else access & files & _OF_A_FILE
            _call(_ADD_RULE, ruleset, 1, struct.pack("<Qi", beneath, fd), 0)
        finally:
            os.close(fd)
    return ruleset


def landlock_restrict(ruleset: int) -> None:
    """Put this process, for good, under a ruleset; it must have ``no_new_privs``."""
    _call(_RESTRICT_SELF, ruleset, 0)


# --- seccomp: a filter in classic BPF ---

_LOAD, _JEQ, _JSET, _JGE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32_BIT = 0x40000000
# The first number that these tables have been read without (setxattrat): a call that nobody has thought about doesn't
# exist, which C libraries are prepared for. From 424 on numbers are the same on all architectures.
_UNHEARD_OF = 463


@dataclass(frozen=True)
class Rule:
    """What a filter does about one system call.

    Attributes
    ----------
    call : str
        The call's name.
    error : int
        The errno it fails with, when it is refused.
    argument : int
        Which argument decides, from 0; -1 for none: always refused.
    allowed : tuple of int
        Refused unless the argument is one of these, if there are any.
    then : Rule, optional
        What is asked beside, when the argument is one of the allowed.
    refused : tuple of int
        Refused if the argument is one of these.
    needed_bits, refused_bits : int
        Refused if the argument has none of the first, or any of the second.
    """

    call: str
    error: int
    argument: int = -1
    allowed: tuple[int, ...] = ()
    then: Rule | None = None
    refused: tuple[int, ...] = ()
    needed_bits: int = 0
    refused_bits: int = 0


def _statement(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def seccomp_program(rules: Sequence[Rule]) -> bytes:
    """The filter that refuses what the rules refuse, allows the rest, and kills for calls of another kind."""
    program = [
        _statement(_LOAD, _ARCHITECTURE),
        _statement(_JEQ, _AUDIT_ARCH, 1, 0),
        _statement(_RETURN, _KILL),
        _statement(_LOAD, _NUMBER),
    ]
    if MACHINE == "x86_64":
        program += [_statement(_JGE, _X32_BIT, 0, 1), _statement(_RETURN, _KILL)]
    program += [_statement(_JGE, _UNHEARD_OF, 0, 1), _statement(_RETURN, _ERRNO | errno.ENOSYS)]
    for rule in rules:
        if rule.call in SYSCALLS:
            body = _body(rule)
            program += [_statement(_JEQ, SYSCALLS[rule.call], 0, len(body)), *body]
    program.append(_statement(_RETURN, _ALLOW))
    return b"".join(program)


def _body(rule: Rule) -> list[bytes]:
    """What a rule does once its call is recognised: it ends in a decision."""
    no = _statement(_RETURN, _ERRNO | rule.error)
    yes = _body(rule.then) if rule.then else [_statement(_RETURN, _ALLOW)]
    if rule.argument < 0:
        return [no]
    body = [_statement(_LOAD, _ARGUMENTS + 8 * rule.argument)]
    for value in rule.allowed:
        body += [_statement(_JEQ, value, 0, len(yes)), *yes]
    for value in rule.refused:
        body += [_statement(_JEQ, value, 0, 1), no]
    if rule.needed_bits:
        body += [_statement(_JSET, rule.needed_bits, 1, 0), no]
    if rule.refused_bits:
        body += [_statement(_JSET, rule.refused_bits, 0, 1), no]
    return [*body, no] if rule.allowed else [*body, *yes]


def seccomp(program: bytes) -> None:
    """Put this process, for good, under a filter; it must have ``no_new_privs``."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    holder = ctypes.create_string_buffer(header, len(header))
    _call(SYSCALLS["prctl"], PR_SET_SECCOMP, 2, ctypes.addressof(holder), 0, 0)


# --- namespaces, mounts, capabilities ---

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
ALL_NEW = 0x7E020080 | NEW_MOUNTS  # with cgroup and time
CLONE_THREAD = 0x00010000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
_AT_RECURSIVE, _ATTR_READ_ONLY, _ATTR_NOSUID, _ATTR_NODEV = 0x8000, 1, 2, 4


def unshare(flags: int) -> None:
    """``unshare(2)``."""
    _call(SYSCALLS["unshare"], flags)


def setns(fd: int, kind: int) -> None:
    """``setns(2)``."""
    _call(SYSCALLS["setns"], fd, kind)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """``mount(2)``."""
    _call(SYSCALLS["mount"], source.encode(), target.encode(), kind.encode(), flags, options.encode())


def bind(source: str, target: str, *, writable: bool = False, devices: bool = False) -> None:
    """Show ``source`` at ``target``, read-only unless writable, and what is mounted beneath it alike."""
    mount(source, target, flags=MS_BIND | MS_REC)
    attributes = _ATTR_NOSUID | (0 if writable else _ATTR_READ_ONLY) | (0 if devices else _ATTR_NODEV)
    _set_attributes(target, attributes, _AT_RECURSIVE)


def make_read_only(target: str) -> None:
    """Make one mount read-only, not what is mounted beneath it."""
    _set_attributes(target, _ATTR_READ_ONLY, 0)


def _set_attributes(target: str, attributes: int, flags: int) -> None:
    setting = struct.pack("<QQQQ", attributes, 0, 0, 0)
    _call(SYSCALLS["mount_setattr"], -100, target.encode(), flags, setting, len(setting))


def change_root(new_root: str) -> None:
    """Make ``new_root``, a mount, this namespace's root, and let go of the old one."""
    os.chdir(new_root)
    _call(SYSCALLS["pivot_root"], b".", b".")
    _call(SYSCALLS["umount2"], b".", MNT_DETACH)
    os.chdir("/")


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one, or not ours to drop
    _call(SYSCALLS["capset"], struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", 0, 0, 0, 0, 0, 0))
