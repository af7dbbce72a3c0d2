"""Coverage-guided fuzzing of what takes files out of an archive or a folder, and of what the grader makes of that.

In its ten minutes it tried 127,000 inputs. Before them it had found a zip with a nameless member, which was taken for a
fault of ours.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from autograder.gradebook import executors
from autograder.submissions import reading, selection, unpack
from autograder.submissions.selection import Submission
from autograder.submissions.unpack import Listing

PROBLEMS = (("line.py", "line.ipynb"), ("svm.py", "svm.ipynb"))
WANTED = {name for pair in PROBLEMS for name in pair}
BLOCK = 512
CHECKSUM = slice(148, 156)


class Files:
    """The grader, as a reader asks it: it hands over files."""

    def __init__(self, contents: list[bytes]) -> None:
        self.contents = contents

    def ask(self, question: bytes) -> tuple[bytes, int | None]:
        """A file by its number."""
        number = msgspec.msgpack.decode(question, type=int)
        if not self.contents[number]:
            return b"could not be read: not at all", None
        with tempfile.TemporaryFile() as file:
            file.write(self.contents[number])
            file.seek(0)
            return b"", os.dup(file.fileno())


def try_one(data: bytes) -> Submission:
    """Read a submission as a reader does, and take it as the grader does.

    The first byte says what the others are: an archive as it stands, a tar whose checksums are put right first, that
    tar in gzip, or the files of a folder.
    """
    kind, rest = data[:1], data[1:]
    if kind == b"f":
        parts = rest.split(b"\x1e")
        listed = tuple(
            (tuple(name.decode("utf-8", "replace").split("/")), "") for name in parts[::2] if all(name.split(b"/"))
        )
        found = read(Listing("ada", listed), [*parts[1::2], *(b"",) * len(listed)])
    else:
        content = {b"t": mended, b"g": lambda tar: gzip.compress(mended(tar), 1)}.get(kind, bytes)(rest)
        found = read(Listing("ada.zip"), [content or b"\0"])
    check(found)
    return found


def read(listing: Listing, contents: list[bytes]) -> Submission:
    """A submission, by both sides of the channel."""
    wish = msgspec.msgpack.encode(reading.Wish("ada", listing, PROBLEMS))
    parts: Iterator[bytes] = iter(reading.read({"wish": wish}, Files(contents)))
    return executors._taken("ada", parts, WANTED)


def mended(tar: bytes) -> bytes:
    """A tar with the right checksums, so that a fuzzer gets beyond them."""
    blocks = [bytearray(tar[at : at + BLOCK]) for at in range(0, len(tar), BLOCK)]
    for block in blocks:
        if len(block) == BLOCK and block[257:262] == b"ustar":
            block[CHECKSUM] = b"%06o\0 " % tarfile.calc_chksums(block)[0]
    return b"".join(blocks)


def check(found: Submission) -> None:
    """Assert what holds of every submission."""
    for sentence in (found.refused, *found.problems.values(), *found.extra):
        assert sentence.isprintable(), sentence
        assert len(sentence.encode()) < 1 << 16
    assert not (found.refused and found.files)
    assert found.problems.keys() <= WANTED
    assert all(len(content) <= unpack.limit(name) for name, content in found.files.items())
    # What was taken can be handed in again, and is then taken as it was.
    if WANTED & found.files.keys():
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in found.files.items():
                archive.writestr(name, content)
        again = read(Listing("ada.zip"), [stream.getvalue()])
        assert not again.refused
        # A notebook of another name is looked at more closely under its own.
        assert again.problems or dict(again.files) == dict(found.files), (again, found)


def begin() -> Iterator[tuple[str, bytes]]:
    """Inputs to begin with, by name."""
    files = {
        "line.py": b"import helper\n",
        "helper.py": b"x = 1\n",
        "a/line.ipynb": b'{"cells": "b.png"}',
        "b.png": b"p",
    }
    for method, name in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        yield f"zip-{name}", b"z" + stream.getvalue()
    for form, name in ((tarfile.USTAR_FORMAT, "ustar"), (tarfile.GNU_FORMAT, "gnu"), (tarfile.PAX_FORMAT, "pax")):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
            for path, content in (("line.py", b"x"), ("é" * 60, b"y")):
                member = tarfile.TarInfo(path)
                member.size = len(content)
                with suppress(ValueError):
                    archive.addfile(member, io.BytesIO(content))
        yield f"tar-{name}", b"t" + stream.getvalue()[:4096].rstrip(b"\0") + bytes(BLOCK)
        yield f"gzip-{name}", b"g" + stream.getvalue()[:4096].rstrip(b"\0") + bytes(BLOCK)
    yield "folder", b"f" + b"\x1e".join(part for path, content in files.items() for part in (path.encode(), content))


if __name__ == "__main__":
    from harness import fuzz

    fuzz(try_one, unpack, selection, reading, executors, tarfile, zipfile)
