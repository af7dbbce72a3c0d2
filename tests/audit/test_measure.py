"""Checks are measured: what they catch, how wide their tolerances' margins are, whether they fail what is right."""

from __future__ import annotations

import html
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import msgspec
import numpy as np
import pytest
from rich.console import Console

from autograder.audit.false_alarms import Alarms, Bound, sound, wrong
from autograder.audit.kills import Kill, holes, idle, kill, listed
from autograder.audit.luck import Outcome
from autograder.audit.margins import margins, narrowed
from autograder.audit.measure import measure
from autograder.audit.mutants import Mutant, mutants
from autograder.audit.page import print_audit, write_audit
from autograder.audit.parallel import Parallel
from autograder.audit.trials import Round, distances, farthest, try_out
from autograder.cli.screen import Progress
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import observe_answers
from autograder.sandbox.observe import Sandbox
from autograder.seed import Seed
from autograder.wire import Observation

SEED = Seed.numbered(11)
EVERYTHING = ["prediction", "rooted", "fitted"]

EQUIVALENT = """\
[[equivalent]]
operator = "sign"
reason = "The other root is one too."
changes = ["return np.sqrt(np.asarray(a)) → return -np.sqrt(np.asarray(a))"]

[[equivalent]]
operator = "transpose"
reason = "What has one dimension is its own transpose."
changes = [
    "heights = np.matmul(x, w) → heights = np.matmul(x, w.T)",
    "return heights + b → return (heights + b).T",
    "return np.sqrt(np.asarray(a)) → return np.sqrt(np.asarray(a)).T",
    "return np.sqrt(np.asarray(a)) → return np.sqrt(np.asarray(a.T))",
]

[[equivalent]]
operator = "dropped call"
reason = "NumPy's functions take what asarray does."
changes = ["return np.sqrt(np.asarray(a)) → return np.sqrt(a)"]
"""


@pytest.fixture(scope="module")
def parallel():
    """One thread, for there is one sandbox."""
    with ThreadPoolExecutor(1) as pool:
        yield Parallel(pool, partial(Progress, Console(quiet=True)), "lines/line")


@pytest.fixture(scope="module")
def round_(lines, sandbox):
    """A seed with its answers."""
    return at(lines, sandbox, SEED)


@pytest.fixture(scope="module")
def killed(lines, round_):
    """What becomes of each mutant of the small problem."""
    source = lines.reference.files["line.py"].decode()
    made = mutants(source, "line.py")
    return [kill(one, [round_], [EVERYTHING]).kill for one in made]


def at(problem, sandbox, seed):
    """A seed with its answers."""
    return Round(problem, seed, observe_answers(sandbox.observe, problem, seed), sandbox.observe)


def write_equivalent(problem, text):
    (problem.folder / "equivalent.toml").write_text(text, encoding="utf-8")


