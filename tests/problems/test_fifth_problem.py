"""An instructor adds a problem by writing one folder, as docs/authors.md shows, and touches nothing else."""

from __future__ import annotations

import csv
import re
import shutil
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.release.files import differs, release, write

HOME = Path(__file__).resolve().parents[2]
GUIDE = (HOME / "docs/authors.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(solutions/regression/\S+)`:\n\n```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of the course, as the working directory."""
    for name in ("solutions", "data"):
        shutil.copytree(HOME / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call():
    """A command, as typed."""
    return lambda *words: CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)


def add(course, files):
    """Write the guide's files."""
    for name, text in files.items():
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_guide_shows_whole_files():
    """A reference, checks, specimens of both kinds, and the assignment's own file."""
    assert {name.removeprefix("solutions/regression/").rpartition("/")[0] for name in FILES} == {
        "",
        "ridge",
        "ridge/accept",
        "ridge/reject",
    }


def test_one_folder_is_a_problem(course, call, sandbox, monkeypatch):
    """New-term, audit, release, check and grade work on what the guide says to write, and show what the guide shows."""
    before = {assignment.name for assignment in read_course(course)}
    add(course, FILES)
    assert {assignment.name for assignment in read_course(course)} == {*before, "regression"}

    refused = call("audit", "regression/ridge")
    assert "say `autograder new-term --assignment regression`" in refused.output
    renewed = call("new-term", "--assignment", "regression")
    assert renewed.exit_code == 0
    audited = call("audit", "regression/ridge")
    assert (audited.exit_code, audited.output) == (0, "regression/ridge: all holds\n")

    # Of the whole course a release takes long, and the others' are tested elsewhere.
    (assignment,) = (one for one in read_course(course) if one.name == "regression")
    folder = course / "assignments/regression"
    files = release(sandbox.observe, assignment, folder)
    write(files, folder)
    assert list(differs(files, folder)) == []

    monkeypatch.setenv("COLUMNS", "100")
    unwritten = call("check", "assignments/regression/ridge.py")
    assert unwritten.exit_code == 40
    # When it was saved is another time for each reader.
    shown = "\n".join(line for line in unwritten.output.strip().splitlines() if ", saved " not in line)
    assert textwrap.indent(shown, "    ") in GUIDE

    shutil.copy(course / "solutions/regression/ridge/ridge.py", folder / "ridge.py")
    solved = call("check", "assignments/regression/ridge.py")
    assert solved.exit_code == 0

    graded = call("grade", "--assignment", "regression", "--out", course / "out", "--workers", 1, "--weak-sandbox")
    assert graded.exit_code == 0
    with (course / "out/regression/grades.csv").open(encoding="utf-8") as file:
        scores = {row["student"]: row["regression/ridge"] for row in csv.DictReader(file)}
    assert scores["all-right"] == scores["right-but-different-01"] == "3"
    assert scores["nothing-written"] == scores["mistaken-01"] == scores["mistaken-02"] == "0"


def test_one_folder_is_a_problem_of_an_assignment_that_is_there(course, call):
    """The same folder beside others', with the last lines of the guide's assignment.toml at the end of theirs."""
    toml = FILES["solutions/regression/assignment.toml"]
    entry = toml[toml.index("[[problems]]") :]
    add(
        course,
        {
            name.replace("/regression/", "/svm/"): text
            for name, text in FILES.items()
            if not name.endswith("assignment.toml")
        },
    )
    with (course / "solutions/svm/assignment.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{entry}")

    audited = call("audit", "svm/ridge")

    assert (audited.exit_code, audited.output) == (0, "svm/ridge: all holds\n")
    (svm,) = (one for one in read_course(course) if one.name == "svm")
    assert [problem.id for problem in svm.problems][-1] == "svm/ridge"
