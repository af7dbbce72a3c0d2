"""The command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from autograder.answers import observe_answers
from autograder.audit import audit as audit_problem
from autograder.problem import read_course
from autograder.sandbox import Sandbox


@click.group()
def main() -> None:
    """Grade machine-learning homework."""


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--course", type=click.Path(path_type=Path), default=Path())
def audit(ids: tuple[str, ...], course: Path) -> None:
    """Run the specimens of problems (all by default) and say what does not hold."""
    wrong = 0
    with Sandbox() as sandbox:
        for assignment in read_course(course):
            for problem in assignment.problems:
                if ids and problem.id not in ids:
                    continue
                answers = observe_answers(sandbox.observe, problem, problem.seed)
                for sentence in audit_problem(sandbox.observe, problem, answers, problem.seed):
                    wrong += 1
                    click.echo(f"{problem.id}: {sentence}")
    sys.exit(bool(wrong))
