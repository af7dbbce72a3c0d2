"""A handed-in notebook is bytes from a stranger: it becomes records, in bounds, or one sentence; nothing else."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.notebook import document, figures
from autograder.notebook.alignment import arrange
from autograder.notebook.document import Cell, Notebook, Output, UnreadableError, output, read, where_they_part
from autograder.notebook.figure_metadata import KEYWORD, packed
from autograder.notebook.figures import RequiredAxes, RequiredFigure, has_its_figures
from autograder.notebook.outputs import difference, first_difference, stale_outputs, was_run

RELEASED = Notebook(
    (
        Cell(1, "markdown", "# A title", "a", heading="A title"),
        Cell(2, "code", "import numpy as np", "b", heading="A title"),
        Cell(3, "code", "def f():\n    raise NotImplementedError('f')", "c", tags=frozenset({"fill"})),
        Cell(4, "code", "print(np.ones(3))\ncheck('f')", "d"),
    )
)


def notebook(*cells, **more):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}).encode()


def code(source, **more):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **more}


def judged(content):
    """Everything that is done with a notebook but for running it."""
    found = read(content)
    arrangement = arrange(found, RELEASED)
    for rerun in ({}, {n: step.saved.outputs[::-1] for n, step in enumerate(arrangement.steps) if step.saved}):
        was_run(found, arrangement.steps, rerun)
        list(stale_outputs(arrangement.steps, rerun))
        has_its_figures((RequiredFigure("f", axes=(RequiredAxes("x"),)),), arrangement.steps, rerun, {})
    return found


def judged_or_refused(content):
    try:
        judged(content)
    except UnreadableError:
        pass  # in a sentence, and by nothing else


class TestReading:
    """What the format allows, and what programs make of it."""

    def test_texts_are_texts_or_lists_of_lines(self):
        """The format allows both."""
        (one, other) = read(notebook(code("a\nb"), code(["a\n", "b"]))).cells

        assert one.source == other.source == "a\nb"

    def test_a_cell_is_known_by_its_number_and_what_stands_near(self):
        """As a student would look for it."""
        heading = {"cell_type": "markdown", "source": "Some words\n\n## 6. *Training* ##\n\nmore"}
        found = read(notebook(heading, code("\n\n  solver.train()\nx")))

        assert found.cells[1].place == "cell 2 (`solver.train()` under “6. *Training*”)"
        assert found.cells[0].place == "cell 1 (`Some words` under “6. *Training*”)"

    def test_outputs_are_read(self):
        """Streams, displays, results and errors; of data that nobody reads, only that they are there."""
        raws = [
            {"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]},
            {"output_type": "display_data", "data": {"text/plain": "x", "application/json": {"a": 1}}},
            {"output_type": "execute_result", "data": {"text/html": ["<b>", "</b>"]}, "execution_count": 1},
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []},
            {"output_type": "of another kind"},
            7,
        ]
        (cell,) = read(notebook(code("x", outputs=raws, execution_count=3))).cells

        assert cell.count == 3
        assert cell.outputs == (
            Output("stream", "stderr", "a\nb"),
            Output("display", "", "x", {"text/plain": "x", "application/json": ""}),
            Output("result", "", "", {"text/html": ""}),
            Output("error", "ValueError", "no"),
        )

    @pytest.mark.parametrize("count", [True, 0, -1, 1.0, "1", None, 10**12])
    def test_a_count_is_a_count(self, count):
        """Or there is none."""
        assert read(notebook(code("x", execution_count=count))).cells[0].count is None


class TestBounds:
    """What is larger than anybody's work is cut, or refused; both are told."""

    def test_an_output_is_cut_and_says_so(self):
        """A loop that prints costs memory once."""
        raw = {"output_type": "stream", "name": "stdout", "text": "x" * (document.MAX_CHARACTERS + 1)}

        found = output(raw)

        assert found.clipped
        assert len(found.text) == document.MAX_CHARACTERS

    def test_many_outputs_are_cut(self):
        """The last that is kept says that there were more."""
        raws = [{"output_type": "stream", "name": "stdout", "text": "x"}] * (document.MAX_OUTPUTS + 1)
        (cell,) = read(notebook(code("x", outputs=raws))).cells

        assert len(cell.outputs) == document.MAX_OUTPUTS
        assert cell.outputs[-1].clipped

    def test_a_source_of_a_megabyte_is_no_source(self):
        """Nobody has written it."""
        with pytest.raises(UnreadableError, match="cell 1: its source has more than 1,000,000 characters"):
            read(notebook(code("x" * 1_000_001)))

    def test_two_megabytes_of_sources_are_nobodys_work(self):
        """To look through them would take minutes."""
        with pytest.raises(UnreadableError, match="more than 2,000,000 characters of text and code"):
            read(notebook(*[code("x" * 900_000)] * 3))

    def test_a_text_that_never_ends_is_read_once(self):
        """Though each of its quotes could begin another."""
        with pytest.raises(UnreadableError, match="it is broken JSON"):
            read(b'{"nbformat": 4, "cells": ["' + b'\\"[,' * 2_000_000)

    def test_a_number_of_thousands_of_digits_is_refused(self):
        """Python itself would take seconds."""
        with pytest.raises(UnreadableError, match="can't be read as JSON"):
            read(b'{"nbformat": ' + b"1" * 100_000 + b"}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TEXT = st.one_of(
    JSON,
    st.lists(st.text(max_size=12), max_size=3),
    st.sampled_from([cell.source for cell in RELEASED.cells]),
    st.sampled_from(
        ["print(1)", "%%time\nx = 1", "def f():\n    return (((", "\\", "'''", "check(", "f'{x!r:>{y}}'", "\0"]
    ),
    st.text("()[]{}:,=+-'\"\\#%!\n\r\t \x1b\b0123456789.eE", max_size=60),
)
DATA = st.dictionaries(
    st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml", "application/json", "x"]),
    TEXT,
    max_size=3,
)
RAW_OUTPUT = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["stream", "display_data", "execute_result", "error", "pyout", "no such"])},
        optional={"name": TEXT, "text": TEXT, "data": DATA | JSON, "ename": TEXT, "evalue": TEXT, "metadata": JSON},
    ),
)
RAW_CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw", "heading", None]) | JSON},
    optional={
        "id": st.sampled_from("abcd") | JSON,
        "source": TEXT,
        "input": TEXT,
        "metadata": st.fixed_dictionaries({"tags": JSON}) | JSON,
        "outputs": st.lists(RAW_OUTPUT, max_size=4) | JSON,
        "execution_count": st.integers(-2, 9) | JSON,
        "prompt_number": JSON,
        "level": JSON,
    },
)
RAW_NOTEBOOK = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([1, 2, 3, 4, 4, 4, 5]) | JSON},
    optional={
        "nbformat_minor": JSON,
        "metadata": st.fixed_dictionaries({"kernelspec": JSON, "language_info": JSON}) | JSON,
        "cells": st.lists(RAW_CELL, max_size=6) | JSON,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(RAW_CELL, max_size=4)}), max_size=2) | JSON,
    },
)


