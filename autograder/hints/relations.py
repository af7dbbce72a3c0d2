"""Relations of wrong values to right ones: a factor, a transpose, a missing sum, one case of several.

A relation names no value. It is reported only if it holds in every draw in which the value is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from autograder.authoring import Check
from autograder.compare import agree
from autograder.wire import Array

ENOUGH = 3  # entries at least that must show a relation with an unknown constant
MAX_NAMES = 4  # beyond this, names are not listed

# Sizes by symbol or argument (N, C, d_k) in a draw; several where a check calls with several sizes.
Scales = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Draw:
    """One draw of a check: the student's values, the right ones, and the sizes of its inputs."""

    found: Mapping[str, Array]
    right: Mapping[str, Array]
    scales: Scales


@dataclass(frozen=True)
class Pair:
    """A wrong value of one draw, and the right one."""

    found: Array
    right: Array
    scales: Scales
    check: Check

    def same(self, one: Array, other: Array) -> bool:
        """Tell whether two arrays agree within the check's tolerance."""
        return one.shape == other.shape and bool(agree(one, other, self.check).all())

    @property
    def wrong(self) -> Array:
        """Mark the wrong entries."""
        return ~agree(self.found, self.right, self.check)


Relation = Callable[[Pair], bool]


def explain(check: Check, draws: Sequence[Draw], names: Sequence[str]) -> str | None:
    """Relate the wrong values among those named to the right ones, in a sentence or two; None without a relation."""
    pairs: dict[str, list[Pair]] = {name: [] for name in draws[0].right}
    for draw, name in product(draws, pairs):
        pair = Pair(draw.found[name], draw.right[name], draw.scales, check)
        if not pair.same(pair.found, pair.right):
            pairs[name].append(pair)
    wrong = [name for name in names if pairs[name]]
    held = {name: _held(check, draws, name, wrong) for name in wrong}
    clauses: dict[str, list[str]] = {}
    clause: str | None
    for name, other in held.items():
        if other and held[other] == name:
            clause = "exchanged, each in the other's place"
        else:
            clause = f"what `{other}` should be" if other else _clause(pairs[name])
        if clause:
            clauses.setdefault(clause, []).append(name)
    told = [f"{_listed(some)}: {clause}." for clause, some in clauses.items()]
    if 2 * sum(map(len, clauses.values())) < len(wrong):
        told = []  # what holds for only some wrong values may be chance
    if cases := _which(wrong, [name for name in pairs if not pairs[name]]):
        told.append(cases)
    return " ".join(told) or None


def _held(check: Check, draws: Sequence[Draw], name: str, wrong: Sequence[str]) -> str | None:
    def holds(draw: Draw, other: str) -> bool:
        found, right = draw.found[name], draw.right[other]
        return found.shape == right.shape != () and bool(right.any() and agree(found, right, check).all())

    return next((other for other in wrong if other != name and all(holds(draw, other) for draw in draws)), None)


def _clause(pairs: Sequence[Pair]) -> str | None:
    def first(relations: Mapping[str, Relation]) -> str | None:
        return next((clause for clause, holds in relations.items() if all(map(holds, pairs))), None)

    if not all(_plain(pair.found) and _plain(pair.right) for pair in pairs):
        return None
    if any(pair.found.shape != pair.right.shape for pair in pairs):
        return first(SHAPES)
    if all(not pair.found.any() for pair in pairs) and sum(pair.found.size for pair in pairs) >= 2 * ENOUGH:
        return "0 everywhere; nothing that you compute reaches it"
    return _factor(pairs) or first(ENTRIES) or _constant(pairs) or first(PARTS)


def _plain(array: Array) -> bool:
    return array.dtype.kind != "c" and array.size > 0 and bool(np.isfinite(array).all())


