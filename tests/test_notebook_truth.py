"""What is saved is held against what the code gives: what changes with every run is left out, and nothing else is."""

from __future__ import annotations

import io

import matplotlib as mpl
import pytest
from damage import stream
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.notebook.document import Cell, Output, output
from autograder.notebook.drawn import watch
from autograder.notebook.figures import differ, of_png
from autograder.notebook.given import Step
from autograder.notebook.texts import Difference, difference
from autograder.notebook.truth import stale, tells_the_truth
from autograder.notebook.wanted import Wanted, WantedAxes, has_its_figures, wanted_figures
from autograder.problem import CourseError

mpl.use("agg")
watch()

ALIKE = {
    "the_same": ("a 1", "a 1"),
    "space": ("a    1\n\n\n", "a 1"),
    "lines_broken_elsewhere": ("[1. 2.\n 3. 4.]", "[1. 2. 3. 4.]"),
    "the_last_of_three_digits": ("95.8%", "95.7%"),
    "a_tie": ("0.125 is 12.4%", "0.125 is 12.5%"),
    "rounding": ("0.6931471805599453", "0.6931471805599455"),
    "single_precision_of_many_digits": ("1.2345678", "1.2345679"),
    "what_is_left_of_nothing": ("9.8e-10 and -3e-17", "7.4e-10 and 0.0"),
    "no_sign_of_nothing": ("-0.0", "0.0"),
    "not_a_number": ("nan inf", "nan inf"),
    "minus_signs": ("−1.5", "-1.5"),
    "an_older_numpy": ("[0.5, 1]", "[np.float64(0.5), np.int64(1)]"),
    "addresses": ("<A at 0x7f01>", "<A at 0x55aa01>"),
    "paths": ("in /home/me/x/data.npz", "in /tmp/run-17/data.npz"),
    "windows_paths": (r"in C:\Users\me\data.npz", "in /tmp/a/data.npz"),
    "versions": ("Python 3.11.2, numpy 1.26", "Python 3.13.0, numpy 2.4"),
    "dates": ("on 2026-01-02 at 10:31:05", "on 2027-03-04 at 9:00:00"),
    "seconds": ("done in 3.21 s", "done in 12 s"),
    "elapsed": ("elapsed: 3.21", "elapsed: 9"),
    "memory": ("uses 3.5 MiB", "uses 4 KiB"),
    "wall_time": ("x\nCPU times: user 3 ms\nWall time: 3 ms", "x"),
    "timeit": ("3 ms ± 2 µs per loop (mean ± std. dev. of 7 runs)", ""),
    "progress_bar": (" 10%|█         | 1/10 [00:01<00:09,  1.00it/s]\nx", "x"),
    "carriage_return": ("0%\r50%\r100%\nx", "100%\nx"),
    "escapes_that_never_end": ("\x1b]" * 30_000 + "a 1", "a 1"),
    "colours": ("\x1b[31mred\x1b[0m", "red"),
    "sets": ("{'b', 'a'}", "{'a', 'b'}"),
    "cells_counted": ("File <ipython-input-3>, In [3]", "File <ipython-input-3>, In [7]"),
}

