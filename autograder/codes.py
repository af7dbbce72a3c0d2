"""The numeric codes of verdicts: what each means, what to try, and which of several comes first."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Code(IntEnum):
    """The number of a verdict, the most severe first; :data:`MEANINGS` says what each means."""

    SUCCESS = 0
    # Faults of ours come before the student's.
    NO_SANDBOX = 3
    FAULTY_CHECK = 4
    FAULTY_GRADER = 5
    # Then what hides all other faults: nothing written, no end, no result, no comparable result.
    MISSING = 40
    DIED = 1
    RAISED = 2
    STRUCTURE = 50
    SHAPE = 52
    DTYPE = 51
    INPUT_CHANGED = 55
    DIVERGED = 61
    OFF_BY_ONE = 54
    VALUES = 53
    BAD_ON_TRAINING = 62
    BAD_ON_HELD_OUT = 63
    NOT_GOOD_ENOUGH = 60


PRECEDENCE = tuple(Code)[1:]
PAGE = "checks/codes.md"  # about them, in a released assignment
_PENDING = "Nothing on your side; its points are pending, neither earned nor lost. Tell the staff."


class Meaning(NamedTuple):
    """The words for a code: a name, what it means, and what a student can try."""

    name: str
    meaning: str
    advice: str


MEANINGS: dict[int, Meaning] = {
    Code.SUCCESS: Meaning("success", "Every value agrees.", "Nothing: this one is done."),
    Code.DIED: Meaning(
        "unknown test failure",
        "The process died without an exception: time limit, memory limit, killed, or os._exit.",
        "Look for a loop that never ends, an array far larger than it should be, or a call that ends the program.",
    ),
    Code.RAISED: Meaning(
        "unhandled exception",
        "Your code raised an exception.",
        "Read the lines of the traceback from the bottom up; print the shapes in the line that raised.",
    ),
    Code.NO_SANDBOX: Meaning(
        "fault of the autograder: sandbox",
        "The process that runs your code could not be started.",
        _PENDING,
    ),
    Code.FAULTY_CHECK: Meaning(
        "fault of the autograder: check",
        "The check itself, or the reference solution, failed.",
        _PENDING,
    ),
    Code.FAULTY_GRADER: Meaning(
        "fault of the autograder: other",
        "Something else of ours went wrong.",
        _PENDING,
    ),
    Code.MISSING: Meaning(
        "NotImplementedError",
        "The function is not written yet, or the file or the function is missing.",
        "Replace `raise NotImplementedError(...)` by your code; keep the names of the file and the functions.",
    ),
    Code.STRUCTURE: Meaning(
        "uncategorised, assertions",
        "What came back has the wrong structure (not an array, wrong number of returns, missing key), "
        "an assertion failed, or an import is not allowed.",
        "Compare what you return with the docstring: how many values, of which kind, under which names.",
    ),
    Code.DTYPE: Meaning(
        "wrong dtype",
        "A value has the wrong kind (int, bool or object for float), or fewer digits than the inputs call for.",
        "Look for integer division, np.zeros(..., dtype=int), a comparison kept as bool, a cast to float32.",
    ),
    Code.SHAPE: Meaning(
        "wrong shape",
        "A value has the wrong shape.",
        "Print .shape after each line; look at keepdims, reshape, transposes and the axis of a sum.",
    ),
    Code.VALUES: Meaning(
        "values differ",
        "A value differs from the right one beyond the tolerance.",
        "Work one small example by hand and compare term by term: signs, factors, sum or mean, which variable.",
    ),
    Code.OFF_BY_ONE: Meaning(
        "differ by exactly 1.0",
        "All wrong entries are off by exactly 1.0: labels, counts, rounding.",
        "Look for 0-based against 1-based labels, an inclusive end of a range, a one-hot in the wrong column.",
    ),
    Code.INPUT_CHANGED: Meaning(
        "an input was changed",
        "The caller's array is different after the call.",
        "Work on a copy (x.copy()); look for +=, -=, *= and x[mask] = ... on an argument.",
    ),
    Code.NOT_GOOD_ENOUGH: Meaning(
        "performance not good enough",
        "The performance or the converged loss of the trained model is not good enough.",
        "Check the gradients first; then whether every parameter is updated, in every epoch.",
    ),
    Code.DIVERGED: Meaning(
        "diverged",
        "NaN or infinity where there should be a number.",
        "Look for exp of a large number, log or division of 0, and a step in the wrong direction.",
    ),
    Code.BAD_ON_TRAINING: Meaning(
        "bad likelihood on training data",
        "The model has converged, but fits its own training data badly.",
        "Check the gradients and the labels: it learns something else than what it is tested on.",
    ),
    Code.BAD_ON_HELD_OUT: Meaning(
        "bad likelihood on held-out data",
        "The model fits its training data, but does badly on data it has not seen.",
        "Look at the initialisation and the regulariser, and at whatever depends on the batch it is given.",
    ),
}

FAULTS_OF_OURS = frozenset({Code.NO_SANDBOX, Code.FAULTY_CHECK, Code.FAULTY_GRADER})

# Codes of checks without a result, so that checks that need them can't be judged. A wrong value is a result.
WITHOUT_RESULT = frozenset({Code.MISSING, Code.DIED, Code.RAISED, Code.STRUCTURE, Code.SHAPE})


def most_severe(codes: Iterable[int]) -> Code:
    """Choose the code that stands for several: the first in PRECEDENCE, or 0 if none of them is a failure."""
    return min((Code(code) for code in codes if code != Code.SUCCESS), key=PRECEDENCE.index, default=Code.SUCCESS)
