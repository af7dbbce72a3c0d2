"""Relations of wrong values to right ones: a factor, a transpose, a missing sum, one case of several.

A relation names no value. It is judged over all draws of all checks that call the same functions. It must hold wherever
the quantity is wrong, and what it says to do must leave right what is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

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
    """One draw of a check: the student's values, the right ones, the names of wrong ones, the sizes of its inputs."""

    check: Check
    found: Mapping[str, Array]
    right: Mapping[str, Array]
    wrong: Collection[str]
    scales: Scales
    is_root: bool = True  # no check that it needs has failed


@dataclass(frozen=True)
class Pair:
    """A value of one draw, and the right one."""

    found: Array
    right: Array
    draw: Draw

    def same(self, one: Array, other: Array) -> bool:
        """Tell whether two arrays agree within the check's tolerance."""
        return one.shape == other.shape and bool(agree(one, other, self.draw.check).all())

    def is_right(self, one: Array) -> bool:
        """Tell whether an array is the right value."""
        return self.same(one, self.right)

    @property
    def wrong(self) -> Array:
        """Mark the wrong entries."""
        return ~agree(self.found, self.right, self.draw.check)


# Tells whether a pair has the relation. Of a pair that is right: whether it stays right if one does what is said.
Relation = Callable[[Pair], bool]


def explain(draws: Sequence[Draw]) -> dict[str, str]:
    """Relate wrong values to right ones, in a sentence or two for each check; none without a relation.

    Parameters
    ----------
    draws : sequence of Draw
        Those of all checks that call the same functions, passed or failed.
    """
    quantities, _ = _words(list(dict.fromkeys(name for draw in draws for name in draw.right)))
    clauses = {}
    for quantity in dict.fromkeys(quantities.values()):
        names = [name for name, own in quantities.items() if own == quantity]
        clauses[quantity] = _held(draws, names, quantities) or _clause(*_pairs(draws, names))
    exchanged = {f"what `{quantity}` should be": quantity for quantity in clauses}
    for quantity, clause in [*clauses.items()]:
        other = exchanged.get(clause.said)
        if other and other > quantity and clauses[other].said == f"what `{quantity}` should be":
            clauses[quantity] = clauses[other] = Clause("exchanged, each in the other's place")
    told = {}
    for check in dict.fromkeys(draw.check.name for draw in draws):
        mine = [draw for draw in draws if draw.check.name == check]
        wrong = [name for name in mine[0].right if any(name in draw.wrong for draw in mine)]
        said: dict[str, list[str]] = {}
        for name in wrong:
            clause = clauses[quantities[name]]
            if clause.said and (clause.is_general or mine[0].is_root):
                said.setdefault(clause.said, []).append(name)
        sentences = [f"{_listed(some)}: {clause}." for clause, some in said.items()]
        if 2 * sum(map(len, said.values())) < len(wrong):
            sentences = []  # what holds for only some wrong values may be chance
        if cases := _which(wrong, [name for name in mine[0].right if name not in wrong]):
            sentences.append(cases)
        if sentences:
            told[check] = " ".join(sentences)
    return told


@dataclass(frozen=True)
class Clause:
    """A clause about a quantity, "" for none: of all checks, or only of those that need no failed one."""

    said: str = ""
    is_general: bool = True


def _pairs(draws: Sequence[Draw], names: Sequence[str]) -> tuple[list[Pair], list[Pair]]:
    """List the wrong pairs and the right ones; what a predicate takes for right, though it differs, is neither."""
    pairs = [
        (name in draw.wrong, Pair(draw.found[name], draw.right[name], draw))
        for draw in draws
        for name in names
        if name in draw.right
    ]
    wrong = [pair for is_wrong, pair in pairs if is_wrong and not pair.is_right(pair.found)]
    return wrong, [pair for _, pair in pairs if pair.is_right(pair.found)]


