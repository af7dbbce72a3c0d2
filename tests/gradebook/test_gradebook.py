"""A class in, reports and a table out: whole files, in order, and one student's trouble is nobody else's."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from handed_in import FakeReader, graded
from rich.console import Console
from small_course import REFERENCE, REJECT, laid_over

from autograder.cli.screen import Tally
from autograder.codes import FAULTS_OF_OURS
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import Answers, by_draw
from autograder.gradebook import executors
from autograder.gradebook.export import differences, export, folder_of, grades_csv, output_of, write_atomically
from autograder.gradebook.grading import Grader, grade_class, grade_submission, prepare
from autograder.gradebook.store import STORE_FILE, VERSION, MachineError, Store, StoreError
from autograder.grading import see_reference
from autograder.report import ProblemReport, Report, Stale, Verdict, as_json, as_text
from autograder.sandbox.confine import Enforced
from autograder.sandbox.observe import SandboxError
from autograder.submissions.reading import HandedIn, find_class

WRONG = REJECT["intercept_forgotten"]


@pytest.fixture(scope="module")
def right(sandbox, lines):
    """What the reference gives."""
    return sandbox.observe(lines, lines.reference, lines.seed)


class FakeSandbox(FakeReader):
    """Observations by what the module says of itself; counts what is run."""

    seen: ClassVar[list] = []
    runs: ClassVar[list] = []

    def __init__(self, **options):
        pass

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def observe(self, problem, implementation, seed, checks):
        text = implementation.files["line.py"].decode()
        self.runs.append(text)
        if "breaks the grader" in text:
            raise RuntimeError("no such luck")
        if "interrupts" in text:
            raise KeyboardInterrupt
        return self.seen[:3] if "draws missing" in text else self.seen


@pytest.fixture
def grader(lines, right, monkeypatch):
    """A grader whose sandbox runs nothing."""
    monkeypatch.setattr(executors, "Sandbox", FakeSandbox)
    monkeypatch.setattr(FakeSandbox, "seen", right)
    monkeypatch.setattr(FakeSandbox, "runs", [])
    return Grader((lines,), {lines.id: Answers(by_draw(right))}, {lines.id: lines.seed}, {lines.id: "as it is"})


@pytest.fixture
def handed_in(tmp_path):
    """A function that makes a class of modules by student."""

    def make(modules):
        for student, text in modules.items():
            (tmp_path / "class" / student).mkdir(parents=True)
            (tmp_path / "class" / student / "line.py").write_text(text)
        return find_class(tmp_path / "class")

    return make


def read(out, student):
    """A student's report."""
    return json.loads((out / "lines/reports" / student / "report.json").read_text(encoding="utf-8"))


