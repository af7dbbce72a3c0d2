"""What a student's own check says is what the official run will say, and it needs nothing but the release."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_course import ACCEPT, REFERENCE, REJECT, laid_over, write_course

import autograder
from autograder import codes
from autograder.audit.specimens import audit
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import ANSWERS_FILE, observe_answers
from autograder.gradebook.export import grades_csv
from autograder.grading import grade
from autograder.release.files import as_zip, release, write
from autograder.report import ProblemReport, Report, Verdict, as_json, as_text
from autograder.student.check import Checked, assignment_in, check, check_again, check_file, find
from autograder.student.environment import MIME, digest

SPECIMENS = {**ACCEPT, **REJECT}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each run is started anew")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The small course, which no student has."""
    return write_course(tmp_path_factory.mktemp("staff") / "course")


@pytest.fixture(scope="module")
def official(course, sandbox):
    """The official run: the problem, and a function of a module's text that gives the report."""
    (assignment,) = read_course(course)
    (problem,) = assignment.problems
    answers = observe_answers(sandbox.observe, problem, problem.seed)
    return lambda implementation: grade(sandbox.observe, problem, implementation, answers, problem.seed), problem


@pytest.fixture(scope="module")
def files(course, sandbox):
    """The release."""
    (assignment,) = read_course(course)
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """A student's folder, which is the working directory."""
    home = tmp_path / "lines"
    write(files, home)
    monkeypatch.chdir(home)
    return home


def told(report):
    """What a report says, but for the numbers of its inputs."""
    return [(one.check, one.code, one.points, one.hint) for one in report.checks]


@pytest.mark.parametrize("name", SPECIMENS)
def test_the_verdict_is_the_official_one(home, official, name):
    """Codes, points and hints at home are those of the official run, for all that is right or known wrong."""
    judge, problem = official
    implementation = laid_over(problem, SPECIMENS[name])
    (home / "line.py").write_bytes(implementation.files["line.py"])

    assert told(check("line").report) == told(judge(implementation))


def test_what_a_mistake_is_worth_is_earned_at_home_and_officially(sandbox, tmp_path, monkeypatch):
    """The released answers tell it without the specimen, and every form of the report gives the reason."""
    course = write_course(tmp_path / "course")
    path = course / "solutions/lines/line/reject/one_step.py"
    path.write_text(path.read_text().replace("Caught:", "Worth: 5, the step is right\nCaught:"))
    (assignment,) = read_course(course)
    (problem,) = assignment.problems
    home = tmp_path / "lines"
    write(release(sandbox.observe, assignment, Path("nowhere")), home)
    monkeypatch.chdir(home)
    implementation = laid_over(problem, path.read_text())
    (home / "line.py").write_bytes(implementation.files["line.py"])

    checked = check("line")
    answers = observe_answers(sandbox.observe, problem, problem.seed)
    report = grade(sandbox.observe, problem, implementation, answers, problem.seed)

    assert told(checked.report) == told(report)
    assert (report.score, report.checks[2].points, report.checks[2].code) == (5, 2, 53)
    reason = "this mistake alone leaves 5 of 7 points: the step is right"
    whole = Report.of("ada", (report,))
    assert report.checks[2].partial == reason
    for text in (str(checked), as_text(whole), as_json(whole).decode(), checked._repr_html_(), *grades_csv([whole])):
        assert reason in text or text.startswith("student,")
    assert "◐ 2/4  fitted" in str(checked)
    assert list(audit(sandbox.observe, problem, answers, problem.seed)) == []


def test_a_starter_is_not_written_yet(home):
    """Each check says which function it waits for."""
    report = check("line").report

    assert [one.code for one in report.checks] == [40, 40, 40]
    assert [one.message for one in report.checks] == [
        "line: `predict` is not written yet; write it",
        "line: `root` is not written yet; write it",
        "line: `Line.fit` is not written yet; write it",
    ]


def test_some_checks_can_be_named(home):
    """In the order of the page, and no others."""
    (home / "line.py").write_text(REFERENCE)

    report = check("line.py", "fitted", "prediction").report

    assert [one.check for one in report.checks] == ["prediction", "fitted"]
    assert (report.code, report.score, report.max_score) == (0, 6, 6)


