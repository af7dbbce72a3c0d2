"""What runs beside student code: it imports a module, runs probes on it, and writes down what came back.

It holds no answer: no reference, no expected value, no tolerance that matters. It imports the standard library, numpy,
``autograder.wire`` and ``autograder.probe`` (what a check page is written with), nothing else of ours.

A process gets one job on one channel and answers with one message for the module's import and one for each draw of each
check, in order. It ends by being ended: whoever reads the channel stops the process after the last message.
"""

from __future__ import annotations

import ast
import gc
import importlib
import io
import json
import linecache
import os
import signal
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from autograder.probe import checks_of, generator
from autograder.wire import Ending, Failure, Frame, Observation, encode, plain

MAX_OUTPUT_CHARACTERS = 4_000
MAX_MESSAGE_CHARACTERS = 2_000
MAX_FRAMES = 12
WATCHED_ARRAYS = 16
WATCHED_BYTES = 1 << 23

LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Job:
    """What one process is to do.

    Attributes
    ----------
    module : str
        The name of the student's module; its file lies in ``folder``.
    page : str
        The path of the check page.
    folder : str
        The scratch folder that becomes the working directory.
    given : tuple of str
        Names of the handed-out modules in ``folder``.
    allowed_imports : tuple of str
        Packages that student code may import, beside the standard library.
    seed : int
        The run's seed.
    draws : tuple of (str, int)
        Checks and draws, in order.
    """

    module: str
    page: str
    folder: str
    given: tuple[str, ...]
    allowed_imports: tuple[str, ...]
    seed: int
    draws: tuple[tuple[str, int], ...]

    def encode(self) -> bytes:
        """The job as one message: a length and JSON."""
        body = json.dumps(vars(self)).encode()
        return LENGTH.pack(len(body)) + body

    @classmethod
    def read(cls, receive: Callable[[int], bytes]) -> Job:
        """The job in a stream whose ``receive(n)`` gives n bytes."""
        fields = json.loads(receive(LENGTH.unpack(receive(LENGTH.size))[0]))
        for name in ("given", "allowed_imports"):
            fields[name] = tuple(fields[name])
        return cls(**{**fields, "draws": tuple((check, draw) for check, draw in fields["draws"])})


class Clipped(io.TextIOBase):
    """A text stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.kept: list[str] = []
        self.room = limit

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
        self.kept, self.room = [], MAX_OUTPUT_CHARACTERS
        return text + more


class Missing(NotImplementedError, AttributeError):
    """The implementation has no function of that name."""


class Forbidden(ImportError):
    """The student's code imports what the assignment doesn't allow."""


class Watch:
    """Notes which of the caller's arrays a call changes, and how narrow their floats are."""

    def __init__(self) -> None:
        self.arrays: deque[tuple[str, np.ndarray[Any, Any], bytes]] = deque(maxlen=WATCHED_ARRAYS)
        self.changed: dict[str, None] = {}
        self.narrow = False

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """``function(*args, **kwargs)``, with the arrays the caller has passed so far compared before and after."""
        # Between calls the caller may change its own arrays: what counts is what they held when this call began.
        self.arrays = deque(
            ((label, array, array.tobytes()) for label, array, _ in self.arrays), maxlen=self.arrays.maxlen
        )
        seen = {id(array) for _, array, _ in self.arrays}
        given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
        for position, array in given:
            if isinstance(array, np.ndarray):
                self.narrow |= array.dtype.kind == "f" and array.dtype.itemsize < 8
                if id(array) not in seen and array.nbytes <= WATCHED_BYTES:
                    label = f"`{_parameter(function, position)}` of `{name}`"
                    self.arrays.append((label, array, array.tobytes()))
        try:
            return function(*args, **kwargs)
        finally:
            for label, array, before in self.arrays:
                if array.tobytes() != before:
                    self.changed[label] = None


