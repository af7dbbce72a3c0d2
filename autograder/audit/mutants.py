"""Mutants of a reference: its text with one mistake in a marked region, of the kinds common in numerical homework.

A mutant compiles, and differs from the reference and every other mutant by more than layout.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    CodeRange,
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    PositionProvider,
)

from autograder.audit.operators import OPERATORS, STATEMENT_OPERATORS
from autograder.audit.syntax import Place, Scope, fitted, scope_of
from autograder.release.starter import regions


@dataclass(frozen=True)
class Mutant:
    """A reference with one mistake in it.

    Attributes
    ----------
    operator : str
        The kind of mistake, by its name in the tables of operators.
    line : int
        The first line that differs.
    before, after : str
        The lines that differ, without indentation and comments, joined by semicolons.
    source : str
        The whole text.
    """

    operator: str
    line: int
    before: str
    after: str
    source: str


def mutants(text: str, where: str) -> list[Mutant]:
    """Make the mutants of a reference's text, in the order of operators and places.

    Raises
    ------
    CourseError
        If a marker of a region is wrong.
    """
    inside = {n for first, last in regions(text, where) for n in range(first, last + 1)}
    wrapper = MetadataWrapper(cst.parse_module(text))
    spans = wrapper.resolve(ByteSpanPositionProvider)
    reader = _Reader(inside, wrapper.resolve(PositionProvider), wrapper.resolve(ExpressionContextProvider))
    wrapper.module.visit(reader)
    seen = {_meaning(text)}
    found = []
    for operator, node, replacement in reader.replacements():
        if isinstance(replacement, cst.BaseExpression):
            # In the bytes: a replacement in the tree would copy the whole tree for each of hundreds of mutants.
            span, code = spans[node], wrapper.module.code_for_node(replacement)
            content = text.encode()
            changed = (content[: span.start] + code.encode() + content[span.start + span.length :]).decode()
        else:
            changed = cst.ensure_type(wrapper.module.deep_replace(node, replacement), cst.Module).code
        meaning = _meaning(changed)
        if meaning and meaning not in seen:
            seen.add(meaning)
            found.append(mutant_of(operator, text, changed))
    return found


def _meaning(text: str) -> str:
    try:
        tree = ast.parse(text)
        compile(tree, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return ""
    return ast.dump(tree)


def mutant_of(operator: str, text: str, changed: str) -> Mutant:
    """Make the record of a changed text: its first different line, and the lines that differ."""
    old, new = text.splitlines(), changed.splitlines()
    first = next(n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    last = next(n for n, (one, other) in enumerate(zip(old[::-1], new[::-1], strict=False)) if one != other)
    last = min(last, len(old) - first, len(new) - first)
    return Mutant(
        operator, first + 1, _joined(old[first : len(old) - last]), _joined(new[first : len(new) - last]), changed
    )


def _joined(lines: Sequence[str]) -> str:
    return "; ".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))


class _Reader(cst.CSTVisitor):
    """Records the expressions in regions and the blocks with statements in them, in the order of the text."""

    def __init__(
        self,
        inside: set[int],
        spans: Mapping[cst.CSTNode, CodeRange],
        contexts: Mapping[cst.CSTNode, ExpressionContext | None],
    ) -> None:
        super().__init__()
        self._inside = inside
        self._spans = spans
        self._contexts = contexts
        self._around: list[cst.CSTNode] = []
        self._scopes = [Scope({}, frozenset(), {}, {})]
        self._places: list[Place] = []
        self._blocks: list[cst.IndentedBlock] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            self._scopes.append(scope_of(node))
        elif isinstance(node, cst.IndentedBlock):
            self._blocks.append(node)
        elif isinstance(node, cst.BaseExpression) and self._is_inside(node):
            is_keyword = isinstance(self._around[-1], cst.Arg) and self._around[-1].keyword is node
            is_read = self._contexts.get(node) is ExpressionContext.LOAD and not is_keyword
            self._places.append(Place(node, tuple(self._around), self._scopes[-1], is_read=is_read))
        self._around.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._around.pop()
        if isinstance(original_node, cst.FunctionDef):
            self._scopes.pop()

    def _is_inside(self, node: cst.CSTNode) -> bool:
        span = self._spans[node]
        return span.start.line in self._inside and span.end.line in self._inside

    def replacements(self) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
        for operator, replace in OPERATORS.items():
            for place in self._places:
                for expression in replace(place):
                    yield operator, place.node, fitted(expression, place)
        keys = [
            place.node
            for place in self._places
            if isinstance(place.node, cst.SimpleString) and isinstance(place.parent, cst.Index)
        ]
        for key in keys:
            for other in dict.fromkeys(each.value for each in keys):
                yield "wrong key", key, key.with_changes(value=other)
        for operator, rewrite in STATEMENT_OPERATORS.items():
            for block in self._blocks:
                mine = [self._is_inside(statement) for statement in block.body]
                for body in rewrite(block.body, mine):
                    yield operator, block, block.with_changes(body=body)
