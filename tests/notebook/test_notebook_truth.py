"""What is saved is held against what the code gives: what changes with every run is left out, and nothing else is."""

from __future__ import annotations

import io

import matplotlib as mpl
import pytest
from damage.edits import stream
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.course.pages import CourseError
from autograder.notebook.alignment import Step
from autograder.notebook.document import Cell, Output
from autograder.notebook.figure_metadata import watch
from autograder.notebook.figures import differ, of_png
from autograder.notebook.ipynb import output
from autograder.notebook.lines import OPEN, Line, agree
from autograder.notebook.required_figures import Wanted, WantedAxes, has_its_figures, wanted_figures
from autograder.notebook.steady import steady
from autograder.notebook.texts import Difference, difference
from autograder.notebook.truth import Runs, stale, tells_the_truth

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
    "sets_in_sets": ("{frozenset({'b', 'a'}), frozenset({'c'})}", "{frozenset({'c'}), frozenset({'a', 'b'})}"),
    "a_dict_made_of_a_set": ("{'b': 2, 'a': [1, 3]}", "{'a': [1, 3], 'b': 2}"),
    "a_path_of_one_folder": ("'/content'", "'/home/me/my/course'"),
    "a_path_at_home": ("~/course/line.py:3: a", "/tmp/line.py:17: a"),
    "a_file_of_windows": (r"WindowsPath('C:/Users/me/a.npz')", "PosixPath('/home/me/a.npz')"),
    "a_separator": (r"data\points.npz", "data/points.npz"),
    "ctime": ("Sat Nov 21 19:27:33 2026", "Mon May  4 09:00:01 2026"),
    "date_of_a_shell": ("Sat Nov 21 19:27:33 UTC 2026", "Mon May 4 09:00:01 CEST 2026"),
    "a_written_date": ("on Saturday, November 21, 2026", "on Monday, May 4, 2026"),
    "a_date_with_slashes": ("21/11/2026", "04/05/2026"),
    "a_date_with_a_zone": ("2026-11-21T19:27:33.123456+00:00", "2026-05-04T09:00:01Z"),
    "a_date_of_datetime": ("datetime.datetime(2026, 11, 21, 19, 27)", "datetime.datetime(2026, 5, 4, 9, 0, 3, 41)"),
    "half_past": ("at 10:31 AM", "at 9:00 PM"),
    "hours_and_minutes": ("after 1 h 20 min", "after 2 h 5 min"),
    "minutes_and_seconds": ("after 1m 20s", "after 2 min 5 s"),
    "time_of_a_step": ("30/30 - 1s 2ms/step", "30/30 - 2s 3ms/step"),
    "time_with_its_name": ("training time: 3.21", "training time: 12"),
    "time_in_brackets": ("time (s): 3.21", "time (s): 12.5"),
    "took": ("it took 3.21.", "it took 12."),
    "system": ("Linux-5.15.0-1067-azure-x86_64-with-glibc2.35", "macOS-14.2.1-arm64-arm-64bit"),
    "sys_version": (
        "3.11.2 (main, Nov 21 2026, 19:27:33) [GCC 12.2.0]",
        "3.13.1 | packaged by conda-forge | (main, May  4 2026, 09:00:01) \n[Clang 17.0.6 ]",
    ),
    "numpy_bool": ("True", "np.True_"),
    "numpy_scalars_in_a_tuple": ("(1.5, 'a', True)", "(np.float64(1.5), np.str_('a'), np.True_)"),
    "numpy_type": ("<class 'numpy.bool_'>", "<class 'numpy.bool'>"),
    "numpy_shape": ("array([0, 1, ..., 1999])", "array([0, 1, ..., 1999],\n      shape=(2000,))"),
    "numpy_shape_and_dtype": ("array([0, ..., 9], dtype=uint8)", "array([0, ..., 9], shape=(2000,), dtype=uint8)"),
    "integers_of_windows": ("array([1, 2], dtype=int64) int32", "array([1, 2]) int64"),
    "an_older_matplotlib": (
        "<AxesSubplot:title={'center':'a'}> <Figure size 432x288 with 1 Axes> Text(0.5, 23.5, 'x')",
        "<Axes: title={'center': 'a'}> <Figure size 640x480 with 1 Axes> Text(0.5, 0, 'x')",
    ),
    "ascii_progress": (" 30%|###       | 3/10 [00:01<00:02]\nx", "x"),
    "memory_of_a_table": ("memory usage: 1.2+ KB", "memory usage: 3 KB"),
    "a_file_written_again": ("Overwriting a.py", "Writing a.py"),
    "loaded_again": (
        "The autoreload extension is already loaded. To reload it, use:\n  %reload_ext autoreload\nx",
        "x",
    ),
    "marks_in_a_traceback": ("    1 / 0\n    ~~^~~\nZeroDivisionError", "    1 / 0\nZeroDivisionError"),
    "measured_unevenly": ("The slowest run took 13.78 times longer than the fastest. This could mean so.\nx", "x"),
    "an_older_backend": ("module://matplotlib_inline.backend_inline", "inline"),
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
    "numbers_between_slashes": ("3/4/5", "3/4/6", "3/4/5", "3/4/6"),
    "a_fraction": ("12/100 right", "13/100 right", "12/100 right", "13/100 right"),
    "a_step_of_time": ("time step 3", "time step 9", "time step 3", "time step 9"),
    "an_index_of_time": ("time: 3", "time: 9", "time: 3", "time: 9"),
    "steps_that_it_took": ("took 3 steps", "took 9 steps", "took 3 steps", "took 9 steps"),
    "a_minimum": ("0.9 min 0.1", "0.7 min 0.1", "0.9 min 0.1", "0.7 min 0.1"),
    "standard_deviations": ("3 s.d. away", "5 s.d. away", "3 s.d. away", "5 s.d. away"),
    "a_slice": ("x[0:10]", "x[0:20]", "x[0:10]", "x[0:20]"),
    "beside_another_library": ("sklearn: 0.95", "sklearn: 0.51", "sklearn: 0.95", "sklearn: 0.51"),
    "a_cell_with_a_percent_sign": ("| 95%| 3 |", "| 54%| 3 |", "| 95%| 3 |", "| 54%| 3 |"),
    "formulas": (r"$\alpha-0.5$", r"$\alpha-0.7$", r"$\alpha-0.5$", r"$\alpha-0.7$"),
    "a_small_hexadecimal": ("0xff", "0xfe", "0xff", "0xfe"),
    "values_swapped_in_a_dict": ("{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}", "{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}"),
    "another_set": ("{1, 2}", "{1, 3}", "{1, 2}", "{1, 3}"),
    "another_truth": ("np.True_", "np.False_", "np.True_", "np.False_"),
    "a_narrower_float": ("float32", "float64", "float32", "float64"),
    **{
        name: (one, other, one, other)
        for name, one, other in (
            ("a_class", "class 3 B", "class 5 B"),
            ("bytes", "72 bytes", "80 bytes"),
            ("hours", "12 h", "9 h"),
            ("minutes", "10 min", "20 min"),
            ("a_day_of_a_month", "Mar 5", "Mar 7"),
            ("a_version", "version 3", "version 4"),
            ("a_rate", "10 steps/s", "12 steps/s"),
            ("a_ratio", "10:30", "10:45"),
            ("ten_digits", "1763753253", "1795289253"),
            ("cores", "cores: 3", "cores: 4"),
            ("processes", "pid 3", "pid 4"),
        )
    },
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


