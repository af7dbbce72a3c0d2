"""What each operator makes of a line, and what no mutant is."""

from __future__ import annotations

import ast

import pytest

from autograder.audit.mutants import mutants
from autograder.audit.operators import OPERATORS, STATEMENT_OPERATORS
from autograder.course.problem import CourseError

HEAD = """\
import numpy as np


def f(x, y, w, n=3, C=5.0):
    k = n - 1
"""


def module(*lines):
    """A module whose function has these lines in a region; what stands before it is handed out."""
    inside = [f"    {line}\n" for line in ("# BEGIN SOLUTION", *lines, "# END SOLUTION")]
    return HEAD + "".join(inside)


def made(operator, *lines):
    """What an operator makes of the lines, in the order it is made."""
    return [mutant.after for mutant in mutants(module(*lines), "f.py") if mutant.operator == operator]


TABLE = [
    ("sign", "z = x - y", ["z = x + y", "z = -(x - y)"]),
    ("sign", "z = x + y @ w", ["z = x - y @ w", "z = -(x + y @ w)"]),
    ("sign", "return -C * x", ["return -(-C * x)", "return C * x"]),
    ("sign", "z = np.zeros(3)", []),  # −0 is 0
    ("transpose", "z = x.T @ y", ["z = x @ y", "z = x.T @ y.T"]),
    ("transpose", "z = np.exp(x)", ["z = np.exp(x.T)"]),
    ("transpose", "z = np.zeros(n)", []),
    ("transpose", "return x * y", ["return (x * y).T"]),
    (
        "axis",
        "z = x.sum(axis=1, keepdims=True)",
        ["z = x.sum(axis=0, keepdims=True)", "z = x.sum(keepdims=True)", "z = x.sum(axis=1)"],
    ),
    ("sum/mean", "z = np.sum(x) + y.mean()", ["z = np.mean(x) + y.mean()", "z = np.sum(x) + y.sum()"]),
    ("max/min", "z = np.maximum(x, x.max())", ["z = np.minimum(x, x.max())", "z = np.maximum(x, x.min())"]),
    ("off by one", "z = x.shape[1]", ["z = x.shape[1] - 1", "z = x.shape[1] + 1", "z = x.shape[2]", "z = x.shape[0]"]),
    ("off by one", "z = len(x)", ["z = len(x) - 1", "z = len(x) + 1"]),
    ("off by one", "z = np.arange(n)", ["z = np.arange(1, n)", "z = np.arange(n - 1)", "z = np.arange(n + 1)"]),
    ("off by one", "z = x[1:]", ["z = x[2:]", "z = x[0:]"]),
    ("strict/loose", "z = x < 1", ["z = x <= 1"]),
    ("strict/loose", "z = x >= 1", ["z = x > 1"]),
    ("wrong way round", "z = x < 1", ["z = x > 1"]),
    ("dropped term", "z = x + y", ["z = x", "z = y"]),
    ("dropped term", "z = x - y", ["z = x", "z = -y"]),
    ("dropped term", "z = w * (x + y)", ["z = w * (x)", "z = w * (y)"]),
    ("dropped factor", "z = x * y", ["z = x", "z = y"]),
    ("dropped factor", "z = x @ y + w", ["z = x + w", "z = y + w"]),
    ("dropped factor", "z = x**2", ["z = x"]),
    ("missing divisor", "z = np.sum(x) / len(x)", ["z = np.sum(x)"]),
    ("dropped call", "z = np.sqrt(x)", ["z = x"]),
    ("dropped call", "z = x.sum(axis=0)", ["z = x"]),
    ("dropped call", "z = x[y]", ["z = x"]),
    (
        "dropped argument",
        "z = np.random.normal(scale=C, size=n)",
        ["z = np.random.normal(size=n)", "z = np.random.normal(scale=C)"],
    ),
    ("swapped operands", "z = x - y", ["z = y - x"]),
    ("swapped operands", "z = x / (y + 1)", ["z = (y + 1) / x"]),
    ("swapped operands", "z = x + y", []),
    ("swapped arguments", "z = np.full(n, C)", ["z = np.full(C, n)"]),
    ("swapped arguments", "z = np.vstack([x, y])", ["z = np.vstack([y, x])"]),
    ("swapped arguments", "z = np.zeros((k, n))", ["z = np.zeros((n, k))"]),
    ("swapped arguments", "z = np.outer(y, y)", []),
    ("return order", "return x, y, w", ["return y, x, w", "return x, w, y"]),
    ("wrong name", "z = w + 1", ["z = y + 1", "z = n + 1"]),  # those beside it
    ("in place", "z = x - C", ["z = np.subtract(x, C, out=x)"]),
    ("in place", "z = np.exp(x)", ["z = np.exp(x, out=x)"]),
    ("in place", "z = k - C", []),  # nobody else's
    ("in place", "z = np.array(x)", ["z = x"]),
    ("wrong constant", "z = k > 2", ["z = k > 1", "z = k > 3"]),
    ("wrong constant", "z = k > 1e-4", ["z = k > 0.001", "z = k > 1e-05"]),
    ("wrong constant", "z = k * C", ["z = k * 5.0"]),  # its default, whatever it is
    ("dtype", "z = np.eye(k)", ["z = np.eye(k, dtype=np.float32)", "z = np.eye(k, dtype=int)"]),
    ("dtype", "return x", ["return x.astype(np.float32)", "return x.astype(int)"]),
    ("wrong key", "y['dw'] = x['db']", ["y['db'] = x['db']", "y['dw'] = x['dw']"]),
]


