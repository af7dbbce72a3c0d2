"""What wrong values have to do with right ones: a factor, a transpose, a sum too many, one case of several.

A relation names no value. It holds in every draw in which the value is wrong, or it isn't told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from autograder.authoring import Check
from autograder.compare import agree
from autograder.hints.factors import constant_of, factor_of
from autograder.hints.pair import ENOUGH, Draw, Pair
from autograder.hints.tables import CUT_OFF, PARTS, RELATIONS, SHAPES
from autograder.wire import Array

# More are not listed.
MOST_NAMES = 4


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
    told = [f"{listed(some)}: {clause}." for clause, some in clauses.items()]
    if 2 * sum(map(len, clauses.values())) < len(wrong):
        told = []  # what is true of a few of them by chance is no explanation
    if told_apart := which(wrong, [name for name in pairs if not pairs[name]]):
        told.append(told_apart)
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
    return f"{listed(cut)}: {CUT_OFF}." if cut else None


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
    if clause := factor_of(pairs):
        return clause
    if clause := next((clause for clause, holds in RELATIONS.items() if all(map(holds, pairs))), None):
        return clause
    return constant_of(pairs) or next((clause for clause, holds in PARTS.items() if all(map(holds, pairs))), None)


def _plain(array: Array) -> bool:
    """Whether an array holds finite real numbers, and at least one."""
    return array.dtype.kind != "c" and array.size > 0 and bool(np.isfinite(array).all())


def _held(check: Check, draws: Sequence[Draw], name: str, wrong: Sequence[str]) -> str | None:
    """The value whose place this one has taken."""

    def holds(draw: Draw, other: str) -> bool:
        found, right = draw.found[name], draw.right[other]
        return found.shape == right.shape != () and bool(right.any() and agree(found, right, check).all())

    return next((other for other in wrong if other != name and all(holds(draw, other) for draw in draws)), None)


def which(wrong: Sequence[str], right: Sequence[str]) -> str | None:
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
        return f"{listed(list(bad))} {'is' if len(bad) == 1 else 'are'} wrong in every case; the rest is right."
    if len(right) <= MOST_NAMES:
        return f"{listed(right)} {'is' if len(right) == 1 else 'are'} right."
    return f"All but {listed(wrong)} are right." if len(wrong) <= MOST_NAMES else None


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


def listed(names: Sequence[str]) -> str:
    """Names, in a sentence."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
