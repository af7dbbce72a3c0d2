"""A dask worker's part: it unpacks the payload and grades submissions."""

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

from autograder.cluster.machines import MachineInfo, incompatibility, missing_here, packages_of
from autograder.cluster.payload import Payload, unpack
from autograder.expected import from_bytes
from autograder.gradebook.dependencies import environment
from autograder.gradebook.executors import sandboxes
from autograder.gradebook.grading import Graded, Grader
from autograder.notebook.checks import rubric_of
from autograder.sandbox.usage import remove
from autograder.submissions.selection import Submission


class Result(msgspec.Struct, frozen=True):
    """The result of a task: what was graded, or why this worker refuses to grade."""

    graded: tuple[Graded, ...] = ()
    refused: str = ""


class PayloadWorker:
    """The payload on a dask worker, unpacked when the first submission comes.

    Dask keeps it while the command that made it is connected; its servers and files go with the last reference. If dask
    moves it to another worker, or to a disk, only the payload moves.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._lock = threading.Lock()
        self._opened: OpenWorker | None = None

    def __reduce__(self) -> tuple[type[PayloadWorker], tuple[bytes]]:
        return PayloadWorker, (self._payload,)

    def open(self) -> OpenWorker:
        """Unpack the payload, once."""
        with self._lock:
            if self._opened is None:
                with ExitStack() as stack:
                    self._opened = OpenWorker(msgspec.msgpack.decode(self._payload, type=Payload), stack)
                    weakref.finalize(self, stack.pop_all().close)
            return self._opened


class OpenWorker:
    """An unpacked payload: a grader, and a sandbox for each thread; ``refused`` says why it may not grade, or ""."""

    def __init__(self, payload: Payload, stack: ExitStack) -> None:
        self.refused = ""
        warnings.simplefilter("ignore")  # as the command does (autograder.cli.main)
        home = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        stack.callback(remove, home)
        home.chmod(0o711)  # whatever its user is, a run must reach the data
        for name, content in payload.files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        problems = tuple(unpack(sent, home) for sent in payload.problems)
        worker = distributed.get_worker()
        own = [Path(worker.local_directory), *(problem.folder for problem in problems)]
        lacks = missing_here(own, payload.private, [home / "data"])
        there = MachineInfo(environment(packages_of(problems)), lacks)
        self.refused = incompatibility(f"the worker {worker.address}", there, payload.expected, weak=payload.weak)
        if self.refused:
            return
        self.grader = Grader(
            problems,
            {problem.id: from_bytes(sent.answers) for problem, sent in zip(problems, payload.problems, strict=True)},
            {problem.id: problem.seed for problem in problems},
            {},  # results are stored where they are collected
            payload.weak,
            payload.footer,
            {
                problem.id: replace(rubric_of(problem), answers=from_bytes(sent.trained) if sent.trained else None)
                for problem, sent in zip(problems, payload.problems, strict=True)
                if problem.notebook_points
            },
        )
        _, self.sandbox = stack.enter_context(sandboxes(1, weak=payload.weak))

    def grade(self, submission: Submission, ids: Sequence[str]) -> Result:
        """Grade a submission in the problems and notebooks with these ids."""
        if self.refused:
            return Result(refused=self.refused)
        return Result(self.grader.graded(self.sandbox(), submission, ids))


def grade_there(worker: PayloadWorker, submission: bytes, ids: tuple[str, ...]) -> bytes:
    """Grade a submission on this worker, as a task. Bytes are not unpickled, whatever engine is installed."""
    result = worker.open().grade(msgspec.msgpack.decode(submission, type=Submission), ids)
    return msgspec.msgpack.encode(result)