def rows(out):
    """The table of grades."""
    with (out / "lines/grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("workers", [1, 3])
def test_everybody_has_a_report_in_the_order_of_the_class(grader, handed_in, tmp_path, workers):
    """Whoever is finished first, the table has the class's order, and each student a folder."""
    students = [f"student-{number:02}" for number in range(9)]
    told = []

    graded(grader, handed_in(dict.fromkeys(students, REFERENCE)), tmp_path / "out", told.append, workers=workers)

    assert rows(tmp_path / "out") == [
        ["student", "lines/line", "total", "max", "pending", "partial credit", "reason"],
        *([student, "7", "7", "7", "0", "", ""] for student in students),
    ]
    assert sorted(report.student for report in told) == students
    for student in students:
        assert read(tmp_path / "out", student)["score"] == 7
        assert (
            (tmp_path / "out/lines/reports" / student / "report.txt")
            .read_text(encoding="utf-8")
            .startswith(f"{student}: 7 of 7")
        )


def test_a_real_class_is_graded(lines, handed_in, tmp_path):
    """Through the real sandbox, from folders to the table."""
    modules = {
        "ada": REFERENCE,
        "bob": laid_over(lines, WRONG).files["line.py"].decode(),
        "cyd": "import os\nos._exit(0)\n",
    }
    grader = prepare((lines,), None, 2, weak=True)

    graded(grader, handed_in(modules), tmp_path / "out", workers=2)

    assert rows(tmp_path / "out")[1:] == [
        ["ada", "7", "7", "7", "0", "", ""],
        ["bob", "5", "5", "7", "0", "", ""],
        ["cyd", "0", "0", "7", "0", "", ""],
    ]
    (verdict, *_) = read(tmp_path / "out", "bob")["problems"][0]["checks"]
    assert (verdict["check"], verdict["code"], verdict["hint"]) == (
        "prediction",
        53,
        "what does `predict` give where x is 0?",
    )


def test_what_fails_in_our_code_is_5_for_that_student_alone(grader, handed_in, tmp_path):
    """An exception of the grader's is worth nothing, costs nothing, and stops nobody's grading."""
    told = []

    graded(
        grader,
        handed_in({"ada": REFERENCE, "bob": "# breaks the grader", "cyd": REFERENCE}),
        tmp_path / "out",
        told.append,
        workers=2,
    )

    assert [row[1:] for row in rows(tmp_path / "out")[1:]] == [
        ["7", "7", "7", "0", "", ""],
        ["0", "0", "7", "7", "", ""],
        ["7", "7", "7", "0", "", ""],
    ]
    text = " ".join((tmp_path / "out/lines/reports/bob/report.txt").read_text(encoding="utf-8").split())
    assert text.startswith("bob: 0 of 7 points, 7 pending note: pending points are neither earned nor lost")
    assert "The staff has been told; these checks are judged when they are tried again" in text
    assert "pending" not in (tmp_path / "out/lines/reports/ada/report.txt").read_text(encoding="utf-8")
    assert [report.problems[0].code for report in sorted(told, key=lambda report: report.student)] == [0, 5, 0]
    assert "RuntimeError: no such luck" in read(tmp_path / "out", "bob")["problems"][0]["checks"][0]["message"]


def test_what_was_not_handed_in_is_40(grader, tmp_path):
    """No file, one that can't be read, a broken archive: each student has a sentence and a row."""
    home = tmp_path / "class"
    (home / "ada").mkdir(parents=True)
    (home / "ada/notes.txt").write_text("to do")
    (home / "bob").mkdir()
    (home / "bob/line.py").symlink_to("/etc/hostname")
    (home / "cyd.zip").write_bytes(b"PK no zip")

    graded(grader, find_class(home), tmp_path / "out", workers=2)

    table = [["ada", "missing"], ["bob", "unreadable"], ["cyd", "broken archive"]]
    assert rows(tmp_path / "out")[1:] == [[name, "0", "0", "7", "0", "", reason] for name, reason in table]
    for student, said in (("ada", "was not handed in"), ("bob", "is a link"), ("cyd", "could not be read")):
        report = read(tmp_path / "out", student)
        assert {check["code"] for check in report["problems"][0]["checks"]} == {40}
        assert {check["reason"] for check in report["problems"][0]["checks"]} == {dict(table)[student]}
        assert f"code 40, {dict(table)[student]}" in (tmp_path / f"out/lines/reports/{student}/report.txt").read_text()
        assert said in report["problems"][0]["checks"][0]["message"]
    assert "notes.txt" in (tmp_path / "out/lines/reports/ada/report.txt").read_text()
    assert FakeSandbox.runs == []


class TestTwice:
    """What has been graded is not run again, unless it must be."""

    def test_a_second_run_runs_nothing(self, grader, handed_in, tmp_path):
        """The reports are the same, out of the store."""
        class_ = handed_in({"ada": REFERENCE, "bob": f"{REFERENCE}\n# bob's"})
        graded(grader, class_, tmp_path / "out", workers=2)
        before = (tmp_path / "out/lines/reports/ada/report.json").read_bytes()
        FakeSandbox.runs.clear()

        graded(grader, class_, tmp_path / "out", workers=2)

        assert FakeSandbox.runs == []
        assert (tmp_path / "out/lines/reports/ada/report.json").read_bytes() == before

    def test_one_that_is_forced_runs_everything(self, grader, handed_in, tmp_path):
        """`--force` is for when a machine is doubted."""
        class_ = handed_in({"ada": REFERENCE, "bob": f"{REFERENCE}\n# bob's"})
        graded(grader, class_, tmp_path / "out")
        graded(grader, class_, tmp_path / "out", force=True)

        assert len(FakeSandbox.runs) == 4

    @pytest.mark.parametrize("what", ["files", "problem"])
    def test_what_changed_is_run(self, grader, handed_in, tmp_path, what):
        """Another module, or another problem, seed or engine, is another result."""
        class_ = handed_in({"ada": REFERENCE, "bob": f"{REFERENCE}\n# bob's"})
        graded(grader, class_, tmp_path / "out")
        FakeSandbox.runs.clear()
        if what == "files":
            (tmp_path / "class/ada/line.py").write_text(f"{REFERENCE}\n# again")
        else:
            grader = replace(grader, digests={"lines/line": "changed"})

        graded(grader, class_, tmp_path / "out")

        assert len(FakeSandbox.runs) == {"files": 1, "problem": 2}[what]

    def test_what_is_pending_is_tried_again(self, grader, handed_in, tmp_path, monkeypatch):
        """When it is mended the student gets a verdict, and only the one whose it was is run."""
        out = tmp_path / "out"
        class_ = handed_in({"ada": REFERENCE, "bob": "# draws missing"})
        graded(grader, class_, out)
        assert read(out, "bob")["problems"][0]["code"] == 5
        assert rows(out)[1:] == [["ada", "7", "7", "7", "0", "", ""], ["bob", "2", "2", "7", "5", "", ""]]
        FakeSandbox.runs.clear()
        monkeypatch.setattr(FakeSandbox, "observe", lambda self, *_: self.runs.append("mended") or self.seen)

        graded(grader, class_, out)

        assert FakeSandbox.runs == ["mended"]
        assert read(out, "bob")["problems"][0]["code"] == 0
        assert rows(out)[1:] == [["ada", "7", "7", "7", "0", "", ""], ["bob", "7", "7", "7", "0", "", ""]]
        line, _ = differences(out)
        assert line == (
            "bob: lines/line 2 → 7 points (+5), it was tried again: `rooted` 0 (code 5) → 1 (code 0); "
            "`fitted` 0 (code 5) → 4 (code 0)"
        )

    def test_what_is_pending_twice_is_no_difference(self, grader, handed_in, tmp_path):
        """It is run again each time, and filed as what it is."""
        class_ = handed_in({"bob": "# draws missing"})
        for _ in range(2):
            graded(grader, class_, tmp_path / "out")

        assert len(FakeSandbox.runs) == 2
        assert list(differences(tmp_path / "out")) == ["lines: 0 differences between run 1 and run 2"]

    def test_what_a_pending_module_printed_can_be_read(self, grader, handed_in, tmp_path, right, monkeypatch):
        """Whoever looks for the reason wants to see it."""
        monkeypatch.setattr(FakeSandbox, "seen", [replace(one, output="hello\n") for one in right])
        graded(grader, handed_in({"bob": "# draws missing"}), tmp_path / "out")

        assert "    hello" in list(output_of(tmp_path / "out", "bob"))

    def test_a_run_that_was_interrupted_goes_on(self, grader, handed_in, tmp_path):
        """What was finished is kept; what is written is whole; the rest is run the next time."""
        class_ = handed_in({"ada": REFERENCE, "bob": "# interrupts", "cyd": f"{REFERENCE}\n# cyd's"})
        with pytest.raises(KeyboardInterrupt):
            graded(grader, class_, tmp_path / "out")
        assert not (tmp_path / "out/lines/grades.csv").exists()
        (tmp_path / "class/bob/line.py").write_text(f"{REFERENCE}\n# bob's")
        done = FakeSandbox.runs.count(REFERENCE)
        FakeSandbox.runs.clear()

        graded(grader, class_, tmp_path / "out")

        assert done == 1
        assert f"{REFERENCE}\n# bob's" in FakeSandbox.runs
        assert [row[0] for row in rows(tmp_path / "out")] == ["student", "ada", "bob", "cyd"]

    def test_reports_can_be_written_again(self, grader, handed_in, tmp_path):
        """Whatever befell the files, the store has them."""
        graded(grader, handed_in({"ada": REFERENCE}), tmp_path / "out")
        kept = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*") if "sqlite" not in path.name}
        for path in kept:
            path.unlink()

        assert export(tmp_path / "out") == 1
        assert {path: path.read_bytes() for path in kept} == kept

    def test_nothing_can_be_written_again_of_no_run(self, tmp_path):
        """The message says what to do first."""
        with pytest.raises(StoreError, match="grade the class first"):
            export(tmp_path)


class TestAtOnce:
    """Two graders of one folder: the second is refused, and the first loses nobody."""

    def test_a_second_run_while_the_first_runs(self, grader, handed_in, tmp_path):
        """It would clear away what the first has filed."""
        class_ = handed_in({f"student-{number}": f"{REFERENCE}\n# {number}" for number in range(6)})
        refused = []

        def begin_another(report):
            if report.student == "student-3":
                with pytest.raises(StoreError, match="is in use") as error:
                    graded(grader, class_[:1], tmp_path / "out")
                refused.append(error.value)

        graded(grader, class_, tmp_path / "out", begin_another, workers=2)

        assert len(refused) == 1
        assert len(rows(tmp_path / "out")) == 7


class TestStores:
    """A store of an earlier version is opened; any other file in its place is refused and left as it is."""

    def test_a_store_of_version_0(self, tmp_path):
        """Its runs are split by assignment: three students in both, then three in one, then one, interrupted."""
        with closing(sqlite3.connect(tmp_path / STORE_FILE)) as database:
            database.executescript((Path(__file__).parent / "store-0.sql").read_text())

        assert list(differences(tmp_path)) == [
            "bob: lines/line 5 → 7 points (+2), other files were handed in: `prediction` 0 (code 53) → 2 (code 0)",
            "dee: lines/line is new, 0 of 7 points",
            "cyd: lines/line is gone, had 0 of 7 points",
            "lines: 3 differences between run 1 and run 2",
        ]
        assert list(output_of(tmp_path, "ada")) == [
            *("curves/line, prediction:", "    hello", "lines/line, prediction:", "    hello")
        ]
        assert export(tmp_path) == 6
        tables = {path.parent.name: path.read_text().splitlines()[1:] for path in tmp_path.glob("*/grades.csv")}
        assert tables == {
            "curves": ["ada,7,7,7,0,,", "bob,5,5,7,0,,", "cyd,0,0,7,0,,"],
            "lines": ["ada,7,7,7,0,,", "bob,7,7,7,0,,", "dee,0,0,7,0,,"],
        }
        assert json.loads((tmp_path / "lines/reports/ada/report.json").read_text())["problems"][0]["code"] == 0
        with Store(tmp_path / STORE_FILE) as store:
            assert store.finished() == {"curves": [1], "lines": [1, 2]}
            assert store.begin(["lines"], ()) == 3

    def test_a_store_of_a_newer_version(self, tmp_path):
        """Nobody knows what it means."""
        with Store(tmp_path / STORE_FILE):
            pass
        with closing(sqlite3.connect(tmp_path / STORE_FILE)) as database:
            database.execute(f"PRAGMA user_version = {VERSION + 1}")
        before = (tmp_path / STORE_FILE).read_bytes()

        for writes in (True, False):
            with pytest.raises(StoreError, match=r"was written by a newer autograder .* install that one, or name ano"):
                Store(tmp_path / STORE_FILE, writes=writes)
        assert (tmp_path / STORE_FILE).read_bytes() == before

    def test_a_file_that_is_no_database(self, tmp_path):
        """It is named, and not overwritten."""
        path = tmp_path / STORE_FILE
        path.write_text("my own notes, and long enough to be taken for a database\n" * 20)

        with pytest.raises(StoreError, match="move it away") as error:
            Store(path)

        assert str(path) in str(error.value)
        assert path.read_text().startswith("my own notes")

    def test_a_store_that_is_damaged(self, grader, handed_in, tmp_path):
        """The next step is said."""
        graded(grader, handed_in({"ada": REFERENCE}), tmp_path / "out")
        path = tmp_path / "out" / STORE_FILE
        content = path.read_bytes()
        path.write_bytes(content[:100] + b"\xff" * 4000 + content[4100:])

        with pytest.raises(StoreError, match="move it away, or name another folder with --out"):
            export(tmp_path / "out")


class TestTerm:
    """One OUT for a whole term."""

    def test_assignments_stand_beside_each_other(self, grader, lines, handed_in, tmp_path):
        """Each has its table, its reports and its runs; a run of one leaves the others'."""
        out, class_ = tmp_path / "out", handed_in({"ada": REFERENCE, "bob": f"{REFERENCE}\n# bob's"})
        other = replace(lines, assignment="curves")
        curves = replace(
            grader,
            problems=(other,),
            answers={other.id: grader.answers[lines.id]},
            seeds={other.id: lines.seed},
            digests={other.id: "another"},
        )
        graded(grader, class_, out)
        before = {path: path.read_bytes() for path in (out / "lines").rglob("*") if path.is_file()}
        graded(curves, class_[:1], out)

        assert {path: path.read_bytes() for path in (out / "lines").rglob("*") if path.is_file()} == before
        assert len(before) == 1 + 2 * 2
        # What is observed follows from `lines`, and so one of the checks that draw is wrong.
        assert (out / "curves/grades.csv").read_text().splitlines()[1:] == ["ada,6,6,7,0,,"]
        assert (out / "students.csv").read_text() == "student,folder\nada,ada\nbob,bob\n"
        for path in before:
            path.unlink()
        assert export(out) == 3
        assert {path: path.read_bytes() for path in before} == before

    def test_a_run_of_two_assignments_has_a_table_for_each(self, grader, lines, handed_in, tmp_path):
        """And a report for each, while whoever grades has one on both."""
        other = replace(lines, assignment="curves")
        both = replace(
            grader,
            problems=(other, lines),
            answers=dict.fromkeys([other.id, lines.id], grader.answers[lines.id]),
            seeds=dict.fromkeys([other.id, lines.id], lines.seed),
            digests={other.id: "another", **grader.digests},
        )
        (report,) = grade_class(both, handed_in({"ada": REFERENCE}), tmp_path / "out")

        assert (report.score, report.max_score) == (13, 14)
        for name, row in {"curves": "ada,6,6,7,0,,", "lines": "ada,7,7,7,0,,"}.items():
            assert (tmp_path / "out" / name / "grades.csv").read_text().splitlines()[1:] == [row]
            (problem,) = json.loads((tmp_path / "out" / name / "reports/ada/report.json").read_text())["problems"]
            assert problem["problem"] == f"{name}/line"

    @pytest.mark.parametrize(
        ("student", "kept"),
        [
            ("ada", "ada"),
            ("Łucja Ångström 李", "Łucja Ångström 李"),
            ("a" * 255, "a" * 255),
            ("a:b", "a_b~"),
            ("a?b", "a_b~"),
            ("up\\..\\..", "up_.._~"),
            ("..", "unnamed~"),
            ("trailing. .", "trailing~"),
            ("a" * 256, "a" * 244 + "~"),
            ("李" * 100, "李" * 81 + "~"),
            ("a_b~0123456789", "a_b~0123456789~"),
        ],
    )
    def test_a_folder_follows_from_the_name_alone(self, student, kept):
        """It is the name where that can be, and fits every file system; no two names have one."""
        folder = folder_of(student)

        assert len(folder.encode()) <= 255
        assert re.fullmatch(re.escape(kept) + "[0-9a-f]{10}" * kept.endswith("~"), folder)

    def test_who_comes_later_changes_nobodys_folder(self, grader, tmp_path):
        """Whatever the names are."""
        out, names = tmp_path / "out", ["ada", "a:b", "x" * 250]

        def folders():
            class_ = []
            for name in names:
                (tmp_path / "class" / name).mkdir(parents=True, exist_ok=True)
                (tmp_path / "class" / name / "line.py").write_text(REFERENCE)
                class_ = find_class(tmp_path / "class")
            graded(grader, class_, out)
            with (out / "students.csv").open(encoding="utf-8", newline="") as file:
                return {row["student"]: row["folder"] for row in csv.DictReader(file)}

        before = folders()
        names += ["Ada", "a?b", "a_b", "x" * 249]
        after = folders()

        assert before.items() <= after.items()
        assert len({*after.values()}) == len(after) == 7
        assert {path.name for path in (out / "lines/reports").iterdir()} == {*after.values()}


class TestIterator:
    """A class's reports, one by one."""

    def test_whoever_closes_it_keeps_what_came(self, grader, handed_in, tmp_path):
        """Nothing more is run; the next one goes on there."""
        class_ = handed_in({f"student-{number}": f"{REFERENCE}\n# {number}" for number in range(20)})
        with closing(grade_class(grader, class_, tmp_path / "out")) as reports:
            first = next(reports).student
        assert (tmp_path / "out/lines/reports" / first / "report.txt").is_file()
        assert not (tmp_path / "out/lines/grades.csv").exists()
        ran = len(FakeSandbox.runs)

        again = [report.student for report in grade_class(grader, class_, tmp_path / "out")]

        assert ran < 20
        assert len(again) == 20
        assert FakeSandbox.runs.count(f"{REFERENCE}\n# {first.partition('-')[2]}") == 1

    def test_one_submission(self, grader, handed_in, tmp_path):
        """Graded without a store; the report is the class's."""
        class_ = handed_in({"ada": REFERENCE, "bob": "# breaks the grader"})
        reports = {report.student: report for report in grade_class(grader, class_, tmp_path / "out")}

        assert grade_submission(grader, tmp_path / "class/ada") == reports["ada"]
        assert grade_submission(grader, tmp_path / "class/bob") == reports["bob"]


def report_of(student, score=7.0, message="", notes=()):
    """A report of one check."""
    verdict = Verdict("prediction", "It predicts.", 0 if score == 7 else 53, score, 7.0, message, None)
    return Report.of(student, (ProblemReport.of("lines/line", (verdict,)),), notes)


class TestTable:
    """A table that any spreadsheet opens, and none runs."""

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
    def test_a_name_is_no_formula(self, name):
        """A cell that a spreadsheet would take for one begins with an apostrophe."""
        (_, (student, *_)) = csv.reader(grades_csv([report_of(name)]))

        assert student == f"'{name}"

    @pytest.mark.parametrize("name", ['O"Neill, Ada', "Łukasz", "x;y", "two\nlines"])
    def test_a_name_stays_in_its_cell(self, name):
        """Quotes, commas and line breaks are quoted."""
        text = "".join(grades_csv([report_of(name)]))

        assert next(row for row in csv.reader(text.splitlines(keepends=True)) if row[0] != "student") == [
            name,
            *("7", "7", "7", "0", "", ""),
        ]

    def test_points_are_written_as_people_write_them(self):
        """No `7.0`, and halves where there are halves."""
        (_, ada, bob) = csv.reader(grades_csv([report_of("ada", 7.0), report_of("bob", 2.5)]))

        assert ada == ["ada", "7", "7", "7", "0", "", ""]
        assert bob == ["bob", "2.5", "2.5", "7", "0", "", ""]

    def test_a_notebook_has_a_column_of_what_is_stale(self):
        """The number of cells, however much each shows; where there is no notebook there is no column."""
        stale = [Stale(7, "95.8", "54.2"), Stale(7, "1", "2"), Stale(9, "3", "4")]
        notebook = ProblemReport.of("lines/line.ipynb", (), stale=stale)
        module = report_of("ada").problems
        (head, row) = csv.reader(grades_csv([Report.of("ada", (*module, notebook))]))
        (alone, _) = csv.reader(grades_csv([Report.of("ada", module)]))

        assert dict(zip(head, row, strict=True))["lines/line.ipynb stale"] == "2"
        assert alone == ["student", "lines/line", "total", "max", "pending", "partial credit", "reason"]


class TestTally:
    """The lines under the table: each thing that is pending."""

    @staticmethod
    def shown(reports):
        """The summary of some reports, in one line."""
        tally, console = Tally(), Console(file=io.StringIO(), width=200)
        for report in reports:
            tally.add(report)
        tally.show(console)
        return " ".join(console.file.getvalue().split())

    @staticmethod
    def report(student, *codes):
        """A report with a check for each of the codes."""
        verdicts = []
        for n, code in enumerate(codes):
            points, pending = 2.0 * (code == 0), 2.0 * (code in FAULTS_OF_OURS)
            verdicts.append(Verdict(f"check_{n}", "It is.", code, points, 2.0, "no luck", None, None, pending))
        return Report.of(student, (ProblemReport.of("lines/line", tuple(verdicts)),))

    def test_one_cause_is_one_line(self):
        """However many checks of a problem it has kept from being judged."""
        said = self.shown([self.report("ada", 5, 0, 5)])

        assert "ada lines/line check_0, check_2: code 5, no luck" in said
        assert "│ lines/line │ 2.0/6 │ 4 │" in said

    def test_a_long_list_is_cut(self):
        """The table has the rest."""
        said = self.shown([self.report(f"bob-{n:03}", 4, 0) for n in range(71)])

        assert "and 21 more; the reports and the column `pending` of grades.csv say it" in said

    def test_where_nothing_is_pending_nothing_is_said_of_it(self):
        """Neither a column nor a line."""
        assert "pending" not in self.shown([self.report("ada", 0), self.report("bob", 53)])


class TestFiles:
    """There is never half a file."""

    def test_a_write_that_fails_leaves_the_old_file(self, tmp_path, monkeypatch):
        """A full disk or a kill in the middle costs the new content, not the old."""
        path = tmp_path / "grades.csv"
        write_atomically(path, b"old")

        def fails(self, content):
            with self.open("wb") as file:
                file.write(content[:1])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(type(path), "write_bytes", fails)
        with pytest.raises(MachineError, match="No space"):
            write_atomically(path, b"new")

        assert path.read_bytes() == b"old"

    def test_a_write_leaves_nothing_beside_the_file(self, tmp_path):
        """No name that was only needed on the way."""
        write_atomically(tmp_path / "grades.csv", b"new")

        assert [path.name for path in tmp_path.iterdir()] == ["grades.csv"]


class TestReport:
    """What a student reads."""

    def test_as_json(self):
        """The fields are those that docs/results.md promises."""
        report = json.loads(as_json(report_of("ada", 2.5, "`heights` differs")))

        assert {key: report[key] for key in ("student", "score", "max_score", "pending")} == {
            "student": "ada",
            "score": 2.5,
            "max_score": 7.0,
            "pending": 0.0,
        }
        (problem,) = report["problems"]
        assert {key: problem[key] for key in problem if key != "checks"} == {
            "problem": "lines/line",
            "code": 53,
            "score": 2.5,
            "max_score": 7.0,
            "pending": 0.0,
            "stale": [],
            "notes": [],
        }
        assert problem["checks"] == [
            {
                "check": "prediction",
                "title": "It predicts.",
                "code": 53,
                "points": 2.5,
                "max_points": 7.0,
                "message": "`heights` differs",
                "hint": None,
                "blocked_by": None,
                "pending": 0.0,
                "later": False,
                "partial": "",
                "cause": None,
                "reason": "",
            }
        ]

    @pytest.mark.parametrize(
        "nasty",
        [
            pytest.param("\x1b[2J\x1b[31mred", id="escape_sequence"),
            pytest.param("a\rb", id="carriage_return"),
            pytest.param("\u202egnp.exe", id="right_to_left"),
            pytest.param("a\x00b", id="null"),
            pytest.param("a\u200bb", id="zero_width"),
            pytest.param("\udcff", id="surrogate"),
        ],
    )
    def test_nothing_of_a_students_reaches_the_terminal_but_text(self, nasty):
        """Control characters become replacement characters, in text and JSON."""
        report = report_of("ada", 2.5, f"ValueError: {nasty}", [f"{nasty} is not graded"])

        for text in (as_text(report), json.loads(as_json(report))["problems"][0]["checks"][0]["message"]):
            assert not set(text) & set("\x1b\r\x00\u202e\u200b\udcff")
            assert "\N{REPLACEMENT CHARACTER}" in text

    def test_lines_are_short_and_tracebacks_keep_theirs(self):
        """Sentences are wrapped; the frames of a traceback stand under each other, indented."""
        trace = "ValueError: shapes\n  line.py, line 7, in predict\n    return x @ w"
        text = as_text(report_of("ada", 2.5, f"{'word ' * 60}\n{trace}"))

        assert max(map(len, text.splitlines())) <= 100
        assert "\n          line.py, line 7, in predict\n            return x @ w\n" in text

    def test_what_is_true_of_a_whole_file_is_said_once(self):
        """A file that is missing fails every check, and its sentence stands above them."""
        verdicts = tuple(
            Verdict(name, "It is right.", 40, 0.0, 1.0, "line.py was not handed in; hand in a file of that name", None)
            for name in ("first", "second")
        )
        lines = as_text(Report.of("ada", (ProblemReport.of("lines/line", verdicts),))).splitlines()

        assert lines[4:] == [
            "        code 40, NotImplementedError",
            "        line.py was not handed in; hand in a file of that name",
            "✗ 0/1  first: It is right.",
            "✗ 0/1  second: It is right.",
        ]

    def test_notes_stand_above(self):
        """What is said of the files comes before what is said of the code."""
        lines = as_text(report_of("ada", notes=["notes.txt was not asked for"])).splitlines()

        assert lines[:4] == ["ada: 7 of 7 points", "", "note: notes.txt was not asked for", ""]


def test_a_machine_that_confines_nothing_grades_nobody_unasked(lines, monkeypatch):
    """The message says how to get confinement, and how to do without."""

    class Bare(FakeSandbox):
        def enforced(self):
            return Enforced(missing={"seccomp": "switched off"})

    monkeypatch.setattr("autograder.gradebook.grading.Sandbox", Bare)

    with pytest.raises(SandboxError, match="--weak-sandbox"):
        prepare((lines,), None, 1)


def test_a_package_that_students_may_import_is_there(lines):
    """Else each of them would be graded by a reference that can't run."""
    wanting = replace(lines, allowed_imports=("numpy", "no_such_package"))

    with pytest.raises(CourseError, match="lines/line: no_such_package must be installed here"):
        prepare((wanting,), None, 1)


# What staff write, a change of it, and what is said before anybody is graded.
MISTAKES = [
    pytest.param(
        "expect.py", "positives(rng)):", "positives(rgn)):", r"/expect\.py, line 12: there is no `rgn`", id="expect"
    ),
    pytest.param(
        "expect.py", "if not np", "if np", r"/expect\.py, line 10: it finds the reference wrong, .*`rooted`", id="bound"
    ),
    pytest.param(
        "expect.py", "if not np", "if not (np", r"/expect\.py can't be loaded: SyntaxError", id="expect_syntax"
    ),
    pytest.param(
        "expect.py", ".checks import", ".check import", r"/expect\.py, line 7 can't be loaded", id="expect_import"
    ),
    pytest.param(
        "checks.py",
        "points.npz",
        "point.npz",
        r"/checks\.py, line 30: the check `fitted` fails on the reference: File",
        id="page",
    ),
    pytest.param(
        "line.py",
        "heights + b",
        "heights + B",
        r"/line\.py, line 10: the check `prediction` fails .* NameError",
        id="reference",
    ),
    pytest.param(
        "line.py", "return np.sqrt(np.asarray(a))", "pass", r"/line\.py: .*`rooted` .*: `x` is None", id="no_array"
    ),
    pytest.param(
        "checks.py",
        'return {"x": line.root(positives(rng))}',
        "line.root(positives(rng))",
        r"/line\.py: the check `rooted` fails .* returned a NoneType; expected a dict",
        id="no_return",
    ),
    pytest.param(
        "expect.py", "import numpy", "raise SystemExit\n\nimport numpy", r"/expect\.py, line 3 .*Exit", id="exit"
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_staffs_mistakes_are_found_on_the_reference(sandbox, course, name, old, new, said):
    """With the file and the line, as far as there is one."""
    path = course / "solutions/lines/line" / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))

    with pytest.raises(CourseError, match=said):  # noqa: PT012  whichever of them finds it
        (problem,) = read_course(course)[0].problems
        see_reference(problem, by_draw(sandbox.observe(problem, problem.reference, problem.seed, None)), problem.seed)


def test_a_mistake_stops_the_class_though_the_answers_are_known(course, tmp_path, monkeypatch):
    """Of a run before."""
    (problem,) = read_course(course)[0].problems
    with Store(tmp_path / "store.sqlite") as store:
        prepare([problem], None, 1, weak=True, store=store)
        broken = replace(problem.page, predicates={"a_root": lambda found, reference, rng: rgn})  # noqa: F821
        monkeypatch.setattr("autograder.gradebook.grading.observe_answers", None)

        with pytest.raises(CourseError, match="NameError"):
            prepare([replace(problem, page=broken)], None, 1, weak=True, store=store)


def test_a_reference_that_differs_from_itself_stops_the_class(course):
    """By the clock, the system's randomness or the order of a set: nobody could be right."""
    path = course / "solutions/lines/line/line.py"
    path.write_text(path.read_text().replace("heights + b\n", "heights + b + np.random.default_rng().normal()\n"))
    (problem,) = read_course(course)[0].problems

    with pytest.raises(CourseError, match=r"/line\.py: the reference, run a second time.* `prediction`: `heights`"):
        prepare([problem], None, 1, weak=True)


def test_what_was_printed_is_for_staff(grader, handed_in, tmp_path, right, monkeypatch):
    """It is in no report, whoever printed what; staff can ask for it, also after a run that ran nothing again."""
    chatty = [replace(one, output=f"draw {one.draw}: X is [0.123\x1b[2J\n") for one in right]
    monkeypatch.setattr(FakeSandbox, "seen", chatty)
    out = tmp_path / "out"
    for _ in range(2):
        graded(
            grader,
            find_class(tmp_path / "class") if out.exists() else handed_in({"ada": REFERENCE}),
            out,
        )

    assert len(FakeSandbox.runs) == 1
    assert [
        path
        for path in out.glob("**/*")
        if path.suffix != ".sqlite" and path.is_file() and b"0.123" in path.read_bytes()
    ] == []
    assert list(output_of(out, "ada"))[:2] == ["lines/line, prediction:", "    draw 0: X is [0.123\ufffd[2J"]
    with pytest.raises(StoreError, match="nobody"):
        list(output_of(out, "eve"))


def test_what_a_module_prints_arrives(lines, handed_in, tmp_path):
    """While it is imported, and while it is called; each check has its own."""
    called = REFERENCE.replace("    # BEGIN SOLUTION\n", "    print('called')\n    # BEGIN SOLUTION\n")
    grader = prepare([lines], None, 1, weak=True)
    graded(grader, handed_in({"ada": f"print('imported')\n{called}"}), tmp_path / "out")
    said = list(output_of(tmp_path / "out", "ada"))

    assert said[:3] == ["lines/line, prediction:", "    imported", "    called"]
    assert [line for line in said if not line.startswith("    ")] == [
        f"lines/line, {check.name}:" for check in lines.checks
    ]


def test_a_student_may_be_refused_before_anything_is_read(grader, tmp_path):
    """Two archives of one name: neither is graded, and the sentence says why."""
    graded(
        grader,
        [HandedIn("ada", tmp_path / "ada", "ada.zip and ada.tar are of one name")],
        tmp_path / "out",
    )

    assert rows(tmp_path / "out")[1] == ["ada", "0", "0", "7", "0", "", "refused"]
    assert "of one name" in (tmp_path / "out/lines/reports/ada/report.txt").read_text()
