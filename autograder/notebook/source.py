"""The source of a cell: its statements without their style, and the names that it binds and reads."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from typing import NamedTuple

# A longer cell is not parsed.
MAX_PARSED_CHARACTERS = 20_000

# Magics, shell commands and help; each becomes a call, so that a cell can be parsed.
_HELP = r"\?{0,2}[A-Za-z_%][\w.*%]*\?{1,2}|\?{1,2}[A-Za-z_%][\w.*%]*"
_MAGIC = re.compile(rf"\A(\s*(?:\w[\w, ]*=\s*)?)([%!].*|{_HELP})\Z")
# Timing a given cell doesn't change it.
_TIMED = re.compile(r"%%time\Z")
_GAP = "raise NotImplementedError("
# Raised by Python, by version, over bad syntax, deep nesting and numbers with too many digits.
_UNPARSED = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, SystemError)


class Statement(NamedTuple):
    """One statement of a cell: the name it defines, or ""; its syntax tree as text, without docstrings; and its line.

    A gap is, or holds, a place to be filled.
    """

    name: str
    dump: str
    gap: bool
    line: int


def lines_of(source: str) -> tuple[str, ...]:
    """Split a cell of code into lines, without blank ones and trailing space; magics as they are typed."""
    lines = [text for line in source.splitlines() if (text := line.rstrip().expandtabs(4))]
    return tuple(lines[1:] if lines and _TIMED.match(lines[0]) else lines)


def statements(source: str) -> tuple[ast.stmt, ...] | None:
    """Parse a cell, a magic being a call of ``__magic__``; None if it is no Python, or too long."""
    if len(source) > MAX_PARSED_CHARACTERS:
        return None
    lines = lines_of(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a student's style
        # First as it is: a line of an expression may begin with a percent sign.
        for text in ("\n".join(lines), "\n".join(_MAGIC.sub(_as_call, line) for line in lines)):
            try:
                return tuple(ast.parse(text).body)
            except _UNPARSED:
                continue
    return None


@lru_cache(maxsize=1_000)
def described(source: str, *, by_line: bool = False) -> tuple[Statement, ...]:
    """Describe the statements of a cell, without their style; if it can't be parsed, its lines of code."""
    nodes = None if by_line else statements(source)
    if nodes is not None:
        return tuple(Statement(_name(node), _dump(node), _has_gap(node), node.lineno - 1) for node in nodes)
    lines = ((n, line, line.lstrip()) for n, line in enumerate(lines_of(source)))
    return tuple(Statement("", line, text.startswith(_GAP), n) for n, line, text in lines if not text.startswith("#"))


def same_program(one: str, other: str) -> bool:
    """Tell whether two cells have the same statements; comments, docstrings and line breaks don't matter."""
    return [each.dump for each in described(one)] == [each.dump for each in described(other)]


def lost(found: str, given: str) -> str | None:
    """Return the first given line that a filled cell no longer has, or None.

    Its statements must be there in order, with anything between. A definition with a gap is known by its name.
    """
    by_line = statements(found) is None
    ours, theirs = described(given, by_line=by_line), described(found, by_line=by_line)
    to_fill = {each.name for each in ours if each.gap}
    there = iter([each.name if each.name in to_fill - {""} else each.dump for each in theirs])
    for each in ours:
        if (each.name or not each.gap) and (each.name if each.gap else each.dump) not in there:
            return lines_of(given)[each.line]
    return None


def imports_added(found: str, given: str) -> str:
    """Return the imports of a cell that the given one lacks, as code, if the packages are installed."""
    ours = {each.dump for each in described(given)}
    return "\n".join(
        f"try:\n    {ast.unparse(node)}\nexcept ImportError:\n    pass"
        for node in statements(found) or ()
        if isinstance(node, (ast.Import, ast.ImportFrom)) and _dump(node) not in ours
    )


def prints(source: str) -> bool:
    """Tell whether a cell prints something whenever it ends well: it calls `print` outside of any block."""
    calls = [node.value for node in statements(source) or () if isinstance(node, ast.Expr)]
    return not source.startswith("%%") and any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "print"
        and call.args
        and not call.keywords
        for call in calls
    )


def bound(source: str) -> frozenset[str]:
    """Return the names that a cell may change: it assigns to them, defines or imports them, or calls their methods.

    The body of a function doesn't count until it is called.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = [*(statements(source) or ())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, ast.comprehension)):
            continue
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            names.add(_root(node.value.func))
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            names.add(_root(node))
        waiting += ast.iter_child_nodes(node)
    return frozenset(names - {""})


def loaded(source: str) -> frozenset[str]:
    """Return the names that a cell, or an expression, reads."""
    nodes = (node for top in statements(source) or () for node in ast.walk(top))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _as_call(match: re.Match[str]) -> str:
    return f"{match.group(1)}__magic__({match.group(2)!r})"


def _dump(node: ast.stmt) -> str:
    """Dump a statement without its docstrings; "" where Python can't, which no given statement causes."""
    try:
        for inner in ast.walk(node):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(inner):
                inner.body = inner.body[1:]
        return ast.dump(node)
    except _UNPARSED:
        return ""


def _has_gap(node: ast.stmt) -> bool:
    raised = (inner.exc for inner in ast.walk(node) if isinstance(inner, ast.Raise))
    return any(
        isinstance(exc, ast.Call) and isinstance(exc.func, ast.Name) and exc.func.id == "NotImplementedError"
        for exc in raised
    )


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ""
