"""Two observations beside each other: every way to be wrong has its code, and no message tells the right answer."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pytest

from autograder.authoring import check, checks_of
from autograder.compare import agree, brought, differences, structure

RIGHT = np.array([[0.25, -1.5, 3.125], [17.0625, 1e-3, -0.75]])


def claim(**options):
    """A check of some tolerance."""

    @check(points=1, **options)
    def forward(net, rng):
        """The output is right."""
        return {}

    page = ModuleType("page")
    page.forward = forward
    return checks_of(page)[0]


CHECK = claim()


def findings(found, right=RIGHT, *, narrow=False):
    """All that is wrong with a value, as `grade` asks for it."""
    expected = {"out": right}
    found = {} if found is None else {"out": found}
    wrong = list(structure(found, expected, narrow=narrow))
    arrays = brought(found, expected)
    if arrays is None or found["out"].shape != right.shape:
        return wrong
    return [*wrong, *differences(arrays, expected, CHECK)]


def changed(value, index=(0, 1), array=RIGHT):
    """The right answer but for one entry."""
    wrong = array.copy()
    wrong[index] = value
    return wrong


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(RIGHT.copy(), id="same"),
        pytest.param(RIGHT * (1 + 5e-9), id="rounding"),
        pytest.param(RIGHT + 9e-9, id="rounding_beside_the_largest"),
        pytest.param(RIGHT.astype(np.longdouble).astype(np.float64), id="longdouble"),
        pytest.param(np.asfortranarray(RIGHT), id="fortran_order"),
    ],
)
def test_a_right_value_has_no_findings(found):
    """What agrees to within the tolerance passes, whatever its layout."""
    assert findings(found) == []


@pytest.mark.parametrize(
    ("found", "code", "message"),
    [
        pytest.param(None, 50, "`out` did not come back; return it", id="missing"),
        pytest.param("None", 50, "`out` is None; expected an array of shape (2, 3)", id="none"),
        pytest.param(
            "of type dict", 50, "`out` is of type dict; expected an array of shape (2, 3)", id="dict_for_array"
        ),
        pytest.param(RIGHT.T, 52, "`out` has shape (3, 2); expected (2, 3)", id="transposed"),
        pytest.param(RIGHT[..., None], 52, "`out` has shape (2, 3, 1); expected (2, 3)", id="extra_axis"),
        pytest.param(RIGHT.ravel(), 52, "`out` has shape (6,); expected (2, 3)", id="flattened"),
        pytest.param(RIGHT[:1], 52, "`out` has shape (1, 3); expected (2, 3)", id="broadcastable"),
        pytest.param(np.array(0.25), 52, "`out` has shape (); expected (2, 3)", id="number_for_array"),
        pytest.param(np.empty((0, 3)), 52, "`out` has shape (0, 3); expected (2, 3)", id="empty"),
        pytest.param(
            np.ones((2, 3), bool), 51, "`out` has dtype bool; expected float: see where it is made or cast", id="bool"
        ),
        pytest.param(
            np.ones((2, 3), np.int64),
            51,
            "`out` has dtype int64; expected float: see where it is made or cast",
            id="int",
        ),
        pytest.param(
            RIGHT.astype(complex),
            51,
            "`out` has dtype complex128; expected float: see where it is made or cast",
            id="complex",
        ),
        pytest.param(
            RIGHT.astype(np.float32),
            51,
            "`out` has dtype float32; expected float64: it loses digits the inputs have",
            id="float32",
        ),
        pytest.param(
            changed(np.nan),
            61,
            "`out`: 1 of 6 entries is NaN, at out[0, 1]; look for an overflow, or a division by 0",
            id="nan",
        ),
        pytest.param(
            np.full((2, 3), -np.inf),
            61,
            "`out`: all 6 entries are infinite, the first at out[0, 0]; look for an overflow, or a division by 0",
            id="infinite",
        ),
        pytest.param(
            changed(-0.5),
            54,
            "`out`: 1 of 6 entries differs by exactly 1, at out[0, 1]; look for an index or a label that is off by one",
            id="off_by_one",
        ),
        pytest.param(
            RIGHT + np.array([1.0, -1.0, 1.0]),
            54,
            "`out`: all 6 entries differ by exactly 1, the first at out[0, 0]; "
            "look for an index or a label that is off by one",
            id="off_by_one_either_way",
        ),
        pytest.param(
            changed(-1.4),
            53,
            "`out`: 1 of 6 entries differs by 0.1, at out[0, 1]; work a small case out by hand and compare",
            id="one_entry",
        ),
        pytest.param(
            -RIGHT,
            53,
            "`out`: all 6 entries differ, by up to 34, the first at out[0, 0]; "
            "work a small case out by hand and compare",
            id="sign",
        ),
        pytest.param(
            changed(-0.5) + np.eye(2, 3) * 0.5,
            53,
            "`out`: 3 of 6 entries differ, by up to 1, the first at out[0, 0]; "
            "work a small case out by hand and compare",
            id="off_by_one_and_more",
        ),
        pytest.param(
            RIGHT * (1 + 1e-5),
            53,
            "`out`: 5 of 6 entries differ, by up to 0.00017, the first at out[0, 0]; "
            "work a small case out by hand and compare",
            id="beyond_rounding",
        ),
    ],
)
def test_each_way_to_be_wrong_has_its_code(found, code, message):
    """The code is the table's; the message names the value, what was found, what was expected, and the next step."""
    (first, *_) = findings(found)

    assert (first.code, first.value, first.message) == (code, "out", message)