class TestKills:
    """Each mutant is caught, or listed with a reason."""

    def test_a_mutant_is_caught_with_a_code(self, killed):
        """By the checks that see it, and by no others."""
        (sign,) = [each for each in killed if each.change == "return heights + b → return heights - b"]

        assert sign.codes == {"prediction": 53, "rooted": 0, "fitted": 0}
        assert sign.shares == {"prediction": 1.0, "rooted": 0.0, "fitted": 0.0}
        assert (sign.survived, sign.seeds, sign.is_lucky) == (0, 1, False)

    def test_a_mutant_that_dies_is_caught(self, killed):
        """By its code, as any student's program is."""
        codes = {code for each in killed for code in each.codes.values()}

        assert {1, 2} & codes

    def test_an_unlisted_survivor_is_a_fault(self, problem, killed):
        """Each is named, with its line."""
        said = list(holes(problem, killed, {}))

        assert len(said) == 6
        assert said[0].startswith("line.py, line 17, sign: `return np.sqrt(np.asarray(a)) → return -np.sqrt")
        assert "survives every check" in said[0]

    def test_listed_survivors_are_none(self, problem, killed):
        """The small course's are all equivalent."""
        write_equivalent(problem, EQUIVALENT)

        assert list(holes(problem, killed, listed(problem))) == []

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            pytest.param("return heights + b → return heights", "caught by `prediction` with 53", id="caught"),
            pytest.param("return heights - b → return heights", "there is no such mutant any more", id="gone"),
        ],
    )
    def test_a_stale_listing_is_a_fault(self, problem, killed, change, said):
        """A list that is longer than it must be hides what comes later."""
        write_equivalent(
            problem, f'{EQUIVALENT}\n[[equivalent]]\noperator = "dropped term"\nreason = "?"\nchanges = ["{change}"]\n'
        )
        (sentence,) = holes(problem, killed, listed(problem))

        assert said in sentence
        assert "take it off the list" in sentence

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(EQUIVALENT.replace("The other root is one too.", " "), id="no_reason"),
            pytest.param(EQUIVALENT.replace("operator", "kind"), id="unknown_key"),
            pytest.param("[[equivalent", id="no_toml"),
        ],
    )
    def test_a_malformed_list_is_refused(self, problem, text):
        """The message names the file."""
        write_equivalent(problem, text)

        with pytest.raises(CourseError, match=r"equivalent\.toml"):
            listed(problem)

    def test_what_is_caught_on_some_seeds_only_is_a_fault(self, problem, killed):
        """It is a hole through which one student gets."""
        each = msgspec.structs.replace(killed[0], seeds=3, survived=1)

        (sentence,) = holes(problem, [each], {})

        assert "survives every check on 1 of 3 seeds" in sentence

    def test_luck_shows_in_the_draws(self, lines, sandbox):
        """A mutant that is wrong for some inputs only is caught by no check on every draw."""
        source = lines.reference.files["line.py"].decode()
        half = source.replace("return heights + b", "return heights + b + (x[0, 0] > 0)")
        rounds = [at(lines, sandbox, Seed.numbered(number)) for number in (1, 2)]
        each = kill(Mutant("luck", 1, "", "", half), rounds, [EVERYTHING]).kill

        assert 0 < each.shares["prediction"] < 1
        assert each.is_lucky

    def test_slow_checks_wait_for_survivors(self, lines, round_):
        """What an earlier stage catches, a later one isn't asked about."""
        quick, slow = EVERYTHING[:1], EVERYTHING[1:]
        wrong_line = Mutant("", 1, "", "", lines.reference.files["line.py"].decode().replace("heights + b", "heights"))
        right_line = replace(wrong_line, source=lines.reference.files["line.py"].decode())

        caught = kill(wrong_line, [round_], [quick, slow]).kill
        alive = kill(right_line, [round_], [quick, slow]).kill

        assert caught.codes == {"prediction": 53}
        assert alive.codes == {"prediction": 0, "rooted": 0, "fitted": 0}

    def test_what_is_judged_officially_only_may_pass_at_home(self, course, sandbox):
        """If the official run catches it there; what passes that, too, is a hole on both."""
        page = course / "solutions/lines/line/checks.py"
        page.write_text(page.read_text().replace('expect="a_root")', 'expect="a_root", at_home=False)'))
        (problem,) = read_course(course)[0].problems
        public = observe_answers(sandbox.observe, problem, Seed.public(), at_home=True)
        home = Round(problem, Seed.public(), public, sandbox.observe, at_home=True)
        text = problem.reference.files["line.py"].decode()

        def tried(old, new):
            mutant = Mutant("", 1, "", "", text.replace(old, new))
            return kill(mutant, [at(problem, sandbox, problem.seed), home], [EVERYTHING])

        rootless, lineless, harmless = tried("np.sqrt(", "np.array("), tried("heights + b", "heights"), tried("", "")

        assert (rootless.kill.survived, lineless.kill.survived, harmless.kill.survived) == (0, 0, 2)
        assert rootless.kill.codes == {"prediction": 0, "rooted": 60, "fitted": 0}
        assert rootless.differences == lineless.differences == ()

    def test_a_check_that_catches_nothing_of_its_own_is_idle(self, lines):
        """Whatever it catches, another catches too."""
        catches = [{"prediction": 53, "fitted": 53}, {"prediction": 53, "rooted": 0}, {"rooted": 60}]

        assert idle(lines, catches) == ["fitted"]


