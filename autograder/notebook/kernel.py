"""A notebook's cells, run as a Jupyter kernel runs them, in IPython's own shell. Runs beside student code.

A message goes out for each cell as soon as it has run: an :class:`~autograder.wire.Observation` with the cell's
outputs, as JSON in nbformat's form. A cell that starts a program, or asks for input, gets none. Imports of Colab's
package and folders of other machines are accepted, since the files that a cell looks for there lie beside the notebook.
"""

from __future__ import annotations

import builtins
import getpass
import io
import json
import os
import random
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, NoReturn
from unittest.mock import MagicMock

import ipykernel  # noqa: F401  notebooks ask whether it is loaded
import matplotlib as mpl
import matplotlib_inline.backend_inline  # noqa: F401  here, and not in every run
import numpy as np
from IPython.core import magics  # noqa: F401  here, and not in every run
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from traitlets import Type
from traitlets.config import Config

import autograder
from autograder.notebook.figure_metadata import watch
from autograder.wire import Ending, Failure, Observation, encode
from autograder.worker.job import ANSWER, FILE, NotebookJob
from autograder.worker.run import do_nothing, failure_of, in_notebook, link, page_of, plain_values

NO_INPUT = "nobody is there to answer when the notebook is run for its grade: put the value into the cell"
NO_PROCESS = "no other program is run here: what the notebooks import is installed already, and the rest goes on\n"
INLINE = "module://matplotlib_inline.backend_inline"
# Magics that start a program, beside those that IPython hands to `system`.
PROGRAMS = ("bash", "sh", "script", "system", "sx", "perl", "ruby", "pip", "conda", "mamba", "uv")
CLIPPED = " […]"
# An import of Colab's package in a cell that does not ask whether it is there.
_COLAB = re.compile(r"(?m)^[ \t]*(?:import|from|%load_ext)[ \t]+(google\.colab[\w.]*)")
_TRIES = re.compile(r"(?m)^\s*try\s*:")

watch()  # as in a student's own kernel


def run(job: NotebookJob, folder: str, send: Callable[[bytes], None]) -> None:
    """Run a job's cells in a folder, then its probes.

    It sends a message before any student code, one for each cell, one when all have run, and one for each draw.
    """
    outputs = _Outputs(int(job.limits["cell_bytes"]))
    try:
        shell = _begin(job, folder, outputs)
        # Before any cell has run: a page that fails is itself at fault.
        checks = page_of(job)
    except Exception as error:
        # No student code has run yet, so the grader takes it for a fault of the autograder.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    left = int(job.limits["returned_bytes"])
    for number, (label, source) in enumerate(job.cells):
        observation = _run_cell(shell, job, folder, number, label, source)
        if observation.ending == "returned":
            # At once: a later cell may change these names.
            values = _values(shell, [what for what, after in job.wanted if after == number], left)
            left -= sum(getattr(value, "nbytes", 0) for value in values.values())
            observation = replace(observation, values={**values, **observation.values})
        send(encode(observation))
    send(encode(Observation("", len(job.cells), "returned")))
    outputs.clear()
    for observation in in_notebook(job, checks, shell.user_ns, folder):
        send(encode(observation))


def _begin(job: NotebookJob, folder: str, outputs: _Outputs) -> Any:
    os.chdir(folder)
    link(job.data)
    for name, content in sorted(job.files.items(), key=lambda file: not file[0].endswith(".py")):
        try:
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "xb") as file:
                file.write(content)
        except OSError:  # the name is taken: code reads the given file, or fails
            continue
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    for name in autograder.__all__:
        setattr(autograder, name, do_nothing)
    builtins.input = getpass.getpass = _no_input
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  the generator that the notebook may use
    settings = Config()
    settings.HistoryManager.enabled = False  # a file, and a thread that writes it
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.xmode = "Minimal"
    settings.InteractiveShell.separate_out2 = ""
    settings.IPKernelApp.connection_file = ""  # code that asks whether it runs in a kernel looks for this
    shell: Any = _Shell.instance(
        outputs=outputs,
        config=settings,
        ipython_dir=folder,
        profile_dir=_Profile(location=folder),
        compiler_class=_Compiler,
    )
    for name in PROGRAMS:
        shell.register_magic_function(_no_process, "line_cell", name)
    _stay_within(folder)
    libraries: Any = sys.modules.get("threadpoolctl")
    if libraries is not None and hasattr(libraries, "_HAS_PROCFS"):
        libraries._HAS_PROCFS = False  # noqa: SLF001  it looked where libraries are loaded; a run has no /proc
    shell.set_hook("show_in_pager", do_nothing)
    mpl.use(INLINE)
    shell.enable_matplotlib("inline")
    # `%run` shows figures only after a `%matplotlib`, which no cell has called yet.
    shell.magics_manager.registry["ExecutionMagics"].default_runner = None
    sys.stdout, sys.stderr = _Stream(outputs, "stdout"), _Stream(outputs, "stderr")
    return shell


