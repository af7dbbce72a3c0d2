"""The layers of confinement that hold on a machine: a record, and the sentences that are made of it.

A server fills it in when it enters its confinement, and sends it to the grader as data. Whatever is decided, there or
here, is decided by the record's fields; nothing reads a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.sandbox.guarantees import PROMISES

LAYERS = ("namespaces", "landlock", "seccomp", "identity", "limits")


@dataclass(frozen=True)
class Namespaces:
    """Namespaces of mounts, network, IPC, host name and processes.

    Attributes
    ----------
    of_users : bool
        They belong to a namespace of users of the server's own, which knows one user and no other.
    """

    of_users: bool


@dataclass(frozen=True)
class Landlock:
    """The kernel's version of Landlock."""

    version: int


@dataclass(frozen=True)
class Seccomp:
    """The number of the filter's instructions."""

    instructions: int


@dataclass(frozen=True)
class Identity:
    """No new privileges, no capabilities, and a user.

    Attributes
    ----------
    user : int
        The number of the user that a run is.
    alone : bool
        No other process is of that user but this server's runs.
    """

    user: int
    alone: bool


@dataclass(frozen=True)
class Bounds:
    """The kernel's limits on a run.

    Attributes
    ----------
    threads : int
        How many threads all processes of the run's user may have together; 0 where a run's are counted apart.
    counted : bool
        Threads are counted at all. Those of root's are not, and only the memory that they take bounds them.
    """

    threads: int = 0
    counted: bool = True


@dataclass(frozen=True)
class Enforced:
    """The confinement that holds on this machine, layer by layer; ``missing`` says why a layer isn't there."""

    namespaces: Namespaces | None = None
    landlock: Landlock | None = None
    seccomp: Seccomp | None = None
    identity: Identity | None = None
    limits: Bounds | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the layers that are there."""
        return tuple(layer for layer in LAYERS if getattr(self, layer) is not None)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The promises about student code that are not enforced here, a clause each."""
        return tuple(clause for promise in PROMISES for clause in promise.unmet(self.held))


def sentences(enforced: Enforced) -> dict[str, str]:
    """The sentences about each layer: how it is there, or why it isn't, what is lost, and how to have it."""
    said = {layer: f"none here ({enforced.missing.get(layer, '')}): {REMEDIES[layer]}" for layer in LAYERS}
    if enforced.namespaces:
        how = "in a user namespace" if enforced.namespaces.of_users else "as root, without a user namespace"
        said["namespaces"] = f"mounts, network, IPC, host name and processes, {how}"
    if enforced.landlock:
        said["landlock"] = f"version {enforced.landlock.version}"
    if enforced.seccomp:
        said["seccomp"] = f"{enforced.seccomp.instructions} instructions"
    if enforced.identity:
        user = "a user of the server's own" if enforced.identity.alone else f"user {enforced.identity.user}"
        said["identity"] = f"no new privileges, no capabilities, {user}"
    if enforced.limits:
        threads = (
            f"{enforced.limits.threads} threads of all the user's processes" if enforced.limits.threads else "threads"
        )
        counted = threads if enforced.limits.counted else "threads by the memory they take"
        said["limits"] = f"CPU time, memory, size of files, {counted}"
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
