"""Whether a cell is the one that was given is a question of what it does, not of how it is written."""

from __future__ import annotations

import pytest

from autograder.notebook.alignment import bound, lost, lost_line, same_program

GAP = 'raise NotImplementedError("line: `f` is not written yet")'

SAME = {
    "comment": ("x = 1", "# why\nx = 1  # not\n# at all"),
    "quotes": ('x = "a"', "x = 'a'"),
    "broken": ("f(a, b)", "f(\n    a,\n    b,\n)"),
    "spaces": ("x = a+b", "x=a + b\n\n\n"),
    "timed": ("x = 1", "%%time\nx = 1"),
    "remarks_of_all_kinds": ("x = f(a, b)", "# $\\eta$, 2in\nx = f(\n    a, b\n)  # \\mu: 3or so"),
    "escapes_that_are_none": ("x = f('$\\eta$', 1)", "x = f(\n    '$\\eta$', 1\n)"),
    "percent_in_brackets": ("x = ('%d'\n     % y)", "x = (\n    '%d'\n    % y\n)"),
    "line_ends": ("x = 1\ny = 2", "x = 1   \n\n\ny = 2"),
    "escapes": (r'label = f"$\\eta$ = {eta}"', "# why\n" + r"label = f'$\\eta$ = {eta}'"),
    "raw_strings": (r'label = r"$\eta$"', "# why\n" + r'label = r"$\eta$"'),
    "magics": ("%time x = 1\n%matplotlib inline", "# why\n%time x = 1\n%matplotlib inline"),
    "percent": ('print(f"{x:.1%}")', "print(f'{x:.1%}')"),
    "docstring": ('def f():\n    """Words."""\n    return 1', "def f():\n    'Mine.'\n    return 1"),
    "no_docstring": ('class A:\n    """Words."""\n    x = 1', "class A:\n    x = 1"),
}
OTHER = {
    "name": ("x = 1", "y = 1"),
    "number": ("x = 1", "x = 1.0"),
    "order": ("x = 1\ny = 2", "y = 2\nx = 1"),
    "twice": ("x = 1", "x = 1\nx = 1"),
    "out_of_the_loop": ("for k in a:\n    f()\n    g()", "for k in a:\n    f()\ng()"),
    "commented_out": ("x = 1", "# x = 1"),
    "broken": ("x = 1", "x = (1"),
    "string": ('x = "a"', 'x = "a "'),
    "raw_string": (r'x = r"\eta"', r'x = r"\mu"'),
    "magic": ("%time x = 1", "%time x = 2"),
    "escape": (r"x = '\eta'", r"x = '\mu'"),
    "one_tuple": ("f((a,))", "f((a))"),
    "string_that_is_no_docstring": ("def f():\n    x = 1\n    'a'", "def f():\n    x = 1\n    'b'"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_program(name):
    """However it is written."""
    given, found = SAME[name]

    assert same_program(found, given)


@pytest.mark.parametrize("name", OTHER)
def test_another_program(name):
    """However alike it looks."""
    given, found = OTHER[name]

    assert not same_program(found, given)


@pytest.mark.parametrize(
    ("given", "found", "whole"),
    [
        (GAP, "anything = 1", True),
        (f"x = 1\n{GAP}\nprint(x)", "x = 1\nz = 3\nprint(x)", True),
        (f"x = 1\n{GAP}\nprint(x)", "x = 1\nz = 3", False),
        (f"def f():\n    {GAP}\n\nprint(f())", "def f():\n    'Mine.'\n    return 1\n\nprint(f())", True),
        (f"def f():\n    {GAP}\n\nprint(f())", "import math\n\ndef f():\n    return 1\n\nprint( f() )", True),
        (f"def f():\n    {GAP}\n\nprint(f())", "def g():\n    return 1\n\nprint(f())", False),
        (f"def f():\n    {GAP}\n\nprint(f())", "print(f())\ndef f():\n    return 1", False),
        (f"x = 1\n{GAP}\nprint(x)", "x = 1\nbroken = (\nprint(x)", True),
    ],
    ids=["all_of_it", "between", "line_lost", "function", "with_an_import", "renamed", "turned_round", "broken"],
)
def test_a_filled_cell_keeps_what_was_given_in_it(given, found, whole):
    """Whatever stands in its gap."""
    assert (lost(found, given) is None) == whole


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ("## Q\n\nOne, *two* three. Four?\n\n- a | b", True),
        ("## Q\n\nOne,\n*two*\nthree.\nFour?\n- a | b", True),
        ("## Q\n\nOne, _two_ three. Four?\n\n* a | b", True),
        ("## Q\n\nOne, *two* three. Mine. Four? Mine!\n\n- a | b\n\nMine.", True),
        ("## Q\n\nOne, *two* 3. Four?\n\n- a | b", False),
        ("## Q\n\nOne, *two* three.\n\n- a | b", False),
        ("## Q\n\n- a | b\n\nOne, *two* three. Four?", False),
    ],
    ids=["as_it_was", "wrapped", "other_marks", "answered", "changed", "sentence_gone", "moved"],
)
def test_a_text_is_kept_however_it_is_wrapped(found, whole):
    """More may stand between its words."""
    assert (lost_line(found, "## Q\n\nOne, *two* three. Four?\n\n- a | b") is None) == whole


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b, (c, *d) = 1, (2, 3)", {"a", "b", "c", "d"}),
        ("net.params['W'][0] = 1\nnet.x += 1", {"net"}),
        ("model.fit(x, y)", {"model"}),
        ("loss = model.fit(x, y)", {"loss"}),
        ("def f():\n    a = 1\n    return [b for b in c]", {"f"}),
        ("for k in range(3):\n    with open(p) as file:\n        import os.path as q, re.x", {"k", "file", "q", "re"}),
        ("%%time\nx = 1", {"x"}),
        ("if (n := 3) > 2: pass", {"n"}),
        ("x = (1", set()),
    ],
)
def test_what_a_cell_makes(source, names):
    """As a run of it would, by what is written."""
    assert bound(source) == names
