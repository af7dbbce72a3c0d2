"""System calls: those that a run may make, the seccomp filter that enforces this, and those that confine a run.

Allowed are the calls that the C library, CPython, NumPy, OpenBLAS, matplotlib, IPython, cvxopt and scikit-learn make
for honest work in one process, on x86_64 and aarch64. All others are refused. A new one fails with ENOSYS, for C
libraries try these first and can do without; an old one fails with EPERM.

A call that reads state which another process can change could carry a message between two runs. So none is allowed that
loads, drops or asks for pages of the page cache, wakes by an address in a shared page, asks about another process,
counts for the whole machine, or counts by user.

Python has no functions for Landlock, seccomp, namespaces, mounts and capabilities, so calls are made by number. Numbers
and layouts are those of the kernel's headers, include/uapi/linux/, and of its tables syscall_64.tbl and
asm-generic/unistd.h. Every function raises OSError when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A call's name, and its numbers on x86_64 and aarch64; a dash where the architecture never had it.
# Calls that are allowed whatever their arguments.
_ALLOWED = """
    # Files, by name and by descriptor.
    open 2 -  openat 257 56  creat 85 -  close 3 57  close_range 436 436  dup 32 23  dup2 33 -  dup3 292 24  pipe 22 -
    pipe2 293 59  read 0 63  write 1 64  readv 19 65  writev 20 66  pread64 17 67  pwrite64 18 68  preadv 295 69
    pwritev 296 70  lseek 8 62  ftruncate 77 46  stat 4 -  fstat 5 80  lstat 6 -  newfstatat 262 79  statx 332 291
    statfs 137 43  fstatfs 138 44  access 21 -  faccessat 269 48  faccessat2 439 439  getxattr 191 8  lgetxattr 192 9
    fgetxattr 193 10  listxattr 194 11  llistxattr 195 12  flistxattr 196 13  getdents 78 -  getdents64 217 61
    getcwd 79 17  chdir 80 49  fchdir 81 50  readlink 89 -  readlinkat 267 78  umask 95 166  mkdir 83 -
    mkdirat 258 34  rmdir 84 -  unlink 87 -  unlinkat 263 35  rename 82 -  renameat 264 38  renameat2 316 276
    symlink 88 -  symlinkat 266 36  fsync 74 82  fdatasync 75 83
    # Waiting, and time.
    poll 7 -  ppoll 271 73  select 23 -  pselect6 270 72  pause 34 -  nanosleep 35 101  sched_yield 24 124
    restart_syscall 219 128  epoll_create 213 -  epoll_create1 291 20  epoll_ctl 233 21  epoll_wait 232 -
    epoll_pwait 281 22  epoll_pwait2 441 441  eventfd 284 -  eventfd2 290 19  timerfd_create 283 85
    timerfd_settime 286 86  timerfd_gettime 287 87  alarm 37 -  getitimer 36 102  setitimer 38 103  time 201 -
    gettimeofday 96 169  times 100 153
    # Its own memory, signals, threads and limits.
    brk 12 214  mprotect 10 226  munmap 11 215  mremap 25 216  rseq 334 293  arch_prctl 158 -  getcpu 309 168
    getrandom 318 278  rt_sigaction 13 134  rt_sigprocmask 14 135  rt_sigreturn 15 139  rt_sigpending 127 136
    rt_sigsuspend 130 133  rt_sigtimedwait 128 137  sigaltstack 131 132  wait4 61 260  waitid 247 95  exit 60 93
    exit_group 231 94  getrlimit 97 163  setrlimit 160 164  getrusage 98 165  sched_get_priority_max 146 125
    sched_get_priority_min 147 126
    # Who and where it is.
    getpid 39 172  getppid 110 173  gettid 186 178  getpgrp 111 -  getuid 102 174  geteuid 107 175  getgid 104 176
    getegid 108 177  getresuid 118 148  getresgid 120 150  getgroups 115 158  uname 63 160
    # Pairs of streams, beside the rules for them.
    shutdown 48 210  getsockname 51 204  getpeername 52 205
