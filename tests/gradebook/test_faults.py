"""Faults of the machine while a class is graded: each ends in a sentence, and nothing that was graded is lost."""

from __future__ import annotations

import csv
import errno
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from handed_in import graded
from msgspec.structs import replace
from small_course import REFERENCE

from autograder.gradebook import executors
from autograder.gradebook.export import export, write_report
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import STORE_FILE, Key, MachineError, Store, StoreError, _clause
from autograder.report import ProblemReport, Report, Verdict
from autograder.submissions.reading import find_class

ROOT = os.name == "posix" and os.geteuid() == 0
SITUATION = Path(__file__).parent.parent / "hostile" / "situation.py"
COMMAND = [sys.executable, "-m", "autograder"]


def write_class(folder, count=5, **others):
    """A class of so many, all of them right, and of others."""
    texts = {f"s{number}": f"{REFERENCE}\n# {number}\n" for number in range(count)} | others
    for student, text in texts.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "line.py").write_text(text)
    return folder


@pytest.fixture
def class_(tmp_path):
    return write_class(tmp_path / "class")


def words(course, class_, out):
    """The command that grades a class, on one thread."""
    return [*COMMAND, "grade", class_, "--course", course, "--out", out, "--workers", "1", "--weak-sandbox"]


def said(command, **more):
    """The output of a command, in one line, and its status."""
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, timeout=300, **more)
    assert "Traceback" not in done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split()), done.returncode


