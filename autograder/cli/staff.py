"""The commands of instructors and of problem authors; each imports what it needs when it is called."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.screen import COURSE, Progress, Tally, screen
from autograder.codes import Code
from autograder.report import pluralize
from autograder.text import line

if TYPE_CHECKING:
    from autograder.expected import Answers

SAMPLE_CLASS = Path("build/sample-class")
# Where results go by default: a sample class's are kept apart from a real one's.
GRADES = Path("build/grades")
SAMPLE_GRADES = Path("build/sample-grades")

OUT = click.option("--out", type=click.Path(path_type=Path), default=GRADES, show_default=True)
SEED = click.option(
    "--seed", type=click.IntRange(0), help="On the inputs of this number instead of the official run's."
)
WORKERS = click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")


@click.command(name="new-term")
@click.option("--assignment", "names", multiple=True, help="A new key for this assignment; for all by default.")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if a key is missing or exposed.")
@COURSE
def new_term(names: tuple[str, ...], only_check: bool, course: Path) -> None:
    """Give each assignment a new key, from which the inputs of the official run follow.

    Writes it into solutions/<assignment>/assignment.toml and leaves the rest as it is. Also looks through the history
    of the course's git repository, and names the keys that were committed together with what students get.
    """
    from autograder.course.assignments import assignment_files
    from autograder.release.keys import NoHistoryError, history, read_key, renew

    paths = assignment_files(course, names)
    before = {name: read_key(path) for name, path in paths.items()}
    bad = only_check and None in before.values()
    if not only_check:
        renew(paths.values())
    for name, path in paths.items():
        if not only_check:
            click.echo(f"{path}: a new key")
        elif before[name] is None:
            click.echo(f"{path} has no `key` that can be used")
    try:
        exposed = [one for one in history(course) if one.assignment in paths]
        if not exposed:
            click.echo("no key was committed together with its release, in the history that is here")
    except NoHistoryError as error:
        exposed = []
        click.echo(f"no history was looked through: {error}")
    for one in exposed:
        latest = one.key == before[one.assignment]
        bad |= only_check and latest
        key = "the key so far" if latest else "an earlier key"
        commits = f"{pluralize(len(one.commits), 'commit')}, the first {one.commits[0][:12]}"
        click.echo(
            f"warning: {one.assignment}: {key} was committed together with assignments/{one.assignment}, in {commits}: "
            "whoever has that commit can compute the official inputs that followed from it"
        )
    click.echo(
        "Whoever has solutions/ has the keys, and with a clone or a fork of the repository those of its history, too: "
        "give students what `autograder dist` makes, and nothing else."
    )
    sys.exit(bad)


@click.command()
@click.argument("submissions", required=False, type=click.Path(path_type=Path))
@click.option("--assignment", "names", multiple=True, help="Grade this assignment; all of the course by default.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    show_default=f"{GRADES}, and {SAMPLE_GRADES} for the sample class",
)
@WORKERS
@SEED
@click.option("--force", is_flag=True, help="Run again what has been graded already.")
@click.option("--weak-sandbox", is_flag=True, help="Grade even if this machine can't confine student code.")
@click.option("--scheduler", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://HOST:PORT of its scheduler.")
@COURSE
def grade(
    submissions: Path | None,
    names: tuple[str, ...],
    out: Path | None,
    workers: int,
    seed: int | None,
    force: bool,
    weak_sandbox: bool,
    scheduler: str | None,
    course: Path,
) -> None:
    """Grade a folder of SUBMISSIONS; without one, a sample class that is made for it.

    Writes OUT/<assignment>/grades.csv, and report.json and report.txt into OUT/<assignment>/reports/<student>. The
    status is 0 when everything was judged and written. After Ctrl-C, or when the disk was full, the same command goes
    on where it was.
    """
    from autograder.api import grade_class, open_course
    from autograder.submissions.reading import find_class, loose_files

    console = screen()
    problems = open_course(course).problems(*names)
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if stated := sorted({problem.python for problem in problems} - {"", running}):
        click.echo(
            f"autograder: warning: Python {running} grades here, and students are told that Python {stated[0]} does; "
            "grade with that one, or change `python` in assignment.toml and release anew",
            err=True,
        )
    if seed is None:
        for problem in problems:
            problem.seed  # noqa: B018  an assignment without a key is refused before anything is made
    out = out or (GRADES if submissions else SAMPLE_GRADES)
    with ExitStack() as stack:
        trained: Mapping[str, Answers] = {}
        if submissions is None:
            from autograder.cli.sample import sample_class

            submissions = SAMPLE_CLASS
            trained = stack.enter_context(sample_class(problems, submissions, out, workers))
            console.print(f"No submissions named: grading a sample class, written to {submissions}.")
        total, tally = len(find_class(submissions)), Tally(loose_files(submissions))
        shown = stack.enter_context(Progress(console, total, "graded"))

        def told(said: str) -> None:
            console.print(said, highlight=False)
            shown.begin()

        reports = grade_class(
            problems,
            submissions,
            out,
            seed=seed,
            workers=workers,
            force=force,
            weak_sandbox=weak_sandbox,
            scheduler=scheduler,
            trained=trained,
            told=told,
            waits=shown.waits,
        )
        try:
            for report in stack.enter_context(closing(reports)):
                tally.add(report)
                shown(report)
        except BaseException:
            if tally.submissions:
                click.echo(f"{tally.submissions} of {total} submissions are graded and kept", err=True)
            raise
    tally.show(console)
    for name in dict.fromkeys(problem.assignment for problem in problems):
        console.print(f"Scores: {out}/{name}/grades.csv; reports: {out}/{name}/reports/<student>/report.txt and .json")
    sys.exit(Code.FAULTY_GRADER if tally.pending else 0)


@click.command()
@OUT
def export(out: Path) -> None:
    """Write the tables and reports of each assignment's latest run again, out of the store in OUT."""
    from autograder.gradebook import export as exporting

    click.echo(f"{pluralize(exporting.export(out), 'report')} written to {out}")