"""
_OTHERS = """
    # Calls with a rule.
    getsockopt 55 209  futex 202 98  mmap 9 222  madvise 28 233  fcntl 72 25  ioctl 16 29  clock_gettime 228 113
    clock_getres 229 114  clock_nanosleep 230 115  msync 26 227  preadv2 327 286  pwritev2 328 287
    fork 57 -  vfork 58 -  clone 56 220  kill 62 129  tgkill 234 131  prlimit64 302 261  sched_setaffinity 203 122
    sched_getaffinity 204 123  sched_getscheduler 145 120  sched_getparam 143 121  getpgid 121 155  getsid 124 156
    getpriority 140 141  prctl 157 167  socketpair 53 199  sendto 44 206  recvfrom 45 207  recvmsg 47 212
    recvmmsg 299 243  fallocate 285 47  flock 73 32
    # Calls that confine a run.
    unshare 272 97  setns 308 268  mount 165 40  umount2 166 39  pivot_root 155 41  mount_setattr 442 442
    capset 126 91  set_robust_list 273 99  set_tid_address 218 96  clone3 435 435  landlock_create_ruleset 444 444
    landlock_add_rule 445 445  landlock_restrict_self 446 446
"""


def _numbers(table: str) -> list[tuple[str, str, str]]:
    return re.findall(r"(\w+) (\d+|-) (\d+|-)", table)


_ALL = _numbers(_ALLOWED + _OTHERS)
X86_64 = {name: int(number) for name, number, _ in _ALL if number != "-"}
AARCH64 = {name: int(number) for name, _, number in _ALL if number != "-"}
ALLOWED = tuple(name for name, _, _ in _numbers(_ALLOWED))

LINUX = sys.platform == "linux"
MACHINE = platform.machine()
SYSCALLS: Mapping[str, int] = {"x86_64": X86_64, "aarch64": AARCH64}.get(MACHINE, {}) if LINUX else {}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(MACHINE, 0)

_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def call(name: str, *args: int | bytes | str | None) -> int:
    """Make a system call."""
    if _libc is None or name not in SYSCALLS:
        raise OSError(errno.ENOSYS, f"no system call {name} is known here")
    encoded = [arg.encode() if isinstance(arg, str) else arg for arg in args]
    converted = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in encoded]
    result = int(_libc.syscall(ctypes.c_long(SYSCALLS[name]), *converted))
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
    """``prctl(2)``; the arguments that are not given are 0."""
    return call("prctl", option, *args, *(0,) * (4 - len(args)))


# --- Landlock ---

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in range(13, 16))

READ = READ_FILE | READ_DIR
WORK = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | TRUNCATE
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


def landlock_abi() -> int:
    """Return the kernel's version of Landlock."""
    return call("landlock_create_ruleset", None, 0, 1)


