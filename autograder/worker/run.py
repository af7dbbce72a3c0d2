"""What runs beside student code: it imports a module, runs probes on it, and writes down what came back.

It holds no answer: no reference, no expected value, no tolerance that matters. It imports the standard library, numpy,
``autograder.wire``, ``autograder.authoring`` (what a check page is written with), and what it has been parted into: the
``job`` it is given, the ``watched`` module, the rule of ``imports``, and ``failures``. Nothing else of ours.

A process gets one job on one channel and answers with one message for the module's import and one for each draw of each
check, in order. It ends by being ended: whoever reads the channel stops the process after the last message.
"""

from __future__ import annotations

import base64
import builtins
import io
import marshal
import math
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

import autograder
from autograder.authoring import checks_of, generator
from autograder.wire import Ending, Failure, Observation, encode, plain
from autograder.worker.failures import Oversize, failure_of
from autograder.worker.imports import ImportRule
from autograder.worker.job import ProbeJob, compile_page, read_job
from autograder.worker.recorder import Watch, Watched

IGNORED_BY_PYTHON = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ")}


class Clipped(io.TextIOBase):
    """A text stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.kept: list[str] = []
        self.limit = self.room = limit

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if self.room > 0:
            self.kept.append(text[: self.room])
        self.room -= len(text)
        return len(text)

    def take(self) -> str:
        """What was kept; the stream is as new afterwards."""
        text = "".join(self.kept)
        more = " […]" if self.room < 0 else ""
        self.kept, self.room = [], self.limit
        return text + more


def run(job: ProbeJob, folder: str, send: Callable[[bytes], None]) -> None:
    """Do a job in a folder: a message before there is any student code, one for its import, and one for each draw."""
    output = Clipped(int(job.limits["output_characters"]))
    ours = {f"{name}.py": job.files[f"{name}.py"] for name in job.given}
    try:
        os.chdir(folder)
        write(ours)
        link(job.data)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        sys.stdout = sys.stderr = output
        _be_no_notebook()
        probes = {check.name: check.probe for check in checks_of(_check_page(job))}
    except Exception as error:
        # Staff's own files: the reader makes it a fault of the autograder. It believes that of the first message only.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    module, observation = _import(job, folder, output)
    send(encode(observation))
    if module is None:
        return
    for check, draw, entropy in job.draws:
        send(encode(_observe(job, folder, module, (check, draw, entropy), probes[check], output)))


def hear_signals() -> None:
    """Let signals do what they do by default: what a grader started in the background ignores, it hands down.

    Done by the process that runs are forked from, for it takes as long as a check.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN and number not in IGNORED_BY_PYTHON:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


class _NoNotebook:
    """What stands for a notebook's shell: magics and shell commands do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return do_nothing


def do_nothing(*_: object, **__: object) -> None:
    """What stands for asking for a verdict, and for magics."""


def _be_no_notebook() -> None:
    """Let the lines of an exported notebook that only a notebook runs do nothing: magics, and asking for a verdict."""
    builtins.get_ipython = _NoNotebook  # type: ignore[attr-defined]
    for name in autograder.__all__:
        setattr(autograder, name, do_nothing)


def write(files: Mapping[str, bytes]) -> None:
    """Write files into the working directory."""
    for name, content in files.items():
        with open(name, "wb") as file:
            file.write(content)


def link(data: Mapping[str, str]) -> None:
    """Put the data where students read it."""
    if data:
        os.mkdir("data")
    for name, path in data.items():
        try:
            os.symlink(path, os.path.join("data", name))
        except OSError:  # Windows, for an ordinary user
            shutil.copyfile(path, os.path.join("data", name))


def _check_page(job: ProbeJob) -> ModuleType:
    page = ModuleType("checks")
    # What is unmarshalled comes from the grader, by the way that the page's text does.
    code = marshal.loads(base64.b64decode(job.compiled)) if job.compiled else compile_page(job.page)  # noqa: S302
    exec(code, page.__dict__)
    return page


def _import(job: ProbeJob, folder: str, output: Clipped) -> tuple[ModuleType | None, Observation]:
    """The student's module, and how its import went."""
    path = os.path.join(folder, f"{job.module}.py")
    module = ModuleType(job.module)
    module.__file__ = path
    sys.modules[job.module] = module
    try:
        # Only now: what shadows a library must not be there while the page is loaded, and what doesn't fit into the
        # folder is the student's fault, not the page's.
        write({name: content for name, content in job.files.items() if name.removesuffix(".py") not in job.given})
        sys.path_importer_cache.pop(folder, None)
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        rule = ImportRule(job, folder)
        sys.addaudithook(rule.audit)
        builtins.__import__ = rule.imported
        exec(code, module.__dict__)
    except BaseException as error:
        ending, failure = failure_of(error, job, folder)
        return None, Observation("", 0, ending, failure=failure, output=output.take())
    return module, Observation("", 0, "returned", output=output.take())


def _observe(
    job: ProbeJob,
    folder: str,
    module: ModuleType,
    draw: tuple[str, int, int],
    probe: Callable[..., Any],
    output: Clipped,
) -> Observation:
    """One draw of one check."""
    check, number, entropy = draw
    watch = Watch(measuring=job.measured)
    values: dict[str, Any] = {}
    failure = None
    ending: Ending = "returned"
    try:
        returned = probe(Watched(module, job.module, job.module, watch), generator(entropy))
        values = plain_values(returned, int(job.limits["returned_bytes"]))
    except BaseException as error:
        ending, failure = failure_of(error, job, folder)
    return Observation(
        check,
        number,
        ending,
        values,
        tuple(watch.changed),
        watch.narrow,
        {symbol: tuple(sizes) for symbol, sizes in watch.scales.items()},
        failure,
        output.take(),
    )


def plain_values(returned: object, limit: int) -> dict[str, Any]:
    """The returned values as the wire carries them, none larger than the limit, and not all together either."""
    if not isinstance(returned, Mapping):
        raise TypeError(f"the check returned a {type(returned).__name__}; expected a dict of names and arrays")
    values: dict[str, Any] = {}
    for name, value in returned.items():
        # An array of strides can be larger than the memory: its size is looked at before it is copied.
        if isinstance(value, np.ndarray) and math.prod(value.shape) * value.dtype.itemsize > limit:
            raise Oversize
        values[str(name)] = plain(value)
        limit -= values[str(name)].nbytes if isinstance(values[str(name)], np.ndarray) else 0
        if limit < 0:
            raise Oversize
    return values


def once(folder: str) -> None:
    """One job from standard input, its messages to standard output: a process of its own, on any system."""
    channel = os.dup(1)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.setmode(channel, os.O_BINARY)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    hear_signals()
    job = read_job(sys.stdin.buffer.read)
    assert isinstance(job, ProbeJob)  # noqa: S101  nothing else is started this way
    os.dup2(null, 0)

    def send(message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[os.write(channel, view) :]

    run(job, folder, send)
