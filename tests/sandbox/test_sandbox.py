"""Whatever a module does to its process is an observation of one check, and the other checks are run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
from small_course import REFERENCE, laid_over, write_course

from autograder.course.assignments import read_course
from autograder.course.problem import Implementation
from autograder.expected import Answers, by_draw
from autograder.grading import grade
from autograder.notebook.grade import job_of
from autograder.report import problem_lines
from autograder.sandbox import runs
from autograder.sandbox.observe import Budget, Sandbox, SandboxError
from autograder.sandbox.runs import Loader
from autograder.seed import Seed
from autograder.worker.job import MIB, Limits

SEED = Seed.numbered(5)
# Enough for an honest run on a busy machine, and all that a hanging one costs these tests.
SECONDS = 1.5


@pytest.fixture(params=["warm", "cold"])
def run(request, sandbox, cold, lines):
    """The observations of a fragment laid over the reference, in a fork of a server and in a process of its own."""
    room = {"warm": sandbox, "cold": cold}[request.param]
    problem = replace(lines, limits=Limits(wall_seconds=SECONDS, import_seconds=4 * SECONDS))

    def observed(fragment, checks=None):
        return room.observe(problem, laid_over(problem, textwrap.dedent(fragment)), SEED, checks)

    return observed


def endings(seen):
    """How each draw ended, by check."""
    found = {}
    for observation in seen:
        found.setdefault(observation.check, []).append(observation.ending)
    return found


def in_predict(body):
    """A fragment in which `predict` does something, and then what it should."""
    return f"""
import ctypes, os, signal, socket, struct, subprocess, sys, threading, time

def predict(x, w, b):
{textwrap.indent(textwrap.dedent(body), "    ")}
    return np.matmul(x, w) + b
"""


# The rest of what was asked for is run whatever these do.
ELSEWHERE = {"rooted": ["returned"], "fitted": ["returned"] * 2}

# What a forged message looks like: that of any check, draw and end, with the value 1.
FORGE = """
from autograder.wire import Observation, Failure, encode

def forge(check, draw, ending="returned"):
    heights = {"heights": np.ones(5), "one_row": np.ones(1)}
    message = encode(Observation(check, draw, ending, heights if ending == "returned" else {}, failure=Failure("", "")))
    for fd in range(256):
        try:
            os.write(fd, message)
        except OSError:
            pass
