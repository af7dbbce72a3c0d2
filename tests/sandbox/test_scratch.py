"""What a run writes where the kernel does not bound it is looked at, and can't be hidden from the look."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autograder.sandbox import usage
from autograder.sandbox.usage import BLOCK_BYTES, exceeds_quota

MOST = 1 << 20
ME = os.getpid()


def test_what_is_within_bounds_is_left_alone(tmp_path):
    """Files and folders, some of them links that lead elsewhere."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(bytes(MOST // 2))
    (tmp_path / "a/link").symlink_to("/")

    assert not exceeds_quota(tmp_path, ME, MOST)


def test_too_many_bytes(tmp_path):
    """However deep they lie."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(bytes(MOST + 1))

    assert exceeds_quota(tmp_path, ME, MOST)


def test_a_sparse_file_takes_what_it_takes(tmp_path):
    """Its size is a number."""
    with (tmp_path / "file").open("wb") as file:
        file.truncate(MOST * 1000)

    assert not exceeds_quota(tmp_path, ME, MOST)


def test_too_many_files(tmp_path):
    """Empty ones, too."""
    for number in range(MOST // BLOCK_BYTES + 1):
        (tmp_path / str(number)).touch()

    assert exceeds_quota(tmp_path, ME, MOST)


@pytest.mark.parametrize("first", [FileNotFoundError, NotADirectoryError, PermissionError])
def test_what_is_never_there_when_it_is_looked_into(tmp_path, monkeypatch, first):
    """A folder that has another name by then, is no folder any more, or is closed."""
    (tmp_path / "a").mkdir()
    scandir = os.scandir

    def elsewhere(path):
        if Path(path) != tmp_path:
            raise first
        return scandir(path)

    monkeypatch.setattr(usage.os, "scandir", elsewhere)

    assert exceeds_quota(tmp_path, ME, MOST)


def test_what_is_gone_once_is_looked_for_again(tmp_path, monkeypatch):
    """Honest code takes folders away, too."""
    (tmp_path / "a").mkdir()
    scandir = os.scandir
    asked = []

    def elsewhere(path):
        asked.append(path)
        if len(asked) == 2:
            raise FileNotFoundError
        return scandir(path)

    monkeypatch.setattr(usage.os, "scandir", elsewhere)

    assert not exceeds_quota(tmp_path, ME, MOST)


@pytest.mark.skipif(sys.platform != "linux", reason="classes are graded on Linux")
def test_a_file_in_no_folder_takes_space(tmp_path):
    """As long as it is open."""
    with (tmp_path / "file").open("wb", buffering=0) as file:
        (tmp_path / "file").unlink()
        file.write(bytes(2 * MOST))

        assert exceeds_quota(tmp_path, ME, MOST)
    assert not exceeds_quota(tmp_path, ME, MOST)