def _factor(pairs: Sequence[Pair]) -> str | None:
    factors = [factor for factor in map(_proportional, pairs) if factor]
    if len(factors) < len(pairs) or len({factor > 0 for factor in factors}) > 1:
        return None
    sizes = [abs(factor) for factor in factors]
    if np.allclose(sizes, 1.0, rtol=1e-6):
        return "right but for the sign, which is the opposite"
    if names := list(_factor_names(sizes, [pair.scales for pair in pairs])):
        return f"{'' if factors[0] > 0 else '−'}{' or '.join(names[:2])} what it should be"
    entries = [np.count_nonzero(pair.right) for pair in pairs]
    if np.allclose(sizes, sizes[0], rtol=1e-6) and sum(entries) >= ENOUGH:
        return (
            "what it should be, times one number that is the same everywhere: a constant factor is missing or too many"
        )
    if min(entries) >= ENOUGH:
        return "in the right proportions, and too large or too small by a factor that changes with the inputs"
    return None


def _proportional(pair: Pair) -> float | None:
    found, right = pair.found.astype(np.float64).ravel(), pair.right.astype(np.float64).ravel()
    with np.errstate(all="ignore"):
        factor = float(found @ right / (right @ right))
    # Compared in the right value's units: with a tiny factor everything would agree.
    return factor if math.isfinite(factor) and factor and pair.same(found / factor, right) else None


def _factor_names(factors: Sequence[float], scales: Sequence[Scales]) -> Iterator[str]:
    for name, value in (("twice", 2.0), ("half of", 0.5)):
        if np.allclose(factors, value, rtol=1e-6):
            yield name
    for symbol in dict.fromkeys(symbol for each in scales for symbol in each):
        for template, power in (("{} times", 1), ("1/{} of", -1), ("√{} times", 0.5), ("1/√{} of", -0.5)):
            if all(
                any(size > 0 and math.isclose(factor, size**power, rel_tol=1e-6) for size in each.get(symbol, ()))
                for factor, each in zip(factors, scales, strict=True)
            ):
                yield template.format(symbol)


def _gap(pair: Pair) -> Array:
    return np.subtract(pair.found, pair.right, dtype=np.float64)


def _constant(pairs: Sequence[Pair]) -> str | None:
    gaps = [_gap(pair) for pair in pairs]
    if not all(pair.same(pair.found - gap.mean(), pair.right) for pair, gap in zip(pairs, gaps, strict=True)):
        return None
    enough = all(gap.size >= ENOUGH for gap in gaps)
    if enough or (len(gaps) >= ENOUGH and np.allclose([gap.mean() for gap in gaps], gaps[0].mean(), rtol=1e-6)):
        return "off by the same amount everywhere: something that is added to all of it is missing or too many"
    return None


def _reduced(pair: Pair, function: Callable[..., Array], axis: int | None, *, missing: bool) -> bool:
    """Tell whether the right value is a sum or mean of the found one (``missing``), or the reverse."""
    whole, part = (pair.found, pair.right) if missing else (pair.right, pair.found)
    if whole.ndim <= (axis or 0) or whole.size <= part.size or whole.min() == whole.max():
        return False
    reduced = np.asarray(function(whole.astype(np.float64), axis=axis))
    return reduced.size == part.size and pair.same(part, reduced.reshape(part.shape))


def _reductions() -> Iterator[tuple[str, Relation]]:
    for axis, over in ((0, "over axis 0"), (1, "over axis 1"), (None, "over all its entries")):
        for word, function in (("summed", np.sum), ("averaged", np.mean)):
            holds = partial(_reduced, function=function, axis=axis)
            yield f"right once it is {word} {over}; that is missing", partial(holds, missing=True)
            yield f"what it should be, {word} {over}; leave that out", partial(holds, missing=False)


def _transposed(pair: Pair) -> bool:
    return pair.found.ndim == 2 and pair.same(pair.found.T, pair.right)


def _bands(pair: Pair, axis: int) -> bool:
    """Tell whether rows or columns have enough entries to compare; those of an outer product are all alike."""
    return pair.found.ndim == 2 and pair.found.shape[axis] >= ENOUGH and np.linalg.matrix_rank(pair.right) > 1