"""

HARMLESS = {
    "right": "pass",
    "prints": "print('heights', flush=True)",
    "prints_a_lot": "for _ in range(2000): print('x' * 1000)",
    "prints_to_stderr": "sys.stderr.write('oops')",
    "writes_to_descriptors": "os.write(1, b'x' * 100); os.write(2, b'x' * 100)",
    "closes_stdout": "sys.stdout.close(); sys.stderr.close()",
    "loses_stdout": "sys.stdout = None",
    "reads_stdin": "assert sys.stdin is None or sys.stdin.read() == ''",
    "warns": "import warnings; warnings.warn('deprecated', DeprecationWarning)",
    "warnings_as_errors": "import warnings; warnings.simplefilter('error')",
    "numpy_raises": "np.seterr(all='raise')",
    "seeds_globally": "np.random.seed(0)",
    "logs": "import logging; logging.basicConfig(); logging.error('lost')",
    "writes_a_file": "open('notes.txt', 'w').write('x')",
    "threads": "t = threading.Thread(target=int); t.start(); t.join()",
    "hanging_thread": "threading.Thread(target=threading.Event().wait).start()",
    "atexit": "import atexit; atexit.register(os._exit, 3)",
    "recursion_limit": "sys.setrecursionlimit(100)",
    "breaks_comparison": "np.allclose = np.isclose = None",
    "tracer": "sys.settrace(lambda *_: None)",
    "maps_an_array": "np.save('a.npy', x); assert np.array_equal(np.load('a.npy', mmap_mode='r'), x)",
    "maps_an_array_to_write": "m = np.memmap('a.dat', mode='w+', shape=3); m[:] = 7; m.flush()",
    "maps_a_file": (
        "import mmap; f = open('line.py', 'rb')\nassert mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:1]"
    ),
    "maps_memory": "import mmap; m = mmap.mmap(-1, 100); m[:2] = b'ab'; m.madvise(mmap.MADV_DONTNEED)",
    "pool_of_threads": "from concurrent.futures import ThreadPoolExecutor as P; assert [*P(3).map(abs, [-1])] == [1]",
    "joins_in_c": """
        c = ctypes.CDLL(None); t = ctypes.c_ulong()
        assert c.pthread_create(ctypes.byref(t), None, c.usleep, ctypes.c_void_p(20_000)) == 0
        assert c.pthread_join(t, None) == 0
    """,
    "event_loop": "import asyncio; asyncio.run(asyncio.wait_for(asyncio.sleep(0.001), 1))",
    "clocks": (
        "for clock in (time.CLOCK_MONOTONIC, time.CLOCK_PROCESS_CPUTIME_ID, 3): time.clock_gettime(clock)"
        "\ntime.sleep(0.001)"
    ),
    "usage": "import resource; resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; os.times(); os.sched_getaffinity(0)",
    "copies": "import shutil; shutil.copyfile('line.py', 'copy'); os.rename('copy', 'moved'); os.remove('moved')",
    "reads_at": "f = os.open('line.py', os.O_RDONLY); os.preadv(f, [bytearray(3)], 1); os.pread(f, 3, 1)",
    "temporary": "import tempfile; f = tempfile.TemporaryFile(); f.write(b'x'); f.flush(); os.fsync(f.fileno())",
    "compressed": "np.savez_compressed('a.npz', x); np.load('a.npz')['arr_0']",
    "timer": "signal.setitimer(signal.ITIMER_REAL, 1e-3); signal.sigtimedwait([], 0); signal.setitimer(0, 0)",
    "unlimited": "import resource as r; r.setrlimit(r.RLIMIT_STACK, r.getrlimit(r.RLIMIT_STACK))",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_right_answer_is_right_whatever_else_is_done(run, body):
    """Chatter, warnings, threads and other habits change no verdict."""
    seen = run(in_predict(body))

    assert endings(seen) == {"prediction": ["returned"] * 3, **ELSEWHERE}
    for observation in seen[:3]:
        assert observation.values["heights"].shape == (5,)
    assert max(len(observation.output) for observation in seen) <= Limits().output_characters + 10


RAISING = {
    "value_error": ("raise ValueError('no line')", "raised", "ValueError", "no line"),
    "deep_recursion": ("return predict(x, w, b)", "raised", "RecursionError", "recursion"),
    "system_exit": ("sys.exit(0)", "raised", "SystemExit", "0"),
    "keyboard_interrupt": ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt", ""),
    "interrupts_itself": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(9)", "raised", "KeyboardInterrupt", ""),
    "message_that_raises": (
        "class Loud(Exception):\n    def __str__(self): raise RuntimeError\nraise Loud",
        "raised",
        "Loud",
        "could not be read",
    ),
    "long_message": ("raise ValueError('x' * 1_000_000)", "raised", "ValueError", "xxx"),
    "surrogates": ("raise ValueError('\\udcff')", "raised", "ValueError", "?"),
    "assertion": ("assert b > 1e9, 'too small'", "asserted", "AssertionError", "too small"),
    "not_implemented": ("raise NotImplementedError('later')", "missing", "NotImplementedError", "later"),
    "out_of_memory": ("np.empty(1 << 50)", "exhausted", "", "memory"),
    "no_memory_for_a_lock": ("raise RuntimeError('can\\'t allocate lock')", "exhausted", "", "memory"),
    "out_of_memory_for_the_system": ("raise OSError(12, 'no memory', 'line.py')", "exhausted", "", "memory"),
    "its_own_folder": ("open(os.path.join(os.getcwd(), 'no_file'))", "raised", "FileNotFoundError", "'./no_file'"),
}


@pytest.mark.parametrize(("body", "ending", "kind", "said"), RAISING.values(), ids=RAISING.keys())
def test_an_exception_costs_its_check(run, body, ending, kind, said):
    """What is raised is told with the student's own frames, and the draws after it are tried."""
    seen = run(in_predict(body))

    assert endings(seen) == {"prediction": [ending] * 3, **ELSEWHERE}
    failure = seen[0].failure
    assert failure.kind == kind
    assert said in failure.message
    assert {frame.file for frame in failure.frames} <= {"line.py"}
    assert len(failure.message) < 3000


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_signals_do_what_they_do_by_default(lines, warm):
    """A grader that a shell started in the background ignores some, and what a module is told of them is the same."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Sandbox(warm=warm) as room:
            seen = room.observe(lines, laid_over(lines, in_predict("os.kill(os.getpid(), signal.SIGINT)")), SEED)
    finally:
        signal.signal(signal.SIGINT, before)

    assert endings(seen) == {"prediction": ["raised"] * 3, **ELSEWHERE}
    assert seen[0].failure.kind == "KeyboardInterrupt"


def test_nobody_in_particular_runs_it(run):
    """Who asks for the user's name and home gets the same answer at home and in the official run."""
    own = "Path.home().samefile(Path.cwd())"
    seen = run(in_predict(f"from pathlib import Path; import getpass; raise ValueError((getpass.getuser(), {own}))"))

    assert seen[0].failure.message == "('student', True)"


DYING = {
    "leaves": ("os._exit(0)", "exit status 0"),
    "leaves_with_a_status": ("os._exit(77)", "exit status 77"),
    "segfault": ("ctypes.string_at(0)", "SIGSEGV"),
    "aborts": ("os.abort()", "the process was ended by SIG"),
    "hangs_deaf": ("for s in (2, 14, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep(99)", "ran past the limit"),
    "closes_descriptors": ("os.closerange(3, 256)", ""),
    "forges_nonsense": (
        "for fd in range(3, 256):\n  try: os.write(fd, b'ok' * 50)\n  except OSError: pass",
        "no result",
    ),
    "forges_a_giant": (
        """for fd in range(3, 256):
            try: os.write(fd, struct.pack("<4sIQ", b"obs1", 9, 1 << 60))
            except OSError: pass""",
        "too large",
    ),
}


@pytest.mark.parametrize(("body", "said"), DYING.values(), ids=DYING.keys())
def test_a_death_costs_its_check_and_no_other(run, body, said):
    """One draw is tried, how it ended is told, and the other checks are run in a new process."""
    seen = run(in_predict(body))

    assert endings(seen) == {"prediction": ["died"], **ELSEWHERE}
    assert said in seen[0].failure.message


