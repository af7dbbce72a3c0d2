"""Attempts to break each guarantee on this machine, by small programs that are run as student code is.

A program's own result is trusted, for it is ours. Its surroundings are examined too: a process of the same user, a
listening server, a file, a folder that everybody can write. An attempt without a clear end counts as a guarantee that
is not kept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from autograder.report import ProblemReport, Verdict
from autograder.sandbox.confine import GUARANTEES, LAYERS, Enforced, Guarantee
from autograder.sandbox.runs import START_SECONDS, DiskFullError, Loader, Server
from autograder.wire import WireError
from autograder.worker.job import MIB, Limits, ProbeJob

# Small, so that each is reached at once. The memory is just enough for NumPy and a thread's stack.
LIMITS = Limits(
    cpu_seconds=1, memory_bytes=128 * MIB, threads=8, file_bytes=MIB, scratch_bytes=4 * MIB, output_characters=200
)
WALL_SECONDS = 0.3
# Seconds for all other attempts, on a busy machine.
PATIENCE = 10.0
CANARY = "nobody-else-knows"

How = Literal["refused", "succeeded", "ended in time", "was silent", "spoke nonsense", "could not be tried"]


@dataclass(frozen=True)
class Attempt:
    """One thing that student code must not be able to do.

    Attributes
    ----------
    guarantee : Guarantee
        The one that it would break.
    what : str
        What is tried, as a clause.
    program : str
        The body of a function that tries it: it returns when it has succeeded, and raises when it was refused.
    kept_by : How
        How it ends where the guarantee is kept.
    seconds : float
        The grader's own deadline.
    """

    guarantee: Guarantee
    what: str
    program: str
    kept_by: How = "refused"
    seconds: float = PATIENCE


@dataclass(frozen=True)
class Outcome:
    """The end of an attempt, and the output or traces of it."""

    attempt: Attempt
    how: How
    said: str

    @property
    def kept(self) -> bool:
        """The guarantee was kept against this attempt."""
        return self.how == self.attempt.kept_by


SEES, REACHES, COSTS, SAYS, SHOWN, CLOSED = GUARANTEES

THREADS = Attempt(
    COSTS,
    "start more threads than the limit",
    """
    for _ in range(24):
        threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()
    """,
)
ATTEMPTS = (
    Attempt(SEES, "read a file outside", "return open(AROUND['file']).read()"),
    Attempt(SEES, "list a folder outside", "return os.listdir(AROUND['folder'])"),
    Attempt(
        SEES,
        "read another process's environment and memory",
        "return [open(f'/proc/{AROUND[\"process\"]}/{name}', 'rb').read(1) for name in ('environ', 'cmdline')]",
    ),
    Attempt(
        SEES,
        "find the grader's environment",
        """
        start = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value
        ours, theirs = os.pipe()
        block = b""
        while libc.write(theirs, ctypes.c_void_p(start + len(block)), ctypes.c_size_t(1)) > 0 and len(block) < 1 << 15:
            block += os.read(ours, 1)
        if AROUND["secret"].encode() not in block and AROUND["secret"] not in str(dict(os.environ)):
            raise LookupError("it is not there")
        """,
    ),
    Attempt(REACHES, "open a socket", "return socket.socket()"),
    Attempt(
        REACHES,
        "connect to a server on this machine",
        """
        for family, address in ((socket.AF_INET, ("127.0.0.1", AROUND["port"])), (socket.AF_UNIX, AROUND["socket"])):
            try:
                socket.socket(family).connect(address)
                return address
            except OSError as error:
                refused = error
        raise refused
        """,
    ),
    Attempt(REACHES, "end another process", "return os.kill(AROUND['process'], 15)"),
    Attempt(
        REACHES,
        "trace another process",
        """
        libc.ptrace.argtypes = [ctypes.c_long] * 4
        if libc.ptrace(16, AROUND["process"], 0, 0) < 0:
            raise OSError(ctypes.get_errno(), "ptrace")
        libc.ptrace(17, AROUND["process"], 0, 0)
        """,
    ),
    Attempt(REACHES, "run a program", "return subprocess.run(['/bin/true'], check=False).returncode"),
    Attempt(
        REACHES,
        "leave a process behind",
        """
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.setsid()
            libc.prctl(15, AROUND["mark"].encode(), 0, 0, 0)
            os.write(theirs, b"x")
            time.sleep(30)
            os._exit(0)
        os.read(ours, 1)
        """,
    ),
    Attempt(REACHES, "write outside of its folder", "open(os.path.join(AROUND['folder'], 'written'), 'w').close()"),
    Attempt(
        REACHES,
        "drop pages of a file that others read",
        "return os.posix_fadvise(os.open(os.__file__, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)",
    ),
    Attempt(
        REACHES,
        "use a right of the user who grades",
        """
        os.close(os.open("closed", os.O_CREAT | os.O_WRONLY, 0))
        os.open("closed", os.O_RDONLY)
        """,
    ),
    Attempt(COSTS, "take more memory than the limit", "return len(bytearray(AROUND['memory']))"),
    Attempt(
        COSTS,
        "compute longer than the limit",
        """
        signal.signal(signal.SIGXCPU, signal.default_int_handler)
        while time.process_time() < 2 * AROUND["seconds"]:
            pass
        """,
    ),
    Attempt(COSTS, "take longer than the limit", "time.sleep(5)", "ended in time", WALL_SECONDS),
    Attempt(COSTS, "write a file larger than the limit", "open('large', 'wb').write(bytes(2 << 20))"),
    Attempt(
        COSTS,
        "write more files than the limit",
        """
        for number in range(16):
            open(f"file{number}", "wb").write(bytes(1 << 19))
        time.sleep(0.6)  # where there is no memory for files, it is looked at them
        """,
    ),
    THREADS,
    Attempt(COSTS, "open more files than the limit", "return [os.dup(0) for _ in range(300)]"),
    Attempt(
        SAYS,
        "speak nonsense on its channel",
        """
        for fd in range(3, 256):
            try:
                os.write(fd, b"nonsense" * 8)
            except OSError:
                pass
        time.sleep(5)
        """,
        "spoke nonsense",
    ),
    Attempt(SHOWN, "show an escape sequence, or a folder of the grader's", "return chr(27) + '[2J' + os.__file__"),
    Attempt(CLOSED, "end without an answer", "os._exit(0)", "was silent"),
)

# The module that a program is put into; its import runs the program.
MODULE = """
import ctypes, os, signal, socket, subprocess, threading, time