CUT = "Streaming output truncated to the last 2 lines.\n"
RATE = Output("stream", "stderr", "IOPub data rate exceeded.\n")


def test_of_a_text_that_lost_its_beginning_the_end_is_compared():
    """Where Colab says so, and not the code itself; the first line may be part of one."""
    gives = "".join(f"loss {k}\n" for k in range(9_000))

    assert difference(f"{CUT}s 7\nloss 8998\nloss 8999\n", gives) is None
    assert difference(f"{CUT}s 7\nloss 8998\nloss 1\n", gives) == Difference("loss 1", "loss 8999")
    assert difference(f"loss none\nloss\n{CUT}loss 8998\nloss 8999\n", gives) == Difference("loss none", "loss 0")
    assert difference(f"a\nb\n{CUT}c", f"a\nx\n{CUT}c") == Difference("b", "x")
    assert difference(f"loss 0\nlo\n{CUT}s 4\nloss 5\nlo\n{CUT}s 8998\nloss 8999\n", gives) is None
    assert difference(f"loss 0\nlo\n{CUT}s 4\nnone 5\nlo\n{CUT}s 8998\nloss 8999\n", gives) == Difference("none 5", "")
    # What is printed so far down that nobody looks for it may have been shown.
    more = gives + "".join(f"cost {k}\n" for k in range(50_000))
    assert difference(f"loss 0\nlo\n{CUT}t 7998\ncost 49997\nco\n{CUT}t 49998\ncost 49999\n", more) is None


