"""The commands of problem authors: ``release``, ``dist`` and ``audit``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.screen import COURSE, progress, screen

if TYPE_CHECKING:
    from autograder.course.problem import Problem


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; say what is out of date, and exit with 1.")
@COURSE
def release(only_check: bool, course: Path) -> None:
    """Make assignments/ out of solutions/."""
    from autograder.course.assignments import read_course
    from autograder.release.files import differs, write
    from autograder.release.files import release as release_of
    from autograder.sandbox.observe import Sandbox

    stale = False
    with Sandbox() as sandbox:
        for assignment in read_course(course):
            folder = course / "assignments" / assignment.name
            files = release_of(sandbox.observe, assignment, folder)
            if only_check:
                for sentence in differs(files, folder):
                    stale = True
                    click.echo(sentence, err=True)
            else:
                write(files, folder)
                click.echo(f"{folder}: {len(files)} files")
    sys.exit(stale)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("dist"), show_default=True)
@COURSE
def dist(out: Path, course: Path) -> None:
    """Make the zips that students get, out of assignments/."""
    from autograder.course.assignments import read_course
    from autograder.course.pages import CourseError
    from autograder.release.files import as_zip, differs
    from autograder.release.files import release as release_of
    from autograder.sandbox.observe import Sandbox

    out.mkdir(parents=True, exist_ok=True)
    for assignment in read_course(course):
        folder = course / "assignments" / assignment.name
        if not folder.is_dir():
            raise CourseError(f"{folder} does not exist; run `autograder release` first")
        with Sandbox() as sandbox:
            files = release_of(sandbox.observe, assignment, folder)
        if stale := list(differs(files, folder)):
            raise CourseError("\n".join(stale))
        path = out / f"{assignment.name}.zip"
        path.write_bytes(as_zip(files, assignment.name))
        click.echo(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="Measure the checks too: mutants, margins, false alarms.")
@click.option("--fast", is_flag=True, help="Measure, with mutants on two seeds and correct work on one.")
@click.option(
    "--seeds", type=click.IntRange(1), help="How many seeds correct work is run on.  [default: 1000; fast: 1]"
)
@click.option("--seed", type=click.IntRange(0), help="On the inputs of this number instead of the official run's.")
@click.option(
    "--python", "pythons", multiple=True, help="Another interpreter to run correct work with, for the margins."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/audit"), show_default=True)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")
@COURSE
def audit(
    ids: tuple[str, ...],
    whole: bool,
    fast: bool,
    seeds: int | None,
    seed: int | None,
    pythons: tuple[str, ...],
    out: Path,
    workers: int,
    course: Path,
) -> None:
    """Say what does not hold of the checks of the problems (IDS like svm/cvxopt_svm; all by default).

    Each specimen gets what it must. Measured as well: whether mutants of the reference are caught, or listed as
    equivalent; whether correct work fails on any of many seeds; how wide the tolerances' margins are. That writes
    OUT/audit.json and OUT/index.html. The seeds of an audit that was cut short are not run again.
    """
    from dataclasses import replace
    from functools import partial

    from autograder.api import open_course
    from autograder.course.pages import CourseError
    from autograder.seed import Seed

    problems = open_course(course).problems()
    if unknown := set(ids) - {problem.id for problem in problems}:
        raise CourseError(f"no problem {sorted(unknown)[0]}; there are {', '.join(p.id for p in problems)}")
    chosen = [problem for problem in problems if not ids or problem.id in ids]
    if seed is not None:
        chosen = [replace(problem, official=Seed.numbered(seed)) for problem in chosen]
    if not (whole or fast or seeds or pythons):
        sys.exit(_audit_specimens(chosen))
    for python in pythons:
        if shutil.which(python) is None:
            raise click.BadParameter(f"{python} is no program that can be started", param_hint="--python")
    try:
        # They need the extra `staff`, which students and graders may lack.
        from autograder.audit.measure import measure_all
        from autograder.audit.page import print_audit, write_audit
    except ModuleNotFoundError as error:
        raise CourseError(f"an audit needs the package {error.name}; install the extra `staff`") from None
    console, found = screen(), []
    shown = partial(progress, console)
    count = seeds or (1 if fast else 1000)
    for each in measure_all(
        chosen, course, workers, shown, fast=fast, seeds=count, pythons=pythons, kept=out / "seeds"
    ):
        _say(each.problem, each.faults)
        found.append(each)
    write_audit(found, out)
    print_audit(console, found)
    console.print(f"Pages: {out}/index.html and audit.json")
    sys.exit(any(each.faults for each in found))


def _audit_specimens(problems: Sequence[Problem]) -> bool:
    from autograder.audit.specimens import audit as specimens_of
    from autograder.expected import observe_answers
    from autograder.sandbox.observe import Sandbox

    faults = False
    with Sandbox() as sandbox:
        for problem in problems:
            answers = observe_answers(sandbox.observe, problem, problem.seed)
            sentences = list(specimens_of(sandbox.observe, problem, answers, problem.seed))
            faults |= bool(sentences)
            _say(problem.id, sentences)
    return faults


def _say(name: str, sentences: Sequence[str]) -> None:
    click.echo(f"{name}: {'all holds' if not sentences else f'{len(sentences)} things do not hold'}")
    for sentence in sentences:
        click.echo(f"  {sentence}")
