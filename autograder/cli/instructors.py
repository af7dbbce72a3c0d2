"""The commands of instructors: ``new-term``, ``grade``, ``export``, ``output``, ``diff`` and ``doctor``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.screen import COURSE, Tally, progress, screen
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
    before = {name: key for name, path in paths.items() if (key := read_key(path))}
    bad = only_check and len(before) < len(paths)
    if only_check:
        for name in paths.keys() - before.keys():
            click.echo(f"{paths[name]} has no `key` that can be used")
    else:
        renew(paths.values())
        for path in paths.values():
            click.echo(f"{path}: a new key")
    try:
        found = history(course, before)
    except NoHistoryError as error:
        click.echo(f"no history was looked through: {error}")
    else:
        exposed = [one for one in found.exposed if one.assignment in paths]
        for one in exposed:
            latest = one.key == before.get(one.assignment)
            bad |= only_check and latest
            which = "the key so far" if latest else "an earlier key"
            click.echo(
                f"warning: {one.assignment}: {which} was committed together with "
                f"assignments/{one.assignment}, in {pluralize(one.commits, 'commit')}, the first {one.commit[:12]}: "
                "whoever has that commit can compute the official inputs that followed from it"
            )
        if not exposed:
            where = "in the repository's history" if found.whole else "in what a shallow clone has of the history"
            click.echo(f"no key was committed together with its release, {where}")
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
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")
@click.option("--seed", type=click.IntRange(0), help="On the inputs of this number instead of the official run's.")
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
    from autograder.gradebook.store import STORE_FILE, Store
    from autograder.submissions.reading import find_class, keep_apart, loose_files

    console = screen()
    problems = open_course(course).problems(*names)
    if seed is None:
        for problem in problems:
            problem.seed  # noqa: B018  an assignment without a key is refused before anything is made
    out = out or (GRADES if submissions else SAMPLE_GRADES)
    keep_apart(submissions or SAMPLE_CLASS, out)
    if submissions is not None:
        find_class(submissions)
    with Store(out / STORE_FILE) as store:  # a second grader is refused before the sample class is touched
        if submissions is None:
            from autograder.cli.sample import sample_class, see_no_class

            see_no_class(store)
    with ExitStack() as stack:
        trained: Mapping[str, Answers] = {}
        if submissions is None:
            submissions = SAMPLE_CLASS
            trained = stack.enter_context(sample_class(problems, submissions, workers))
            console.print(f"No submissions named: grading a sample class, written to {submissions}.")
        tally, total = Tally(loose_files(submissions)), len(find_class(submissions))
        tally.warn(console)
        shown = stack.enter_context(progress(console, total, "graded"))

        def told(said: str) -> None:
            console.print(said, highlight=False)
            shown.start()

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
    from autograder.sandbox.guarantees import GUARANTEES, sentences
    from autograder.text import sanitize

    enforced, outcomes = try_guarantees()
    table = Table("promised of student code", "kept here", "by what", show_lines=True)
    for guarantee in GUARANTEES:
        by = ", ".join(layer for layer in guarantee.layers if layer in enforced.held)
        tried = [outcome.kept for outcome in outcomes if outcome.attempt.guarantee is guarantee]
        kept = all(tried) and not [*guarantee.unmet(enforced.held)]
        table.add_row(guarantee.says, "yes" if kept else "no", "\n".join(filter(None, (by, guarantee.always))))
    Console().print(table)
    for layer, sentence in sentences(enforced).items():
        click.echo(f"{layer}: {sentence}")
    click.echo(f"tried in vain to {', '.join(one.attempt.what for one in outcomes if one.kept)}")
    broken = [outcome for outcome in outcomes if not outcome.kept]
    for clause in enforced.lacks:
        click.echo(f"not enforced here: {clause}")
    for outcome in broken:
        click.echo(f"not kept here: tried to {outcome.attempt.what}: {outcome.how} ({sanitize(outcome.said)})")
    if not enforced.lacks and not broken:
        click.echo("Every promise is kept.")
    sys.exit(bool(enforced.lacks or broken))