# Numbers whose float32 copies are the only mistake, and a product that cancels with them.
TERMS = np.random.default_rng(5).normal(size=(12, 5)), np.random.default_rng(6).normal(size=(12, 4))
PRODUCT = TERMS[0].T @ TERMS[1]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        pytest.param(TERMS[0].astype(np.float32).T @ TERMS[1], 51, id="argument"),
        pytest.param(PRODUCT.astype(np.float32).astype(float), 51, id="result"),
        pytest.param(PRODUCT / (1 + 5e-8), 51, id="number_added_to_a_divisor"),
        pytest.param(np.where(np.arange(4) == 2, PRODUCT + 1e-7, PRODUCT), 53, id="one_column"),
        pytest.param(PRODUCT.round(3), 53, id="rounded_further"),
        pytest.param(PRODUCT * 0, 53, id="zeros"),
    ],
)
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e3])
def test_single_precision_inside_is_told_as_what_it_is(found, code, size):
    """A float32 copy moves most entries by the rounding of 7 digits: that is 51. What moves a few is not."""
    told = [one.code for one in findings(size * found, size * PRODUCT)]

    within = size < 1 and np.abs(found - PRODUCT).max() < 1e-6  # such small errors are within tolerance
    assert told == ([] if within else [code])


def test_what_is_slightly_off_beside_what_is_far_off_is_no_rounding():
    """One mistake moves the one a lot and the other a little: nothing is said of float32."""
    expected = {"near": PRODUCT, "far": PRODUCT}
    found = {"near": PRODUCT * (1 + 1e-7), "far": PRODUCT * 1.1}

    assert [one.code for one in differences(found, expected, CHECK)] == [53, 53]


def test_the_message_of_single_precision_names_it():
    """It says that something inside is float32, and doesn't ask to work an entry out by hand."""
    (only,) = findings(TERMS[0].astype(np.float32).T @ TERMS[1], PRODUCT)

    assert "right to 7 digits only: something inside is float32" in only.message
    assert "by hand" not in only.message


