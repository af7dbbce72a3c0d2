"""Mutation operators: common mistakes in numerical homework, as replacements of an expression or a block's statements.

Each operator takes a place and yields its replacements; ``OPERATORS`` and ``STATEMENT_OPERATORS`` name them. Some
replacements are the same program in other words: the caller checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import libcst as cst
import libcst.matchers as m
import numpy as np

from autograder.audit.syntax import (
    Place,
    attribute,
    binary,
    call,
    called,
    grouped,
    is_of_numpy,
    names,
    negated,
    number,
    positional,
    swapped,
    without,
)

Operator = Callable[[Place], Iterator[cst.BaseExpression]]
Body = Sequence[cst.BaseStatement]
StatementOperator = Callable[[Body, Sequence[bool]], Iterator[list[cst.BaseStatement]]]

DTYPES = ("np.float32", "int")
MAKERS = frozenset(("zeros", "ones", "eye", "full", "empty", "array", "zeros_like", "ones_like", "full_like"))
IN_PLACE = {cst.Add: "add", cst.Subtract: "subtract", cst.Multiply: "multiply", cst.Divide: "divide"}
_BY_CONSTANT = m.Subscript(slice=[m.SubscriptElement(slice=m.Index(m.SimpleString() | m.Integer()))])

# The operators on expressions.


def _sign(place: Place) -> Iterator[cst.BaseExpression]:
    """+ for −, − for +, and a minus lost or added."""
    node = place.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        other = cst.Subtract() if isinstance(node.operator, cst.Add) else cst.Add()
        yield node.with_changes(operator=other)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield node.expression
    elif place.is_value(cst.Assign, cst.Return) and called(node) not in ("zeros", "zeros_like"):
        yield negated(node)


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
        or (is_argument and called(place.around[-2]) not in ("range", "arange", "len", *MAKERS))
        or place.is_value(cst.Return)
    ):
        yield attribute(node, "T")


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
            yield without(call, argument)


def _exchanged(names: Mapping[str, str]) -> Operator:
    def exchange(place: Place) -> Iterator[cst.BaseExpression]:
        if (name := names.get(called(place.node))) and isinstance(call := place.node, cst.Call):
            new = cst.Name(name)
            yield call.with_changes(
                func=call.func.with_changes(attr=new) if m.matches(call.func, m.Attribute()) else new
            )

    return exchange


def _off_by_one(place: Place) -> Iterator[cst.BaseExpression]:
    """One more or one less: in a loop's steps, a length, or an index."""
    node = place.node
    is_length = called(node) == "len" or m.matches(node, m.Subscript(value=m.Attribute(attr=m.Name("shape"))))
    in_range = isinstance(place.parent, cst.Arg) and called(place.around[-2]) in ("range", "arange")
    if isinstance(node, cst.Integer) and isinstance(place.parent, (cst.Index, cst.Slice)):
        yield number(int(node.value) + 1)
        if int(node.value):
            yield number(int(node.value) - 1)
    elif is_length or in_range:
        yield binary(node, cst.Subtract(), cst.Integer("1"))
        yield binary(node, cst.Add(), cst.Integer("1"))
    if called(node) in ("range", "arange") and isinstance(node, cst.Call) and len(node.args) == 1:
        yield node.with_changes(args=[cst.Arg(cst.Integer("1")), *node.args])


def _compared(pairs: Mapping[type[cst.BaseCompOp], type[cst.BaseCompOp]]) -> Operator:
    def compare(place: Place) -> Iterator[cst.BaseExpression]:
        if isinstance(node := place.node, cst.Comparison):
            target = node.comparisons[0]
            if new := pairs.get(type(target.operator)):
                yield node.with_changes(comparisons=[target.with_changes(operator=new())])

    return compare


