"""A run: imports a student's module, runs probes on it, and sends an observation of each.

It holds no answer: no reference, no expected value, no tolerance that matters. A process gets one job on one channel.
It sends a message for the import and one for each draw of each check, in order; then the grader ends it.
"""

from __future__ import annotations

import base64
import builtins
import codecs
import ctypes
import errno
import io
import linecache
import marshal
import math
import os
import random
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

import autograder
from autograder.authoring import Check, checks_of, generator
from autograder.wire import MAX_FRAMES, Array, Ending, Failure, Frame, Observation, encode, numbers_of, plain
from autograder.worker.home import rules
from autograder.worker.imports import Forbidden, ImportRule
from autograder.worker.job import ASLEEP, AWAKE, MIB, PAGE, WINDOWS, NotebookJob, ProbeJob, compile_page, read_job
from autograder.worker.recorder import SkippedError, Watch, Watched

MAX_MESSAGE_CHARACTERS = 2_000
# The types of Python objects in an array that are as good as its numbers: whole ones of Python's have no bound.
NUMBERS = (float, np.float64, np.int64)
IGNORED_BY_PYTHON = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ")}


class LateError(BaseException):
    """The time of a draw, or of the import, is used up."""


class Oversize(Exception):
    """A draw returned more than the limit."""


class UnseededError(Exception):
    """A check page draws from a generator that no seed of a draw determines."""