LATE = {
    "loops": ("while True: pass", "while True: pass"),
    "sleeps": ("time.sleep(99)", "time.sleep(99)"),
    "waits": ("threading.Event().wait()", "threading.Event().wait()"),
}


@pytest.mark.parametrize(("body", "line"), LATE.values(), ids=LATE.keys())
def test_what_runs_past_its_time_says_where(run, body, line):
    """The function and the line in it; one draw is tried, and the other checks are run."""
    seen = run(in_predict(body))

    assert endings(seen) == {"prediction": ["late"], **ELSEWHERE}
    assert seen[0].failure.message == "`predict` ran past the limit of 1.5 s"
    assert seen[0].failure.frames[-1].text == line


CALLS_PREDICT = """
def root(a):
    return predict(a[:, None], np.ones(1), 0.0)
"""


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        pytest.param("while True: pass", {"rooted": ["skipped"], "fitted": ["returned"] * 2}, id="never_came_back"),
        pytest.param(
            "if len(x) > 1: return x @ w + b\nwhile True: pass",
            {"rooted": ["returned"], "fitted": ["returned"] * 2},
            id="came_back_before",
        ),
    ],
)
def test_a_function_that_never_ends_is_called_once(run, body, seen):
    """Not by another function either; one that ends on other inputs is called again."""
    found = endings(run(in_predict(body) + CALLS_PREDICT))

    assert found == {"prediction": ["late"], **seen}


def test_what_is_not_called_again_is_not_judged(sandbox, lines, right):
    """The check that was late is the one to mend; what doesn't call the function is judged."""
    implementation = laid_over(lines, in_predict("while True: pass") + CALLS_PREDICT)

    report = grade(
        sandbox.observe, replace(lines, limits=Limits(wall_seconds=SECONDS)), implementation, Answers(right), SEED
    )

    assert [(one.check, one.code, one.blocked_by, one.points) for one in report.checks] == [
        ("prediction", 1, None, 0),
        ("rooted", 1, "prediction", 0),
        ("fitted", 0, None, 4),
    ]
    assert report.checks[1].message == "not judged: fix `prediction` first"


FORGED = {
    "this_check": "forge('prediction', 0)",
    "next_draw": "forge('prediction', 1)",
    "all_draws": "for draw in range(3): forge('prediction', draw)",
    "other_check": "forge('fitted', 0)",
    "unknown_check": "forge('nothing', 0)",
    "the_import": "forge('', 0)",
    "fault_of_the_check": "forge('prediction', 0, 'faulty')",
    "fault_of_the_sandbox": "forge('prediction', 0, 'unstarted')",
    "fault_of_all": "forge('', 0, 'unstarted')",
    "death": "forge('prediction', 0, 'died')",
    "and_leaves": "for draw in range(3): forge('prediction', draw)\nos._exit(0)",
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED.keys())
def test_a_forged_message_earns_nothing(sandbox, lines, right, body):
    """Whatever a module writes on whichever descriptor, the check it does so in fails, and not by a fault of ours."""
    implementation = laid_over(lines, FORGE + in_predict(body))

    report = grade(sandbox.observe, lines, implementation, Answers(right), SEED)

    assert report.checks[0].code in {1, 53}
    assert report.checks[0].points == 0


@pytest.fixture(scope="module")
def right(sandbox, lines):
    """What the reference gives."""
    return by_draw(sandbox.observe(lines, lines.reference, SEED))


@pytest.mark.parametrize("ending", ["faulty", "unstarted", "returned"])
def test_a_message_forged_while_the_module_is_imported_earns_nothing(sandbox, lines, right, ending):
    """The import is student code already: what it says of our faults is not believed."""
    forged = f"{FORGE}\nimport os\nforge('', 0, {ending!r})\nos._exit(0)\n"

    report = grade(sandbox.observe, lines, laid_over(lines, forged), Answers(right), SEED)

    assert {one.code for one in report.checks} == {1}
    assert report.score == 0


def test_a_process_may_try_to_kill_itself(run):
    """The first process of a namespace can't; any other dies, and its check with it."""
    seen = run(in_predict("os.kill(os.getpid(), signal.SIGKILL)"))

    assert endings(seen) in (
        {"prediction": ["returned"] * 3, **ELSEWHERE},
        {"prediction": ["died"], **ELSEWHERE},
    )


def test_a_grandchild_that_holds_the_channel_keeps_nobody_waiting(run):
    """What is left behind by a run that has ended is not waited for."""
    left_behind = """
    if os.fork() == 0:
        os.setsid()
        time.sleep(4)
        os._exit(0)
    os._exit(0)
    """

    seen = run(in_predict(left_behind))

    # A fork is refused where runs are confined, and outlives a run that isn't.
    assert endings(seen) in (
        {"prediction": ["exhausted"] * 3, **ELSEWHERE},
        {"prediction": ["died"], **ELSEWHERE},
    )


