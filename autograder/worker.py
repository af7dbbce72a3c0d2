"""What runs beside student code: it imports a module, runs probes on it, and writes down what came back.

It holds no answer: no reference, no expected value, no tolerance that matters. It imports the standard library, numpy,
``autograder.wire`` and ``autograder.probe`` (what a check page is written with), nothing else of ours.

A process gets one job on one channel and answers with one message for the module's import and one for each draw of each
check, in order. It ends by being ended: whoever reads the channel stops the process after the last message.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import json
import linecache
import math
import os
import re
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FrameType, ModuleType, TracebackType
from typing import Any

import numpy as np

import autograder
from autograder.probe import checks_of, generator
from autograder.wire import MAX_FRAMES, MAX_SCALES, Ending, Failure, Frame, Observation, encode, plain

MAX_MESSAGE_CHARACTERS = 2_000
WATCHED_ARRAYS = 16
WATCHED_BYTES = 1 << 23
# Of arrays up to this, it takes longer to ask whether anybody has them than to compare them.
SMALL_BYTES = 1 << 12
# References to an array that only a watch has: its record, the loop over them, and the counting itself.
UNSHARED = 3
MEASURED_CALLS = 32
# What a probe unpacks and reckons with stays what it is, also as a class of the student's: a named tuple, an array.
VALUES = (tuple, list, dict, str, int, float, complex, np.ndarray, np.generic)
SHAPE = re.compile(r"^[ \t]*([\w, ]+?) : .*\bof shape \(([^()\n]*)\)", re.MULTILINE)
IGNORED_BY_PYTHON = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ")}
# Not a path, so that no student's file can be taken for it.
PAGE = "<checks.py>"

LENGTHS = struct.Struct("<IQ")


@dataclass(frozen=True)
class Job:
    """What one process is to do.

    Attributes
    ----------
    module : str
        The name of the student's module.
    page : str
        The text of the check page.
    given : tuple of str
        Names of the handed-out modules.
    allowed_imports : tuple of str
        Packages that student code may import, beside the standard library.
    draws : tuple of (str, int, int)
        Checks and draws, in order, with what each draw's inputs follow from. The run's seed is not told.
    data : mapping of str to str
        Paths of the files that students read as ``data/<name>``.
    limits : mapping of str to float
        The fields of :class:`autograder.limits.Limits`.
    files : mapping of str to bytes
        The submission's and the handed-out modules, laid out in the working directory.
    """

    module: str
    page: str
    given: tuple[str, ...]
    allowed_imports: tuple[str, ...]
    draws: tuple[tuple[str, int, int], ...]
    data: Mapping[str, str]
    limits: Mapping[str, float]
    files: Mapping[str, bytes]

    def encode(self) -> bytes:
        """The job as one message: two lengths, JSON, and the files."""
        sizes = {name: len(content) for name, content in self.files.items()}
        head = json.dumps({**vars(self), "files": sizes}).encode()
        body = b"".join(self.files.values())
        return LENGTHS.pack(len(head), len(body)) + head + body

    @classmethod
    def read(cls, receive: Callable[[int], bytes]) -> Job:
        """The job in a stream whose ``receive(n)`` gives n bytes."""
        head, body = LENGTHS.unpack(receive(LENGTHS.size))
        fields = json.loads(receive(head))
        content = io.BytesIO(receive(body))
        return cls(
            **{
                **fields,
                "given": tuple(fields["given"]),
                "allowed_imports": tuple(fields["allowed_imports"]),
                "draws": tuple((check, draw, entropy) for check, draw, entropy in fields["draws"]),
                "files": {name: content.read(size) for name, size in fields["files"].items()},
            }
        )


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


class Missing(NotImplementedError, AttributeError):
    """The implementation has no function of that name."""


class Oversize(Exception):
    """A draw returned more than the limit."""


class Forbidden(ImportError):
    """The student's code imports what the assignment doesn't allow."""


class Watch:
    """Notes which of the caller's arrays a call changes, how narrow their floats are, and what arguments measure."""

    def __init__(self) -> None:
        # By identity, the oldest first: each with the name of the function it was given to, that, and the argument.
        self.arrays: dict[int, tuple[np.ndarray[Any, Any], str, Callable[..., Any], int | str]] = {}
        self.changed: dict[str, None] = {}
        self.narrow = False
        self.calls = 0
        self.scales: dict[str, dict[float, None]] = {}

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """``function(*args, **kwargs)``, with the arrays the caller has passed so far compared before and after."""
        given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
        for position, array in given:
            if isinstance(array, np.ndarray):
                self.narrow |= array.dtype.kind == "f" and array.dtype.itemsize < 8
                if id(array) not in self.arrays and array.nbytes <= WATCHED_BYTES:
                    if array.nbytes > SMALL_BYTES:
                        self._forget(array)
                    if len(self.arrays) == WATCHED_ARRAYS:
                        del self.arrays[next(iter(self.arrays))]
                    self.arrays[id(array)] = array, name, function, position
        self.calls += 1
        if self.calls <= MEASURED_CALLS:
            self._measure(function, given)
        # Between calls the caller may change its own arrays: what counts is what they hold when this call begins.
        watched = [*self.arrays.values()]
        arrays = [array for array, _, _, _ in watched]
        sizes = [array.nbytes for array in arrays]
        before = _contents(arrays)
        try:
            return function(*args, **kwargs)
        finally:
            if _contents(arrays) != before:
                start = 0
                for (array, given_to, owner, position), size in zip(watched, sizes, strict=True):
                    if array.tobytes() != before[start : start + size]:
                        self.changed[f"`{_parameter(owner, position)}` of `{given_to}`"] = None
                    start += size

    def _forget(self, new: np.ndarray[Any, Any]) -> None:
        """Forget the arrays that nobody but this watch still has: in a loop over batches, all but the last of them.

        What nobody has can't be looked at any more, unless others have its memory; that, a new array may show as well.
        """
        for key, (array, _, _, _) in [*self.arrays.items()]:
            if sys.getrefcount(array) <= UNSHARED:
                memory = array.base
                gone = memory is None or (sys.getrefcount(memory) <= UNSHARED and memory.base is None)
                if gone or (memory is new.base and array.__array_interface__ == new.__array_interface__):
                    del self.arrays[key]

    def _measure(self, function: Callable[..., Any], given: list[tuple[int | str, Any]]) -> None:
        """Note the numbers among the arguments by name, and the arrays' sizes by the letters the docstring has."""
        letters = _letters(str(getattr(function, "__doc__", "")))
        for position, value in given:
            name = _parameter(function, position)
            measures: Iterable[tuple[object, object]] = ((name, value),)
            if type(value) is dict:
                measures = value.items()
            elif type(value) is np.ndarray:
                measures = zip(letters.get(name, ()), value.shape, strict=False)
            for symbol, number in measures:
                if len(self.scales) == MAX_SCALES:
                    return
                if type(symbol) is str and type(number) in (int, float) and symbol.isidentifier():
                    self.scales.setdefault(symbol, {})[number] = None  # type: ignore[index]  # exactly a number