def _dropped_term(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        yield node.left
        yield node.right if isinstance(node.operator, cst.Add) else negated(node.right)


def _dropped_factor(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation):
        if isinstance(node.operator, (cst.Multiply, cst.MatrixMultiply, cst.Power)):
            yield node.left
        if isinstance(node.operator, (cst.Multiply, cst.MatrixMultiply)):
            yield node.right


def _missing_divisor(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
        yield node.left


def _dropped_call(place: Place) -> Iterator[cst.BaseExpression]:
    """The argument in place of the call, or the array in place of its entry."""
    node = place.node
    if isinstance(node, cst.Call) and called(node) not in ("range", "len", *MAKERS):
        if isinstance(node.func, cst.Attribute) and not m.matches(node.func.value, m.Name("np")):
            yield node.func.value
        elif positional(node):
            yield positional(node)[0].value
    elif isinstance(node, cst.Subscript) and place.is_read and not m.matches(node, _BY_CONSTANT):
        yield node.value


def _dropped_argument(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(call := place.node, cst.Call):
        for argument in call.args:
            if argument.keyword and argument.keyword.value not in ("axis", "keepdims"):
                yield without(call, argument)


def _swapped_operands(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.BinaryOperation) and isinstance(
        node.operator, (cst.Subtract, cst.Divide, cst.MatrixMultiply, cst.Power)
    ):
        yield node.with_changes(left=grouped(node.right), right=grouped(node.left))


def _swapped_arguments(place: Place) -> Iterator[cst.BaseExpression]:
    """Two neighbours swapped: arguments, items of a list, numbers of a shape."""
    node = place.node
    if isinstance(node, cst.Call) and len(node.args) == len(positional(node)):
        for args in swapped(node.args):
            yield node.with_changes(args=args)
    elif isinstance(node, (cst.List, cst.Tuple)) and isinstance(place.parent, cst.Arg):
        for elements in swapped(node.elements):
            yield node.with_changes(elements=elements)


def _return_order(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.Tuple) and isinstance(place.parent, cst.Return):
        for elements in swapped(node.elements):
            yield node.with_changes(elements=elements)


def _stale(place: Place) -> Iterator[cst.BaseExpression]:
    """A name in place of one that was computed from it, as if that step were missing."""
    if isinstance(node := place.node, cst.Name) and place.is_read:
        for name in place.scope.made_of.get(node.value, ()):
            yield cst.Name(name)


def _wrong_name(place: Place) -> Iterator[cst.BaseExpression]:
    if isinstance(node := place.node, cst.Name) and place.is_read:
        for name in place.scope.alike.get(node.value, ()):
            yield cst.Name(name)


def _in_place(place: Place) -> Iterator[cst.BaseExpression]:
    """A result written into the caller's array, or a copy left out."""
    node = place.node

    def is_given(each: cst.BaseExpression) -> bool:
        return isinstance(each, cst.Name) and each.value in place.scope.given

    if isinstance(node, cst.BinaryOperation) and (name := IN_PLACE.get(type(node.operator))):
        for operand in (node.left, node.right):
            if is_given(operand):
                yield call(f"np.{name}", node.left, node.right, out=operand)
    elif isinstance(node, cst.Call) and is_of_numpy(node) and isinstance(getattr(np, called(node), None), np.ufunc):
        for argument in positional(node):
            if is_given(argument.value):
                yield call(f"np.{called(node)}", *(each.value for each in positional(node)), out=argument.value)
    elif called(node) in ("array", "zeros_like", "ones_like", "full_like") and isinstance(node, cst.Call):
        yield node.args[0].value


def _wrong_constant(place: Place) -> Iterator[cst.BaseExpression]:
    """Another number; or a fixed value, the default or 1, in place of a parameter."""
    node, parent = place.node, place.parent
    if isinstance(node, cst.Integer) and not isinstance(parent, (cst.Index, cst.Slice)) and not _is_axis(parent):
        value = int(node.value)
        yield from (number(other) for other in (value - 1, value + 1) if other >= 0)
    elif isinstance(node, cst.Float):
        yield from (number(float(node.value) * factor) for factor in (10, 0.1))
    elif isinstance(node, cst.Name) and place.is_read:
        default = place.scope.defaults.get(node.value)
        if default is not None and not m.matches(default, m.Name("None")):
            yield default.deep_clone()
        is_factor = isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Multiply, cst.Divide))
        if node.value in place.scope.given and (
            is_factor or (isinstance(parent, cst.Arg) and is_of_numpy(place.around[-2]))
        ):
            yield cst.Float("1.0")


def _is_axis(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "axis"


def _dtype(place: Place) -> Iterator[cst.BaseExpression]:
    """A narrower dtype: of a new array, or of a returned value."""
    node = place.node
    if isinstance(node, cst.Call) and is_of_numpy(node) and called(node) in MAKERS:
        if not any(argument.keyword and argument.keyword.value == "dtype" for argument in node.args):
            for dtype in DTYPES:
                keyword = call("np.zeros", dtype=cst.parse_expression(dtype)).args[0]
                yield node.with_changes(args=[*node.args, keyword])
    elif place.is_value(cst.Return):
        for dtype in DTYPES:
            yield cst.Call(attribute(node, "astype"), [cst.Arg(cst.parse_expression(dtype))])


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
    """Move the comments of the old statements to those in their places, since markers of regions are among them."""
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
    return statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None


def _writes_and_reads(statement: cst.BaseSmallStatement) -> tuple[set[str], set[str]]:
    code = cst.Module(())
    if isinstance(statement, cst.AugAssign):
        target = code.code_for_node(statement.target)
        return {target}, {target, *names(statement.value)}
    if not isinstance(statement, cst.Assign):
        return set(), set(names(statement))
    writes: set[str] = set()
    for name in [each.target for each in statement.targets]:
        parts = [each.value for each in name.elements] if isinstance(name, cst.Tuple) else [name]
        writes |= {code.code_for_node(part) for part in parts}
    indexed = {code.code_for_node(each) for each in m.findall(statement.value, m.Subscript() | m.Attribute())}
    return writes, {*names(statement.value), *indexed}


def _dropped_step(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """A missing statement that causes no error at once: one that updates, or fills in."""
    for n, statement in enumerate(body):
        small = _simple(statement)
        if not mine[n] or not isinstance(small, (cst.Assign, cst.AugAssign, cst.Expr)):
            continue
        writes, reads = _writes_and_reads(small)
        if writes <= reads or not all(name.isidentifier() for name in writes):
            yield _rewritten(body, [*body[:n], *body[n + 1 :]])


def _other_order(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """Two steps swapped, where that matters: one writes what the other reads or writes."""
    for n in range(len(body) - 1):
        one, other = _simple(body[n]), _simple(body[n + 1])
        if mine[n] and mine[n + 1] and isinstance(one, cst.Assign) and isinstance(other, cst.Assign):
            writes, reads = _writes_and_reads(one)
            later_writes, later_reads = _writes_and_reads(other)
            if writes & (later_reads | later_writes) or reads & later_writes:
                yield _rewritten(body, [*body[:n], body[n + 1], body[n], *body[n + 2 :]])


def _updated_early(body: Body, mine: Sequence[bool]) -> Iterator[list[cst.BaseStatement]]:
    """A simultaneous assignment split into several, so that a later one reads a new value."""
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
    """A step of a loop moved before it, and so done once."""
    for n, loop in enumerate(body):
        if not mine[n] or not isinstance(loop, cst.For) or not isinstance(loop.body, cst.IndentedBlock):
            continue
        steps = list(loop.body.body)
        for k, step in enumerate(steps):
            if isinstance(step, cst.SimpleStatementLine):
                left = loop.body.with_changes(body=_rewritten((), [*steps[:k], *steps[k + 1 :]]))
                first = step.with_changes(leading_lines=loop.leading_lines)
                second = loop.with_changes(body=left, leading_lines=())
                yield [*body[:n], first, second, *body[n + 1 :]]


STATEMENT_OPERATORS: Mapping[str, StatementOperator] = {
    "dropped step": _dropped_step,
    "other order": _other_order,
    "updated early": _updated_early,
    "before the loop": _before_the_loop,
}