PARTED = {
    "accuracy": ("accuracy 95.8%", "accuracy 54.2%", "accuracy 95.8%", "accuracy 54.2%"),
    "one_digit": ("0.9", "1.0", "0.9", "1.0"),
    "a_mask": ("[1. 0. 1.]", "[1. 1. 1.]", "[1. 0. 1.]", "[1. 1. 1.]"),
    "a_count": ("12 wrong", "13 wrong", "12 wrong", "13 wrong"),
    "a_sign": ("loss -0.5", "loss 0.5", "loss -0.5", "loss 0.5"),
    "an_exponent": ("1.2e-03", "1.2e-05", "1.2e-03", "1.2e-05"),
    "a_percent_sign": ("95.8", "95.8%", "95.8", "95.8%"),
    "diverged": ("loss 0.3", "loss nan", "loss 0.3", "loss nan"),
    "a_word": ("converged", "diverged", "converged", "diverged"),
    "more": ("a\nb", "a", "b", ""),
    "less": ("a", "a\nb", "", "b"),
    "first_line_less": ("b\nc", "a\nb\nc", "", "a"),
    "first_line_more": ("a\nb\nc", "b\nc", "a", ""),
    "nothing_left": ("", "a", "", "a"),
    "a_shape": ("(3, 4)", "(4, 3)", "(3, 4)", "(4, 3)"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_changes_with_every_run_is_no_difference(name):
    """In either direction."""
    one, other = ALIKE[name]

    assert difference(one, other) is None
    assert difference(other, one) is None


@pytest.mark.parametrize("name", PARTED)
def test_what_says_something_else_is_told(name):
    """Both lines, as they were printed."""
    shown, gives, *told = PARTED[name]

    assert difference(shown, gives) == Difference(*told)


NUMBERLIKE = st.text("0123456789.eE+-% \n[]n{", max_size=40)


@settings(max_examples=200)
@given(NUMBERLIKE, NUMBERLIKE)
@example("0e999", "1.0")
@example("1e999", "-1e999")
@example("1e-999", ".5e-999")
def test_any_numbers_can_be_compared(one, other):
    """However they are written; and what is the same is the same."""
    assert (difference(one, other) is None) == (difference(other, one) is None)
    assert difference(one, one) is None


def test_of_a_clipped_text_what_is_there_is_compared():
    """The line that was cut, and those after it, are held against nobody."""
    assert difference("a 1\nb 2\nc", "a 1\nb 2\nc 3\nd 4", clipped=True) is None
    assert difference("a 1\nb 2\nc", "a 1\nb 3\nc 3\nd 4", clipped=True) == Difference("b 2", "b 3")


def html(*rows):
    entries = ("".join(f"<td>{entry}</td>" for entry in row) for row in rows)
    markup = "<style>td {x: 1}</style><table>" + "".join(f"<tr>{row}</tr>" for row in entries) + "</table>"
    return Output("result", "", "a table", {"text/html": markup, "text/plain": "a table"})


@pytest.mark.parametrize(
    ("shown", "gives", "said"),
    [
        (html(("a", 1)), html(("a", 1)), ""),
        (html(("a", "0.50")), html(("a", "0.5")), ""),
        (html(("a", 1), ("b", 2)), html(("a", 1), ("b", 3)), "shows `2` in the row `b`, your code gives `3`"),
        (html(("a", 1)), html(("a", 1), ("b", 2)), "shows a table of 1 rows, your code gives 2"),
        (html(("a", 1)), html(("a", 1, 2)), "shows a table with 2 columns, your code gives 3"),
    ],
    ids=["same", "spelling", "value", "rows", "columns"],
)
def test_tables_are_compared_by_value(shown, gives, said):
    """Entry by entry, whatever they look like."""
    assert stale([shown], [gives]) == said


def test_the_order_of_what_is_printed_and_what_is_drawn_is_a_matter_of_time():
    """And streams come in pieces."""
    raws = [stream("a\n"), {"output_type": "display_data", "data": {"text/plain": "b"}}, stream("c\n")]
    first, second, third = map(output, raws)

    assert stale([first, second, third], [second, first, third]) == ""
    assert stale([first, output(stream("x", "stderr"))], [first]) == ""


def step(source="print(x)", *outputs, **more):
    saved = Cell(7, "code", source, "x", 1, outputs, heading="6. Training")
    return Step(source, "code", more.pop("given", None), saved, **more)


def test_a_stale_number_is_named_as_a_student_finds_it():
    """The cell, what it shows, what the code gives, what to do."""
    shown, gives = (Output("stream", "stdout", f"test accuracy: {share}%\n") for share in (95.8, 54.2))

    (finding,) = tells_the_truth([step("print(x)", shown)], {0: [gives]})

    assert (finding.code, finding.value) == (53, "cell 7")
    assert finding.message == (
        "cell 7 (`print(x)` under “6. Training”) shows `test accuracy: 95.8%`, "
        "your code gives `test accuracy: 54.2%`; run all cells from the top, and save"
    )


def test_what_our_own_runs_show_differently_is_held_against_nobody():
    """Code that draws at random says something else each time."""
    shown, once, again = ([Output("stream", "stdout", text)] for text in ("0.1", "0.2", "0.3"))
    steps = [step("print(x)", *shown)]

    assert tells_the_truth(steps, {0: once}, {0: once})
    assert not tells_the_truth(steps, {0: once}, {0: again})


@pytest.mark.parametrize(
    "silent",
    [
        step("check('x')", Output("result", "", "7/7")),
        step("!ls", Output("stream", "stdout", "a b")),
        step("print(x)", Output("stream", "stdout", "1"), replaced=True),
        step("x", Output("result", "", "1"), given=Cell(3, "code", "x", tags=frozenset({"environment"}))),
    ],
    ids=["verdict", "shell", "replaced", "environment"],
)
def test_what_was_not_shown_by_this_code_is_not_compared(silent):
    """There is nothing of ours to compare it with."""
    assert tells_the_truth([silent], {0: [Output("stream", "stdout", "another")]}) == []


def drawing(draw, **settings):
    """What a figure of one plot says of itself, through a PNG and back."""
    figure = Figure(figsize=(2, 2))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(**{"xlabel": "steps", "ylabel": "loss", "title": "Training", **settings})
    draw(axes)
    file = io.BytesIO()
    figure.savefig(file, bbox_inches="tight")
    found = of_png(file.getvalue())
    assert found is not None
    return found


FALLING = [2.0 * 0.9**k for k in range(60)]


def curve(values=FALLING, *style, **more):
    return drawing(lambda axes: axes.plot(values, *style, label="training", **more))


SAME_FIGURE = {
    "again": curve(),
    "another_style": curve(FALLING, "r.:", linewidth=4, alpha=0.3),
    "rounding": curve([value * (1 + 1e-5) for value in FALLING]),
}
OTHER_FIGURE = {
    "values": (curve(FALLING[::-1]), "shows the line “training” in “Training” at"),
    "how_many": (curve(FALLING[:50]), "with 50 values, your code draws 60"),
    "label": (drawing(lambda axes: axes.plot(FALLING), xlabel=""), "has the x label of no words, your code writes"),
    "title": (drawing(lambda axes: axes.plot(FALLING), title="Tests"), "has the title `Tests`, your code writes"),
    "scale": (
        drawing(lambda axes: axes.semilogy(FALLING)),
        "has a log y axis in “Training”, your code draws",
    ),
    "kind": (drawing(lambda axes: axes.bar(range(60), FALLING)), "shows 1 bars in “Training”, your code draws 0"),
    "more_lines": (drawing(lambda axes: axes.plot(FALLING) + axes.plot(FALLING)), "shows 2 lines in"),
    "words": (drawing(lambda axes: [*axes.plot(FALLING), axes.text(0, 0, "0.31")]), "has 1 word in “Training”"),
}


@pytest.mark.parametrize("name", SAME_FIGURE)
def test_style_makes_no_other_figure(name):
    """Nor does the last digit."""
    assert differ(SAME_FIGURE[name], curve()) == ""


@pytest.mark.parametrize("name", OTHER_FIGURE)
def test_a_figure_that_shows_something_else_is_told(name):
    """By what is different in it."""
    shown, said = OTHER_FIGURE[name]

    assert said in differ(shown, curve())


KINDS = {
    "line": lambda axes: axes.plot([1, 2, float("nan"), 3]),
    "points": lambda axes: axes.scatter([1, 2], [3, 4]),
    "bars": lambda axes: axes.bar([1, 2], [3, 4]),
    "sideways": lambda axes: axes.barh([1, 2], [3, 4]),
    "histogram": lambda axes: axes.hist([1, 2, 2, 3]),
    "image": lambda axes: axes.imshow([[1, 2], [3, 4]]),
    "contours": lambda axes: axes.contour([[1, 2], [3, 4]]),
    "mesh": lambda axes: axes.pcolormesh([[1, 2], [3, 4]]),
    "area": lambda axes: axes.fill_between([1, 2], [3, 4]),
    "errors": lambda axes: axes.errorbar([1, 2], [3, 4], [0.1, 0.2]),
    "nothing": lambda axes: None,
    "shape": lambda axes: axes.axvspan(1, 2),
    "words": lambda axes: axes.annotate("here", (0, 0)),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_plot_can_be_described(name):
    """And is the same as itself, and not as an empty one."""
    found = drawing(KINDS[name])

    assert differ(found, drawing(KINDS[name])) == ""
    assert (differ(found, drawing(lambda axes: None)) == "") == (name == "nothing")


def test_a_figure_that_would_say_too_much_says_nothing(monkeypatch):
    """A picture stays a picture, with its size."""
    monkeypatch.setattr("autograder.notebook.drawn.MAX_PACKED", 100)
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot(FALLING)
    file = io.BytesIO()

    FigureCanvasAgg(figure).print_png(file)

    assert of_png(file.getvalue()) is None


FIGURES = '[[figures]]\nname = "the curves"\nunder = "6. Training"\n\n[[figures.axes]]\nabout = "loss"\n'


@pytest.mark.parametrize(
    ("figure", "axes", "code", "said"),
    [
        (curve(), WantedAxes("loss", curves=1, falls=True), None, ""),
        (curve(), WantedAxes("loss", curves=1, falls="training"), None, ""),
        (curve(FALLING[::-1]), WantedAxes("loss", falls=True), 53, "no curve in “Training” falls"),
        (curve([1.0] * 9), WantedAxes("loss", falls="training"), 53, "the training in “Training” never falls"),
        (curve(FALLING[::-1]), WantedAxes("loss", rises=True), None, ""),
        (curve(), WantedAxes("loss", curves=2), 50, "“Training” shows 1 curve; expected 2"),
        (curve(), WantedAxes("accuracy"), 50, "nothing in it is about “accuracy”"),
        (drawing(lambda axes: axes.plot(FALLING), xlabel=""), WantedAxes("loss"), 50, "has no label on its x axis"),
        (drawing(lambda axes: axes.plot(FALLING), xlabel=""), WantedAxes("loss", labelled=False), None, ""),
    ],
)
def test_a_figure_must_show_what_is_asked_of_it(figure, axes, code, said, monkeypatch):
    """Labels, curves, and where they go."""
    monkeypatch.setattr("autograder.notebook.wanted.figures_of", lambda outputs: [figure] if outputs else [])
    wanted = Wanted("the curves", "6. Training", axes=(axes,))

    findings = has_its_figures([wanted], [step()], {0: [Output("display")]}, {})

    assert [finding.code for finding in findings] == ([code] if code else [])
    assert all(said in finding.message for finding in findings)


def test_a_figure_that_is_not_drawn_is_missing():
    """Under its heading, or in its file."""
    (drawn,) = has_its_figures([Wanted("the curves", "6. Training")], [step()], {}, {})
    (written,) = has_its_figures([Wanted("the curves", file="curves.png")], [step()], {}, {"curves.png": b"text"})

    assert (drawn.code, written.code) == (50, 50)
    assert "no figure is drawn under “6. Training”" in drawn.message
    assert "`curves.png` was not written" in written.message


def test_the_page_of_wanted_figures_is_read(tmp_path):
    """Or the mistake in it is told with its place."""
    page = tmp_path / "figures.toml"
    assert wanted_figures(page) == ()

    page.write_text(FIGURES)
    assert wanted_figures(page) == (Wanted("the curves", "6. Training", axes=(WantedAxes("loss"),)),)

    page.write_text(FIGURES.replace("about", "abuot"))
    with pytest.raises(CourseError, match="abuot"):
        wanted_figures(page)
