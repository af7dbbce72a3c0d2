"""The store of a class's results, in SQLite: a batch can be killed at any moment and resumed, and nothing is run twice.

A result is filed under a key that follows from everything it depends on: the submission's files, and what
:mod:`autograder.gradebook.dependencies` says. A run is a list of who had which result. One process at a
time writes to a store (:mod:`autograder.gradebook.lock`); others may read it meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from autograder.expected import Answers, from_bytes, to_bytes
from autograder.gradebook import faults
from autograder.gradebook.dependencies import digest
from autograder.gradebook.lock import LOCK_FILE, Lock, LockedError
from autograder.report import ProblemReport, Report

STORE_FILE = "gradebook.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, files TEXT NOT NULL, problem TEXT NOT NULL, report BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS printed (key TEXT PRIMARY KEY, texts BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (problem TEXT PRIMARY KEY, answers BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, footer BLOB NOT NULL, finished INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS graded (
    run INTEGER NOT NULL, position INTEGER NOT NULL, student TEXT NOT NULL, notes BLOB NOT NULL, keys BLOB NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
"""


class StoreError(Exception):
    """The store can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Key:
    """What a result is filed under.

    Attributes
    ----------
    files : str
        Digest of the submission's files.
    problem : str
        Digest of everything else that the result depends on.
    pending : str
        Whose result it is that could not be judged; "" of one that was. It is filed apart, and so tried again.
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


class Store:
    """Results and runs in a file; safe to use from several threads.

    Parameters
    ----------
    path : Path
        The file, made if need be.
    writes : bool
        Hold the lock of its folder, and so be the only one that writes there.

    Raises
    ------
    StoreError
        If the file is no store, can't be written, or somebody else writes to it.
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
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._database.executescript(_SCHEMA)
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

    def answers(self, problem: str) -> Answers | None:
        """What the reference and the known mistakes give, for the digest of what that depends on."""
        with self._used():
            row = self._database.execute("SELECT answers FROM answers WHERE problem = ?", [problem]).fetchone()
        return from_bytes(row[0]) if row else None

    def keep_answers(self, problem: str, answers: Answers) -> None:
        """Keep the answers under that digest."""
        with self._used():
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", [problem, to_bytes(answers)])

    def begin(self, footer: Iterable[str]) -> int:
        """A new run's number; what runs cut short have left is cleared, but for their results."""
        with self._used():
            cut_short = "SELECT run FROM runs WHERE NOT finished"
            self._database.execute(f"DELETE FROM graded WHERE run IN ({cut_short})")  # noqa: S608  our own words
            cursor = self._database.execute(
                "INSERT INTO runs (footer) VALUES (?)", [msgspec.json.encode(tuple(footer))]
            )
            return int(cursor.lastrowid or 0)

    def find(self, key: Key) -> ProblemReport | None:
        """The result filed under a key."""
        with self._used():
            row = self._database.execute("SELECT report FROM results WHERE key = ?", [key.text]).fetchone()
        return msgspec.json.decode(row[0], type=ProblemReport) if row else None

    def keep_printed(self, key: Key, texts: Mapping[str, str]) -> None:
        """Keep what a module printed, by check, in place of what it printed before."""
        with self._used():
            self._database.execute("DELETE FROM printed WHERE key = ?", [key.text])
            if texts:
                self._database.execute("INSERT INTO printed VALUES (?, ?)", [key.text, msgspec.json.encode(texts)])

    def printed(self, key: Key) -> dict[str, str]:
        """What a module printed, by check."""
        with self._used():
            row = self._database.execute("SELECT texts FROM printed WHERE key = ?", [key.text]).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, str]) if row else {}

    def file(self, run: int, position: int, report: Report, keys: Iterable[Key]) -> None:
        """File a report: its results, and that this run's student at this position has them. All of it, or nothing."""
        keys = tuple(keys)
        with self._used():
            self._in_place()
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)",
                [
                    (key.text, key.files, key.problem, msgspec.json.encode(problem))
                    for key, problem in zip(keys, report.problems, strict=True)
                ],
            )
            self._database.execute(
                "INSERT OR REPLACE INTO graded VALUES (?, ?, ?, ?, ?)",
                [run, position, report.student, msgspec.json.encode(report.notes), msgspec.json.encode(keys)],
            )

    def finish(self, run: int, submissions: int) -> None:
        """Say that a run is whole: it has a report for each of so many submissions.

        Raises
        ------
        StoreError
            If it has not.
        """
        with self._used():
            self._in_place()
            self._database.execute("BEGIN IMMEDIATE")
            (filed,) = self._database.execute("SELECT COUNT(*) FROM graded WHERE run = ?", [run]).fetchone()
            if filed != submissions:
                raise StoreError(
                    f"{self._path} holds {filed} reports of this run, which graded {submissions} submissions: "
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

    def finished(self) -> list[int]:
        """The numbers of the runs that are whole, the latest last."""
        with self._used():
            rows = self._database.execute("SELECT run FROM runs WHERE finished ORDER BY run").fetchall()
        return [run for (run,) in rows]

    def latest(self) -> int:
        """The number of the latest whole run.

        Raises
        ------
        StoreError
            If there is none.
        """
        finished = self.finished()
        if not finished:
            raise StoreError("no run in this store has come to its end; grade the class first")
        return finished[-1]

    def reports(self, run: int) -> Iterator[tuple[Report, tuple[Key, ...]]]:
        """The reports of a run, in the order of the submissions, one at a time, with the keys of their problems."""
        with self._used():
            (footer,) = self._database.execute("SELECT footer FROM runs WHERE run = ?", [run]).fetchone()
            count = self._database.execute("SELECT MAX(position) + 1 FROM graded WHERE run = ?", [run]).fetchone()[0]
        for position in range(count or 0):
            with self._used():
                row = self._database.execute(
                    "SELECT student, notes, keys FROM graded WHERE run = ? AND position = ?", [run, position]
                ).fetchone()
            if row:
                student, notes, keys_text = row
                keys = msgspec.json.decode(keys_text, type=tuple[Key, ...])
                problems = tuple(found for key in keys if (found := self.find(key)) is not None)
                yield (
                    Report.of(student, problems, msgspec.json.decode(notes), msgspec.json.decode(footer)),
                    keys,
                )


def identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name now, if one has."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