@pytest.mark.parametrize(
    ("found", "code", "message"),
    [
        pytest.param("None", 50, "`out` is None; expected a number", id="none"),
        pytest.param(np.array([0.5]), 52, "`out` has shape (1,); expected a number, shape ()", id="list_of_one"),
        pytest.param(
            np.array(np.nan),
            61,
            "`out`: it is NaN; look for an overflow, or a division by 0",
            id="nan",
        ),
        pytest.param(
            np.array(1.5),
            54,
            "`out`: it differs by exactly 1; look for an index or a label that is off by one",
            id="off",
        ),
        pytest.param(
            np.array(2.0), 53, "`out`: it differs by 1.5; work a small case out by hand and compare", id="value"
        ),
    ],
)
def test_a_number_is_spoken_of_as_a_number(found, code, message):
    """A 0-d value has no entries and no first one."""
    (only,) = findings(found, np.array(0.5))

    assert (only.code, only.message) == (code, message)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 4), (1, 2, 1, 3), (2, 1, 2, 1, 2)], ids=str)
def test_the_first_wrong_entry_is_named_in_any_number_of_dimensions(shape):
    """The index is that of the first entry in reading order that differs."""
    right = np.arange(np.prod(shape), dtype=float).reshape(shape)
    last = tuple(size - 1 for size in shape)

    (only,) = findings(changed(0.3, last, right), right)

    assert f" at out[{', '.join(map(str, last))}]" in only.message


@pytest.mark.parametrize(
    ("found", "right", "codes"),
    [
        pytest.param([0, 1], [0.0, 1.0], [51], id="int_for_float"),
        pytest.param([0.0, 1.0], [0, 1], [51], id="float_for_int"),
        pytest.param([False, True], [0, 1], [], id="bool_for_zeros_and_ones"),
        pytest.param([False, True], [1, 2], [51, 54], id="bool_for_counts"),
        pytest.param([0, 1], [False, True], [51], id="int_for_bool"),
        pytest.param([2, 3], [1, 2], [54], id="labels_from_one"),
        pytest.param([True, True], [True, False], [53], id="bool_wrong"),
        pytest.param([1j, 1.0], [1j, 2.0], [54], id="complex"),
    ],
)
def test_kinds_are_compared_and_then_the_values(found, right, codes):
    """A float is no int; a mask is as good as zeros and ones; and a wrong kind doesn't hide a wrong value."""
    assert [finding.code for finding in findings(np.array(found), np.array(right))] == codes


@pytest.mark.parametrize("dtype", ["i1", "i4", "u1", "u8"])
def test_the_width_of_whole_numbers_is_nobodys_business(dtype):
    """Any integer type may hold labels; an unsigned one doesn't wrap around in the comparison."""
    right = np.array([3, 1, 2])

    assert findings(right.astype(dtype), right) == []
    assert [finding.code for finding in findings((right - 1).astype(dtype), right)] == [54]


class TestNarrow:
    """Inputs of few digits call for no more in the answer."""

    def test_float32_from_float32_passes(self):
        """Where an input was narrow a narrow answer is in order, and its rounding with it."""
        assert findings((RIGHT * (1 + 3e-5)).astype(np.float32), narrow=True) == []

    def test_half_precision_does_not(self):
        """float16 has fewer digits than any input."""
        (first, *_) = findings(RIGHT.astype(np.float16), narrow=True)

        assert first.code == 51

    def test_float32_is_no_excuse_for_a_wrong_value(self):
        """The tolerance of a narrow answer is that of its digits."""
        (only,) = findings((RIGHT * 1.01).astype(np.float32), narrow=True)

        assert only.code == 53

    def test_a_wider_answer_passes(self):
        """float64 where the reference gives float32 agrees as far as float32 goes."""
        assert findings(RIGHT, RIGHT.astype(np.float32), narrow=True) == []
        assert findings(RIGHT, RIGHT.astype(np.float32)) == []

    def test_a_wide_answer_is_held_to_the_wide_tolerance(self):
        """That narrow answers would pass doesn't loosen the tolerance for a float64."""
        (only,) = findings(RIGHT * (1 + 3e-5), narrow=True)

        assert only.code == 53


