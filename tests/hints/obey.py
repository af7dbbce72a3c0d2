"""Does what a hint says, on the values that a module gave: what is explained must become right, and stay so.

It reads the hint's text, as a student does, and knows nothing of how the hint was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from autograder.codes import Code
from autograder.compare import agree
from autograder.hints import source
from autograder.hints.diagnose import calls

NAMES = re.compile(r"(?:^|(?<=\. ))((?:`\w+`(?:, | and )?)+): (.+?)\.(?= `| Wrong| Right| All|$)")
CASES = re.compile(r"(Wrong only for|Right for) “(.+?)”")
LISTED = re.compile(r"^(?:All but )?((?:`\w+`(?:, | and )?)+) (is|are) (right|wrong in every case)")


def same(found, right, check):
    """Tell whether two arrays agree within the check's tolerance."""
    return found.shape == right.shape and bool(agree(found, right, check).all())


def _sized(powers):
    def mend(found, right, scales, match):
        sign = -1 if match["sign"] else 1
        return [sign * found / size**powers for size in scales.get(match["symbol"], ()) if size > 0]

    return mend


def _ratio(found, right):
    return np.vdot(right, found) / np.vdot(right, right) if right.any() else 1.0


def _means(function, *, missing):
    def mend(found, right, scales, match):
        axis = None if "all" in match.string else int(re.search(r"axis (\d)", match.string)[1])
        if missing:
            return [np.reshape(function(found, axis=axis), right.shape)]
        # It is left out where the right value, summed, gives what was found.
        reduced = function(right, axis=axis)
        return [right] if reduced.size == found.size and np.allclose(reduced.ravel(), found.ravel(), 1e-6, 1e-9) else []

    return mend


def _where(holds):
    return lambda found, right, scales, match: [right] if holds(found, right) else []


def _banded(axis):
    def mend(found, right, scales, match):
        with np.errstate(all="ignore"):
            factors = np.sum(found * right, axis, keepdims=True) / np.sum(right**2, axis, keepdims=True)
            return [np.where(np.isfinite(factors), found / factors, right)]

    return mend


FUNCTIONS = {
    "sign": np.sign,
    "square": np.square,
    "square root": np.sqrt,
    "exponential": np.exp,
    "logarithm": np.log,
    "whole part": np.trunc,
    "positive part": lambda array: np.maximum(array, 0),
}


def _through(found, right, scales, match):
    """Leaves the function out: right where the right value, through it, gives what was found."""
    return [right] if np.allclose(FUNCTIONS[match["name"]](right), found, 1e-6, 1e-9) else []


def _lines(found, right, along):
    """The numbers of the rows or columns that are right."""
    return np.isclose(found, right, 1e-6, 1e-9).all(axis=1 if along == "row" else 0)


# What each clause says to do: a pattern, the arrays that doing it may give, whether all failed checks must then be
# right, and whether it could change what is right.
CLAUSES = (
    (r"right but for the sign, which is", lambda found, *_: [-found], False, True),
    (r"twice what", lambda found, *_: [found / 2], True, True),
    (r"half of what", lambda found, *_: [2 * found], True, True),
    (r"(?P<sign>−?)1/√(?P<symbol>\w+) of", _sized(-0.5), True, True),
    (r"(?P<sign>−?)√(?P<symbol>\w+) times", _sized(0.5), True, True),
    (r"(?P<sign>−?)1/(?P<symbol>\w+) of", _sized(-1), True, True),
    (r"(?P<sign>−?)(?P<symbol>\w+) times what", _sized(1), True, True),
    (r".*one number that is the same", lambda found, right, *_: [found / _ratio(found, right)], False, False),
    (r"in the right proportions", lambda found, right, *_: [found / _ratio(found, right)], False, False),
    (r"0 everywhere", _where(lambda found, right: not found.any()), False, False),
    (r"off by the same amount everywhere", lambda found, right, *_: [found - np.mean(found - right)], False, False),
    (r"transposed", lambda found, *_: [found.T], True, True),
    (r"the right numbers in another shape", lambda found, right, *_: [found.reshape(right.shape)], True, True),
    (r"several values come back", lambda found, *_: [found[0]], True, True),
    (r"right once it is summed", _means(np.sum, missing=True), True, True),
    (r"right once it is averaged", _means(np.mean, missing=True), True, True),
    (r"what it should be, summed", _means(np.sum, missing=False), True, True),
    (r"what it should be, averaged", _means(np.mean, missing=False), True, True),
    (
        r"the right numbers, repeated along axis (\d)",
        lambda found, right, _, match: [found.take(0, int(match[1])).reshape(right.shape)],
        False,
        False,
    ),
    (r"right, in reverse order", lambda found, *_: [found[::-1]], True, True),
    (r"right but for the sign of some", lambda found, right, *_: [np.abs(found) * np.sign(right)], True, False),
    (r"the (?P<name>[a-z ]+) of what it should be", _through, True, False),
    (r"one divided by", lambda found, *_: [1 / found], True, True),
    (r"right to some six digits", _where(lambda found, right: np.allclose(found, right, 1e-4, 1e-5)), True, False),
    (
        r"right in its (?P<part>first|last) (?P<along>row|column), and wrong",
        lambda found, right, _, match: [
            right if _lines(found, right, match["along"])[{"first": 0, "last": -1}[match["part"]]] else found
        ],
        False,
        False,
    ),
    (r"wrong in a single entry", _where(lambda found, right: np.sum(~np.isclose(found, right)) == 1), False, False),
    (r"right where it isn't 0", lambda found, right, *_: [np.where(found == 0, right, found)], False, False),
    (r"wrong only in entries that sh", lambda found, right, *_: [np.where(right == 0, 0, found)], False, False),
    (r"right in each row but for a factor", _banded(1), False, False),
    (r"right in each column but for a factor", _banded(0), False, False),
    (
        r"off by the same amount all along a column",
        lambda found, right, *_: [found - np.mean(found - right, axis=0)],
        False,
        False,
    ),
)  # fmt: skip