class TestMargins:
    """How far right and wrong are from the tolerance, in units of it."""

    def test_a_distance_is_in_tolerances(self, lines):
        """At most 1 where the engine lets a value pass, for the check's tolerance and for float32's."""
        right = np.array([2.0, -4.0])
        seen = [Observation("prediction", 0, "returned", {"heights": right * (1 + 2.2e-8), "one_row": right})]
        answers = {("prediction", 0): Observation("prediction", 0, "returned", {"heights": right, "one_row": right})}

        found = distances(lines, seen, answers)

        assert found["prediction", "one_row"] == (0.0, 0.0)
        own, narrow = found["prediction", "heights"]
        assert own == pytest.approx(2.0, rel=0.01)
        assert narrow == pytest.approx(2e-4, rel=0.2)

    @pytest.mark.parametrize(
        "value",
        [np.float32([2, 4]), np.ones((2, 1)), np.array([1, 2]), "None"],
        ids=["narrow", "shape", "kind", "none"],
    )
    def test_what_is_wrong_in_kind_has_no_distance(self, lines, value):
        """It is not by its tolerance that it is caught."""
        seen = [Observation("prediction", 0, "returned", {"heights": value})]
        answers = {("prediction", 0): Observation("prediction", 0, "returned", {"heights": np.array([2.0, 4.0])})}

        assert distances(lines, seen, answers) == {}

    @pytest.mark.parametrize(
        ("spread", "nearest", "said"),
        [
            pytest.param(1e-8, 1e6, "", id="wide"),
            pytest.param(0.5, 5e5, "rtol=5e-06", id="right_near"),
            pytest.param(1e-8, 2.0, "rtol=4e-10", id="wrong_near"),
            pytest.param(0.5, 2.0, "no tolerance leaves 10 times on both sides", id="both_near"),
            pytest.param(0.5, float("inf"), "rtol=5e-08", id="nothing_wrong"),
        ],
    )
    def test_a_narrow_margin_comes_with_a_proposal(self, lines, spread, nearest, said):
        """Another tolerance, with the same room on both sides, or what to do where there is none."""
        right = {("prediction", "heights"): (spread, 0.0, "accept/loops")}
        off = [] if nearest == float("inf") else [("reject/no_bias", {("prediction", "heights"): (nearest, nearest)})]
        (margin,) = margins(lines, right, {}, off)

        assert (margin.widest, margin.closest) == ("accept/loops", off[0][0] if off else "")
        assert said in margin.proposal
        assert bool(margin.proposal) == bool(said)

    def test_what_is_right_up_to_rounding_is_not_wrong_there(self, lines):
        """A mistake leaves some values as they were."""
        right = {("prediction", "heights"): (0.0, 0.0, "the reference")}
        (margin,) = margins(lines, right, {}, [("line 3", {("prediction", "heights"): (1e-7, 1e-9)})])

        assert margin.nearest == float("inf")

    def test_float32_inputs_are_tried(self, lines, sandbox, parallel):
        """Right answers differ by more than with float64, and by less than float32's tolerance."""
        (accept,) = [each for each in lines.specimens("accept") if each.name == "row_by_row"]
        right = {"the reference": lines.reference, "accept/row_by_row": lines.implementation(accept.source)}
        found = narrowed(sandbox.observe, lines, right, parallel)

        assert 1e-6 < found["prediction", "heights"][0] < 1
        assert found["prediction", "heights"][2] == "accept/row_by_row"

    def test_the_farthest_is_kept_with_its_name(self):
        """Value by value."""
        key, other = ("a", "x"), ("a", "y")
        found = farthest([("one", {key: (1.0, 0.1), other: (0.0, 0.0)}), ("two", {key: (2.0, 0.2)})])

        assert found == {key: (2.0, 0.2, "two"), other: (0.0, 0.0, "one")}