AROUND = {around!r}
libc = ctypes.CDLL(None, use_errno=True)
threading.stack_size(1 << 17)


def attempt():
{program}


try:
    found = attempt()
except (Exception, KeyboardInterrupt) as error:
    print("refused:", type(error).__name__, error)
else:
    print("succeeded:", repr(found)[:100] if found is not None else "it was done")
"""


class Around:
    """Targets for attempts: a file, a folder, servers, a process with a secret."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._mark = f"stray-{os.getpid()}"[:15]

    def __enter__(self) -> Self:
        # Open to everybody, so that file permissions don't keep a run away.
        self.folder = Path(tempfile.mkdtemp(prefix="doctor-"))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o777)
        (self.folder / "secret").write_text(CANARY, encoding="utf-8")
        self._servers = [self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
        self._servers.append(self._stack.enter_context(socket.socket(socket.AF_UNIX)))
        self._servers[1].bind(str(self.folder / "socket"))
        (self.folder / "socket").chmod(0o777)
        self._servers[1].listen()
        for server in self._servers:
            server.settimeout(0)
        self._process = self._begin()
        return self

    def _begin(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        process = subprocess.Popen(command, env={"CANARY": CANARY}, stdin=subprocess.DEVNULL)  # noqa: S603  our own
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def names(self) -> dict[str, object]:
        """The values that an attempt gets, by name."""
        return {
            "file": str(self.folder / "secret"),
            "folder": str(self.folder),
            "port": self._servers[0].getsockname()[1],
            "socket": str(self.folder / "socket"),
            "process": self._process.pid,
            "secret": CANARY,
            "mark": self._mark,
            "memory": 2 * LIMITS.memory_bytes,
            "seconds": LIMITS.cpu_seconds,
        }

    def disturbed(self) -> str:
        """Describe what an attempt has left or changed, as a clause, and restore it."""
        found = []
        for server in self._servers:
            with contextlib.suppress(BlockingIOError):
                server.accept()[0].close()
                found.append("a server was reached")
        if self._process.poll() is not None:
            found.append("another process was ended")
            self._process = self._begin()
        if (self.folder / "written").exists():
            (self.folder / "written").unlink()
            found.append("a file was written outside")
        for pid in [*_alive(self._mark)]:
            found.append("a process was left behind")
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
            while pid in _alive(self._mark):
                time.sleep(0.001)
        return "; ".join(found)


def _alive(name: str) -> Iterator[int]:
    """Yield the numbers of the living processes that have given themselves a name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            before, _, after = path.read_text(encoding="utf-8", errors="replace").rpartition(") ")
            if before.endswith(f"({name}") and not after.startswith("Z"):
                yield int(path.parent.name)


def try_guarantees(layers: Sequence[str] = LAYERS) -> tuple[Enforced, list[Outcome]]:
    """Return the record of what these layers enforce, and the outcome of each attempt."""
    with ExitStack() as stack:
        around = stack.enter_context(Around())
        stack.enter_context(_environment())
        loader = Loader()
        stack.callback(loader.close)
        server = Server(loader, (), (), tuple(layers))
        stack.callback(server.close)
        enforced = server.enforced
        outcomes = []
        for attempt in ATTEMPTS:
            if attempt is THREADS and enforced.limits:  # of all the user's threads: it is another limit
                continue
            outcomes.append(_tried(attempt, server, around))
        return enforced, outcomes


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    os.environ[CANARY] = CANARY
    try:
        yield
    finally:
        del os.environ[CANARY]


def _tried(attempt: Attempt, server: Server, around: Around) -> Outcome:
    program = textwrap.indent(textwrap.dedent(attempt.program).strip("\n"), "    ")
    module = MODULE.format(around=around.names, program=program)
    job = ProbeJob("attempt", "", (), (), (), {}, asdict(LIMITS), {"attempt.py": module.encode()})
    process = server.fork(job)
    how: How = "could not be tried"
    said = ""
    try:
        ready = process.receive(START_SECONDS)
        if ready is None or ready.ending != "returned":
            return Outcome(attempt, how, str(ready.failure if ready else process.end().exit_reason))
        seen = process.receive(attempt.seconds)
        if seen is None:
            ended = process.end()
            how, said = "was silent", ended.exit_reason
        elif seen.ending == "returned":
            word, _, said = seen.output.strip().partition(": ")
            how = "refused" if word == "refused" else "succeeded" if word == "succeeded" else how
        elif seen.ending == "exhausted":
            how, said = "refused", seen.failure.message if seen.failure else ""
    except TimeoutError:
        how, said = "ended in time", f"after {attempt.seconds:g} s"
    except WireError as error:
        how, said = "spoke nonsense", str(error)
    except DiskFullError:
        how, said = "refused", "it was ended"
    finally:
        process.end()
    if attempt.guarantee is SHOWN and how == "succeeded":
        how, said = _shown(said)
    if disturbed := around.disturbed():
        how, said = "succeeded", disturbed
    return Outcome(attempt, how, said)


def _shown(said: str) -> tuple[How, str]:
    text = ProblemReport.of("a/b", (Verdict("one", "", 2, 0.0, 1.0, said, None),)).checks[0].message
    harmful = "\x1b" in text or str(Path(os.__file__).parent) in text
    return ("succeeded", "a report showed it") if harmful else ("refused", "a report shows something else")
