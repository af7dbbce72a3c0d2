"""The command ``autograder``: the group of all commands, how errors end them, and the commands of students."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder import Error, __version__
from autograder.codes import MEANINGS

if TYPE_CHECKING:
    from autograder.authoring import Check, Finding

# Above every verdict's code (sysexits.h): wrong usage, and work left over that the same command continues.
EXIT_USAGE = 64
EXIT_UNFINISHED = 75
# The status that shells give a command ended by Ctrl-C.
EXIT_INTERRUPTED = 130

STAFF = ("audit", "diff", "dist", "doctor", "export", "grade", "new-term", "output", "release")

# Click's own 2 is a verdict's code.
click.UsageError.exit_code = EXIT_USAGE


# Signs that a console's encoding may lack (cp1252 has no marks), in plain ones.
_PLAIN = {
    "✓": "+", "✗": "x", "◐": "~", "·": ".", "–": "-", "─": "-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "→": "->",
    "½": "1/2", "²": "^2", "ᵀ": "^T", "‖": "||", "√": "sqrt",
}  # fmt: skip


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  nothing else is asked for
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode() for one in lacking), error.end


class Commands(click.Group):
    """All commands; those of staff are imported when one is called, so that a student's check starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands."""
        return sorted((*super().list_commands(ctx), *STAFF))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name."""
        if cmd_name not in STAFF:
            return super().get_command(ctx, cmd_name)
        from autograder.cli import staff

        command: click.Command = vars(staff)[cmd_name.replace("-", "_")]
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        codecs.register_error("signs", _in_plain_signs)
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # of an encoding that may lack our signs
                stream.reconfigure(errors="signs")
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("autograder: interrupted", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and not (error.name or "autograder").startswith("autograder"):
                from autograder.text import missing

                click.echo(f"autograder: {missing(error)}", err=True)
                sys.exit(EXIT_USAGE)
            from autograder.gradebook.store import of_machine

            if said := of_machine(error):
                click.echo(f"autograder: {said}, and give the same command again", err=True)
                sys.exit(EXIT_UNFINISHED)
            if isinstance(error, Error):
                click.echo(f"autograder: {error}", err=True)
                sys.exit(EXIT_USAGE)
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade machine-learning homework: probe the student's module and the reference alike, and compare."""
    # Libraries warn about a student's values, and verdicts tell those. As the first filter of all threads, so that no
    # environment variable turns a warning into an error.
    warnings.simplefilter("ignore")
    # Before NumPy is loaded: predicates compute the same on any number of cores, and leave the cores to the runs.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from autograder.student.environment import other_package

    if other := other_package():
        click.echo(
            f"autograder: warning: {other} is installed, another program with this name, import and command; run "
            "`python -m pip uninstall autograder`, and install ml-autograder again where it was installed",
            err=True,
        )


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help="Check again whenever a module is saved, until Ctrl-C.")
@click.option("--case", metavar="CHECK", help="Write case_CHECK.py, a script of this check, to debug; check nothing.")
@click.option("--force", is_flag=True, help="Write it also in place of one that is there.")
def check(paths: Sequence[Path], watch: bool, case: str | None, force: bool) -> None:
    """Check modules at PATHS (files, or an assignment's folder) the way the official run does.

    The exit status is the code of the first problem that isn't right, and 0 when all are.
    """
    from autograder.student.check import assignment_in, check_again, check_file, find

    if case is not None:
        _write_case(paths, case, force)
        return
    targets = []
    for path in paths:
        if path.is_dir():
            targets += [(problem, path) for problem in assignment_in(path).problems]
        else:
            targets.append((find(path.parent, path.stem), path.parent))
    if watch:
        for reports in check_again(targets, _saves({folder for _, folder in targets})):
            click.clear()
            for checked in reports:
                click.echo(f"{checked.text(_width())}\n")
            click.echo("Waiting for the next save; Ctrl-C ends it.")
        sys.exit(0)
    status = 0
    for problem, folder in targets:
        checked = check_file(problem, folder, judged=_Judged())
        click.echo(f"{checked.text(_width())}\n")
        status = status or checked.code
    sys.exit(status)


def _width() -> int:
    from autograder.report import WIDTH

    return max(min(shutil.get_terminal_size((WIDTH, 0)).columns, WIDTH), 40)


class _Judged:
    """Shows a line for each check as it is judged, in a terminal, once the work takes long."""

    def __init__(self) -> None:
        self._begins = time.monotonic() + 1.0
        self._lines: list[str] = []

    def __call__(self, check: Check, findings: Sequence[Finding]) -> None:
        said = f": {findings[0].message.splitlines()[0]}" if findings else ""
        self._lines.append(f"{'✗' if findings else '✓'} {check.name}{said}"[: _width()])
        if sys.stderr.isatty() and time.monotonic() >= self._begins:
            click.echo("\n".join(self._lines), err=True)
            self._lines = []


def _write_case(paths: Sequence[Path], check: str, force: bool) -> None:
    from autograder.student.case import case
    from autograder.student.script import script

    if len(paths) != 1 or paths[0].is_dir():
        raise click.UsageError(f"--case {check} is of one module: name its file")
    folder = paths[0].parent
    made = case(paths[0].stem, check, folder=folder)
    path = folder / f"case_{check}.py"
    if path.exists() and not force:
        raise click.BadParameter(
            f"{path} is there already; rename it, or add --force to replace it", param_hint="--case"
        )
    text, arrays = script(made)
    try:
        path.write_text(text, "utf-8")
        if arrays:
            path.with_suffix(".npz").write_bytes(arrays)
    except OSError as error:
        raise click.BadParameter(f"{path} can't be written: {error.strerror}", param_hint="--case") from None
    click.echo(f"{path} makes the calls of `{check}`, draw {made.draw + 1} of {made.check.draws}: python {path.name}")


def _saves(folders: Iterable[Path]) -> Iterator[object]:
    from autograder.course.problem import CourseError

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


@main.command()
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip.  [default: ASSIGNMENT-hand-in.zip in FOLDER]",
)
def pack(folder: Path, out: Path | None) -> None:
    """Put what is handed in of the assignment in FOLDER (here, by default) into a zip.

    Says what is missing, what your own check gives, and which notebook was not run in order or shows what older code
    gave. These are warnings: the zip is written all the same.
    """
    from zipfile import is_zipfile

    from autograder.report import scored
    from autograder.student.pack import pack as packed_from
    from autograder.text import line

    if out is not None and out.exists() and not is_zipfile(out):
        raise click.BadParameter(f"{out} is there and no zip, and would be lost; name another file", param_hint="--out")
    packed = packed_from(folder)
    for report in packed.reports:
        click.echo(f"{report.problem}: {scored(report, ' in your own check')}")
    for warning in packed.warnings:
        click.echo(f"warning: {line(warning)}")
    path = out or folder / f"{packed.assignment}-hand-in.zip"
    try:
        path.write_bytes(packed.as_zip())
    except OSError as error:
        raise click.BadParameter(f"{path} can't be written: {error.strerror}", param_hint="--out") from None
    advice = "it can be handed in as it is, better when the warnings are gone" if packed.warnings else "hand it in"
    click.echo(f"{path} holds {', '.join(sorted(packed.files))}; {advice}")


@main.command()
def codes() -> None:
    """Explain the codes: what each means and what to try."""
    from rich.console import Console
    from rich.table import Table

    table = Table("code", "name", "what it means", "what to try", show_lines=True)
    for code, told in MEANINGS.items():
        table.add_row(str(code), told.name, told.meaning, told.advice)
    Console().print(table)