IMPORTS = {
    "raises": ("1 / 0", "raised"),
    "leaves": ("import os; os._exit(0)", "died"),
    "exits": ("raise SystemExit", "raised"),
    "not_implemented": ("raise NotImplementedError", "missing"),
    "syntax_error": ("def broken(:", "raised"),
    "indentation": ("x = 1\n  y = 2", "raised"),
    "null_byte": ("x = 1\0", "raised"),
    "forbidden": ("import torch; torch.manual_seed(0)", "forbidden"),
    "forbidden_within": ("def f():\n    from torch.nn import Linear\n    Linear(2, 3)\nf()", "forbidden"),
    "forbidden_part": ("import scipy.linalg as la; x = la.norm + 1", "forbidden"),
    "forbidden_base": ("from torch import nn\nclass Net(nn.Module): pass", "forbidden"),
    "forbidden_decorator": ("from numba import njit\n@njit\ndef f(): pass", "forbidden"),
    "forbidden_array": ("import torch; np.sum(torch)", "forbidden"),
    "forbidden_condition": ("import torch\nif torch: pass", "forbidden"),
    "forbidden_loop": ("from torch import nn\nfor x in nn.layers: pass", "forbidden"),
    "forbidden_kind": ("import torch; isinstance(3, torch.Tensor)", "forbidden"),
    "forbidden_setting": ("import torch; torch.threads = 1", "forbidden"),
    "forbidden_version": ("import torch; print(torch.__version__)", "forbidden"),
    "forbidden_unless_run": (
        "if __name__ == '__main__':\n    pass\nelse:\n    import torch; torch.nn.Linear()",
        "forbidden",
    ),
    "forbidden_with_another_handler": ("try:\n    import torch; torch.zeros(2)\nexcept ValueError: pass", "forbidden"),
    "forbidden_by_a_call": ("__import__('scipy')", "forbidden"),
    "forbidden_by_importlib": ("import importlib; importlib.import_module('scipy.linalg')", "forbidden"),
    "forbidden_by_exec": ("exec('import scipy')", "forbidden"),
}


@pytest.mark.parametrize(("fragment", "ending"), IMPORTS.values(), ids=IMPORTS.keys())
def test_a_module_that_cannot_be_imported_fails_every_check(run, fragment, ending):
    """Each check says why, once."""
    seen = run(fragment)

    assert endings(seen) == {"prediction": [ending], "rooted": [ending], "fitted": [ending]}


@pytest.mark.parametrize(
    "fragment",
    [
        "import json as j, collections.abc, xml.etree.ElementTree",
        "import asyncio, concurrent.futures, email.message, multiprocessing.shared_memory, unittest.mock",
        "from numpy.linalg import norm",
        "from given_noise import shaken",
        "from autograder import authoring",
        "import importlib; importlib.import_module('statistics')",
        "torch = 3; x = 'import torch'  # import torch",
        "if __name__ == '__main__':\n    import torch",
        "def never_called():\n    import torch",
        "try:\n    import torch\nexcept ImportError:\n    torch = None",
        "try:\n    from scipy.linalg import norm\nexcept ImportError:\n    from numpy.linalg import norm",
        "np.testing.assert_allclose(1.0, 1.0)",
    ],
)
def test_what_may_be_imported_is(run, fragment):
    """The standard library, what the assignment allows, what was handed out, what these need; and what isn't run."""
    assert endings(run(fragment)) == {"prediction": ["returned"] * 3, **ELSEWHERE}


@pytest.mark.parametrize(
    ("fragment", "name"),
    [
        pytest.param("import scipy.signal", "scipy.signal", id="module"),
        pytest.param("import scipy.signal as signal", "scipy.signal", id="renamed"),
        pytest.param("from scipy.signal import lfilter, hilbert as h", "scipy.signal", id="names"),
        pytest.param("from scipy.signal import *", "scipy.signal", id="star"),
        pytest.param("import torch", "torch", id="not_installed"),
        pytest.param("from torch import nn; Layer = nn.Linear", "torch", id="read"),
        pytest.param("import torch\ndef f(x: torch.Tensor): pass", "torch", id="annotation"),
        pytest.param("import torch\ndef f():\n    return torch.zeros(2)", "torch", id="used_where_nothing_calls"),
        pytest.param("with np.errstate():\n    import torch", "torch", id="within_a_with"),
        pytest.param("try:\n    import torch\nfinally:\n    pass", "torch", id="within_a_finally"),
    ],
)
def test_an_import_that_nothing_uses_costs_nothing(run, lines, right, fragment, name):
    """It is noted, with its line, though it is not allowed, and whether or not it is installed."""
    seen = run(fragment)
    report = grade(lambda *_: seen, lines, Implementation({}), Answers(right), SEED)

    assert (report.score, report.code) == (7, 0)
    (note,) = report.notes
    assert re.fullmatch(
        rf"line\.py, line \d+, imports {re.escape(name)}, which is not allowed; nothing used it, so it costs nothing: "
        "remove it",
        note,
    )
    assert problem_lines(report)[-2].startswith("note: line.py, line ")


def test_an_import_costs_the_checks_that_use_it(run):
    """And the line of the import is told, not that of the use."""
    seen = run("from scipy.special import expit\ndef predict(x, w, b):\n    return expit(x @ w + b)")

    assert endings(seen) == {"prediction": ["forbidden"] * 3, **ELSEWHERE}
    line = len(REFERENCE.splitlines()) + 3
    assert seen[0].failure.message == f"line.py, line {line}, imports scipy.special"
    assert seen[-1].unused == ()