class TestInfinity:
    """An infinity of the reference's is a value like another."""

    RIGHT = np.array([np.inf, -np.inf, np.nan, 1.0])

    def test_the_same_infinity_agrees(self):
        """Where the reference has inf or NaN, so must the answer."""
        assert findings(self.RIGHT.copy(), self.RIGHT) == []

    @pytest.mark.parametrize("value", [-np.inf, np.nan, 1e308, 0.0], ids=str)
    def test_anything_else_differs(self, value):
        """Neither the other infinity nor NaN nor a large number is infinity."""
        (only,) = findings(changed(value, 0, self.RIGHT), self.RIGHT)

        assert only.code == 53

    def test_a_number_for_nan_differs(self):
        """A NaN of the reference's is no joker."""
        (only,) = findings(changed(0.0, 2, self.RIGHT), self.RIGHT)

        assert only.code == 53


def test_the_tolerance_is_the_checks_own():
    """A check may say how close is close enough, in relation to each entry and to the largest."""
    loose = claim(rtol=0.1, because="it is trained for a few steps")
    absolute = claim(rtol=0.0, atol=0.01, because="small entries are rounded")

    assert agree(RIGHT * 1.05, RIGHT, loose).all()
    assert not agree(RIGHT * 1.2, RIGHT, loose).any()
    assert agree(RIGHT + 0.15, RIGHT, absolute).all()  # 0.01 of the largest, 17
    assert not agree(RIGHT + 0.2, RIGHT, absolute).any()


def test_names_the_reference_does_not_return_are_nobodys_business():
    """Only what the reference returns is compared, whatever else comes back."""
    assert list(structure({"out": RIGHT, "more": "None"}, {"out": RIGHT}, narrow=False)) == []


def test_every_value_is_looked_at():
    """One wrong value hides no other."""
    expected = {"dx": RIGHT, "dw": RIGHT, "db": RIGHT}
    found = {"dx": RIGHT.T, "dw": RIGHT.astype(np.float32), "db": "None"}

    codes = [(finding.value, finding.code) for finding in structure(found, expected, narrow=False)]

    assert codes == [("dx", 52), ("dw", 51), ("db", 50)]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(np.zeros_like(RIGHT), id="zeros"),
        pytest.param(changed(0.0, (1, 0)), id="zero_at_the_largest"),
        pytest.param(np.zeros((3, 2)), id="shape"),
        pytest.param(np.zeros_like(RIGHT, int), id="dtype"),
        pytest.param(changed(np.nan, (1, 0)), id="nan"),
        pytest.param("None", id="none"),
    ],
)
def test_no_message_holds_an_expected_value(found):
    """Numbers in a message are shapes, places, counts and one rounded gap; none is an entry of the reference."""
    said = " ".join(finding.message for finding in findings(found))
    numbers = {float(number) for number in re.findall(r"-?\d+\.\d+|-?\d+", said)}

    assert numbers.isdisjoint({float(entry) for entry in RIGHT.flat})
    assert len(said) < 250


def test_narrow_inputs_leave_narrow_digits():
    """What was computed of float32 has its digits, though it be a float64 by now; whole numbers are exact."""
    assert not agree(RIGHT * (1 + 2e-5), RIGHT, CHECK).any()
    assert agree(RIGHT * (1 + 2e-5), RIGHT, CHECK, narrow=True).all()
    assert not agree(np.array([100_001]), np.array([100_000]), CHECK, narrow=True).any()


BOOLEANS = np.array([[True, False, True], [False, True, False]])