class Clipped(io.TextIOBase):
    """A text stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.kept: list[str] = []
        self.limit = self.room = limit

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


def run(job: ProbeJob, folder: str, send: Callable[[bytes], None], hidden: Iterable[str] | None = None) -> None:
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
        checks = page_of(job)
    except Exception as error:
        # A fault of the staff's files. The grader accepts this only in the first message.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    send(encode(Observation("", 0, "returned")))
    module = ModuleType(job.module)
    rule = ImportRule(job, folder)
    hooks = [rule.audit, *([] if hidden is None else [rules(folder, hidden)])]
    imported = _import(job, folder, module, output, rule, hooks)
    send(encode(imported))
    for name in vars(module).keys() & job.endless.keys():
        setattr(module, name, partial(_skip, job.endless[name]))  # the module's own functions call it, too
    owner, came_back = Owner(module, job.module, job.module), set[str]()
    for draw in job.draws if imported.ending == "returned" else ():
        watch = Watch(measuring=job.measured, endless=job.endless)
        observation = probed(job, checks[draw[0]], draw, owner, watch, came_back, folder)
        send(encode(replace(observation, output=output.take(), unused=tuple(rule.unused))))


def page_of(job: ProbeJob | NotebookJob) -> dict[str, Check]:
    """Run the check page of a job, and return its checks by name."""
    page = ModuleType("checks")
    page.__dict__["__builtins__"] = {**vars(builtins), "__import__": page_import(builtins.__import__)}
    # The unmarshalled bytes come from the grader, like the page's text.
    code = marshal.loads(base64.b64decode(job.compiled)) if job.compiled else compile_page(job.page)  # noqa: S302
    exec(code, page.__dict__)
    return {check.name: check for check in checks_of(page)}


@dataclass(frozen=True)
class Owner:
    """The names that probes are run on, what a message calls them, and the module of their classes."""

    names: ModuleType
    called: str
    module: str


def in_notebook(
    job: ProbeJob | NotebookJob,
    checks: Mapping[str, Check],
    names: Mapping[str, Any],
    folder: str,
    own: tuple[str, ...] = (),
) -> Iterator[Observation]:
    """Observe a job's draws on the names of a notebook's kernel, which runs cells in ``__main__``."""
    late: dict[str, Observation] = {}
    for draw in job.draws:
        space = ModuleType(job.module)
        vars(space).update(names)
        owner = Owner(space, f"{job.module}.ipynb", "__main__")
        if one := late.get(draw[0]):
            one = replace(one, draw=draw[1])  # as late as before
        else:
            one = probed(job, checks[draw[0]], draw, owner, Watch(), set(), folder, own)
        if one.ending == "late":
            late[draw[0]] = one
        yield one


def probed(
    job: ProbeJob | NotebookJob,
    check: Check,
    draw: tuple[str, int, int],
    owner: Owner,
    watch: Watch,
    came_back: set[str],
    folder: str,
    own: tuple[str, ...] = (),
) -> Observation:
    """Observe one draw of a check; ``came_back`` has the functions that did, ``own`` is as of :func:`failure_of`."""
    name, number, seed = draw
    values: dict[str, Any] = {}
    failure = None
    ending: Ending = "returned"
    try:
        with time_limit(seconds := check.wall_seconds or job.limits["wall_seconds"]):
            returned = check.probe(Watched(owner.names, owner.called, owner.module, watch), generator(seed))
        values = plain_values(returned, int(job.limits["returned_bytes"]))
    except BaseException as error:
        ending, failure = failure_of(error, job, folder, own)
        if ending == "late":
            # A function that has come back before is called again: it may end on other inputs.
            kind = "" if watch.inside in came_back | watch.came_back else watch.inside
            what = f"`{watch.inside}`" if watch.inside else "this check"
            failure = Failure(kind, f"{what} ran past the limit of {seconds:g} s", failure.frames)
    came_back |= watch.came_back
    scales = {symbol: tuple(sizes) for symbol, sizes in watch.scales.items()}
    return Observation(name, number, ending, values, tuple(watch.changed), watch.narrow, scales, failure)


def _skip(late_in: str, *_: object, **__: object) -> NoReturn:
    raise SkippedError(late_in)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise LateError in this thread once these seconds are charged, by the rule of :mod:`autograder.sandbox.usage`.

    Student code can keep it from being raised. Then the grader ends the process a little later, with no line to show.
    """
    window, charged = seconds / WINDOWS, 0.0
    before: float | None = None

    def charge() -> bool:
        nonlocal charged, before
        now = time.process_time()
        used = window if before is None else now - before  # the first window is charged in full
        before = now
        charged += used if ASLEEP * window < used < AWAKE * window else window
        return charged >= seconds

    if hasattr(signal, "setitimer"):

        def late(*_: object) -> None:
            if charge():
                raise LateError

        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, window, window)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return
    # Windows has no timers.
    ended, caller = threading.Event(), ctypes.c_ulong(threading.get_ident())

    def watch() -> None:
        while not ended.wait(window):
            if charge():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(caller, ctypes.py_object(LateError))
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def page_import(real: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    """Make the check page's ``__import__``: in what it imports, whatever draws from a global generator raises.

    A probe whose inputs come from there has other ones in each run. Student code may draw from there: it sees the
    modules themselves, and a page may seed them.
    """

    def refuse(*_: object, **__: object) -> NoReturn:
        raise UnseededError("a check draws its inputs from a global generator; draw them from `rng`")

    def default_rng(seed: object = None) -> np.random.Generator:
        return np.random.default_rng(seed) if seed is not None else refuse()  # type: ignore[arg-type]

    def twin(module: ModuleType, **more: object) -> ModuleType:
        copy = ModuleType(module.__name__)
        copy.__dict__.update(vars(module), **more)
        return copy

    def refusing(module: ModuleType, **more: object) -> ModuleType:
        public = {name: each for name, each in vars(module).items() if name[0] != "_" and name != "seed"}
        drawn = [name for name, each in public.items() if callable(each) and not isinstance(each, type)]
        return twin(module, **{**dict.fromkeys(drawn, refuse), **more})

    drawing = refusing(np.random, default_rng=default_rng)
    twins = {np: twin(np, random=drawing), np.random: drawing, random: refusing(random)}

    def imported(*args: Any, **kwargs: Any) -> ModuleType:
        module = real(*args, **kwargs)
        return twins.get(module, module)

    return imported


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


def _import(
    job: ProbeJob,
    folder: str,
    module: ModuleType,
    output: Clipped,
    rule: ImportRule,
    hooks: list[Callable[[str, tuple[Any, ...]], None]],
) -> Observation:
    path = os.path.join(folder, f"{job.module}.py")
    module.__file__ = path
    sys.modules[job.module] = module
    try:
        # Only now: a file that shadows a library must not be there while the page is loaded, and a file that doesn't
        # fit into the folder is the student's fault, not the page's.
        write({name: content for name, content in job.files.items() if name.removesuffix(".py") not in job.given})
        sys.path_importer_cache.pop(folder, None)
        with open(path, "rb") as file:
            text = file.read()
        if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SyntaxError(
                "the file is saved as UTF-16, which Python does not read; save it as UTF-8", (path, 1, 1, "")
            )
        code = compile(text, path, "exec", dont_inherit=True)
        for hook in hooks:
            sys.addaudithook(hook)
        builtins.__import__ = rule.imported
        with time_limit(seconds := job.limits["import_seconds"]):
            exec(code, module.__dict__)
    except BaseException as error:
        ending, failure = failure_of(error, job, folder)
        if ending == "late":
            failure = Failure("", f"the import of the module ran past the limit of {seconds:g} s", failure.frames)
        return Observation("", 0, ending, failure=failure, output=output.take())
    return Observation("", 0, "returned", output=output.take())


def failure_of(
    error: BaseException, job: ProbeJob | NotebookJob, folder: str, own: tuple[str, ...] = ()
) -> tuple[Ending, Failure]:
    """Decide whose fault an exception is, and keep the student's own frames.

    These are of files whose paths begin with one of ``own``; by default, of files in the folder.
    """
    own = own or (folder + os.sep,)
    try:
        # The student must not see the folder's path.
        message = str(error)[: 2 * MAX_MESSAGE_CHARACTERS].replace(folder, ".")
    except BaseException:
        message = "(its message could not be read)"
    given = {os.path.join(folder, f"{name}.py") for name in job.given}
    walked = traceback.walk_tb(error.__traceback__)
    lines = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]
    frames = [
        Frame(os.path.basename(file), line, function, linecache.getline(file, line).strip()[:200])
        for file, line, function in lines
        if file.startswith(own) and file not in given
    ]
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(folder + os.sep) and not frames:
        frames = [Frame(os.path.basename(error.filename or ""), error.lineno or 0, "", (error.text or "").strip())]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message[:MAX_MESSAGE_CHARACTERS], tuple(frames[-MAX_FRAMES:]))
    if limit := limit_reached(error, job.limits):
        return "exhausted", Failure("", limit, failure.frames)
    if isinstance(error, Forbidden):
        return "forbidden", failure
    if isinstance(error, LateError):
        return "late", failure
    if isinstance(error, SkippedError):
        return "skipped", Failure(str(error), "", failure.frames)
    if isinstance(error, NotImplementedError):
        return "missing", failure
    if isinstance(error, FileNotFoundError) and error.filename == os.path.join(folder, f"{job.module}.py"):
        return "missing", Failure("FileNotFoundError", f"{job.module}.py was not handed in")
    if frames:
        return ("asserted" if isinstance(error, AssertionError) else "raised"), failure
    if of_page := [(line, function) for file, line, function in lines if file == PAGE]:
        # Show the check page's line, which could not use the returned value.
        line, function = of_page[-1]
        text = job.page.splitlines()[line - 1].strip()
        return "misfit", Failure(failure.kind, failure.message, (Frame("checks.py", line, function, text),))
    return "raised", failure