def test_of_a_long_text_beginning_and_end_are_compared():
    """However long it is; and one that is much shorter is another."""
    gives = "".join(f"loss {k}\n" for k in range(12_000))

    assert difference(gives, gives + "\n") is None
    assert difference(gives.replace("loss 11999", "none"), gives) == Difference("none", "loss 11999")
    assert difference(gives.replace("loss 0", "loss none", 1), gives) == Difference("loss none", "loss 0")
    assert difference("loss 0\nloss 1\nloss 11999\n", gives) is not None


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param("x" * 900_000, id="one_line"),
        pytest.param("a\r" * 400_000, id="carriage_returns"),
        pytest.param("a\x08" * 400_000, id="backspaces"),
        pytest.param("\x1b" * 900_000, id="escapes"),
        pytest.param("\x1b[" + "0;" * 400_000, id="unended_escape"),
        pytest.param("x " * 400_000 + "\nloss 0.2", id="one_line_before_another"),
    ],
)
def test_no_flood_is_what_the_code_gives(shown):
    """A line that is too long to be looked at as a whole is not left out for that."""
    assert difference(shown, "loss 0.5") is not None
    assert difference(shown, shown) is None


def test_what_the_server_has_dropped_is_not_missed():
    """What is left must be the code's; and code that says so itself has dropped nothing."""
    gives = [Output("stream", "stdout", "a 1\nb 2\nc 3\nd 4\n"), shown_as("7")]

    assert stale([Output("stream", "stdout", "a 1\nb\nd 4\n"), RATE], gives) == ""
    assert "shows `d 5`" in stale([Output("stream", "stdout", "a 1\nb\nd 5\n"), RATE], gives)
    assert "doesn't show `b 2`" in stale([Output("stream", "stdout", "a 1\nd 4\n"), RATE], [*gives, RATE])


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

    (finding,) = tells_the_truth([step("print(x)", shown)], Runs({0: [gives]}))

    assert (finding.code, finding.value) == (53, "cell 7")
    assert finding.message == (
        "cell 7 (`print(x)` under “6. Training”) shows `test accuracy: 95.8%`, "
        "your code gives `test accuracy: 54.2%`; run all cells from the top, and save"
    )


def told_of(shown, *runs):
    """What is told of a cell that shows a text, where our runs print others."""
    shown, *runs = ([Output("stream", "stdout", text)] for text in (shown, *runs))
    return [
        finding.message for finding in tells_the_truth([step("print(x)", *shown)], Runs(*({0: run} for run in runs)))
    ]


def test_what_our_own_runs_show_differently_is_held_against_nobody():
    """Code that draws at random says something else each time."""
    assert told_of("0.1", "0.2", "0.2")
    assert not told_of("0.1", "0.2", "0.3")


VARIED = {
    "a_number": ("id 7, accuracy 0.9", "id 1, accuracy 0.9", "id 2, accuracy 0.9", "id 1, accuracy 0.9"),
    "more_digits": ("1,234 looks: 0.9", "345 looks: 0.9", "678 looks: 0.9", "9 looks: 0.9"),
    "lines_of_a_list": ("a\nb\nn: 3", "c\nn: 3", "AAA\nc\nzzz\nn: 3", "AAA\nc\nzzz\nn: 3"),
    "a_list_of_fewer_paths": ("/a\n/b", "/a\n/b\n/c", "/x\n/a\n/b\n/c\n/y", "/x\n/a\n/b\n/c\n/y"),
    "numbers_alone": ("1 2\n3 0.5", "1 2\n4 0.5", "7 8\n9 0.5", "7 8\n9 0.5"),
    "bits_drawn": ("0\n0\n1", "1\n0\n1", "1\n1\n1", "1\n0\n1"),
}
VARIED_AND_STALE = {
    "on_its_line": ("id 7, accuracy 0.9", "id 1, accuracy 0.5", "id 2, accuracy 0.5", "id 3, accuracy 0.5"),
    "on_another_line": ("7\naccuracy 0.9", "1\naccuracy 0.5", "2\naccuracy 0.5", "3\naccuracy 0.5"),
    "before_a_list": ("n 9\na", "n 5\nb", "n 5\nAAA\nb\nzzz", "n 5\nAAA\nb\nzzz"),
    "after_a_list": ("a\nn 9", "b\nn 5", "AAA\nb\nzzz\nn 5", "AAA\nb\nzzz\nn 5"),
}