def _held(draws: Sequence[Draw], names: Sequence[str], quantities: Mapping[str, str]) -> Clause | None:
    """Find the one other quantity, or other case of its own, that a quantity holds wherever it is wrong."""

    def holds(draw: Draw, name: str, other: str) -> bool:
        found, right = draw.found[name], draw.right.get(other)
        return (
            right is not None
            and found.shape == right.shape != ()
            and bool(right.any() and agree(found, right, draw.check).all())
        )

    held = set()
    for name in names:
        wrong = [draw for draw in draws if name in draw.wrong]
        others = [other for other in quantities if other != name and all(holds(draw, name, other) for draw in wrong)]
        if wrong and len(others) != 1:
            return None
        held |= {quantities[other] if quantities[other] not in quantities[name] else other for other in others if wrong}
    return Clause(f"what `{held.pop()}` should be") if len(held) == 1 else None


def _clause(wrong: Sequence[Pair], right: Sequence[Pair]) -> Clause:
    """Find the simplest clause about a quantity: one that holds in all checks, or a plain fact of the roots."""
    if all(map(_plain, wrong)) and (said := _named_factor(wrong, right) or _first(SHAPES, ENTRIES, wrong, right)):
        return Clause(said)
    roots = [pair for pair in wrong if pair.draw.is_root]
    if roots and all(map(_plain, roots)):
        return Clause(_factor(roots, right) or _first(COPIES, PARTS, roots) or "", is_general=False)
    return Clause()


def _first(
    shapes: Mapping[str, Relation], entries: Mapping[str, Relation], wrong: Sequence[Pair], right: Sequence[Pair] = ()
) -> str | None:
    if not wrong:
        return None
    relations = shapes if any(pair.found.shape != pair.right.shape for pair in wrong) else entries
    return next((said for said, holds in relations.items() if all(map(holds, (*wrong, *right)))), None)


def _plain(pair: Pair) -> bool:
    return all(one.dtype.kind != "c" and one.size > 0 and np.isfinite(one).all() for one in (pair.found, pair.right))


def _factors_of(wrong: Sequence[Pair]) -> list[float]:
    """List the factors between found and right values; none unless each pair has one, all of one sign."""
    factors = [factor for factor in map(_proportional, wrong) if factor]
    return factors if len(factors) == len(wrong) and len({factor > 0 for factor in factors}) == 1 else []


def _named_factor(wrong: Sequence[Pair], right: Sequence[Pair]) -> str | None:
    """Name the factor that explains a quantity in all checks; not where two names explain it."""
    factors = _factors_of(wrong)
    if not factors:
        return None
    sign = math.copysign(1.0, factors[0])
    is_one_number = np.allclose(factors, factors[0], rtol=1e-6)
    names = [
        name
        for name, sizes in _names([pair.draw for pair in (*wrong, *right)])
        if all(
            any(size and pair.is_right(pair.found / (sign * size)) for size in sizes(pair.draw))
            for pair in (*wrong, *right)
        )
    ]
    if len(names) != 1 or (is_one_number and names[0] not in CONSTANTS):
        return None
    if names[0] == "":
        return OPPOSITE if sign < 0 else None
    return f"{'' if sign > 0 else '−'}{names[0]} what it should be"


# What multiplies a right value, by its name.
CONSTANTS = {"": 1.0, "twice": 2.0, "half of": 0.5}
POWERS = {"{} times": 1.0, "1/{} of": -1.0, "√{} times": 0.5, "1/√{} of": -0.5}


def _names(draws: Sequence[Draw]) -> Iterator[tuple[str, Callable[[Draw], Sequence[float]]]]:
    """Yield each name that a factor may have, and its sizes in a draw."""
    for name, size in CONSTANTS.items():
        yield name, lambda _, size=size: (size,)  # type: ignore[misc]  # a default binds the loop's value
    for symbol in dict.fromkeys(symbol for draw in draws for symbol in draw.scales):
        for template, power in POWERS.items():
            yield template.format(symbol), partial(_sizes, symbol=symbol, power=power)


def _sizes(draw: Draw, symbol: str, power: float) -> list[float]:
    return [size**power for size in draw.scales.get(symbol, ()) if size > 0]


