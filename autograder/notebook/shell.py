"""A notebook's cells, run as a Jupyter kernel runs them, beside the student's module: what runs beside student code.

In the place of a kernel's sockets stands one channel, out of which goes a message for each cell as soon as it has run:
an :class:`~autograder.wire.Observation` whose only value is the cell's outputs, as JSON in the form of nbformat. Cells
run in IPython's own shell, in a loop of asyncio as a kernel's do, so magics, rich display, figures and ``await`` are
those of a notebook. What needs another process or somebody at the keyboard says that there is none.

Like :mod:`autograder.worker.run`, it holds no answer. It is imported by servers of notebooks only; of ours it needs
what the worker is made of, and the description of figures.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import getpass
import json
import os
import random
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, NoReturn

import matplotlib as mpl
import matplotlib_inline.backend_inline  # noqa: F401  here, and not in every run
import numpy as np
from IPython.core import magics  # noqa: F401  the same
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from traitlets import Type
from traitlets.config import Config

import autograder
from autograder.notebook.abroad import PROGRAMS_PRINT, settle
from autograder.notebook.drawn import watch
from autograder.notebook.elsewhere import Colab, lock_threads_alone, stay_within
from autograder.notebook.outputs import Outputs, Stream
from autograder.wire import MAX_FRAMES, Ending, Failure, Frame, Observation, encode
from autograder.worker.failures import MAX_MESSAGE_CHARACTERS, limit_reached
from autograder.worker.job import Job
from autograder.worker.run import do_nothing, link, plain_values, write

NO_PROCESS = "no other program is run here: what the notebooks import is installed already, and the rest goes on\n"
NO_INPUT = "nobody is there to answer when the notebook is run for its grade: put the value into the cell"
INLINE = "module://matplotlib_inline.backend_inline"
# Magics that start another program, but for those that IPython hands to `system`.
PROGRAMS = ("bash", "sh", "script", "system", "sx", "perl", "ruby", "pip", "conda", "mamba", "uv")
# Magics that list what is there, of which much is the machine's or IPython's own.
LISTS = ("who", "whos", "history", "lsmagic", "alias", "dhist")
# What stands before a file's name where it is asked for in the place of a value, and before what is answered.
FILE = "file "
ANSWER = "= "


# As in a student's own kernel. Once, for all runs that are forked.
watch()
lock_threads_alone()


class Hook(DisplayHook):
    """What a cell's last line evaluates to becomes an output."""

    def write_output_prompt(self) -> None:
        """Write nothing: a notebook shows the number beside the output."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None) -> None:
        """Add the value's displays to the cell's outputs."""
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        shell: Any = self.shell
        shell.outputs.add({**output, "data": _plain(format_dict), "metadata": _plain(md_dict or {})})

    def finish_displayhook(self) -> None:
        """Do what is left, and write nothing."""
        self._is_active = False


class Publisher(DisplayPublisher):
    """What is displayed becomes an output."""

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *_: object,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **__: object,
    ) -> None:
        """Add to the cell's outputs, or change one of them."""
        display_id = (transient or {}).get("display_id")
        output = {"output_type": "display_data", "data": _plain(data), "metadata": _plain(metadata or {})}
        if update:
            self.shell.outputs.update(output, display_id)
        else:
            self.shell.outputs.add({**output, **({"display_id": display_id} if display_id else {})})

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002  IPython calls it so
        """Drop the cell's outputs."""
        self.shell.outputs.clear(wait=wait)


class Compiler(CachingCompiler):
    """Cells are files named for themselves."""

    label = "cell"

    def get_code_name(self, *_: object) -> str:
        """The name of the cell that runs."""
        return f"<{self.label}>"


class Profile(ProfileDir):
    """No profile: nobody's settings, and no folders of IPython's among the student's files."""

    def _mkdir(self, *_: object) -> bool:
        return False


