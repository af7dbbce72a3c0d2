"""The grading of a module: observe it, compare with the reference's observations, conclude.

``grade`` gets its sandbox as an argument, so that it is tested with a fake.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.authoring import Check, Finding, generator
from autograder.codes import Code
from autograder.compare import comparable, differences, not_finite, structure
from autograder.course.pages import CourseError, Predicate
from autograder.course.problem import Implementation, Problem
from autograder.expected import Answers, Draws, Observe
from autograder.grading.predicates import Arrays, Ask, copied, judged, tried
from autograder.grading.verdicts import Found, by_severity, conclude, conclude_alike
from autograder.hints.diagnose import diagnose
from autograder.report import ProblemReport
from autograder.seed import Seed
from autograder.wire import Failure, Observation

MAX_TEXT_BYTES = 1 << 16  # of a module's text, searched for names

# The code and the message of a run that did not return, by its ending.
_ENDINGS = {
    "missing": (Code.MISSING, "{message}; write it"),
    "died": (Code.DIED, "{message}"),
    "exhausted": (Code.DIED, "out of memory: {said}{frames}"),
    "raised": (Code.RAISED, "{said}{frames}"),
    "asserted": (Code.STRUCTURE, "an assertion in your code failed: {said}{frames}"),
    "misfit": (
        Code.STRUCTURE,
        "what came back can't be used in `{line}`: {said}; compare what your function returns with its docstring",
    ),
    "forbidden": (
        Code.STRUCTURE,
        "{message}; allowed are {allowed} and the standard library: remove the import",
    ),
    "unstarted": (Code.NO_SANDBOX, "the code could not be run: {message}"),
}


def grade(
    observe: Observe,
    problem: Problem,
    implementation: Implementation,
    answers: Answers,
    seed: Seed,
    checks: Sequence[Check] | None = None,
) -> ProblemReport:
    """Grade one implementation of a problem.

    Parameters
    ----------
    observe : callable
        Runs an implementation through checks; ``Sandbox.observe`` or a fake.
    answers : Answers
        The observations of the reference and the known mistakes on the same seed.
    checks : sequence of Check, optional
        Those to judge; all of the problem's by default.
    """
    chosen = tuple(problem.checks if checks is None else checks)
    seen = observe(problem, implementation, seed, chosen)
    text = implementation.files.get(problem.module_file, b"")[:MAX_TEXT_BYTES].decode(errors="replace")
    with np.errstate(all="ignore"):  # a student's values may be anything, and verdicts say so
        findings = {
            check.name: judge(problem, check, [one for one in seen if one.check == check.name], answers.reference, seed)
            for check in chosen
        }
        try:
            hints = diagnose(chosen, findings, seen, answers, text)
        except Exception:  # noqa: BLE001  values that break a hint only lose the hint
            hints = {}
    found = {name: Found(some, hints.get(name)) for name, some in findings.items()}
    return ProblemReport.of(problem.id, conclude(chosen, found), problem.course)


def unjudged(problem: Problem, code: Code, message: str) -> ProblemReport:
    """Report that nothing could be run: the same verdict for every check."""
    return ProblemReport.of(problem.id, conclude_alike(problem.checks, code, message), problem.course)


def see_reference(problem: Problem, right: Draws, seed: Seed, *, at_home: bool = False) -> None:
    """Make sure that every check, or every one that students make at home, can be judged by the reference.

    Raises
    ------
    CourseError
        If the reference has no result for a check, or its predicate fails on the reference or finds it wrong.
    """
    checks = [check for check in problem.checks if check.at_home or not at_home]
    for check, draw in ((one, draw) for one in checks for draw in range(one.draws)):
        answer = right.get((check.name, draw))
        if answer is None or (why := _unusable(answer)):
            frames = answer.failure.frames if answer and answer.failure else ()
            where = f"{frames[-1].file}, line {frames[-1].line}" if frames else problem.module_file
            why = why if answer else "it was not run"
            raise CourseError(f"{problem.folder / where}: the check `{check.name}` fails on the reference: {why}")
        if predicate := problem.page.predicate(check):
            expected: Arrays = answer.values  # type: ignore[assignment]  # none of them is a text
            ask = _asking(problem, predicate, check, draw, expected, seed)
            tried(ask, expected, predicate, problem.folder / "expect.py", f"the check `{check.name}`")


def see_steady(observe: Observe, problem: Problem, answers: Answers, seed: Seed) -> None:
    """Make sure that the reference gives the same on the same inputs a second time.

    Raises
    ------
    CourseError
        If it doesn't: right and wrong could not be told apart.
    """
    for verdict in grade(observe, problem, problem.reference, answers, seed).checks:
        if verdict.code != Code.SUCCESS and not verdict.pending:
            raise CourseError(
                f"{problem.folder / problem.module_file}: the reference, run a second time on the same inputs, does "
                f"not agree with itself in the check `{verdict.check}`: {verdict.message}"
            )


def judge(
    problem: Problem, check: Check, observations: Sequence[Observation], right: Draws, seed: Seed
) -> list[Finding]:
    """List the findings of one check over its draws, the most severe first; none if it passes."""
    findings: dict[tuple[int, str], Finding] = {}
    for observation in observations:
        answer = right.get((check.name, observation.draw))
        if answer is None or (why := _unusable(answer)):
            why = why if answer else "it was not run"
            return [Finding(Code.FAULTY_CHECK, "", f"the reference has no result for this check ({why})")]
        for finding in _findings(problem, check, observation, answer, seed):
            # The same fault on another draw is not told again.
            findings.setdefault((finding.code, finding.value), finding)
    if not findings and len(observations) != check.draws:
        return [Finding(Code.FAULTY_GRADER, "", "some draws of the check were not run")]
    return by_severity(findings.values())


def _unusable(answer: Observation) -> str:
    if answer.ending != "returned":
        return said_of(answer.failure)
    texts = (f"`{name}` is {value}" for name, value in answer.values.items() if isinstance(value, str))
    return next(texts, "")  # anything would agree with it


def _findings(
    problem: Problem, check: Check, observation: Observation, answer: Observation, seed: Seed
) -> list[Finding]:
    found = [
        Finding(Code.INPUT_CHANGED, what, f"{what} was changed by a call; work on a copy")
        for what in observation.changed
    ]
    if observation.ending != "returned":
        return [*found, _failure(problem, observation)]
    expected: Arrays = answer.values  # type: ignore[assignment]  # judge() has seen that none is a text
    found += structure(observation.values, expected, narrow=answer.narrow)
    if not comparable(observation.values, expected):
        return found
    arrays: Arrays = {name: observation.values[name] for name in expected}  # type: ignore[misc]
    if diverged := list(not_finite(arrays, expected)):
        return [*found, *diverged]
    predicate = problem.page.predicate(check)
    if predicate is None:
        return [*found, *differences(arrays, expected, check, narrow=answer.narrow)]
    ask = _asking(problem, predicate, check, observation.draw, expected, seed)
    return [*found, *judged(ask, arrays, expected, f"the predicate `{check.expect}`", problem.folder)]


def _asking(problem: Problem, predicate: Predicate, check: Check, draw: int, expected: Arrays, seed: Seed) -> Ask:
    return lambda arrays: predicate(arrays, copied(expected), generator(seed.of_draw(problem.id, check.name, draw)))


def _failure(problem: Problem, observation: Observation) -> Finding:
    failure = observation.failure or Failure("", "")
    code, template = _ENDINGS.get(observation.ending, (Code.FAULTY_CHECK, "the check page failed: {said}"))
    message = template.format(
        message=failure.message or ("a function is not written yet" if code == Code.MISSING else ""),
        said=said_of(failure),
        frames=own_lines(failure),
        line=failure.frames[-1].text if failure.frames else "",
        allowed=", ".join(problem.allowed_imports),
    )
    return Finding(code, "", message)


def said_of(failure: Failure | None) -> str:
    """Join the exception and its message in one clause."""
    said = ": ".join(filter(None, (failure.kind, failure.message))) if failure else ""
    return said or "no reason given"


def own_lines(failure: Failure) -> str:
    """Format the student's own frames, as Python shows them."""
    lines = []
    for frame in failure.frames:
        where = f", in {frame.function}" if frame.function and frame.function != "<module>" else ""
        lines += [f"\n  {frame.file}, line {frame.line}{where}", f"\n    {frame.text}" if frame.text else ""]
    return "".join(lines)
