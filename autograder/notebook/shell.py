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
import builtins
import getpass
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, NoReturn

import matplotlib as mpl
import matplotlib_inline.backend_inline  # noqa: F401  here, and not in every run
import numpy as np
from IPython.core.error import StdinNotImplementedError
from traitlets.config import Config

import autograder
from autograder.notebook import chance
from autograder.notebook.abroad import PROGRAMS_PRINT, name_more, settle
from autograder.notebook.elsewhere import Colab, ask_no_list_of_libraries, lock_threads_alone, stay_within
from autograder.notebook.figure_metadata import watch
from autograder.notebook.interpreter import CELL_FILES, NO_PROCESS, Compiler, Profile, Shell, file_of
from autograder.notebook.outputs import Outputs, Stream
from autograder.wire import MAX_FRAMES, Ending, Failure, Frame, Observation, encode
from autograder.worker.failures import MAX_MESSAGE_CHARACTERS, limit_reached
from autograder.worker.job import NotebookJob
from autograder.worker.run import do_nothing, link, plain_values, write

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


def run(job: NotebookJob, folder: str, send: Callable[[bytes], None]) -> None:
    """Do a job in a folder: a message before there is any student code, one for each cell, and one at the end."""
    outputs = Outputs(int(job.limits["cell_bytes"]))
    try:
        if job.abroad:
            folder = settle(folder, lambda file: file.startswith(CELL_FILES))
        shell = _begin(job, folder, outputs)
    except Exception as error:
        # No student code has run: the reader makes it a fault of the autograder.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    asyncio.run(_run_cells(shell, job, folder, send))
    send(encode(Observation("", len(job.cells), "returned")))


def _begin(job: NotebookJob, folder: str, outputs: Outputs) -> Any:
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
    sys.dont_write_bytecode = not job.abroad
    for name in autograder.__all__:
        setattr(autograder, name, do_nothing)
    builtins.input = getpass.getpass = _nobody
    os.system = _no_program  # type: ignore[assignment]
    # What libraries tell of themselves is another version's on another machine.
    builtins.help = np.show_runtime = np.info = _silent  # type: ignore[assignment]
    vars(np.__config__)["print"] = _silent
    chance.begin(job.seed)
    settings = Config()
    settings.HistoryManager.enabled = False  # a file, and a thread that writes it
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.separate_out2 = ""
    # By this, code finds out whether it is in a kernel.
    settings.IPKernelApp.connection_file = ""
    shell: Any = Shell.instance(
        outputs=outputs,
        programs_print=PROGRAMS_PRINT if job.abroad else (),
        config=settings,
        ipython_dir=folder,
        profile_dir=Profile(location=folder),
        compiler_class=Compiler,
    )
    for name in PROGRAMS:
        shell.register_magic_function(_no_process, "line_cell", name)
    sources = dict(job.cells)
    sys.meta_path.append(Colab(lambda: (file_of(shell.compile.label), sources.get(shell.compile.label, ""))))
    stay_within(folder)
    ask_no_list_of_libraries()
    for name in LISTS:
        shell.register_magic_function(_silent, "line", name)
    shell.set_hook("show_in_pager", _silent)
    mpl.use(INLINE)
    # A kernel is told by its environment which one to use, and has this still.
    mpl.rcParams["backend_fallback"] = True
    shell.enable_matplotlib("inline")
    # No notebook has said so yet; one that has sees figures where `%run` has drawn none.
    shell.magics_manager.registry["ExecutionMagics"].default_runner = None
    if job.abroad:
        name_more(shell.user_ns)
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


async def _run_cells(shell: Any, job: NotebookJob, folder: str, send: Callable[[bytes], None]) -> None:
    left = int(job.limits["returned_bytes"])
    for number, (label, source) in enumerate(job.cells):
        observation = await _run_cell(shell, job, folder, number, label, source)
        if observation.ending == "returned":
            # Now: what a later cell makes of these names is another matter.
            values = _values(shell, [what for what, after in job.wanted if after == number], left)
            left -= sum(getattr(value, "nbytes", 0) for value in values.values())
            observation = replace(observation, values={**values, **observation.values})
        send(encode(observation))


async def _run_cell(shell: Any, job: NotebookJob, folder: str, number: int, label: str, source: str) -> Observation:
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


def _failure_of(error: BaseException, job: NotebookJob, folder: str, label: str) -> tuple[Ending, Failure]:
    """How a cell ended that raised, and the lines of the notebook and of the student's modules that it went through."""
    try:
        message = str(error)[: 2 * MAX_MESSAGE_CHARACTERS].replace(folder, ".")[:MAX_MESSAGE_CHARACTERS]
    except BaseException:
        message = "(its message could not be read)"
    frames = _frames(error.__traceback__, job, folder)
    if isinstance(error, SyntaxError) and error.filename == file_of(label):
        source = dict(job.cells)[label]
        frames = [Frame(label, (error.lineno or 0) + _empty_lines(source), "", (error.text or "").strip()[:200])]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message, tuple(frames[-MAX_FRAMES:]))
    if limit := limit_reached(error, job.limits):
        return "exhausted", Failure("", limit, failure.frames)
    if isinstance(error, ModuleNotFoundError) and error.name == job.module:
        return "missing", Failure("", f"{job.module}.py was not handed in", failure.frames)
    if isinstance(error, NotImplementedError) and not isinstance(error, StdinNotImplementedError):
        return "missing", failure
    return "raised", failure


def _frames(trace: TracebackType | None, job: NotebookJob, folder: str) -> list[Frame]:
    given = {os.path.join(folder, f"{name}.py") for name in job.given}
    # IPython takes away the empty lines that a cell begins with; in the notebook they are there.
    cells = {file_of(label): (label, source.splitlines(), _empty_lines(source)) for label, source in job.cells}
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


def _nobody(*_: object, **__: object) -> NoReturn:
    raise StdinNotImplementedError(NO_INPUT)


def _no_process(*_: object) -> None:
    sys.stderr.write(NO_PROCESS)


def _no_program(_: object) -> int:
    _no_process()
    return 0


def _silent(*_: object, **__: object) -> None:
    """Show nothing: help is a pager's, whose text few front ends keep, and these lists are of the machine."""
