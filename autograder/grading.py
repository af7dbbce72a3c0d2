"""Grading: from observations to findings, and from findings, of modules and notebooks, to verdicts.

Where the right answer is not unique, staff's predicates find. ``grade`` gets its sandbox as an argument.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Protocol

import msgspec
import numpy as np

from autograder.authoring import Check, Finding, generator
from autograder.codes import FAULTS_OF_OURS, PRECEDENCE, WITHOUT_RESULT, Code, most_severe
from autograder.compare import brought, differences, not_finite, structure
from autograder.course.problem import CourseError, Implementation, Predicate, Problem, raised_in
from autograder.expected import Answers, Draws, Mistake, Observe
from autograder.hints.diagnose import diagnose, recognized
from autograder.report import ProblemReport, Verdict
from autograder.seed import Seed
from autograder.wire import Array, Failure, Observation

Arrays = Mapping[str, Array]
# A predicate, of the arrays alone; each call has a new generator of the same state.
Ask = Callable[[Arrays], Iterable[Finding]]

# Seconds for one call, which takes milliseconds: no student's values may stop a grader.
MOST_SECONDS = 60.0
MAX_FINDINGS = 8  # shown in one message; the rest are counted
MAX_TEXT_BYTES = 1 << 16  # of a module's text, searched for names
LEAST_POINTS = 1e-6  # less is a rounding error of shares
SLIP_SHARE = 0.1  # of a problem's points: the cost, once, of right numbers in a wrong shape or dtype

# The code and the message of a run that did not return, by its ending.
_ENDINGS = {
    "missing": (Code.MISSING, "{message}; write it"),
    "died": (Code.DIED, "{message}"),
    "late": (Code.DIED, "{message}{frames}"),
    "skipped": (Code.DIED, "it calls a function that is late in `{kind}`"),
    "exhausted": (Code.DIED, "{said}{frames}"),
    "raised": (Code.RAISED, "{said}{frames}"),
    "asserted": (Code.STRUCTURE, "an assertion in your code failed: {said}{frames}"),
    "misfit": (
        Code.STRUCTURE,
        "what came back can't be used in `{line}`: {said}; compare what your function returns with its docstring",
    ),
    "forbidden": (Code.STRUCTURE, "{message}; allowed are {allowed} and the standard library: remove the import"),
    "unstarted": (Code.NO_SANDBOX, "the code could not be run: {message}"),
}
_RIGHT_NUMBERS = "the numbers are right"
_NOT_WRONG = FAULTS_OF_OURS | {Code.SUCCESS}


class PredicateError(Exception):
    """A predicate has returned something other than findings."""


class EndlessError(Exception):
    """A predicate has not ended in time."""


# No value of an array can cause one of these, so the predicate is at fault.
_OURS = (NameError, AttributeError, ImportError, OSError, SystemExit, PredicateError)


@dataclass(frozen=True)
class Slip(Finding):
    """A wrong shape or dtype of a value whose numbers are right."""


class _Check(Protocol):
    """The fields of a check that a verdict depends on."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def points(self) -> float: ...
    @property
    def needs(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Found:
    """The evidence on one check: its findings in any order, none if it passes."""

    findings: Sequence[Finding] = ()
    hint: str | None = None
    # The message of a check that passes.
    note: str = ""
    # A failed check without which this one earns nothing, even if it passes.
    blocked_by: str | None = None


def conclude(checks: Sequence[_Check], found: Mapping[str, Found], slip_points: float = 0.0) -> tuple[Verdict, ...]:
    """Turn the evidence on checks into verdicts, in the order of the checks.

    - Without findings a check passes and has its points. Otherwise its code is the most severe one, and its message
      holds the findings, the most severe first, at most ``MAX_FINDINGS`` of them.
    - With a code of ours (3, 4, 5) its points are pending: neither earned nor lost. Nothing blocks it.
    - A failed check is blocked if it needs a check without a result (1, 2, 40, 50, 52), or one that is itself blocked.
      Its message is "not judged: fix `x` first", where `x` is the first check of the chain. A check whose evidence says
      ``blocked_by`` is blocked, too. It keeps its code, or gets that of `x` if it passes. Its points are pending if
      those of `x` are.
    - A failed check that needs one with a wrong result says so after its own findings.
    - A check whose findings are all slips is not a failed one. It has its points, but that all slips together cost
      ``slip_points`` once, taken from the first of these checks.
    - The ``cause`` of a failed check is the first one that fails for the same reason: at the same place in the
      student's code, with the same hint, or, where there is neither, with the same message.

    A needed check that is not among ``checks`` is taken to be right.
    """
    own = {
        check.name: most_severe(one.code for one in found[check.name].findings if not isinstance(one, Slip))
        for check in checks
    }
    first: dict[str, str] = {}  # by blocked check, the one to be fixed first
    causes: dict[str, str] = {}  # by reason, the first check that fails for it
    verdicts = []
    for check in checks:
        code, evidence = own[check.name], found[check.name]
        wrong = [] if code in _NOT_WRONG else [name for name in check.needs if own.get(name, 0) not in _NOT_WRONG]
        blockers = [name for name in wrong if name in first or own[name] in WITHOUT_RESULT]
        if evidence.blocked_by and code not in FAULTS_OF_OURS:
            blockers = [evidence.blocked_by]
        if blockers:
            by = first[check.name] = first.get(blockers[0], blockers[0])
            ours = own[by] in FAULTS_OF_OURS
            message = f"not judged, because `{by}` could not be" if ours else f"not judged: fix `{by}` first"
            pending = check.points if ours else 0.0
            code = code or own[by]
            verdicts.append(Verdict(check.name, check.title, code, 0.0, check.points, message, None, by, pending))
            continue
        if evidence.findings and not code:
            cost = min(slip_points, check.points)
            slip_points = round(slip_points - cost, 6)
            verdicts.append(_slipped(check, evidence, cost))
            continue
        findings = by_severity(evidence.findings)
        message = "\n".join(_messages(findings)) or evidence.note
        reason = check.name if code in _NOT_WRONG else findings[0].cause or evidence.hint or message
        if wrong and (evidence.hint is None or evidence.hint != found[wrong[0]].hint):
            message += f"\nthis may come of `{wrong[0]}`, which is wrong too; fix that first"
        cause = causes.setdefault(reason, check.name)
        verdicts.append(_judged(check, code, message, evidence.hint, None if cause == check.name else cause))
    return tuple(verdicts)


def conclude_alike(checks: Sequence[_Check], code: Code, message: str, reason: str = "") -> tuple[Verdict, ...]:
    """Make verdicts where nothing could be run: the same for every check."""
    first = None if code in FAULTS_OF_OURS else checks[0].name
    return tuple(_judged(one, code, message, None, first if n else None, reason) for n, one in enumerate(checks))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings, the most severe first."""
    return sorted(findings, key=lambda finding: PRECEDENCE.index(finding.code))


def _judged(check: _Check, code: Code, message: str, hint: str | None, cause: str | None, reason: str = "") -> Verdict:
    earned = check.points if code == Code.SUCCESS else 0.0
    pending = check.points if code in FAULTS_OF_OURS else 0.0
    # Where the fault is ours, nothing is known to be wrong with the student's code.
    return Verdict(
        check.name, check.title, code, earned, check.points, message, None if pending else hint, None, pending,
        cause=cause, reason=reason,
    )  # fmt: skip


def _slipped(check: _Check, evidence: Found, cost: float) -> Verdict:
    partial = f"a wrong shape or dtype of right numbers costs {cost:g} of the problem's points, once" if cost else ""
    message = "\n".join([*_messages(evidence.findings), f"partial credit: {partial}" if partial else _RIGHT_NUMBERS])
    code, points = most_severe(one.code for one in evidence.findings), round(check.points - cost, 6)
    return Verdict(check.name, check.title, code, points, check.points, message, evidence.hint, partial=partial)


def _told_before(findings: Mapping[str, Sequence[Finding]]) -> dict[str, str]:
    """Find the checks whose findings are slips that an earlier check tells of the same names; by check, that one.

    The value `W_default` is a variant of `W`.
    """
    told: dict[tuple[Code, str], str] = {}
    before = {}
    for check, found in findings.items():
        if found and all(isinstance(one, Slip) for one in found):
            names = [[(one.code, name) for name in _variants(one.value)] for one in found]
            if all(any(name in told for name in each) for each in names):
                before[check] = next(told[name] for name in names[0] if name in told)
            for each in names:
                told.setdefault(each[0], check)
    return before


def _variants(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("_")[0]


def _messages(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of a message; beyond ``MAX_FINDINGS`` the findings are counted."""
    yield from (finding.message for finding in findings[:MAX_FINDINGS])
    if len(findings) > MAX_FINDINGS:
        yield f"and {len(findings) - MAX_FINDINGS} more"


def judged(ask: Ask, found: Arrays, expected: Arrays | None, called: str, folder: Path) -> list[Finding]:
    """Ask a predicate, ``called`` so in a message, about a student's arrays; return its findings.

    If it fails, the fault is ours where it fails on the reference too, finds something wrong there, or nothing is known
    of the reference. Otherwise the student's values have caused it: values made to break a predicate earn nothing.
    """
    try:
        return _asked(ask, found)
    except (Exception, SystemExit) as error:  # noqa: BLE001  staff's code, on a student's arrays
        why = f"{type(error).__name__}: {error}"
        if expected is None or _is_ours(error, found, expected) or not _accepts(ask, expected):
            where = raised_in(error, folder)
            return [Finding(Code.FAULTY_CHECK, "", f"{called} failed ({': '.join(filter(None, (where, why)))})")]
        message = f"what came back is too far off to be judged ({why}); print it and look at it"
        return [Finding(Code.STRUCTURE, "", message)]


def tried(ask: Ask, expected: Arrays, predicate: Callable[..., object], path: Path, about: str) -> None:
    """Try a predicate of a file on the reference; CourseError if it doesn't accept. ``about``: the subject."""
    code = getattr(getattr(predicate, "func", predicate), "__code__", None)  # `func`: it may be a partial
    place = f"{path.name}, line {code.co_firstlineno}" if isinstance(code, CodeType) else path.name
    try:
        findings = _asked(ask, expected)
    except (Exception, SystemExit) as error:
        where = path.parent / (raised_in(error, path.parent) or place)
        raise CourseError(f"{where}: {type(error).__name__}: {error} (tried on the reference, for {about})") from error
    if findings:
        said = f"code {findings[0].code}, {findings[0].message}"
        raise CourseError(f"{path.parent / place}: it finds the reference wrong, for {about}: {said}")


def copied(arrays: Arrays) -> Arrays:
    """Copy arrays, which a predicate may change in place."""
    return {name: value.copy() for name, value in arrays.items()}


def _is_ours(error: BaseException, found: Arrays, expected: Arrays) -> bool:
    if isinstance(error, KeyError):
        return bool(error.args) and isinstance(error.args[0], str)  # staff name the arrays
    if isinstance(error, TypeError):
        return all(
            (found[name].shape, found[name].dtype) == (value.shape, value.dtype) for name, value in expected.items()
        )
    return isinstance(error, _OURS)


def _accepts(ask: Ask, expected: Arrays) -> bool:
    try:
        return not _asked(ask, expected)
    except (Exception, SystemExit):  # noqa: BLE001  staff's code
        return False


def _asked(ask: Ask, arrays: Arrays) -> list[Finding]:
    # Finite values can be so large that results of them are NaN, for which neither `loss > bound` nor
    # `loss <= bound` holds. `invalid="raise"` makes a predicate that hasn't thought of it fail, and pass nothing.
    with np.errstate(all="ignore", invalid="raise"), _time_limit(MOST_SECONDS):
        given = ask(copied(arrays))
        if not isinstance(given, Iterable):
            raise PredicateError(f"it gave a {type(given).__name__}; expected findings")
        findings = [*given]
    for one in findings:
        if not isinstance(one, Finding):
            raise PredicateError(f"it gave a {type(one).__name__}; expected findings")
        # Exact types: something else that equals a code could be stored, but not read again.
        if type(one.code) not in (int, Code) or one.code not in PRECEDENCE or not isinstance(one.message, str):
            raise PredicateError(f"it gave a finding of code {one.code!r}; expected a Code, and a text")
    return findings


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    raised = (ctypes.c_ulong(threading.get_ident()), ctypes.py_object(EndlessError))
    timer = threading.Timer(seconds, ctypes.pythonapi.PyThreadState_SetAsyncExc, raised)
    timer.daemon = True
    timer.start()
    try:
        yield
    except EndlessError as error:
        raise EndlessError(f"it has not ended after {seconds:g} s").with_traceback(error.__traceback__) from None
    finally:
        timer.cancel()


def grade(
    observe: Observe,
    problem: Problem,
    implementation: Implementation,
    answers: Answers,
    seed: Seed,
    checks: Sequence[Check] | None = None,
) -> ProblemReport:
    """Grade one implementation of a problem, in these or all checks.

    Parameters
    ----------
    observe : callable
        Runs an implementation through checks; ``Sandbox.observe`` or a fake.
    answers : Answers
        The observations of the reference and the known mistakes on the same seed.
    """
    chosen = tuple(problem.checks if checks is None else checks)
    seen = observe(problem, implementation, seed, chosen)
    text = implementation.files.get(problem.module_file, b"")[:MAX_TEXT_BYTES].decode(errors="replace")
    run = partial(observe, problem, implementation, seed)
    verdicts = verdicts_on(problem, chosen, seen, answers, seed, text, run)
    return ProblemReport.of(problem.id, verdicts, problem.course, notes=_unused(seen))


def verdicts_on(
    problem: Problem,
    checks: Sequence[Check],
    seen: Sequence[Observation],
    answers: Answers,
    seed: Seed,
    text: str = "",
    run: Callable[[Sequence[Check]], Sequence[Observation]] = lambda _: (),
) -> tuple[Verdict, ...]:
    """Judge what was seen of checks; ``text`` and ``run`` are as of :func:`diagnose`."""
    with np.errstate(all="ignore"):  # a student's values may be anything, and verdicts say so
        findings = {
            check.name: judge(problem, check, [one for one in seen if one.check == check.name], answers.reference, seed)
            for check in checks
        }
        before = _told_before(findings)
        findings |= {name: [] for name in before}
        try:
            hints = diagnose(checks, findings, seen, answers, text, run)
        except Exception:  # noqa: BLE001  values that break a hint only lose the hint
            hints = {}
        known = recognized(checks, seen, answers) if any(findings.values()) else None
    notes = {name: f"{_RIGHT_NUMBERS}; of the shape or dtype see `{other}`" for name, other in before.items()}
    late = {one.check: one.failure.kind for one in seen if one.ending == "skipped" and one.failure}
    late = {name: other for name, other in late.items() if other in findings and other != name}
    found = {name: Found(some, hints.get(name), notes.get(name, ""), late.get(name)) for name, some in findings.items()}
    points = SLIP_SHARE * sum(check.points for check in problem.checks)
    return _credited(conclude(checks, found, points), known)


def _unused(seen: Sequence[Observation]) -> Iterator[str]:
    """Note the imports that are not allowed, if none of them was used."""
    if not any(one.ending == "forbidden" for one in seen):
        for clause in next((one.unused for one in reversed(seen) if one.ending == "returned"), ()):
            yield f"{clause}, which is not allowed; nothing used it, so it costs nothing: remove it"


def _credited(verdicts: Sequence[Verdict], known: Mistake | None) -> tuple[Verdict, ...]:
    """Raise the points of the checks that a known mistake fails to what it is worth, if they have less."""
    credit = known.credit if known else {}
    touched = [one for one in verdicts if one.check in credit and not one.pending]
    lost = sum(one.max_points - one.points for one in touched)
    gain = sum(credit[one.check] - one.points for one in touched)
    if known is None or gain < LEAST_POINTS:
        return tuple(verdicts)
    return tuple(
        msgspec.structs.replace(
            one,
            points=one.points + (one.max_points - one.points) * gain / lost,
            message=f"{one.message}\npartial credit: {known.reason}",
            partial=known.reason,
        )
        if one in touched and one.code != Code.SUCCESS
        else one
        for one in verdicts
    )


def unjudged(problem: Problem, code: Code, message: str, reason: str = "") -> ProblemReport:
    """Report that nothing could be run: the same verdict for every check."""
    return ProblemReport.of(problem.id, conclude_alike(problem.checks, code, message, reason), problem.course)


def see_reference(problem: Problem, right: Draws, seed: Seed, *, at_home: bool = False) -> None:
    """Make sure that every check, or every one that students make at home, can be judged by the reference.

    CourseError if the reference has no result for a check, or the check's predicate doesn't accept it.
    """
    checks = [check for check in problem.checks if check.at_home or not at_home]
    for check, draw in ((one, draw) for one in checks for draw in range(one.draws)):
        answer = right.get((check.name, draw))
        if (why := _unusable(answer)) or answer is None:
            frames = answer.failure.frames if answer and answer.failure else ()
            where = f"{frames[-1].file}, line {frames[-1].line}" if frames else problem.module_file
            raise CourseError(f"{problem.folder / where}: the check `{check.name}` fails on the reference: {why}")
        if predicate := problem.page.predicate(check):
            expected: Arrays = answer.values  # type: ignore[assignment]  # none of them is a text
            ask = _asking(problem, predicate, check, draw, expected, seed)
            tried(ask, expected, predicate, problem.folder / "expect.py", f"the check `{check.name}`")


def see_steady(observe: Observe, problem: Problem, answers: Answers, seed: Seed) -> None:
    """Make sure that the reference gives the same on the same inputs a second time; CourseError if it doesn't."""
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
    findings: list[Finding] = []
    for observation in observations:
        answer = right.get((check.name, observation.draw))
        if (why := _unusable(answer)) or answer is None:
            return [Finding(Code.FAULTY_CHECK, "", f"the reference has no result for this check ({why})")]
        findings += _findings(problem, check, observation, answer, seed)
    if not findings and len(observations) != check.draws:
        return [Finding(Code.FAULTY_GRADER, "", "some draws of the check were not run")]
    if not all(isinstance(one, Slip) for one in findings):
        findings = [Finding(one.code, one.value, one.message) for one in findings]
    told: dict[tuple[Code, str], Finding] = {}
    for one in findings:
        told.setdefault((one.code, one.value), one)  # the same fault on another draw is not told again
    return by_severity(told.values())


def _unusable(answer: Observation | None) -> str:
    if answer is None:
        return "it was not run"
    if answer.ending != "returned":
        return said_of(answer.failure)
    texts = (f"`{name}` is {value}" for name, value in answer.values.items() if isinstance(value, str))
    return next(texts, "")  # anything would agree with it


def _findings(
    problem: Problem, check: Check, observation: Observation, answer: Observation, seed: Seed
) -> list[Finding]:
    changed = "{} was changed by a call; work on a copy"
    found = [Finding(Code.INPUT_CHANGED, what, changed.format(what)) for what in observation.changed]
    if observation.ending != "returned":
        return [*found, _failure(problem, observation)]
    expected: Arrays = answer.values  # type: ignore[assignment]  # judge() has seen that none is a text
    misfits = list(structure(observation.values, expected, narrow=answer.narrow))
    misshapen = any(one.code == Code.SHAPE for one in misfits)
    arrays = brought(observation.values, expected)
    if arrays is None or (misshapen and check.strict):
        return [*found, *misfits]
    wrong = _wrong(problem, check, observation, answer, arrays, seed)
    if all(one.code == Code.DTYPE for one in wrong):  # right to single precision
        misfits, wrong = [*misfits, *wrong], []
    if misfits and not wrong and not check.strict:
        return [*found, *(Slip(one.code, one.value, one.message) for one in misfits)]
    return [*found, *misfits, *(() if misshapen else wrong)]


def _wrong(
    problem: Problem, check: Check, observation: Observation, answer: Observation, arrays: Arrays, seed: Seed
) -> list[Finding]:
    expected: Arrays = answer.values  # type: ignore[assignment]  # as above
    predicate = problem.page.predicate(check)
    if predicate is None:
        return list(differences(arrays, expected, check, narrow=answer.narrow))
    if diverged := list(not_finite(arrays, expected)):
        return diverged
    ask = _asking(problem, predicate, check, observation.draw, expected, seed)
    return judged(ask, arrays, expected, f"the predicate `{check.expect}`", problem.folder)


def _asking(problem: Problem, predicate: Predicate, check: Check, draw: int, expected: Arrays, seed: Seed) -> Ask:
    return lambda arrays: predicate(arrays, copied(expected), generator(seed.of_draw(problem.id, check.name, draw)))


def _failure(problem: Problem, observation: Observation) -> Finding:
    failure = observation.failure or Failure("", "")
    code, template = _ENDINGS.get(observation.ending, (Code.FAULTY_CHECK, "the check page failed: {said}"))
    message = template.format(
        kind=failure.kind,
        message=failure.message or ("a function is not written yet" if code == Code.MISSING else ""),
        said=said_of(failure),
        frames=own_lines(failure),
        line=failure.frames[-1].text if failure.frames else "",
        allowed=", ".join(problem.allowed_imports),
    )
    # A line of the check page is another one in each check.
    last = failure.frames[-1] if failure.frames and observation.ending != "misfit" else None
    return Finding(code, "", message, f"{failure.kind} in {last.file}, line {last.line}" if last else "")


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