def test_the_file_is_checked_as_saved(home):
    """An edit is seen at once."""
    assert check("line", "rooted").code == 40
    (home / "line.py").write_text(REFERENCE)

    assert check("line", "rooted").code == 0


@pytest.mark.parametrize("warm", [pytest.param(True, id="forked", marks=ON_LINUX), pytest.param(False, id="started")])
def test_a_saved_module_is_checked_again(home, warm):
    """Each save gives the verdict that a check asked for now would give; what is gone for a moment is no error."""

    def saves():
        yield (home / "line.py").write_text(REFERENCE)
        yield (home / "line.py").write_text(f"{REFERENCE}\n\ndef predict(x, w, b):\n    raise ValueError\n")
        yield (home / "line.py").unlink()

    seen = [reports[0].report for reports in check_again([(find(home, "line"), home)], saves(), warm=warm)]

    assert [report.code for report in seen] == [40, 0, 2, 40]
    assert told(seen[1]) == [(one.check, 0, one.max_points, None) for one in seen[1].checks]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        pytest.param(lambda: check("line", "predicted"), "no check `predicted`; did you mean `prediction`", id="check"),
        pytest.param(lambda: check("line", "zzz"), "no check `zzz`; it has prediction, rooted", id="no_check"),
        pytest.param(lambda: check("curve"), "no problem is called `curve`; there are line", id="problem"),
        pytest.param(lambda: check("Line.py"), r"no problem is called `Line`; did you mean line\.py\?", id="nearly"),
        pytest.param(
            lambda: check("line", folder="checks/given"), "run this in the folder of the assignment", id="folder"
        ),
        pytest.param(lambda: assignment_in(Path("data")), "data holds no `checks/`", id="no_release"),
    ],
)
def test_what_is_not_there_is_said(home, ask, said):
    """The message says what was looked for and where to look."""
    with pytest.raises(CourseError, match=said):
        ask()


def test_a_release_without_answers_is_said(home):
    """The next step is to unpack it again."""
    (home / "checks/line" / ANSWERS_FILE).unlink()

    with pytest.raises(CourseError, match="unpack the assignment's zip again"):
        check("line")


def test_a_renamed_folder_is_the_same_assignment(home, tmp_path, monkeypatch):
    """Students name their folders as they like; the report names the assignment."""
    renamed = home.rename(tmp_path / "HW 1 (final)")
    monkeypatch.chdir(renamed)
    (renamed / "line.py").write_text(REFERENCE)

    report = check("line").report

    assert (report.problem, report.code) == ("lines/line", 0)


def test_a_module_elsewhere_is_checked_by_the_released_assignments(files, tmp_path, monkeypatch):
    """In a repository a module may lie anywhere: the checks are in assignments/."""
    write(files, tmp_path / "assignments/lines")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attempt").mkdir()
    (tmp_path / "attempt/line.py").write_text(REFERENCE)

    assert check("line", folder="attempt").code == 0
    assert find(tmp_path / "attempt", "line").folder == tmp_path / "assignments/lines/checks/line"


