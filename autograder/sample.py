"""A class to try the grader on, made of the course's own starters, references and specimens.

Each submission is named for what it is.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from autograder.problem import Problem
from autograder.starter import starter

Files = Mapping[str, bytes]


def write_sample_class(problems: Sequence[Problem], folder: Path) -> int:
    """Write the sample class as submissions into a folder; returns how many there are."""
    submissions = {**_by_specimen(problems), **_by_accident(problems)}
    for name, files in submissions.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / name / file).write_bytes(content)
    right = _references(problems)
    (folder / "all-right-zipped.zip").write_bytes(_zip(right))
    (folder / "all-right-wrapped.tar.gz").write_bytes(_tar(right))
    (folder / "climbs-out.zip").write_bytes(_zip({f"../{name}": content for name, content in right.items()}))
    return len(submissions) + 3


def _references(problems: Sequence[Problem]) -> dict[str, bytes]:
    return {problem.module_file: problem.reference.files[problem.module_file] for problem in problems}


def _by_specimen(problems: Sequence[Problem]) -> dict[str, dict[str, bytes]]:
    """One submission for each place in the lists of specimens: the first of every problem, the second, and so on."""
    right = _references(problems)
    submissions = {"all-right": right}
    for kind, name in (("accept", "right-but-different"), ("reject", "mistaken")):
        columns = [[(p.module_file, s.source.encode()) for s in p.specimens(kind)] for p in problems]
        for number, row in enumerate(zip_longest(*columns), 1):
            submissions[f"{name}-{number:02}"] = {**right, **dict(item for item in row if item)}
    return submissions


def _by_accident(problems: Sequence[Problem]) -> dict[str, dict[str, bytes]]:
    """What befalls a file rather than its mathematics."""
    right = _references(problems)
    empty = {problem.module_file: starter(problem).encode() for problem in problems}
    name = problems[0].module_file
    last = problems[-1].module_file
    text = right[name]
    return {
        "nothing-written": empty,
        "first-only": {**empty, name: text},
        "last-missing": {file: content for file, content in right.items() if file != last},
        "syntax-error": {**right, name: text + b"\ndef broken(:\n    pass\n"},
        "leaves-early": {**right, name: b"import os\n\nos._exit(0)\n"},
        "raises-on-import": {**right, name: text + b"\nprint(undefined_name)\n"},
        "not-utf8": {**right, name: text + "\n# déjà vu\n".encode("latin-1")},
        "imports-too-much": {**right, name: b"import pandas as pd\n" + text},
        "chatty": {**right, name: text + b"\nprint('hello from the module')\n"},
        "with-extras": {**right, "notes.txt": b"to do: sleep\n"},
    }


def _zip(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def _tar(files: Files) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"homework/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()