def _parameter(function: Callable[..., Any], position: int | str) -> str:
    """The name of the parameter that an argument goes to, as far as the function says."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if isinstance(position, str) or code is None:
        return str(position)
    names: tuple[str, ...] = code.co_varnames[hasattr(function, "__func__") : code.co_argcount]
    return names[position] if position < len(names) else str(position)


class Watched:
    """A module or an instance whose calls are watched; what it returns of its own classes is watched too."""

    def __init__(self, target: Any, name: str, module: str, watch: Watch) -> None:
        object.__setattr__(self, "_watched", (target, name, module, watch))

    def __getattr__(self, name: str) -> Any:
        target, owner, module, watch = object.__getattribute__(self, "_watched")
        try:
            value = getattr(target, name)
        except AttributeError:
            if hasattr(type(target), name) or (isinstance(target, ModuleType) and name.startswith("__")):
                raise
            where = f"{owner}.py" if isinstance(target, ModuleType) else f"`{owner}`"
            raise Missing(f"{where} has no `{name}`") from None
        if not callable(value):
            return value

        def watched(*args: Any, **kwargs: Any) -> Any:
            result = watch.call(name, value, args, kwargs)
            if result is target:
                return self
            if type(result).__module__ == module:
                return Watched(result, type(result).__name__, module, watch)
            return result

        return watched

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_watched")[0], name, value)


def run(job: Job, send: Callable[[bytes], None]) -> None:
    """Do a job: one message for the import, then one for each draw."""
    os.chdir(job.folder)
    sys.path.insert(0, job.folder)
    sys.dont_write_bytecode = True
    output = Clipped(MAX_OUTPUT_CHARACTERS)
    sys.stdout = sys.stderr = output
    try:
        probes = {check.name: check.probe for check in checks_of(_check_page(job))}
    except Exception as error:
        # Staff's own file, before any student code: the reader makes it a fault of the autograder.
        send(encode(Observation("", 0, "faulty", failure=Failure(type(error).__name__, str(error)))))
        return
    module, observation = _import(job, output)
    send(encode(observation))
    if module is None:
        return
    for check, draw in job.draws:
        send(encode(_observe(job, module, check, draw, probes[check], output)))


def _check_page(job: Job) -> ModuleType:
    page = ModuleType("checks")
    page.__file__ = job.page
    with open(job.page, encoding="utf-8") as file:
        exec(compile(file.read(), job.page, "exec", dont_inherit=True), page.__dict__)
    return page


def _import(job: Job, output: Clipped) -> tuple[ModuleType | None, Observation]:
    """The student's module, and how its import went."""
    path = os.path.join(job.folder, f"{job.module}.py")
    module = ModuleType(job.module)
    module.__file__ = path
    sys.modules[job.module] = module
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        _refuse_imports(job)
        exec(code, module.__dict__)
    except BaseException as error:
        ending, failure = _failure(error, job)
        return None, Observation("", 0, ending, failure=failure, output=output.take())
    return module, Observation("", 0, "returned", output=output.take())


def _observe(
    job: Job, module: ModuleType, check: str, draw: int, probe: Callable[..., Any], output: Clipped
) -> Observation:
    """One draw of one check."""
    watch = Watch()
    values: dict[str, Any] = {}
    failure = None
    ending: Ending = "returned"
    try:
        returned = probe(Watched(module, job.module, job.module, watch), generator(job.seed, check, draw))
        values = {str(name): plain(value) for name, value in returned.items()}
    except BaseException as error:
        ending, failure = _failure(error, job)
    return Observation(
        check, draw, ending, values, tuple(watch.changed), watch.narrow, failure=failure, output=output.take()
    )


