"""The command line: the group of all commands, and how it ends where one could not begin.

The commands themselves are in :mod:`autograder.cli`, by who gives them.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import UserDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import click

from autograder.cli.terminal import EXIT_INTERRUPTED, EXIT_UNFINISHED, forgiving, interruptible

# Beyond every verdict's number: the call's words are off (sysexits.h, EX_USAGE).
EXIT_USAGE = 64


class Commands(UserDict[str, Callable[[], ModuleType]]):
    """Commands, by what imports the module each is in: a student's check waits for nothing of the instructors'."""

    def __getitem__(self, name: str) -> click.Command:
        command: click.Command = getattr(self.data[name](), name.replace("-", "_"))
        return command


def _of_students() -> ModuleType:
    from autograder.cli import students

    return students


def _of_instructors() -> ModuleType:
    from autograder.cli import instructors

    return instructors


def _of_authors() -> ModuleType:
    from autograder.cli import authors

    return authors


COMMANDS = Commands(
    {
        **dict.fromkeys(("check", "codes", "pack"), _of_students),
        **dict.fromkeys(("diff", "doctor", "grade", "new-term", "printed", "rebuild"), _of_instructors),
        **dict.fromkeys(("audit", "dist", "release"), _of_authors),
    }
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
        with forgiving(), interruptible():
            try:
                return super().invoke(ctx)
            except SystemExit:
                raise  # the usual end; the next but one would import what it names
            except KeyboardInterrupt:
                click.echo("autograder: interrupted", err=True)
                sys.exit(EXIT_INTERRUPTED)
            except _told() as error:
                click.echo(f"autograder: {error}", err=True)
                sys.exit(EXIT_USAGE)
            except click.UsageError as error:
                error.show()
                sys.exit(EXIT_USAGE)
            except Exception as error:
                from autograder.gradebook.faults import of_machine

                if not (said := of_machine(error)):
                    raise
                click.echo(f"autograder: {said}, and give the same command again", err=True)
                sys.exit(EXIT_UNFINISHED)


def _told() -> tuple[type[Exception], ...]:
    """What a command ends with that could not begin: said in a line, without a traceback."""
    from autograder.course.pages import CourseError
    from autograder.gradebook.lock import LockedError
    from autograder.gradebook.store import StoreError
    from autograder.sandbox.observe import SandboxError
    from autograder.submissions.reading import ClassError

    return CourseError, ClassError, LockedError, SandboxError, StoreError


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    from importlib import metadata

    if asked:
        try:
            version = metadata.version("ml-autograder")
        except metadata.PackageNotFoundError:
            version = "of an assignment's zip"  # where it lies beside the modules, and nobody has installed it
        click.echo(f"autograder, version {version}")
        ctx.exit()


@click.group(cls=Command, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def main() -> None:
    """Grade machine-learning homework: probe the student's module and the reference alike, and compare."""
    # Of what libraries warn of, a student's values or text are the cause, and verdicts tell it. In all threads: a block
    # of filters is no thread's own. It is the first filter, so that no environment makes an error of a warning.
    warnings.simplefilter("ignore")
    # Read when NumPy is loaded, which is after this. What predicates compute is the same whatever the number of cores,
    # and the grader doesn't take from the runs the cores that they are to have.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