def test_a_function_to_be_written_that_is_a_forbidden_one_is_refused(run):
    """A stand-in under the name of a function is used by the check itself."""
    assert endings(run("from scipy.special import expit as predict")) == {
        "prediction": ["forbidden"] * 3,
        **ELSEWHERE,
    }


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param("try:\n    import torch\nexcept ImportError:\n    torch = None", id="import_error"),
        pytest.param("try:\n    import torch\nexcept ModuleNotFoundError:\n    torch = None", id="not_found"),
        pytest.param("try:\n    import torch\nexcept (OSError, ImportError):\n    torch = None", id="one_of_several"),
        pytest.param("try:\n    import torch\nexcept Exception:\n    torch = None", id="any"),
        pytest.param("try:\n    import torch\nexcept:\n    torch = None", id="bare"),
        pytest.param(
            "import contextlib\ntorch = None\nwith contextlib.suppress(ImportError):\n    import torch", id="suppressed"
        ),
        pytest.param(
            "def load():\n    import torch\n    return torch\n"
            "try:\n    torch = load()\nexcept ImportError:\n    torch = None",
            id="in_the_caller",
        ),
    ],
)
def test_code_that_can_do_without_an_import_is_told_that_it_is_missing(run, handler):
    """As if the package were not installed: then its own way is taken."""
    seen = run(f"{handler}\nif torch is not None:\n    raise ValueError")

    assert endings(seen) == {"prediction": ["returned"] * 3, **ELSEWHERE}
    assert seen[0].unused == ()


def test_a_library_that_asks_in_c_for_what_it_has_loaded_is_not_the_student(run, lines):
    """jax asks for ml_dtypes so, from the student's line that calls it; what is not loaded is refused as ever."""
    ask = """
    import ctypes
    ask = ctypes.PyDLL(None).PyImport_Import
    ask.restype, ask.argtypes = ctypes.py_object, [ctypes.py_object]
    """
    loads = "import sys, types\nsys.modules['ml_things'] = types.ModuleType('ml_things')\n"

    loaded = run(loads + in_predict(ask + "ask('ml_things')"))
    new = run(in_predict(ask + "ask('scipy')"))

    assert endings(loaded) == {"prediction": ["returned"] * 3, **ELSEWHERE}
    assert endings(new) == {"prediction": ["forbidden"] * 3, **ELSEWHERE}


def test_an_import_that_hangs_is_ended(sandbox, lines):
    """The import has a limit of its own, and is not tried again for each check."""
    problem = replace(lines, limits=Limits(import_seconds=SECONDS))

    seen = sandbox.observe(problem, laid_over(problem, "while True: pass"), SEED)

    assert endings(seen) == {"prediction": ["late"], "rooted": ["late"], "fitted": ["late"]}
    assert seen[0].failure.message == "the import of the module ran past the limit of 1.5 s"


def test_a_syntax_error_is_shown_with_its_line(run):
    """A module that doesn't compile has no frames: the line stands in the error."""
    failure = run("def broken(:").pop().failure

    (frame,) = failure.frames
    assert (frame.file, frame.text) == ("line.py", "def broken(:")
    assert frame.line == len(REFERENCE.splitlines()) + 3


def test_the_students_own_frames_are_shown(run):
    """The traceback has the lines of the module, and none of ours or of a library's."""
    failure = run("def predict(x, w, b):\n    return inner(x)\n\ndef inner(x):\n    return np.matmul(x, x)\n")[
        0
    ].failure

    assert [(frame.function, frame.text) for frame in failure.frames] == [
        ("predict", "return inner(x)"),
        ("inner", "return np.matmul(x, x)"),
    ]


ODD = {
    "none": ("None", "None"),
    "dict": ("{}", "of type dict"),
    "text": ("'heights'", "of type str"),
    "unhashable": ("[{}]", "an array of dtype object"),
    "module": ("np", "of type module"),
    "function": ("predict", "of type function"),
    "strides_of_zero": ("np.broadcast_to(1.0, (1 << 16,))", None),
    "nan": ("np.full(5, np.nan)", None),
    "subclass": ("np.matrix(np.ones((5, 1)))", None),
}


@pytest.mark.parametrize(("value", "said"), ODD.values(), ids=ODD.keys())
def test_what_is_returned_arrives_as_an_array_or_a_word(run, value, said):
    """Anything can be returned; what is no array is said to be what it is."""
    seen = run(f"def predict(x, w, b):\n    return {value}\n")

    assert endings(seen) == {"prediction": ["returned"] * 3, **ELSEWHERE}
    found = seen[0].values["heights"]
    assert found == said if said else type(found) is np.ndarray


@pytest.mark.parametrize(
    ("value", "points"),
    [
        pytest.param("(np.matmul(x, w) + b).astype(object)", 1.3, id="right"),
        pytest.param("(np.matmul(x, w) + b).astype(object)[:, None]", 1.3, id="right_as_a_column"),
        pytest.param("np.matmul(x, w).astype(object)", 0, id="wrong"),
        pytest.param("np.array([*(np.matmul(x, w) + b), None])[:-1]", 1.3, id="was_longer"),
        pytest.param("np.array([None] * len(x))", 0, id="none"),
        pytest.param("np.array(['1.0'] * len(x), dtype=object)", 0, id="texts"),
    ],
)
def test_numbers_in_an_array_of_objects_are_a_slip(run, lines, right, value, points):
    """The code is 50, and the numbers are judged as in any array."""
    seen = run(f"def predict(x, w, b):\n    return {value}\n")

    verdict = grade(lambda *_: seen, lines, Implementation({}), Answers(right), SEED).checks[0]

    assert (verdict.code, verdict.points) == (50, points)
    assert verdict.message.startswith("`heights` is an array of dtype object; expected an array of shape (5,)")