def limit_reached(error: BaseException, limits: Mapping[str, float]) -> str:
    """Describe the limit that an exception shows to be reached, in a sentence, or return ""."""
    if isinstance(error, Oversize):
        return f"what came back is larger than {limits['returned_bytes'] / MIB:.0f} MiB"
    # A lock can't be allocated when there is no memory for it.
    no_lock = isinstance(error, RuntimeError) and str(error) == "can't allocate lock"
    if no_lock or isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return f"asked for more memory than there is (the limit is {limits['memory_bytes'] / MIB:.0f} MiB)"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"wrote a file larger than {limits['file_bytes'] / MIB:.0f} MiB"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"wrote more than {limits['scratch_bytes'] / MIB:.0f} MiB in all, or too many files"
    # A pool's semaphores lie in a folder that isn't there.
    no_semaphore = isinstance(error, FileNotFoundError) and error.errno == errno.ENOENT and error.filename is None
    if no_semaphore or (isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN):
        return "tried to start another process; a run is one process"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return f"tried to start more than {limits['threads']:.0f} threads"
    return ""


def plain_values(returned: object, limit: int) -> dict[str, Any]:
    """Return the values as the wire carries them; together they may take at most ``limit`` bytes."""
    if not isinstance(returned, Mapping):
        raise TypeError(f"the check returned a {type(returned).__name__}; expected a dict of names and arrays")
    values: dict[str, Any] = {}
    for name, value in returned.items():
        # A strided array can be larger than the memory.
        if isinstance(value, np.ndarray) and math.prod(value.shape) * value.dtype.itemsize > limit:
            raise Oversize
        told = {str(name): plain(value)}
        if (numbers := _numbers(value)) is not None:
            told[numbers_of(str(name))] = numbers
        limit -= sum(one.nbytes for one in told.values() if isinstance(one, np.ndarray))
        if limit < 0:
            raise Oversize
        values |= told
    return values


def _numbers(value: object) -> Array | None:
    """Return the numbers of an array that is one of numbers in all but the dtype, which is object."""
    array = np.asarray(value) if isinstance(value, np.ndarray) else None
    if array is None or array.dtype != object or any(type(one) not in NUMBERS for one in array.flat):
        return None
    return array.astype(float)


def once(places: tuple[str, Sequence[str]]) -> None:
    """Do one job from standard input, with messages to standard output, in a process of its own, on any system.

    ``places`` are the run's folder, and the user's folders that it is not to read.
    """
    folder, hidden = places
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

    run(job, folder, send, hidden)
