"""The proof that a problem's checks are right: its specimens through the real pipeline, beside what they must get."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.codes import Code
from autograder.course.problem import Problem
from autograder.expected import Answers, Observe
from autograder.grading.modules import grade
from autograder.release.files import unvarying
from autograder.release.starter import starter
from autograder.seed import Seed


def audit(observe: Observe, problem: Problem, answers: Answers, seed: Seed) -> Iterator[str]:
    """What does not hold of a problem on one seed, a sentence each: nothing, when all is well.

    Each check that students make at home has a right answer that depends on the seed.

    The reference and each accept specimen get full marks; the starter gets 40; each reject specimen fails exactly the
    checks it names, with the codes it names, and reads its own hint; each check is named by a reject specimen.
    """
    yield from unvarying(observe, problem, answers.reference)
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
        failed = {verdict.check: verdict.code for verdict in report.checks if verdict.code}
        if failed == specimen.caught and hints.isdisjoint(verdict.hint for verdict in report.checks):
            yield f"reject/{specimen.name} is not known by what it gives: no check says its hint"
    for check in problem.checks:
        if check.name not in named:
            yield f"no reject specimen is caught by `{check.name}`"