def landlock_ruleset(rules: Sequence[tuple[str, int]]) -> int:
    """Make a ruleset that allows access below some paths, but no TCP and no signals to others; return its file."""
    abi = landlock_abi()
    files = (1 << (13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16)) - 1
    fields = (files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = call("landlock_create_ruleset", struct.pack("<QQQ", *fields)[:size], size, 0)
    for path, access in rules:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # a missing path needs no permission
        try:
            beneath = access & files if Path(path).is_dir() else access & files & _OF_A_FILE
            call("landlock_add_rule", ruleset, 1, struct.pack("<Qi", beneath, fd), 0)
        finally:
            os.close(fd)
    return ruleset


# --- namespaces, mounts, capabilities ---

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (1 << bit for bit in (17, 26, 27, 28, 29, 30))
ALL_NEW = 0x7E020080  # all of these, cgroup and time
CLONE_THREAD = 0x00010000

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_RECURSIVE, ATTR_READ_ONLY, ATTR_NOSUID, ATTR_NODEV = 0x8000, 1, 2, 4


def bind(source: str, target: str, *, device: bool = False) -> None:
    """Mount ``source`` at ``target``, with all mounts beneath it, read-only unless it is a device."""
    call("mount", source, target, "", MS_BIND | MS_REC, "")
    set_attributes(target, ATTR_NOSUID | (0 if device else ATTR_READ_ONLY | ATTR_NODEV), AT_RECURSIVE)


def set_attributes(target: str, attributes: int, flags: int = 0) -> None:
    """Set attributes of a mount, and with ``AT_RECURSIVE`` of those beneath it."""
    setting = struct.pack("<QQQQ", attributes, 0, 0, 0)
    call("mount_setattr", -100, target, flags, setting, len(setting))


def change_root(new_root: str) -> None:
    """Make ``new_root``, a mount, this namespace's root, and unmount the old one."""
    os.chdir(new_root)
    call("pivot_root", ".", ".")
    call("umount2", ".", MNT_DETACH)
    os.chdir("/")


def forget_wakes() -> None:
    """Clear the addresses at which the kernel would wake others when this thread ends."""
    call("set_tid_address", 0)
    call("set_robust_list", 0, 24)  # sizeof(struct robust_list_head)


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one, or not ours to drop
    call("capset", struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", 0, 0, 0, 0, 0, 0))


# --- seccomp: a filter in classic BPF ---

_LOAD, _JEQ, _JSET, _JGE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32_BIT = 0x40000000
# From here on numbers are the same on all architectures, and calls are so new that a C library falls back on others
# where they don't exist.
_NEW = 424


@dataclass(frozen=True)
class Rule:
    """The decision of a filter about one system call, which fails with ``error`` where it is refused."""

    call: str
    error: int
    argument: int = -1  # that decides, from 0; -1 if the call is always refused
    allowed: tuple[int, ...] = ()  # if there are any, all other values are refused
    refused: tuple[int, ...] = ()
    needed_bits: int = 0  # refused with none of these
    refused_bits: int = 0  # refused with any of these
    then: Rule | None = None  # decides in place of allowing
    otherwise: Rule | None = None  # decides in place of refusing


def _statement(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def seccomp_program(rules: Sequence[Rule], allowed: Sequence[str] | None = None) -> bytes:
    """Compile rules to a filter, which kills for calls of another architecture.

    Of the calls without a rule those of ``allowed`` are allowed, or all if that is None.
    """
    program = [
        _statement(_LOAD, _ARCHITECTURE),
        _statement(_JEQ, _AUDIT_ARCH, 1, 0),
        _statement(_RETURN, _KILL),
        _statement(_LOAD, _NUMBER),
    ]
    if MACHINE == "x86_64":
        program += [_statement(_JGE, _X32_BIT, 0, 1), _statement(_RETURN, _KILL)]
    allow = _statement(_RETURN, _ALLOW)
    # The kernel remembers calls that are allowed whatever their arguments, so those with a rule come first.
    ruled = {rule.call: _body(rule) for rule in rules}
    bodies = ruled | {call: [allow] for call in allowed or ()} | ruled
    for call, body in bodies.items():
        if call in SYSCALLS:
            program += [_statement(_JEQ, SYSCALLS[call], 0, len(body)), *body]
    old, new = (_statement(_RETURN, _ERRNO | error) for error in (errno.EPERM, errno.ENOSYS))
    return b"".join((*program, *([allow] if allowed is None else [_statement(_JGE, _NEW, 1, 0), old, new])))


def _body(rule: Rule) -> list[bytes]:
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
    """Install a filter for good; the process must have ``no_new_privs``."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    holder = ctypes.create_string_buffer(header, len(header))
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(holder))


# --- the policy ---

_OF_ITSELF = ("prlimit64", "sched_setaffinity", "sched_getaffinity", "sched_getscheduler", "sched_getparam")
_FUTEX_PRIVATE = 128
# FUTEX_WAIT and FUTEX_WAIT_BITSET, also with FUTEX_CLOCK_REALTIME.
_FUTEX_WAITS = (0, 9, 0x100, 0x109)
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_LOCKED, _MAP_POPULATE, _MAP_HUGETLB = 1, 0x20, 0x2000, 0x8000, 0x40000
_PROT_WRITE = 2
# NORMAL, DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK,
# GUARD_INSTALL, GUARD_REMOVE: all of the process's own pages. The others load, age, drop, merge or poison pages that
# other processes have, too.
_ADVICE = (0, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 102, 103)
# MS_ASYNC, MS_SYNC: an array in a file of its own is flushed so.
_MSYNC = (1, 4)
# The machine's own clocks, and the process's and the thread's own.
_CLOCKS = tuple(range(12))
# Calls about the process itself, its name, the names of its memory (PR_SET_VMA), and the length of its vectors on
# aarch64 (PR_SVE_*, PR_SME_*).
_PRCTL = (2, 3, 15, 16, 21, 23, 30, 39, 42, 50, 51, 63, 64, 0x53564D41)
_AF_UNIX = 1
# SOCK_STREAM, also SOCK_CLOEXEC and SOCK_NONBLOCK: a socket of another type can send to any address, connected or not.
_STREAMS = (1, 0x80001, 0x801, 0x80801)
# Options about a socket's kind and state; none that tells who has the other end.
_SO = (2, 3, 4, 7, 8, 9, 13, 20, 21, 30, 38, 39)
# A flag for out-of-band data, which nothing needs.
_MSG_OOB = 1
_FLAGS = {"sendto": 3, "recvfrom": 3, "recvmsg": 2, "recvmmsg": 3}
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ: no locks, leases or owners, and no larger
# pipes, whose pages are counted by user.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: no change of a file's flags, and no signal's addressee.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


def rules(pid: int) -> list[Rule]:
    """Return the rules about arguments, for a run with this process number."""
    of_itself = (0, pid)
    # At a shared address waiting fails with "try again", and waking with an error, so that a thread can be joined.
    shared_futex = Rule("", errno.EAGAIN, 1, refused=_FUTEX_WAITS, then=Rule("", errno.EINVAL))
    # Of a file, a private mapping; a shared one that can be written is of a file of the run's own.
    shared_file = Rule(
        "", errno.EPERM, 3, refused_bits=_MAP_SHARED, otherwise=Rule("", errno.EPERM, 2, needed_bits=_PROT_WRITE)
    )
    file = Rule("", errno.EPERM, 3, refused_bits=_MAP_POPULATE, then=shared_file)
    memory = Rule("", errno.EPERM, 3, needed_bits=_MAP_ANONYMOUS, otherwise=file)
    return [
        Rule("futex", errno.EINVAL, 1, needed_bits=_FUTEX_PRIVATE, otherwise=shared_futex),
        Rule("mmap", errno.EPERM, 3, refused_bits=_MAP_LOCKED | _MAP_HUGETLB, then=memory),
        Rule("madvise", errno.EPERM, 2, allowed=_ADVICE),
        Rule("fcntl", errno.ENOLCK, 1, allowed=_FCNTL),
        Rule("ioctl", errno.ENOTTY, 1, allowed=_IOCTL),
        *(Rule(call, errno.EPERM, 0, allowed=_CLOCKS) for call in ("clock_gettime", "clock_getres", "clock_nanosleep")),
        Rule("msync", errno.EPERM, 2, allowed=_MSYNC),
        *(Rule(call, errno.EOPNOTSUPP, 5, allowed=(0,)) for call in ("preadv2", "pwritev2")),
        # A process limit gives EAGAIN, and the worker takes it for one.
        *(Rule(call, errno.EAGAIN) for call in ("fork", "vfork")),
        Rule("clone", errno.EAGAIN, 0, needed_bits=CLONE_THREAD, refused_bits=ALL_NEW),
        *(Rule(call, errno.EPERM, 0, allowed=(pid,)) for call in ("kill", "tgkill")),
        *(Rule(call, errno.EPERM, 0, allowed=of_itself) for call in (*_OF_ITSELF, "getpgid", "getsid")),
        Rule("getpriority", errno.EPERM, 0, allowed=(0,), then=Rule("", errno.EPERM, 1, allowed=of_itself)),
        Rule("prctl", errno.EPERM, 0, allowed=_PRCTL),
        Rule("socketpair", errno.EPERM, 0, allowed=(_AF_UNIX,), then=Rule("", errno.EPERM, 1, allowed=_STREAMS)),
        Rule("getsockopt", errno.EPERM, 2, allowed=_SO),
        *(Rule(call, errno.EOPNOTSUPP, flags, refused_bits=_MSG_OOB) for call, flags in _FLAGS.items()),
        # A disk could fill up between two measurements; libraries that can't reserve space just write.
        Rule("fallocate", errno.EOPNOTSUPP),
        Rule("flock", errno.ENOLCK),  # other runs could see a lock on a file that every run can read
    ]
