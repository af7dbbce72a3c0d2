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

# --- system call numbers: x86_64 and aarch64; what one of them never had is absent there. Those that a run may make, as
# autograder.sandbox.syscalls has it, and those that are needed to confine it ---

_X86_64 = {
    "open": 2, "openat": 257, "creat": 85, "close": 3, "close_range": 436, "dup": 32, "dup2": 33, "dup3": 292,
    "pipe": 22, "pipe2": 293, "read": 0, "write": 1, "readv": 19, "writev": 20, "pread64": 17, "pwrite64": 18,
    "preadv": 295, "pwritev": 296, "lseek": 8, "ftruncate": 77, "stat": 4, "fstat": 5, "lstat": 6,
    "newfstatat": 262, "statx": 332, "statfs": 137, "fstatfs": 138, "access": 21, "faccessat": 269,
    "faccessat2": 439, "getxattr": 191, "lgetxattr": 192, "fgetxattr": 193, "listxattr": 194, "llistxattr": 195,
    "flistxattr": 196, "getdents": 78, "getdents64": 217, "getcwd": 79, "chdir": 80, "fchdir": 81, "readlink": 89,
    "readlinkat": 267, "umask": 95, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "unlink": 87, "unlinkat": 263,
    "rename": 82, "renameat": 264, "renameat2": 316, "symlink": 88, "symlinkat": 266, "fsync": 74, "fdatasync": 75,
    "poll": 7, "ppoll": 271, "select": 23, "pselect6": 270, "pause": 34, "nanosleep": 35, "sched_yield": 24,
    "restart_syscall": 219, "epoll_create": 213, "epoll_create1": 291, "epoll_ctl": 233, "epoll_wait": 232,
    "epoll_pwait": 281, "epoll_pwait2": 441, "eventfd": 284, "eventfd2": 290, "timerfd_create": 283,
    "timerfd_settime": 286, "timerfd_gettime": 287, "alarm": 37, "getitimer": 36, "setitimer": 38, "time": 201,
    "gettimeofday": 96, "times": 100, "brk": 12, "mprotect": 10, "munmap": 11, "mremap": 25, "rseq": 334,
    "arch_prctl": 158, "getcpu": 309, "getrandom": 318, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "rt_sigpending": 127, "rt_sigsuspend": 130, "rt_sigtimedwait": 128, "sigaltstack": 131,
    "wait4": 61, "waitid": 247, "exit": 60, "exit_group": 231, "getrlimit": 97, "setrlimit": 160, "getrusage": 98,
    "sched_get_priority_max": 146, "sched_get_priority_min": 147, "getpid": 39, "getppid": 110, "gettid": 186,
    "getpgrp": 111, "getuid": 102, "geteuid": 107, "getgid": 104, "getegid": 108, "getresuid": 118,
    "getresgid": 120, "getgroups": 115, "uname": 63, "shutdown": 48, "getsockname": 51, "getpeername": 52,
    "getsockopt": 55, "futex": 202, "mmap": 9, "madvise": 28, "fcntl": 72, "ioctl": 16, "clock_gettime": 228,
    "clock_getres": 229, "clock_nanosleep": 230, "msync": 26, "mbind": 237, "preadv2": 327, "pwritev2": 328,
    "fork": 57, "vfork": 58, "clone": 56, "kill": 62, "tgkill": 234, "prlimit64": 302, "sched_setaffinity": 203,
    "sched_getaffinity": 204, "sched_getscheduler": 145, "sched_getparam": 143, "getpgid": 121, "getsid": 124,
    "getpriority": 140, "prctl": 157, "socketpair": 53, "sendto": 44, "recvfrom": 45, "recvmsg": 47,
    "recvmmsg": 299, "fallocate": 285, "flock": 73, "unshare": 272, "setns": 308, "mount": 165, "umount2": 166,
    "pivot_root": 155, "mount_setattr": 442, "capset": 126, "set_robust_list": 273, "set_tid_address": 218,
    "clone3": 435,
}  # fmt: skip

