"""The command line: ``autograder grade``, ``check``, ``pack``, ``release``, ``dist``, ``audit`` and ``codes``.

Each command imports what it needs when it is called: a student who asks for a check waits for nothing else.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder import codes

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.cluster import Cluster
    from autograder.problem import Assignment, Problem
    from autograder.report import Report
    from autograder.wire import Observation

# Of what is written to a file or a pipe, where nobody says how wide it is.
LOG_WIDTH = 160
# Beyond every verdict's number: the call's words are off (sysexits.h, EX_USAGE).
EXIT_USAGE = 64

_COURSE = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder that holds solutions/; the working directory by default.",
)


class Command(click.Group):
    """A group whose errors of usage and of a course's files end with a line and a status that is no verdict."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the words before a command's name."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            error.show()
            sys.exit(EXIT_USAGE)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SystemExit:
            raise  # the usual end; the next line would import what it names
        except _told() as error:
            click.echo(f"autograder: {error}", err=True)
            sys.exit(EXIT_USAGE)
        except click.UsageError as error:
            error.show()
            sys.exit(EXIT_USAGE)


def _told() -> tuple[type[Exception], ...]:
    """What a command ends with that could not begin: said in a line, without a traceback."""
    from autograder.problem import CourseError
    from autograder.sandbox import SandboxError
    from autograder.store import StoreError
    from autograder.submissions import ClassError

    return CourseError, ClassError, SandboxError, StoreError


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="autograder")
def main() -> None:
    """Grade machine-learning homework: probe the student's module and the reference alike, and compare."""
    # Read when NumPy is loaded, which is after this. What predicates compute is the same whatever the number of cores,
    # and the grader doesn't take from the runs the cores that they are to have.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@main.command()
@click.argument("submissions", required=False, type=click.Path(path_type=Path))
@click.option("--assignment", "names", multiple=True, help="Grade this assignment; all of the course by default.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/grades"), show_default=True)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")
@click.option("--seed", type=click.IntRange(0), help="Instead of the assignment's hidden seed.")
@click.option("--force", is_flag=True, help="Run again what has been graded already.")
@click.option("--weak-sandbox", is_flag=True, help="Grade even if this machine can't confine student code.")
@click.option("--scheduler", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://HOST:PORT of its scheduler.")
@_COURSE
def grade(
    submissions: Path | None,
    names: tuple[str, ...],
    out: Path,
    workers: int,
    seed: int | None,
    force: bool,
    weak_sandbox: bool,
    scheduler: str | None,
    course: Path,
) -> None:
    """Grade a folder of SUBMISSIONS; without one, a sample class that is made for it.

    Writes OUT/grades.csv and OUT/<student>/report.json and report.txt. The status is 0 when everything was judged.
    """
    from autograder.gradebook import grade_class, prepare, threads
    from autograder.progress import Tally, progress
    from autograder.sample import run_notebooks, write_sample_class
    from autograder.store import STORE_FILE, Store
    from autograder.submissions import find_class

    console = _console()
    problems = _problems(_assignments(course, names))
    if submissions is None:
        submissions = Path("build/sample-class")
        if submissions.exists():
            shutil.rmtree(submissions)
        count = write_sample_class(problems, submissions, run_notebooks(problems, workers))
        console.print(f"No submissions named: grading a sample class of {count}, written to {submissions}.")
    handed_in = find_class(submissions)
    with ExitStack() as stack:
        private = (submissions, out)
        cluster = stack.enter_context(_cluster(scheduler, problems, private, weak_sandbox)) if scheduler else None
        console.print(f"Observing the references and known mistakes of {len(problems)} problems.")

        def observed(problem: Problem) -> None:
            console.print(f"observed {problem.id}", highlight=False)

        with Store(out / STORE_FILE) as store:
            grader = prepare(
                problems,
                seed,
                workers,
                weak=weak_sandbox,
                private=private,
                lacks=cluster.lacks if cluster else None,
                store=store,
                done=observed,
            )
        tally = Tally()

        def done(report: Report) -> None:
            tally.add(report)
            advance(report)

        desks = cluster.desks(grader) if cluster else threads(grader, workers)
        with progress(console, len(handed_in), "graded") as advance:
            grade_class(grader, handed_in, out, desks, done, force=force)
    tally.show(console)
    console.print(f"Reports: {out}/<student>/report.txt and report.json; scores: {out}/grades.csv")
    sys.exit(codes.FAULTY_GRADER if tally.faults else 0)


def _cluster(
    address: str, problems: Sequence[Problem], private: Sequence[Path], weak: bool
) -> AbstractContextManager[Cluster]:
    """The cluster at an address, found fit for the problems."""
    from autograder.problem import CourseError

    try:
        from autograder.cluster import connect
    except ModuleNotFoundError as error:
        raise CourseError(f"--scheduler needs the package {error.name}; install the extra `cluster`") from None
    return connect(address, problems, private=private, weak=weak)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/grades"), show_default=True)
def rebuild(out: Path) -> None:
    """Write grades.csv and the reports of the latest run again, out of the store in OUT."""
    from autograder.gradebook import rebuild as rebuild_reports

    click.echo(f"{rebuild_reports(out)} reports written to {out}")


@main.command()
@click.argument("student")
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/grades"), show_default=True)
def printed(student: str, out: Path) -> None:
    """Show what STUDENT's code printed in the latest run in OUT: for staff, and in no report."""
    from autograder.gradebook import printed_by

    for line in printed_by(out, student):
        click.echo(line)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/grades"), show_default=True)
def diff(out: Path) -> None:
    """Say who gained or lost what, and why, from the run before the latest to the latest in OUT."""
    from autograder.diff import differences
    from autograder.report import shown
    from autograder.store import STORE_FILE, Store, StoreError

    with Store.existing(out / STORE_FILE) as store:
        runs = store.finished()
        if len(runs) < 2:
            held = "one whole run" if runs else "no whole run"
            raise StoreError(f"{out} holds {held}; a difference needs two: grade the class again")
        lines = 0
        for line in differences(store, *runs[-2:]):
            lines += 1
            click.echo(shown(line))
        click.echo(f"{lines} differences between run {runs[-2]} and run {runs[-1]}")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help="Check again whenever a module is saved, until Ctrl-C.")
