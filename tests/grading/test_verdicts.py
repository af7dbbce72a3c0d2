"""The one way to a verdict: from the evidence on checks to codes, points and messages."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.grading import MAX_FINDINGS, Found, conclude, conclude_alike
from autograder.report import ProblemReport, Stale, mark_of, problem_lines


class Claim(NamedTuple):
    """A check of something that is no module."""

    name: str
    needs: tuple[str, ...] = ()
    title: str = "It is so."
    points: float = 1.5


def found(*codes, **more):
    """Evidence with a finding of each code."""
    return Found([Finding(code, "", f"found {code}") for code in codes], **more)


def concluded(first, second, needs=("first",)):
    """The verdict on a check that needs another."""
    return conclude((Claim("first"), Claim("second", needs)), {"first": first, "second": second})[1]


def test_without_findings_a_check_passes():
    """It has its points, and its note for a message."""
    (verdict,) = conclude([Claim("one")], {"one": Found(note="with one remark")})

    assert (verdict.code, verdict.points, verdict.pending, verdict.message) == (0, 1.5, 0, "with one remark")


def test_the_most_severe_code_stands_for_all():
    """The message holds the findings in that order, and counts those that it leaves out."""
    (verdict,) = conclude([Claim("one")], {"one": found(60, 53, 2, 52, 51, 55, 61, 54, 50, hint="look")})

    assert (verdict.code, verdict.points, verdict.hint) == (Code.RAISED, 0, "look")
    order = [f"found {code}" for code in (2, 50, 52, 51, 55, 61, 54, 53)]
    assert verdict.message.splitlines() == [*order, "and 1 more"]
    assert len(verdict.message.splitlines()) == MAX_FINDINGS + 1


def lines(*evidence):
    """The lines of text about checks that need nothing of each other, without heads and titles."""
    checks = [Claim(name) for name in ("first", "second", "third")[: len(evidence)]]
    verdicts = conclude(checks, dict(zip(("first", "second", "third"), evidence, strict=False)))
    return [one.strip() for one in problem_lines(ProblemReport.of("a/p", verdicts))[2:] if one[0] == " "]


def test_a_next_step_is_said_once():
    """The last of the findings that share it shows it, and no later check; what was expected is always said."""
    shapes = [Finding(Code.SHAPE, name, f"`{name}` has shape (); return it whole") for name in "ab"]
    other = [Finding(Code.SHAPE, "c", "`c` has shape (); return it whole")]
    wanted = [Finding(Code.SHAPE, name, f"`{name}` has shape (); expected (2,)") for name in "ab"]

    assert lines(Found(shapes), Found(other), Found(wanted)) == [
        "code 52, wrong shape",
        "`a` has shape ()",
        "`b` has shape (); return it whole",
        "code 52, wrong shape",
        "`c` has shape ()",
        "code 52, wrong shape",
        "`a` has shape (); expected (2,)",
        "`b` has shape (); expected (2,)",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(found(53, hint="look"), Found([Finding(53, "W", "it differs")], hint="look"), id="hint"),
        pytest.param(
            Found([Finding(2, "", "ValueError: (2,)", "line 3")], hint="one"),
            Found([Finding(2, "", "ValueError: (5,)", "line 3")], hint="another"),
            id="place",
        ),
        pytest.param(found(40), found(40), id="message"),
    ],
)
def test_one_cause_is_said_once(first, second):
    """The first check tells it; the others name that check, and keep their own findings in the record."""
    verdicts = conclude([Claim("first"), Claim("second")], {"first": first, "second": second})
    _, *told = lines(first, second, Found())

    assert [verdict.cause for verdict in verdicts] == [None, "first"]
    assert verdicts[1].message == second.findings[0].message
    assert told.count("and 1 more check fails with it") == 1
    assert told[-1] == "for the same reason as `first`"


def test_different_causes_are_told_apart():
    """Two places under one hint are two; the hint is said once all the same."""
    places = [Found([Finding(2, "", f"ValueError at {n}", f"line {n}")], hint="look") for n in (1, 2)]

    assert lines(*places) == [
        "code 2, unhandled exception",
        "ValueError at 1",
        "Hint: look",
        "code 2, unhandled exception",
        "ValueError at 2",
        "Hint: the same as for `first`",
    ]


def test_our_fault_is_pending_and_has_no_hint():
    """Nothing is known to be wrong with the student's code; and nothing blocks it."""
    verdict = concluded(found(40), found(3, 53, hint="look", blocked_by="first"))

    assert (verdict.code, verdict.points, verdict.pending) == (3, 0, 1.5)
    assert (verdict.hint, verdict.blocked_by) == (None, None)


@pytest.mark.parametrize(
    ("second", "code"), [pytest.param(found(53), 53, id="failing"), pytest.param(Found(), 40, id="passing")]
)
def test_a_check_can_be_blocked_by_its_evidence(second, code):
    """It earns nothing, even if it passes; what it lacks is said, and whose code it is."""
    blocked = Found(second.findings, blocked_by="first")
    verdict = concluded(found(40), blocked, needs=())

    assert (verdict.code, verdict.points, verdict.pending, verdict.blocked_by) == (code, 0, 0, "first")
    assert verdict.message == "not judged: fix `first` first"
    assert mark_of(verdict) == "–"


def test_what_a_fault_of_ours_blocks_is_pending():
    """Otherwise the student would lose points by it."""
    verdict = concluded(found(3), Found(blocked_by="first"))

    assert (verdict.points, verdict.pending) == (0, 1.5)
    assert verdict.message == "not judged, because `first` could not be"


def test_a_wrong_result_is_told_where_it_is_needed():
    """The check that needs it is judged all the same."""
    verdict = concluded(found(53), found(53))

    assert verdict.message == "found 53\nthis may come of `first`, which is wrong too; fix that first"
    assert verdict.blocked_by is None


def test_where_nothing_ran_all_checks_say_the_same():
    """None is in the way of another."""
    verdicts = conclude_alike((Claim("first"), Claim("second", ("first",))), Code.MISSING, "no file")

    assert {(verdict.code, verdict.message, verdict.blocked_by) for verdict in verdicts} == {(40, "no file", None)}


def test_stale_outputs_are_noted_and_cost_nothing():
    """A report tells them after the checks, fit to be shown."""
    verdicts = conclude([Claim("was_run")], {"was_run": Found()})
    stale = [Stale(7, "95.8", "54.2"), Stale(9, "\x1b[2Ja\nb", "")]
    report = ProblemReport.of("a/p.ipynb", verdicts, stale=stale)

    assert (report.score, report.code) == (1.5, 0)
    assert problem_lines(report)[-2:] == [
        "note: cell 7 shows 95.8, your code gives 54.2",
        "note: cell 9 shows \N{REPLACEMENT CHARACTER}[2Ja b, your code gives nothing",
    ]
