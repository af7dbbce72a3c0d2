"""The public API: its names, and every example of docs/api.md."""

from __future__ import annotations

import ast
import re
import smtplib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_course import REFERENCE, REJECT

import autograder
from autograder import api
from autograder.cli.main import main
from autograder.gradebook.grading import Grader, prepare

ENGINE = Path(autograder.__file__).parent
PAGE = (ENGINE.parent / "docs" / "api.md").read_text("utf-8")


def examples(kind):
    """The fenced blocks of the page, of one kind."""
    return re.findall(rf"^```python{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def home(course, monkeypatch):
    """The small course, as the working directory, with a class of two; on machines that confine nothing, too."""
    for student, fragment in (("ada", ""), ("bob", REJECT["one_step"])):
        (course / "handed-in" / student).mkdir(parents=True)
        (course / "handed-in" / student / "line.py").write_text(f"{REFERENCE}\n\n{fragment}")
    monkeypatch.chdir(course)

    def weak(*args, **more):
        return prepare(*args, **{**more, "weak": True})

    monkeypatch.setattr(api, "prepare", weak)
    return course


@pytest.fixture
def mails(monkeypatch):
    """The mails that would have been sent."""
    sent = []

    class Server:
        def __init__(self, host):
            assert host == "localhost"

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def send_message(self, mail):
            sent.append(mail)

    monkeypatch.setattr(smtplib, "SMTP", Server)
    return sent


def test_all_names_are_listed():
    """Sorted; each is there, and the type checker sees the same ones."""
    tree = ast.parse((ENGINE / "__init__.py").read_text("utf-8"))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    names = {alias.name for node in typed.body for alias in node.names}

    names |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}

    assert autograder.__all__ == sorted(names | {"__version__"})
    assert dir(autograder) == autograder.__all__
    for name in autograder.__all__:
        assert getattr(autograder, name).__doc__
    assert not hasattr(autograder, "grader")
    assert (ENGINE / "py.typed").is_file()


def test_the_page_lists_them():
    """In its table, each of them."""
    told = {name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)", row)}

    assert told == {*autograder.__all__}


def test_the_examples_of_graders(home, mails, capsys):
    """A class, the mail about it, and one submission."""
    found = {}
    for example in examples(""):
        exec(example, found)  # the examples of the project's own page

    said = capsys.readouterr().out
    assert "ada 7.0 7.0\n" in said
    assert re.search(r"^bob 3\.0 7\.0\n    fitted 53 `slope`", said, re.MULTILINE)
    assert said.endswith("7.0 of 7.0\n")
    (mail,) = mails
    assert mail["To"] == "staff@example.org"
    assert mail.get_content() == "ada: 7 of 7\nbob: 3 of 7\n"


def test_the_script_has_ten_lines():
    """The one that grades a folder and mails a summary."""
    (script,) = (example for example in examples("") if "smtplib" in example)

    assert len([line for line in script.splitlines() if line]) <= 10


def test_the_example_of_students(course, monkeypatch, capsys):
    """In the folder of the release."""
    outcome = CliRunner().invoke(main, ["release", "--course", str(course)])
    assert outcome.exit_code == 0, outcome.output
    monkeypatch.chdir(course / "assignments/lines")

    checked, case = examples(" student")
    exec(checked, {})

    assert capsys.readouterr().out.endswith("\n40\n")
    Path("line.py").write_text(REFERENCE)

    exec(case, {})

    assert "`heights`: float64 (5,); asked for: float64 (5,)\n" in capsys.readouterr().out


def test_the_example_of_authors():
    """A right root has no finding, a wrong one has one."""
    found = {}
    (example,) = examples(" author")
    exec(example, found)
    a = np.random.default_rng(0).uniform(1.0, 9.0, size=6)
    judge = partial(found["a_root"], reference=None, rng=None)

    assert list(judge({"x": -np.sqrt(a)}, rng=np.random.default_rng(0))) == []
    (finding,) = judge({"x": a}, rng=np.random.default_rng(0))
    assert finding.code == autograder.Code.NOT_GOOD_ENOUGH == 60


def test_a_class_is_resumed(home, monkeypatch):
    """A loop that was left has no table; the same call runs what is left, and writes it."""
    ran = []
    graded = Grader.graded

    def counted(self, sandbox, submission, ids):
        ran.extend([submission.student] * len(ids))
        return graded(self, sandbox, submission, ids)

    monkeypatch.setattr(Grader, "graded", counted)
    problems = autograder.open_course().problems()
    reports = autograder.grade_class(problems, "handed-in", "grades", workers=1)
    first = next(reports)
    reports.close()
    table = list(Path("grades").rglob("grades.csv"))
    again = list(autograder.grade_class(problems, "handed-in", "grades", workers=1))

    assert table == []
    assert first in again
    assert {report.student: report.score for report in again} == {"ada": 7.0, "bob": 3.0}
    assert ran.count(first.student) == 1
    (path,) = Path("grades").rglob("grades.csv")
    assert len(path.read_text("utf-8").splitlines()) == 3


def test_a_submission_has_the_same_report(home):
    """Graded alone, on the same numbers."""
    problems = autograder.open_course().problems("lines")
    reports = {report.student: report for report in autograder.grade_class(problems, "handed-in", "grades", seed=3)}

    assert autograder.grade_submission(problems, "handed-in/bob", seed=3) == reports["bob"]
