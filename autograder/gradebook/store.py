"""The store of a class's results, in SQLite: grading can be killed at any moment and resumed, and nothing runs twice.

A result is stored under a key of everything it depends on: the submission's files, and the digest of
:mod:`autograder.gradebook.dependencies`. A run lists which student has which results, for each assignment that it
graded; so one store holds a whole term. One process at a time writes to a store; others may read it meanwhile.

Faults of the machine are clauses here: a full disk, a folder that can't be written, a file where a folder should be.
"""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import msgspec

from autograder import Error
from autograder.expected import Answers, from_bytes, to_bytes
from autograder.gradebook.dependencies import digest
from autograder.report import ProblemReport, Report
from autograder.sandbox.runs import SandboxError
from autograder.sandbox.usage import has_room
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
_NEXT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on that disk"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "let it be written"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "let more files be open (`ulimit -n`)"),
    errno.EFBIG: "let files be larger (`ulimit -f`)",
    errno.EISDIR: "it is a folder, and should be a file: move it away",
}
# Errors of the machine, which no command causes by itself.
_OF_A_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.ESTALE}
_OF_A_MACHINE |= {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}


class StoreError(Error):
    """The store can't be used; the message says why and what to do."""


class MachineError(Error):
    """The machine has failed, so a class can't be graded to its end; the message is a clause with the next step."""


def of_machine(error: BaseException) -> str:
    """Describe the machine's fault behind an exception, as a clause; "" if there is none."""
    if isinstance(error, MachineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "no memory is left: end what else runs here"
    if isinstance(error, OSError) and error.errno in _OF_A_MACHINE:
        return _clause(Path(str(error.filename or "a file")), error)
    return ""


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Turn a failure to write to a file or folder into a MachineError."""
    try:
        yield
    except OSError as error:
        raise MachineError(_clause(path, error)) from None


def see_room() -> None:
    """Raise MachineError if temporary files have no room: later submissions could not be judged."""
    folder = Path(tempfile.gettempdir())
    if not has_room(folder):
        raise MachineError(_clause(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))


def _clause(path: Path, error: OSError | sqlite3.Error) -> str:
    if isinstance(error, sqlite3.Error):
        # SQLite has several errors for a full disk.
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_FULL and has_room(path.parent, 1):
            return f"{path} can't be used ({error}): let it be written, or move it away"
        error = OSError(errno.ENOSPC, str(error))
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        file = next((one for one in (path, *path.parents) if one.exists() and not one.is_dir()), path)
        return f"{file} is a file where a folder should be: move it away"
    return f"{path} can't be written ({error.strerror or error}): {_NEXT.get(error.errno or 0, 'see to its disk')}"


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
        Hold the lock of its folder. StoreError if another process does.
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
            raise StoreError(f"{_clause(path, error)}, or name another folder with --out") from None

    @classmethod
    def existing(cls, path: Path, *, writes: bool = False) -> Self:
        """Open a store that exists already; never make one."""
        if not os.path.isfile(path):  # noqa: PTH113  raises nothing, whatever lies in the way
            raise StoreError(f"{path.parent} holds no results; grade the class first, or name the folder with --out")
        return cls(path, writes=writes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _version(self) -> int:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
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

    def answers(self, key: str) -> Answers | None:
        """Find answers by the digest of their dependencies."""
        rows = self._rows("SELECT answers FROM answers WHERE problem = ?", key)
        return from_bytes(rows[0][0]) if rows else None

    def keep_answers(self, key: str, answers: Answers) -> None:
        """Keep answers under that digest."""
        with self._used():
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", [key, to_bytes(answers)])

    def begin(self, assignments: Iterable[str], footer: Iterable[str]) -> int:
        """Begin a run that grades these assignments; return its number. Of interrupted runs only results are kept."""
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
        """Store a student's report, the keys of its problems, and what graded modules printed, by problem and check."""
        encode = msgspec.json.encode
        own = dict(zip((problem.problem for problem in report.problems), keys, strict=True))
        found = [(own[one.problem], encode(one)) for one in report.problems]
        results = [(key.text, key.files, key.problem, content) for key, content in found]
        texts = [(own[name].text, encode(said)) for name, said in outputs.items()]
        by_name = {name: [own[one.problem] for one in part.problems] for name, part in by_assignment(report).items()}
        graded = [
            (run, name, position, report.student, encode(report.notes), encode(part)) for name, part in by_name.items()
        ]
        with self._used():
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", results)
            self._database.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?)", texts)
            self._database.executemany("INSERT OR REPLACE INTO graded VALUES (?, ?, ?, ?, ?, ?)", graded)

    def finish(self, run: int) -> None:
        """Mark a run as whole."""
        with self._used():
            self._database.execute("UPDATE runs SET finished = 1 WHERE run = ?", [run])

    @contextmanager
    def _used(self) -> Iterator[None]:
        with self._lock:
            try:
                with self._database:
                    yield
            except sqlite3.Error as error:
                raise MachineError(_clause(self.path, error)) from None

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


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a folder, so that one process at a time writes there; StoreError if another one does.

    The kernel releases the lock when the process ends, however that happens. The lock's file stays: if it were
    removed, one process could lock the old file and another a new one. The file says who holds the lock, for people.
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
            # Some network file systems refuse a lock that is held.
            if not isinstance(error, (BlockingIOError, PermissionError)):
                raise StoreError(f"{path.parent} can't be locked ({error.strerror}): keep it on a local disk") from None
            file.seek(0)
            holder = line(file.read(200).decode(errors="replace")) or "another process"
            raise StoreError(f"{path.parent} is in use: {holder} is at work there; wait for it to end") from None
        file.truncate(0)
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        file.write(f"process {os.getpid()} on {socket.gethostname()}, begun {since},".encode())
        yield
        file.truncate(0)
