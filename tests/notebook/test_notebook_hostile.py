"""Any text in a cell or out of it gets an answer from what reads it: nothing in the grader raises."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.notebook.alignment import (
    Step,
    align,
    arrange,
    bound,
    described,
    imports_added,
    intact,
    loaded,
    lost,
    lost_line,
    same_program,
    statements,
)
from autograder.notebook.document import Cell, Notebook, Output, UnreadableError, output, quoted, read, where_they_part
from autograder.notebook.figures import asked_of, figures_of
from autograder.notebook.outputs import (
    differ,
    difference,
    first_difference,
    pictures_differ,
    stale_outputs,
    was_run,
)

HUGE = "0x" + "f" * 5000
ATTRIBUTES = "a" + ".b" * 3000
# What trips up whoever walks, prints, counts or encodes it.
CODE = {
    "huge_argument": f"id({HUGE})",
    "huge_method": f"({HUGE}).bit_length()",
    "huge_statement": HUGE,
    "huge_in_a_definition": f"def f():\n    return {HUGE}",
    "huge_decimal": "id(" + "9" * 5000 + ")",
    "huge_in_an_f_string": f'f"{{{HUGE}}}"',
    "huge_import_level": "from " + "." * 3000 + " import a",
    "huge_exponent": "1e" + "9" * 5000,
    "huge_complex": "9" * 400 + "j",
    "attributes": f"if False:\n    {ATTRIBUTES}()",
    "subscripts": "a" + "[0]" * 3000 + "()",
    "calls": "a" + "()" * 3000,
    "sums": "f(" + "+".join("1" * 5000) + ")",
    "attributes_in_a_name": f"{ATTRIBUTES} = 1",
    "signs": "-" * 3000 + "1",
    "nots": "not " * 3000 + "1",
    "brackets": "(" * 150 + ")" * 150,
    "many_brackets": "[" * 3000,
    "braces": "{" * 90 + "1" + "}" * 90,
    "lambdas": "lambda: " * 1500 + "1",
    "awaits": "await " * 3000 + "x",
    "conditions": "1 if 1 else " * 1500 + "1",
    "blocks": "\n".join(" " * n + "if 1:" for n in range(99)) + "\n" + " " * 99 + "1",
    "elifs": "if 1: pass\n" + "elif 1: pass\n" * 2000,
    "patterns": "match 1:\n    case " + "[" * 150 + "x" + "]" * 150 + ": pass",
    "many_statements_one_deep": f"import os\n{ATTRIBUTES}()\nimport sys",
    "nul": "a\0b",
    "surrogate": "x = '\ud800'",
    "other_lines": "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g",
    "bad_escape": "'\\d' is '\\N{no such thing}'",
    "literal_is": "x is 1",
    "no_space": "1if 1else 2",
    "magic": "%" + "x" * 3000 + " 'a\\",
    "magic_of_a_surrogate": "!\ud800",
    "help": "?" * 3000 + "x",
    "percent_cell": "%%\x00\n" + HUGE,
    "names": "ﬁ = 𝐱 = 1",
    "digits": "print(²)",
    "check": f"check({HUGE})",
    "starred": "check(*a, **b)",
    "proc": f"open({HUGE!r})\nos.chdir({HUGE})",
    "form_feed": "\x0c  if 1:\n\tpass",
    "open_text": "'''" + "a" * 100,
    "null_import": "import a as b, c.d as e\nfrom . import *",
}
MARKUP = {
    "unclosed_td": "<table><tr><td>a<tr>b</table>",
    "td_alone": "<td>a</td>b<tr>c",
    "row_in_a_cell": "<table><tr><td><tr></td>x",
    "table_in_a_cell": "<table><tr><td>a<table><tr><td>b</table>c</table>d",
    "nothing_open": "</td></tr></table>x",
    "huge_character": "<table><tr><td>&#" + "9" * 5000 + ";",
    "surrogate_character": "<td>&#xd800;&#x110000;",
    "declaration": "<table><tr><td><![if x]><![CDATA[ x ]]><!DOCTYPE [ <!ENTITY",
    "unended": "<table><tr><td><!-- x <a b='",
    "marked_section": "<table><tr><td>a<![ ]>b",
    "processing": "<table><?x><tr><td>a",
    "script": "<table><script><tr><td>a</script><style>",
    "nul": "<table>\0<tr\0><td\0>\0",
    "nested": "<table><tr>" + "<td>" * 3000,
    "rows": "<table>" + "<tr>" * 3000 + "x",
}
PRINTED = {
    "huge": "9" * 5000 + " 1e999 -1e-999 0e999 .e",
    "other_digits": "٣.٤ ²  ①  Ⅷ 𝟙𝟚 1e٣",
    "sets": "{" * 50 + "}" * 50 + "{}, [}, (]",
    "open": "pid 5 \N{WHITE SQUARE} 5 5 b",
    "times": "took 5 s on 2024-99-99 99:99:99 Monday, 5 May 2024",
    "surrogate": "a\udfffb",
    "controls": "\x1b[31m\x08\x08a\rb\x0bc\u2028d",
    "colab": "Streaming output truncated to the last " + "9" * 20 + " lines.\nx\n",
    "percent": "50%|███ | 1/2 [00:01<00:01,  1.0it/s]",
    "array": "array([1., 2.], dtype=int64, shape=(3,))",
    "memory": "9" * 400 + " MiB at 0x" + "f" * 400,
    "patterns": "(?P<a>[ \\ * .* [!a]",
}

GIVEN = (
    Cell(1, "markdown", "# A title\n\nSome words. And more.", "a", heading="A title"),
    Cell(2, "code", "import numpy as np", "b", heading="A title"),
    Cell(3, "code", "def f():\n    raise NotImplementedError('f')", "c", tags=frozenset({"fill"})),
    Cell(4, "code", "model = f()\nprint(np.ones(3))\ncheck('f')", "d"),
)


def one_of_these(texts):
    """One of a table's texts, chosen by its name: some are long to be shown."""
    return st.sampled_from(sorted(texts)).map(lambda name: texts[name])