def rows(out):
    with (out / "lines/grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@contextmanager
def small_disk(folder, size):
    """A disk of so many bytes at a folder, or no test."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "small", str(folder)]
    if not ROOT or not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root alone, where a container lets root mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, left=0):
    """Fill a disk but for so many bytes."""
    room = os.statvfs(folder)
    (folder / "filler").write_bytes(b"x" * max(room.f_bavail * room.f_frsize - left, 0))


class TestFullDisk:
    """Where there is no room left: which path, how many are kept, and that the same command goes on."""

    def test_in_the_middle(self, course, class_, tmp_path):
        """The disk fills up while the class is graded."""
        with small_disk(tmp_path / "disk", 4 << 20) as disk:
            script = (
                "import sys; from pathlib import Path; from autograder.gradebook import grading\n"
                "write, number = grading.write_report, 0\n"
                "def wrapped(report, out):\n"
                "    global number; number += 1\n"
                "    said = write(report, out)\n"
                "    if number == 2: fill(out.parent)\n"
                "    return said\n"
                "def fill(disk):\n"
                "    try: (disk / 'filler').write_bytes(b'x' * (8 << 20))\n"
                "    except OSError: pass\n"
                "grading.write_report = wrapped\n"
                "from autograder.cli.main import main; main(prog_name='autograder')\n"
            )
            command = [sys.executable, "-c", script, *words(course, class_, disk / "out")[3:]]
            text, status = said(command)

            assert status == 75
            assert f"autograder: {disk / 'out'}" in text
            assert text.endswith("make room on that disk, and give the same command again")
            assert "of 5 submissions are graded and kept" in text
            assert not (disk / "out/lines/grades.csv").exists()
            (disk / "filler").unlink()
            assert said(words(course, class_, disk / "out"))[1] == 0
            assert [row[1] for row in rows(disk / "out")] == ["7"] * 5

    def test_from_the_beginning(self, course, class_, tmp_path):
        """The advice is to make room, and not to move away what is there."""
        with small_disk(tmp_path / "disk", 1 << 20) as disk:
            fill(disk)
            text, status = said(words(course, class_, disk / "out"))

        assert status == 64
        assert "No space left on device): make room on that disk, or name another folder with --out" in text
        assert "move it away" not in text

    def test_for_the_sample_class(self, course, tmp_path):
        """Which is written before anything is graded."""
        with small_disk(course / "build", 256 << 10) as disk:
            fill(disk, 40 << 10)
            text, status = said([*COMMAND, "grade", "--out", tmp_path / "out", "--weak-sandbox"], cwd=course)

        assert status == 75
        assert text == (
            "autograder: build/sample-class can't be written (No space left on device): make room on that disk, and "
            "give the same command again"
        )

    def test_where_files_may_not_grow(self, course, class_, tmp_path):
        """The same for a limit on the size of files, which anybody can have."""
        out = tmp_path / "out"
        assert said(words(course, write_class(tmp_path / "before", 2), out))[1] == 0
        size = (out / STORE_FILE).stat().st_size

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2048, resource.RLIM_INFINITY))

        text, status = said(words(course, class_, out), preexec_fn=limit)

        assert status in {64, 75}
        assert f"{out}" in text
        assert said(words(course, class_, out))[1] == 0
        assert len(rows(out)) == 5

    def test_where_runs_have_their_files(self, course, class_, tmp_path):
        """It is said once, and not of everybody that they could not be judged."""
        with small_disk(tmp_path / "disk", 2 << 20) as disk:
            script = (
                "import sys, tempfile\n"
                "from autograder.sandbox import observe\n"
                "kept = observe.Sandbox.__init__.__kwdefaults__\n"
                "kept['layers'] = tuple(layer for layer in kept['layers'] if layer != 'namespaces')\n"
                "from autograder.gradebook import grading\n"
                "begin = grading.Store.begin\n"
                "def begun(self, *words):\n"
                f"    tempfile.tempdir = {str(disk)!r}\n"
                "    return begin(self, *words)\n"
                "grading.Store.begin = begun\n"
                "from autograder.cli.main import main; main(prog_name='autograder')\n"
            )
            text, status = said([sys.executable, "-c", script, *words(course, class_, tmp_path / "out")[3:]])

        assert status == 75
        assert f"autograder: {disk} can't be written (No space left on device): make room on that disk" in text


class TestBeginning:
    """A fault that keeps a class from being begun is told with what to do about it; the status is 64."""

    def test_a_folder_below_a_file(self, course, class_, tmp_path):
        """The file is named."""
        (tmp_path / "notes").write_text("mine")
        text, status = said(words(course, class_, tmp_path / "notes/out"))

        assert status == 64
        assert f"{tmp_path / 'notes'} is a file where a folder should be: move it away, or name another folder" in text
        assert (tmp_path / "notes").read_text() == "mine"

    def test_a_file_for_a_folder(self, course, class_, tmp_path):
        """As well."""
        (tmp_path / "out").write_text("mine")
        text, status = said(words(course, class_, tmp_path / "out"))

        assert status == 64
        assert f"{tmp_path / 'out'} is a file where a folder should be" in text

    def test_a_disk_that_is_only_read(self, course, class_, tmp_path):
        """Moving something away would not help."""
        with small_disk(tmp_path / "disk", 1 << 20) as disk:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            text, status = said(words(course, class_, disk / "out"))

        assert status == 64
        assert "(Read-only file system): let it be written, or name another folder with --out" in text

    def test_a_folder_that_may_not_be_written(self, class_, tmp_path, monkeypatch):
        """Whoever it is that may not."""
        out = tmp_path / "out"
        out.mkdir()

        def denied(*_, **__):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(Path, "open", denied)
        with pytest.raises(StoreError, match=r"Permission denied\): let it be written, or name another folder"):
            Store(out / STORE_FILE)


KEY = Key("the files", "the problem")


def report_of(student):
    verdict = Verdict("prediction", "It predicts.", 0, 7.0, 7.0, "", None)
    return Report.of(student, (ProblemReport.of("lines/line", (verdict,)),))


class TestOneStudent:
    """A thing in one student's way is told, and what was graded is kept."""

    def spoil(self, out, how):
        if how == "a file for the folder":
            (out / "lines/reports").mkdir(parents=True)
            (out / "lines/reports/s1").write_text("mine")
        elif how == "a folder for report.json":
            (out / "lines/reports/s1/report.json").mkdir(parents=True)
        elif how == "a folder for report.txt":
            (out / "lines/reports/s1/report.txt/deep").mkdir(parents=True)
        else:
            (out / "lines/reports").mkdir(parents=True)
            (out / "lines/reports/s1").symlink_to(out / "nowhere/at/all")

    @pytest.mark.parametrize(
        "how",
        [
            "a folder for report.json",
            *(pytest.param(how, marks=pytest.mark.slow) for how in ("a folder for report.txt", "a link to nowhere")),
            pytest.param("a file for the folder", marks=pytest.mark.slow),
        ],
    )
    def test_something_is_in_the_way(self, course, class_, tmp_path, how):
        """The same command goes on once it is out of the way."""
        out = tmp_path / "out"
        out.mkdir()
        self.spoil(out, how)
        text, status = said(words(course, class_, out))

        assert status == 75
        assert f"autograder: {out / 'lines/reports/s1'}" in text
        assert text.endswith("and give the same command again")
        assert not (out / "lines/grades.csv").exists()

        if (out / "lines/reports/s1").is_dir():
            shutil.rmtree(out / "lines/reports/s1")
        else:
            (out / "lines/reports/s1").unlink()
        assert said(words(course, class_, out))[1] == 0
        assert json.loads((out / "lines/reports/s1/report.json").read_text())["score"] == 7

    def test_an_unwritable_folder(self, tmp_path, monkeypatch):
        """Told as that."""

        def denied(path, *_):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(Path, "write_bytes", denied)

        with pytest.raises(
            MachineError, match=r"report\.json can't be written \(Permission denied\): let it be written"
        ):
            write_report(report_of("ada"), tmp_path)

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG])
    def test_what_is_in_everybodys_way(self, tmp_path, monkeypatch, number):
        """Going on would leave everybody without a report."""

        def fails(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Path, "write_bytes", fails)

        with pytest.raises(MachineError, match=r"report\.json"):
            write_report(report_of("ada"), tmp_path)

    def test_a_table_that_is_a_folder(self, course, class_, tmp_path):
        """All are kept, and the reports are written."""
        out = tmp_path / "out"
        (out / "lines/grades.csv").mkdir(parents=True)
        text, status = said(words(course, class_, out))

        assert status == 75
        assert f"{out / 'lines/grades.csv'}" in text
        assert "5 of 5 submissions are graded and kept" in text
        (out / "lines/grades.csv").rmdir()
        assert export(out) == 5
        assert len(rows(out)) == 5


