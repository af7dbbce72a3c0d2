"""Mutants of a reference: its text with one mistake in a marked region, of the kinds that numerical homework makes.

An *operator* takes a place in a region and gives what might stand there instead. Each is a generator below, found by
its name in ``OPERATORS`` (an expression in place of another) or in ``STATEMENT_OPERATORS`` (statements in place of a
block's). A mutant compiles, and differs from the reference and from every other mutant by more than layout.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import libcst as cst
import libcst.matchers as m
import numpy as np
from libcst.metadata import (
    ByteSpanPositionProvider,
    CodeRange,
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    PositionProvider,
)

from autograder.starter import regions

DTYPES = ("np.float32", "int")
MAKERS = frozenset(("zeros", "ones", "eye", "full", "empty", "array", "zeros_like", "ones_like", "full_like"))
IN_PLACE = {cst.Add: "add", cst.Subtract: "subtract", cst.Multiply: "multiply", cst.Divide: "divide"}
_BY_CONSTANT = m.Subscript(slice=[m.SubscriptElement(slice=m.Index(m.SimpleString() | m.Integer()))])
_COMPOUND = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.BooleanOperation, cst.IfExp, cst.Lambda)


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


@dataclass(frozen=True)
class Scope:
    """What the function around a place says of its names.

    Attributes
    ----------
    defaults : mapping of str to expression
        The parameters that have one.
    given : frozenset of str
        Parameters without a default, and what is unpacked from one: arrays that are somebody else's.
    made_of : mapping of str to tuple of str
        For each name that is assigned to, the function's names in what it is assigned.
    alike : mapping of str to tuple of str
        For each name, those that are easily written for it.
    """

    defaults: Mapping[str, cst.BaseExpression]
    given: frozenset[str]
    made_of: Mapping[str, tuple[str, ...]]
    alike: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """An expression in a region: what it stands in, innermost last, and the function around it."""

    node: cst.BaseExpression
    around: tuple[cst.CSTNode, ...]
    scope: Scope
    is_read: bool

    @property
    def parent(self) -> cst.CSTNode:
        """What the node stands in."""
        return self.around[-1]

    def is_value(self, *statements: type[cst.CSTNode]) -> bool:
        """Whether this is what one of these statements assigns or returns, or one element of it."""
        around = list(self.around)
        node: cst.CSTNode = self.node
        if isinstance(node, (cst.Tuple, cst.List, cst.Dict, cst.SimpleString)):
            return False
        if isinstance(around[-1], cst.Element) and isinstance(around[-2], cst.Tuple):
            node = around[-2]
            del around[-2:]
        return isinstance(around[-1], statements) and getattr(around[-1], "value", None) is node


Operator = Callable[[Place], Iterator[cst.BaseExpression]]
Body = Sequence[cst.BaseStatement]
StatementOperator = Callable[[Body, Sequence[bool]], Iterator[list[cst.BaseStatement]]]


def mutants(text: str, where: str) -> list[Mutant]:
    """The mutants of a reference's text, by operator and place.

    Raises
    ------
    CourseError
        If a marker of a region is wrong.
    """
    inside = {n for region in regions(text, where) for n in range(region.first, region.last + 1)}
    wrapper = MetadataWrapper(cst.parse_module(text))
    spans = wrapper.resolve(ByteSpanPositionProvider)
    reader = _Reader(inside, wrapper.resolve(PositionProvider), wrapper.resolve(ExpressionContextProvider))
    wrapper.module.visit(reader)
    seen = {_meaning(text)}
    found = []
    for operator, node, replacement in reader.replacements():
        if isinstance(replacement, cst.BaseExpression):
            # By the bytes: replacing it in the tree copies the whole tree, and there are hundreds.
            span, code = spans[node], wrapper.module.code_for_node(replacement)
            content = text.encode()
            changed = (content[: span.start] + code.encode() + content[span.start + span.length :]).decode()
        else:
            changed = cst.ensure_type(wrapper.module.deep_replace(node, replacement), cst.Module).code
        meaning = _meaning(changed)
        if meaning and meaning not in seen:
            seen.add(meaning)
            found.append(_mutant(operator, text, changed))
    return found


def _meaning(text: str) -> str:
    """A text without its layout; empty if it doesn't compile."""
    try:
        tree = ast.parse(text)
        compile(tree, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return ""
    return ast.dump(tree)


def _mutant(operator: str, text: str, changed: str) -> Mutant:
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
    """Notes the expressions in regions and the blocks with statements in them, in the order of the text."""

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
        """Note a node, if it is one to mutate."""
        if isinstance(node, cst.FunctionDef):
            self._scopes.append(_scope(node))
        elif isinstance(node, cst.IndentedBlock):
            self._blocks.append(node)
        elif isinstance(node, cst.BaseExpression) and self._is_inside(node):
            is_keyword = isinstance(self._around[-1], cst.Arg) and self._around[-1].keyword is node
            is_read = self._contexts.get(node) is ExpressionContext.LOAD and not is_keyword
            self._places.append(Place(node, tuple(self._around), self._scopes[-1], is_read=is_read))
        self._around.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Come out of a node."""
        self._around.pop()
        if isinstance(original_node, cst.FunctionDef):
            self._scopes.pop()

    def _is_inside(self, node: cst.CSTNode) -> bool:
        span = self._spans[node]
        return span.start.line in self._inside and span.end.line in self._inside

    def replacements(self) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
        """Operator, node and what stands in its place."""
        for operator, replace in OPERATORS.items():
            for place in self._places:
                for expression in replace(place):
                    yield operator, place.node, _fitted(expression, place)
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


def _scope(function: cst.FunctionDef) -> Scope:
    parameters = [*function.params.params, *function.params.kwonly_params]
    defaults = {each.name.value: each.default for each in parameters if each.default is not None}
    names = [each.name.value for each in parameters]
    given = set(names)
    together = [names]
    values: dict[str, list[str]] = {}
    for assign in m.findall(function.body, m.Assign()):
        for target in cst.ensure_type(assign, cst.Assign).targets:
            for bound, value in _pairs(target.target, cst.ensure_type(assign, cst.Assign).value):
                if isinstance(value, cst.Name) and value.value in given:
                    given.update(bound)
                together.append(bound)
                for name in bound:
                    values.setdefault(name, []).extend(_names(value))
    known = list(dict.fromkeys([*names, *values]))
    made_of = {
        name: tuple(dict.fromkeys(each for each in read if each in known and each not in {"self", *defaults}))
        for name, read in values.items()
        if name not in read  # of what updates itself, the value before is another matter
    }
    alike = {name: tuple(other for other in known if _alike(name, other, together)) for name in known}
    return Scope(defaults, frozenset(given - {"self", *defaults}), made_of, alike)


def _names(node: cst.CSTNode) -> list[str]:
    return [cst.ensure_type(name, cst.Name).value for name in m.findall(node, m.Name())]


def _alike(name: str, other: str, together: Sequence[Sequence[str]]) -> bool:
    """Whether two names differ by one character; for those of one character, whether they are bound side by side."""
    if len(name) != len(other) or sum(a != b for a, b in zip(name, other, strict=True)) != 1:
        return False
    return len(name) > 1 or any({name, other} == {*pair} for names in together for pair in pairwise(names))


def _pairs(target: cst.BaseExpression, value: cst.BaseExpression) -> Iterator[tuple[list[str], cst.BaseExpression]]:
    """The names that an assignment binds, with what each is bound to; several together where that can't be told."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple) and len(target.elements) == len(value.elements):
        for left, right in zip(target.elements, value.elements, strict=True):
            yield from _pairs(left.value, right.value)
    else:
        parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else [target]
        yield [part.value for part in parts if isinstance(part, cst.Name)], value


# What is made of nodes, so that it reads as it should.


def _grouped(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that holds together whatever it stands in."""
    if isinstance(node, _COMPOUND) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def _fitted(node: cst.BaseExpression, place: Place) -> cst.BaseExpression:
    """What takes a place, in parentheses where it needs them; those of the node it replaces stay where they are."""
    if place.node.lpar:
        return node.with_changes(lpar=(), rpar=()) if isinstance(node, (*_COMPOUND, cst.Tuple)) else node
    is_operand = isinstance(place.parent, (*_COMPOUND, cst.Attribute, cst.Subscript))
    return _grouped(node) if is_operand and not isinstance(node, type(place.node)) else node


def _binary(left: cst.BaseExpression, operator: cst.BaseBinaryOp, right: cst.BaseExpression) -> cst.BinaryOperation:
    return cst.BinaryOperation(_grouped(left), operator, _grouped(right))


def _call(function: str, *arguments: cst.BaseExpression, **keywords: cst.BaseExpression) -> cst.Call:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    named = [cst.Arg(value, keyword=cst.Name(name), equal=equal) for name, value in keywords.items()]
    return cst.Call(cst.parse_expression(function), [*(cst.Arg(value) for value in arguments), *named])


def _attribute(node: cst.BaseExpression, name: str) -> cst.Attribute:
    return cst.Attribute(_grouped(node), cst.Name(name))


def _negated(node: cst.BaseExpression) -> cst.UnaryOperation:
    return cst.UnaryOperation(cst.Minus(), _grouped(node))


def _without(call: cst.Call, unwanted: cst.Arg) -> cst.Call:
    left = [argument for argument in call.args if argument is not unwanted]
    if left:
        left[-1] = left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=left)


def _swapped(items: Sequence[cst.Arg] | Sequence[cst.BaseElement]) -> Iterator[list[cst.CSTNode]]:
    """The items with two neighbours exchanged, the commas staying where they are."""
    for n in range(len(items) - 1):
        changed: list[cst.CSTNode] = list(items)
        one, other = items[n].value, items[n + 1].value
        changed[n] = items[n].with_changes(value=other)
        changed[n + 1] = items[n + 1].with_changes(value=one)
        yield changed


def _called(node: cst.CSTNode) -> str:
    """The last name of what a call calls."""
    if isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute):
            return node.func.attr.value
        if isinstance(node.func, cst.Name):
            return node.func.value
    return ""


def _is_of_numpy(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and m.matches(node.func, m.Attribute(value=m.Name("np")))


def _positional(call: cst.Call) -> list[cst.Arg]:
    return [argument for argument in call.args if argument.keyword is None and not argument.star]


def _number(value: float) -> cst.BaseExpression:
    return cst.parse_expression(repr(value))


# The operators on expressions.


def _sign(place: Place) -> Iterator[cst.BaseExpression]:
    """+ for −, − for +, and a minus lost or added."""
    node = place.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        other = cst.Subtract() if isinstance(node.operator, cst.Add) else cst.Add()
        yield node.with_changes(operator=other)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield node.expression
    elif place.is_value(cst.Assign, cst.Return) and _called(node) not in ("zeros", "zeros_like"):
        yield _negated(node)


def _transpose(place: Place) -> Iterator[cst.BaseExpression]:
    """A transpose lost or added: of a matrix in a product, of an argument, of what is returned."""
    node = place.node
    if isinstance(node, cst.Attribute) and node.attr.value == "T":
        yield node.value
        return
    in_product = isinstance(place.parent, cst.BinaryOperation) and isinstance(place.parent.operator, cst.MatrixMultiply)
    is_argument = isinstance(place.parent, cst.Arg) and isinstance(node, cst.Name) and node.value in place.scope.alike
    if (
        in_product
        or (is_argument and _called(place.around[-2]) not in ("range", "arange", "len", *MAKERS))
        or place.is_value(cst.Return)
    ):
        yield _attribute(node, "T")


def _axis(place: Place) -> Iterator[cst.BaseExpression]:
    """The other axis, none, or its length of 1 not kept."""
    if not isinstance(call := place.node, cst.Call):
        return
    for n, argument in enumerate(call.args):
        name = argument.keyword.value if argument.keyword else ""
        if name == "axis" and isinstance(argument.value, cst.Integer):
            other = argument.with_changes(value=cst.Integer("1" if argument.value.value == "0" else "0"))
            yield call.with_changes(args=[*call.args[:n], other, *call.args[n + 1 :]])
        if name in ("axis", "keepdims"):
            yield _without(call, argument)


def _exchanged(names: Mapping[str, str]) -> Operator:
    """The operator that calls one function for another."""

    def exchange(place: Place) -> Iterator[cst.BaseExpression]:
        if (name := names.get(_called(place.node))) and isinstance(call := place.node, cst.Call):
            new = cst.Name(name)
            yield call.with_changes(
                func=call.func.with_changes(attr=new) if m.matches(call.func, m.Attribute()) else new
            )

    return exchange


def _off_by_one(place: Place) -> Iterator[cst.BaseExpression]:
    """One more or one less: of a loop's steps, of a length, of an index."""
    node = place.node
    is_length = _called(node) == "len" or m.matches(node, m.Subscript(value=m.Attribute(attr=m.Name("shape"))))
    in_range = isinstance(place.parent, cst.Arg) and _called(place.around[-2]) in ("range", "arange")
    if isinstance(node, cst.Integer) and isinstance(place.parent, (cst.Index, cst.Slice)):
        yield _number(int(node.value) + 1)
        if int(node.value):
            yield _number(int(node.value) - 1)
    elif is_length or in_range:
        yield _binary(node, cst.Subtract(), cst.Integer("1"))
        yield _binary(node, cst.Add(), cst.Integer("1"))
    if _called(node) in ("range", "arange") and isinstance(node, cst.Call) and len(node.args) == 1:
        yield node.with_changes(args=[cst.Arg(cst.Integer("1")), *node.args])


def _compared(pairs: Mapping[type[cst.BaseCompOp], type[cst.BaseCompOp]]) -> Operator:
    """The operator that compares in another way."""

    def compare(place: Place) -> Iterator[cst.BaseExpression]:
        if isinstance(node := place.node, cst.Comparison):
            target = node.comparisons[0]
            if new := pairs.get(type(target.operator)):
                yield node.with_changes(comparisons=[target.with_changes(operator=new())])

    return compare


def _dropped_term(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        yield node.left
        yield node.right if isinstance(node.operator, cst.Add) else _negated(node.right)


def _dropped_factor(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation):
        if isinstance(node.operator, (cst.Multiply, cst.MatrixMultiply, cst.Power)):
            yield node.left
        if isinstance(node.operator, (cst.Multiply, cst.MatrixMultiply)):
            yield node.right


def _missing_divisor(place: Place) -> Iterator[cst.BaseExpression]:
    """1/N, or whatever is divided by, forgotten."""
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
        yield node.left


def _dropped_call(place: Place) -> Iterator[cst.BaseExpression]:
    """What a function was to be taken of, or an array that was to be indexed."""
    node = place.node
    if isinstance(node, cst.Call) and _called(node) not in ("range", "len", *MAKERS):
        if isinstance(node.func, cst.Attribute) and not m.matches(node.func.value, m.Name("np")):
            yield node.func.value
        elif _positional(node):
            yield _positional(node)[0].value
    elif isinstance(node, cst.Subscript) and place.is_read and not m.matches(node, _BY_CONSTANT):
        yield node.value


def _dropped_argument(place: Place) -> Iterator[cst.BaseExpression]:
    """A function left with its default."""
    if isinstance(call := place.node, cst.Call):
        for argument in call.args:
            if argument.keyword and argument.keyword.value not in ("axis", "keepdims"):
                yield _without(call, argument)


def _swapped_operands(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(
        node.operator, (cst.Subtract, cst.Divide, cst.MatrixMultiply, cst.Power)
    ):
        yield node.with_changes(left=_grouped(node.right), right=_grouped(node.left))


def _swapped_arguments(place: Place) -> Iterator[cst.BaseExpression]:
    """Two neighbours exchanged: arguments, items of a list, numbers of a shape."""
    node = place.node
    if isinstance(node, cst.Call) and len(node.args) == len(_positional(node)):
        for args in _swapped(node.args):
            yield node.with_changes(args=args)
    elif isinstance(node, (cst.List, cst.Tuple)) and isinstance(place.parent, cst.Arg):
        for elements in _swapped(node.elements):
            yield node.with_changes(elements=elements)


def _return_order(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.Tuple) and isinstance(place.parent, cst.Return):
        for elements in _swapped(node.elements):
            yield node.with_changes(elements=elements)


def _stale(place: Place) -> Iterator[cst.BaseExpression]:
    """A name for what it was made of, as if the step between had not been taken."""
    if isinstance(node := place.node, cst.Name) and place.is_read:
        for name in place.scope.made_of.get(node.value, ()):
            yield cst.Name(name)


def _wrong_name(place: Place) -> Iterator[cst.BaseExpression]:
    """A name for one that looks like it."""
    if isinstance(node := place.node, cst.Name) and place.is_read:
        for name in place.scope.alike.get(node.value, ()):
            yield cst.Name(name)


def _in_place(place: Place) -> Iterator[cst.BaseExpression]:
    """A result written over an array that is somebody else's; a copy that is none."""
    node = place.node

    def is_given(each: cst.BaseExpression) -> bool:
        return isinstance(each, cst.Name) and each.value in place.scope.given

    if isinstance(node, cst.BinaryOperation) and (name := IN_PLACE.get(type(node.operator))):
        for operand in (node.left, node.right):
            if is_given(operand):
                yield _call(f"np.{name}", node.left, node.right, out=operand)
    elif isinstance(node, cst.Call) and _is_of_numpy(node) and isinstance(getattr(np, _called(node), None), np.ufunc):
        for argument in _positional(node):
            if is_given(argument.value):
                yield _call(f"np.{_called(node)}", *(each.value for each in _positional(node)), out=argument.value)
    elif _called(node) in ("array", "zeros_like", "ones_like", "full_like") and isinstance(node, cst.Call):
        yield node.args[0].value
    elif _called(node) == "copy" and isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        yield node.func.value


def _wrong_constant(place: Place) -> Iterator[cst.BaseExpression]:
    """Another number; a parameter's default, or 1, whatever the parameter is."""
    node, parent = place.node, place.parent
    if isinstance(node, cst.Integer) and not isinstance(parent, (cst.Index, cst.Slice)) and not _is_axis(parent):
        value = int(node.value)
        yield from (_number(other) for other in (value - 1, value + 1) if other >= 0)
    elif isinstance(node, cst.Float):
        yield from (_number(float(node.value) * factor) for factor in (10, 0.1))
    elif isinstance(node, cst.Name) and place.is_read:
        default = place.scope.defaults.get(node.value)
        if default is not None and not m.matches(default, m.Name("None")):
            yield default.deep_clone()
        is_factor = isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Multiply, cst.Divide))
        if node.value in place.scope.given and (
            is_factor or (isinstance(parent, cst.Arg) and _is_of_numpy(place.around[-2]))
        ):
            yield cst.Float("1.0")


def _is_axis(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "axis"


def _dtype(place: Place) -> Iterator[cst.BaseExpression]:
    """A narrower kind of number: of a new array, or of what is returned."""
    node = place.node
    if isinstance(node, cst.Call) and _is_of_numpy(node) and _called(node) in MAKERS:
        if not any(argument.keyword and argument.keyword.value == "dtype" for argument in node.args):
            for dtype in DTYPES:
                keyword = _call("np.zeros", dtype=cst.parse_expression(dtype)).args[0]
                yield node.with_changes(args=[*node.args, keyword])
    elif place.is_value(cst.Return):
        for dtype in DTYPES:
            yield cst.Call(_attribute(node, "astype"), [cst.Arg(cst.parse_expression(dtype))])


OPERATORS: Mapping[str, Operator] = {
    "sign": _sign,
    "transpose": _transpose,
    "axis": _axis,
    "sum/mean": _exchanged({"sum": "mean", "mean": "sum"}),
    "max/min": _exchanged({"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max"}),
    "off by one": _off_by_one,
    "strict/loose": _compared(
        {
            cst.LessThan: cst.LessThanEqual,
            cst.LessThanEqual: cst.LessThan,
            cst.GreaterThan: cst.GreaterThanEqual,
            cst.GreaterThanEqual: cst.GreaterThan,
        }
    ),
    "wrong way round": _compared(
        {
            cst.LessThan: cst.GreaterThan,
            cst.LessThanEqual: cst.GreaterThanEqual,
            cst.GreaterThan: cst.LessThan,
            cst.GreaterThanEqual: cst.LessThanEqual,
        }
    ),
    "dropped term": _dropped_term,
    "dropped factor": _dropped_factor,
    "missing divisor": _missing_divisor,
    "dropped call": _dropped_call,
    "dropped argument": _dropped_argument,
    "swapped operands": _swapped_operands,
    "swapped arguments": _swapped_arguments,
    "return order": _return_order,
    "stale name": _stale,
    "wrong name": _wrong_name,
    "in place": _in_place,
    "wrong constant": _wrong_constant,
    "dtype": _dtype,
}


# The operators on statements.


def _rewritten(old: Body, new: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Statements with the comments of those whose places they take: the markers of regions are among these."""
    if len(old) == len(new):
        return [
            each.with_changes(leading_lines=getattr(was, "leading_lines", ()))
            for was, each in zip(old, new, strict=True)
        ]
    kept = list(new) or [cst.SimpleStatementLine([cst.Pass()])]
    if old and kept[0] is not old[0]:
        kept[0] = kept[0].with_changes(leading_lines=getattr(old[0], "leading_lines", ()))
    return kept


def _simple(statement: cst.BaseStatement) -> cst.BaseSmallStatement | None:
    """A statement that is one, and holds no other."""
    return statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None


def _writes_and_reads(statement: cst.BaseSmallStatement) -> tuple[set[str], set[str]]:
    """What a statement assigns to and what it reads: names, and the texts of what is indexed."""
    code = cst.Module(())
    if isinstance(statement, cst.AugAssign):
        target = code.code_for_node(statement.target)
        return {target}, {target, *_names(statement.value)}
    if not isinstance(statement, cst.Assign):
        return set(), set(_names(statement))
    writes: set[str] = set()
    for name in [each.target for each in statement.targets]:
        parts = [each.value for each in name.elements] if isinstance(name, cst.Tuple) else [name]
        writes |= {code.code_for_node(part) for part in parts}
    indexed = {code.code_for_node(each) for each in m.findall(statement.value, m.Subscript() | m.Attribute())}
    return writes, {*_names(statement.value), *indexed}


def _dropped_step(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """A statement forgotten whose lack is not an error at once: one that updates, or fills in."""
    for n, statement in enumerate(body):
        small = _simple(statement)
        if not mine[n] or not isinstance(small, (cst.Assign, cst.AugAssign, cst.Expr)):
            continue
        writes, reads = _writes_and_reads(small)
        if writes <= reads or not all(name.isidentifier() for name in writes):
            yield _rewritten(body, [*body[:n], *body[n + 1 :]])


def _other_order(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """Two steps in the other order, where that matters: the second reads what the first has not made yet."""
    for n in range(len(body) - 1):
        one, other = _simple(body[n]), _simple(body[n + 1])
        if mine[n] and mine[n + 1] and isinstance(one, cst.Assign) and isinstance(other, cst.Assign):
            writes, reads = _writes_and_reads(one)
            later_writes, later_reads = _writes_and_reads(other)
            if writes & (later_reads | later_writes) or reads & later_writes:
                yield _rewritten(body, [*body[:n], body[n + 1], body[n], *body[n + 2 :]])


def _updated_early(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """Variables assigned one after the other that were to be assigned at once: a later one reads what is new."""
    for n, statement in enumerate(body):
        small = _simple(statement)
        if not mine[n] or not isinstance(small, cst.Assign) or len(small.targets) != 1:
            continue
        target, value = small.targets[0].target, small.value
        if not isinstance(target, cst.Tuple) or not isinstance(value, cst.Tuple):
            continue
        pairs = [
            cst.Assign([cst.AssignTarget(cast(cst.BaseAssignTargetExpression, left.value))], right.value)
            for left, right in zip(target.elements, value.elements, strict=True)
        ]
        for order in (pairs, pairs[::-1]):
            effects = [_writes_and_reads(pair) for pair in order]
            if any(writes & reads for k, (writes, _) in enumerate(effects) for _, reads in effects[k + 1 :]):
                steps = [cst.SimpleStatementLine([pair]) for pair in order]
                yield _rewritten(body, [*body[:n], *steps, *body[n + 1 :]])


def _before_the_loop(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """A step of a loop taken once, before it."""
    for n, loop in enumerate(body):
        if not mine[n] or not isinstance(loop, cst.For) or not isinstance(loop.body, cst.IndentedBlock):
            continue
        steps = list(loop.body.body)
        for k, step in enumerate(steps):
            if isinstance(step, cst.SimpleStatementLine):
                left = loop.body.with_changes(body=_rewritten((), [*steps[:k], *steps[k + 1 :]]))
                yield _rewritten(body, [*body[:n], step, loop.with_changes(body=left), *body[n + 1 :]])


STATEMENT_OPERATORS: Mapping[str, StatementOperator] = {
    "dropped step": _dropped_step,
    "other order": _other_order,
    "updated early": _updated_early,
    "before the loop": _before_the_loop,
}
