"""Behavioural mutants, on many seeds: a gap in the draws shows, and what passes by luck is told with its rate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.audit import behaviour, overlay
from autograder.audit.arguments import Argument
from autograder.audit.luck import Outcome, Runs, luck
from autograder.audit.mutants import Mutant
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError

CHECKS = '''\
"""Tried on a gain."""

import numpy as np

from autograder.authoring import check


@check(points=7, draws=2)
def amplified(line, rng):
    """`amplify` multiplies."""
    x = rng.choice([-1.0, 1.0], size=9) * rng.uniform(1.0, 2.0, size=9)
    out, kept = line.amplify(x, {gain})
    {between}
    return {{"out": out, "again": line.again(rng.uniform(1.0, 2.0), kept)}}
'''
REFERENCE = '''\
"""A gain."""

import numpy as np


def amplify(x, gain=3.0):
    """x times the gain, and what `again` needs."""
    # BEGIN SOLUTION
    return x * gain, (x, gain)
    # END SOLUTION


def again(factor, kept):
    """The same once more."""
    # BEGIN SOLUTION
    x, gain = kept
    return factor * x * gain
    # END SOLUTION
'''


@pytest.fixture
def tried(course, monkeypatch):
    """The outcomes of a gain's mutants: of all, by operator and change."""
    monkeypatch.chdir(course)
    folder = course / "solutions/lines/line"
    (folder / "line.py").write_text(REFERENCE)
    (folder / "expect.py").unlink()

    def of(gain, between="", seeds=40):
        (folder / "checks.py").write_text(CHECKS.format(gain=gain, between=between))
        (problem,) = read_course(course)[0].problems
        runs = Runs(problem)
        made = behaviour.behavioural(runs.text, "line.py", runs.record(range(20)))
        found = [runs.outcome(mutant, range(seeds)) for mutant in made]
        return problem, {(each.operator, each.change): each for each in found if each.seeds}

    return of


def verdicts(found, what):
    """The verdicts of the mutants that change this, by the change."""
    return {change.partition(" → ")[2]: each.verdict for (_, change), each in found.items() if change.startswith(what)}


def test_a_gap_in_the_draws_shows(tried):
    """No gain is small, so one that ignores small gains is accepted, and must be caught or explained."""
    problem, found = tried("rng.uniform(0.5, 4.0)")
    found = {key: each for key, each in found.items() if key[0] == "domain"}
    (outside,) = [each for each in found.values() if each.change == "gain of amplify → ignored below 0.1"]
    said = [one for one in luck(problem, [*found.values()], {}) if "ignored below 0.1`" in one]

    assert (outside.verdict, outside.caught) == ("accepted", 0)
    assert said[0].startswith("line.py, line 6, domain: `gain of amplify → ignored below 0.1` is accepted on all of 40")
    assert [*luck(problem, [outside], {(outside.operator, outside.change): "why"})] == []


def test_what_every_draw_shows_is_caught(tried):
    """A gain that is ignored, clipped within the draws, or rounded; an input that is; a memory of any kind."""
    _, found = tried("rng.uniform(0.5, 4.0)", "line.amplify(-x, 7.0)")
    of_gain, of_x = verdicts(found, "gain of amplify"), verdicts(found, "x of amplify")

    inside = [each for change, each in of_x.items() if change.startswith("0 below") and not change.endswith(" 0.3")]

    assert {of_gain["always 3.0"], of_gain["rounded to 0"], of_x["rounded to 2"], *inside} == {"caught"}
    assert {*verdicts(found, "answer of").values()} == {"caught"}
    assert verdicts(found, "kept of again")["the last of amplify[1]"] == "caught"


def test_a_cache_in_a_global_passes_where_no_call_is_between(tried):
    """Two calls before the second function tell the one cache from the other."""
    _, found = tried("rng.uniform(0.5, 4.0)")

    assert verdicts(found, "kept of again")["the last of amplify[1]"] == "accepted"


def test_luck_is_told_with_its_rate_and_a_seed(tried):
    """Some seeds have a small gain, and some have none."""
    problem, found = tried("10 ** rng.uniform(-3.0, 1.0)")
    (lucky,) = [each for (_, change), each in found.items() if change.startswith("gain of amplify → at least 0.0")]
    (said,) = luck(problem, [lucky], {})

    assert lucky.verdict == "luck"
    assert 0 < lucky.caught < lucky.seeds <= 40
    assert f"is caught on {lucky.caught} of {lucky.seeds} seeds (" in said
    assert f" on seed {lucky.example}): a verdict by luck" in said