class Obeyed:
    """A report whose hints are obeyed."""

    def __init__(self, problem, report, seen, answers, text):
        known = source.defined(text)
        self.checks = {check.name: check for check in problem.checks}
        self.verdicts = {one.check: one for one in report.checks}
        self.seen = {(one.check, one.draw): one for one in seen}
        self.answers = answers
        self.calls = {name: calls(check, known) for name, check in self.checks.items()}

    def lies(self) -> Iterator[str]:
        """List what is false in the hints, a sentence each."""
        known = {each.hint for each in self.answers.mistakes}
        for verdict in self.verdicts.values():
            if verdict.hint in known:
                mine = [each for each in self.answers.mistakes if each.hint == verdict.hint]
                yield from min(([*self._of_mistake(verdict, each)] for each in mine), key=len)
            elif verdict.hint:
                for match in NAMES.finditer(verdict.hint):
                    yield from self._of_clause(verdict.check, re.findall(r"`(\w+)`", match[1]), match[2])
                yield from self._of_cases(verdict)

    def _needs_failed(self, check, but=()):
        needed = [*self.checks[check].needs]
        for name in needed:
            needed += self.checks[name].needs
        return any(self.verdicts[name].code and name not in but for name in needed if name in self.verdicts)

    def _of_mistake(self, verdict, mistake):
        """The mistake gives the student's values where it shows, if no other function comes in that failed."""
        hinted = {name for name, one in self.verdicts.items() if one.hint == verdict.hint}
        functions = {self.calls[name] for name in hinted}
        for (check, draw), other in mistake.seen.items():
            one = self.seen.get((check, draw))
            if one is None:
                continue
            if not self.verdicts[check].code:
                yield f"{verdict.check}: {mistake.name} would fail {check}, which passes"
                return
            if self._needs_failed(check) and self.calls[check] not in functions:
                continue
            if one.ending != other.ending or (one.ending == "returned" and not self._alike(check, one, other)):
                yield f"{verdict.check}: {mistake.name} gives something else in {check}, draw {draw}"
                return
        # It explains the failed checks of its functions.
        known = {each.hint for each in self.answers.mistakes}
        for name, one in self.verdicts.items():
            if one.code and one.hint not in known and self.calls[name] in functions and not self._needs_failed(name):
                yield f"{verdict.check}: {mistake.name} does not explain {name}"

    def _alike(self, check, one, other):
        def equal(a, b):
            return a == b if isinstance(a, str) or isinstance(b, str) else same(a, b, self.checks[check])

        return one.values.keys() == other.values.keys() and all(
            equal(one.values[n], other.values[n]) for n in one.values
        )

    def _draws(self, check):
        for (name, draw), one in self.seen.items():
            answer = self.answers.reference.get((name, draw))
            if name == check and answer and one.ending == "returned":
                yield one.values, answer

    def _of_clause(self, check, names, clause):
        if other := re.fullmatch(r"what `(\w+)` should be", clause):
            for found, answer in self._draws(check):
                for name in names:
                    rest = name[len(name.partition("_")[0]) :]
                    choices = [key for key in answer.values if key == other[1] or key.startswith(f"{other[1]}_")]
                    if not any(same(found[name], answer.values[key], self.checks[check]) for key in choices):
                        yield f"{check}: `{name}` is not what `{other[1]}` should be {rest}"
            return
        if clause.startswith("exchanged"):
            for found, answer in self._draws(check):
                rights = [answer.values[name] for name in answer.values]
                if not all(any(same(found[name], right, self.checks[check]) for right in rights) for name in names):
                    yield f"{check}: {names} are not exchanged"
            return
        for pattern, mend, explains_all, changes in CLAUSES:
            if match := re.match(pattern, clause):
                quantities = {re.match(r"[^_]+(_[A-Za-z](?=_|$))?", name)[0] for name in names}
                yield from self._mended(check, names, lambda *a, match=match, mend=mend: mend(*a, match), clause)
                others = [name for name in self.checks if self.calls[name] == self.calls[check] and name != check]
                for name in others:
                    code = self.verdicts[name].code if name in self.verdicts else 0
                    if (code and explains_all) or (not code and changes) or (not code and "one number" in clause):
                        found = self._mended(
                            name,
                            [
                                key
                                for _, answer in self._draws(name)
                                for key in answer.values
                                if re.match(r"[^_]+(_[A-Za-z](?=_|$))?", key)[0] in quantities
                            ],
                            lambda *a, match=match, mend=mend: mend(*a, match),
                            f"({check}) {clause}",
                            factor=self._factor(check, names) if "one number" in clause else None,
                        )
                        yield from found
                return
        yield f"{check}: no machine can obey: {clause}"

    def _factor(self, check, names):
        found, answer = next(self._draws(check))
        return _ratio(found[names[0]], answer.values[names[0]])

    def _mended(self, check, names, mend, clause, factor=None):
        for found, answer in self._draws(check):
            for name in dict.fromkeys(names):
                value, right = found.get(name), answer.values[name]
                if isinstance(value, str) or value is None:
                    yield f"{check}: `{name}` is no array; {clause}"
                    return
                with np.errstate(all="ignore"):
                    if factor is not None:
                        tried = [value / factor]
                    elif same(value, right, self.checks[check]) and not clause.startswith("("):
                        tried = [value]  # right on this draw already
                    else:
                        try:
                            tried = mend(value.astype(float), right.astype(float), answer.scales)
                        except (ValueError, IndexError):
                            tried = []
                if self.checks[check].expect is None and not any(
                    same(np.asarray(each), right, self.checks[check]) for each in tried
                ):
                    yield f"{check}: `{name}` is not right once obeyed: {clause}"
                    return

    def _of_cases(self, verdict):
        wrong, right = set(), set()
        for found, answer in self._draws(verdict.check):
            for name, value in answer.values.items():
                mine = found.get(name)
                ok = not isinstance(mine, str) and mine is not None and same(mine, value, self.checks[verdict.check])
                (right if ok else wrong).add(name)
        right -= wrong
        told = verdict.hint
        if (match := CASES.search(told)) and self.checks[verdict.check].expect is None:
            case = f" {match[2]} "
            has = {name: case in f" {name.replace('_', ' ')} " for name in wrong | right}
            only = wrong if match[1].startswith("Wrong") else right
            if any(has[name] != (name in only) for name in has):
                yield f"{verdict.check}: “{match[2]}” does not tell right from wrong"
            if len([n for n in has if n.replace("_", " ").endswith(match[2]) and "_".join(match[2].split()) in n]) == 0:
                yield f"{verdict.check}: “{match[2]}” is no case"
        for sentence in re.split(r"(?<=\.) ", told):
            if (match := LISTED.match(sentence)) and self.checks[verdict.check].expect is None:
                names = set(re.findall(r"`(\w+)`", match[1]))
                if sentence.startswith("All but"):
                    ok = names == wrong
                elif match[3] == "right":
                    ok = names == right
                else:
                    ok = all(name in wrong for name in wrong if name.split("_")[0] in names)
                if not ok:
                    yield f"{verdict.check}: {sentence!r} is not so"


# What is told of a failed check, the most useful first.
KINDS = ("known mistake", "relation", "read", "finding", "place", "none")
# Codes whose finding says by itself what is wrong: not written, dtype, shape, a changed input, not finite.
TELLING = (Code.MISSING, Code.DTYPE, Code.SHAPE, Code.INPUT_CHANGED, Code.DIVERGED)


def told(report, answers) -> str:
    """The most useful kind of hint about the failed checks that are judged: one of ``KINDS``."""
    known = {each.hint for each in answers.mistakes}
    kinds = {"none"}
    for verdict in report.checks:
        if not verdict.code or verdict.blocked_by:
            continue
        if verdict.hint is None:
            kinds.add("finding" if verdict.code in TELLING else "none")
        elif verdict.hint in known:
            kinds.add("known mistake")
        elif NAMES.search(verdict.hint):
            kinds.add("relation")
        else:
            kinds.add("place" if LISTED.search(verdict.hint) or CASES.search(verdict.hint) else "read")
    return next(kind for kind in KINDS if kind in kinds)