def _factor(wrong: Sequence[Pair], right: Sequence[Pair]) -> str | None:
    """Say what is a fact of the factors, without a name for it."""
    if all(not pair.found.any() for pair in wrong):
        enough = sum(pair.found.size for pair in wrong) >= 2 * ENOUGH
        return "0 everywhere: it is not written yet, or nothing that you compute reaches it" if enough else None
    factors = _factors_of(wrong)
    entries = [np.count_nonzero(pair.right) for pair in wrong]
    if factors and np.allclose(factors, factors[0], rtol=1e-6):
        if sum(entries) < ENOUGH or any(pair.right.any() for pair in right):
            return None
        if math.isclose(factors[0], -1.0, rel_tol=1e-6):
            return OPPOSITE
        return "what it should be, times one number that is the same everywhere: a factor is missing or too many"
    if factors and min(entries) >= ENOUGH:
        return "in the right proportions, and too large or too small by a factor that changes with the inputs"
    return _constant(wrong)


def _proportional(pair: Pair) -> float | None:
    if pair.found.shape != pair.right.shape:
        return None
    found, right = pair.found.astype(np.float64).ravel(), pair.right.astype(np.float64).ravel()
    with np.errstate(all="ignore"):
        factor = float(found @ right / (right @ right))
    # Compared in the right value's units: with a tiny factor everything would agree.
    return factor if math.isfinite(factor) and factor and pair.same(found / factor, right) else None


def _gap(pair: Pair) -> Array:
    return np.subtract(pair.found, pair.right, dtype=np.float64)


def _constant(wrong: Sequence[Pair]) -> str | None:
    if any(pair.found.shape != pair.right.shape for pair in wrong):
        return None
    gaps = [_gap(pair) for pair in wrong]
    if not all(pair.is_right(pair.found - gap.mean()) for pair, gap in zip(wrong, gaps, strict=True)):
        return None
    enough = all(gap.size >= ENOUGH for gap in gaps)
    if enough or (len(gaps) >= ENOUGH and np.allclose([gap.mean() for gap in gaps], gaps[0].mean(), rtol=1e-6)):
        return "off by the same amount everywhere: something that is added to all of it is missing or too many"
    return None


def _reduced(pair: Pair, function: Callable[..., Array], axis: int | None, *, missing: bool) -> bool:
    """Tell whether the right value is a sum or mean of the found one (``missing``), or the reverse."""
    whole, part = (pair.found, pair.right) if missing else (pair.right, pair.found)
    if whole.ndim <= (axis or 0) or whole.size <= part.size or not np.ptp(whole, axis=axis).any():
        return False  # of copies the mean says nothing
    reduced = np.asarray(function(whole.astype(np.float64), axis=axis))
    return reduced.size == part.size and pair.same(part, reduced.reshape(part.shape))


def _reductions() -> Iterator[tuple[str, Relation]]:
    for axis, over in ((0, "over axis 0"), (1, "over axis 1"), (None, "over all its entries")):
        for word, function in (("summed", np.sum), ("averaged", np.mean)):
            holds = partial(_reduced, function=function, axis=axis)
            yield f"right once it is {word} {over}; that is missing", partial(holds, missing=True)
            yield f"what it should be, {word} {over}; leave that out", partial(holds, missing=False)


def _transposed(pair: Pair) -> bool:
    return pair.found.ndim == 2 and pair.is_right(pair.found.T)


def _first_of_several(pair: Pair) -> bool:
    found = pair.found
    return found.ndim == pair.right.ndim + 1 and pair.is_right(found[0]) and bool(np.ptp(found, axis=0).any())


def _copies(pair: Pair, axis: int) -> bool:
    found = pair.found
    return (
        found.ndim == 2
        and found.shape[axis] > 1
        and not np.ptp(found, axis=axis).any()
        and bool(
            found.size == pair.right.size * found.shape[axis]
            and pair.is_right(found.take(0, axis=axis).reshape(pair.right.shape))
        )
    )


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
        varied = (factors != 0).all() and not np.allclose(factors, factors.flat[0])
        return bool(varied) and pair.same(found / factors, right)


def _right_in(pair: Pair, part: str, axis: int) -> bool:
    if pair.found.ndim != 2 or pair.found.shape[axis] < 2:
        return False
    wrong = np.asarray(pair.wrong.any(axis=1 - axis))
    return int(wrong.sum()) == wrong.size - 1 and not wrong.take(0 if part.startswith("first") else -1)