def _contents(arrays: list[np.ndarray[Any, Any]]) -> bytes:
    """The bytes of arrays, one after the other."""
    try:
        return b"".join(arrays)  # type: ignore[arg-type]  # at once, for this stands before and after every call
    except (BufferError, ValueError, TypeError):  # strided, or of a dtype that is no buffer
        return b"".join(array.tobytes() for array in arrays)


@functools.cache
def _letters(docstring: str) -> Mapping[str, list[str]]:
    """The letters for an argument's sizes, by argument: ``x : ndarray of shape (N, d_in)`` has N and d_in."""
    return {
        name.strip(): [letter.strip() for letter in letters.split(",")]
        for names, letters in SHAPE.findall(docstring)
        for name in names.split(",")
    }


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
            if type(result).__module__ == module and not isinstance(result, VALUES):
                return Watched(result, type(result).__name__, module, watch)
            return result

        return watched

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_watched")[0], name, value)


def run(job: Job, folder: str, send: Callable[[bytes], None]) -> None:
    """Do a job in a folder: a message before there is any student code, one for its import, and one for each draw."""
    output = Clipped(int(job.limits["output_characters"]))
    ours = {f"{name}.py": job.files[f"{name}.py"] for name in job.given}
    try:
        os.chdir(folder)
        _write(ours)
        _link(job.data)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        sys.stdout = sys.stderr = output
        _hear_signals()
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


