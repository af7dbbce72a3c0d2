"""Whether machines are alike: what results depend on, and what is enforced, on each of a cluster's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import distributed
import msgspec

from autograder.course.problem import Problem
from autograder.gradebook import dependencies
from autograder.sandbox.observe import Sandbox, SandboxError
from autograder.sandbox.process import exposed

SAME = "give all machines the same environment and engine (docs/clusters.md)"


class ClusterError(SandboxError):
    """The cluster can't be used; the message says why and what to do."""


class Here(msgspec.Struct, frozen=True):
    """A machine, as far as results depend on it.

    Attributes
    ----------
    versions : mapping of str to str
        Of the engine, the interpreter, the packages, by name.
    lacks : tuple of str
        What is promised of student code and not enforced there, a clause each.
    """

    versions: dict[str, str]
    lacks: tuple[str, ...] = ()


def packages_of(problems: Iterable[Problem]) -> tuple[str, ...]:
    """The names of the packages that the problems' results hang on, and of the cluster's own."""
    return tuple(sorted({"dask", "distributed", *(name for one in problems for name in dependencies.packages_of(one))}))


def look(packages: tuple[str, ...], private: tuple[str, ...], dask_worker: distributed.Worker) -> bytes:
    """What a worker's machine is like; bytes, for another engine's records may be others."""
    lacks = lacks_here([Path(dask_worker.local_directory)], private, ())
    return msgspec.json.encode(Here(dependencies.environment(packages), lacks))


def look_from_scheduler(packages: tuple[str, ...]) -> bytes:
    """What the scheduler's machine is like, where no student code runs."""
    return msgspec.json.encode(Here(dependencies.versions(packages)))


def lacks_here(own: Sequence[Path], private: Iterable[str], visible: Sequence[Path]) -> tuple[str, ...]:
    """What is promised of student code and not enforced on this machine, a clause each.

    Parameters
    ----------
    own : sequence of Path
        Folders of this worker's that no run may see.
    private : iterable of str
        The same of the machine where the command was given, whose disk this one may share.
    visible : sequence of Path
        Folders that runs see, beside the system's and Python's.
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


def unfit(who: str, there: Here, expected: Here, *, weak: bool) -> str:
    """Why a machine is not to grade, as a sentence; empty if it may."""
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
