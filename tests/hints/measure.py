"""Measures the hints: how many mistakes are told truly, and what of them. ``make hints`` prints the table.

All mutants of the references, all specimens, and the mistakes of ``mistakes.py`` are graded, each hint is obeyed by
machine, and what is told is counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mistakes import MISTAKES
from obey import KINDS, Obeyed, told
from specimens import PROBLEMS

from autograder.audit.mutants import mutants
from autograder.codes import Code
from autograder.expected import observe_answers
from autograder.grading import grade
from autograder.sandbox.observe import Sandbox


def main():
    """Print a row for each source of mistakes, and each hint that is false to standard error."""
    counts = {}
    for problem in PROBLEMS.values():
        with Sandbox() as sandbox:
            answers = observe_answers(sandbox.observe, problem, problem.seed)
            for source, name, text in mistakes_of(problem):
                kind, lies = judged(sandbox, problem, answers, text)
                if kind:
                    counts.setdefault(source, Counter())["false" if lies else kind] += 1
                for lie in lies:
                    print(f"{problem.id}, {name}: {lie}", file=sys.stderr)
    columns = (*KINDS, "false")
    print(f"| | mistakes | {' | '.join(columns)} |")
    print(f"|---|{'---:|' * (len(columns) + 1)}")
    counts["all"] = sum(counts.values(), Counter())
    for source, found in counts.items():
        print(f"| {source} | {found.total()} | {' | '.join(str(found[column]) for column in columns)} |")


def mistakes_of(problem):
    """The source of a mistake, its name, and the module's text."""
    reference = problem.reference.files[problem.module_file].decode()
    for each in problem.specimens("reject"):
        yield "specimens", each.name, each.source
    for each in mutants(reference, problem.module_file):
        yield "mutants", f"{each.operator}: {each.before} → {each.after}", each.source
    for name, text in MISTAKES[problem.id].items():
        yield "new mistakes", name, f"{reference}\n{text}"


def judged(sandbox, problem, answers, text):
    """The kind of hint that a mistake gets, "" if nothing fails; and what of it is false."""
    seen = []

    def observe(*asked):
        observations = sandbox.observe(*asked)
        seen.extend(() if seen else observations)
        return observations

    report = grade(observe, problem, problem.implementation(text), answers, problem.seed)
    if report.code == Code.SUCCESS:
        return "", []
    return told(report, answers), [*Obeyed(problem, report, seen, answers, text).lies()]


if __name__ == "__main__":
    main()