HOSTILE_VALUES = {
    "length": "class Odd(list):\n    def __iter__(self): raise RuntimeError\n    __len__ = __iter__",
    "array": "class Odd:\n    def __array__(self, *a, **k): raise RuntimeError",
    "type": "class Odd:\n    __class__ = property(lambda self: 1 / 0)",
    "endless": "class Odd(list):\n    def __iter__(self):\n        while True: yield 1.0",
    "subclass": "class Odd(np.ndarray):\n    shape = property(lambda self: 1 / 0)\n"
    "    def __new__(cls): return np.ones(5).view(cls)",
}


@pytest.mark.parametrize("definition", HOSTILE_VALUES.values(), ids=HOSTILE_VALUES.keys())
def test_a_value_that_resists_costs_its_check(run, definition):
    """What fails when it is looked at fails in the student's process."""
    seen = run(f"{definition}\n\ndef predict(x, w, b):\n    return Odd()\n")

    assert {name: found for name, found in endings(seen).items() if name != "prediction"} == ELSEWHERE


def test_too_much_is_not_returned(run):
    """What comes back is bounded, and saying so costs the check alone."""
    seen = run("def predict(x, w, b):\n    return np.zeros(5 << 17)\n")

    assert endings(seen) == {"prediction": ["exhausted"] * 3, **ELSEWHERE}
    assert seen[0].failure.message == "what came back is larger than 4 MiB"


def test_all_that_is_returned_is_bounded(run):
    """Draws together may be too large where none is alone; it costs the check that has returned most, and no other."""
    seen = run("def predict(x, w, b):\n    return np.zeros(3 << 16)\n")

    assert endings(seen) == {"prediction": ["exhausted"] * 3, **ELSEWHERE}
    assert seen[0].failure.message == "what came back in all is larger than 8 MiB"
    assert sum(value.nbytes for one in seen for value in one.values.values()) < 1 << 20


SPEAKS = """
    import json, os
    from autograder.wire import MAGIC, PREFIX, Observation, encode
    words = [{"name": chr(0x1F600) * 200 + str(n), "is": chr(0x1F600) * 290} for n in range(250)]
    for draw in range(3):
        header = json.loads(encode(Observation("prediction", draw, "returned"))[PREFIX.size :]) | {"values": words}
        text = json.dumps(header, ensure_ascii=False).encode()
        for fd in range(3, 256):
            try:
                os.write(fd, PREFIX.pack(MAGIC, len(text), 0) + text)
            except OSError:
                pass
    time.sleep(9)
"""


