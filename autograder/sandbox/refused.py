"""The system calls that a run is refused, and what it hears instead."""

from __future__ import annotations

import errno

from autograder.sandbox import kernel
from autograder.sandbox.kernel import Rule

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
    # What is counted by user, and held back from the user's other processes: watches, and descriptors on their way.
    *("inotify_init", "inotify_init1", "sendmsg", "sendmmsg"),
    # What has the kernel hold memory that is not the process's: larger buffers, pages in pipes, rules upon rules.
    *("setsockopt", "vmsplice", "landlock_create_ruleset", "landlock_add_rule"),
    *("vhangup", "lookup_dcookie", "nfsservctl", "migrate_pages", "move_pages", "setuid", "setgid", "setresuid"),
    *("setresgid", "setreuid", "setregid", "setgroups", "setfsuid", "setfsgid", "capset", "semtimedop", "truncate"),
    *("sync", "syncfs", "quotactl_fd", "cachestat", "statmount", "listmount", "modify_ldt", "uselib", "ustat", "sysfs"),
    *("setpriority", "ioprio_set"),
)
_SCHEDULING = ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
_PR_SET_PTRACER = 0x59616D61
_AF_UNIX = 1
# SOCK_STREAM, also SOCK_CLOEXEC and SOCK_NONBLOCK: a socket of another type can send to any address, connected or not.
_STREAMS = (1, 0x80001, 0x801, 0x80801)
# Of what is sent and received with these flags: data out of band, a corner of the kernel that nobody needs.
_MSG_OOB = 1
_FLAGS = {"sendto": 3, "recvfrom": 3, "recvmsg": 2, "recvmmsg": 3}
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ: no locks, leases or owners, and no larger
# pipes, whose pages are counted by user.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: no change of a file's flags, and no signal's addressee.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


def rules(pid: int) -> list[Rule]:
    """The system calls that a run with this number is refused."""
    return [
        *(Rule(call, errno.EPERM) for call in _REFUSED),
        # "Try again" is what a process limit says, and what the worker takes for one.
        *(Rule(call, errno.EAGAIN) for call in ("fork", "vfork")),
        Rule("clone", errno.EAGAIN, 0, needed_bits=kernel.CLONE_THREAD, refused_bits=kernel.ALL_NEW),
        Rule("clone3", errno.ENOSYS),  # its flags can't be seen from here; the C library falls back to clone
        Rule("socketpair", errno.EPERM, 0, allowed=(_AF_UNIX,), then=Rule("", errno.EPERM, 1, allowed=_STREAMS)),
        *(Rule(call, errno.EPERM, 0, allowed=(pid,)) for call in ("kill", "tgkill")),
        *(Rule(call, errno.EPERM, 0, allowed=(0, pid)) for call in ("prlimit64", *_SCHEDULING)),
        Rule("prctl", errno.EPERM, 0, refused=(kernel.PR_SET_PDEATHSIG, kernel.PR_SET_DUMPABLE, _PR_SET_PTRACER)),
        *(Rule(call, errno.EOPNOTSUPP, flags, refused_bits=_MSG_OOB) for call, flags in _FLAGS.items()),
        # A disk could be full between two looks at it; libraries write what they can't reserve.
        Rule("fallocate", errno.EOPNOTSUPP),
        # A lock on a file that every run can read is something another run can see.
        Rule("flock", errno.ENOLCK),
        Rule("fcntl", errno.ENOLCK, 1, allowed=_FCNTL),
        Rule("ioctl", errno.ENOTTY, 1, allowed=_IOCTL),
    ]
