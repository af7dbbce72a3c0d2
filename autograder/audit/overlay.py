"""One mistake laid over the functions of a loaded module: in what they make of an argument, or in what they remember.

A behavioural mutant is the reference's text with a call of :func:`lay` after it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Function = Callable[..., Any]
# (value, number, fallback) -> value: the number is a threshold or a count of decimals, the fallback a default.
Change = Callable[[Any, float, Any], Any]


# Grows by one with each float64 that has lost digits.
ROUNDED = [0]


def single(value: Any) -> Any:
    """Cast floats to float32, also those in tuples, lists and dicts."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(single, value))
    if isinstance(value, dict):
        return {name: single(each) for name, each in value.items()}
    is_wide = isinstance(value, (float, np.float64)) or (isinstance(value, np.ndarray) and value.dtype == np.float64)
    if not is_wide:
        return value
    ROUNDED[0] += not np.array_equal(np.float32(value), value)
    return np.float32(value)


def _raised(value: Any, least: float) -> Any:
    return type(value)(np.copysign(max(abs(value), least), value))


# By name, for arrays and for numbers. "Below" and "above" are meant of the absolute value.
OF_ARRAYS: Mapping[str, Change] = {
    "0 below": lambda x, t, _: np.where(np.abs(x) < t, np.zeros_like(x), x),
    "at most": lambda x, t, _: np.clip(x, -t, t).astype(x.dtype),
    "rounded to": lambda x, t, _: np.round(x, int(t)),
    "float32": lambda x, _, __: single(x),
    "always": lambda x, _, fallback: np.full_like(x, fallback),
}
OF_NUMBERS: Mapping[str, Change] = {
    "ignored below": lambda x, t, fallback: fallback if abs(x) < t else x,
    "ignored above": lambda x, t, fallback: fallback if abs(x) > t else x,
    "at least": lambda x, t, _: _raised(x, t),
    "at most": lambda x, t, _: type(x)(np.clip(x, -t, t)),
    "rounded to": lambda x, t, _: type(x)(round(x, int(t))),
    "float32": lambda x, _, __: single(x),
    "always": lambda _, __, fallback: fallback,
}
OF_TEXTS: Mapping[str, Change] = {"always": lambda _, __, fallback: fallback}


def changes_of(value: object) -> Mapping[str, Change]:
    """Return the changes that can be made to a value of this type, by name."""
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiu":
        return OF_ARRAYS
    if isinstance(value, str):
        return OF_TEXTS
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return OF_NUMBERS if is_number else {}


def lay(names: dict[str, Any], function: str, argument: str, change: str, number: float = 0, other: Any = None) -> None:
    """Replace a function or method of a module by one with a mistake.

    Parameters
    ----------
    names : dict
        The module's names.
    function : str
        ``function`` or ``Class.method``.
    argument : str
        The parameter's name, or ``parameter.key`` for the value of a dict. Empty where the answer is meant.
    change : str
        In what the function makes of the argument: a name of ``OF_ARRAYS`` or ``OF_NUMBERS``, ``number`` its threshold
        and ``other`` the fallback. In what it remembers: ``first``, the first call's argument or answer again;
        ``counted``, from this ``number`` of calls on the answer of the call before; ``last of``, in place of the
        argument what the function ``other`` has returned last, at the position ``number``, or whole for -1.
    """
    parameter, _, key = argument.partition(".")

    def changed(value: Any, memory: dict[str, Any]) -> Any:
        if change == "first":
            return memory.setdefault("argument", value)
        if change == "last of":
            return memory["last"]() if "last" in memory else value
        if key:
            return {**value, key: changes_of(value[key])[change](value[key], number, other)}
        return changes_of(value)[change](value, number, other) if change in changes_of(value) else value

    def around(inner: Function, memory: dict[str, Any]) -> Function:
        signature = inspect.signature(inner)

        def call(*args: Any, **kwargs: Any) -> Any:
            if not argument:
                memory["calls"] = memory.get("calls", 0) + 1
                if change == "first" and "answer" in memory:
                    return memory["answer"]
                before, memory["answer"] = memory.get("answer"), inner(*args, **kwargs)
                return before if change == "counted" and memory["calls"] > number else memory["answer"]
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            bound.arguments[parameter] = changed(bound.arguments[parameter], memory)
            return inner(*bound.args, **bound.kwargs)

        return call

    memory: dict[str, Any] = {}
    replace(names, function, lambda inner: around(inner, memory))
    if change == "last of":

        def keep(answer: Any) -> Any:
            memory["last"] = lambda: answer if number < 0 else answer[int(number)]
            return answer

        replace(names, other, lambda inner: lambda *args, **kwargs: keep(inner(*args, **kwargs)))


def replace(names: dict[str, Any], function: str, around: Callable[[Function], Function]) -> None:
    """Replace a function or method of a module by another one around it, wherever the module calls it by name."""
    owner, _, name = function.rpartition(".")
    inner = getattr(names[owner], name) if owner else names[name]
    outer = functools.wraps(inner)(around(inner))
    if owner:
        setattr(names[owner], name, outer)
    else:
        names[name] = outer
