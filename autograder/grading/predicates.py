"""Staff's predicates: what one finds of a student's arrays, and whose fault it is where it fails.

A check names a function of ``expect.py``, and a problem's ``model.py`` judges what the notebook trains. Both are asked
here, and nowhere else, so that one rule decides for both. Before a class is graded each is tried on the reference.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

import numpy as np

from autograder import codes
from autograder.authoring import Finding
from autograder.codes import Code
from autograder.course.pages import CourseError, raised_in
from autograder.wire import Array

Arrays = Mapping[str, Array]
# Staff's function with all that it wants but the arrays; each time with a new generator of the same state.
Ask = Callable[[Arrays], Iterable[Finding]]


# Of one predicate on one draw: it takes milliseconds, and on nobody's values may it hold a grader for good.
MOST_SECONDS = 60.0


class PredicateError(Exception):
    """A predicate has given what is no finding."""


class EndlessError(Exception):
    """A predicate has not ended in time."""


# No value of a plain array can cause one of these: they are ours, whatever becomes of the reference's.
_OURS = (NameError, AttributeError, ImportError, OSError, SystemExit, PredicateError)


def judged(ask: Ask, found: Arrays, right: Arrays | None, called: str, folder: Path) -> list[Finding]:
    """The finding of a predicate on a student's arrays.

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
    except (Exception, SystemExit) as error:  # noqa: BLE001  staff's code, on a student's arrays
        why = f"{type(error).__name__}: {error}"
        if right is None or _is_ours(error, found, right) or not _holds(ask, right):
            where = raised_in(error, folder)
            return [Finding(Code.FAULTY_CHECK, "", f"{called} failed ({f'{where}: ' if where else ''}{why})")]
        message = f"what came back is too far off to be judged ({why}); print it and look at it"
        return [Finding(Code.STRUCTURE, "", message)]


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
    except (Exception, SystemExit) as error:
        where = raised_in(error, path.parent) or f"{path.name}{_line(predicate)}"
        why = f"{type(error).__name__}: {error}"
        raise CourseError(f"{path.parent / where}: {why} (tried on the reference, for {about})") from error
    if findings:
        said = f"code {findings[0].code}, {findings[0].message}"
        raise CourseError(f"{path}{_line(predicate)}: it finds the reference wrong, for {about}: {said}")


def copied(arrays: Arrays) -> Arrays:
    """Arrays for a predicate: one that changes them in place does so for itself alone."""
    return {name: value.copy() for name, value in arrays.items()}


def _line(predicate: Callable[..., object]) -> str:
    """Where a function begins, as the end of a place in its file."""
    code = getattr(getattr(predicate, "func", predicate), "__code__", None)  # of a partial, what it is of
    return f", line {code.co_firstlineno}" if isinstance(code, CodeType) else ""


def _is_ours(error: BaseException, found: Arrays, right: Arrays) -> bool:
    """Tell whether no student's value can have caused an exception: staff's code has a slip where it was not tried.

    Arrays are named by staff, so a name that isn't there is theirs. What has the wrong type is, too, where the arrays
    are of the reference's shapes and dtypes.
    """
    if isinstance(error, _OURS) or (isinstance(error, KeyError) and error.args and isinstance(error.args[0], str)):
        return True
    return isinstance(error, TypeError) and all(
        (found[name].shape, found[name].dtype) == (value.shape, value.dtype) for name, value in right.items()
    )


def _holds(ask: Ask, right: Arrays) -> bool:
    """Tell whether a predicate accepts the reference."""
    try:
        return not _findings(ask, right)
    except (Exception, SystemExit):  # noqa: BLE001  staff's code
        return False


def _findings(ask: Ask, arrays: Arrays) -> list[Finding]:
    """The finding of a predicate.

    Finite values can be so large that what is recomputed from them is NaN, for which neither ``loss > bound`` nor
    ``loss <= bound`` holds. A predicate that has not thought of it fails here, and passes nothing.
    """
    with np.errstate(all="ignore", invalid="raise"), _in_time(MOST_SECONDS):
        given = ask(copied(arrays))
        if not isinstance(given, Iterable):
            raise PredicateError(f"it gave a {type(given).__name__}; expected findings")
        findings = [*given]
    for one in findings:
        if not isinstance(one, Finding):
            raise PredicateError(f"it gave a {type(one).__name__}; expected findings")
        # Exactly: what is equal to a code and no int would be filed, and could not be read again.
        if type(one.code) not in (int, Code) or one.code not in codes.PRECEDENCE or not isinstance(one.message, str):
            raise PredicateError(f"it gave a finding of code {one.code!r}; expected one of docs/results.md, and a text")
    return findings


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    """Give a block so many seconds; after them it is ended where it is, by an exception."""
    thread, lock, done = ctypes.c_ulong(threading.get_ident()), threading.Lock(), False

    def end() -> None:
        with lock:
            if not done:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(EndlessError))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except EndlessError as error:
        raise EndlessError(f"it has not ended after {seconds:g} s").with_traceback(error.__traceback__) from None
    finally:
        with lock:
            done = True
        timer.cancel()
