"""Behavioural mutants: the reference with one mistake in what its functions make of an argument, or remember.

They are made by program, of three kinds. *Domain*: an argument is ignored, clipped, rounded, cast to float32, or
replaced by its default. *State*: a function remembers a call. *float32*: one use of a name in a region is a float32
copy. Thresholds follow from the values that probes really pass, so that a gap shows which the draws leave.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from statistics import median_low
from typing import Any

import numpy as np

from autograder.audit.arguments import LOWER, UPPER, Argument, Recording
from autograder.audit.mutants import Mutant, mutant_of
from autograder.audit.overlay import changes_of
from autograder.release.starter import regions

OPERATORS = ("domain", "state", "float32")
OVERLAY = "\n\nfrom autograder.audit.overlay import lay, single\n"
DECIMALS = (0.0, 2.0)


def functions_of(text: str, where: str) -> dict[str, ast.FunctionDef]:
    """List the functions and methods with a region in them, which students write, by ``name`` or ``Class.name``."""
    firsts = [first for first, _ in regions(text, where)]
    nodes: dict[str, ast.stmt] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            nodes |= {f"{node.name}.{each.name}": each for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            nodes[node.name] = node
    return {
        name: node
        for name, node in nodes.items()
        if isinstance(node, ast.FunctionDef) and any(node.lineno <= first <= (node.end_lineno or 0) for first in firsts)
    }


def behavioural(text: str, where: str, recording: Recording) -> list[Mutant]:
    """Make the behavioural mutants of a reference's text."""
    functions = functions_of(text, where)

    def laid(operator: str, function: str, what: str, said: str, *arguments: object) -> Mutant:
        call = f"lay(globals(), {function!r}, {', '.join(map(repr, arguments))})\n"
        return Mutant(operator, functions[function].lineno, f"{what} of {function}", said, text + OVERLAY + call)

    domain = [
        laid("domain", function, name, said, name, change, number, fallback)
        for (function, name), argument in recording.arguments.items()
        for said, change, number, fallback in _domain(argument, _default(functions[function], name))
    ]
    state = [
        laid("state", function, name, "of the first call", name, "first")
        for function, name in dict.fromkeys((one, name.partition(".")[0]) for one, name in recording.arguments)
        if not recording.arguments.get((function, name), Argument()).is_constant
    ]
    state += [
        laid(
            "state",
            function,
            name,
            f"the last of {other}{f'[{position}]' * (position >= 0)}",
            name,
            "last of",
            position,
            other,
        )
        for function, name, other, position in recording.links
    ]
    for function, calls in recording.calls.items():
        half = median_low(calls.values()) // 2
        state.append(laid("state", function, "answer", "of the first call", "", "first"))
        state.append(laid("state", function, "answer", f"of the call before, after {half}", "", "counted", half))
    return [*domain, *state, *_copies(text, where)]


def _domain(argument: Argument, default: Any) -> Iterator[tuple[str, str, float, Any]]:
    if not argument.values:
        return
    fallback = argument.typical if default is None else default
    for change, make in changes_of(argument.values[0]).items():
        is_threshold = change in LOWER | UPPER
        for number in argument.thresholds(change) if is_threshold else DECIMALS if change == "rounded to" else (0.0,):
            # What does nothing with any value is not a mistake; beyond a threshold it may be one on other values.
            if is_threshold or not all(_same(value, make(value, number, fallback)) for value in argument.values):
                said = {"float32": change, "always": f"always {fallback!r}"}.get(change, f"{change} {number:g}")
                yield said, change, number, fallback


def _same(value: Any, other: Any) -> bool:
    return bool(np.array_equal(value, other))


def _default(function: ast.FunctionDef, name: str) -> Any:
    """Return the default of a parameter if it is a literal, or None."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)]
    for parameter, default in [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
        if parameter.arg == name and default is not None:
            try:
                return ast.literal_eval(default)
            except ValueError:
                return None
    return None


def _copies(text: str, where: str) -> Iterator[Mutant]:
    """Yield mutants with a float32 copy in the place of one use of a name of a function's own."""
    spans = regions(text, where)
    lines = text.encode().splitlines(keepends=True)
    for function in functions_of(text, where).values():
        # What is called, and what only the size is asked of, is not computed with.
        sizes = [node.value for node in ast.walk(function) if isinstance(node, ast.Attribute) and node.attr == "shape"]
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        sizes += [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "len"]
        unread = {id(node) for node in [*sizes, *(call.func for call in calls)]}
        own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
        uses = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        own |= {node.id for node in uses if isinstance(node.ctx, ast.Store)}
        for node in sorted(uses, key=lambda node: (node.lineno, node.col_offset)):
            is_inside = any(first <= node.lineno <= last for first, last in spans)
            is_read = isinstance(node.ctx, ast.Load) and id(node) not in unread
            if is_inside and is_read and node.id in own - {"self"}:
                n, line = node.lineno - 1, lines[node.lineno - 1]
                copy = f"single({node.id})".encode()
                changed = [*lines[:n], line[: node.col_offset] + copy + line[node.end_col_offset :], *lines[n + 1 :]]
                mutant = mutant_of("float32", text, b"".join(changed).decode())
                yield replace(mutant, source=mutant.source + OVERLAY)