def check(paths: Sequence[Path], watch: bool) -> None:
    """Check modules at PATHS (files, or an assignment's folder) the way the official run does.

    The exit status is the code of the first problem that isn't right, and 0 when all are.
    """
    from autograder.report import problem_lines
    from autograder.student import check_again, check_file, find, problems_in

    targets = []
    for path in paths:
        targets += (
            [(p, path) for p in problems_in(path)] if path.is_dir() else [(find(path.parent, path.stem), path.parent)]
        )
    if watch:
        saves = _saves({folder for _, folder in targets})
        for reports in check_again(targets, saves):
            click.clear()
            for report in reports:
                click.echo("\n".join([*problem_lines(report), ""]))
            click.echo("Waiting for the next save; Ctrl-C ends it.")
        sys.exit(0)
    reports = []
    for problem, folder in targets:
        reports.append(check_file(problem, folder))
        click.echo("\n".join([*problem_lines(reports[-1]), ""]))
    sys.exit(next((report.code for report in reports if report.code != codes.SUCCESS), 0))


def _saves(folders: Iterable[Path]) -> Iterator[object]:
    """Something for each time that modules in the folders are saved; its end is Ctrl-C."""
    from autograder.problem import CourseError

    try:
        import watchfiles
    except ModuleNotFoundError:
        raise CourseError("--watch needs the package watchfiles: python -m pip install watchfiles") from None
    return watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: path.endswith(".py"),
        recursive=False,
        step=20,  # milliseconds of quiet after a save; editors write twice
        rust_timeout=60_000,
        raise_interrupt=False,
    )


@main.command("pack")
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip.  [default: ASSIGNMENT-hand-in.zip in FOLDER]",
)
def pack_command(folder: Path, out: Path | None) -> None:
    """Put what is handed in of the assignment in FOLDER (here, by default) into a zip.

    Says what is missing, what your own check gives, and which notebook was not run in order or shows what older code
    gave. These are warnings: the zip is written all the same.
    """
    from zipfile import is_zipfile

    from autograder.pack import pack
    from autograder.report import shown

    if out is not None and out.exists() and not is_zipfile(out):
        raise click.BadParameter(f"{out} is there and no zip, and would be lost; name another file", param_hint="--out")
    packed = pack(folder)
    for report in packed.reports:
        click.echo(f"{report.problem}: {report.score:g} of {report.max_score:g} points in your own check")
    for warning in packed.warnings:
        click.echo(f"warning: {shown(warning)}")
    path = out or folder / f"{packed.assignment}-hand-in.zip"
    try:
        path.write_bytes(packed.as_zip())
    except OSError as error:
        raise click.BadParameter(f"{path} can't be written: {error.strerror}", param_hint="--out") from None
    rest = (
        "; hand it in" if not packed.warnings else "; it can be handed in as it is, better when the warnings are gone"
    )
    click.echo(f"{path} holds {', '.join(sorted(packed.files))}{rest}")