def _hear_signals() -> None:
    """Let signals do what they do by default: what a grader started in the background ignores, it hands down."""
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN and number not in IGNORED_BY_PYTHON:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


class _NoNotebook:
    """What stands for a notebook's shell: magics and shell commands do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _do_nothing


def _do_nothing(*_: object, **__: object) -> None:
    pass


def _be_no_notebook() -> None:
    """Let the lines of an exported notebook that only a notebook runs do nothing: magics, and asking for a verdict."""
    builtins.get_ipython = _NoNotebook  # type: ignore[attr-defined]
    autograder.check = _do_nothing


def _write(files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        with open(name, "wb") as file:
            file.write(content)


def _link(data: Mapping[str, str]) -> None:
    """Put the data where students read it."""
    if data:
        os.mkdir("data")
    for name, path in data.items():
        try:
            os.symlink(path, os.path.join("data", name))
        except OSError:  # Windows, for an ordinary user
            shutil.copyfile(path, os.path.join("data", name))


def _check_page(job: Job) -> ModuleType:
    page = ModuleType("checks")
    exec(compile(job.page, PAGE, "exec", dont_inherit=True), page.__dict__)
    return page


def _import(job: Job, folder: str, output: Clipped) -> tuple[ModuleType | None, Observation]:
    """The student's module, and how its import went."""
    path = os.path.join(folder, f"{job.module}.py")
    module = ModuleType(job.module)
    module.__file__ = path
    sys.modules[job.module] = module
    try:
        # Only now: what shadows a library must not be there while the page is loaded, and what doesn't fit into the
        # folder is the student's fault, not the page's.
        _write({name: content for name, content in job.files.items() if name.removesuffix(".py") not in job.given})
        sys.path_importer_cache.pop(folder, None)
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        rule = _ImportRule(job, folder)
        sys.addaudithook(rule.audit)
        builtins.__import__ = rule.imported
        exec(code, module.__dict__)
    except BaseException as error:
        ending, failure = _failure(error, job, folder)
        return None, Observation("", 0, ending, failure=failure, output=output.take())
    return module, Observation("", 0, "returned", output=output.take())


def _observe(
    job: Job,
    folder: str,
    module: ModuleType,
    draw: tuple[str, int, int],
    probe: Callable[..., Any],
    output: Clipped,
) -> Observation:
    """One draw of one check."""
    check, number, entropy = draw
    watch = Watch()
    values: dict[str, Any] = {}
    failure = None
    ending: Ending = "returned"
    try:
        returned = probe(Watched(module, job.module, job.module, watch), generator(entropy))
        values = _plain(returned, int(job.limits["returned_bytes"]))
    except BaseException as error:
        ending, failure = _failure(error, job, folder)
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


def _plain(returned: Mapping[str, object], limit: int) -> dict[str, Any]:
    """The returned values as the wire carries them, none larger than the limit, and not all together either."""
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


def _failure(error: BaseException, job: Job, folder: str) -> tuple[Ending, Failure]:
    """How a run ended that raised: whose exception it is, and the student's own frames."""
    try:
        # Where the folder lies is the grader's business.
        message = str(error)[: 2 * MAX_MESSAGE_CHARACTERS].replace(folder, ".")
    except BaseException:
        message = "(its message could not be read)"
    frames = _own_frames(error.__traceback__, job, folder)
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(folder + os.sep) and not frames:
        frames = [Frame(os.path.basename(error.filename or ""), error.lineno or 0, "", (error.text or "").strip())]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message[:MAX_MESSAGE_CHARACTERS], tuple(frames[-MAX_FRAMES:]))
    if limit := _limit(error, job):
        return "exhausted", Failure("", limit, failure.frames)
    if isinstance(error, Forbidden):
        return "forbidden", failure
    if isinstance(error, NotImplementedError):
        return "missing", failure
    if isinstance(error, FileNotFoundError) and error.filename == os.path.join(folder, f"{job.module}.py"):
        return "missing", Failure("FileNotFoundError", f"{job.module}.py was not handed in")
    if frames:
        return ("asserted" if isinstance(error, AssertionError) else "raised"), failure
    if any(file == PAGE for file, _, _ in _lines(error.__traceback__)):
        return "misfit", _misfit(failure, error.__traceback__, job)
    return "raised", failure


