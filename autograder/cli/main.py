"""The command ``autograder``: the group of all commands, and the status and the line with which an error ends them."""

from __future__ import annotations

import os
import sys
import warnings

import click

from autograder import Error, __version__

# Above every verdict's code (sysexits.h): wrong usage, and work left over that the same command continues.
EXIT_USAGE = 64
EXIT_UNFINISHED = 75
# The status that shells give a command ended by Ctrl-C.
EXIT_INTERRUPTED = 130

STUDENTS = ("check", "codes", "pack")
STAFF = ("audit", "diff", "dist", "doctor", "export", "grade", "new-term", "output", "release")

# Click's own 2 is a verdict's code.
click.UsageError.exit_code = EXIT_USAGE


class Commands(click.Group):
    """All commands; the module of a command is imported when it is called, so that a student's check starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List the names of the commands."""
        return sorted((*STUDENTS, *STAFF))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command by its name."""
        commands: dict[str, click.Command] = {}
        if cmd_name in STUDENTS:
            from autograder.cli import students

            commands = vars(students)
        elif cmd_name in STAFF:
            from autograder.cli import staff

            commands = vars(staff)
        return commands.get(cmd_name.replace("-", "_"))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # of an encoding that may lack our signs
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("autograder: interrupted", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except Exception as error:
            from autograder.gradebook.faults import of_machine

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