class TestAlarms:
    """What is right never fails."""

    @pytest.mark.parametrize(
        ("failures", "refuted"),
        [
            pytest.param(0, False, id="none"),
            pytest.param(60, False, id="by_chance"),
            pytest.param(99, True, id="too_many"),
        ],
    )
    def test_a_bound_is_refuted_by_what_chance_does_not_explain(self, failures, refuted):
        """1,000 runs at 5 % fail 50 times, give or take."""
        assert Bound("drawn", 1e-6, 0.05, 1000, failures).is_refuted == refuted

    def test_a_refuted_bound_is_a_fault(self):
        """The sentence has the figures."""
        (sentence,) = wrong(Alarms(1000, (), (Bound("drawn", 1e-6, 0.05, 1000, 400),), {}))

        assert "asked for 0.05 it failed the reference on 400 of 1000 seeds" in sentence


class TestSeeds:
    """Correct work on many seeds, which takes long, and goes on where it was cut short."""

    @pytest.fixture
    def run(self, problem, sandbox, parallel, tmp_path):
        """The alarms of four seeds; with those that were run, and what happens before a seed's run."""

        def ran(before=lambda _: None):
            seeds = []

            def observe(problem, implementation, seed, checks):
                before(seed.number)
                seeds.append(seed.number)
                return sandbox.observe(problem, implementation, seed, checks)

            return sound(observe, problem, range(4), parallel, tmp_path / "seeds"), set(seeds)

        return ran

    def test_it_goes_on_where_it_was(self, run, problem, sandbox, parallel):
        """What it finds is what one go finds."""

        def cut(seed):
            if seed == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(cut)
        alarms, seeds = run()

        assert {2} <= seeds <= {2, 3}
        assert alarms == sound(sandbox.observe, problem, range(4), parallel)
        assert run() == (alarms, set())

    def test_a_file_that_cannot_be_read_is_made_again(self, run, tmp_path):
        """Whatever tore it."""
        alarms, _ = run()
        (path,) = tmp_path.glob("seeds/*/3.msgpack")
        path.write_bytes(path.read_bytes()[:-1])

        assert run() == (alarms, {3})

    def test_a_change_of_the_problem_begins_anew(self, run, problem):
        """What was found of another is nothing."""
        run()
        path = problem.folder / "accept/row_by_row.py"
        path.write_text(path.read_text() + "\n# as before\n")

        assert run()[1] == {0, 1, 2, 3}