@main.command("release")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; say what is out of date, and exit with 1.")
@_COURSE
def release_command(only_check: bool, course: Path) -> None:
    """Make assignments/ out of solutions/."""
    from autograder.problem import read_course
    from autograder.release import differs, release, write
    from autograder.sandbox import Sandbox

    stale = False
    with Sandbox() as sandbox:
        for assignment in read_course(course):
            folder = course / "assignments" / assignment.name
            files = release(sandbox.observe, assignment, folder)
            if only_check:
                for sentence in differs(files, folder):
                    stale = True
                    click.echo(sentence, err=True)
            else:
                write(files, folder)
                click.echo(f"{folder}: {len(files)} files")
    sys.exit(stale)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("dist"), show_default=True)
@_COURSE
def dist(out: Path, course: Path) -> None:
    """Make the zips that students get, out of assignments/."""
    from autograder.problem import CourseError, read_course
    from autograder.release import as_zip, differs, release
    from autograder.sandbox import Sandbox

    out.mkdir(parents=True, exist_ok=True)
    for assignment in read_course(course):
        folder = course / "assignments" / assignment.name
        if not folder.is_dir():
            raise CourseError(f"{folder} does not exist; run `autograder release` first")
        with Sandbox() as sandbox:
            files = release(sandbox.observe, assignment, folder)
        if stale := list(differs(files, folder)):
            raise CourseError("\n".join(stale))
        path = out / f"{assignment.name}.zip"
        path.write_bytes(as_zip(files, assignment.name))
        click.echo(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="Measure the checks too: mutants, margins, false alarms.")
@click.option("--fast", is_flag=True, help="Measure, with mutants on two seeds and correct work on one.")
@click.option(
    "--seeds", type=click.IntRange(1), help="How many seeds correct work is run on.  [default: 1000; fast: 1]"
)
@click.option("--seed", type=click.IntRange(0), help="Instead of the assignment's hidden seed.")
@click.option(
    "--python", "pythons", multiple=True, help="Another interpreter to run correct work with, for the margins."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/audit"), show_default=True)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")
@_COURSE
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

    from autograder.problem import CourseError

    problems = _problems(_assignments(course, ()))
    if unknown := set(ids) - {problem.id for problem in problems}:
        raise CourseError(f"no problem {sorted(unknown)[0]}; there are {', '.join(p.id for p in problems)}")
    chosen = [problem for problem in problems if not ids or problem.id in ids]
    if seed is not None:
        chosen = [replace(problem, seed=seed) for problem in chosen]
    if whole or fast or seeds or pythons:
        faults = _measure(chosen, fast, seeds or (1 if fast else 1000), pythons, out, workers, course)
    else:
        faults = _specimens_hold(chosen)
    sys.exit(faults)


def _specimens_hold(problems: Sequence[Problem]) -> bool:
    """Say what does not hold of the specimens; whether anything does not."""
    from autograder.answers import observe_answers
    from autograder.audit.specimens import audit as audit_specimens  # not in what students get
    from autograder.sandbox import Sandbox

    faults = False
    with Sandbox() as sandbox:
        for problem in problems:
            answers = observe_answers(sandbox.observe, problem, problem.seed)
            sentences = list(audit_specimens(sandbox.observe, problem, answers, problem.seed))
            faults |= bool(sentences)
            _say(problem.id, sentences)
    return faults


def _say(name: str, sentences: Sequence[str]) -> None:
    click.echo(f"{name}: {'all holds' if not sentences else f'{len(sentences)} things do not hold'}")
    for sentence in sentences:
        click.echo(f"  {sentence}")


