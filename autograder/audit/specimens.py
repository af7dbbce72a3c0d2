"""The audit of a problem's specimens: each is graded by the real pipeline, and must get its expected verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.audit.draws import undetermined
from autograder.codes import Code
from autograder.course.problem import Problem, Specimen
from autograder.expected import Answers, Observe
from autograder.grading import grade
from autograder.release.files import unvarying
from autograder.release.starter import starter
from autograder.report import ProblemReport
from autograder.seed import Seed


def audit(observe: Observe, problem: Problem, answers: Answers, seed: Seed) -> Iterator[str]:
    """List the faults of a problem on one seed, a sentence each; none when all is well.

    The reference and each accept specimen must get full marks; the starter must get 40; each reject specimen must fail
    exactly the checks it names, with the codes it names, and get its own hint. Each check must be named by a reject
    specimen. Each check that students make at home must have a right answer that depends on the seed, and each check's
    inputs must follow from the seed alone.
    """
    yield from unvarying(observe, problem, answers.reference)
    yield from undetermined(observe, problem, seed)
    for name, source in (
        ("the reference", problem.reference.files[problem.module_file].decode()),
        *tuple((f"accept/{specimen.name}", specimen.source) for specimen in problem.specimens("accept")),
    ):
        report = grade(observe, problem, problem.implementation(source), answers, seed)
        for verdict in report.checks:
            if verdict.code != Code.SUCCESS:
                yield f"{name} fails `{verdict.check}` with {verdict.code}: {verdict.message}"
    report = grade(observe, problem, problem.implementation(starter(problem)), answers, seed)
    for verdict in report.checks:
        if verdict.code != Code.MISSING:
            yield f"the starter gets {verdict.code} from `{verdict.check}`, not 40: {verdict.message}"
    named: set[str] = set()
    rejects = problem.specimens("reject")
    hints = {specimen.hint for specimen in rejects}
    for specimen in rejects:
        named |= specimen.caught.keys()
        report = grade(observe, problem, problem.implementation(specimen.source), answers, seed)
        for verdict in report.checks:
            due = specimen.caught.get(verdict.check, Code.SUCCESS)
            if verdict.code != due:
                yield f"reject/{specimen.name} gets {verdict.code} from `{verdict.check}`, not {due}: {verdict.message}"
            elif verdict.hint in hints - {specimen.hint}:
                yield f"reject/{specimen.name} is taken for another mistake by `{verdict.check}`: {verdict.hint}"
        yield from _unpaid(specimen, report)
        failed = {verdict.check: verdict.code for verdict in report.checks if verdict.code}
        crashes = Code.RAISED in failed.values()  # as other mistakes do: its hint may be about the exception
        if failed == specimen.caught and not crashes and hints.isdisjoint(verdict.hint for verdict in report.checks):
            yield f"reject/{specimen.name} is not known by what it gives: no check says its hint"
    for check in problem.checks:
        if check.name not in named:
            yield f"no reject specimen is caught by `{check.name}`"


def _unpaid(specimen: Specimen, report: ProblemReport) -> Iterator[str]:
    if specimen.worth is not None and report.score < specimen.worth:
        yield (
            f"reject/{specimen.name} says `Worth: {specimen.worth:g}` and has {report.score:g}: it is not known by "
            "what it gives, or a mistake like it fails more checks"
        )
