"""Staff's predicates, of ``expect.py`` and ``model.py``: their findings, and whose fault it is if one fails."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

import numpy as np

from autograder.authoring import Finding
from autograder.codes import PRECEDENCE, Code
from autograder.course.pages import CourseError, raised_in
from autograder.wire import Array

Arrays = Mapping[str, Array]
# A predicate, of the arrays alone; each call has a new generator of the same state.
Ask = Callable[[Arrays], Iterable[Finding]]

# Seconds for one call, which takes milliseconds: no student's values may stop a grader.
MOST_SECONDS = 60.0


class PredicateError(Exception):
    """A predicate has returned something other than findings."""


class EndlessError(Exception):
    """A predicate has not ended in time."""


# No value of an array can cause one of these, so the predicate is at fault.
_OURS = (NameError, AttributeError, ImportError, OSError, SystemExit, PredicateError)


def judged(ask: Ask, found: Arrays, expected: Arrays | None, called: str, folder: Path) -> list[Finding]:
    """Ask a predicate about a student's arrays; return its findings.

    If it fails, the fault is ours where it fails on the reference too, finds something wrong there, or nothing is known
    of the reference. Otherwise the student's values have caused it: values made to break a predicate earn nothing.

    Parameters
    ----------
    called : str
        The predicate in a message: a noun with its name.
    folder : Path
        The problem's folder; a message names the file and line in it.
    """
    try:
        return _findings(ask, found)
    except (Exception, SystemExit) as error:  # noqa: BLE001  staff's code, on a student's arrays
        why = f"{type(error).__name__}: {error}"
        if expected is None or _is_ours(error, found, expected) or not _accepts(ask, expected):
            where = raised_in(error, folder)
            return [Finding(Code.FAULTY_CHECK, "", f"{called} failed ({': '.join(filter(None, (where, why)))})")]
        message = f"what came back is too far off to be judged ({why}); print it and look at it"
        return [Finding(Code.STRUCTURE, "", message)]


def tried(ask: Ask, expected: Arrays, predicate: Callable[..., object], path: Path, about: str) -> None:
    """Try a predicate of a file on the reference, which it must accept.

    Raises
    ------
    CourseError
        If it fails, or finds anything wrong; the message names the subject, ``about``.
    """
    code = getattr(getattr(predicate, "func", predicate), "__code__", None)  # `func`: it may be a partial
    place = f"{path.name}, line {code.co_firstlineno}" if isinstance(code, CodeType) else path.name
    try:
        findings = _findings(ask, expected)
    except (Exception, SystemExit) as error:
        where = path.parent / (raised_in(error, path.parent) or place)
        raise CourseError(f"{where}: {type(error).__name__}: {error} (tried on the reference, for {about})") from error
    if findings:
        said = f"code {findings[0].code}, {findings[0].message}"
        raise CourseError(f"{path.parent / place}: it finds the reference wrong, for {about}: {said}")


def copied(arrays: Arrays) -> Arrays:
    """Copy arrays for a predicate, which may change them in place."""
    return {name: value.copy() for name, value in arrays.items()}


def _is_ours(error: BaseException, found: Arrays, expected: Arrays) -> bool:
    if isinstance(error, KeyError):
        return bool(error.args) and isinstance(error.args[0], str)  # staff name the arrays
    if isinstance(error, TypeError):
        return all(
            (found[name].shape, found[name].dtype) == (value.shape, value.dtype) for name, value in expected.items()
        )
    return isinstance(error, _OURS)


def _accepts(ask: Ask, expected: Arrays) -> bool:
    try:
        return not _findings(ask, expected)
    except (Exception, SystemExit):  # noqa: BLE001  staff's code
        return False


def _findings(ask: Ask, arrays: Arrays) -> list[Finding]:
    # Finite values can be so large that results of them are NaN, for which neither `loss > bound` nor
    # `loss <= bound` holds. `invalid="raise"` makes a predicate that hasn't thought of it fail, and pass nothing.
    with np.errstate(all="ignore", invalid="raise"), _time_limit(MOST_SECONDS):
        given = ask(copied(arrays))
        if not isinstance(given, Iterable):
            raise PredicateError(f"it gave a {type(given).__name__}; expected findings")
        findings = [*given]
    for one in findings:
        if not isinstance(one, Finding):
            raise PredicateError(f"it gave a {type(one).__name__}; expected findings")
        # Exact types: something else that equals a code could be stored, but not read again.
        if type(one.code) not in (int, Code) or one.code not in PRECEDENCE or not isinstance(one.message, str):
            raise PredicateError(f"it gave a finding of code {one.code!r}; expected a Code, and a text")
    return findings


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    raised = (ctypes.c_ulong(threading.get_ident()), ctypes.py_object(EndlessError))
    timer = threading.Timer(seconds, ctypes.pythonapi.PyThreadState_SetAsyncExc, raised)
    timer.daemon = True
    timer.start()
    try:
        yield
    except EndlessError as error:
        raise EndlessError(f"it has not ended after {seconds:g} s").with_traceback(error.__traceback__) from None
    finally:
        timer.cancel()