def _failure(error: BaseException, job: Job) -> tuple[Ending, Failure]:
    """How a run ended that raised: whose exception it is, and the student's own frames."""
    try:
        message = str(error)
    except BaseException:
        message = "(its message could not be read)"
    frames = _own_frames(error.__traceback__, job)
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(job.folder + os.sep) and not frames:
        frames = [Frame(os.path.basename(error.filename or ""), error.lineno or 0, "", (error.text or "").strip())]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message[:MAX_MESSAGE_CHARACTERS], tuple(frames[-MAX_FRAMES:]))
    if isinstance(error, Forbidden):
        return "forbidden", failure
    if isinstance(error, NotImplementedError):
        return "missing", failure
    if isinstance(error, MemoryError):
        return "exhausted", failure
    if isinstance(error, FileNotFoundError) and error.filename == os.path.join(job.folder, f"{job.module}.py"):
        return "missing", Failure("FileNotFoundError", f"{job.module}.py was not handed in")
    if frames:
        return ("asserted" if isinstance(error, AssertionError) else "raised"), failure
    if any(file == job.page for file, _, _ in _lines(error.__traceback__)):
        return "misfit", _misfit(failure, error.__traceback__, job)
    return "raised", failure


def _misfit(failure: Failure, trace: TracebackType | None, job: Job) -> Failure:
    """The failure with the check page's line, which is what could not use the returned value."""
    line, function = [(line, function) for file, line, function in _lines(trace) if file == job.page][-1]
    text = linecache.getline(job.page, line).strip()
    return Failure(failure.kind, failure.message, (Frame(os.path.basename(job.page), line, function, text),))


def _lines(trace: TracebackType | None) -> list[tuple[str, int, str]]:
    lines = []
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return lines


def _own_frames(trace: TracebackType | None, job: Job) -> list[Frame]:
    given = {os.path.join(job.folder, f"{name}.py") for name in job.given}
    return [
        Frame(os.path.basename(file), line, function, linecache.getline(file, line).strip()[:200])
        for file, line, function in _lines(trace)
        if file.startswith(job.folder + os.sep) and file not in given
    ]


def _refuse_imports(job: Job) -> None:
    """Raise Forbidden for an import, anywhere in the submission, of a package that the assignment doesn't allow."""
    own = {name.removesuffix(".py") for name in os.listdir(job.folder) if name.endswith(".py")}
    allowed = {*sys.stdlib_module_names, *job.allowed_imports, *own, "autograder"}
    for name in sorted(own - set(job.given)):
        path = os.path.join(job.folder, f"{name}.py")
        with open(path, "rb") as file:
            try:
                tree = ast.parse(file.read())
            except (SyntaxError, ValueError):
                continue  # the import will say so, if it is imported
        for node in ast.walk(tree):
            for package in _packages(node):
                if package not in allowed:
                    line = getattr(node, "lineno", 0)
                    raise Forbidden(f"{name}.py, line {line}, imports {package}")


def _packages(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []


def _receiver(file: socket.socket) -> Callable[[int], bytes]:
    def receive(size: int) -> bytes:
        return file.recv(size, socket.MSG_WAITALL)

    return receive


def once() -> None:
    """One job from standard input, its messages to standard output: a process of its own, on any system."""
    channel = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    job = Job.read(sys.stdin.buffer.read)
    os.dup2(null, 0)

    def send(message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[os.write(channel, view) :]

    run(job, send)


def serve(control_fd: int, preload: tuple[str, ...]) -> None:
    """Import what modules need, once; then, for each channel received on the control socket, do its job in a fork.

    The conversation is strictly in turn: a channel comes, the fork's number goes; "end" comes, the fork is ended and
    its exit status goes. When the other side is gone the fork is ended and so is this process.
    """
    control = socket.socket(fileno=control_fd)
    for name in preload:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    control.sendall(b"r")
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            _forked(control, fds[0])
        os.close(fds[0])
        control.sendall(LENGTH.pack(pid))
        end = control.recv(1)
        for kill in (os.killpg, os.kill):
            try:
                kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        _, status, usage = os.wait4(pid, 0)
        if not end:
            return
        control.sendall(struct.pack("<iq", status, usage.ru_maxrss))


def _forked(control: socket.socket, channel_fd: int) -> None:
    """The fork's life: its own process group, one job, and no way back into the server's loop."""
    try:
        control.close()
        os.setsid()
        channel = socket.socket(fileno=channel_fd)
        job = Job.read(_receiver(channel))
        run(job, channel.sendall)
        # Ended from outside: leaving by itself would run what student code has left behind.
        signal.pause()
    finally:
        os._exit(0)
