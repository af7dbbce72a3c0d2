"""The store of a class's results, in SQLite: a batch can be killed at any moment and resumed, and nothing runs twice.

A result is stored under a key that follows from everything it depends on: the submission's files, and what
:mod:`autograder.gradebook.dependencies` lists. A run lists which student has which results, for each assignment that it
graded; so one store holds a whole term. One process at a time writes to a store, others may read it meanwhile.
"""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
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

STORE_FILE = "gradebook.sqlite"
LOCK_FILE = f"{STORE_FILE}-lock"
# Of the schema, as `PRAGMA user_version` says it. Stores from before it was counted say 0, as an empty file does.
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


class LockedError(Error):
    """Another process writes there; the message says which, and what to do."""


@dataclass(frozen=True)
class Key:
    """The key of a result.

    Attributes
    ----------
    files : str
        Digest of the submission's files.
    problem : str
        Digest of everything else that the result depends on.
    pending : str
        The student, of a result that is pending: it is stored apart, and so tried again. Else "".
    """

    files: str
    problem: str
    pending: str = ""

    @property
    def text(self) -> str:
        """The key as one text."""
        parts = {"files": self.files, "problem": self.problem} | ({"pending": self.pending} if self.pending else {})
        return digest([(name, part.encode()) for name, part in parts.items()])


def files_digest(files: Mapping[str, bytes]) -> str:
    """The digest of a submission's files, names and contents."""
    return digest(sorted(files.items()))


def by_assignment(report: Report) -> dict[str, Report]:
    """The report's parts, one for each assignment that it has problems of."""
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
        The file, made if need be; one of an earlier version is brought to this one.
    writes : bool
        Hold the lock of its folder, and so be the only one that writes there.

    Raises
    ------
    StoreError
        If the file is no store or of a newer version, can't be written, or another process writes to it.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open = ExitStack()
        try:
            with self._open:
                if writes:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._open.enter_context(closing(Lock(path.with_name(LOCK_FILE))))
                self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                self._open.enter_context(closing(self._database))
                if self._version() < VERSION:
                    with ExitStack() as migrating:
                        if not writes:
                            migrating.enter_context(closing(Lock(path.with_name(LOCK_FILE))))
                        self._migrate()
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._open = self._open.pop_all()
        except LockedError as error:
            raise StoreError(f"{error}, or name another folder with --out") from None
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{faults.clause(path, error)}, or name another folder with --out") from None
        # What others will find there. One that is removed or replaced meanwhile is written to in vain.
        self._files = {file: identity(file) for file in (path, *([path.with_name(LOCK_FILE)] * writes))}

    @classmethod
    def existing(cls, path: Path, *, writes: bool = False) -> Self:
        """A store that is there already: whoever only reads makes none."""
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
                f"{self._path} is a database, but no store of results: move it away, or name another folder with --out"
            )
        if version > VERSION:
            raise StoreError(
                f"{self._path} was written by a newer autograder (its version is {version}, and this one reads "
                f"{VERSION} at most): install that one, or name another folder with --out"
            )
        return int(version)

    def _migrate(self) -> None:
        """Bring an empty store, or one from before versions were counted, to this version; all of it, or nothing."""
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
        """From 0 to 1: what modules printed is called output, and a run is split by the assignments that it graded."""
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
        """What the reference and the known mistakes give, by the digest of what that depends on."""
        rows = self._rows("SELECT answers FROM answers WHERE problem = ?", problem)
        return from_bytes(rows[0][0]) if rows else None

    def keep_answers(self, problem: str, answers: Answers) -> None:
        """Keep the answers under that digest."""
        with self._used():
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", [problem, to_bytes(answers)])

    def begin(self, assignments: Iterable[str], footer: Iterable[str]) -> int:
        """Begin a run that grades these assignments; return its number.

        What interrupted runs have left is cleared, but for their results.
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
        """The result stored under a key."""
        rows = self._rows("SELECT report FROM results WHERE key = ?", key.text)
        return msgspec.json.decode(rows[0][0], type=ProblemReport) if rows else None

    def output(self, key: Key) -> dict[str, str]:
        """A module's output, by check."""
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
        """Store a report: its results, and that this run's student at this position has them. All of it, or nothing.

        Parameters
        ----------
        keys : iterable of Key
            One for each of the report's problems.
        outputs : mapping
            What the modules printed that were run, by problem and check; it replaces what is there.
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

    def finish(self, run: int, submissions: int) -> None:
        """Mark a run as whole: for each of its assignments it has a report on each of so many submissions.

        Raises
        ------
        StoreError
            If it has not.
        """
        with self._used():
            self._in_place()
            self._database.execute("BEGIN IMMEDIATE")
            counts = self._database.execute(
                "SELECT COUNT(position) FROM runs LEFT JOIN graded USING (run, assignment) WHERE run = ? "
                "GROUP BY assignment",
                [run],
            ).fetchall()
            if filed := [count for (count,) in counts if count != submissions]:
                raise StoreError(
                    f"{self._path} holds {filed[0]} reports of this run, which graded {submissions} submissions: "
                    "something else has written to it meanwhile. The table of grades is not written; give the same "
                    "command again"
                )
            self._database.execute("UPDATE runs SET finished = 1 WHERE run = ?", [run])

    @contextmanager
    def _used(self) -> Iterator[None]:
        """The database for this thread alone, what is written to it as a whole."""
        with self._lock:
            try:
                with self._database:
                    yield
            except sqlite3.Error as error:
                raise faults.MachineError(faults.clause(self._path, error)) from None

    def _in_place(self) -> None:
        """See to it that what is written now is what others will find."""
        for path, was in self._files.items():
            if identity(path) != was:
                raise StoreError(
                    f"{path} was removed or replaced while a run wrote its results; what it held is lost. "
                    "Give the same command again"
                )

    def finished(self) -> dict[str, list[int]]:
        """The numbers of the runs that are whole, by assignment, the latest last."""
        found: dict[str, list[int]] = {}
        for name, run in self._rows("SELECT assignment, run FROM runs WHERE finished ORDER BY assignment, run"):
            found.setdefault(name, []).append(run)
        return found

    def students(self) -> list[str]:
        """The names of all students that some run has graded, in order."""
        return [name for (name,) in self._rows("SELECT DISTINCT student FROM graded ORDER BY student")]

    def reports(self, run: int, assignment: str) -> Iterator[tuple[Report, tuple[Key, ...]]]:
        """A run's reports on an assignment, in the order of the submissions, with the keys of their problems."""
        run_of = "FROM graded WHERE run = ? AND assignment = ?"
        (footer,) = self._rows("SELECT footer FROM runs WHERE run = ? AND assignment = ?", run, assignment)[0]
        for (position,) in self._rows(f"SELECT position {run_of} ORDER BY position", run, assignment):
            row = self._rows(f"SELECT student, notes, keys {run_of} AND position = ?", run, assignment, position)[0]
            keys = msgspec.json.decode(row[2], type=tuple[Key, ...])
            problems = tuple(result for key in keys if (result := self.find(key)) is not None)
            yield Report.of(row[0], problems, msgspec.json.decode(row[1]), msgspec.json.decode(footer)), keys

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._used():
            return self._database.execute(statement, values).fetchall()