code_texts = (
    one_of_these(CODE)
    | st.lists(one_of_these(CODE), min_size=2, max_size=3).map("\n".join)
    | st.text(alphabet=st.characters(), max_size=60)
    | st.lists(st.sampled_from("abf()[]{}.,:;=+-*%!?@\\'\"# \n\t0x1e9_"), max_size=40).map("".join)
)
markup_texts = (
    one_of_these(MARKUP)
    | st.lists(
        st.sampled_from(("<table>", "<tr>", "<td>", "<th>", "</td>", "</tr>", "</table>", "a", "&#9;", "<!", "<", ">")),
        max_size=20,
    ).map("".join)
    | st.text(alphabet=st.characters(), max_size=40)
)
printed_texts = (
    one_of_these(PRINTED)
    | st.text(alphabet=st.characters(), max_size=60)
    | st.lists(st.sampled_from("0123456789.eE+-%{}[](),: \n\N{WHITE SQUARE}x√²"), max_size=60).map("".join)
)
outputs = st.lists(
    st.one_of(
        st.builds(Output, st.just("stream"), st.sampled_from(("stdout", "stderr")), printed_texts),
        st.builds(Output, st.just("error"), printed_texts, printed_texts),
        st.builds(
            Output,
            st.sampled_from(("display", "result")),
            st.just(""),
            printed_texts,
            st.dictionaries(
                st.sampled_from(("text/plain", "text/html", "text/markdown", "image/png", "x")), markup_texts
            ),
        ),
    ),
    max_size=3,
)
numbers = st.one_of(st.none(), st.floats(), st.integers(), st.sampled_from((10**400, -(10**30), 1e308, -1e308, 5e-324)))


@settings(max_examples=50)
@given(code_texts, code_texts)
def every_source(one, other):
    """Each function that reads a cell's text, on two of them."""
    statements(one)
    same_program(one, other)
    lost_line(one, other)
    for ours in GIVEN:
        lost(one, ours.source)
        imports_added(one, ours.source)
    for find in (bound, loaded, described, quoted):
        find(one)
    where_they_part(one, other)
    cells = [Cell(1, "code", one), Cell(2, "code", other, "c"), Cell(3, "markdown", one, "a")]
    align(GIVEN, cells)
    for cell in cells:
        step = Step(cell.source, cell.kind, None, replace(cell, outputs=(Output("stream", "stdout", one[:99]),)))
        list(stale_outputs((step,), {0: ()}))
        for ours in GIVEN:
            intact(cell, ours)
    arrangement = arrange(Notebook(tuple(cells)), Notebook(GIVEN))
    asked_of(arrangement.steps, ("model", "model.W"), ())