@pytest.mark.parametrize("name", VARIED)
def test_of_what_our_runs_show_differently_only_that_is_left_open(name):
    """Numbers, and lists; and all where something is drawn, for it may be the same by chance."""
    assert not told_of(*VARIED[name])


@pytest.mark.parametrize("name", VARIED_AND_STALE)
def test_what_is_the_same_in_all_our_runs_must_have_been_shown(name):
    """Whatever varies beside it."""
    assert "which your code gives" in told_of(*VARIED_AND_STALE[name])[0]


def test_what_was_shown_before_an_error_must_be_true():
    """The error itself costs what it costs."""
    failed = Output("error", "ValueError", "no")
    gives = [Output("stream", "stdout", "a 1\nb 2\n"), shown_as("7")]

    for text, more, expected in (("a 1\n", (), 0), ("a 1\nb", (), 0), ("a 3\n", (), 1), ("a 1\n", (shown_as("8"),), 1)):
        found = tells_the_truth([step("f()", Output("stream", "stdout", text), *more, failed)], Runs({0: gives}))
        assert len(found) == expected


@pytest.mark.parametrize(
    "silent",
    [
        step("print(x)", Output("stream", "stdout", "1"), replaced=True),
        step("x", Output("result", "", "1"), given=Cell(3, "code", "x", tags=frozenset({"environment"}))),
    ],
    ids=["replaced", "environment"],
)
def test_what_was_not_shown_by_this_code_is_not_compared(silent):
    """There is nothing of ours to compare it with."""
    assert tells_the_truth([silent], Runs({0: [Output("stream", "stdout", "another")]})) == []


def shown_as(plain, **rich):
    """A display: its plain text, and others by what stands after "text/"."""
    data = {"text/plain": plain, **{f"text/{name}": text for name, text in rich.items()}}
    return Output("display", "", plain, data)


ASIDES = ["check('x')", "!ls", "%ls", "%%bash\nls", "np.sum?", "?np", "x = 1\nx??", "%pdoc x", "%pip install a"]


@pytest.mark.parametrize("source", ASIDES)
def test_what_a_shell_or_a_pager_says_may_be_kept_or_not(source):
    """Nothing of the kind is shown in a run of ours; what else the cell shows, must be there."""
    printed, other = Output("stream", "stdout", "a.py  b.py\n0.54\nc.py\n"), shown_as("Docstring: ...")
    ours = [Output("stream", "stdout", "0.54\n"), shown_as("7")]
    stale_ones = [Output("stream", "stdout", "0.95\n"), shown_as("7")]

    assert not tells_the_truth([step(source, printed, other, ours[1])], Runs({0: ours}))
    assert not tells_the_truth([step(source, *ours)], Runs({0: ours}))
    for shown in ([printed], stale_ones):
        (finding,) = tells_the_truth([step(source, *shown)], Runs({0: ours}))
        assert "doesn't show" in finding.message


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
    monkeypatch.setattr("autograder.notebook.figure_metadata.MAX_PACKED", 100)
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
    monkeypatch.setattr("autograder.notebook.required_figures.figures_of", lambda outputs: [figure] if outputs else [])
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


def test_what_would_be_laid_beside_each_other_without_end_may_say_anything():
    """A line of thousands of open words, and tables by the dozen, cost no more than their length to be let pass."""
    words = ("pid", OPEN, *["5"] * 400, "b", OPEN, "end")
    tables = [Output("display", data={"text/html": f"<table><tr><td>{n}</td></tr></table>"}) for n in range(30)]

    assert not agree(Line("", words[:40] + words[-3:]), Line("pid 7 5 5 c 8 end"))
    assert agree(Line("", words), Line("pid " + "5 " * 800 + "c end"))
    assert steady(tables[:5], tables[:5]).lacks(tables[5:6]) != ""
    assert steady(tables, tables).lacks(tables[5:6]) == ""