class TestMeasure:
    """The whole audit of the small course."""

    def test_all_holds_and_is_shown(self, problem, sandbox, parallel, tmp_path):
        """Figures, pages and pictures, of a problem whose survivors are listed."""
        write_equivalent(problem, EQUIVALENT)
        found = measure(sandbox.observe, problem, parallel, fast=True, seeds=2, others={"once more": sandbox.observe})

        assert [fault for fault in found.faults if "have a hint that is true of them" not in fault] == []
        assert found.killed + len(found.equivalent) == len(found.mutants)
        assert (found.alarms, found.seeds) == ((), 2)
        assert found.narrow == ()

        write_audit([found], tmp_path / "out")
        (record,) = json.loads((tmp_path / "out/audit.json").read_text())
        page = (tmp_path / "out/index.html").read_text()

        assert (record["problem"], record["killed"]) == ("lines/line", found.killed)
        assert html.escape("The other root is one too.") in page
        for name in ("lines-line-kills.svg", "lines-line-margins.svg"):
            assert name in page
            assert (tmp_path / "out" / name).read_text().startswith("<?xml")

        said = io.StringIO()
        print_audit(Console(width=160, file=said), [found])
        assert "mutants caught by each check" in said.getvalue()

    def test_what_passes_by_luck_is_a_fault_and_shown(self, problem, sandbox, parallel, tmp_path):
        """With its rate and a seed; what is accepted with a reason stands among the equivalent."""
        write_equivalent(
            problem, f'{EQUIVALENT}\n[[equivalent]]\noperator = "state"\nreason = "It is so."\nchanges = ["c → d"]\n'
        )
        found = measure(
            sandbox.observe,
            problem,
            parallel,
            fast=True,
            seeds=1,
            others={},
            behave=lambda *_: [
                Outcome("domain", 6, "a → b", 40, 31, {"prediction": 31}, 7),
                Outcome("state", 6, "c → d", 40, 0, {}, 0),
            ],
        )
        write_audit([found], tmp_path)
        page = (tmp_path / "index.html").read_text()

        assert any("domain: `a → b` is caught on 31 of 40 seeds (accepted on seed 7)" in one for one in found.faults)
        assert not any("c → d" in one for one in found.faults)
        assert "luck: a → b (domain), caught on 31 of 40 seeds, for example not as most on seed 7" in page
        assert "state: c → d: It is so." in page

    def test_correct_work_that_fails_on_some_seeds_is_a_fault(self, course, problem, sandbox, parallel):
        """The specimen, the check and the seed are named."""
        path = course / "solutions/lines/line/accept/row_by_row.py"
        path.write_text(path.read_text().replace("+ b for", "+ b + (x[0, 0] > 0) * 1e-3 for"))
        found = measure(sandbox.observe, problem, parallel, fast=True, seeds=6, others={})

        (alarm,) = found.alarms
        assert (alarm.implementation, alarm.check) == ("accept/row_by_row", "prediction")
        assert any("accept/row_by_row fails `prediction` on" in fault for fault in found.faults)

    def test_correct_work_that_fails_elsewhere_is_a_fault(self, problem, sandbox, parallel):
        """An interpreter that isn't there is one that says nothing."""
        with Sandbox(warm=False, python="/no/such/python") as nowhere:
            found = measure(sandbox.observe, problem, parallel, fast=True, seeds=1, others={"nowhere": nowhere.observe})

        assert any(
            fault.startswith("the reference, nowhere, fails `prediction` on 1 of 1 seeds") for fault in found.faults
        )

    def test_a_statistical_check_is_asked_for_another_rate(self, course, sandbox, parallel):
        """Its predicate is told what to keep to, and what it then does is counted."""
        folder = course / "solutions/lines/line"
        page = (folder / "checks.py").read_text()
        (folder / "checks.py").write_text(page.replace('expect="a_root")', 'expect="a_root", false_alarm=1e-7)'))
        predicate = (
            "\n\ndef a_root(found, reference, rng, false_alarm):\n"
            "    if rng.uniform() < 10 * false_alarm:  # ten times too often\n"
            '        yield Finding(Code.NOT_GOOD_ENOUGH, "x", "no luck")\n'
        )
        (folder / "expect.py").write_text((folder / "expect.py").read_text() + predicate)
        (assignment,) = read_course(course)
        found = measure(sandbox.observe, assignment.problems[0], parallel, fast=True, seeds=24, others={})

        (bound,) = found.bounds
        assert (bound.check, bound.stated, bound.asked, bound.runs) == ("rooted", 1e-7, 0.05, 24)
        assert found.alarms == ()
        assert bound.is_refuted
        assert any("states a false-alarm rate of 1e-07" in fault for fault in found.faults)


def test_a_trial_is_a_report_and_more(lines, round_):
    """The code of each draw, and the distances of values that differ."""
    shifted = lines.reference.files["line.py"].decode().replace("heights + b", "heights + b + 1e-3")
    trial = try_out(round_, lines.implementation(shifted))

    assert [verdict.code for verdict in trial.report.checks] == [53, 0, 0]
    assert trial.draws == {"prediction": (53, 53, 53), "rooted": (0,), "fitted": (0, 0)}
    assert trial.distances["prediction", "heights"][0] > 1
    assert trial.distances["fitted", "slope"] == (0.0, 0.0)


def test_a_survivor_is_said_to_be_one():
    """A record without a catch has survived."""
    each = Kill("sign", 3, "a → −a", {"c": 0}, {"c": 0.0}, 2, 2, {}, None)

    assert not each.is_lucky