def test_any_source_is_read():
    """As code and as words, beside another one and beside what was given."""
    every_source()


@pytest.mark.parametrize("source", [pytest.param(text, id=name) for name, text in CODE.items()])
def test_a_source_of_this_kind_is_read(source):
    """Each kind alone, in each place."""
    every_source.hypothesis.inner_test(source, source)
    every_source.hypothesis.inner_test(GIVEN[2].source + "\n" + source, source)


def compared(one, other):
    """Everything that is done with two cells' outputs."""
    step = Step("print(1)", "code", GIVEN[3], Cell(4, "code", "print(1)", "d", 1, tuple(one)))
    list(stale_outputs((step,), {0: other}))
    was_run(Notebook((step.saved,)), (step,), {0: other})
    assert difference(one, one) is None


@settings(max_examples=300)
@given(outputs, outputs)
def test_any_outputs_are_compared(one, other):
    """Saved outputs beside what the code gives, of all kinds."""
    compared(one, other)


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for name, text in {**MARKUP, **{f"p_{n}": t for n, t in PRINTED.items()}}.items()],
)
def test_an_output_of_this_kind_is_compared(text):
    """As a table, as words and as what was printed."""
    shown = [
        Output("display", text="<x>", data={"text/plain": "<x>", "text/html": text}),
        Output("stream", "stdout", text),
    ]
    gives = [
        Output("display", data={"text/html": "<table><tr><td>a</td></tr></table>"}),
        Output("stream", "stdout", "5"),
    ]
    for one, other in ((shown, gives), (gives, shown), (shown, shown)):
        compared(one, other)


@settings(max_examples=300)
@given(printed_texts, printed_texts)
def test_any_printed_text_is_compared(one, other):
    """Line by line, in whichever way."""
    first_difference(one, other)
    assert first_difference(one, one) is None


@settings(max_examples=200)
@given(st.lists(numbers, max_size=5), st.lists(numbers, max_size=5), st.sampled_from(("linear", "log", "\ud800")))
@example([1e308, -1e308], [1.0, 2.0], "log")
def test_any_numbers_in_a_figure_are_compared(one, other, scale):
    """However large, and whatever they claim to be."""
    pictures = [picture(at, scale) for at in (one, other)]
    found = [figure for content in pictures for figure in figures_of([content])]
    for a in found:
        for b in found:
            if a and b:
                differ(a, b)
    pictures_differ(pictures[:1], pictures[1:])


def picture(at, scale):
    """A PNG that says that it shows such a line."""
    import base64
    import zlib

    from autograder.notebook.figure_metadata import KEYWORD, VERSION

    artists = [{"kind": "line", "x": at, "y": at, "label": scale}]
    said = {"version": VERSION, "axes": [{"yscale": scale, "artists": artists, "title": scale}]}
    packed = base64.b64encode(zlib.compress(json.dumps(said).encode()))
    text = KEYWORD.encode() + b"\0" + packed
    content = b"\x89PNG\r\n\x1a\n" + len(text).to_bytes(4, "big") + b"tEXt" + text + b"\0\0\0\0"
    return Output("display", data={"image/png": base64.b64encode(content).decode()})


json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(alphabet=st.characters(), max_size=10) | code_texts | markup_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(("code", "markdown", "heading")) | json_values,
        "source": json_values,
        "input": json_values,
        "id": json_values,
        "metadata": json_values,
        "execution_count": json_values,
        "outputs": st.lists(
            st.fixed_dictionaries(
                {"output_type": st.sampled_from(("stream", "error", "display_data", "execute_result", "pyout"))},
                optional={"text": json_values, "data": json_values, "ename": json_values, "name": json_values},
            )
            | json_values,
            max_size=2,
        ),
    },
)


@settings(max_examples=200)
@given(st.sampled_from((2, 3, 4, 5, True, -1, 10**30)), st.lists(fields, max_size=3), json_values)
def test_any_fields_are_read(nbformat, cells, metadata):
    """In whichever format; what is no notebook is refused in a sentence, and by nothing else."""
    raw = {"nbformat": nbformat, "metadata": metadata, "cells": cells, "worksheets": [{"cells": cells}]}
    try:
        found = read(json.dumps(raw).encode())
    except UnreadableError:
        return
    arrangement = arrange(found, Notebook(GIVEN))
    was_run(found, arrangement.steps)
    for cell in cells:
        for one in cell.get("outputs", []):
            output(one)
