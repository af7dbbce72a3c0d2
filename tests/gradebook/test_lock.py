"""One folder of results, one grader: a second is refused, and what ends the first leaves no lock behind."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autograder.gradebook.export import export
from autograder.gradebook.store import LOCK_FILE, STORE_FILE, Key, Store, StoreError, locked
from autograder.report import ProblemReport, Report

# Holds the store in a folder, says so, and waits to be told to end.
HOLDER = """
import sys
from pathlib import Path
from autograder.gradebook.store import Store, StoreError
try:
    with Store(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
except StoreError as error:
    print(error, flush=True)
"""


def grader(path):
    """Another process that opens the store to write to it; its first line says whether it may."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


KEY = Key("the files", "the problem")


def report_of(student):
    """A report on one problem, without checks."""
    return Report.of(student, (ProblemReport.of("lines/line", ()),))


@pytest.fixture
def held(tmp_path):
    """A store that another process holds."""
    with grader(tmp_path / "out" / STORE_FILE) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_grader_is_told_who_the_first_is(held, tmp_path):
    """Its number, its machine, since when; and what to do."""
    with pytest.raises(StoreError) as refused:
        Store(tmp_path / "out" / STORE_FILE)

    said = str(refused.value)
    assert said.startswith(f"{tmp_path / 'out'} is in use: process {held.pid} on {os.uname().nodename}, begun 20")
    assert said.endswith("; wait for it to end")


@pytest.mark.parametrize("name", ["relative", "link", "dots"])
def test_another_name_is_no_other_folder(held, tmp_path, monkeypatch, name):
    """However the folder is reached, it is one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("out")
    path = {"relative": Path("out"), "link": tmp_path / "link", "dots": tmp_path / "out/../out"}[name]

    with pytest.raises(StoreError, match="is in use"):
        Store(path / STORE_FILE)


def test_a_second_thread_is_a_second_grader(tmp_path):
    """Both could write otherwise."""
    said = []

    def second():
        try:
            Store(tmp_path / STORE_FILE)
        except StoreError as error:
            said.append(str(error))

    with Store(tmp_path / STORE_FILE):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    assert len(said) == 1
    assert f"process {os.getpid()} " in said[0]
    Store(tmp_path / STORE_FILE).__exit__(None, None, None)


def test_of_several_that_begin_at_once_one_may(tmp_path):
    """Whichever it is."""
    many = [grader(tmp_path / "out" / STORE_FILE) for _ in range(6)]
    first = [process.stdout.readline() for process in many]
    for process in many:
        process.communicate("")

    assert first.count("held\n") == 1
    assert sum("is in use" in line for line in first) == 5


def test_a_grader_that_was_killed_holds_nothing(held, tmp_path):
    """The next goes on at once."""
    held.send_signal(signal.SIGKILL)
    held.wait()

    with Store(tmp_path / "out" / STORE_FILE) as store:
        assert store.finished() == {}


def test_a_grader_that_was_stopped_holds_it(held, tmp_path):
    """It will go on one day."""
    held.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, held.pid, os.WSTOPPED | os.WNOWAIT)

    with pytest.raises(StoreError, match="is in use"):
        Store(tmp_path / "out" / STORE_FILE)


def test_what_a_grader_starts_does_not_hold_it(tmp_path):
    """A process that outlives the command would go on holding the lock."""
    with Store(tmp_path / STORE_FILE):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        Store(tmp_path / STORE_FILE).__exit__(None, None, None)
    finally:
        child.kill()
        child.wait()


def test_who_only_reads_waits_for_nobody(held, tmp_path):
    """`diff` and `output` work while a class is graded; `export` writes, and is refused."""
    with Store.existing(tmp_path / "out" / STORE_FILE) as store:
        assert store.finished() == {}
    with pytest.raises(StoreError, match="is in use"):
        export(tmp_path / "out")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF])
def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch, number):
    """Nothing would keep two graders apart there."""

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)

    with pytest.raises(StoreError, match=r"can't be locked .*: keep it on a local disk"):
        Store(tmp_path / STORE_FILE)


def test_words_that_are_not_there_yet_are_no_matter(tmp_path):
    """Who has only just taken the lock has not said who it is."""
    with locked(tmp_path / LOCK_FILE):
        (tmp_path / LOCK_FILE).write_text("")
        with pytest.raises(StoreError, match="in use: another process"), locked(tmp_path / LOCK_FILE):
            pass
