"""The command ``autograder``: the group of all commands, its errors, Ctrl-C, and closed pipes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from autograder import Error, __version__
from autograder.cli import EXIT_INTERRUPTED, EXIT_UNFINISHED, EXIT_USAGE

STUDENTS = ("check", "codes", "pack")
INSTRUCTORS = ("diff", "doctor", "export", "grade", "new-term", "output")
AUTHORS = ("audit", "dist", "release")

# Click's own 2 is a verdict's code.
click.UsageError.exit_code = EXIT_USAGE


class Commands(click.Group):
    """All commands; the module of a command is imported when it is called, so that a student's check starts fast.

    A command that can't begin, or is interrupted, ends with one line and a status that is no verdict's code.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List the names of the commands."""
        return sorted((*STUDENTS, *INSTRUCTORS, *AUTHORS))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command by its name."""
        commands: dict[str, click.Command] = {}
        if cmd_name in STUDENTS:
            from autograder.cli import students

            commands = vars(students)
        elif cmd_name in INSTRUCTORS:
            from autograder.cli import instructors

            commands = vars(instructors)
        elif cmd_name in AUTHORS:
            from autograder.cli import authors

            commands = vars(authors)
        return commands.get(cmd_name.replace("-", "_"))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with forgiving(), interruptible():
            try:
                return super().invoke(ctx)
            except (SystemExit, click.ClickException, click.exceptions.Exit):
                raise  # the usual ends, which Click shows
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


class _Outlet:
    """A standard stream whose failure stops no command.

    After the first failed write (`| head -1`, a full disk), the rest of the output is dropped.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> _Outlet:
        return _Outlet(self._stream.buffer)

    def write(self, said: Any) -> int:
        try:
            return int(self._stream.write(said))
        except OSError:
            self._give_up()
            return len(said)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        # At the descriptor: other users of the stream, such as the interpreter when it ends, must not fail either.
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            self._stream.flush()


@contextmanager
def forgiving() -> Iterator[None]:
    """Make standard output and error accept every character, and never fail."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next opened file would get this number
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    streams = sys.stdout, sys.stderr
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = (stream and _Outlet(stream) for stream in streams)
    try:
        yield
    finally:
        for outlet in (sys.stdout, sys.stderr):
            if outlet:
                outlet.flush()
        sys.stdout, sys.stderr = streams


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first Ctrl-C, so that the command can clean up; end at once at the second."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield  # the caller has a handler of its own, or ignores Ctrl-C
        return

    def first(number: int, frame: FrameType | None) -> None:
        # Runs notice that the grader is gone, and end.
        signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is first:
            signal.signal(signal.SIGINT, before)  # after a Ctrl-C the second handler stays to the end
