"""A reader works on a stranger's bytes: what they do to it costs them alone, and it knows and reaches nothing."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import reader_functions
from graded_notebook import codes_of, read_graded_problem, saved_notebook

from autograder import codes
from autograder.authoring import Finding
from autograder.codes import Code
from autograder.gradebook.executors import read_apart
from autograder.notebook.checks import MAX_ENDED, Judged, rubric_of
from autograder.notebook.grade import grade_apart
from autograder.sandbox import observe, runs
from autograder.sandbox.observe import OurFaultError, ReaderError, Sandbox
from autograder.submissions.reading import HandedIn, Taken
from autograder.worker import job
from autograder.worker.job import MIB, Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="readers are confined, on Linux")

TRUSTED = ("autograder", "reader_functions")
LIMITS = Limits(reading_seconds=1, reading_memory_bytes=64 * MIB)


@pytest.fixture(scope="module")
def started():
    """A sandbox whose readers have the functions of these tests loaded."""
    here = str(Path(__file__).parent)
    with Sandbox(weak=True) as sandbox:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(job, "TRUSTED", TRUSTED)
            patch.setattr(runs, "_BOOT", f"{runs._BOOT}sys.path.append({here!r}); ")
            called(sandbox, reader_functions.returns, given=b"")
        yield sandbox


@pytest.fixture
def reader(started, monkeypatch):
    monkeypatch.setattr(job, "TRUSTED", TRUSTED)
    return started


def called(reader, function, answer=lambda _: (), **files):
    """The parts that a function returns."""
    return [*reader.call(function, files, LIMITS, answer)]


def test_what_a_function_returns_comes_in_parts(reader):
    """Given bytes go in, and come out."""
    assert called(reader, reader_functions.returns, given=b"abc") == [b"abc", b"!"]


def test_a_reader_may_ask(reader, tmp_path):
    """It is answered as often as the grader likes, and given a file that it could not open itself."""
    (tmp_path / "file").write_bytes(b", content")

    def answer(question):
        with (tmp_path / question.decode()).open("rb") as file:
            yield (b"fi", b"rst"), file.fileno()
        yield (b", second",), None

    assert called(reader, reader_functions.asks, answer) == [b"first, second, content"]


@pytest.mark.parametrize(
    ("function", "why"),
    [
        pytest.param(reader_functions.loops, "it takes more than 1 s", id="processor"),
        pytest.param(reader_functions.sleeps, "it takes more than 1 s", id="time"),
        pytest.param(reader_functions.hoards, "more than 64 MiB of memory", id="memory"),
        pytest.param(reader_functions.dies, "exit status 3", id="death"),
        pytest.param(reader_functions.floods, "it says too much", id="flood"),
    ],
)
def test_what_ends_a_reader_is_the_fault_of_what_it_reads(reader, function, why, monkeypatch):
    """It is said in a clause, and the next call is answered."""
    monkeypatch.setattr(observe, "MOST_MESSAGES", 100)
    with pytest.raises(ReaderError, match=why):
        called(reader, function)

    assert called(reader, reader_functions.returns, given=b"") == [b"", b"!"]


def test_what_our_function_raises_is_our_fault(reader):
    """With the line it came from."""
    with pytest.raises(OurFaultError, match=r"ZeroDivisionError: division by zero \(reader_functions.py, line \d+\)"):
        called(reader, reader_functions.raises)


def test_a_reader_reaches_nothing(reader, tmp_path):
    """No file but those it is given, no network, no other process."""
    if reader.enforced().missing:
        pytest.skip("this machine confines less")

    assert called(reader, reader_functions.reaches, home=str(tmp_path).encode()) == []


def test_no_reader_holds_a_secret(reader, lines):
    """Neither the seed, nor a line of the reference, is anywhere in it: turned round they are asked for."""
    solution = b"heights = np.matmul(x, w)"
    assert solution in lines.reference.files["line.py"]
    turned = {
        "seed": str(lines.seed)[::-1].encode(),
        "solution": solution[::-1],
        "known": b"sllac redaer a taht snoitcnuF",
    }

    assert called(reader, reader_functions.holds, **turned) == [b"known"]


def headers(digits):
    """An archive whose pax header takes Python 3.11's reader of archives hours."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        member = tarfile.TarInfo("line.py")
        member.type, member.size = tarfile.XHDTYPE, digits
        archive.addfile(member, io.BytesIO(b"1" * digits))
        archive.addfile(tarfile.TarInfo("line.py"))
    return stream.getvalue()


