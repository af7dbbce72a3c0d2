"""A run: imports a student's module, runs probes on it, and sends an observation of each.

It holds no answer: no reference, no expected value, no tolerance that matters. Of ours it imports only
:mod:`autograder.wire`, :mod:`autograder.authoring`, and the modules of this package.

A process gets one job on one channel. It sends a message for the import and one for each draw of each check, in order.
The grader stops the process after the last message.
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
from types import FrameType, ModuleType
from typing import Any

import numpy as np

import autograder
from autograder.authoring import checks_of, generator
from autograder.wire import Ending, Failure, Observation, encode, plain
from autograder.worker.failures import Forbidden, Oversize, failure_of
from autograder.worker.job import PAGE, ProbeJob, compile_page, read_job
from autograder.worker.recorder import Watch, Watched

IGNORED_BY_PYTHON = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ")}


class Clipped(io.TextIOBase):
    """A text stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.kept: list[str] = []
        self.limit = self.room = limit

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep the text that fits."""
        if self.room > 0:
            self.kept.append(text[: self.room])
        self.room -= len(text)
        return len(text)

    def take(self) -> str:
        """Return the kept text, and start again."""
        text = "".join(self.kept)
        more = " […]" if self.room < 0 else ""
        self.kept, self.room = [], self.limit
        return text + more


class ImportRule:
    """Raises Forbidden where student code imports a package that is not allowed, as if it were not installed.

    Libraries may import anything. An import in the standard library counts as its caller's.
    """

    def __init__(self, job: ProbeJob, folder: str) -> None:
        own = {name.removesuffix(".py") for name in job.files}
        self._allowed = frozenset({*sys.stdlib_module_names, *job.allowed_imports, *own, "autograder"})
        self._trusted = (PAGE, *(os.path.join(folder, f"{name}.py") for name in job.given))
        self._libraries = tuple(entry + os.sep for entry in sys.path if "-packages" in entry)
        self._carriers = (os.path.dirname(os.__file__) + os.sep, "<frozen ", *self._libraries)
        self._import = builtins.__import__

    def imported(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Replace ``__import__``, which every import statement calls, also for a package that is loaded already."""
        if not (args[3] if len(args) > 3 else kwargs.get("level")):  # relative ones stay in their package
            self._look_at(name.partition(".")[0])
        return self._import(name, *args, **kwargs)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Catch ``importlib.import_module``, which shows only in the file that it opens."""
        if event == "import":
            self._look_at(args[0].partition(".")[0])
        elif event == "open" and str(args[0]).endswith(".pyc") and str(args[0]).startswith(self._libraries):
            within = next(args[0][len(entry) :] for entry in self._libraries if args[0].startswith(entry))
            self._look_at(within.removeprefix("__pycache__" + os.sep).split(os.sep)[0].partition(".")[0])

    def _look_at(self, package: str) -> None:
        if not package or package in self._allowed:
            return
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
        ours = self.imported.__code__
        while frame is not None and (frame.f_code is ours or frame.f_code.co_filename.startswith(self._carriers)):
            # This file may lie among the libraries, too.
            if frame.f_code is not ours and frame.f_code.co_filename.startswith(self._libraries):
                return
            frame = frame.f_back
        if frame is None:
            raise Forbidden(f"the code imports {package}")
        if frame.f_code.co_filename not in self._trusted:
            raise Forbidden(f"{os.path.basename(frame.f_code.co_filename)}, line {frame.f_lineno}, imports {package}")


def run(job: ProbeJob, folder: str, send: Callable[[bytes], None]) -> None:
    """Do a job in a folder; send a message before student code is loaded, one for its import, one for each draw."""
    output = Clipped(int(job.limits["output_characters"]))
    ours = {f"{name}.py": job.files[f"{name}.py"] for name in job.given}
    try:
        os.chdir(folder)
        write(ours)
        link(job.data)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        sys.stdout = sys.stderr = output
        # In an exported notebook, magics and commands do nothing.
        builtins.get_ipython = _NoNotebook  # type: ignore[attr-defined]
        for name in autograder.__all__:
            setattr(autograder, name, do_nothing)
        probes = {check.name: check.probe for check in checks_of(_check_page(job))}
    except Exception as error:
        # A fault of the staff's files. The grader accepts this only in the first message.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    module, observation = _import(job, folder, output)
    send(encode(observation))
    if module is None:
        return
    for draw in job.draws:
        send(encode(_observe(job, folder, module, draw, probes[draw[0]], output)))


def hear_signals() -> None:
    """Restore the default action of signals: a grader started in the background ignores some, and runs inherit that."""
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN and number not in IGNORED_BY_PYTHON:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


class _NoNotebook:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return do_nothing


def do_nothing(*_: object, **__: object) -> None:
    """Replace magics, and the function that asks for a verdict."""


def write(files: Mapping[str, bytes]) -> None:
    """Write files into the working directory."""
    for name, content in files.items():
        with open(name, "wb") as file:
            file.write(content)


def link(data: Mapping[str, str]) -> None:
    """Link the data into ``data``, where student code reads it."""
    if data:
        os.mkdir("data")
    for name, path in data.items():
        try:
            os.symlink(path, os.path.join("data", name))
        except OSError:  # Windows, for an ordinary user
            shutil.copyfile(path, os.path.join("data", name))


def _check_page(job: ProbeJob) -> ModuleType:
    page = ModuleType("checks")
    # The unmarshalled bytes come from the grader, like the page's text.
    code = marshal.loads(base64.b64decode(job.compiled)) if job.compiled else compile_page(job.page)  # noqa: S302
    exec(code, page.__dict__)
    return page


def _import(job: ProbeJob, folder: str, output: Clipped) -> tuple[ModuleType | None, Observation]:
    path = os.path.join(folder, f"{job.module}.py")
    module = ModuleType(job.module)
    module.__file__ = path
    sys.modules[job.module] = module
    try:
        # Only now: a file that shadows a library must not be there while the page is loaded, and a file that doesn't
        # fit into the folder is the student's fault, not the page's.
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
    check, number, draw_seed = draw
    watch = Watch(measuring=job.measured)
    values: dict[str, Any] = {}
    failure = None
    ending: Ending = "returned"
    try:
        returned = probe(Watched(module, job.module, job.module, watch), generator(draw_seed))
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
    """Return the values as the wire carries them; together they may take at most ``limit`` bytes."""
    if not isinstance(returned, Mapping):
        raise TypeError(f"the check returned a {type(returned).__name__}; expected a dict of names and arrays")
    values: dict[str, Any] = {}
    for name, value in returned.items():
        # A strided array can be larger than the memory.
        if isinstance(value, np.ndarray) and math.prod(value.shape) * value.dtype.itemsize > limit:
            raise Oversize
        values[str(name)] = plain(value)
        limit -= values[str(name)].nbytes if isinstance(values[str(name)], np.ndarray) else 0
        if limit < 0:
            raise Oversize
    return values


def once(folder: str) -> None:
    """Do one job from standard input, with messages to standard output, in a process of its own, on any system."""
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
