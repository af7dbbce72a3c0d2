"""Margins: the distance of right values from failing, and of wrong values from passing, in units of the tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from autograder.audit.parallel import Parallel
from autograder.audit.trials import Distances, Spread, distances, farthest
from autograder.authoring import Check
from autograder.course.problem import Implementation, Problem
from autograder.expected import Observe, by_draw

# A tolerance is good if it could be this many times larger or smaller.
WIDE = 10.0
# A killed mutant may leave a value right: a smaller distance is rounding, and not wrong there.
ROUNDING = 1e-3

# Code appended to an implementation: it converts every float that a probe passes to float32, but not in inner calls.
_NARROW = """

def _narrowed(function):
    import functools
    import numpy

    def narrow(value):
        is_wide = isinstance(value, numpy.ndarray) and value.dtype == numpy.float64
        return value.astype(numpy.float32) if is_wide else value

    @functools.wraps(function)
    def call(*args, **kwargs):
        if _calls:
            return function(*args, **kwargs)
        _calls.append(function)
        try:
            return function(*map(narrow, args), **{name: narrow(value) for name, value in kwargs.items()})
        finally:
            _calls.clear()

    return call


_calls = []
for _owner in [globals(), *(each for each in list(globals().values()) if isinstance(each, type))]:
    for _name, _value in list((_owner if isinstance(_owner, dict) else vars(_owner)).items()):
        if type(_value) is type(_narrowed) and _value.__module__ == __name__ and not _name.startswith("_"):
            if isinstance(_owner, dict):
                _owner[_name] = _narrowed(_value)
            elif _owner.__module__ == __name__:
                setattr(_owner, _name, _narrowed(_value))
"""


class Margin(msgspec.Struct, frozen=True):
    """The room on both sides of a value's tolerance.

    Attributes
    ----------
    check, value : str
        The names.
    inputs : str
        ``float64``, as the probe draws them, or ``float32``.
    spread, widest : float, str
        The largest distance of a right value from the reference's, in tolerances, and the implementation's name.
    nearest, closest : float, str
        The least distance of a wrong value from the reference's, in tolerances, and the implementation's name.
    proposal : str
        The remedy for a narrow margin, with the reason; empty where both sides are wide.
    """

    check: str
    value: str
    inputs: str
    spread: float
    widest: str
    nearest: float
    closest: str
    proposal: str


def margins(
    problem: Problem,
    right: Spread,
    narrow: Spread,
    wrong: Iterable[tuple[str, Distances]],
) -> list[Margin]:
    """Compute the margins of every value that a check compares.

    Parameters
    ----------
    right, narrow : mapping
        The largest distances of right values, and whose they are, with the probes' inputs and with float32.
    wrong : iterable of (str, mapping)
        The distances of wrong values, by name.
    """
    nearest: dict[tuple[str, str, int], tuple[float, str]] = {}
    for name, each in wrong:
        for (check, value), units in each.items():
            for kind, unit in enumerate(units):
                key = check, value, kind
                if units[0] > ROUNDING and unit < nearest.get(key, (float("inf"), ""))[0]:
                    nearest[key] = unit, name
    checks = {check.name: check for check in problem.checks}
    found = []
    for kind, (inputs, spreads) in enumerate((("float64", right), ("float32", narrow))):
        for (check, value), (spread, _, widest) in spreads.items():
            near, closest = nearest.get((check, value, kind), (float("inf"), ""))
            found.append(
                Margin(
                    check, value, inputs, spread, widest, near, closest, _proposal(checks[check], spread, near, inputs)
                )
            )
    return found


def _proposal(check: Check, spread: float, nearest: float, inputs: str) -> str:
    if spread <= 1 / WIDE and nearest >= WIDE:
        return ""
    least = max(spread, ROUNDING)
    said = f"right values get to {spread:.2g} tolerances, wrong ones to {nearest:.2g}"
    if nearest < least * WIDE**2:
        return f"{said}: no tolerance leaves {WIDE:g} times on both sides; draw other inputs, or say because=..."
    factor = (least * nearest) ** 0.5 if nearest < float("inf") else least * WIDE
    if inputs == "float32":
        return f"{said}: before this check draws float32, its tolerance must be {factor:.2g} times float32's"
    return f"{said}: rtol={check.rtol * factor:.0e}, atol={check.atol * factor:.0e} leaves both the same room"


def narrowed(observe: Observe, problem: Problem, right: Mapping[str, Implementation], parallel: Parallel) -> Spread:
    """Measure right values' distances from the reference on float32 inputs; none where the reference raises."""
    runs = parallel.each(
        "float32", lambda one: observe(problem, _narrow(problem, one), problem.seed, None), right.values()
    )
    seen = dict(zip(right, runs, strict=True))
    answers = {key: each for key, each in by_draw(seen["the reference"]).items() if each.ending == "returned"}
    found = ((name, distances(problem, each, answers)) for name, each in seen.items())
    return farthest((name, {key: (narrow, narrow) for key, (_, narrow) in each.items()}) for name, each in found)


def _narrow(problem: Problem, implementation: Implementation) -> Implementation:
    return problem.implementation(implementation.files[problem.module_file].decode() + _NARROW)
