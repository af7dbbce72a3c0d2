"""Machine info: what results depend on and what is enforced, on each machine of a cluster, and incompatibilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import distributed
import msgspec

from autograder.course.problem import Problem
from autograder.gradebook import dependencies
from autograder.sandbox.observe import Sandbox, SandboxError
from autograder.sandbox.runs import exposed

SAME = "give all machines the same environment and engine (docs/clusters.md)"


class ClusterError(SandboxError):
    """The cluster can't be used; the message says why and what to do."""


class MachineInfo(msgspec.Struct, frozen=True):
    """The properties of a machine that results depend on.

    Attributes
    ----------
    versions : mapping of str to str
        Versions of the engine, Python and the packages, by name.
    lacks : tuple of str
        Guarantees about student code that are not enforced there, a clause each.
    """

    versions: dict[str, str]
    lacks: tuple[str, ...] = ()


def packages_of(problems: Iterable[Problem]) -> tuple[str, ...]:
    """List the packages that the problems' results depend on, and the cluster's own."""
    return tuple(sorted({"dask", "distributed", *(name for one in problems for name in dependencies.packages_of(one))}))


def describe_worker(packages: tuple[str, ...], private: tuple[str, ...], dask_worker: distributed.Worker) -> bytes:
    """Describe a worker's machine, as bytes: another engine's records may differ."""
    lacks = missing_here([Path(dask_worker.local_directory)], private, ())
    return msgspec.json.encode(MachineInfo(dependencies.environment(packages), lacks))


def describe_scheduler(packages: tuple[str, ...]) -> bytes:
    """Describe the scheduler's machine, where no student code runs."""
    return msgspec.json.encode(MachineInfo(dependencies.versions(packages)))


def missing_here(own: Sequence[Path], private: Iterable[str], visible: Sequence[Path]) -> tuple[str, ...]:
    """List the guarantees about student code that are not enforced on this machine, a clause each.

    Parameters
    ----------
    own : sequence of Path
        Folders of this worker that no run may see.
    private : iterable of str
        Folders of the command's machine that no run may see, since the two may share a disk.
    visible : sequence of Path
        Folders that runs see, beside those of the system and Python.
    """
    with Sandbox() as sandbox:
        enforced = sandbox.enforced()
    return (
        *enforced.lacks,
        *(("it may read files of the worker's, in a folder that runs see",) if exposed(own, visible) else ()),
        *(
            f"it may read {path}, in a folder that runs see: keep it elsewhere"
            for path in exposed(map(Path, private), visible)
        ),
    )


def incompatibility(who: str, there: MachineInfo, expected: MachineInfo, *, weak: bool) -> str:
    """Explain why a machine may not grade, in a sentence; "" if it may."""
    for name, wanted in expected.versions.items():
        found = there.versions.get(name, "none")
        if found != wanted:
            return f"{name} is {found} on {who}, and {wanted} here, so results could differ; {SAME}"
    lacking = [clause for clause in there.lacks if clause not in expected.lacks]
    if lacking and weak:
        return f"{who} enforces less than the workers that were there when the run began: {'; '.join(lacking)}"
    if lacking:
        return (
            f"student code can't be confined on {who}: {'; '.join(lacking)}. `autograder doctor` there says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    return ""