class Shell(InteractiveShell):
    """IPython's shell, whose outputs are kept."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def __init__(self, outputs: Outputs, programs_print: Sequence[str], **settings: Any) -> None:
        self.outputs = outputs
        self.programs_print = programs_print
        self.failed: BaseException | None = None
        super().__init__(**settings)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: object = None) -> None:
        """There is no screen; a figure is shown as a picture."""

    def ask_exit(self) -> None:
        """End the process, as ``exit()`` ends a kernel."""
        os._exit(0)

    def showtraceback(self, exc_tuple: Any = None, *_: object, **__: object) -> None:
        """Add the exception to the cell's outputs."""
        kind, error, trace = self._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
        self._show_error(kind, error, trace)

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Add the exception to the cell's outputs."""
        self._show_error(*sys.exc_info())

    showindentationerror = showsyntaxerror

    def _show_error(self, kind: Any, error: Any, trace: TracebackType | None) -> None:
        self.failed = error
        try:
            lines = traceback.format_exception(kind, error, trace, limit=-MAX_FRAMES)
            said = str(error)
        except Exception:  # words of the student's own, that fail
            lines, said = [], "(its message could not be read)"
        said = said[:MAX_MESSAGE_CHARACTERS]
        self.outputs.add(
            {
                "output_type": "error",
                "ename": kind.__name__[:100],
                "evalue": said,
                "traceback": [line[:MAX_MESSAGE_CHARACTERS] for line in lines[-2 * MAX_FRAMES :]],
            }
        )

    def system(self, cmd: str) -> None:
        """Say that no program is run."""
        del cmd
        sys.stderr.write(NO_PROCESS)
        self.user_ns["_exit_code"] = 0

    system_piped = system_raw = system

    def getoutput(self, cmd: str, *_: object, **__: object) -> Any:
        """Say that no program is run; its output is empty, or another one abroad."""
        self.system(cmd)
        return SList(self.programs_print)


def run(job: Job, folder: str, send: Callable[[bytes], None]) -> None:
    """Do a job in a folder: a message before there is any student code, one for each cell, and one at the end."""
    outputs = Outputs(int(job.limits["cell_bytes"]))
    try:
        if job.seed:
            folder = settle(folder)
        shell = _begin(job, folder, outputs)
    except Exception as error:
        # No student code has run: the reader makes it a fault of the autograder.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    asyncio.run(_run_cells(shell, job, folder, send))
    send(encode(Observation("", len(job.cells), "returned")))


def _begin(job: Job, folder: str, outputs: Outputs) -> Any:
    """A shell in a folder that is laid out as the assignment's is."""
    os.chdir(folder)
    given = {f"{name}.py" for name in job.given}
    # The handed-out modules last, over any of those names that were handed in.
    for ours in (False, True):
        files = {name: content for name, content in job.files.items() if (name in given) is ours}
        write({name: content for name, content in files.items() if name.endswith(".py")})
    link(job.data)
    _lay({name: content for name, content in job.files.items() if not name.endswith(".py")})
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    for name in autograder.__all__:
        setattr(autograder, name, do_nothing)
    builtins.input = getpass.getpass = _nobody
    # Where a notebook sets no seed, one run must differ from another in nothing but this number.
    random.seed(job.seed)
    np.random.seed(job.seed)  # noqa: NPY002  the generator that the notebook may use
    settings = Config()
    settings.HistoryManager.enabled = False  # a file, and a thread that writes it
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.separate_out2 = ""
    shell: Any = Shell.instance(
        outputs=outputs,
        programs_print=PROGRAMS_PRINT if job.seed else (),
        config=settings,
        ipython_dir=folder,
        profile_dir=Profile(location=folder),
        compiler_class=Compiler,
    )
    for name in PROGRAMS:
        shell.register_magic_function(_no_process, "line_cell", name)
    sources = dict(job.cells)
    sys.meta_path.append(Colab(lambda: (f"<{shell.compile.label}>", sources.get(shell.compile.label, ""))))
    stay_within(folder)
    for name in LISTS:
        shell.register_magic_function(_silent, "line", name)
    shell.set_hook("show_in_pager", _silent)
    mpl.use(INLINE)
    shell.enable_matplotlib("inline")
    sys.stdout, sys.stderr = Stream(outputs, "stdout"), Stream(outputs, "stderr")
    return shell


def _lay(files: Mapping[str, bytes]) -> None:
    """Put what else was handed in beside the notebook, over nothing that is there."""
    for name, content in files.items():
        try:
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "xb") as file:
                file.write(content)
        except OSError:  # a name that is taken; what reads it fails, or reads what was given
            continue


async def _run_cells(shell: Any, job: Job, folder: str, send: Callable[[bytes], None]) -> None:
    left = int(job.limits["returned_bytes"])
    for number, (label, source) in enumerate(job.cells):
        observation = await _run_cell(shell, job, folder, number, label, source)
        if observation.ending == "returned":
            # Now: what a later cell makes of these names is another matter.
            values = _values(shell, [what for what, after in job.wanted if after == number], left)
            left -= sum(getattr(value, "nbytes", 0) for value in values.values())
            observation = replace(observation, values={**values, **observation.values})
        send(encode(observation))