class TestShown:
    """A notebook and a terminal show the same verdicts."""

    @pytest.fixture
    def wrong(self, home, official):
        """A known mistake, checked."""
        (home / "line.py").write_bytes(laid_over(official[1], REJECT["one_step"]).files["line.py"])
        return check("line")

    def test_as_text(self, wrong):
        """Titles, codes, messages and hints, a mark before each check."""
        text = str(wrong)

        assert text == repr(wrong)
        assert "lines/line  3/7" in text
        assert "✓ 2/2  prediction: `predict` returns x·w + b for every row of x." in text
        assert "✗ 0/4  fitted" in text
        assert "code 53, values differ" in text
        assert "Hint: how often does your loop run?" in text

    def test_as_html(self, wrong):
        """The same in a table, whose marks and heads are words for those who have it read to them."""
        text = wrong._repr_html_()

        assert text.count("<tr>") == 5  # heads, three checks, where the codes are explained
        assert text.count('<th scope="row"') == 3
        assert text.count('<th scope="col"') == 4
        assert ">lines/line: 3 of 7 points</caption>" in text
        assert '<span aria-hidden="true">✓ </span>passed' in text
        assert '<span aria-hidden="true">✗ </span>failed' in text
        assert "<summary>code 53, values differ</summary>" in text
        assert "<strong>Hint:</strong> how often does your loop run?" in text
        assert f'<a href="{codes.PAGE}">' in text

    def test_the_page_that_is_pointed_to_is_there(self, wrong):
        """From the notebook's folder, and it explains the code."""
        assert "## 53: values differ\n" in Path(codes.PAGE).read_text("utf-8")

    def test_no_colour_of_text_is_set(self, wrong):
        """A theme's own text is legible on its ground; what colour says is said in words, too."""
        styles = re.findall(r'style="([^"]*)"', wrong._repr_html_())

        assert [style for style in styles if re.search(r"(^|[; ])(color|background)", style)] == []

    def test_as_data(self, wrong, home):
        """Beside what is shown stands what it is about, for programs."""
        bundle = wrong._repr_mimebundle_()

        assert (bundle["text/plain"], bundle["text/html"]) == (str(wrong), wrong._repr_html_())
        assert bundle[MIME] == {
            "problem": "lines/line",
            "code": 53,
            "score": 3.0,
            "max_score": 7.0,
            "pending": 0.0,
            "files": {"line.py": digest((home / "line.py").read_bytes())},
        }

    def test_what_is_pending_is_said(self):
        """As text and as a table: neither passed nor failed, and how much."""
        verdicts = (
            Verdict("first", "It is right.", 0, 5.0, 5.0, "", None),
            Verdict("second", "It is left.", 3, 0.0, 2.0, "no room", None, pending=2.0),
        )
        checked = Checked(ProblemReport.of("lines/line", verdicts))

        assert str(checked).startswith("lines/line  5/7, 2 pending\n")
        assert "· 0/2 pending  second: It is left." in str(checked)
        table = checked._repr_html_()
        assert "lines/line: 5 of 7 points, 2 pending" in table
        assert '<span aria-hidden="true">· </span>pending' in table
        assert ">0/2 pending<" in table

    def test_html_of_a_students_is_text(self, home):
        """A message can't put anything into the notebook but words."""
        (home / "line.py").write_text("raise ValueError('<script>alert(1)</script>')\n")

        text = check("line")._repr_html_()

        assert "<script>" not in text
        assert "&lt;script&gt;" in text


class TestAlone:
    """An empty folder, the zip and Python: nothing else is needed."""

    @pytest.fixture
    def alone(self, files, tmp_path):
        """The unpacked zip."""
        with zipfile.ZipFile(io.BytesIO(as_zip(files, "lines"))) as archive:
            archive.extractall(tmp_path)
        return tmp_path / "lines"

    @staticmethod
    def run(folder, *words):
        """`python -m autograder ...`, as a student types it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "autograder", *words],
            cwd=folder,
            env={**environment, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def test_the_engine_is_the_zips_own(self, alone):
        """Whatever else is installed, what was handed out is what checks."""
        (alone / "autograder/__init__.py").write_text("raise SystemExit('the one beside')\n")

        assert self.run(alone, "check", "line.py").stderr == "the one beside\n"

    @pytest.mark.parametrize("target", ["line.py", "."])
    def test_a_starter_is_40(self, alone, target):
        """The exit status is the code."""
        ended = self.run(alone, "check", target)

        assert (ended.returncode, ended.stderr) == (40, "")
        assert "code 40, NotImplementedError" in ended.stdout

    def test_a_solution_is_0(self, alone):
        """Every check passes, without a solution anywhere."""
        (alone / "line.py").write_text(REFERENCE)

        ended = self.run(alone, "check", "line.py")

        assert (ended.returncode, ended.stderr) == (0, "")
        assert "lines/line  7/7" in ended.stdout

    def test_a_folder_without_the_release_is_said(self, alone):
        """A status that is no verdict, and one line."""
        shutil.rmtree(alone / "checks")

        ended = self.run(alone, "check", "line.py")

        assert (ended.returncode, ended.stdout) == (64, "")
        assert ended.stderr.startswith("autograder: no checks for a problem `line`")
        assert ended.stderr.count("\n") == 1


def test_the_package_offers_check():
    """`from autograder import check` is what a notebook says."""
    assert autograder.check is check
    with pytest.raises(AttributeError, match="nothing"):
        autograder.nothing  # noqa: B018


def test_a_problem_is_checked_without_its_notebook(home):
    """Only modules are run."""
    (home / "line.ipynb").unlink()
    (home / "line.py").write_text(REFERENCE)

    assert check_file(find(home, "line"), home).code == 0