def test_words_in_place_of_arrays_are_counted_too(sandbox, lines):
    """Types and shapes that a process names take memory as well as the values do."""
    problem = replace(lines, limits=Limits(module_bytes=MIB // 4, wall_seconds=SECONDS))
    seen = sandbox.observe(problem, laid_over(problem, in_predict(SPEAKS)), SEED, problem.checks[:1])

    assert endings(seen) == {"prediction": ["exhausted"] * 3}
    assert [one.values for one in seen] == [{}] * 3


def test_all_that_a_module_takes_is_bounded(sandbox, lines):
    """Checks that each stay within their time take no more than a module's; the rest is not run, and says so."""
    problem = replace(lines, limits=Limits(wall_seconds=2 * SECONDS, module_seconds=SECONDS))
    seen = sandbox.observe(problem, laid_over(problem, in_predict("time.sleep(600)")), SEED)

    assert {observation.ending for observation in seen} == {"died"}
    assert "ran past the limit of 1.5 s" in seen[0].failure.message
    assert "had used up the module's" in seen[-1].failure.message


# The run's own clock on such a machine.
BUSY = "time.process_time = lambda: 0.1 * time.monotonic()"


@pytest.fixture
def busy(monkeypatch):
    """A machine that others keep busy: of the clock's seconds a run gets one in ten."""
    monkeypatch.setattr(runs.Server, "spent", lambda _: 0.1 * time.monotonic())


@pytest.mark.usefixtures("busy")
def test_a_busy_machine_costs_no_check(sandbox, lines):
    """A draw is charged for what it computes, though by the clock it is past its limit, and all draws past theirs."""
    problem = replace(lines, limits=Limits(wall_seconds=SECONDS, module_seconds=4 * SECONDS))
    seen = sandbox.observe(problem, laid_over(problem, in_predict(f"{BUSY}\ntime.sleep(1.8)")), SEED, lines.checks[:1])

    assert [one.failure for one in seen] == [None] * 3


@pytest.mark.usefixtures("busy")
def test_a_busy_machine_costs_no_cell(sandbox, lines):
    """The same of a notebook."""
    problem = replace(lines, limits=Limits(cell_seconds=SECONDS, notebook_seconds=SECONDS))
    job = job_of(problem, {}, [("cell 1", "import time; time.sleep(1.8)"), ("cell 2", "1")])
    seen = list(sandbox.run_cells(problem, job))

    assert [one.failure for one in seen] == [None] * 3


def test_a_notebook_s_cells_share_its_time(sandbox, lines):
    """The cell that uses it up is told so, and those after it were not run, in this run or in another."""
    problem = replace(lines, limits=Limits(cell_seconds=4 * SECONDS, notebook_seconds=SECONDS))
    job = job_of(problem, {}, [("cell 1", "import time; time.sleep(600)"), ("cell 2", "1")])
    budget = Budget.of_notebook(problem.limits)
    first, *others = sandbox.run_cells(problem, job, budget)

    assert first.failure.message == "the notebook ran past the limit of 1.5 s"
    assert len(others) == 2
    for one in (*others, *sandbox.run_cells(problem, job, budget)):
        assert one.ending == "died"
        assert "it was not run: the cells before it" in one.failure.message


def test_a_missing_module_is_missing(sandbox, lines):
    """A submission without the file is not written yet."""
    seen = sandbox.observe(lines, Implementation({"other.py": b"x = 1\n"}), SEED)

    assert endings(seen) == {"prediction": ["missing"], "rooted": ["missing"], "fitted": ["missing"]}
    assert seen[0].failure.message == "line.py was not handed in"


def test_a_missing_function_is_missing(run):
    """The check that calls it says so; the others are run."""
    seen = run("del predict")

    assert endings(seen) == {"prediction": ["missing"] * 3, **ELSEWHERE}
    assert seen[0].failure.message == "line.py has no `predict`"


def test_what_the_probe_cannot_use_is_a_misfit(run):
    """Where a returned value breaks the probe's own line that line is shown, and no line of ours."""
    seen = run("class Line(Line):\n    def __init__(self, eta): self.fit = None\n")

    assert endings(seen)["fitted"] == ["misfit"] * 2
    (frame,) = seen[-1].failure.frames
    assert (frame.file, frame.text) == ("checks.py", "model.fit(x, shaken(rng, 2.0 * x), steps=7)")


def test_a_module_may_import_others_that_were_handed_in(sandbox, lines):
    """Modules beside the one asked for are there, and those handed out lie over theirs."""
    files = {
        "line.py": b"from mine import *\nfrom given_noise import shaken\n",
        "mine.py": REFERENCE.encode(),
        "given_noise.py": b"raise SystemExit('not the one handed out')\n",
    }

    seen = sandbox.observe(lines, Implementation(files), SEED)

    assert endings(seen)["prediction"] == ["returned"] * 3


def test_each_run_begins_anew(sandbox, lines):
    """What one module leaves in its process, another doesn't find."""
    leaves = laid_over(lines, "import builtins; builtins.left = np.pi = 3; open('left.txt', 'w').close()")
    looks = laid_over(
        lines,
        "import builtins, os\nassert not hasattr(builtins, 'left') and np.pi > 3\n"
        "assert not os.path.exists('left.txt')",
    )

    for implementation in (leaves, looks):
        assert endings(sandbox.observe(lines, implementation, SEED)) == {"prediction": ["returned"] * 3, **ELSEWHERE}


def stop(server):
    """It is there, and answers nothing."""
    server._control.settimeout(0.2)
    os.kill(server._pid, signal.SIGSTOP)


def terminate(server):
    """It is gone, as a run's process would be."""
    os.kill(server._pid, signal.SIGTERM)
    assert server._ended(SECONDS)


@pytest.mark.parametrize("wound", [runs.Server.kill, terminate, stop], ids=lambda wound: wound.__name__)
def test_a_server_that_is_wounded_is_replaced(lines, wound, monkeypatch):
    """A run for which there is no server gets a new one, and goes as every other."""
    monkeypatch.setattr(runs, "END_SECONDS", 0.5)
    with Sandbox(weak=True) as sandbox:
        before = sandbox.observe(lines, lines.reference, SEED)
        (server,) = sandbox._servers.values()
        wound(server)
        after = sandbox.observe(lines, lines.reference, SEED)
        (replaced,) = sandbox._servers.values()

        assert [one.ending for one in after] == ["returned"] * 6
        assert np.array_equal(before[0].values["heights"], after[0].values["heights"])
        assert replaced is not server


def test_servers_come_out_of_one_loader(lines, monkeypatch):
    """Libraries are loaded once, however many workers there are; each worker has a server of its own."""
    started = []
    start = subprocess.Popen
    monkeypatch.setattr("subprocess.Popen", lambda *args, **more: started.append(start(*args, **more)) or started[-1])
    loader = Loader()
    with Sandbox(weak=True, loader=loader) as one, Sandbox(weak=True, loader=loader) as other:
        seen = [room.observe(lines, lines.reference, SEED) for room in (one, other)]
        servers = [server for room in (one, other) for server in room._servers.values()]
        # A wounded one costs a start, and nothing else: those that it has forked go on, and there will be others.
        started[0].kill()
        seen += [one.observe(lines, lines.reference, SEED)]
        other.close()
        seen += [other.observe(lines, lines.reference, SEED)]
    loader.close()

    assert [endings(each) for each in seen] == [{"prediction": ["returned"] * 3, **ELSEWHERE}] * 4
    assert len({server._pid for server in servers}) == 2
    assert len(started) == 2
    assert [process.returncode is not None for process in started] == [True, True]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(0, id="at_once"),
        pytest.param(1, id="in_the_import"),
        pytest.param(2, id="in_a_check"),
        pytest.param(99, id="never"),
    ],
)
def test_a_server_that_dies_during_a_run_costs_nobody_a_point(lines, right, when):
    """It is our process: what it takes with it is run again, or is a fault of ours."""
    with Sandbox(weak=True) as sandbox:
        sandbox.observe(lines, lines.reference, SEED)
        (server,) = sandbox._servers.values()
        fork = server.fork

        def fork_and_die(job):
            process = fork(job)
            receive = process.receive
            left = when

            def receive_and_die(*limits):
                nonlocal left
                left -= 1
                if left < 0:
                    server.kill()
                return receive(*limits)

            process.receive = receive_and_die
            return process

        server.fork = fork_and_die
        report = grade(sandbox.observe, lines, lines.reference, Answers(right), SEED)

    assert report.score == report.max_score