@pytest.mark.parametrize(
    ("error", "next_step"),
    [
        (sqlite3.SQLITE_FULL, "make room on that disk"),
        (sqlite3.SQLITE_READONLY, "let it be written, or move it away"),
        (sqlite3.SQLITE_CORRUPT, "let it be written, or move it away"),
        (sqlite3.SQLITE_IOERR | (3 << 8), "let it be written, or move it away"),
    ],
)
def test_what_a_store_says_is_told_with_the_next_step(tmp_path, error, next_step):
    """By SQLite's numbers, whatever its words are."""
    (tmp_path / STORE_FILE).touch()
    raised = sqlite3.OperationalError("it says something")
    raised.sqlite_errorcode = error

    assert _clause(tmp_path / STORE_FILE, raised).endswith(f"(it says something): {next_step}")


class TestStore:
    """A store that fails while it is written to ends the class, and has what it had."""

    def test_a_store_that_can_not_grow(self, tmp_path):
        """The clause names the file, and nothing of what is there is lost."""
        path = tmp_path / STORE_FILE
        with Store(path) as store:
            run = store.begin(["lines"], ())
            store.file(run, 0, report_of("ada"), [KEY])
            # SQLite's own bound: it says of this file what it says of a disk that is full.
            store._database.execute("PRAGMA max_page_count = 1")
            large = replace(report_of("bob"), notes=("note " * 10_000,))
            with pytest.raises(MachineError, match=rf"{STORE_FILE} can't be written .*: make room on that disk"):
                store.file(run, 1, large, [KEY])
            store._database.execute("PRAGMA max_page_count = 100000")
            store.file(run, 1, large, [KEY])
            store.finish(run)
            assert [report.student for report, _ in store.reports(run, "lines")] == ["ada", "bob"]