@pytest.mark.parametrize(("operator", "before", "after"), TABLE, ids=[f"{row[0]}: {row[1]}" for row in TABLE])
def test_an_operator_makes_these_mistakes(operator, before, after):
    """No more and no others, in an order that stays."""
    assert made(operator, before) == after


LINES = [
    ("stale name", ("u = x - 1", "z = np.exp(u)"), ["z = np.exp(x)"]),
    ("stale name", ("w = w - C * x", "z = w"), []),  # what it was before has no other name
    ("wrong name", ("da, db = 1, 2", "z = da"), ["z = db"]),
    ("dropped step", ("z = x", "z[y] = 1"), [""]),
    ("dropped step", ("z = x", "return z"), []),  # its lack is an error at once
    ("other order", ("u = x + 1", "z = u * y"), ["z = u * y; u = x + 1"]),
    ("other order", ("u = x + 1", "z = x * y"), []),  # the order doesn't matter
    (
        "updated early",
        ("w, y = w - x * y, y - x * w",),
        ["w = w - x * y; y = y - x * w", "y = y - x * w; w = w - x * y"],
    ),
    ("updated early", ("w, y = w - x, y - x",), []),
    (
        "before the loop",
        ("for _ in range(n):", "    u = w * x", "    w = w - u"),
        ["u = w * x; for _ in range(n):", "w = w - u; for _ in range(n):; u = w * x"],
    ),
]


@pytest.mark.parametrize(
    ("operator", "before", "after"), LINES, ids=[f"{row[0]}: {'; '.join(row[1])}" for row in LINES]
)
def test_an_operator_makes_these_mistakes_of_several_lines(operator, before, after):
    """Of steps: their order, their place, what they read."""
    assert made(operator, *before) == after


def test_every_operator_is_in_a_table():
    """An operator without an example is one nobody has looked at."""
    shown = {operator for operator, _, _ in [*TABLE, *LINES]}

    assert shown == {*OPERATORS, *STATEMENT_OPERATORS, "wrong key"}


BUSY = ("for _ in range(n):", "    u = y * (x @ w.T + C) < 1", "    w = w - C * u.T @ x", "return w, y['a'] - y['b']")


def test_a_mutant_compiles_and_is_like_no_other():
    """Neither the reference nor any two mutants are the same program."""
    found = mutants(module(*BUSY), "f.py")
    programs = [ast.dump(ast.parse(text)) for text in (module(*BUSY), *(mutant.source for mutant in found))]

    assert len(found) > 40
    assert len(set(programs)) == len(programs)


def test_what_is_handed_out_is_left_alone():
    """All that changes is inside the markers, and these stay."""
    text = module(*BUSY)
    head = text[: text.index("# BEGIN")]

    for mutant in mutants(text, "f.py"):
        assert mutant.source.startswith(head + "# BEGIN SOLUTION\n")
        assert mutant.source.endswith("# END SOLUTION\n")


def test_a_mutant_says_where_it_differs():
    """The first line that does, and the lines themselves."""
    (mutant,) = [each for each in mutants(module("z = x", "u = x < 1"), "f.py") if each.operator == "strict/loose"]

    assert (mutant.line, mutant.before, mutant.after) == (8, "u = x < 1", "u = x <= 1")
    assert mutant.source.splitlines()[mutant.line - 1].strip() == mutant.after


def test_mutants_come_in_the_same_order():
    """So that lists of them can be compared."""
    assert mutants(module(*BUSY), "f.py") == mutants(module(*BUSY), "f.py")


def test_a_wrong_marker_is_an_error():
    """As it is everywhere else."""
    with pytest.raises(CourseError, match=r"f\.py, line 6"):
        mutants(module("z = x").replace("# END SOLUTION", ""), "f.py")
