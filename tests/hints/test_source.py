"""Mistakes that a module's source shows: the order of a cache, and code that is never reached."""

from __future__ import annotations

import time

import pytest
from specimens import by_problem

from autograder.hints.source import defined, reordered, unreached
from autograder.release.starter import starter
from autograder.wire import Frame

FORWARD = "def forward(x, w, b):\n    {pack}\n\n\n"
BACKWARD = "def backward(dout, cache):\n    {unpack}\n    return dout @ w.T, x.T @ dout\n"
SAID = "`backward` takes `w, x` out of `cache`, and they were put in as `x, w`: use one order in both places."


@pytest.mark.parametrize(
    ("pack", "unpack", "said"),
    [
        pytest.param("return x @ w + b, (x, w)", "w, x = cache", SAID, id="returned"),
        pytest.param("cache = (x, w)", "w, x = cache", SAID, id="named"),
        pytest.param("cache = x, w", "(w, x) = cache  # as kept", SAID, id="bare"),
        pytest.param("return x @ w + b, (x, w)", "x, w = cache", None, id="same_order"),
        pytest.param("return x @ w + b, (x, w, b)", "w, x = cache", None, id="other_names"),
        pytest.param("return x @ w + b, (x, w)", "w, x = other", None, id="another_tuple"),
        pytest.param("return combine(x, w)", "w, x = cache", None, id="a_call"),
        pytest.param("return x @ w + b, (x, w)", "x, w = w, x", None, id="exchanged_by_hand"),
    ],
)
def test_a_cache_in_another_order_is_told(pack, unpack, said):
    """The names say it, whatever the shapes."""
    text = FORWARD.format(pack=pack) + BACKWARD.format(unpack=unpack)

    assert reordered(text, {"backward"}) == said
    assert reordered(text, {"other"}) is None


def test_two_layers_with_the_same_names_are_told_apart():
    """An order that some other function uses is no slip."""
    text = (
        FORWARD.format(pack="return x @ w + b, (x, w)")
        + "def swapped(x, w):\n    return x, (w, x)\n\n"
        + BACKWARD.format(unpack="w, x = cache")
    )

    assert reordered(text, {"backward"}) is None


RAISE = '    raise NotImplementedError("f is not written yet")'


@pytest.mark.parametrize(
    ("below", "is_told"),
    [
        pytest.param("    return x + 1", True, id="code"),
        pytest.param("\n    # the sum\n    return x + 1", True, id="after_a_comment"),
        pytest.param("", False, id="nothing"),
        pytest.param("\n\ndef g(x):\n    return x", False, id="another_function"),
        pytest.param("    # still to be done", False, id="a_comment"),
        pytest.param("\nx = f(2)", False, id="outside"),
    ],
)
def test_code_below_the_raise_is_told(below, is_told):
    """It is never reached."""
    text = f"def f(x):\n{RAISE}\n{below}\n"

    assert bool(unreached(text, [Frame("m.py", 2, "f", RAISE.strip())])) == is_told


@by_problem
def test_a_starter_has_no_code_below_its_raise(problem):
    """A student who has not begun reads nothing of it."""
    text = starter(problem)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "raise NotImplementedError" in line]

    assert lines
    for line in lines:
        assert unreached(text, [Frame("m.py", line, "f", text.splitlines()[line - 1].strip())]) is None


def test_methods_and_functions_are_defined():
    """By their names, however deep."""
    assert defined("class A:\n    def f(self):\n        def g(): pass\nh = 1\n") == {"A", "f", "g"}


@pytest.mark.parametrize(
    "line", ["(" * 50_000, "a, " * 20_000, "x = " + "a, " * 20_000, "def f(" * 10_000, " " * 60_000]
)
def test_no_text_takes_long(line):
    """It is a student's, who may have made it to be slow to read."""
    began = time.perf_counter()
    reordered(line, {"f"})
    reordered("\n".join([line[:2_000]] * 30), {"f"})
    defined(line)

    assert time.perf_counter() - began < 2
