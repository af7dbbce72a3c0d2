"""The system calls that a run may make, and what it hears in place of the others.

What is here is what the C library, CPython, NumPy, OpenBLAS, matplotlib, IPython, cvxopt and scikit-learn call for
honest work in one process, on both architectures. A call that isn't here is refused: those that a C library asks for
first and can do without are said not to exist, the others not to be permitted (:func:`kernel.seccomp_program`).

A call that reads what another process can change, or changes what another can read, carries a message between two runs.
So none is here that loads, drops or asks for pages of the page cache, wakes by an address in a shared page, asks about
another process, counts for the whole machine, or counts by user.
"""

from __future__ import annotations

import errno

from autograder.sandbox import kernel
from autograder.sandbox.kernel import Rule

ALLOWED = (
    # Files, by name and by descriptor.
    *("open", "openat", "creat", "close", "close_range", "dup", "dup2", "dup3", "pipe", "pipe2"),
    *("read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "ftruncate"),
    *("stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2"),
    *("getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr"),
    *("getdents", "getdents64", "getcwd", "chdir", "fchdir", "readlink", "readlinkat", "umask"),
    *("mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "symlink", "symlinkat"),
    *("fsync", "fdatasync"),
    # Waiting, and time.
    *("poll", "ppoll", "select", "pselect6", "pause", "nanosleep", "sched_yield", "restart_syscall"),
    *("epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    *("eventfd", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime"),
    *("alarm", "getitimer", "setitimer", "time", "gettimeofday", "times"),
    # Its own memory, signals, threads and limits.
    *("brk", "mprotect", "munmap", "mremap", "rseq", "arch_prctl", "getcpu", "getrandom"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait"),
    *("sigaltstack", "wait4", "waitid", "exit", "exit_group", "getrlimit", "setrlimit", "getrusage"),
    *("sched_get_priority_max", "sched_get_priority_min"),
    # Who and where it is.
    *("getpid", "getppid", "gettid", "getpgrp", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid"),
    *("getgroups", "uname"),
    # Pairs of streams, beside the rules below.
    *("shutdown", "getsockname", "getpeername"),
)
_OF_ITSELF = ("prlimit64", "sched_setaffinity", "sched_getaffinity", "sched_getscheduler", "sched_getparam")
_FUTEX_PRIVATE = 128
# FUTEX_WAIT and FUTEX_WAIT_BITSET, also by the clock of the day.
_FUTEX_WAITS = (0, 9, 0x100, 0x109)
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_LOCKED, _MAP_POPULATE, _MAP_HUGETLB = 1, 0x20, 0x2000, 0x8000, 0x40000
_PROT_WRITE = 2
# NORMAL, DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK,
# GUARD_INSTALL, GUARD_REMOVE: all of the process's own pages. The others load, age, drop, merge or poison pages that
# other processes have, too.
_ADVICE = (0, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 102, 103)
# MS_ASYNC, MS_SYNC: an array in a file of its own is flushed so.
_MSYNC = (1, 4)
# The machine's own clocks; or, by two bits, that of a thread, which must be one of the process's.
_CLOCKS = tuple(range(12))
_CPU_CLOCK, _THREAD = 1 << 31, 4
# What asks about the process itself, its name, the names of its memory (PR_SET_VMA), and the length of its vectors on
# aarch64 (PR_SVE_*, PR_SME_*).
_PRCTL = (2, 3, 15, 16, 21, 23, 30, 39, 42, 50, 51, 63, 64, 0x53564D41)
_AF_UNIX = 1
# SOCK_STREAM, also SOCK_CLOEXEC and SOCK_NONBLOCK: a socket of another type can send to any address, connected or not.
_STREAMS = (1, 0x80001, 0x801, 0x80801)
# Of a socket's options, those that say of which kind it is and how it does; not who has the other end.
_SO = (2, 3, 4, 7, 8, 9, 13, 20, 21, 30, 38, 39)
# Of what is sent and received with these flags: data out of band, a corner of the kernel that nobody needs.
_MSG_OOB = 1
_FLAGS = {"sendto": 3, "recvfrom": 3, "recvmsg": 2, "recvmmsg": 3}
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ: no locks, leases or owners, and no larger
# pipes, whose pages are counted by user.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: no change of a file's flags, and no signal's addressee.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


def rules(pid: int) -> list[Rule]:
    """The rules that hang on an argument, for a run with this number."""
    of_itself = (0, pid)
    own_thread = Rule("", errno.EPERM, 0, needed_bits=_CPU_CLOCK, then=Rule("", errno.EPERM, 0, needed_bits=_THREAD))
    # Who waits by an address that others may have, too, is told to look again, and who wakes, that there is nobody: so
    # a thread can still be joined, which the kernel itself wakes for.
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
        *(
            Rule(call, errno.EPERM, 0, allowed=_CLOCKS, otherwise=own_thread)
            for call in ("clock_gettime", "clock_getres", "clock_nanosleep")
        ),
        Rule("msync", errno.EPERM, 2, allowed=_MSYNC),
        Rule("mbind", errno.EPERM, 5, allowed=(0,)),
        *(Rule(call, errno.EOPNOTSUPP, 5, allowed=(0,)) for call in ("preadv2", "pwritev2")),
        # "Try again" is what a process limit says, and what the worker takes for one.
        *(Rule(call, errno.EAGAIN) for call in ("fork", "vfork")),
        Rule("clone", errno.EAGAIN, 0, needed_bits=kernel.CLONE_THREAD, refused_bits=kernel.ALL_NEW),
        *(Rule(call, errno.EPERM, 0, allowed=(pid,)) for call in ("kill", "tgkill")),
        *(Rule(call, errno.EPERM, 0, allowed=of_itself) for call in (*_OF_ITSELF, "getpgid", "getsid")),
        Rule("getpriority", errno.EPERM, 0, allowed=(0,), then=Rule("", errno.EPERM, 1, allowed=of_itself)),
        Rule("prctl", errno.EPERM, 0, allowed=_PRCTL),
        Rule("socketpair", errno.EPERM, 0, allowed=(_AF_UNIX,), then=Rule("", errno.EPERM, 1, allowed=_STREAMS)),
        Rule("getsockopt", errno.EPERM, 2, allowed=_SO),
        *(Rule(call, errno.EOPNOTSUPP, flags, refused_bits=_MSG_OOB) for call, flags in _FLAGS.items()),
        # A disk could be full between two looks at it; libraries write what they can't reserve.
        Rule("fallocate", errno.EOPNOTSUPP),
        # A lock on a file that every run can read is something another run can see.
        Rule("flock", errno.ENOLCK),
    ]
