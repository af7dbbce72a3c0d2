"""Modules as students write them, in many styles, right and wrong: each gets what whoever wrote it said it must."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from specimens import PROBLEMS

from autograder.course.problem import Implementation
from autograder.expected import Answers, by_draw
from autograder.grading import grade

FOLDER = Path(__file__).parent / "submissions"
LABELS = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))
BY_NAME = {problem.name: problem for problem in PROBLEMS.values()}


@pytest.fixture(scope="module")
def answers(sandbox):
    """The results of the references, on the assignments' keys."""
    return {
        name: Answers(by_draw(sandbox.observe(problem, problem.reference, problem.seed)))
        for name, problem in BY_NAME.items()
    }


@pytest.mark.parametrize(
    ("problem", "name", "label"),
    [
        pytest.param(problem, name, label, id=f"{problem}-{name}")
        for problem, labels in LABELS.items()
        for name, label in labels.items()
    ],
)
def test_a_submission_gets_what_it_must(sandbox, answers, problem, name, label):
    """The right ones have full marks; of the wrong ones each named check fails with its code, and no other does."""
    folder = FOLDER / problem / name
    files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    must = {check: code for check, code in label.items() if check != "may"}
    may = set(label.get("may", ()))

    one = BY_NAME[problem]
    report = grade(sandbox.observe, one, Implementation(files), answers[problem], one.seed)

    found = {verdict.check: verdict.code for verdict in report.checks if verdict.blocked_by is None}
    left = {check: code for check, code in found.items() if check not in may}
    if "*" in may:
        left = {check: code for check, code in left.items() if check in must}
    assert left == {check: must.get(check, 0) for check in left}
    assert (report.score == report.max_score) == (not must)


def test_every_submission_is_labelled():
    """None lies there that no test grades."""
    there = {path.parent.name: {each.name for each in path.parent.iterdir()} for path in FOLDER.glob("*/*")}

    assert there == {problem: set(labels) for problem, labels in LABELS.items()}