def test_a_machine_that_starts_no_process_is_a_fault_of_ours(lines, monkeypatch):
    """Every check says so, and none is the student's."""

    def refuse(*args, **kwargs):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with Sandbox(warm=False) as sandbox:
        seen = sandbox.observe(lines, lines.reference, SEED)

    assert endings(seen) == {"prediction": ["unstarted"], "rooted": ["unstarted"], "fitted": ["unstarted"]}


def test_a_library_that_cannot_be_loaded_is_a_fault_of_ours(lines):
    """The sentence is what the library said."""
    problem = replace(lines, preload=("nonesuch",))
    with Sandbox(weak=True) as sandbox:
        # A server loads what the submission names.
        seen = sandbox.observe(problem, laid_over(problem, "# nonesuch"), SEED)

    assert {one.ending for one in seen} == {"unstarted"}
    assert "nonesuch" in seen[0].failure.message


def test_a_server_that_takes_forever_to_start_is_not_waited_for(lines, monkeypatch):
    """It may be loading a library that hangs, and has said nothing yet."""
    monkeypatch.setattr(runs, "START_SECONDS", 1e-3)
    monkeypatch.setattr(runs, "END_SECONDS", 0.1)
    with Sandbox(weak=True) as sandbox:
        seen = sandbox.observe(lines, lines.reference, SEED)

    assert {one.ending for one in seen} == {"unstarted"}
    assert "the worker did not start" in seen[0].failure.message


def test_a_machine_that_confines_nothing_grades_nobody_unasked(lines):
    """Without the layers a promise needs there is no run, unless the instructor says so."""
    with Sandbox(layers=()) as sandbox:
        seen = sandbox.observe(lines, lines.reference, SEED)

    assert {one.ending for one in seen} == {"unstarted"}
    assert "can't be confined on this machine" in seen[0].failure.message
    with pytest.raises(SandboxError), Sandbox(layers=()) as sandbox:
        sandbox._serve((lines.preload, ()))


def test_a_page_that_does_not_load_is_a_fault_of_ours(sandbox, lines):
    """No student code has run when that is said."""
    problem = replace(lines, page=replace(lines.page, text="import nonesuch\n"))

    seen = sandbox.observe(problem, problem.reference, SEED)

    assert endings(seen) == {"prediction": ["faulty"], "rooted": ["faulty"], "fitted": ["faulty"]}


def test_a_students_file_is_not_the_pages_library(tmp_path, sandbox):
    """A check page that imports a module of the standard library gets that, though a file of its name was handed in."""
    course = write_course(tmp_path / "course")
    page = course / "solutions/lines/line/checks.py"
    page.write_text(page.read_text().replace("import numpy as np\n", "import colorsys\n\nimport numpy as np\n"))
    (assignment,) = read_course(course)
    (problem,) = assignment.problems
    files = {"line.py": REFERENCE.encode(), "colorsys.py": b"raise SystemExit('mine')\n"}

    seen = sandbox.observe(problem, Implementation(files), SEED)

    assert endings(seen) == {"prediction": ["returned"] * 3, **ELSEWHERE}


def test_warm_and_cold_runs_see_the_same(sandbox, cold, lines):
    """Where a student's own check starts each run afresh it gets what the official run gets, to the last bit."""
    one, other = (room.observe(lines, lines.reference, SEED) for room in (sandbox, cold))

    for mine, theirs in zip(one, other, strict=True):
        assert (mine.check, mine.draw, mine.ending) == (theirs.check, theirs.draw, theirs.ending)
        assert {n: v.tobytes() for n, v in mine.values.items()} == {n: v.tobytes() for n, v in theirs.values.items()}


def test_only_the_references_arguments_are_measured(sandbox, cold, lines):
    """Messages name sizes as the reference's docstrings do; to measure a student's would cost as much as a check."""
    told = laid_over(lines, 'def predict(x, w, b):\n    """x : ndarray of shape (n, d)"""\n    return x @ w + b\n')

    for room in (sandbox, cold):
        assert room.observe(lines, told, SEED)[0].scales == {}
        assert room.observe(lines, replace(told, measured=True), SEED)[0].scales.keys() >= {"n", "d"}
    assert lines.reference.measured


def test_nothing_is_left_behind(lines, tmp_path, monkeypatch):
    """Scratch folders go with the sandbox."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for forked in (True, False):
        with Sandbox(warm=forked, weak=True) as sandbox:
            sandbox.observe(lines, laid_over(lines, in_predict("os._exit(0)")), SEED)

    assert list(tmp_path.iterdir()) == []
