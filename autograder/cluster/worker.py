"""A parcel at work on a dask worker, and the task that is sent there."""

from __future__ import annotations

import tempfile
import threading
import warnings
import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import distributed
import msgspec

from autograder.cluster.machines import Here, lacks_here, packages_of, unfit
from autograder.cluster.payload import Parcel, unpacked
from autograder.expected import from_bytes
from autograder.gradebook.dependencies import environment
from autograder.gradebook.executors import sandboxes
from autograder.gradebook.grader import Graded, Grader
from autograder.notebook.checks import rubric_of
from autograder.sandbox.confine import remove
from autograder.submissions.selection import Submission


class Result(msgspec.Struct, frozen=True):
    """What a task comes to: what was graded, or why this worker is not one to do it."""

    graded: tuple[Graded, ...] = ()
    refused: str = ""


class Desk:
    """A parcel on a worker, unpacked when the first submission comes: a grader, and a sandbox for each thread.

    Dask holds it as long as the command that made it is connected; with the last reference its servers and files go.
    Where dask moves it to another worker, or to a disk, the parcel is what moves.
    """

    def __init__(self, parcel: bytes) -> None:
        self._parcel = parcel
        self._lock = threading.Lock()
        self._opened: OpenDesk | None = None

    def __reduce__(self) -> tuple[type[Desk], tuple[bytes]]:
        return Desk, (self._parcel,)

    def open(self) -> OpenDesk:
        """The grader and the sandboxes."""
        with self._lock:
            if self._opened is None:
                with ExitStack() as stack:
                    self._opened = OpenDesk(msgspec.msgpack.decode(self._parcel, type=Parcel), stack)
                    weakref.finalize(self, stack.pop_all().close)
            return self._opened


class OpenDesk:
    """A desk at work; ``refused`` says why it must not, if so."""

    def __init__(self, parcel: Parcel, stack: ExitStack) -> None:
        self.refused = ""
        warnings.simplefilter("ignore")  # as the command does (autograder.cli.main)
        home = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        stack.callback(remove, home)
        home.chmod(0o711)  # whoever a run is, it must get to the data
        for name, content in parcel.files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        problems = tuple(unpacked(sent, home) for sent in parcel.problems)
        worker = distributed.get_worker()
        own = [Path(worker.local_directory), *(problem.folder for problem in problems)]
        lacks = lacks_here(own, parcel.private, [home / "data"])
        there = Here(environment(packages_of(problems)), lacks)
        self.refused = unfit(f"the worker {worker.address}", there, parcel.expected, weak=parcel.weak)
        if self.refused:
            return
        self.grader = Grader(
            problems,
            {problem.id: from_bytes(sent.answers) for problem, sent in zip(problems, parcel.problems, strict=True)},
            {problem.id: problem.seed for problem in problems},
            {},  # results are filed where they are collected
            parcel.weak,
            parcel.footer,
            {
                problem.id: replace(rubric_of(problem), answers=from_bytes(sent.trained) if sent.trained else None)
                for problem, sent in zip(problems, parcel.problems, strict=True)
                if problem.notebook_points
            },
        )
        self.sandbox = stack.enter_context(sandboxes(weak=parcel.weak))

    def grade(self, submission: Submission, ids: Sequence[str]) -> Result:
        """What comes of a submission in some problems."""
        if self.refused:
            return Result(refused=self.refused)
        return Result(self.grader.graded(self.sandbox(), submission, ids))


def grade_there(desk: Desk, submission: bytes, ids: tuple[str, ...]) -> bytes:
    """A task: grade a submission on this worker. Bytes in and out are not unpickled, whatever engine is here."""
    result = desk.open().grade(msgspec.msgpack.decode(submission, type=Submission), ids)
    return msgspec.msgpack.encode(result)
