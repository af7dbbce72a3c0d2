"""Staff's predicates: what one finds of a student's arrays, and whose fault it is where it fails.

A check names a function of ``expect.py``, and a problem's ``model.py`` judges what the notebook trains. Both are asked
here, and nowhere else, so that one rule decides for both. Before a class is graded each is tried on the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from autograder import codes
from autograder.compare import Finding
from autograder.course.pages import CourseError, raised_in
from autograder.wire import Array

Arrays = Mapping[str, Array]
# Staff's function with all that it wants but the arrays; each time with a new generator of the same state.
Ask = Callable[[Arrays], Iterable[Finding]]


class PredicateError(Exception):
    """A predicate has given what is no finding."""


# No value of a plain array can cause one of these: they are ours, whatever becomes of the reference's.
_OURS = (NameError, AttributeError, ImportError, OSError, PredicateError)


def judged(ask: Ask, found: Arrays, right: Arrays | None, called: str, folder: Path) -> list[Finding]:
    """What a predicate finds of a student's arrays.

    Where it fails, it is tried on the reference's. If it fails there too, or finds something wrong with them, the fault
    is ours. Otherwise the student's values have tripped it, and they are wrong: values made to trip it earn nothing.

    Parameters
    ----------
    ask : callable
        The predicate, of the arrays alone.
    right : mapping of str to ndarray, or None
        The reference's arrays; None where nobody knows them, and a failure is taken for ours.
    called : str
        What a message calls the predicate: a noun with its name.
    folder : Path
        The problem's, whose file and line a message names.
    """
    try:
        return _findings(ask, found)
    except Exception as error:  # noqa: BLE001  staff's code, on a student's arrays
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, _OURS) or right is None or not _holds(ask, right):
            where = raised_in(error, folder)
            return [Finding(codes.FAULTY_CHECK, "", f"{called} failed ({f'{where}: ' if where else ''}{why})")]
        message = f"what came back is too far off to be judged ({why}); print it and look at it"
        return [Finding(codes.STRUCTURE, "", message)]


def tried(ask: Ask, right: Arrays, predicate: Callable[..., object], path: Path, about: str) -> None:
    """Try a predicate on the reference, which it must accept.

    Parameters
    ----------
    predicate : callable
        The function itself, whose line a message names.
    path : Path
        The file it is in.
    about : str
        What it judges: ``the check `rooted` ``.

    Raises
    ------
    CourseError
        If it fails, or finds anything wrong.
    """
    try:
        findings = _findings(ask, right)
    except Exception as error:
        where = raised_in(error, path.parent) or path.name
        why = f"{type(error).__name__}: {error}"
        raise CourseError(f"{path.parent / where}: {why} (tried on the reference, for {about})") from error
    if findings:
        code = getattr(getattr(predicate, "func", predicate), "__code__", None)  # of a partial, what it is of
        line = f", line {code.co_firstlineno}" if code else ""
        said = f"code {findings[0].code}, {findings[0].message}"
        raise CourseError(f"{path}{line}: it finds the reference wrong, for {about}: {said}")


def _holds(ask: Ask, right: Arrays) -> bool:
    """Whether a predicate accepts the reference."""
    try:
        return not _findings(ask, right)
    except Exception:  # noqa: BLE001  staff's code
        return False


def _findings(ask: Ask, arrays: Arrays) -> list[Finding]:
    """What a predicate finds.

    Finite values can be so large that what is recomputed from them is NaN, for which neither ``loss > bound`` nor
    ``loss <= bound`` holds. A predicate that has not thought of it fails here, and passes nothing.
    """
    with np.errstate(all="ignore", invalid="raise"):
        given = ask(arrays)
        if not isinstance(given, Iterable):
            raise PredicateError(f"it gave a {type(given).__name__}; expected findings")
        findings = [*given]
    for one in findings:
        if not isinstance(one, Finding):
            raise PredicateError(f"it gave a {type(one).__name__}; expected findings")
        if one.code not in codes.PRECEDENCE or not isinstance(one.message, str):
            raise PredicateError(f"it gave a finding of code {one.code!r}; expected one of docs/results.md, and a text")
    return findings