async def _run_cell(shell: Any, job: Job, folder: str, number: int, label: str, source: str) -> Observation:
    """One cell, as a kernel runs it."""
    outputs = shell.outputs
    outputs.begin()
    shell.failed = None
    shell.compile.label = label
    error: BaseException | None = None
    try:
        transformed, broken = source, None
        try:
            transformed = shell.transform_cell(source)
        except Exception:
            broken = sys.exc_info()
        result = await shell.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=broken
        )
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
        error = result.error_before_exec or result.error_in_exec or shell.failed
    except BaseException as raised:  # KeyboardInterrupt, asyncio.CancelledError
        error = raised
        shell.showtraceback((type(raised), raised, raised.__traceback__))
    ending: Ending = "returned"
    failure = None
    if error is not None:
        ending, failure = _failure_of(error, job, folder, label)
    said = json.dumps({"outputs": outputs.take(), "clipped": outputs.clipped}, ensure_ascii=False)
    shown = said.encode("utf-8", "replace")
    return Observation(label, number, ending, {"outputs": np.frombuffer(shown, np.uint8)}, failure=failure)


def _failure_of(error: BaseException, job: Job, folder: str, label: str) -> tuple[Ending, Failure]:
    """How a cell ended that raised, and the lines of the notebook and of the student's modules that it went through."""
    try:
        message = str(error)[: 2 * MAX_MESSAGE_CHARACTERS].replace(folder, ".")[:MAX_MESSAGE_CHARACTERS]
    except BaseException:
        message = "(its message could not be read)"
    frames = _frames(error.__traceback__, job, folder)
    if isinstance(error, SyntaxError) and error.filename == f"<{label}>":
        source = dict(job.cells)[label]
        frames = [Frame(label, (error.lineno or 0) + _empty_lines(source), "", (error.text or "").strip()[:200])]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message, tuple(frames[-MAX_FRAMES:]))
    if limit := limit_reached(error, job):
        return "exhausted", Failure("", limit, failure.frames)
    if isinstance(error, ModuleNotFoundError) and error.name == job.module:
        return "missing", Failure("", f"{job.module}.py was not handed in", failure.frames)
    if isinstance(error, NotImplementedError) and not isinstance(error, StdinNotImplementedError):
        return "missing", failure
    return "raised", failure


def _frames(trace: TracebackType | None, job: Job, folder: str) -> list[Frame]:
    given = {os.path.join(folder, f"{name}.py") for name in job.given}
    # IPython takes away the empty lines that a cell begins with; in the notebook they are there.
    cells = {f"<{label}>": (label, source.splitlines(), _empty_lines(source)) for label, source in job.cells}
    frames = []
    for frame in traceback.extract_tb(trace):
        number = frame.lineno or 0
        if frame.filename in cells:
            # As it is written in the notebook: a magic is run as something else.
            label, lines, skipped = cells[frame.filename]
            number += skipped
            text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
            frames.append(Frame(label, number, frame.name, text[:200]))
        elif frame.filename.startswith(folder + os.sep) and frame.filename not in given:
            frames.append(Frame(os.path.basename(frame.filename), number, frame.name, (frame.line or "")[:200]))
    return frames


def _empty_lines(source: str) -> int:
    return source[: len(source) - len(source.lstrip())].count("\n")


def _values(shell: Any, asked: Sequence[str], left: int) -> dict[str, Any]:
    """What the grader asked for, as arrays, and files as bytes, so many in all; what can't be had is left out."""
    values: dict[str, Any] = {}
    for what in asked:
        try:
            if what.startswith(FILE):
                # As the cell has called it, wherever it was.
                with open(what.removeprefix(FILE), "rb") as file:
                    value: Any = np.frombuffer(file.read(left + 1), np.uint8)
            else:
                value = eval(what, shell.user_ns)  # noqa: S307  staff's words, on what is the student's
            one = plain_values({what: value}, left)
        except BaseException:  # noqa: S112  it is left out
            continue
        values[ANSWER + what] = one[what]
        left -= getattr(one[what], "nbytes", 0)
    return values


def _plain(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle of displays as JSON has it: bytes as base 64, what isn't JSON left out."""
    plain: dict[str, Any] = {}
    for kind, content in bundle.items():
        if isinstance(content, bytes):
            plain[str(kind)] = base64.b64encode(content).decode()
        else:
            try:
                json.dumps(content)
            except (TypeError, ValueError, RecursionError):
                continue
            plain[str(kind)] = content
    return plain


def _nobody(*_: object, **__: object) -> NoReturn:
    raise StdinNotImplementedError(NO_INPUT)


def _no_process(*_: object) -> None:
    sys.stderr.write(NO_PROCESS)


def _silent(*_: object, **__: object) -> None:
    """Show nothing: help is a pager's, whose text few front ends keep, and these lists are of the machine."""