def _measure(
    problems: Sequence[Problem],
    fast: bool,
    seeds: int,
    pythons: Sequence[str],
    out: Path,
    workers: int,
    course: Path,
) -> bool:
    """Audit problems, and write what was found; whether anything does not hold."""
    from concurrent.futures import ThreadPoolExecutor

    from autograder.gradebook import sandboxes
    from autograder.problem import CourseError
    from autograder.sandbox import Sandbox

    try:
        # Late: what they import comes with the extra `staff`, which students and graders don't need.
        from autograder.audit.crew import Crew
        from autograder.audit.measure import measure, student_s
        from autograder.audit.page import print_audit, write_audit
    except ModuleNotFoundError as error:
        raise CourseError(f"an audit needs the package {error.name}; install the extra `staff`") from None
    others = {} if fast else {"with 2 BLAS threads": Sandbox(warm=False, blas_threads=2).observe}
    for python in pythons:
        # Runs start in folders of their own, where a path from here leads nowhere.
        if (program := shutil.which(python)) is None:
            raise click.BadParameter(f"{python} is no program that can be started", param_hint="--python")
        others[f"with {python}"] = Sandbox(warm=False, python=str(Path(program).absolute())).observe
    console = _console()
    found = []
    with sandboxes(weak=True) as sandbox, ThreadPoolExecutor(workers) as pool:  # all of it is staff's own code

        def observe(*asked: Any) -> Sequence[Observation]:
            return sandbox().observe(*asked)

        # As students run it, but where time is short: what a run says hangs on the worker, which is the same.
        own = observe if fast else Sandbox(warm=False).observe
        for problem in problems:
            released = _released(problem, course)
            home = student_s(released, own) if released else None
            crew = Crew(pool, console, problem.id)
            each = measure(observe, problem, crew, fast=fast, seeds=seeds, others=others, home=home, kept=out / "seeds")
            _say(problem.id, each.faults)
            found.append(each)
    write_audit(found, out)
    print_audit(console, found)
    console.print(f"Pages: {out}/index.html and audit.json")
    return any(each.faults for each in found)


def _released(problem: Problem, course: Path) -> Problem | None:
    """The problem as students get it; None where the course has no release of it."""
    from autograder.problem import read_assignment

    folder = course / "assignments" / problem.assignment
    if not (folder / "checks" / "assignment.toml").is_file():
        return None
    there = read_assignment(folder / "checks", folder.name, folder / "data").problems
    return next((one for one in there if one.id == problem.id), None)


@main.command()
def doctor() -> None:
    """Say what this machine enforces on student code, promise by promise, and how to get the rest.

    The status is 0 when every promise is kept.
    """
    from rich.console import Console
    from rich.table import Table

    from autograder.confine import REMEDIES
    from autograder.promises import PROMISES
    from autograder.sandbox import Sandbox

    enforced = Sandbox().enforced()
    table = Table(show_lines=True)
    for head in ("promised of student code", "kept here", "by what"):
        table.add_column(head)
    for promise in PROMISES:
        by = ", ".join(layer for layer in promise.layers if layer in enforced.held)
        unmet = "; ".join(promise.unmet(enforced.held))
        table.add_row(promise.says, f"no: {unmet}" if unmet else "yes", "\n".join(filter(None, (by, promise.always))))
    Console().print(table)
    for layer, remedy in REMEDIES.items():
        if layer in enforced.held:
            click.echo(f"{layer}: {enforced.held[layer]}")
        else:
            click.echo(f"no {layer} here ({enforced.missing.get(layer, '')}): {remedy}")
    for clause in enforced.lacks:
        click.echo(f"not enforced here: {clause}")
    if not enforced.lacks:
        click.echo("Every promise is kept.")
    sys.exit(bool(enforced.lacks))


@main.command("codes")
def codes_command() -> None:
    """Explain the codes: what each means and what to try."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=True)
    for head in ("code", "name", "what it means", "what to try"):
        table.add_column(head)
    for code in codes.CODES.values():
        table.add_row(str(code.number), code.name, code.meaning, code.advice)
    Console().print(table)


def _assignments(course: Path, names: Iterable[str]) -> tuple[Assignment, ...]:
    from autograder.problem import CourseError, read_course

    found = read_course(course)
    wanted = set(names)
    if unknown := wanted - {assignment.name for assignment in found}:
        there = ", ".join(assignment.name for assignment in found)
        raise CourseError(f"no assignment {sorted(unknown)[0]} in {course / 'solutions'}; there are {there}")
    return tuple(assignment for assignment in found if not wanted or assignment.name in wanted)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH, soft_wrap=True)


def _problems(assignments: Sequence[Assignment]) -> tuple[Problem, ...]:
    return tuple(problem for assignment in assignments for problem in assignment.problems)