def _run_cell(shell: Any, job: NotebookJob, folder: str, number: int, label: str, source: str) -> Observation:
    outputs = shell.outputs
    outputs.clear()
    outputs.clipped = False
    shell.failed = None
    # As if the cell were a file beside the notebook: its lines are the student's own.
    shell.compile.name = os.path.join(folder, label)
    if (colab := _COLAB.findall(source)) and not _TRIES.search(source):
        for name in ("google", "google.colab", *colab):
            sys.modules.setdefault(name, MagicMock())
    try:
        result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec or shell.failed
    except BaseException as raised:  # what the student's code has made of the shell, or an exception without a text
        error = raised
    ending: Ending = "returned"
    failure = None
    if error is not None:
        ending, failure = failure_of(error, job, folder)
        ending = "raised" if ending == "asserted" else ending
        outputs.add({"output_type": "error", "ename": failure.kind, "evalue": failure.message, "traceback": []})
        if isinstance(error, ModuleNotFoundError) and error.name == job.module:
            ending, failure = "missing", Failure("", f"{job.module}.py was not handed in", failure.frames)
    content = json.dumps({"outputs": outputs.take(), "clipped": outputs.clipped}, ensure_ascii=False)
    encoded = np.frombuffer(content.encode("utf-8", "replace"), np.uint8)
    return Observation(label, number, ending, {"outputs": encoded}, failure=failure)


def _values(shell: Any, asked: Sequence[str], left: int) -> dict[str, Any]:
    """Evaluate what the grader asked for: arrays, and files as bytes, within a total size; failures are left out."""
    values: dict[str, Any] = {}
    for what in asked:
        try:
            if what.startswith(FILE):
                with open(what.removeprefix(FILE), "rb") as file:
                    value: Any = np.frombuffer(file.read(left + 1), np.uint8)
            else:
                value = eval(what, shell.user_ns)  # noqa: S307  staff's expression, on the student's values
            one = plain_values({what: value}, left)
        except BaseException:  # noqa: S112  it is left out
            continue
        values[ANSWER + what] = one[what]
        left -= getattr(one[what], "nbytes", 0)
    return values


def _no_input(*_: object, **__: object) -> NoReturn:
    raise EOFError(NO_INPUT)


def _no_process(*_: object) -> None:
    sys.stderr.write(NO_PROCESS)


def _stay_within(folder: str) -> None:
    go, home = os.chdir, os.path.realpath(folder)

    def chdir(path: Any) -> None:
        try:
            go(path)
        except OSError:
            go(home)
        if not f"{os.getcwd()}{os.sep}".startswith(f"{home}{os.sep}"):
            go(home)

    os.chdir = chdir


class _Outputs:
    """The outputs of the cell that runs, as nbformat has them, up to a number of characters."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clipped = False
        self.clear()

    def clear(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.room = self.limit

    def add(self, output: Mapping[str, Any]) -> None:
        text = json.dumps(output, default=lambda one: b64encode(one).decode() if isinstance(one, bytes) else str(one))
        if len(text) > self.room:
            self.clipped = True
            return
        self.room -= len(text)
        self.items.append(json.loads(text))

    def write(self, name: str, text: str) -> None:
        if len(text) > self.room:
            self.clipped = True
            text = text[: self.room] + CLIPPED if self.room > 0 else ""
        if not text:
            return
        self.room -= len(text)
        # Streams that alternate give two outputs, not thousands: in a kernel their order depends on timing.
        for item in self.items[:-3:-1]:
            if item["output_type"] != "stream":
                break
            if item["name"] == name:
                item["text"].append(text)
                return
        self.items.append({"output_type": "stream", "name": name, "text": [text]})

    def take(self) -> list[dict[str, Any]]:
        return [{**item, "text": "".join(item["text"])} if "text" in item else item for item in self.items]


class _Stream(io.TextIOBase):
    encoding = "UTF-8"

    def __init__(self, outputs: _Outputs, name: str) -> None:
        self._outputs = outputs
        self._name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._outputs.write(self._name, text)
        return len(text)


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Write nothing: a notebook shows the number beside the output."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None) -> None:
        shell: Any = self.shell
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        shell.outputs.add({**output, "data": format_dict, "metadata": md_dict or {}})

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, *_: object, update: bool = False, **__: object) -> None:
        if not update:
            self.shell.outputs.add({"output_type": "display_data", "data": data, "metadata": metadata or {}})

    def clear_output(self, *_: object, **__: object) -> None:
        self.shell.outputs.clear()


class _Compiler(CachingCompiler):
    name = ""

    def get_code_name(self, *_: object) -> str:
        return self.name


class _Profile(ProfileDir):
    """An empty profile: no settings, and no folders of IPython's among the student's files."""

    def _mkdir(self, *_: object) -> bool:
        return False


class _Shell(InteractiveShell):
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, outputs: _Outputs, **settings: Any) -> None:
        self.outputs = outputs
        self.failed: BaseException | None = None
        super().__init__(**settings)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: object = None) -> None:
        """Do nothing: there is no screen, and a figure is shown as a picture."""

    def _tee(self, channel: str) -> Any:  # noqa: ARG002
        return nullcontext()  # IPython keeps a second copy of what is printed

    def ask_exit(self) -> None:
        os._exit(0)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:  # noqa: ARG002
        self.failed = evalue

    def system(self, cmd: str) -> None:
        del cmd
        _no_process()
        self.user_ns["_exit_code"] = 0

    system_piped = system_raw = system

    def getoutput(self, cmd: str, *_: object, **__: object) -> Any:
        self.system(cmd)
        return SList(())


# Libraries ask for this name.
_Shell.__name__ = _Shell.__qualname__ = "ZMQInteractiveShell"
_Shell.__module__ = "ipykernel.zmqshell"
