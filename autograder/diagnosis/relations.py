"""What wrong values have to do with right ones: a factor, a transpose, a sum too many, one case of several.

A relation names no value. It holds in every draw in which the value is wrong, or it isn't told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from autograder.compare import agree
from autograder.probe import Check
from autograder.wire import Array

# By symbol or argument (N, C, d_k), what it stands for in a draw; several where a check calls with several sizes.
Scales = Mapping[str, Sequence[float]]

# Beyond this, rows are not looked for one by one.
MAX_ROWS = 256
# Numbers that have no other relation, and agree as far as this.
NEARLY = 1e-2
# Of a relation with a constant to be found, this many entries at least must bear it out.
ENOUGH = 3
# More are not listed.
MOST_NAMES = 4

TRANSPOSED = "transposed: rows and columns are exchanged"
CUT_OFF = "cut off to whole numbers"


@dataclass(frozen=True)
class Draw:
    """One draw of a check: what came back, what is right, and what its inputs measure."""

    found: Mapping[str, Array]
    right: Mapping[str, Array]
    scales: Scales


@dataclass(frozen=True)
class Pair:
    """A wrong value of one draw, and the right one; ``same`` compares within the check's tolerance."""

    found: Array
    right: Array
    scales: Scales
    same: Callable[[Array, Array], bool]
    agreeing: Callable[[Array, Array], Array]

    @property
    def gap(self) -> Array:
        """By how much each entry is off."""
        return np.subtract(self.found, self.right, dtype=np.float64)

    @property
    def wrong(self) -> Array:
        """Which entries are off."""
        return ~self.agreeing(self.found, self.right)


def explain(check: Check, draws: Sequence[Draw], names: Sequence[str]) -> str | None:
    """What the wrong values among those named have to do with the right ones, in a sentence or two.

    None where nothing is to be said that the comparison doesn't say.
    """
    pairs = {name: list(_pairs(check, draws, name)) for name in draws[0].right}
    wrong = [name for name in names if pairs[name]]
    clauses: dict[str, list[str]] = {}
    held = {name: _held(check, draws, name, wrong) for name in wrong}
    for name, other in held.items():
        if other is not None and held[other] == name:
            clause = "exchanged, each in the other's place"
        else:
            clause = f"what `{other}` should be" if other else _clause(pairs[name]) or ""
        if clause:
            clauses.setdefault(clause, []).append(name)
    told = [f"{_listed(some)}: {clause}." for clause, some in clauses.items()]
    if 2 * sum(map(len, clauses.values())) < len(wrong):
        told = []  # what is true of a few of them by chance is no explanation
    if which := _which(wrong, [name for name in pairs if not pairs[name]]):
        told.append(which)
    return " ".join(told) or None


def cut_off(check: Check, draws: Sequence[Draw], names: Sequence[str]) -> str | None:
    """That whole numbers among the values named are right ones without their fractions; None where none is."""

    def holds(draw: Draw, name: str) -> bool:
        found, right = draw.found[name], draw.right[name]
        return (
            found.dtype.kind in "iu"
            and found.shape == right.shape
            and right.dtype.kind == "f"
            and any(agree(found, whole(right), check).all() for whole in (np.trunc, np.round, np.floor))
        )

    cut = [name for name in names if all(holds(draw, name) for draw in draws)]
    return f"{_listed(cut)}: {CUT_OFF}." if cut else None


def _pairs(check: Check, draws: Sequence[Draw], name: str) -> Iterator[Pair]:
    """A value in the draws in which it is wrong."""

    def agreeing(one: Array, other: Array) -> Array:
        return agree(one, other, check)

    def same(one: Array, other: Array) -> bool:
        return one.shape == other.shape and bool(agreeing(one, other).all())

    for draw in draws:
        found, right = draw.found[name], draw.right[name]
        if not same(found, right):
            yield Pair(found, right, draw.scales, same, agreeing)


def _clause(pairs: Sequence[Pair]) -> str | None:
    """The first relation in the tables that holds in all pairs."""
    if not all(_plain(pair.found) and _plain(pair.right) for pair in pairs):
        return None
    if any(pair.found.shape != pair.right.shape for pair in pairs):
        return next((clause for clause, holds in SHAPES.items() if all(map(holds, pairs))), None)
    if all(not pair.found.any() for pair in pairs) and sum(pair.found.size for pair in pairs) >= 2 * ENOUGH:
        return "0 everywhere; nothing that you compute reaches it"
    if clause := _factor(pairs):
        return clause
    if clause := next((clause for clause, holds in RELATIONS.items() if all(map(holds, pairs))), None):
        return clause
    return _constant(pairs) or next((clause for clause, holds in PARTS.items() if all(map(holds, pairs))), None)


def _plain(array: Array) -> bool:
    """Whether an array holds finite real numbers, and at least one."""
    return array.dtype.kind != "c" and array.size > 0 and bool(np.isfinite(array).all())


# ---- one number for all entries