FAULTS = (
    MemoryError(),
    OSError(errno.EMFILE, "Too many open files"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
)


class TestMachine:
    """No memory, no files, no processes: that submission is ours to try again, and the class goes on."""

    @pytest.fixture
    def grader(self, lines):
        return prepare((lines,), None, 1, weak=True)

    @pytest.mark.parametrize(
        ("where", "error"),
        [
            pytest.param(where, error, marks=() if error is FAULTS[0] else pytest.mark.slow)
            for where in ("loader", "run")
            for error in FAULTS
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__ + str(value.args[:1]),
    )
    def test_one_submission_meets_it(self, grader, class_, tmp_path, monkeypatch, error, where):
        """Nobody else does, and the next time it is judged."""
        struck = []

        def once(real):
            def call(*args, **kwargs):
                if not struck:
                    struck.append(1)
                    raise error
                return real(*args, **kwargs)

            return call

        place, name = {
            "loader": (subprocess, "Popen"),
            "run": (executors.Sandbox, "observe"),
        }[where]
        monkeypatch.setattr(place, name, once(getattr(place, name)))
        seen = {}
        graded(
            grader,
            find_class(class_),
            tmp_path / "out",
            lambda report: seen.update({report.student: report.problems[0].code}),
        )

        assert struck
        assert sorted(seen) == [f"s{number}" for number in range(5)]
        assert sum(code in {3, 4, 5} for code in seen.values()) <= 1
        graded(
            grader,
            find_class(class_),
            tmp_path / "out",
            lambda report: seen.update({report.student: report.problems[0].code}),
        )
        assert set(seen.values()) == {0}

    def test_few_files_may_be_open(self, course, class_, tmp_path):
        """However few: a sentence or a fault of ours, and no traceback; with more of them the same command goes on."""
        for most in (9, 12, 16, 24):
            limited = ["sh", "-c", f'ulimit -n {most}; exec "$@"', "sh", *words(course, class_, tmp_path / "out")]
            text, status = said(limited)
            assert status in {0, 5, 64, 75}, text
        assert said(words(course, class_, tmp_path / "out"))[1] == 0
        assert [row[1] for row in rows(tmp_path / "out")] == ["7"] * 5


class TestSubmissions:
    """A fault that begins while a class is graded."""

    @pytest.fixture
    def grader(self, lines):
        return prepare((lines,), None, 1, weak=True)

    def graded(self, grader, handed_in, out, done):
        reports = {}

        def told(report):
            reports[report.student] = report
            done(report)

        graded(grader, handed_in, out, told)
        return {student: report.problems[0].code for student, report in reports.items()}

    def test_one_of_them(self, grader, tmp_path):
        """It is nobody's fault who was to be graded: tried again, and the others are judged."""
        class_ = write_class(tmp_path / "class", 8)

        def take_away(report):
            shutil.rmtree(class_ / "s7", ignore_errors=True)

        handed_in = find_class(class_)
        codes = self.graded(grader, handed_in, tmp_path / "out", take_away)

        assert codes == {**{f"s{number}": 0 for number in range(7)}, "s7": 5}
        (class_ / "s7").mkdir()
        (class_ / "s7/line.py").write_text(REFERENCE)
        assert set(self.graded(grader, handed_in, tmp_path / "out", lambda _: None).values()) == {0}

    @pytest.mark.parametrize(
        "number",
        [
            errno.EIO,
            errno.EMFILE,
            *(pytest.param(number, marks=pytest.mark.slow) for number in (errno.EACCES, errno.ESTALE)),
        ],
    )
    @pytest.mark.parametrize("how", ["folder", "archive"])
    def test_a_file_of_one_of_them(self, grader, tmp_path, monkeypatch, number, how):
        """A disk that can't be read, or may not be, takes nobody's points."""
        class_ = write_class(tmp_path / "class", 2)
        if how == "archive":
            shutil.make_archive(str(class_ / "s1"), "zip", class_ / "s1")
            shutil.rmtree(class_ / "s1")
        handed_in = find_class(class_)
        real = os.open

        def fails(path, *more, **others):
            if "s1" in str(path) and str(class_) in str(path):
                raise OSError(number, os.strerror(number), str(path))
            return real(path, *more, **others)

        monkeypatch.setattr(os, "open", fails)
        codes = self.graded(grader, handed_in, tmp_path / "out", lambda _: None)

        assert codes == {"s0": 0, "s1": 5}
        assert os.strerror(number) in (tmp_path / "out/lines/reports/s1/report.txt").read_text(encoding="utf-8")
        monkeypatch.undo()
        assert set(self.graded(grader, handed_in, tmp_path / "out", lambda _: None).values()) == {0}

    def test_all_of_them(self, grader, tmp_path):
        """The class ends there; what was graded is kept."""
        class_ = write_class(tmp_path / "class", 8)

        def take_away(report):
            if class_.exists():
                class_.rename(tmp_path / "elsewhere")

        with pytest.raises(MachineError, match=rf"{class_} is no longer there: put it back"):
            self.graded(grader, find_class(class_), tmp_path / "out", take_away)
        (tmp_path / "elsewhere").rename(class_)

        assert set(self.graded(grader, find_class(class_), tmp_path / "out", lambda _: None).values()) == {0}


class TestInterrupted:
    """Ctrl-C: what is kept, and how to go on; no process stays."""

    @pytest.fixture
    def hanging(self, tmp_path):
        """A class whose fourth never ends."""
        return write_class(tmp_path / "class", 5, s2h=f"import time\nwhile True:\n    time.sleep(1)\n{REFERENCE}")

    def interrupted(self, command, tmp_path, *, twice):
        """The output after three are graded, the status, and the processes that are left behind."""
        report = tmp_path / "left"
        words = [sys.executable, str(SITUATION), "here", str(report), *map(str, command)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                if line.startswith("graded: 3 of 6"):
                    break
            (grader,) = psutil.Process(process.pid).children()
            for _ in range(1 + twice):
                grader.send_signal(signal.SIGINT)
            rest = " ".join(process.stdout.read().split())
        return rest, process.returncode, report.read_text()

    def test_it_says_what_is_kept(self, course, hanging, tmp_path):
        """The status is a shell's; the next run goes on."""
        out = tmp_path / "out"
        command = words(course, hanging, out)

        rest, status, left = self.interrupted(command, tmp_path, twice=False)

        assert rest == "3 of 6 submissions are graded and kept autograder: interrupted"
        assert (status, left) == (130, "")
        assert not (out / "lines/grades.csv").exists()
        (hanging / "s2h/line.py").write_text(REFERENCE)
        assert said(command)[1] == 0
        assert len(rows(out)) == 6

    def test_a_second_one(self, course, hanging, tmp_path):
        """It ends the command, whatever the first one is about to say."""
        _, status, left = self.interrupted(words(course, hanging, tmp_path / "out"), tmp_path, twice=True)

        assert status in {130, -signal.SIGINT % 256}
        assert left == ""
        (hanging / "s2h/line.py").write_text(REFERENCE)
        assert said(words(course, hanging, tmp_path / "out"))[1] == 0

    def test_while_references_are_run(self, course, class_, tmp_path):
        """Nothing is graded yet."""
        checks = course / "solutions/lines/line/line.py"
        checks.write_text(checks.read_text() + "\nimport time\ntime.sleep(15)\n")
        report = tmp_path / "left"
        command = [
            sys.executable,
            str(SITUATION),
            "here",
            str(report),
            *map(str, words(course, class_, tmp_path / "o")),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout.readline().startswith("Observing")
            (grader,) = psutil.Process(process.pid).children()
            grader.send_signal(signal.SIGINT)
            rest = process.stdout.read()

        assert (process.returncode, report.read_text()) == (130, "")
        assert rest.endswith("autograder: interrupted\n")