def _limit(error: BaseException, job: Job) -> str:
    """Which limit an exception says was reached, as a sentence; an empty text if it says no such thing."""
    mib = 1 << 20
    if isinstance(error, Oversize):
        return f"what came back is larger than {job.limits['returned_bytes'] / mib:.0f} MiB"
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return f"asked for more memory than there is (the limit is {job.limits['memory_bytes'] / mib:.0f} MiB)"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"wrote a file larger than {job.limits['file_bytes'] / mib:.0f} MiB"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"wrote more than {job.limits['scratch_bytes'] / mib:.0f} MiB in all, or too many files"
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN:
        return "tried to start another process; a run is one process"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return f"tried to start more than {job.limits['threads']:.0f} threads"
    return ""


def _misfit(failure: Failure, trace: TracebackType | None, job: Job) -> Failure:
    """The failure with the check page's line, which is what could not use the returned value."""
    line, function = [(line, function) for file, line, function in _lines(trace) if file == PAGE][-1]
    text = job.page.splitlines()[line - 1].strip()
    return Failure(failure.kind, failure.message, (Frame("checks.py", line, function, text),))


def _lines(trace: TracebackType | None) -> list[tuple[str, int, str]]:
    lines = []
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return lines


def _own_frames(trace: TracebackType | None, job: Job, folder: str) -> list[Frame]:
    given = {os.path.join(folder, f"{name}.py") for name in job.given}
    return [
        Frame(os.path.basename(file), line, function, linecache.getline(file, line).strip()[:200])
        for file, line, function in _lines(trace)
        if file.startswith(folder + os.sep) and file not in given
    ]


class _ImportRule:
    """Raises Forbidden where student code imports a package that it may not, as if that were not installed.

    What counts is what is run: code that can do without a package, or is never called, loses nothing. Libraries may
    import what they like; the standard library imports for whoever has called it.
    """

    def __init__(self, job: Job, folder: str) -> None:
        own = {name.removesuffix(".py") for name in job.files}
        self._allowed = frozenset({*sys.stdlib_module_names, *job.allowed_imports, *own, "autograder"})
        self._trusted = (PAGE, *(os.path.join(folder, f"{name}.py") for name in job.given))
        self._libraries = tuple(entry + os.sep for entry in sys.path if "-packages" in entry)
        self._carriers = (os.path.dirname(os.__file__) + os.sep, "<frozen ", *self._libraries)
        self._import = builtins.__import__

    def imported(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """``__import__``: every import statement, of a package that another has loaded too."""
        self._look_at(name.partition(".")[0])
        return self._import(name, *args, **kwargs)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """What else there is: ``importlib.import_module``, whose import is seen by the file it opens alone."""
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
            # Also this file may lie among the libraries.
            if frame.f_code is not ours and frame.f_code.co_filename.startswith(self._libraries):
                return
            frame = frame.f_back
        if frame is None:
            raise Forbidden(f"the code imports {package}")
        if frame.f_code.co_filename not in self._trusted:
            raise Forbidden(f"{os.path.basename(frame.f_code.co_filename)}, line {frame.f_lineno}, imports {package}")


def once(folder: str) -> None:
    """One job from standard input, its messages to standard output: a process of its own, on any system."""
    channel = os.dup(1)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.setmode(channel, os.O_BINARY)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    job = Job.read(sys.stdin.buffer.read)
    os.dup2(null, 0)

    def send(message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[os.write(channel, view) :]

    run(job, folder, send)
