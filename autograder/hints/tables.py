"""Tables of relations: what is said, and when it holds of a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from autograder.hints.pair import ENOUGH, Pair
from autograder.wire import Array

# Beyond this, rows are not looked for one by one.
MAX_ROWS = 256
# Numbers that have no other relation, and agree as far as this.
NEARLY = 1e-2

TRANSPOSED = "transposed: rows and columns are exchanged"
CUT_OFF = "cut off to whole numbers"


def _reduced(pair: Pair, function: Callable[..., Array], axis: int | None, *, found: bool) -> bool:
    """Whether what is right is a sum or a mean of what was found, or the other way round."""
    whole, part = (pair.found, pair.right) if found else (pair.right, pair.found)
    if whole.ndim <= (axis or 0) or whole.size <= part.size or whole.min() == whole.max():
        return False
    reduced = np.asarray(function(whole.astype(np.float64), axis=axis))
    if reduced.size != part.size:
        return False
    reduced = reduced.reshape(part.shape)
    return pair.same(reduced, part) if found else pair.same(part, reduced)


def _reductions() -> Iterator[tuple[str, Callable[[Pair], bool]]]:
    for axis in (0, 1, None):
        over = "over all its entries" if axis is None else f"over axis {axis}"
        for word, function in (("summed", np.sum), ("averaged", np.mean)):
            missing = partial(_reduced, function=function, axis=axis, found=True)
            yield f"right once it is {word} {over}; that is missing", missing
            there = partial(_reduced, function=function, axis=axis, found=False)
            yield f"what it should be, {word} {over}; leave that out", there


# Where shapes differ.
SHAPES: Mapping[str, Callable[[Pair], bool]] = {
    TRANSPOSED: lambda pair: pair.found.ndim == 2 and pair.same(pair.found.T, pair.right),
    "the right numbers in another shape; only the shape is to be changed": lambda pair: (
        pair.found.size == pair.right.size and pair.same(pair.found.reshape(pair.right.shape), pair.right)
    ),
    **dict(_reductions()),
}


def _rows_permuted(pair: Pair) -> bool:
    found, right = pair.found, pair.right
    if found.ndim == 0 or not 2 <= len(found) <= MAX_ROWS:
        return False
    pairwise = pair.agreeing(found[:, None], right[None])
    matches = np.asarray(pairwise.reshape(len(found), len(right), -1).all(axis=-1))
    return bool(matches.any(axis=0).all() and matches.any(axis=1).all())


def _transposed(pair: Pair) -> Pair:
    return Pair(pair.found.T, pair.right.T, pair.scales, pair.same, pair.agreeing)


def _elementwise(function: Callable[[Array], Array]) -> Callable[[Pair], bool]:
    def holds(pair: Pair) -> bool:
        with np.errstate(all="ignore"):
            image = np.asarray(function(pair.right.astype(np.float64)))
        # A function that leaves these numbers as they are tells nothing.
        return bool(np.isfinite(image).all()) and pair.same(pair.found, image) and not pair.same(image, pair.right)

    return holds


def _cut_off(pair: Pair) -> bool:
    if not pair.found.any() or pair.found.size < ENOUGH:
        return False
    right = pair.right.astype(np.float64)
    return any(pair.same(pair.found, function(right)) for function in (np.trunc, np.round, np.floor))


# The same shape, and something is true of all entries.
RELATIONS: Mapping[str, Callable[[Pair], bool]] = {
    TRANSPOSED: lambda pair: pair.found.ndim == 2 and pair.same(pair.found.T, pair.right),
    "right, in reverse order": lambda pair: pair.found.ndim > 0 and pair.same(pair.found[::-1], pair.right),
    "the right rows, in another order": lambda pair: pair.found.ndim == 2 and _rows_permuted(pair),
    "the right columns, in another order": lambda pair: pair.found.ndim == 2 and _rows_permuted(_transposed(pair)),
    "the right entries, in another order": lambda pair: pair.found.ndim == 1 and _rows_permuted(pair),
    "right but for the sign of some entries": lambda pair: pair.same(np.abs(pair.found), np.abs(pair.right)),
    "the square of what it should be": _elementwise(np.square),
    "the square root of what it should be": _elementwise(np.sqrt),
    "the exponential of what it should be": _elementwise(np.exp),
    "the logarithm of what it should be": _elementwise(np.log),
    "one divided by what it should be": _elementwise(np.reciprocal),
    "1 minus what it should be": _elementwise(lambda right: 1 - right),
    CUT_OFF: _cut_off,
}


def _bands(pair: Pair) -> bool:
    """Whether a matrix has entries enough to say something of each row: the rows of an outer product are alike."""
    return pair.found.ndim == 2 and pair.found.shape[1] >= ENOUGH and np.linalg.matrix_rank(pair.right) > 1


def _row_factors(pair: Pair) -> bool:
    if not _bands(pair):
        return False
    found, right = pair.found.astype(np.float64), pair.right.astype(np.float64)
    norm = np.sum(right**2, axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        factors = np.where(norm > 0, np.sum(found * right, axis=1, keepdims=True) / norm, 1.0)
        return bool((factors != 0).all()) and pair.same(found / factors, right)


def _row_offsets(pair: Pair) -> bool:
    return _bands(pair) and pair.same(pair.found - pair.gap.mean(axis=1, keepdims=True), pair.right)


def _one_row(pair: Pair) -> bool:
    return pair.found.ndim == 2 and len(pair.found) >= ENOUGH and int(pair.wrong.any(axis=1).sum()) == 1


def _on_diagonal(pair: Pair) -> Array | None:
    if pair.found.ndim != 2 or pair.found.shape[0] != pair.found.shape[1]:
        return None
    return np.eye(*pair.found.shape, dtype=bool)


def _right_on_diagonal(pair: Pair) -> bool:
    return (diagonal := _on_diagonal(pair)) is not None and bool((pair.wrong == ~diagonal).all())


def _wrong_on_diagonal(pair: Pair) -> bool:
    return (diagonal := _on_diagonal(pair)) is not None and not (pair.wrong & ~diagonal).any() and pair.wrong.sum() > 1


def _nearly(pair: Pair) -> bool:
    scale = np.abs(pair.right).max()
    return bool((np.abs(pair.gap) <= NEARLY * np.maximum(np.abs(pair.right), 1e-3 * scale)).all())


# The same shape, and something is true of each row, or of the entries that are wrong.
PARTS: Mapping[str, Callable[[Pair], bool]] = {
    "wrong on the diagonal only": _wrong_on_diagonal,
    "right on the diagonal only": _right_on_diagonal,
    "wrong in a single entry": lambda pair: pair.found.size >= ENOUGH and int(pair.wrong.sum()) == 1,
    "wrong in a single row": _one_row,
    "wrong in a single column": lambda pair: pair.found.ndim == 2 and _one_row(_transposed(pair)),
    "right where it isn't 0; entries are 0 that should not be": lambda pair: (
        pair.found.ndim > 0 and not pair.found[pair.wrong].any()
    ),
    "wrong only in entries that should be 0": lambda pair: pair.found.ndim > 0 and not pair.right[pair.wrong].any(),
    "right in each row but for a factor of the row's own; look at what a whole row is multiplied or divided by": (
        _row_factors
    ),
    "right in each column but for a factor of the column's own; look at what a whole column is multiplied or divided "
    "by": lambda pair: pair.found.ndim == 2 and _row_factors(_transposed(pair)),
    "off by the same amount all along a row, by another in each row; look at what is added to whole rows": _row_offsets,
    "off by the same amount all along a column, by another in each column; look at what is added to whole columns": (
        lambda pair: pair.found.ndim == 2 and _row_offsets(_transposed(pair))
    ),
    "nearly right: the first digits agree and the others don't; look for a small number that is added, a numerical "
    "derivative, or a precision that is lost": _nearly,
}