def identity(path: Path) -> tuple[int, int] | None:
    """The device and number of the file that has this name now, if one has."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Holder(msgspec.Struct, frozen=True):
    process: int
    host: str
    since: str


class Lock:
    """The lock of a folder, held until it is closed: one process at a time writes there.

    It is the kernel's, on a file in the folder. So it is one lock by whatever name the folder is reached, and it goes
    with the process, however that ends. The file also says who holds it, for people: nothing is decided by that.

    Parameters
    ----------
    path : Path
        A file in the folder, made if need be. It stays: if it were removed, one process could lock the file that
        was there and another the one that is.

    Raises
    ------
    LockedError
        If it is held already, or its file system has no locks.
    SandboxError
        If the system has none.
    OSError
        If the file can't be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            import fcntl  # noqa: PLC0415  Unix's own, and this module is read on Windows too
        except ModuleNotFoundError:
            raise SandboxError(
                "classes can't be graded on this system: grade on Linux "
                "(`autograder check` works here, on one's own code)"
            ) from None
        # Not inherited by what is started meanwhile: a process that outlived the grader would go on holding it.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            holder = _Holder(os.getpid(), socket.gethostname(), datetime.now().astimezone().isoformat(" ", "seconds"))
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, msgspec.json.encode(holder) + b"\n", 0)
        except OSError as error:
            said = os.pread(self._descriptor, 1 << 12, 0)
            os.close(self._descriptor)
            # Some network file systems lock by a service that has its own words for "held".
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                raise LockedError(
                    f"{path.parent} is in use: {_who(said)} is at work there; wait for it to end"
                ) from None
            if error.errno in {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF}:
                raise LockedError(
                    f"{path.parent} is on a file system without locks ({error.strerror}), where two graders could "
                    "spoil each other's results; keep it on a disk of this machine"
                ) from None
            raise

    def close(self) -> None:
        """Let go of it."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _who(said: bytes) -> str:
    """The holder, as the file has it."""
    try:
        holder = msgspec.json.decode(said, type=_Holder)
    except msgspec.DecodeError:  # it has only just taken the lock
        return "another process"
    stopped = ""
    if holder.host == socket.gethostname() and _is_stopped(holder.process):
        stopped = f", which is stopped (`kill -CONT {holder.process}` has it go on)"
    return f"process {holder.process} on {holder.host}, begun {holder.since}{stopped},"


def _is_stopped(process: int) -> bool:
    """Tell whether a process of this machine was stopped, as by Ctrl-Z."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b") ")[2][:1] == b"T"
    except OSError:
        return False
