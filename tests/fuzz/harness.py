"""Coverage-guided fuzzing, as all of these fuzzers have it.

It is no part of the tests, for it needs atheris, which is built on LLVM's libFuzzer and is no dependency of ours. In an
environment of its own, one of them for ten minutes, into a folder of what it finds:

    python -m venv build/fuzz && build/fuzz/bin/pip install atheris -e .[staff]
    mkdir -p build/corpus && build/fuzz/bin/python tests/fuzz/NAME.py -max_total_time=600 -timeout=5 \
        -rss_limit_mb=1024 -max_len=2048 -dict=tests/fuzz/NAME.dict build/corpus tests/fuzz/seeds/NAME

What each has found is in ``seeds``: the smallest inputs that reach all it has reached, made with ``-merge=1``. The
tests beside it replay them.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from autograder.notebook import grade
from autograder.notebook.checks import Judged, Rubric, rubric_of

SEEDS = Path(__file__).resolve().parent / "seeds"
_HOME = tempfile.TemporaryDirectory()
sys.path.append(str(SEEDS.parent.parent))

from graded_notebook import read_graded_problem  # noqa: E402  of the tests


def seeds(name: str) -> list[Path]:
    """The inputs that are kept for a fuzzer, in the order of their names."""
    return sorted((SEEDS / name).iterdir())


def parted(data: bytes) -> list[bytes]:
    """An input parted at a mark: a fuzzer that is to have several texts finds it soon."""
    return data.split(b"\x1e")


@functools.cache
def rubric() -> Rubric:
    """The notebook of the small course."""
    found = rubric_of(read_graded_problem(Path(_HOME.name) / "course"))
    return replace(found, problem=replace(found.problem, files=replace(found.problem.files, given=())))


def check_judged(found: Judged) -> None:
    """Assert of all that is found of a notebook that the grader takes it, and that a report can be made of it."""
    said = b"".join(grade._bounded(iter([msgspec.msgpack.encode(found)])))
    taken = grade._checked(rubric(), msgspec.msgpack.decode(said, type=Judged))
    for findings in taken.findings.values():
        for finding in findings:
            finding.message.encode()


def fuzz(try_one: Callable[[bytes], object], *modules: ModuleType) -> None:
    """Try inputs until the time is over, led by what they reach in these modules."""
    import atheris

    for function in {id(one): one for module in modules for one in _functions(vars(module), module.__name__)}.values():
        atheris.instrument_func(function)
    # What it merges with is a shell's command line.
    atheris.Setup([f"{sys.executable} {sys.argv[0]}", *sys.argv[1:]], try_one)
    atheris.Fuzz()


def _functions(names: dict[str, Any], module: str) -> Iterator[FunctionType]:
    """The functions and methods that a module defines."""
    for value in [*names.values()]:
        inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
        if isinstance(inner, FunctionType) and inner.__module__ == module:
            yield inner
        elif isinstance(value, type) and value.__module__ == module:
            yield from _functions(dict(vars(value)), module)