def _factors(pair: Pair, axis: int) -> bool:
    """Tell whether each row (axis 1), or each column (axis 0), has a factor of its own."""
    if not _bands(pair, axis):
        return False
    found, right = pair.found.astype(np.float64), pair.right.astype(np.float64)
    norm = np.sum(right**2, axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        factors = np.where(norm > 0, np.sum(found * right, axis=axis, keepdims=True) / norm, 1.0)
        return bool((factors != 0).all()) and pair.same(found / factors, right)


TRANSPOSED = "transposed: rows and columns are exchanged"

# For values of another shape than the right ones.
SHAPES: Mapping[str, Relation] = {
    TRANSPOSED: _transposed,
    "the right numbers in another shape; only the shape is to be changed": lambda pair: (
        pair.found.size == pair.right.size and pair.same(pair.found.reshape(pair.right.shape), pair.right)
    ),
    **dict(_reductions()),
}

# For values of the right shape: about all entries.
ENTRIES: Mapping[str, Relation] = {
    TRANSPOSED: _transposed,
    "right, in reverse order": lambda pair: pair.found.ndim > 0 and pair.same(pair.found[::-1], pair.right),
    "right but for the sign of some entries": lambda pair: pair.same(np.abs(pair.found), np.abs(pair.right)),
    "one divided by what it should be": lambda pair: pair.same(
        np.multiply(pair.found, pair.right, dtype=np.float64), np.ones(pair.right.shape)
    ),
}

# For values of the right shape: about each row, or the wrong entries.
PARTS: Mapping[str, Relation] = {
    "wrong in a single entry": lambda pair: pair.found.size >= ENOUGH and int(pair.wrong.sum()) == 1,
    "right where it isn't 0; entries are 0 that should not be": lambda pair: (
        pair.found.ndim > 0 and not pair.found[pair.wrong].any()
    ),
    "wrong only in entries that should be 0": lambda pair: pair.found.ndim > 0 and not pair.right[pair.wrong].any(),
    "right in each row but for a factor of the row's own; look at what a whole row is multiplied or divided by": (
        partial(_factors, axis=1)
    ),
    "right in each column but for a factor of the column's own; look at what a whole column is multiplied or divided "
    "by": partial(_factors, axis=0),
    "off by the same amount all along a column, by another in each column; look at what is added to whole columns": (
        lambda pair: _bands(pair, 0) and pair.same(pair.found - _gap(pair).mean(axis=0, keepdims=True), pair.right)
    ),
}


def _which(wrong: Sequence[str], right: Sequence[str]) -> str | None:
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
    if len(right) <= MAX_NAMES:
        return f"{_listed(right)} {'is' if len(right) == 1 else 'are'} right."
    return f"All but {_listed(wrong)} are right." if len(wrong) <= MAX_NAMES else None


def _words(names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Split each name into a quantity, and the case after it: ``dx_one_row`` is dx, in “one row”.

    The quantity is the longest other name that it begins with, or its first word.
    """
    quantities, cases = {}, {}
    for name in names:
        shorter = [other for other in names if name.startswith(f"{other}_")]
        quantity = max(shorter, key=len, default=name.partition("_")[0])
        case = name[len(quantity) :].strip("_").replace("_", " ")
        # A single letter is an index, as in dW_Q.
        quantities[name], cases[name] = (quantity, case) if len(case.partition(" ")[0]) > 1 else (name, "")
    return quantities, cases


def _common(some: Sequence[str], others: Sequence[str], cases: Mapping[str, str]) -> str | None:
    def has(name: str, case: str) -> bool:
        return f" {case} " in f"{name.replace('_', ' ')} "

    told = [
        case
        for case in {cases[name] for name in some} - {""}
        if all(has(name, case) for name in some) and not any(has(name, case) for name in others)
    ]
    return min(told, key=lambda case: (-case.count(" "), case), default=None)


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