class TestHostile:
    """Whatever is handed in, it is judged, or refused in a sentence; nothing is raised and nothing takes long."""

    @settings(max_examples=150)
    @given(RAW_NOTEBOOK)
    def test_anything_like_a_notebook(self, raw):
        """Any value in any place."""
        judged_or_refused(json.dumps(raw).encode())

    @settings(max_examples=100)
    @given(st.binary(max_size=200))
    @example(b"\xff\xfe{\x00}\x00")
    @example(b"\xef\xbb\xbf")
    @example(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800"}]}')
    @example(b"NaN")
    def test_any_bytes(self, content):
        """Text or not."""
        judged_or_refused(content)

    @settings(max_examples=150)
    @given(st.lists(RAW_OUTPUT, max_size=3), st.lists(RAW_OUTPUT, max_size=3))
    def test_any_outputs_beside_any_others(self, one, other):
        """A run's are a stranger's, too; what is the same is the same."""
        first, second = ([found for raw in raws if (found := output(raw))] for raws in (one, other))

        assert isinstance(difference(first, second), tuple | None)
        assert difference(first, first) is None

    @settings(max_examples=150)
    @given(JSON, st.binary(max_size=60), st.integers(0, 60))
    def test_any_picture(self, said, noise, cut):
        """A picture that says nonsense of itself says nothing."""
        text = KEYWORD.encode() + b"\0" + packed(None).encode()
        try:
            text = KEYWORD.encode() + b"\0" + packed(said).encode()
        except ValueError:
            pass  # a number that JSON has no word for
        chunk = len(text).to_bytes(4, "big") + b"tEXt" + text + b"\0\0\0\0"
        whole = b"\x89PNG\r\n\x1a\n" + chunk + noise

        for content in (whole, whole[:-cut] if cut else whole, noise, whole[:8] + noise):
            assert figures.of_png(content) is None or isinstance(figures.of_png(content), figures.Figure)
            figures.figures_of([Output("display", data={"image/png": base64.b64encode(content).decode()})])

    def test_a_small_picture_that_inflates_to_a_large_one(self):
        """What is kept of it is bounded."""
        text = KEYWORD.encode() + b"\0" + packed({"version": 2, "title": "x" * 40_000_000}).encode()
        chunk = len(text).to_bytes(4, "big") + b"tEXt" + text + b"\0\0\0\0"

        assert figures.of_png(b"\x89PNG\r\n\x1a\n" + chunk) is None

    # Each of these would take minutes if anything in its way were quadratic.
    @pytest.mark.parametrize(
        "source",
        [
            pytest.param("(" * 900_000, id="brackets"),
            pytest.param("-" * 900_000 + "1", id="minus_signs"),
            pytest.param('"""' * 300_000, id="quotes"),
            pytest.param("x = [" + "1," * 400_000 + "]", id="a_list"),
            pytest.param("\n" * 900_000, id="empty_lines"),
            pytest.param("# In[1]:\n" * 90_000, id="comments"),
            pytest.param("%" * 900_000, id="magics"),
            pytest.param("check" * 180_000, id="verdicts"),
        ],
    )
    def test_a_source_that_is_made_to_be_slow(self, source):
        """It is read in a moment."""
        source = source[:800_000]
        began = time.process_time()

        judged(notebook(code(source, id="c"), code(source, id="b"), *(code(source[:5000]) for _ in range(50))))

        assert time.process_time() - began < 10

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("1" * 1_000_000, id="digits"),
            pytest.param("1.1e1" * 200_000, id="numbers"),
            pytest.param("/a" * 500_000, id="paths"),
            pytest.param("\r" * 1_000_000, id="carriage_returns"),
            pytest.param("\x1b[" * 500_000, id="escapes"),
            pytest.param("1%\n" * 300_000, id="percent"),
            pytest.param("np.float64(" * 90_000, id="parentheses"),
            pytest.param("a\n" * 500_000, id="lines"),
            pytest.param("<table>" * 140_000, id="tables"),
            pytest.param("<" * 1_000_000, id="angles"),
            pytest.param("<!" * 500_000, id="declarations"),
            pytest.param("&" * 1_000_000, id="entities"),
            pytest.param("time " * 200_000, id="times"),
            pytest.param(" " * 1_000_000, id="spaces"),
        ],
    )
    def test_an_output_that_is_made_to_be_slow(self, text):
        """It is compared in a moment."""
        began = time.process_time()

        first_difference(text, text[1:] + "x")
        markup = "<table>" + text
        difference(
            [Output("display", data={"text/html": markup})], [Output("display", data={"text/html": markup[:-1]})]
        )

        assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("a short line", "another", ("a short line", "another")),
        ("x" * 60 + "1", "x" * 60 + "2", (f"…{'x' * 16}1", f"…{'x' * 16}2")),
        ("", "y" * 60, ("", f"{'y' * 47}…")),
        ("`a`", "b", ("'a'", "b")),
    ],
    ids=["short", "long", "nothing", "backticks"],
)
def test_lines_are_shown_where_they_part(one, other, told):
    """However long they are, what differs is in what is shown."""
    assert where_they_part(one, other) == told
