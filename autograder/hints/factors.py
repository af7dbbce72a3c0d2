"""Where one number is the matter: a factor on all entries, by name, or something that is added to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from autograder.hints.pair import ENOUGH, Pair, Scales
from autograder.wire import Array


def factor_of(pairs: Sequence[Pair]) -> str | None:
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


def constant_of(pairs: Sequence[Pair]) -> str | None:
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