@click.command()
@click.argument("student")
@OUT
def output(student: str, out: Path) -> None:
    """Show what STUDENT's code printed in the latest runs in OUT: for staff, and in no report."""
    from autograder.gradebook.export import output_of

    said = list(output_of(out, student))
    for one in said or [f"{line(student)}'s modules printed nothing in the latest run in {out}"]:
        click.echo(one)


@click.command()
@OUT
def diff(out: Path) -> None:
    """Say who gained or lost what, and why, in each assignment's latest run in OUT, from the run before."""
    from autograder.gradebook.export import differences

    for said in differences(out):
        click.echo(said)


@click.command()
def doctor() -> None:
    """Say what this machine enforces on student code, promise by promise, and how to get the rest.

    Each promise is tried, too, by programs that are run as student code is. The status is 0 when every promise is kept:
    by what was set up, and by what happened.
    """
    from rich.console import Console
    from rich.table import Table

    from autograder.audit.attempts import try_guarantees
    from autograder.sandbox.confine import GUARANTEES, sentences
    from autograder.text import sanitize

    enforced, outcomes = try_guarantees()
    table = Table("promised of student code", "kept here", "by what", show_lines=True)
    for guarantee in GUARANTEES:
        by = ", ".join(layer for layer in guarantee.layers if layer in enforced.held)
        tried = [outcome.kept for outcome in outcomes if outcome.attempt.guarantee is guarantee]
        kept = all(tried) and not [*guarantee.unmet(enforced.held)]
        table.add_row(guarantee.says, "yes" if kept else "no", "\n".join(filter(None, (by, guarantee.always))))
    Console().print(table)
    broken = [outcome for outcome in outcomes if not outcome.kept]
    said = [f"{layer}: {sentence}" for layer, sentence in sentences(enforced).items()]
    said.append(f"tried in vain to {', '.join(one.attempt.what for one in outcomes if one.kept)}")
    said += [f"not enforced here: {clause}" for clause in enforced.lacks]
    said += [f"not kept here: tried to {one.attempt.what}: {one.how} ({sanitize(one.said)})" for one in broken]
    click.echo("\n".join(said if enforced.lacks or broken else [*said, "Every promise is kept."]))
    sys.exit(bool(enforced.lacks or broken))


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; say what is out of date, and exit with 1.")
@COURSE
def release(only_check: bool, course: Path) -> None:
    """Make assignments/ out of solutions/."""
    from autograder.release.files import differs, write

    stale: list[str] = []
    for _, folder, files in _releases(course):
        if only_check:
            stale += differs(files, folder)
        else:
            write(files, folder)
            click.echo(f"{folder}: {len(files)} files")
    for sentence in stale:
        click.echo(sentence, err=True)
    sys.exit(bool(stale))


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("dist"), show_default=True)
@COURSE
def dist(out: Path, course: Path) -> None:
    """Make the zips that students get, out of assignments/."""
    from autograder.course.problem import CourseError
    from autograder.release.files import as_zip, differs

    out.mkdir(parents=True, exist_ok=True)
    for name, folder, files in _releases(course):
        if stale := list(differs(files, folder)):
            raise CourseError("\n".join(stale))
        path = out / f"{name}.zip"
        path.write_bytes(as_zip(files, name))
        click.echo(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


def _releases(course: Path) -> Iterator[tuple[str, Path, dict[str, bytes]]]:
    from autograder.course.assignments import read_course
    from autograder.release.files import release as release_of
    from autograder.sandbox.observe import Sandbox

    with Sandbox() as sandbox:
        for assignment in read_course(course):
            folder = course / "assignments" / assignment.name
            yield assignment.name, folder, release_of(sandbox.observe, assignment, folder)


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="Measure the checks too: mutants, margins, false alarms.")
@click.option("--fast", is_flag=True, help="Measure, with mutants on two seeds and correct work on one.")
@click.option(
    "--seeds", type=click.IntRange(1), help="How many seeds correct work is run on.  [default: 1000; fast: 1]"
)
@SEED
@click.option(
    "--python", "pythons", multiple=True, help="Another interpreter to run correct work with, for the margins."
)
@click.option("--only", help="Try only behavioural mutants, of these kinds: domain,state,float32.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/audit"), show_default=True)
@WORKERS
@COURSE
def audit(
    ids: tuple[str, ...],
    whole: bool,
    fast: bool,
    seeds: int | None,
    seed: int | None,
    pythons: tuple[str, ...],
    only: str | None,
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
    from autograder.course.problem import CourseError
    from autograder.expected import observe_answers
    from autograder.sandbox.observe import Sandbox
    from autograder.seed import Seed

    def say(name: str, faults: Sequence[str]) -> None:
        click.echo(f"{name}: {f'{len(faults)} things do not hold' if faults else 'all holds'}")
        for fault in faults:
            click.echo(f"  {fault}")

    problems = [part for problem in open_course(course).problems() for part in problem.parts]
    if unknown := set(ids) - {problem.id for problem in problems}:
        raise CourseError(f"no problem {min(unknown)}; there are {', '.join(p.id for p in problems)}")
    chosen = [problem for problem in problems if not ids or problem.id in ids]
    if seed is not None:
        chosen = [replace(problem, official=Seed.numbered(seed)) for problem in chosen]
    bad = False
    if not (whole or fast or seeds or pythons or only):
        from autograder.audit.specimens import audit as specimens_of

        with Sandbox() as sandbox:
            for problem in chosen:
                answers = observe_answers(sandbox.observe, problem, problem.seed)
                faults = list(specimens_of(sandbox.observe, problem, answers, problem.seed))
                bad |= bool(faults)
                say(problem.id, faults)
        sys.exit(bad)
    for python in pythons:
        if shutil.which(python) is None:
            raise click.BadParameter(f"{python} is no program that can be started", param_hint="--python")
    try:
        # They need the extra `staff`, which students and graders may lack.
        from autograder.audit.luck import try_behaviour
        from autograder.audit.measure import measure_all
        from autograder.audit.page import print_audit, write_audit
    except ModuleNotFoundError as error:
        raise CourseError(f"an audit needs the package {error.name}; install the extra `staff`") from None
    console, found = screen(), []
    shown = partial(Progress, console)
    count = seeds or (1 if fast else 1000)
    if only:
        for name, counts, faults in try_behaviour(chosen, workers, shown, count, only.split(","), out / "seeds"):
            click.echo(f"{name}, behavioural mutants: {counts}")
            say(name, faults)
            bad |= bool(faults)
        sys.exit(bad)
    for each in measure_all(
        chosen, course, workers, shown, fast=fast, seeds=count, pythons=pythons, kept=out / "seeds"
    ):
        say(each.problem, each.faults)
        found.append(each)
    write_audit(found, out)
    print_audit(console, found)
    console.print(f"Pages: {out}/index.html and audit.json")
    sys.exit(any(each.faults for each in found))
