"""The guarantees about student code, the layers of confinement that keep them, and a record of the layers that hold.

A server fills in the record when it enters its confinement, and sends it to the grader as data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

LAYERS = ("namespaces", "landlock", "seccomp", "identity", "limits")


@dataclass(frozen=True)
class Need:
    """A need of a guarantee: the consequence if it is unmet, as a clause, and layers of which one suffices."""

    unmet: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Guarantee:
    """A guarantee: its sentence, the means that keep it on any machine, its needs, and layers that strengthen it."""

    says: str
    always: str
    needs: tuple[Need, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that contribute to it."""
        return tuple(dict.fromkeys((*(layer for need in self.needs for layer in need.layers), *self.more)))

    def unmet(self, held: Collection[str]) -> tuple[str, ...]:
        """List the needs that these layers don't meet, a clause each."""
        return tuple(need.unmet for need in self.needs if not any(layer in held for layer in need.layers))


GUARANTEES = (
    Guarantee(
        "It sees only what it may",
        "no answer, key, other submission or secret is in its process, or in what it is handed",
        (Need("it may see files that it should not", ("namespaces", "landlock")),),
        ("seccomp", "identity"),
    ),
    Guarantee(
        "It reaches nothing",
        "it is killed when it has answered, or has not in time",
        (
            Need("it may reach the network and other processes", ("seccomp",)),
            Need("it may keep rights of the user who grades", ("identity",)),
        ),
        ("namespaces", "landlock"),
    ),
    Guarantee(
        "It costs only itself",
        "the grader's own deadlines, and bounds on what it prints and returns",
        (Need("it may take more time and memory than the limits", ("limits",)),),
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
class Bounds:
    """The kernel's limits on a run.

    Attributes
    ----------
    threads : int
        Most threads of all processes of the run's user together; 0 where a run's are counted apart.
    counted : bool
        False for root's, whose threads only memory bounds.
    """

    threads: int = 0
    counted: bool = True


@dataclass(frozen=True)
class Enforced:
    """The confinement that holds on this machine, layer by layer, each None if it doesn't.

    Attributes
    ----------
    landlock, seccomp : int, optional
        The kernel's version of Landlock, and the number of the filter's instructions.
    missing : mapping of str to str
        The reason for each layer that isn't there.
    """

    namespaces: Namespaces | None = None
    landlock: int | None = None
    seccomp: int | None = None
    identity: Identity | None = None
    limits: Bounds | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

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
    if enforced.limits:
        shared = enforced.limits.threads
        threads = f"{shared} threads of all the user's processes" if shared else "threads"
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
