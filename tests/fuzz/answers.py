"""Coverage-guided fuzzing of what the grader reads itself: shipped answers, and all that a reader may say to it.

A reader has parsed a stranger's bytes, and may have been misled by them into anything. It knows no more than they do:
whatever it says ends in that student's report, as a submission in bounds or as a fault of ours.

In its ten minutes it tried 4.5 million inputs. Before them it had found answers that announce more than follow, which
were read without end, files that go with a name that nobody asked for, and a notebook without figures at which the
grader failed.
"""

from __future__ import annotations

import functools
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from harness import parted, rubric

from autograder import codes, expected
from autograder.authoring import Finding
from autograder.course.problem import Problem
from autograder.gradebook import executors
from autograder.notebook import grade
from autograder.notebook.checks import Judged, RunAsked
from autograder.report import ProblemReport
from autograder.sandbox.observe import Answer, Budget, OurFaultError
from autograder.seed import Seed
from autograder.submissions import reading, unpack
from autograder.submissions.reading import HandedIn, Taken
from autograder.submissions.selection import Submission
from autograder.wire import Observation
from autograder.worker.job import NotebookJob, parts

SEED = Seed.public()


class Lying:
    """A sandbox whose readers say what the input holds: parts, or after ``?`` questions."""

    def __init__(self, said: list[bytes]) -> None:
        self.said = said
        self.jobs: list[tuple[NotebookJob, Budget]] = []

    def call(
        self, function: object, files: object, limits: object, answer: Callable[[bytes], Iterable[Answer]]
    ) -> Iterator[bytes]:
        """The answers, in turn."""
        for part in self.said:
            if part[:1] == b"?":
                for _content, _fd in answer(part[1:]):
                    pass
            else:
                yield part

    def run_cells(self, problem: Problem, job: NotebookJob, budget: Budget) -> Iterator[Observation]:
        """A run that shows nothing."""
        self.jobs.append((job, budget))
        for number in range(len(job.cells)):
            yield Observation(job.cells[number][0], number, "returned", {"model.slope": np.array(2.0)})


def try_one(data: bytes) -> expected.Answers | Submission | ProblemReport | None:
    """Read it as the grader would; the first byte says as what: answers (a), a submission (t), a notebook's (j)."""
    match data[:1]:
        case b"t":
            return submission(Lying(parted(data[1:])))
        case b"j":
            return notebook(Lying(parted(data[1:])))
        case _:
            return shipped(data[1:])


def shipped(data: bytes) -> expected.Answers | None:
    """Answers out of a file; None if it is refused."""
    try:
        found = expected.from_bytes(data)
    except ValueError:
        return None
    # What was read can be written, and is then what it was.
    content = expected.to_bytes(found)
    assert expected.to_bytes(expected.from_bytes(content)) == content
    return found


@functools.cache
def handed_in() -> HandedIn:
    """A folder with a file in it."""
    folder = Path(tempfile.mkdtemp())
    (folder / "line.py").write_bytes(b"x = 1\n")
    return HandedIn("ada", folder)


def submission(reader: Lying) -> Submission:
    """The answer of a reader about a folder."""
    found = executors.read_apart(reader, handed_in(), [rubric().problem])
    assert all(len(content) <= unpack.limit(name) for name, content in found.files.items())
    assert all(code in codes.FAULTS_OF_OURS for code, _ in found.unread)
    for sentence in (found.refused, *found.problems.values(), *found.extra, *(why for _, why in found.unread)):
        assert sentence.isprintable(), sentence
    for name, used in found.uses.items():
        assert {name, *used} <= {*found.files, "line.py", "line.ipynb"}
    return found


def notebook(reader: Lying) -> ProblemReport | None:
    """The report on a notebook; None if what a reader says of it can't be."""
    try:
        found = grade.grade_apart(reader, rubric(), b"{}", {"line.py": b""}, SEED)
    except OurFaultError:
        found = None
    for job, budget in reader.jobs:
        assert budget.seconds == rubric().problem.limits.notebook_seconds
        assert math.fsum(len(source) for _, source in job.cells) < 1 << 23
        assert b"".join(parts(job))
    if found is not None:
        assert 0 <= found.score <= found.max_score
        assert msgspec.json.encode(found)
        assert all("\r" not in verdict.message for verdict in found.checks)
    return found


def begin() -> Iterator[tuple[str, bytes]]:
    """Inputs to begin with, by name."""
    right = {(name, 0): Observation(name, 0, "returned", {"x": np.ones(2)}) for name in ("one", "two")}
    mistake = expected.Mistake("halved", "Half?", {("one", 0): Observation("one", 0, "raised")})
    yield "answers", b"a" + expected.to_bytes(expected.Answers(right, (mistake,)))
    uses = {"line.py": ("line.py",)}
    head = msgspec.msgpack.encode(Taken((("line.py", 6), ("b.png", 1)), ("b.png",), {"line.ipynb": "no"}, "", uses))
    yield "taken", b"t" + b"\x1e".join([b"?\x00", head, b"x = 1\n", b"p"])
    yield "asked", b"t?\x00\x1e?\x01\x1e?\xff"
    yield "refused", b"t" + msgspec.msgpack.encode(Taken((), (), {}, "it can't be read", {}))
    said = {check.name: [] for check in rubric().checks}
    found = Judged({**said, "runs": [Finding(2, "cell 3", "no")]})
    asked = RunAsked((("cell 1", "x = 1"), ("cell 3", "y")), (("model.slope", 1),))
    judged = msgspec.msgpack.encode(found)
    yield "judged", b"j?" + msgspec.msgpack.encode(asked) + b"\x1e" + judged
    yield "unread", b"j" + msgspec.msgpack.encode(Judged(refused=Finding(4, "", "no")))


if __name__ == "__main__":
    import msgspec.msgpack
    from harness import fuzz

    from autograder import wire

    fuzz(try_one, expected, executors, grade, reading, wire)