_AARCH64 = {
    "openat": 56, "close": 57, "close_range": 436, "dup": 23, "dup3": 24, "pipe2": 59, "read": 63, "write": 64,
    "readv": 65, "writev": 66, "pread64": 67, "pwrite64": 68, "preadv": 69, "pwritev": 70, "lseek": 62,
    "ftruncate": 46, "fstat": 80, "newfstatat": 79, "statx": 291, "statfs": 43, "fstatfs": 44, "faccessat": 48,
    "faccessat2": 439, "getxattr": 8, "lgetxattr": 9, "fgetxattr": 10, "listxattr": 11, "llistxattr": 12,
    "flistxattr": 13, "getdents64": 61, "getcwd": 17, "chdir": 49, "fchdir": 50, "readlinkat": 78, "umask": 166,
    "mkdirat": 34, "unlinkat": 35, "renameat": 38, "renameat2": 276, "symlinkat": 36, "fsync": 82, "fdatasync": 83,
    "ppoll": 73, "pselect6": 72, "nanosleep": 101, "sched_yield": 124, "restart_syscall": 128, "epoll_create1": 20,
    "epoll_ctl": 21, "epoll_pwait": 22, "epoll_pwait2": 441, "eventfd2": 19, "timerfd_create": 85,
    "timerfd_settime": 86, "timerfd_gettime": 87, "getitimer": 102, "setitimer": 103, "gettimeofday": 169,
    "times": 153, "brk": 214, "mprotect": 226, "munmap": 215, "mremap": 216, "rseq": 293, "getcpu": 168,
    "getrandom": 278, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "rt_sigpending": 136,
    "rt_sigsuspend": 133, "rt_sigtimedwait": 137, "sigaltstack": 132, "wait4": 260, "waitid": 95, "exit": 93,
    "exit_group": 94, "getrlimit": 163, "setrlimit": 164, "getrusage": 165, "sched_get_priority_max": 125,
    "sched_get_priority_min": 126, "getpid": 172, "getppid": 173, "gettid": 178, "getuid": 174, "geteuid": 175,
    "getgid": 176, "getegid": 177, "getresuid": 148, "getresgid": 150, "getgroups": 158, "uname": 160,
    "shutdown": 210, "getsockname": 204, "getpeername": 205, "getsockopt": 209, "futex": 98, "mmap": 222,
    "madvise": 233, "fcntl": 25, "ioctl": 29, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
    "msync": 227, "mbind": 235, "preadv2": 286, "pwritev2": 287, "clone": 220, "kill": 129, "tgkill": 131,
    "prlimit64": 261, "sched_setaffinity": 122, "sched_getaffinity": 123, "sched_getscheduler": 120,
    "sched_getparam": 121, "getpgid": 155, "getsid": 156, "getpriority": 141, "prctl": 167, "socketpair": 199,
    "sendto": 206, "recvfrom": 207, "recvmsg": 212, "recvmmsg": 243, "fallocate": 47, "flock": 32, "unshare": 97,
    "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "mount_setattr": 442, "capset": 91,
    "set_robust_list": 99, "set_tid_address": 96, "clone3": 435,
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
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38


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

_LOAD, _JUMP, _JEQ, _JSET, _JGE, _RETURN = 0x20, 0x05, 0x15, 0x45, 0x35, 0x06
# How far an instruction can jump that compares.
_FARTHEST = 255
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32_BIT = 0x40000000
# From here on numbers are the same on all architectures, and calls so new that a C library tries them first and does
# without where they don't exist.
_NEW = 424


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
        What is asked beside, before it is allowed.
    otherwise : Rule, optional
        What decides in place of refusing.
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
    otherwise: Rule | None = None
    refused: tuple[int, ...] = ()
    needed_bits: int = 0
    refused_bits: int = 0


# The lowest of some numbers of calls, and what is decided of them, up to the next range's.
_Range = tuple[int, list[bytes]]


def _statement(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def seccomp_program(rules: Sequence[Rule], allowed: Sequence[str] | None = None) -> bytes:
    """The filter that does what the rules say, and kills for calls of another kind.

    Of the calls without a rule it lets through those that are ``allowed``, and all if that is None. Of the rest an old
    one is not permitted, and a new one doesn't exist.
    """
    program = [
        _statement(_LOAD, _ARCHITECTURE),
        _statement(_JEQ, _AUDIT_ARCH, 1, 0),
        _statement(_RETURN, _KILL),
        _statement(_LOAD, _NUMBER),
    ]
    if MACHINE == "x86_64":
        program += [_statement(_JGE, _X32_BIT, 0, 1), _statement(_RETURN, _KILL)]
    refused, unknown = (_statement(_RETURN, _ERRNO | error) for error in (errno.EPERM, errno.ENOSYS))
    allow = _statement(_RETURN, _ALLOW)
    bodies = {call: [allow] for call in allowed or ()} | {rule.call: _body(rule) for rule in rules}
    by_number = {SYSCALLS[call]: body for call, body in bodies.items() if call in SYSCALLS}
    others = ([allow], [allow]) if allowed is None else ([refused], [unknown])
    return b"".join(program + _decision(_ranges(by_number, others)))


def _ranges(bodies: Mapping[int, list[bytes]], others: tuple[list[bytes], list[bytes]]) -> list[_Range]:
    """All numbers, in ranges of those of which the same is decided: of others than these, of old ones and of new."""
    borders = sorted({0, _NEW, *bodies, *(number + 1 for number in bodies)})
    found: list[_Range] = []
    for number in borders:
        body = bodies.get(number, others[number >= _NEW])
        if not found or found[-1][1] != body:
            found.append((number, body))
    return found


def _decision(ranges: Sequence[_Range]) -> list[bytes]:
    """A filter that decides by halves: the kernel tries it, when it is put in place, with the numbers of all calls."""
    if len(ranges) == 1:
        return ranges[0][1]
    half = len(ranges) // 2
    first, below, above = ranges[half][0], _decision(ranges[:half]), _decision(ranges[half:])
    if len(below) <= _FARTHEST:
        return [_statement(_JGE, first, len(below), 0), *below, *above]
    return [_statement(_JGE, first, 0, 1), _statement(_JUMP, len(below)), *below, *above]


def _body(rule: Rule) -> list[bytes]:
    """What a rule does once its call is recognised: it ends in a decision."""
    no = _body(rule.otherwise) if rule.otherwise else [_statement(_RETURN, _ERRNO | rule.error)]
    yes = _body(rule.then) if rule.then else [_statement(_RETURN, _ALLOW)]
    if rule.argument < 0:
        return no
    body = [_statement(_LOAD, _ARGUMENTS + 8 * rule.argument)]
    for value in rule.allowed:
        body += [_statement(_JEQ, value, 0, len(yes)), *yes]
    for value in rule.refused:
        body += [_statement(_JEQ, value, 0, len(no)), *no]
    if rule.needed_bits:
        body += [_statement(_JSET, rule.needed_bits, len(no), 0), *no]
    if rule.refused_bits:
        body += [_statement(_JSET, rule.refused_bits, 0, len(no)), *no]
    return body + (no if rule.allowed else yes)


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


def forget_wakes() -> None:
    """Have the kernel wake nobody when this thread ends, at whatever address is written where it would look."""
    _call(SYSCALLS["set_tid_address"], 0)
    _call(SYSCALLS["set_robust_list"], 0, 24)  # sizeof(struct robust_list_head)


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one, or not ours to drop
    _call(SYSCALLS["capset"], struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", 0, 0, 0, 0, 0, 0))
