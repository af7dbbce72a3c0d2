"""A reference's syntax tree, as operators use it: places, the names in their function, and nodes made of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst
import libcst.matchers as m

COMPOUND = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.BooleanOperation, cst.IfExp, cst.Lambda)


@dataclass(frozen=True)
class Scope:
    """The names in the function around a place.

    Attributes
    ----------
    defaults : mapping of str to expression
        The parameters with a default.
    given : frozenset of str
        Parameters without a default, and names unpacked from one: the caller's arrays.
    made_of : mapping of str to tuple of str
        For each assigned name, the function's names in the assigned expression.
    alike : mapping of str to tuple of str
        For each name, those it is easily confused with.
    """

    defaults: Mapping[str, cst.BaseExpression]
    given: frozenset[str]
    made_of: Mapping[str, tuple[str, ...]]
    alike: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """An expression in a region: the nodes around it, innermost last, and the scope of its function."""

    node: cst.BaseExpression
    around: tuple[cst.CSTNode, ...]
    scope: Scope
    is_read: bool

    @property
    def parent(self) -> cst.CSTNode:
        """The innermost node around it."""
        return self.around[-1]

    def is_value(self, *statements: type[cst.CSTNode]) -> bool:
        """Tell whether it is the value, or an element of the value, that one of these statements assigns or returns."""
        around = list(self.around)
        node: cst.CSTNode = self.node
        if isinstance(node, (cst.Tuple, cst.List, cst.Dict, cst.SimpleString)):
            return False
        if isinstance(around[-1], cst.Element) and isinstance(around[-2], cst.Tuple):
            node = around[-2]
            del around[-2:]
        return isinstance(around[-1], statements) and getattr(around[-1], "value", None) is node


def scope_of(function: cst.FunctionDef) -> Scope:
    """Collect the names in a function."""
    parameters = [*function.params.params, *function.params.kwonly_params]
    defaults = {each.name.value: each.default for each in parameters if each.default is not None}
    own = [each.name.value for each in parameters]
    given = set(own)
    together = [own]
    values: dict[str, list[str]] = {}
    for assign in m.findall(function.body, m.Assign()):
        for target in cst.ensure_type(assign, cst.Assign).targets:
            for bound, value in _pairs(target.target, cst.ensure_type(assign, cst.Assign).value):
                if isinstance(value, cst.Name) and value.value in given:
                    given.update(bound)
                together.append(bound)
                for name in bound:
                    values.setdefault(name, []).extend(names(value))
    known = list(dict.fromkeys([*own, *values]))
    made_of = {
        name: tuple(dict.fromkeys(each for each in read if each in known and each not in {"self", *defaults}))
        for name, read in values.items()
        if name not in read  # not for updates: there the old value is part of the new one
    }
    alike = {name: tuple(other for other in known if _alike(name, other, together)) for name in known}
    return Scope(defaults, frozenset(given - {"self", *defaults}), made_of, alike)


def names(node: cst.CSTNode) -> list[str]:
    """List the names below a node, in the order of the text."""
    return [cst.ensure_type(name, cst.Name).value for name in m.findall(node, m.Name())]


def _alike(name: str, other: str, together: Sequence[Sequence[str]]) -> bool:
    """Tell whether two names differ by one character; names of one character, whether they are bound together."""
    if len(name) != len(other) or sum(a != b for a, b in zip(name, other, strict=True)) != 1:
        return False
    return len(name) > 1 or any({name, other} == {*pair} for names in together for pair in pairwise(names))


def _pairs(target: cst.BaseExpression, value: cst.BaseExpression) -> Iterator[tuple[list[str], cst.BaseExpression]]:
    """Yield the names that an assignment binds, with the bound expression; several together if it can't be split."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple) and len(target.elements) == len(value.elements):
        for left, right in zip(target.elements, value.elements, strict=True):
            yield from _pairs(left.value, right.value)
    else:
        parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else [target]
        yield [part.value for part in parts if isinstance(part, cst.Name)], value


# Nodes made of nodes, with parentheses where needed.


def grouped(node: cst.BaseExpression) -> cst.BaseExpression:
    """Put an expression in parentheses where it needs them inside any other."""
    if isinstance(node, COMPOUND) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def fitted(node: cst.BaseExpression, place: Place) -> cst.BaseExpression:
    """Put a replacement in parentheses if its place needs them; those of the replaced node stay."""
    if place.node.lpar:
        return node.with_changes(lpar=(), rpar=()) if isinstance(node, (*COMPOUND, cst.Tuple)) else node
    is_operand = isinstance(place.parent, (*COMPOUND, cst.Attribute, cst.Subscript))
    return grouped(node) if is_operand and not isinstance(node, type(place.node)) else node


def binary(left: cst.BaseExpression, operator: cst.BaseBinaryOp, right: cst.BaseExpression) -> cst.BinaryOperation:
    """Make an operation on two expressions."""
    return cst.BinaryOperation(grouped(left), operator, grouped(right))


def call(function: str, *arguments: cst.BaseExpression, **keywords: cst.BaseExpression) -> cst.Call:
    """Make a call of a function, given as text."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    named = [cst.Arg(value, keyword=cst.Name(name), equal=equal) for name, value in keywords.items()]
    return cst.Call(cst.parse_expression(function), [*(cst.Arg(value) for value in arguments), *named])


def attribute(node: cst.BaseExpression, name: str) -> cst.Attribute:
    """Make an attribute of an expression."""
    return cst.Attribute(grouped(node), cst.Name(name))


def negated(node: cst.BaseExpression) -> cst.UnaryOperation:
    """Put a minus before an expression."""
    return cst.UnaryOperation(cst.Minus(), grouped(node))


def without(call: cst.Call, unwanted: cst.Arg) -> cst.Call:
    """Remove one argument from a call."""
    left = [argument for argument in call.args if argument is not unwanted]
    if left:
        left[-1] = left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=left)


def swapped(items: Sequence[cst.Arg] | Sequence[cst.BaseElement]) -> Iterator[list[cst.CSTNode]]:
    """Yield the items with two neighbours exchanged; the commas stay in place."""
    for n in range(len(items) - 1):
        changed: list[cst.CSTNode] = list(items)
        one, other = items[n].value, items[n + 1].value
        changed[n] = items[n].with_changes(value=other)
        changed[n + 1] = items[n + 1].with_changes(value=one)
        yield changed


def called(node: cst.CSTNode) -> str:
    """Return the last name of a call's function."""
    if isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute):
            return node.func.attr.value
        if isinstance(node.func, cst.Name):
            return node.func.value
    return ""


def is_of_numpy(node: cst.CSTNode) -> bool:
    """Tell whether a node calls a function of NumPy."""
    return isinstance(node, cst.Call) and m.matches(node.func, m.Attribute(value=m.Name("np")))


def positional(call: cst.Call) -> list[cst.Arg]:
    """List the positional arguments of a call."""
    return [argument for argument in call.args if argument.keyword is None and not argument.star]


def number(value: float) -> cst.BaseExpression:
    """Make an expression of a number."""
    return cst.parse_expression(repr(value))
