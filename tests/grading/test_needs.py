"""A check that needs another waits for it: it is shown, it earns nothing, and it is not counted as wrong work."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from rich.console import Console

from autograder.authoring import check
from autograder.cli.screen import Tally
from autograder.course.assignments import read_course
from autograder.course.problem import CheckPage, CourseError, Implementation
from autograder.expected import Answers, by_draw
from autograder.grading import grade
from autograder.report import Report, as_json, problem_lines
from autograder.seed import Seed
from autograder.student.check import Checked
from autograder.wire import Failure, Observation

# How a check may end, by the code that follows.
ENDS = {
    0: {"ending": "returned", "values": {"v": np.arange(3.0)}},
    1: {"ending": "died", "failure": Failure("", "the process was ended by SIGSEGV")},
    2: {"ending": "raised", "failure": Failure("ValueError", "shapes differ")},
    3: {"ending": "unstarted", "failure": Failure("", "no server")},
    40: {"ending": "missing", "failure": Failure("", "not written yet")},
    50: {"ending": "returned", "values": {"v": "None"}},
    51: {"ending": "returned", "values": {"v": np.arange(3)}},
    52: {"ending": "returned", "values": {"v": np.zeros((3, 1))}},
    53: {"ending": "returned", "values": {"v": np.array([0.0, 5.0, 9.0])}},
    55: {"ending": "returned", "values": {"v": np.arange(3.0)}, "changed": ("`x` of `f`",)},
    61: {"ending": "returned", "values": {"v": np.full(3, np.nan)}},
}


def claim(name, *needs):
    """A check of one draw that needs others."""

    def probe(module, rng):
        """The claim."""

    probe.__name__ = name
    return check(points=1, draws=1, needs=needs)(probe).__check__


def judged(ends, **needs):
    """The verdicts by check, where each ended with a code and needs others."""
    checks = tuple(claim(name, *needs.get(name, ())) for name in ends)
    problem = SimpleNamespace(
        id="a/p", module_file="p.py", checks=checks, allowed_imports=(), page=CheckPage(), course=None
    )
    right = by_draw([Observation(name, 0, **ENDS[0]) for name in ends])
    seen = [Observation(name, 0, **ENDS[code]) for name, code in ends.items()]
    report = grade(lambda *_: seen, problem, Implementation({}), Answers(right), Seed.public())
    return report, {verdict.check: verdict for verdict in report.checks}


@pytest.mark.parametrize("code", [1, 2, 40, 50, 52])
def test_what_has_no_result_is_in_the_way(code):
    """The check that needs it says which to fix first, keeps its own code, and has no points and no hint."""
    _, verdicts = judged({"forward": code, "backward": 53}, backward=["forward"])
    backward = verdicts["backward"]

    assert verdicts["forward"].blocked_by is None
    assert (backward.blocked_by, backward.code, backward.points, backward.hint) == ("forward", 53, 0, None)
    assert backward.message == "not judged: fix `forward` first"


@pytest.mark.parametrize("code", [0, 3, 51, 53, 55, 61])
def test_what_has_a_result_is_not_in_the_way(code):
    """A wrong value is the student's to see in whatever follows from it, and a fault of ours is not theirs to fix."""
    _, verdicts = judged({"forward": code, "backward": 53}, backward=["forward"])

    assert verdicts["backward"].blocked_by is None
    assert "differ" in verdicts["backward"].message


def test_what_passes_all_the_same_passes():
    """Whoever doesn't use the needed function in the one that needs it has the points for it."""
    _, verdicts = judged({"forward": 40, "backward": 0}, backward=["forward"])

    assert (verdicts["backward"].blocked_by, verdicts["backward"].points) == (None, 1)


def test_our_own_fault_is_never_hidden():
    """It is pending, whatever it needs."""
    _, verdicts = judged({"forward": 40, "backward": 3}, backward=["forward"])
    backward = verdicts["backward"]

    assert (backward.blocked_by, backward.points, backward.pending) == (None, 0, 1)


def test_the_first_in_a_row_is_named():
    """Fixing what is itself not judged would be no advice."""
    _, verdicts = judged({"layer": 2, "net": 53, "trained": 53}, net=["layer"], trained=["net"])

    assert [verdicts[name].blocked_by for name in verdicts] == [None, "layer", "layer"]


def test_the_problems_code_is_of_what_was_judged():
    """A 40 that is only the echo of a 50 is no 40."""
    report, _ = judged({"forward": 52, "backward": 40}, backward=["forward"])

    assert report.code == 52


def test_it_is_shown_apart():
    """A mark of its own, and no code, on a terminal and in a notebook; the code is in the JSON, for programs."""
    report, _ = judged({"forward": 52, "backward": 53}, backward=["forward"])
    text = "\n".join(problem_lines(report))

    assert "– 0/1  backward: The claim.\n        not judged: fix `forward` first" in text
    assert "code 53" not in text
    assert "– </span>not judged</td>" in Checked(report)._repr_html_()
    (forward, backward) = msgspec.json.decode(as_json(Report.of("anna", (report,))))["problems"][0]["checks"]
    assert (forward["blocked_by"], backward["blocked_by"], backward["code"]) == (None, "forward", 53)


def test_it_is_not_counted_as_wrong_work():
    """The table of a class has the code of what was judged."""
    report, _ = judged({"forward": 52, "backward": 40}, backward=["forward"])
    tally, stream = Tally(), io.StringIO()
    tally.add(Report.of("anna", (report,)))
    tally.show(Console(file=stream, width=100))

    assert "52" in stream.getvalue()
    assert "40" not in stream.getvalue()


def test_a_single_check_is_judged_alone():
    """Asked for alone, in a notebook, it says what is wrong with itself."""
    checks = (claim("forward"), claim("backward", "forward"))
    problem = SimpleNamespace(
        id="a/p", module_file="p.py", checks=checks, allowed_imports=(), page=CheckPage(), course=None
    )
    right = by_draw([Observation("backward", 0, **ENDS[0])])
    seen = [Observation("backward", 0, **ENDS[53])]

    (verdict,) = grade(lambda *_: seen, problem, Implementation({}), Answers(right), Seed.public(), checks[1:]).checks

    assert (verdict.code, verdict.blocked_by) == (53, None)


def test_a_check_needs_one_that_stands_before_it(course):
    """So there are no circles, and no names that nothing has."""
    page = course / "solutions/lines/line/checks.py"
    page.write_text(page.read_text().replace("@check(points=2)", '@check(points=2, needs=("fitted",))'))

    with pytest.raises(
        CourseError, match="`prediction` needs `fitted`; name a check of the module that stands before it"
    ):
        read_course(course)


def test_needs_is_a_tuple_of_names():
    """A name alone would be taken for its letters."""
    with pytest.raises(ValueError, match=r"write needs=\('forward',\)"):
        check(points=1, needs="forward")(replace)
