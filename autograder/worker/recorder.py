"""A recorder of calls: the arguments that they change, narrow floats, and the sizes of arguments."""

from __future__ import annotations

import functools
import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from autograder.wire import MAX_SCALES, Array

WATCHED_ARRAYS = 16
WATCHED_BYTES = 1 << 23
MEASURED_CALLS = 32
# Types that are not wrapped, also if a student's class inherits from them: a probe computes with them.
VALUES = (tuple, list, dict, str, int, float, complex, np.ndarray, np.generic)
SHAPE = re.compile(r"^[ \t]*([\w, ]+?) : .*\bof shape \(([^()\n]*)\)", re.MULTILINE)


class Missing(NotImplementedError, AttributeError):
    """The implementation has no function of that name."""


class SkippedError(BaseException):
    """The check calls a function that was late before; the message names the check it was late in."""


class Watch:
    """Records the caller's arrays that a call changes, narrow floats, and, if ``measuring``, the sizes of arguments."""

    def __init__(self, *, measuring: bool = False, endless: Mapping[str, str] = MappingProxyType({})) -> None:
        # By identity, the oldest first: the array, the name of the function it was passed to, that, the argument.
        # Weak references: the past batches of a training loop take no time once neither side has them any more.
        self.arrays: dict[int, tuple[weakref.ref[Array], str, Callable[..., Any], int | str]] = {}
        self.changed: dict[str, None] = {}
        self.endless = endless
        # The functions that have come back, and the one that is being called.
        self.came_back: set[str] = set()
        self.inside = ""
        self.narrow = False
        self.left = MEASURED_CALLS if measuring else 0
        self.scales: dict[str, dict[float, None]] = {}

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function; compare all arrays that the caller has passed so far before and after."""
        if name in self.endless:
            raise SkippedError(self.endless[name])
        self.inside = name
        given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
        self.arrays = {key: record for key, record in self.arrays.items() if record[0]() is not None}
        for position, array in given:
            if isinstance(array, np.ndarray):
                self.narrow |= array.dtype.kind == "f" and array.dtype.itemsize < 8
                if id(array) not in self.arrays and array.nbytes <= WATCHED_BYTES:
                    if len(self.arrays) == WATCHED_ARRAYS:
                        del self.arrays[next(iter(self.arrays))]
                    self.arrays[id(array)] = weakref.ref(array), name, function, position
        if self.left:
            self.left -= 1
            self._measure(function, given)
        # Between calls the caller may change its own arrays, so their values when this call begins count.
        watched = [
            (array, given_to, owner, position)
            for reference, given_to, owner, position in self.arrays.values()
            if (array := reference()) is not None
        ]
        before = [array.tobytes() for array, *_ in watched]
        try:
            returned = function(*args, **kwargs)
            self.came_back.add(name)
            self.inside = ""
            return returned
        finally:
            for (array, given_to, owner, position), content in zip(watched, before, strict=True):
                if array.tobytes() != content:
                    self.changed[f"`{_parameter(owner, position)}` of `{given_to}`"] = None

    def _measure(self, function: Callable[..., Any], given: list[tuple[int | str, Any]]) -> None:
        letters = _letters(str(getattr(function, "__doc__", "")))
        for position, value in given:
            name = _parameter(function, position)
            measures: Iterable[tuple[object, object]] = ((name, value),)
            if type(value) is dict:
                measures = value.items()
            elif type(value) is np.ndarray:
                measures = zip(letters.get(name, ()), value.shape, strict=False)
            for symbol, number in measures:
                if len(self.scales) == MAX_SCALES:
                    return
                if type(symbol) is str and type(number) in (int, float) and symbol.isidentifier():
                    self.scales.setdefault(symbol, {})[number] = None  # type: ignore[index]  # exactly a number


@functools.cache
def _letters(docstring: str) -> Mapping[str, list[str]]:
    """Map parameters to sizes: ``x : ndarray of shape (N, d_in)`` gives ``{"x": ["N", "d_in"]}``."""
    return {
        name.strip(): [letter.strip() for letter in letters.split(",")]
        for names, letters in SHAPE.findall(docstring)
        for name in names.split(",")
    }


def _parameter(function: Callable[..., Any], position: int | str) -> str:
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if isinstance(position, str) or code is None:
        return str(position)
    names: tuple[str, ...] = code.co_varnames[hasattr(function, "__func__") : code.co_argcount]
    return names[position] if position < len(names) else str(position)


class Watched:
    """A module or an instance whose calls are recorded, and those of instances of its classes that it returns."""

    def __init__(self, target: Any, name: str, module: str, watch: Watch) -> None:
        object.__setattr__(self, "_watched", (target, name, module, watch))

    def __getattr__(self, name: str) -> Any:
        target, owner, module, watch = object.__getattribute__(self, "_watched")
        try:
            value = getattr(target, name)
        except AttributeError:
            if hasattr(type(target), name) or (isinstance(target, ModuleType) and name.startswith("__")):
                raise
            file = owner if owner.endswith(".ipynb") else f"{owner}.py"
            where = file if isinstance(target, ModuleType) else f"`{owner}`"
            raise Missing(f"{where} has no `{name}`") from None
        if not callable(value):
            return value

        def watched(*args: Any, **kwargs: Any) -> Any:
            result = watch.call(name, value, args, kwargs)
            if result is target:
                return self
            if type(result).__module__ == module and not isinstance(result, VALUES):
                return Watched(result, type(result).__name__, module, watch)
            return result

        return watched

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_watched")[0], name, value)
