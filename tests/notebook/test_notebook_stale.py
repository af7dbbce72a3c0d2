"""Saved outputs are compared with the run's: numbers to their printed digits, words apart from their spaces."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.notebook.alignment import Step
from autograder.notebook.document import Cell, Output
from autograder.notebook.outputs import difference, first_difference, stale_outputs
from autograder.report import Stale

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
    "an_older_numpy": ("[0.5, 1]", "[np.float64(0.5), np.int64(1)]"),
    "addresses": ("<A at 0x7f0123>", "<A at 0x55aa01>"),
    "a_bar_that_moves": ("0%\r50%\r98%\nx", "0%\r100%\nx"),
    "a_bar_that_a_front_end_has_collapsed": ("98% 1.2 s\nx", "0%\r100% 3.4 s\nx"),
    "line_ends_of_windows": ("a\r\nb\r\n", "a\nb\n"),
    "colours": ("\x1b[31mred\x1b[0m", "red"),
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
    "nothing_left": ("", "a", "", "a"),
    "a_fraction": ("12/100 right", "13/100 right", "12/100 right", "13/100 right"),
    "a_step_of_time": ("time step 3", "time step 9", "time step 3", "time step 9"),
    "a_bar_that_stands": ("[###  ] 60%", "[#### ] 80%", "[###  ] 60%", "[#### ] 80%"),
    "beside_a_bar_that_moves": ("0%\r100%\nacc 0.95", "0%\r100%\nacc 0.51", "acc 0.95", "acc 0.51"),
    "values_swapped_in_a_dict": ("{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}", "{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}"),
    "a_small_hexadecimal": ("0xff", "0xfe", "0xff", "0xfe"),
    "another_truth": ("np.True_", "np.False_", "np.True_", "np.False_"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_in_other_spelling_is_no_difference(name):
    """In either direction."""
    one, other = ALIKE[name]

    assert first_difference(one, other) is None
    assert first_difference(other, one) is None


@pytest.mark.parametrize("name", PARTED)
def test_a_difference_is_told_by_its_lines(name):
    """As they were printed; "" for a line that is not there."""
    saved, now, *told = PARTED[name]

    assert first_difference(saved, now) == tuple(told)


@settings(max_examples=200)
@given(st.text("0123456789.eE+-% \n[]n{\r", max_size=40), st.text("0123456789.eE+-% \n[]n{\r", max_size=40))
@example("0e999", "1.0")
@example("1e999", "-1e999")
@example("1e-999", ".5e-999")
def test_any_numbers_can_be_compared(one, other):
    """However they are written; and what is the same is the same."""
    assert (first_difference(one, other) is None) == (first_difference(other, one) is None)
    assert first_difference(one, one) is None


def test_what_was_cut_is_not_compared():
    """Nobody knows what stood there."""
    cut, whole = Output("stream", "stdout", "a 1\nb", clipped=True), Output("stream", "stdout", "a 1\nc")

    assert difference([cut], [whole]) is None
    assert difference([whole], [cut]) is None


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param("x" * 900_000, id="one_line"),
        pytest.param("a\x08" * 400_000, id="backspaces"),
        pytest.param("\x1b" * 900_000, id="escapes"),
        pytest.param("\x1b[" + "0;" * 400_000, id="unended_escape"),
        pytest.param("x " * 400_000 + "\nloss 0.2", id="one_line_before_another"),
    ],
)
def test_no_flood_is_what_the_code_gives(saved):
    """A text that is too long to be looked at as a whole is not left out for that."""
    assert first_difference(saved, "loss 0.5") is not None
    assert first_difference(saved, saved) is None


def printed(text):
    return Output("stream", "stdout", text)


def step(source="print(x)", saved="acc 0.95\n", tags=(), **fields):
    """A given cell with what was saved of it."""
    given = Cell(3, "code", source, tags=frozenset(tags))
    return Step(source, "code", given, Cell(3, "code", source, count=1, outputs=(printed(saved),)), **fields)


@pytest.mark.parametrize(
    ("one", "noted"),
    [
        pytest.param(step(), True, id="another_number"),
        pytest.param(step(saved="acc 0.51\n"), False, id="the_same"),
        pytest.param(step(replaced=True), False, id="code_that_was_changed"),
        pytest.param(step(tags=["environment"]), False, id="about_the_machine"),
        pytest.param(step("print(x)\ncheck('f')"), False, id="a_verdict"),
        pytest.param(step("!ls\nprint(x)"), False, id="another_program"),
        pytest.param(step("files = !ls\nprint(x)"), False, id="another_programs_output"),
        pytest.param(step("%pip install numpy"), False, id="an_installation"),
        pytest.param(step("%%time\nprint(x)"), False, id="a_time"),
        pytest.param(step("np.sum?"), False, id="help"),
        pytest.param(step("%matplotlib inline\nprint(x)"), True, id="a_magic_that_shows_nothing"),
        pytest.param(step("print(x)  # why?\n# check(it)"), True, id="a_call_in_a_comment"),
        pytest.param(step("print(x)  # why?"), True, id="a_question"),
        pytest.param(step("fig, axes = plt.subplots(1, 2, sharex=True)"), True, id="shared_axes"),
        pytest.param(step(saved="Streaming output truncated to the last 5000 lines.\na"), False, id="cut_by_colab"),
    ],
)
def test_a_cell_is_noted_if_its_own_code_gives_something_else(one, noted):
    """Not where another program, another machine or the grader is what gives it."""
    assert [*stale_outputs((one,), {0: [printed("acc 0.51\n")]})] == [Stale(3, "acc 0.95", "acc 0.51")] * noted


def test_a_cell_that_failed_or_lost_its_output_is_not_noted():
    """Other checks tell of both."""
    lost = Step("print(x)", "code", None, Cell(3, "code", "print(x)", count=1))

    assert [*stale_outputs((step(), lost), {1: [printed("acc 0.51\n")]})] == []