def test_an_archive_that_takes_hours_costs_its_student(sandbox, lines, tmp_path):
    """And a sentence; the limits are those of its problems."""
    (tmp_path / "mallory.tar.gz").write_bytes(headers(2_000_000))
    handed_in = HandedIn("mallory", tmp_path / "mallory.tar.gz")
    submission = read_apart(sandbox, handed_in, [replace(lines, limits=LIMITS)])

    assert not submission.files
    assert "mallory.tar.gz could not be read" in submission.refused


def test_a_folder_is_read_as_it_is_without_a_reader(sandbox, lines, tmp_path):
    """Files, helpers and what goes with what."""
    (tmp_path / "ada").mkdir()
    files = {"line.py": b"import helper\n", "helper.py": b"x = 1\n", "other.py": b""}
    for name, content in {**files, "a.txt": b""}.items():
        (tmp_path / "ada" / name).write_bytes(content)
    submission = read_apart(sandbox, HandedIn("ada", tmp_path / "ada"), [lines])

    assert dict(submission.files) == files
    assert submission.uses == {"line.py": ("line.py", "helper.py")}
    assert submission.extra == ("a.txt", "helper.py", "other.py")


class Lying:
    """A sandbox whose readers say what no function of ours says: they ask questions, and return parts."""

    def __init__(self, *parts, asked=()):
        self.parts = parts
        self.asked = asked

    def call(self, _function, _files, _limits, answer):
        """These parts."""
        for question in self.asked:
            [*answer(question)]
        yield from self.parts

    def run_cells(self, *_):
        """A run that shows nothing."""
        return ()


def taken(*sizes):
    """The answer of a reader about files of these names and sizes."""
    return msgspec.msgpack.encode(Taken(sizes, (), {}, "", {}, {}))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"noise"], id="noise"),
        pytest.param([], id="nothing"),
        pytest.param([taken(("../line.py", 1)), b"x"], id="a_name"),
        pytest.param([taken(("line.py", 1 << 40))], id="a_size"),
        pytest.param([taken(("line.py", 3)), b"xx"], id="too_little"),
        pytest.param([taken(("line.py", 1)), b"xx"], id="too_much"),
        pytest.param([bytes(5 << 20)], id="too_long"),
        pytest.param([taken(("line.py", -1))], id="a_negative_size"),
    ],
)
def test_what_a_reader_takes_is_checked(lines, tmp_path, parts):
    """An answer that can't be is a fault of ours, and nobody's file."""
    submission = read_apart(Lying(*parts), HandedIn("ada", tmp_path), [lines])

    assert [code for code, _ in submission.unread] == [Code.FAULTY_GRADER]
    assert not submission.files


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(msgspec.msgpack.encode([7]), id="beyond"),
        pytest.param(msgspec.msgpack.encode([-1]), id="negative"),
        pytest.param(msgspec.msgpack.encode([0] * 100), id="too_many"),
        pytest.param(msgspec.msgpack.encode(0), id="another_type"),
        pytest.param(b"\xc1", id="noise"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_a_reader_asks_for_is_checked(lines, tmp_path, question):
    """A file that isn't listed is handed to nobody, and whoever asks for it stops no class."""
    (tmp_path / "line.py").write_bytes(b"x = 1\n")
    submission = read_apart(Lying(asked=[question]), HandedIn("ada", tmp_path), [lines])

    assert [code for code, _ in submission.unread] == [Code.FAULTY_GRADER]


def test_what_a_reader_says_of_a_submission_stays_in_its_lines(lines, tmp_path):
    """Of files that were asked for, and fit to be printed."""
    said = Taken((), ("a\n✓",), {"line.py": "no\r\n7/7", "other": "no"}, "", {"other": ()}, {})
    submission = read_apart(Lying(msgspec.msgpack.encode(said)), HandedIn("ada", tmp_path), [lines])

    assert all(name.isprintable() for name in submission.extra)
    assert list(submission.problems) == ["line.py"]
    assert submission.uses == {}
    assert submission.problems["line.py"].isprintable()


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    return read_graded_problem(tmp_path_factory.mktemp("graded") / "course")


def test_a_notebook_has_the_same_report_in_a_reader(sandbox, problem):
    """Also the model that it trains is judged."""
    content = json.dumps(saved_notebook(sandbox, problem)).encode()
    beside, rubric = problem.reference.files, rubric_of(problem)
    report = grade_apart(sandbox, rubric, content, beside, problem.seed)

    assert set(codes_of(report).values()) == {0}
    assert report.score == 8


# What has a notebook's reader find more, or say more, than a report has room for.
MANY = {
    "failures": ["raise ValueError('é' * 5000)"] * 600,
    "names": ["lost = 1 / 0", *["lost + 1"] * 600],
    "ends": ["import os; os._exit(3)"] * 30,
}


@pytest.mark.parametrize("sources", MANY.values(), ids=MANY.keys())
def test_a_notebook_of_many_faults_is_judged(sandbox, problem, sources):
    """However many cells fail, and however much is to be said of one: some are told, and how many there are."""
    notebook = json.loads(problem.released_notebook.read_bytes())
    notebook["cells"] += [
        {"cell_type": "code", "source": source, "outputs": [], "metadata": {}, "execution_count": None}
        for source in sources
    ]
    content = json.dumps(notebook).encode()
    report = grade_apart(sandbox, rubric_of(problem), content, problem.reference.files, problem.seed)
    (runs,) = (verdict for verdict in report.checks if verdict.check == "runs")

    assert not {verdict.code for verdict in report.checks} & codes.FAULTS_OF_OURS
    assert runs.code in {Code.MISSING, Code.RAISED, Code.DIED}
    assert 100 < len(runs.message) < 20_000


def test_a_format_of_a_thousand_digits_is_none(sandbox, problem):
    """The sentence that says so has not as many."""
    content = b'{"nbformat": ' + b"9" * 4000 + b', "cells": []}'
    report = grade_apart(sandbox, rubric_of(problem), content, problem.reference.files, problem.seed)

    assert set(codes_of(report).values()) == {Code.MISSING}
    assert max(len(verdict.message) for verdict in report.checks) < 500


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Judged({"runs": [Finding(7, "", "")]}), id="a_code"),
        pytest.param(Judged(refused=Finding(0, "", "")), id="success"),
    ],
)
def test_what_a_reader_finds_is_checked(problem, found):
    """A code that is none is a fault of ours."""
    with pytest.raises(OurFaultError, match=r"a reader (found|says)"):
        grade_apart(Lying(msgspec.msgpack.encode(found)), rubric_of(problem), b"", {}, problem.seed)


