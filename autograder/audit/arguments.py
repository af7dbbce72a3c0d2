"""The arguments that probes pass to a reference's functions, recorded on many seeds, and thresholds among them."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

import numpy as np

from autograder.audit.overlay import Function, changes_of, replace

# Values that are kept of each argument.
MOST_VALUES = 200
# In decades: how far outside of all values a threshold is taken, and how much further extremes may get on other seeds.
AROUND, MARGIN = 0.6, 0.3
# On some seeds alone there are values beyond a threshold between the seeds' extremes. That tells nothing new of the
# entries of arrays. Of a number, such as a step size, it does if the extremes are so many decades apart.
WIDE = 1.0
# Thresholds on the way from the extremes to the median, a decade or more apart.
MOST_DECADES = 3
LOWER = frozenset(("0 below", "ignored below", "at least"))
UPPER = frozenset(("at most", "ignored above"))
# Outside of all values these do what the others do.
REPEATED = frozenset(("at least", "ignored above"))


@dataclass
class Argument:
    """The values of an argument: some of them, and by check and seed the logarithms of the least and largest size."""

    values: list[Any] = field(default_factory=list)
    extremes: dict[str, dict[int, tuple[float, float]]] = field(default_factory=dict)

    def add(self, check: str, seed: int, value: Any) -> None:
        """Record a value."""
        if len(self.values) < MOST_VALUES:
            self.values.append(value.copy() if isinstance(value, np.ndarray) else value)
        if not isinstance(value, str) and (sizes := _sizes(value)).size:
            # A number is one of few, and each check has others. Of an array's many entries every check has small ones.
            of_seeds = self.extremes.setdefault(check if isinstance(value, np.ndarray) else "", {})
            least, most = of_seeds.get(seed, (np.inf, -np.inf))
            of_seeds[seed] = min(least, float(np.log10(sizes.min()))), max(most, float(np.log10(sizes.max())))

    @property
    def typical(self) -> Any:
        """The most common text, or the median number."""
        if isinstance(self.values[0], str):
            return Counter(self.values).most_common(1)[0][0]
        return median_low([one for value in self.values for one in np.ravel(value).tolist()])

    @property
    def is_constant(self) -> bool:
        """It has values, and all are equal."""
        return bool(self.values) and all(np.array_equal(self.values[0], value) for value in self.values)

    def thresholds(self, change: str) -> list[float]:
        """List the thresholds of a change: inside of what every seed passes, and outside of what any seed passes."""
        if not self.extremes:
            return []
        # In decades, with the other sign for what lies above a threshold: so there is one case.
        sign, end = (1.0, 0) if change in LOWER else (-1.0, 1)
        extremes = [[sign * of_seed[end] for of_seed in check.values()] for check in self.extremes.values()]
        low, high = min(map(min, extremes)), max(map(max, extremes))
        inside = high + MARGIN
        sizes = np.concatenate([_sizes(value) for value in self.values])
        middle = sign * np.log10(np.median(sizes))
        decades = np.arange(np.ceil(inside), middle)
        asked = [inside, *decades[:: 1 + len(decades) // MOST_DECADES], max(inside, middle)]
        is_array, is_wide = isinstance(self.values[0], np.ndarray), max(map(np.ptp, extremes)) > WIDE
        is_label = is_array and (self.values[0].dtype.kind in "iu" or np.ptp(sizes) == 0)
        if change not in REPEATED and not is_label and not (is_array and is_wide):
            asked.append(low - AROUND)
        if is_wide and not is_array:
            asked.append((low + high) / 2)
        rounded = dict.fromkeys(float(f"{10 ** (sign * one):.0e}") for one in asked)
        # No whole number is below 1 but 0, which stays.
        return [one for one in rounded if one > 1 or not isinstance(self.values[0], int)]


def _sizes(value: Any) -> np.ndarray[Any, Any]:
    sizes = np.abs(np.ravel(np.asarray(value, dtype=float)))
    kept: np.ndarray[Any, Any] = sizes[(sizes > 0) & np.isfinite(sizes)]
    return kept


@dataclass
class Recording:
    """The calls of a reference's functions.

    Attributes
    ----------
    arguments : dict
        By function and parameter; the values of a dict under ``parameter.key``. Without values where none of them can
        be changed.
    calls : dict
        By function and seed, the number of calls.
    links : dict
        Arguments that another function has returned: function, parameter, the other, the position or -1 for the whole.
    """

    arguments: dict[tuple[str, str], Argument] = field(default_factory=dict)
    calls: dict[str, Counter[int]] = field(default_factory=dict)
    links: dict[tuple[str, str, str, int], None] = field(default_factory=dict)

    def listen(self, names: dict[str, Any], functions: Iterable[str], check: str, seed: int) -> None:
        """Record all calls of a module's functions from now on."""
        # By identity. The objects are kept, so that no other gets their identity.
        returned: dict[int, tuple[Any, str, int]] = {}

        def around(function: str, inner: Function) -> Function:
            signature = inspect.signature(inner)

            def call(*args: Any, **kwargs: Any) -> Any:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                self.calls.setdefault(function, Counter())[seed] += 1
                for name, value in bound.arguments.items():
                    if id(value) in returned:
                        self.links[function, name, *returned[id(value)][1:]] = None
                    for entry, each in _entries(name, value):
                        argument = self.arguments.setdefault((function, entry), Argument())
                        if changes_of(each):
                            argument.add(check, seed, each)
                answer = inner(*args, **kwargs)
                for position, part in enumerate(answer if type(answer) is tuple else ()):
                    returned[id(part)] = part, function, position
                returned[id(answer)] = answer, function, -1
                for shared in (None, True, False):
                    returned.pop(id(shared), None)
                return answer

            return call

        for function in functions:
            replace(names, function, lambda inner, function=function: around(function, inner))  # type: ignore[misc]

    def within(self, other: Recording) -> Recording:
        """Add another one, but only the arguments that are new there."""
        calls = {name: self.calls.get(name, Counter()) + each for name, each in other.calls.items()}
        return Recording({**other.arguments, **self.arguments}, {**self.calls, **calls}, {**self.links, **other.links})


def _entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if type(value) is dict:
        yield from ((f"{name}.{key}", each) for key, each in value.items())
    else:
        yield name, value
