"""What a student's own check says otherwise than the official run is found, and said; numbers in messages aside."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from autograder.audit.kills import kill
from autograder.audit.measure import student_s
from autograder.audit.mutants import mutants
from autograder.audit.parity import Difference, compared, differing
from autograder.audit.trials import Round, try_out
from autograder.course.assignments import read_assignment
from autograder.expected import observe_answers
from autograder.release.files import release, write
from autograder.report import ProblemReport, Verdict

RIGHT = Verdict("heights", "They are right.", 0, 2, 2, "", None)
WRONG = msgspec.structs.replace(RIGHT, code=53, points=0, message="`out` differs by 0.5", hint="mind the sign")


KNOWN = {"mind the sign", "mind the axis"}


def report(*verdicts):
    """A report with these verdicts."""
    return ProblemReport.of("lines/line", verdicts)


@pytest.mark.parametrize(
    ("change", "home"),
    [
        pytest.param({"code": 54}, "54, “mind the sign”", id="code"),
        pytest.param({"hint": "mind the axis"}, "53, “mind the axis”", id="hint"),
        pytest.param({"hint": None}, "53, without a hint", id="no_hint"),
        pytest.param({"blocked_by": "drawn", "hint": None}, "53, waiting for `drawn`", id="not_judged"),
    ],
)
def test_another_verdict_at_home_is_a_difference(change, home):
    """The code, the hint, and whether it was judged."""
    (one,) = compared("line 7", report(WRONG), report(msgspec.structs.replace(WRONG, **change)), (), KNOWN)

    assert one == Difference("line 7", "heights", "53, “mind the sign”", home)
    (sentence,) = differing([one])
    assert sentence.startswith(f"line 7: `heights` says 53, “mind the sign” in the official run, and {home} at home; ")


def test_other_numbers_are_none():
    """Another seed has other inputs."""
    home = msgspec.structs.replace(WRONG, message="`out` differs by 0.25")

    assert list(compared("line 7", report(WRONG), report(home), (), KNOWN)) == []


def test_a_check_that_was_not_made_in_both_is_none():
    """Where slow checks wait for what survives the others."""
    assert list(compared("line 7", report(WRONG), report(), (), KNOWN)) == []


@pytest.mark.parametrize(
    ("official", "home", "excused"),
    [
        pytest.param({"code": 60}, {"code": 0}, True, id="near_a_bound"),
        pytest.param({"code": 62}, {"code": 60}, True, id="below_it_in_another_way"),
        pytest.param({"code": 61}, {"code": 0}, False, id="not_finite"),
        pytest.param({"code": 61}, {"code": 62}, True, id="not_finite_or_bad"),
        pytest.param({"code": 61}, {"code": 2}, True, id="not_finite_or_an_exception"),
        pytest.param({"code": 2}, {"code": 0}, False, id="an_exception"),
        pytest.param({"hint": "mind the axis"}, {"hint": None}, False, id="a_known_mistake"),
    ],
)
def test_a_bound_may_be_missed_on_some_inputs(lines, official, home, excused):
    """By what is nearly good enough, and by nothing else."""
    one, other = (
        msgspec.structs.replace(WRONG, check="rooted", **{"hint": None, **change}) for change in (official, home)
    )

    (difference,) = compared("line 7", report(one), report(other), lines.checks, {"mind the axis"})

    assert bool(difference.reason) == excused
    assert len(list(differing([difference]))) == (not excused)


@pytest.mark.parametrize(("near", "excused"), [((), False), ({"heights"}, True)], ids=["far", "near"])
def test_a_rounding_may_be_seen_on_some_inputs(near, excused):
    """What is about as large as the tolerance is within it elsewhere."""
    home = msgspec.structs.replace(RIGHT)
    (difference,) = compared("line 7", report(WRONG), report(home), (), KNOWN, near)

    assert bool(difference.reason) == excused


@pytest.mark.parametrize(("known", "excused"), [((), True), (KNOWN, False)], ids=["relation", "known_mistake"])
def test_a_relation_may_hold_on_some_inputs(known, excused):
    """A known mistake is one on any."""
    home = msgspec.structs.replace(WRONG, hint=None)
    (difference,) = compared("line 7", report(WRONG), report(home), (), known)

    assert bool(difference.reason) == excused


@pytest.fixture(scope="module")
def home(lines, sandbox, tmp_path_factory):
    """The small problem as students get it, away from its solutions, asked as they ask."""
    course = lines.folder.parents[2]
    folder = tmp_path_factory.mktemp("home") / "lines"
    (assignment,) = [read_assignment(course / "solutions/lines", "lines", course / "data")]
    write(release(sandbox.observe, assignment, Path("nowhere")), folder)
    (released,) = read_assignment(folder / "checks", "lines", folder / "data").problems
    return student_s(released, sandbox.observe)


@pytest.fixture(scope="module")
def official(lines, sandbox):
    """The official run's seed."""
    return Round(lines, lines.seed, observe_answers(sandbox.observe, lines, lines.seed), sandbox.observe)


def test_every_mutant_hears_the_same_at_home(lines, official, home):
    """Out of the release alone."""
    source = lines.reference.files["line.py"].decode()
    tried = [kill(one, [official, home], [["prediction", "rooted", "fitted"]]) for one in mutants(source, "line.py")]

    assert list(differing(difference for each in tried for difference in each.differences)) == []
    assert all(each.kill.seeds == 2 for each in tried)
    assert any(each.kill.hints for each in tried)


def test_a_hint_that_hangs_on_the_seed_is_found(lines, official, home):
    """It is said of the mutant by its line."""
    source = lines.reference.files["line.py"].decode()
    (mutant, *_) = [one for one in mutants(source, "line.py") if one.after == "return heights - b"]
    silent = Round(home.problem, home.seed, official.answers, home.observe)

    (difference, *_) = kill(mutant, [official, silent], [["prediction"]]).differences

    assert difference.implementation.startswith("line ")
    assert difference.check == "prediction"


def test_a_mistake_s_hint_is_true_of_itself(lines, official):
    """It gives what it gives, wherever it shows."""
    (specimen,) = [one for one in lines.specimens("reject") if one.name == "one_step"]

    itself = try_out(official, lines.implementation(specimen.source))

    assert itself.unborne == frozenset()
    assert specimen.hint in {verdict.hint for verdict in itself.report.checks}
