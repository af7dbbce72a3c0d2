"""What is promised of student code while it runs, and which layers of confinement keep each promise.

Where any one of a need's layers is there, the need is met; what they add to each other is in ``docs/threat-model.md``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What a promise needs of the machine.

    Attributes
    ----------
    unmet : str
        What student code may do without it, as a clause.
    layers : tuple of str
        The layers of confinement of which one suffices.
    """

    unmet: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """One promise: what it says, what keeps it on any machine, what it needs, and which layers add to that."""

    says: str
    always: str
    needs: tuple[Need, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that have a part in it."""
        return tuple(dict.fromkeys((*(layer for need in self.needs for layer in need.layers), *self.more)))

    def unmet(self, held: Collection[str]) -> tuple[str, ...]:
        """What is not enforced with these layers, a clause each."""
        return tuple(need.unmet for need in self.needs if not any(layer in held for layer in need.layers))


PROMISES = (
    Promise(
        "It sees only what it may",
        "no answer, key, other submission or secret is in its process, or in what it is handed",
        (Need("it may see files that it should not", ("namespaces", "landlock")),),
        ("seccomp", "identity"),
    ),
    Promise(
        "It reaches nothing",
        "it is killed when it has answered, or has not in time",
        (
            Need("it may reach the network and other processes", ("seccomp",)),
            Need("it may keep rights of the user who grades", ("identity",)),
        ),
        ("namespaces", "landlock"),
    ),
    Promise(
        "It costs only itself",
        "the grader's own deadlines, and bounds on what it prints and returns",
        (Need("it may take more time and memory than the limits", ("limits",)),),
        ("namespaces", "seccomp"),
    ),
    Promise("It says only data", "bytes are bounded and checked before they are arrays; nothing is unpickled"),
    Promise("It is shown safely", "no control, markup or formula gets into a report, a page, a table or a terminal"),
    Promise(
        "It fails closed", "no answer is never a pass; what can't be enforced stops the grader, or is in each footer"
    ),
)
