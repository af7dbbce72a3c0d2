"""The comparison of a student's values with the reference's. No message shows an expected value."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping

import numpy as np

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.wire import Array, numbers_of

# A float32 carries 7 digits, of which a sum of some hundred terms costs two.
FLOAT32_RTOL = 1e-4
FLOAT32_ATOL = 1e-5

# Sixteen roundings to the 24 bits of a float32, beside the largest entry; and what float64 leaves.
SINGLE, EXACT = 1e-6, 1e-12

# If a value is this many times smaller than its difference from the right one, the difference shows the right one.
TELLTALE = 20

_KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}


def structure(found: Mapping[str, Array | str], expected: Mapping[str, Array], *, narrow: bool) -> Iterator[Finding]:
    """Find what keeps values from being compared: missing names, other types than arrays, dtypes and shapes.

    With ``narrow`` the inputs held floats narrower than 64 bits, so narrower results are right.
    """
    for name, right in expected.items():
        value = found.get(name)
        if value is None:
            yield Finding(Code.STRUCTURE, name, f"`{name}` did not come back; return it")
        elif isinstance(value, str):
            wanted = f"an array of shape {right.shape}" if right.ndim else "a number"
            yield Finding(Code.STRUCTURE, name, f"`{name}` is {value}; expected {wanted}")
        else:
            yield from _dtype(name, value, right, narrow=narrow)
            if value.shape != right.shape:
                wanted = str(right.shape) if right.ndim else "a number, shape ()"
                yield Finding(Code.SHAPE, name, f"`{name}` has shape {value.shape}; expected {wanted}")


def _dtype(name: str, value: Array, right: Array, *, narrow: bool) -> Iterator[Finding]:
    found, wanted = _KINDS[value.dtype.kind], _KINDS[right.dtype.kind]
    if found == "bool" and wanted == "int" and np.isin(right, (0, 1)).all():
        return  # a mask is as good as zeros and ones
    if found != wanted:
        message = f"`{name}` has dtype {value.dtype}; expected {wanted}: see where it is made or cast"
        yield Finding(Code.DTYPE, name, message)
    elif wanted in ("float", "complex"):
        float32 = 8 if wanted == "complex" else 4
        if value.dtype.itemsize < (min(right.dtype.itemsize, float32) if narrow else right.dtype.itemsize):
            message = f"`{name}` has dtype {value.dtype}; expected {right.dtype}: it loses digits the inputs have"
            yield Finding(Code.DTYPE, name, message)


def brought(found: Mapping[str, Array | str], expected: Mapping[str, Array]) -> dict[str, Array] | None:
    """Bring values to the shapes and kinds of the expected ones, so that entries can be compared; None if one can't be.

    No choice is open: a shape gains or loses only axes of length 1, and a cast to another kind changes no number.
    """
    arrays = {}
    for name, right in expected.items():
        value = found.get(name, "")
        if isinstance(value, str):
            value = found.get(numbers_of(name), "")  # of an array of Python objects
        if isinstance(value, str) or _long_axes(value) != _long_axes(right):
            return None
        value = value.reshape(right.shape)
        if value.dtype.kind != right.dtype.kind and (value.dtype.kind, right.dtype.kind) != ("b", "i"):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the imaginary part, which is compared
                cast = value.astype(right.dtype)
            value = cast if (cast == value).all() else value
        if not np.can_cast(value.dtype, _wide(right), "same_kind"):
            return None
        arrays[name] = value
    return arrays


def _long_axes(array: Array) -> list[int]:
    return [size for size in array.shape if size != 1]


def agree(value: Array, right: Array, check: Check, *, narrow: bool = False) -> Array:
    """Compare two arrays of one shape entry by entry, within the check's tolerance; NaN agrees with NaN.

    Results of ``narrow`` inputs have no more digits than these, whatever their dtype is.
    """
    with np.errstate(all="ignore"):
        close = np.abs(np.subtract(value, right, dtype=_wide(value, right))) <= _tolerance(value, right, check, narrow)
        close &= np.isfinite(right)  # an infinity agrees with itself alone
        if close.all():  # the usual case
            return np.asarray(close)
    return np.asarray(close | (value == right) | (np.isnan(value) & np.isnan(right)))


def distance(value: Array, right: Array, check: Check, *, narrow: bool = False) -> float:
    """Measure the largest difference of two arrays of one shape, in tolerances: up to 1 they agree."""
    with np.errstate(all="ignore"):
        same = (value == right) | (np.isnan(value) & np.isnan(right))
        gap = np.abs(np.subtract(value, right, dtype=_wide(value, right)))
        units = np.where(same, 0.0, gap / _tolerance(value, right, check, narrow))
    return float(np.max(np.where(np.isnan(units), np.inf, units), initial=0.0))


def _tolerance(value: Array, right: Array, check: Check, narrow: bool) -> Array:  # noqa: FBT001  as above
    rtol, atol = check.rtol, check.atol
    bits = min(value.dtype.itemsize, right.dtype.itemsize) * 8
    if right.dtype.kind in "fc" and (narrow or bits < (128 if right.dtype.kind == "c" else 64)):
        rtol, atol = max(rtol, FLOAT32_RTOL), max(atol, FLOAT32_ATOL)
    size = np.abs(right)
    largest = float(np.maximum.reduce(size, axis=None, initial=0))
    if not math.isfinite(largest):
        largest = float(np.max(size[np.isfinite(size)], initial=0))
    return np.asarray(atol * max(1.0, largest) + rtol * size)


def _wide(*arrays: Array) -> type[np.float64 | np.complex128]:
    return np.complex128 if any(array.dtype.kind == "c" for array in arrays) else np.float64


def not_finite(found: Mapping[str, Array], expected: Mapping[str, Array]) -> Iterator[Finding]:
    """Find the values that have NaN or inf where the reference is finite."""
    for name, right in expected.items():
        finite = np.isfinite(found[name])
        if not finite.all() and (bad := ~finite & np.isfinite(right)).any():
            what = "NaN" if np.isnan(found[name][bad]).any() else "infinite"
            verb = "are" if bad.sum() > 1 else "is"
            step = "look for an overflow, or a division by 0"
            yield Finding(Code.DIVERGED, name, f"`{name}`: {_count(bad)} {verb} {what}{_first(name, bad)}; {step}")


def differences(
    found: Mapping[str, Array], expected: Mapping[str, Array], check: Check, *, narrow: bool = False
) -> Iterator[Finding]:
    """Find the values that are not finite, and those that differ beyond the check's tolerance.

    A message says how many entries, by how much, and where the first is.
    """
    yield from not_finite(found, expected)
    marked = {name: ~agree(found[name], right, check, narrow=narrow) for name, right in expected.items()}
    differing = {
        name: wrong & (np.isfinite(found[name]) | ~np.isfinite(expected[name]))  # the others are told already
        for name, wrong in marked.items()
        if wrong.any()
    }
    # Where one of them is far off, the cause of all is another.
    rounded = all(_rounded(found[name], expected[name]) for name in differing)
    for name, wrong in differing.items():
        if not wrong.any():
            continue
        value, right = found[name], expected[name]
        with np.errstate(all="ignore"):
            gap = np.abs(np.subtract(value, right, dtype=_wide(value, right)))[wrong]
        what = f"`{name}`: {_count(wrong)} {'differs' if wrong.sum() == 1 else 'differ'}"
        if "b" in value.dtype.kind + right.dtype.kind and np.isin([value[wrong], right[wrong]], (0, 1)).all():
            yield Finding(Code.VALUES, name, f"{_turned(name, value, wrong)}; look at the comparison that makes it")
            continue
        if np.allclose(gap, 1.0, rtol=0, atol=1e-9):
            code, by, step = Code.OFF_BY_ONE, " by exactly 1", "look for an index or a label that is off by one"
        elif rounded:
            code, by = Code.DTYPE, _by(gap, np.abs(value[wrong]))
            step = "right to 7 digits only: something inside is float32, or a small number is added"
        else:
            code, by = Code.VALUES, _by(gap, np.abs(value[wrong]))
            step = "work a small case out by hand and compare"
        yield Finding(code, name, f"{what}{by}{_first(name, wrong)}; {step}")


def _turned(name: str, value: Array, wrong: Array) -> str:
    if wrong.size == 1:
        return f"`{name}` is {bool(value.item())} where {not value.item()} was expected"
    whole = "all" if wrong.all() else f"{wrong.sum()} of"
    verb = "is" if wrong.sum() == 1 else "are"
    return f"`{name}`: {whole} {wrong.size} answers {verb} the other way round{_first(name, wrong)}"


def _rounded(value: Array, right: Array) -> bool:
    """Tell whether most entries are right to single precision, and no further: a float32 inside leaves such errors."""
    with np.errstate(all="ignore"):
        off, size = np.abs(np.subtract(value, right, dtype=_wide(value, right))), np.abs(right)
        largest = np.max(size, initial=0)
        moved = np.count_nonzero(off > EXACT * largest)
        return bool(
            np.max(off, initial=0) <= SINGLE * min(max(1.0, largest), 10 * largest)
            and 2 * moved >= np.count_nonzero(size)
        )


def _by(gap: Array, found: Array) -> str:
    """Write the largest difference to two digits, if it doesn't reveal the right value."""
    by = " by" if gap.size == 1 else ", by up to"
    if not np.isfinite(gap).any():
        return f"{by} infinity"
    largest = int(np.nanargmax(gap))
    if found[largest] * TELLTALE < gap[largest]:
        where = ":" if gap.size == 1 else ", by most where"
        return f"{where} yours is {'too close to ' * bool(found[largest])}0"
    return f"{by} {gap[largest]:.2g}"


def _count(wrong: Array) -> str:
    if wrong.size == 1:
        return "its only entry" if wrong.ndim else "it"
    return f"all {wrong.size} entries" if wrong.all() else f"{wrong.sum()} of {wrong.size} entries"


def _first(name: str, wrong: Array) -> str:
    if wrong.size == 1:
        return ""
    place = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
    return f", {'the first ' if wrong.sum() > 1 else ''}at {name}[{place}]"