def _through(pair: Pair, function: Callable[..., Array]) -> bool:
    with np.errstate(all="ignore"):
        made = np.asarray(function(pair.right.astype(np.float64)))
    return bool(np.isfinite(made).all()) and pair.same(pair.found, made) and pair.right.size > 0


TRANSPOSED = "transposed: rows and columns are exchanged"
OPPOSITE = "right but for the sign, which is the opposite"

# Of all checks: for values of another shape than the right ones.
SHAPES: Mapping[str, Relation] = {
    TRANSPOSED: _transposed,
    "the right numbers in another shape; only the shape is to be changed": lambda pair: (
        pair.found.size == pair.right.size and pair.is_right(pair.found.reshape(pair.right.shape))
    ),
    "several values come back for one, and the first of them is right; return that one alone": _first_of_several,
    **dict(_reductions()),
}

# Of all checks: for values of the right shape.
ENTRIES: Mapping[str, Relation] = {
    TRANSPOSED: _transposed,
    "right, in reverse order": lambda pair: pair.found.ndim > 0 and pair.is_right(pair.found[::-1]),
    "right but for the sign of some entries": lambda pair: (
        pair.same(np.abs(pair.found), np.abs(pair.right))
        and (pair.is_right(pair.found) or not pair.is_right(0 - pair.found))
    ),
    **{
        f"the {name} of what it should be": partial(_through, function=function)
        for name, function in (
            ("sign", np.sign),
            ("square", np.square),
            ("square root", np.sqrt),
            ("exponential", np.exp),
            ("logarithm", np.log),
            ("whole part", np.trunc),
            ("positive part", lambda array: np.maximum(array, 0)),
        )
    },
    "one divided by what it should be": lambda pair: pair.same(
        np.multiply(pair.found, pair.right, dtype=np.float64), np.ones(pair.right.shape)
    ),
}

# Of the roots: for values of another shape.
COPIES: Mapping[str, Relation] = {
    f"the right numbers, repeated along axis {axis}: arrays of shapes such as (n, 1) and (1, n) meet entry by entry, "
    "so transpose one of them": partial(_copies, axis=axis)
    for axis in (0, 1)
}

# Of the roots: for values of the right shape, about each row, or the wrong entries.
PARTS: Mapping[str, Relation] = {
    "wrong in a single entry": lambda pair: (
        pair.found.size >= ENOUGH
        and int(pair.wrong.sum()) == 1
        and not agree(pair.found, pair.right, pair.draw.check, narrow=True).all()  # or others may be rounded, too
    ),
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
        lambda pair: _bands(pair, 0) and pair.is_right(pair.found - _gap(pair).mean(axis=0, keepdims=True))
    ),
    **{
        f"right in its {part}, and wrong in all others": partial(_right_in, part=part, axis=axis)
        for axis, parts in ((0, ("first row", "last row")), (1, ("first column", "last column")))
        for part in parts
    },
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

    The quantity is the first word; a single letter after it is an index, as in dW_Q.
    """
    quantities, cases = {}, {}
    for name in names:
        first, *words = name.split("_")
        letters = 1 if words and len(words[0]) == 1 else 0
        quantities[name], cases[name] = "_".join([first, *words[:letters]]), " ".join(words[letters:])
    return quantities, cases


def _common(some: Sequence[str], others: Sequence[str], cases: Mapping[str, str]) -> str | None:
    """Find the case that all names of some have, and none of the others."""

    def has(name: str, case: str) -> bool:
        return f" {case} " in f" {cases[name]} "

    # "rbf one point" after "rbf" is the case "one point", since "linear one point" is there, too.
    full = {*cases.values()} - {""}
    ends = [case.removeprefix(f"{other} ") for case in full for other in full if case.startswith(f"{other} ")]
    told = [
        case
        for case in full | {end for end in ends if ends.count(end) > 1}
        if all(has(name, case) for name in some) and not any(has(name, case) for name in others)
    ]
    return min(told, key=lambda case: (-case.count(" "), case), default=None)


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
