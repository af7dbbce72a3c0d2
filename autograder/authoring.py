"""The names that a check page imports: ``check``, ``Finding`` and ``Code``. Student code can read this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from autograder.codes import Code

Probe = Callable[[Any, np.random.Generator], Mapping[str, object]]

DEFAULT_RTOL = 1e-8
DEFAULT_ATOL = 1e-9
MAX_FALSE_ALARM = 1e-6


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its code, the name of the value, and a sentence with the next step.

    ``cause`` is the place in the student's code where it failed: checks that fail there fail for one reason.
    """

    code: Code
    value: str
    message: str
    cause: str = ""


@dataclass(frozen=True)
class Check:
    """One named claim about an implementation, with points.

    Attributes
    ----------
    name, title : str
        The probe's name, which is the check's id, and the first paragraph of its docstring, which the student reads.
    points : float
        The points for passing, > 0.
    probe : callable
        ``probe(implementation, rng) -> {name: array}``.
    draws : int
        The number of independent draws of inputs on which the claim is tried, >= 1.
    expect : str or None
        The predicate of ``expect.py`` that judges; by default values are compared with the reference's.
    rtol, atol : float
        A value agrees when ``|found - expected| <= atol * max(1, max|expected|) + rtol * |expected|``.
    because : str
        The reason for a tolerance that is not the default.
    wall_seconds : float or None
        Time limit of one draw, seconds; None for the problem's.
    false_alarm : float
        The probability that a right implementation fails in one run, all draws together, at most 1e-6; the predicate is
        given it. 0 if nothing is random.
    needs : tuple of str
        Checks without whose result this one, if it fails too, is shown as not judged.
    at_home : bool
        Students' own checks include it. False if the right answer is the same on all draws, and would be handed out.
    strict : bool
        The shape or dtype is the lesson: a value that has another one is wrong, whatever its numbers are.
    of : str
        The part of a submission that is the implementation: ``"module"`` or ``"notebook"``.
    """

    name: str
    title: str
    points: float
    probe: Probe
    draws: int
    expect: str | None
    rtol: float
    atol: float
    because: str
    wall_seconds: float | None
    false_alarm: float
    needs: tuple[str, ...]
    at_home: bool
    strict: bool = False
    of: str = "module"


def check(
    *,
    points: float,
    draws: int = 3,
    expect: str | None = None,
    rtol: float = DEFAULT_RTOL,
    atol: float = DEFAULT_ATOL,
    because: str = "",
    wall_seconds: float | None = None,
    false_alarm: float = 0.0,
    needs: Sequence[str] = (),
    at_home: bool = True,
    strict: bool = False,
    of: str = "module",
) -> Callable[[Probe], Probe]:
    """Mark a probe as a check. The parameters are those of :class:`Check`.

    Raises
    ------
    ValueError
        If the probe has no docstring, a number is out of range, or a tolerance has no reason.
    """

    def mark(probe: Probe) -> Probe:
        name = probe.__name__
        title = " ".join((probe.__doc__ or "").strip().split("\n\n")[0].split())
        if not title:
            raise ValueError(f"check `{name}` has no docstring; write the sentence the student is to read")
        if points <= 0 or draws < 1 or (wall_seconds is not None and wall_seconds <= 0):
            raise ValueError(f"check `{name}`: points and wall_seconds must be > 0 and draws >= 1")
        if (rtol, atol) != (DEFAULT_RTOL, DEFAULT_ATOL) and not because:
            raise ValueError(f"check `{name}` sets a tolerance without saying why; add because=...")
        if not 0 <= false_alarm <= MAX_FALSE_ALARM or (false_alarm and not expect):
            raise ValueError(f"check `{name}`: false_alarm must be at most {MAX_FALSE_ALARM:g}, and needs expect=...")
        if isinstance(needs, str):
            raise ValueError(f"check `{name}`: needs is a tuple of checks' names; write needs=({needs!r},)")  # noqa: TRY004
        if of not in ("module", "notebook"):
            raise ValueError(f"check `{name}`: of is {of!r}; expected 'module' or 'notebook'")
        probe.__check__ = Check(  # type: ignore[attr-defined]
            name, title, float(points), probe, draws, expect, rtol, atol, because, wall_seconds, false_alarm,
            tuple(needs), at_home, strict, of,
        )  # fmt: skip
        return probe

    return mark


def checks_of(page: ModuleType) -> tuple[Check, ...]:
    """List the checks of a check page, in their order on the page."""
    found = (getattr(value, "__check__", None) for value in vars(page).values())
    return tuple(record for record in found if isinstance(record, Check))


def generator(draw_seed: int) -> np.random.Generator:
    """Make the generator of one draw's inputs, from :meth:`autograder.seed.Seed.of_draw`."""
    return np.random.default_rng(draw_seed)
