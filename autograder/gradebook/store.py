"""The store of a class's results, in SQLite: grading can be killed at any moment and resumed, and nothing runs twice.

A result is stored under a key of everything it depends on: the submission's files, and the list of
:mod:`autograder.gradebook.dependencies`. A run lists which student has which results, for each assignment that it
graded; so one store holds a whole term. One process at a time writes to a store; others may read it meanwhile.
"""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import msgspec

from autograder import Error
from autograder.expected import Answers, from_bytes, to_bytes
from autograder.gradebook import faults
from autograder.gradebook.dependencies import digest
from autograder.report import ProblemReport, Report
from autograder.sandbox.runs import SandboxError
from autograder.text import line

STORE_FILE = "gradebook.sqlite"
LOCK_FILE = f"{STORE_FILE}-lock"
# Version of the schema (`PRAGMA user_version`). Stores from before versions were counted have 0, as empty files do.
VERSION = 1

_RESULTS = (
    """CREATE TABLE results (
        key TEXT PRIMARY KEY, files TEXT NOT NULL, problem TEXT NOT NULL, report BLOB NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE outputs (key TEXT PRIMARY KEY, texts BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE answers (problem TEXT PRIMARY KEY, answers BLOB NOT NULL) WITHOUT ROWID",
)
_RUNS = (
    """CREATE TABLE runs (
        run INTEGER NOT NULL, assignment TEXT NOT NULL, footer BLOB NOT NULL, finished INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (run, assignment)
    ) WITHOUT ROWID""",
    """CREATE TABLE graded (
        run INTEGER NOT NULL, assignment TEXT NOT NULL, position INTEGER NOT NULL, student TEXT NOT NULL,
        notes BLOB NOT NULL, keys BLOB NOT NULL, PRIMARY KEY (run, assignment, position)
    ) WITHOUT ROWID""",
)


class StoreError(Error):
    """The store can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Key:
    """The key of a result: digests of the submission's files, and of everything else that the result depends on.

    A result that is pending is stored apart, under its student's name, and so tried again.
    """

    files: str
    problem: str
    pending: str = ""

    @property
    def text(self) -> str:
        """The key as one text."""
        parts = {"files": self.files, "problem": self.problem} | ({"pending": self.pending} if self.pending else {})
        return digest([(name, part.encode()) for name, part in parts.items()])


def by_assignment(report: Report) -> dict[str, Report]:
    """Split a report by the assignments of its problems."""
    parts: dict[str, list[ProblemReport]] = {}
    for problem in report.problems:
        parts.setdefault(problem.problem.partition("/")[0], []).append(problem)
    return {
        name: Report.of(report.student, tuple(problems), report.notes, report.footer)
        for name, problems in parts.items()
    }


class Store:
    """Results and runs in a file; safe to use from several threads.

    Parameters
    ----------
    path : Path
        The file, made if needed; one of an earlier version is migrated to this one.
    writes : bool
        Hold the lock of its folder, so that no other process writes there.

    Raises
    ------
    StoreError
        If the file is no store or of a newer version, can't be written, or another process writes to it.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path = path
        self._lock = threading.Lock()
        lock = path.with_name(LOCK_FILE)
        try:
            with ExitStack() as opened:
                if writes:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    opened.enter_context(locked(lock))
                self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                opened.enter_context(closing(self._database))
                if self._version() < VERSION:
                    with nullcontext() if writes else locked(lock):
                        self._migrate()
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._open = opened.pop_all()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{faults.clause(path, error)}, or name another folder with --out") from None
        # If a file is removed or replaced meanwhile, writing to it is in vain, or somebody else may hold the lock.
        self._files = {file: _identity(file) for file in (path, *([lock] * writes))}

    @classmethod
    def existing(cls, path: Path, *, writes: bool = False) -> Self:
        """Open a store that exists already; never make one."""
        if not os.path.isfile(path):  # noqa: PTH113  raises nothing, whatever lies in the way
            raise StoreError(f"{path.parent} holds no results; grade the class first, or name the folder with --out")
        return cls(path, writes=writes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _version(self) -> int:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"results", "runs", "graded"} <= tables:
            raise StoreError(
                f"{self.path} is a database, but no store of results: move it away, or name another folder with --out"
            )
        if version > VERSION:
            raise StoreError(
                f"{self.path} was written by a newer autograder (its version is {version}, and this one reads "
                f"{VERSION} at most): install that one, or name another folder with --out"
            )
        return int(version)

    def _migrate(self) -> None:
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if self._version() == VERSION:
                return  # another process was first
            if not self._database.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
                for statement in (*_RESULTS, *_RUNS):
                    self._database.execute(statement)
            else:
                self._split_runs()
            self._database.execute(f"PRAGMA user_version = {VERSION}")

    def _split_runs(self) -> None:
        """Migrate from 0 to 1: rename printed text to output, and split runs by the assignments that they graded."""
        self._database.execute("ALTER TABLE printed RENAME TO outputs")
        for table in ("runs", "graded"):
            self._database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        for statement in _RUNS:
            self._database.execute(statement)
        rows = self._database.execute(
            "SELECT run, footer, position, student, notes, keys FROM old_runs JOIN old_graded USING (run) "
            "WHERE finished ORDER BY run, position"
        ).fetchall()
        for run, footer, position, student, notes, keys in rows:
            parts: dict[str, list[Key]] = {}
            for key in msgspec.json.decode(keys, type=tuple[Key, ...]):
                row = self._database.execute("SELECT report FROM results WHERE key = ?", [key.text]).fetchone()
                if row:
                    problem = msgspec.json.decode(row[0], type=ProblemReport).problem
                    parts.setdefault(problem.partition("/")[0], []).append(key)
            for name, own in parts.items():
                self._database.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, 1)", [run, name, footer])
                row = [run, name, position, student, notes, msgspec.json.encode(own)]
                self._database.execute("INSERT INTO graded VALUES (?, ?, ?, ?, ?, ?)", row)
        for table in ("runs", "graded"):
            self._database.execute(f"DROP TABLE old_{table}")

    def answers(self, problem: str) -> Answers | None:
        """Find the observations of the reference and the known mistakes, by the digest of their dependencies."""
        rows = self._rows("SELECT answers FROM answers WHERE problem = ?", problem)
        return from_bytes(rows[0][0]) if rows else None

    def keep_answers(self, problem: str, answers: Answers) -> None:
        """Keep the answers under that digest."""
        with self._used():
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", [problem, to_bytes(answers)])

    def begin(self, assignments: Iterable[str], footer: Iterable[str]) -> int:
        """Begin a run that grades these assignments; return its number.

        Remains of interrupted runs are deleted, except their results.
        """
        with self._used():
            self._database.execute("BEGIN IMMEDIATE")
            for table in ("graded", "runs"):
                self._database.execute(
                    f"DELETE FROM {table} WHERE (run, assignment) IN "  # noqa: S608  our own words
                    "(SELECT run, assignment FROM runs WHERE NOT finished)"
                )
            (run,) = self._database.execute("SELECT COALESCE(MAX(run), 0) + 1 FROM runs").fetchone()
            self._database.executemany(
                "INSERT INTO runs (run, assignment, footer) VALUES (?, ?, ?)",
                [(run, name, msgspec.json.encode(tuple(footer))) for name in dict.fromkeys(assignments)],
            )
            return int(run)

    def find(self, key: Key) -> ProblemReport | None:
        """Find the result stored under a key."""
        rows = self._rows("SELECT report FROM results WHERE key = ?", key.text)
        return msgspec.json.decode(rows[0][0], type=ProblemReport) if rows else None

    def output(self, key: Key) -> dict[str, str]:
        """Find a module's output, by check."""
        rows = self._rows("SELECT texts FROM outputs WHERE key = ?", key.text)
        return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}

    def file(
        self,
        run: int,
        position: int,
        report: Report,
        keys: Iterable[Key],
        outputs: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        """Store a report in one transaction: its results, and that this run's student at this position has them.

        ``keys`` are those of its problems. ``outputs`` are the texts that graded modules printed, by problem and check.
        """
        own = dict(zip((problem.problem for problem in report.problems), keys, strict=True))
        with self._used():
            self._in_place()
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)",
                [
                    (key.text, key.files, key.problem, msgspec.json.encode(problem))
                    for key, problem in zip(own.values(), report.problems, strict=True)
                ],
            )
            for name, texts in outputs.items():
                self._database.execute("DELETE FROM outputs WHERE key = ?", [own[name].text])
                if texts:
                    kept = [own[name].text, msgspec.json.encode(texts)]
                    self._database.execute("INSERT INTO outputs VALUES (?, ?)", kept)
            notes = msgspec.json.encode(report.notes)
            for name, part in by_assignment(report).items():
                found = msgspec.json.encode([own[problem.problem] for problem in part.problems])
                row = [run, name, position, report.student, notes, found]
                self._database.execute("INSERT OR REPLACE INTO graded VALUES (?, ?, ?, ?, ?, ?)", row)

    def finish(self, run: int) -> None:
        """Mark a run as whole."""
        with self._used():
            self._in_place()
            self._database.execute("UPDATE runs SET finished = 1 WHERE run = ?", [run])

    @contextmanager
    def _used(self) -> Iterator[None]:
        with self._lock:
            try:
                with self._database:
                    yield
            except sqlite3.Error as error:
                raise faults.MachineError(faults.clause(self.path, error)) from None

    def _in_place(self) -> None:
        """Raise MachineError unless the files still have their names, so that others will find what is written."""
        for path, was in self._files.items():
            if _identity(path) != was:
                raise faults.MachineError(f"{path} was removed or replaced while results were written to it")

    def finished(self) -> dict[str, list[int]]:
        """List the numbers of the whole runs, by assignment, the latest last."""
        found: dict[str, list[int]] = {}
        for name, run in self._rows("SELECT assignment, run FROM runs WHERE finished ORDER BY assignment, run"):
            found.setdefault(name, []).append(run)
        return found

    def students(self) -> list[str]:
        """List the names of all students that some run has graded, in order."""
        return [name for (name,) in self._rows("SELECT DISTINCT student FROM graded ORDER BY student")]

    def reports(self, run: int, assignment: str) -> Iterator[tuple[Report, tuple[Key, ...]]]:
        """Read a run's reports on an assignment, in the order of the submissions, with the keys of their problems."""
        rows = self._rows(
            "SELECT footer, student, notes, keys FROM runs JOIN graded USING (run, assignment) "
            "WHERE run = ? AND assignment = ? ORDER BY position",
            run,
            assignment,
        )
        for footer, student, notes, found in rows:
            keys = msgspec.json.decode(found, type=tuple[Key, ...])
            problems = tuple(result for key in keys if (result := self.find(key)) is not None)
            yield Report.of(student, problems, msgspec.json.decode(notes), msgspec.json.decode(footer)), keys

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._used():
            return self._database.execute(statement, values).fetchall()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a folder, so that one process at a time writes there.

    The kernel releases the lock when the process ends, however that happens. The lock's file stays: if it were
    removed, one process could lock the old file and another a new one. The file says who holds the lock, for people.

    Raises
    ------
    StoreError
        If it is held already, or its file system has no locks.
    SandboxError
        If the system has no locks.
    OSError
        If the file can't be written.
    """
    try:
        import fcntl  # noqa: PLC0415  Unix's own, and this module is read on Windows too
    except ModuleNotFoundError:
        raise SandboxError(
            "classes can't be graded on this system: grade on Linux (`autograder check` works here, on one's own code)"
        ) from None
    with path.open("a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # Some network file systems have another error for a lock that is held.
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise StoreError(f"{path.parent} can't be locked ({error.strerror}): keep it on a local disk") from None
            file.seek(0)
            holder = line(file.read(200).decode(errors="replace")) or "another process"
            raise StoreError(f"{path.parent} is in use: {holder} is at work there; wait for it to end") from None
        file.truncate(0)
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        file.write(f"process {os.getpid()} on {socket.gethostname()}, begun {since},".encode())
        yield
        file.truncate(0)