@pytest.mark.parametrize(
    ("found", "right", "message"),
    [
        pytest.param(
            np.array(True),
            np.array(False),
            "`out` is True where False was expected; look at the comparison that makes it",
            id="one",
        ),
        pytest.param(
            np.array([False]),
            np.array([True]),
            "`out` is False where True was expected; look at the comparison that makes it",
            id="one_in_an_array",
        ),
        pytest.param(
            BOOLEANS ^ [[False, False, True], [False, True, False]],
            BOOLEANS,
            "`out`: 2 of 6 answers are the other way round, the first at out[0, 2]; "
            "look at the comparison that makes it",
            id="some",
        ),
        pytest.param(
            ~BOOLEANS,
            BOOLEANS,
            "`out`: all 6 answers are the other way round, the first at out[0, 0]; "
            "look at the comparison that makes it",
            id="all",
        ),
        pytest.param(
            BOOLEANS ^ [[False, False, True], [False, False, False]],
            BOOLEANS.astype(int),
            "`out`: 1 of 6 answers is the other way round, at out[0, 2]; look at the comparison that makes it",
            id="a_mask_for_zeros_and_ones",
        ),
    ],
)
def test_booleans_that_differ_are_wrong_values_and_not_off_by_one(found, right, message):
    """The code is 53, with a sentence of their own."""
    assert [(one.code, one.message) for one in findings(found, right)] == [(53, message)]


def test_a_count_in_place_of_a_boolean_is_no_boolean():
    """2 for True is off by one, not the other way round."""
    codes = [one.code for one in findings(np.where(BOOLEANS, 2, 0), BOOLEANS)]

    assert codes == [51, 54]


@pytest.mark.parametrize(
    ("found", "right"),
    [
        pytest.param(RIGHT[None], RIGHT, id="axis_before"),
        pytest.param(RIGHT[:, None, :, None], RIGHT, id="axes_within_and_after"),
        pytest.param(RIGHT[0], RIGHT[:1], id="row_flattened"),
        pytest.param(RIGHT[0], RIGHT[:1].T, id="column_flattened"),
        pytest.param(RIGHT[:1], RIGHT[0], id="matrix_for_a_vector"),
        pytest.param(np.array([[3.5]]), np.array(3.5), id="matrix_for_a_number"),
        pytest.param(np.array(3.5), np.array([3.5]), id="number_for_a_vector"),
        pytest.param(np.array([[2], [-1]]), np.array([2.0, -1.0]), id="int_column_for_floats"),
        pytest.param(np.array([2.0, -1.0]), np.array([2, -1]), id="whole_floats_for_int"),
        pytest.param(np.array([True, False]), np.array([1.0, 0.0]), id="bool_for_floats"),
        pytest.param(RIGHT.astype(complex), RIGHT, id="complex_that_is_real"),
        pytest.param(RIGHT.astype(np.float32)[None], RIGHT, id="float32"),
    ],
)
def test_a_slip_with_right_numbers_is_brought_to_the_expected_shape_and_kind(found, right):
    """Then it is compared as any value is, and agrees."""
    arrays = brought({"out": found}, {"out": right})

    assert arrays["out"].shape == right.shape
    assert list(differences(arrays, {"out": right}, CHECK)) == []


@pytest.mark.parametrize(
    ("found", "right"),
    [
        pytest.param(RIGHT.T, RIGHT, id="transposed"),
        pytest.param(RIGHT.ravel(), RIGHT, id="flattened_matrix"),
        pytest.param(RIGHT.reshape(3, 2), RIGHT, id="reshaped"),
        pytest.param(np.broadcast_to(3.5, (1, 4)), np.array(3.5), id="repeated"),
        pytest.param(RIGHT[:1], RIGHT, id="broadcastable"),
        pytest.param(RIGHT + 1j, RIGHT, id="complex"),
        pytest.param("None", RIGHT, id="none"),
        pytest.param(None, RIGHT, id="missing"),
    ],
)
def test_what_leaves_a_choice_open_is_not_brought(found, right):
    """No order of entries is guessed, nothing is repeated or dropped."""
    assert brought({} if found is None else {"out": found}, {"out": right}) is None


def test_a_cast_that_changes_a_number_is_not_made():
    """Halves are no whole numbers, and stay what they are."""
    arrays = brought({"out": np.array([1.5, 2.0])}, {"out": np.array([1, 2])})

    assert arrays["out"].tolist() == [1.5, 2.0]
