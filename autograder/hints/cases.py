"""In which cases values are wrong, by the words in their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# More are not listed.
MOST_NAMES = 4


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