def _factor(pairs: Sequence[Pair]) -> str | None:
    """The factor on all entries, by name."""
    if not all(np.any(pair.right) for pair in pairs):
        return None
    factors = [_proportional(pair) for pair in pairs]
    if any(factor is None or factor == 0 for factor in factors):
        return None
    sizes = [abs(factor) for factor in factors if factor]
    sign = "" if all(factor and factor > 0 for factor in factors) else "−"
    if sign and any(factor and factor > 0 for factor in factors):
        return None
    if np.allclose(sizes, 1.0, rtol=1e-6):
        return "right but for the sign, which is the opposite"
    names = list(_names_of(sizes, [pair.scales for pair in pairs]))
    if names:
        return f"{sign}{' or '.join(names[:2])} what it should be"
    entries = sum(np.count_nonzero(pair.right) for pair in pairs)
    if np.allclose(sizes, sizes[0], rtol=1e-6) and entries >= ENOUGH:
        return (
            "what it should be, times one number that is the same everywhere: a constant factor is missing or too many"
        )
    if all(np.count_nonzero(pair.right) >= ENOUGH for pair in pairs):
        return "in the right proportions, and too large or too small by a factor that changes with the inputs"
    return None


def _proportional(pair: Pair) -> float | None:
    """The factor between found and right, if there is one."""
    found, right = pair.found.astype(np.float64).ravel(), pair.right.astype(np.float64).ravel()
    with np.errstate(all="ignore"):
        factor = float(found @ right / (right @ right))
    if not math.isfinite(factor) or factor == 0:
        return None
    # In the right one's units, or a tiny factor would make everything agree.
    return factor if pair.same(found / factor, right) else None


def _names_of(factors: Sequence[float], scales: Sequence[Scales]) -> Iterator[str]:
    """What a factor of each pair may be called: one name that fits all of them."""
    for name, value in (("twice", 2.0), ("half of", 0.5)):
        if np.allclose(factors, value, rtol=1e-6):
            yield name
    for symbol in dict.fromkeys(symbol for each in scales for symbol in each):
        for template, function in FACTORS.items():
            if all(
                any(math.isclose(factor, size, rel_tol=1e-6) for size in map(function, each.get(symbol, ())))
                for factor, each in zip(factors, scales, strict=True)
            ):
                yield template.format(symbol)


FACTORS: Mapping[str, Callable[[float], float]] = {
    "{0} times": lambda size: size,
    "1/{0} of": lambda size: 1 / size if size else math.nan,
    "√{0} times": lambda size: math.sqrt(abs(size)),
    "1/√{0} of": lambda size: 1 / math.sqrt(abs(size)) if size else math.nan,
}


def _constant(pairs: Sequence[Pair]) -> str | None:
    """The same number added to all entries."""
    gaps = [pair.gap for pair in pairs]
    if not all(_same_number(pair, gap) for pair, gap in zip(pairs, gaps, strict=True)):
        return None
    means = [float(gap.mean()) for gap in gaps]
    if sum(gap.size for gap in gaps) >= ENOUGH and np.allclose(means, means[0], rtol=1e-6):
        return "off by the same amount everywhere, on all inputs: a constant is missing or too many"
    if all(gap.size >= ENOUGH for gap in gaps):
        return "off by the same amount in every entry: something that is added to all of it is missing or too many"
    return None


def _same_number(pair: Pair, gap: Array) -> bool:
    return pair.same(pair.found - gap.mean(), pair.right)


# ---- tables: what is said, and when it holds of a pair


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


# ---- between values


def _held(check: Check, draws: Sequence[Draw], name: str, wrong: Sequence[str]) -> str | None:
    """The value whose place this one has taken."""

    def holds(draw: Draw, other: str) -> bool:
        found, right = draw.found[name], draw.right[other]
        return found.shape == right.shape != () and bool(right.any() and agree(found, right, check).all())

    return next((other for other in wrong if other != name and all(holds(draw, other) for draw in draws)), None)


def _which(wrong: Sequence[str], right: Sequence[str]) -> str | None:
    """What tells the wrong values from the right ones, by the words in their names."""
    if not right or not wrong:
        return None
    quantities, cases = _words([*wrong, *right])
    if case := _common(wrong, right, cases):
        return f"Wrong only for “{case}”; the rest is right."
    if case := _common(right, wrong, cases):
        return f"Right for “{case}”, and wrong otherwise."
    bad, good = ({quantities[name]: None for name in names} for names in (wrong, right))
    if not bad.keys() & good.keys() and len(bad) < len(wrong):
        return f"{_listed(list(bad))} {'is' if len(bad) == 1 else 'are'} wrong in every case; the rest is right."
    if len(right) <= MOST_NAMES:
        return f"{_listed(right)} {'is' if len(right) == 1 else 'are'} right."
    return f"All but {_listed(wrong)} are right." if len(wrong) <= MOST_NAMES else None


def _words(names: Sequence[str]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Of each name the quantity, and the words after it that say in which case: ``dx_one_row`` is dx, in one row.

    The quantity is the longest other name that it begins with; where there is none, its first word.
    """
    quantities, cases = {}, {}
    for name in names:
        shorter = sorted((other for other in names if name.startswith(f"{other}_")), key=len)
        quantity = shorter[-1] if shorter else name.partition("_")[0]
        words = name[len(quantity) :].strip("_").split("_")
        # A letter is an index, as in dW_Q, and no case.
        quantities[name], cases[name] = (name, ()) if len(words[0]) < 2 else (quantity, tuple(words))
    return quantities, cases


def _common(some: Sequence[str], others: Sequence[str], cases: Mapping[str, tuple[str, ...]]) -> str | None:
    """The case that all of some names are of, and none of the others."""
    whole = {cases[name] for name in some if cases[name]}
    shared = [case for case in whole if all(_within(case, name) for name in some)]
    told = [case for case in shared if not any(_within(case, name) for name in others)]
    return " ".join(sorted(told, key=lambda case: (-len(case), case))[0]) if told else None


def _within(case: tuple[str, ...], name: str) -> bool:
    return f"_{'_'.join(case)}_" in f"{name}_"


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