def of_all(problem, **fields):
    """The findings about a notebook in whose checks nothing is found."""
    return Judged({check.name: [] for check in rubric_of(problem).checks}, **fields)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(lambda problem: b"\xc1", id="noise"),
        pytest.param(lambda problem: b"", id="nothing"),
        pytest.param(lambda problem: msgspec.msgpack.encode(Judged()), id="nothing_of_any_check"),
    ],
)
def test_a_reader_s_silence_is_worth_nothing(problem, found):
    """A check of which nothing is said has not passed."""
    with pytest.raises(OurFaultError, match="a reader says"):
        grade_apart(Lying(found(problem)), rubric_of(problem), b"", {}, problem.seed)


RUN = {"cells": [("cell 1", "x = 1")], "wanted": []}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"cells": [("cell 1", "x" * 5_000_000)]}, id="a_long_text"),
        pytest.param({"wanted": [("x" * 5_000_000, 0)]}, id="a_long_expression"),
        pytest.param({"cells": 3}, id="another_type"),
    ],
)
def test_the_runs_that_a_reader_asks_for_are_checked(problem, changed):
    """They are no larger than a notebook can be."""
    question = msgspec.msgpack.encode(RUN | changed)
    with pytest.raises(OurFaultError, match=r"a reader (asks|says)"):
        grade_apart(Lying(asked=[question]), rubric_of(problem), b"", {}, problem.seed)


def test_a_reader_asks_for_no_more_runs_than_cells_may_end(problem):
    """However many it asks for, they share the notebook's seconds."""
    reader = Lying(asked=[msgspec.msgpack.encode(RUN)] * (MAX_ENDED + 2))
    had = []
    reader.run_cells = lambda _problem, _job, budget: had.append(budget) or ()
    with pytest.raises(OurFaultError, match="more than a notebook can need"):
        grade_apart(reader, rubric_of(problem), b"", {}, problem.seed)

    assert len(had) == MAX_ENDED + 1
    assert all(budget is had[0] for budget in had)
    assert had[0].seconds == problem.limits.notebook_seconds


def test_a_notebook_without_figures_that_was_never_run_is_judged(problem):
    """Nothing waits for a witness that the notebook doesn't have."""
    rubric = replace(rubric_of(problem), figures=())
    found = of_all(problem, bare=True)
    report = grade_apart(Lying(msgspec.msgpack.encode(found)), rubric, b"", {}, problem.seed)

    assert report.pending == 0
    assert "figures" not in codes_of(report)
