"""Program slicing: the statements of a text that some of them depend on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence


def sliced(statements: Sequence[ast.stmt], wanted: Iterable[ast.stmt]) -> set[ast.stmt]:
    """Add to some top-level statements all others that bind or change a name which is read there, and so on."""
    kept = set(wanted)
    waiting = list(kept)
    while waiting:
        read = _read(waiting.pop())
        more = {each for each in statements if read & changed(each)} - kept
        kept |= more
        waiting += more
    return kept


def changed(statement: ast.stmt) -> set[str]:
    """Find the names that a statement binds, changes an element of, or calls a method of; not in a function's body."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found |= {each.id for each in ast.walk(node.value.func) if isinstance(each, ast.Name)}
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            found |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found


def first_line(statement: ast.stmt) -> int:
    """Find the number of a statement's first line, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _read(statement: ast.stmt) -> set[str]:
    nodes = [*ast.walk(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    if not isinstance(statement, ast.FunctionDef):
        return names
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names - bound - {node.arg for node in nodes if isinstance(node, ast.arg)}