def test_a_float32_copy_of_each_name_is_tried(tried):
    """One use of a name at a time; names whose rounding changes nothing are left out."""
    _, found = tried("rng.uniform(0.5, 4.0)")
    copies = [change for operator, change in found if operator == "float32"]

    assert "return x * gain, (x, gain) → return x * gain, (single(x), gain)" in copies
    assert "x, gain = kept → x, gain = single(kept)" in copies
    assert len(copies) == 8


@pytest.mark.parametrize(
    ("seeds", "caught", "verdict"),
    [
        pytest.param(1000, 999, "caught", id="one_missed"),
        pytest.param(1000, 998, "luck", id="two_missed"),
        pytest.param(1000, 1, "accepted", id="one_caught"),
        pytest.param(999, 998, "luck", id="fewer_seeds"),
        pytest.param(2, 2, "caught", id="all"),
    ],
)
def test_one_seed_in_a_thousand_may_differ(seeds, caught, verdict):
    """Nothing lies between."""
    assert Outcome("domain", 1, "a → b", seeds, caught, {}, 0).verdict == verdict


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        pytest.param(("domain", "a → b"), "and caught by `amplified`; take it off the list", id="caught"),
        pytest.param(("state", "c → d"), "there is no such mutant any more", id="gone"),
    ],
)
def test_a_stale_listing_is_a_fault(problem, listed, said):
    """Of the kinds that were tried; others have a list of their own."""
    found = [Outcome("domain", 1, "a → b", 3, 3, {"amplified": 3}, 0), Outcome("state", 1, "d → e", 0, 0, {}, 0)]
    (sentence,) = luck(problem, found, {listed: "why", ("transpose", "e → f"): "why"})

    assert said in sentence


def test_an_endless_mutant_is_caught(lines, monkeypatch):
    """Its time is bounded; a reference without a result is a fault of the problem, and catches nothing."""
    monkeypatch.chdir(lines.course)
    quick = replace(lines, limits=replace(lines.limits, wall_seconds=0.2))
    runs = Runs(quick)
    endless = runs.text + "\n\ndef predict(x, w, b):\n    while True:\n        pass\n"
    found = runs.outcome(Mutant("domain", 1, "a", "b", endless), range(2))
    assert (found.verdict, found.checks) == ("caught", {"prediction": 2})

    monkeypatch.setattr(Runs, "text", endless)
    with pytest.raises(CourseError, match="the check `prediction` fails on the reference, on seed 0"):
        Runs(quick)


def argument(*calls):
    """An argument with these values, a call a seed."""
    found = Argument()
    for seed, value in enumerate(calls):
        found.add("check", seed, value)
    return found


def test_thresholds_lie_inside_and_outside_of_what_is_passed():
    """Some lie where every seed has values beyond them, and some where none has."""
    alphas = [np.array([0.0, low, 0.5, 2.0]) for low in (0.2, 0.22, 0.25)]
    below, above = argument(*alphas).thresholds("0 below"), argument(*alphas).thresholds("at most")

    assert min(below) == pytest.approx(0.05)
    assert all(one <= 0.05 or one >= 0.5 for one in below)
    assert max(above) == pytest.approx(8.0)


def test_labels_have_no_outside():
    """Whole numbers, and numbers of one size, are not larger elsewhere."""
    assert max(argument(np.array([-1.0, 1.0])).thresholds("at most")) < 1
    assert max(argument(np.array([0, 3, 5])).thresholds("at most")) < 5


def test_the_overlay_needs_no_sandbox_of_its_own(lines, sandbox):
    """A behavioural mutant is text, and runs as any implementation does."""
    text = lines.reference.files["line.py"].decode() + behaviour.OVERLAY
    mutant = lines.implementation(f"{text}lay(globals(), 'predict', 'b', 'always', 0.0, 7.0)\n")
    (one, *_) = sandbox.observe(lines, mutant, lines.seed)
    (other, *_) = sandbox.observe(lines, lines.reference, lines.seed)

    assert one.ending == "returned"
    assert not np.allclose(one.values["heights"], other.values["heights"])
    assert Path(overlay.__file__).name == "overlay.py"
