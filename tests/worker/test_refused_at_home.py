"""A run at home, which nothing confines, raises what the official run raises: a student reads it before handing in."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from small_course import laid_over

from autograder.seed import Seed

STARTS = "tried to start another process; a run is one process"
NO_NETWORK = "PermissionError: [Errno 1] Operation not permitted"
REFUSED = {
    "pool": ("from multiprocessing import Pool\nwith Pool(2) as pool: pool.map(abs, [1])", STARTS),
    "process": ("import multiprocessing as m\nmine = m.Process(target=print); mine.start(); mine.join()", STARTS),
    "spawned": (
        "import multiprocessing as m\nmine = m.get_context('spawn').Process(target=print); mine.start()",
        STARTS,
    ),
    "executor": ("from concurrent.futures import ProcessPoolExecutor as P\nwith P(2) as p: [*p.map(abs, [1])]", STARTS),
    "subprocess": ("import subprocess\nsubprocess.run(['true'])", STARTS),
    "fork": ("import os\nif os.fork() == 0: os._exit(0)", STARTS),
    "lock": ("import multiprocessing\nmultiprocessing.Lock()", STARTS),
    "n_jobs": ("from joblib import Parallel, delayed\nParallel(n_jobs=2)(delayed(abs)(i) for i in [1, 2])", STARTS),
    "system": ("import os\nassert os.system('true') == 0", "AssertionError: "),
    "socket": ("import socket\nsocket.socket()", NO_NETWORK),
    "name": (
        "import urllib.request\nurllib.request.urlopen('http://example.org')",
        "URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
    ),
    "above": ("open('../notes.txt', 'w')", "OSError: [Errno 30] Read-only file system: '../notes.txt'"),
    "elsewhere": ("open('/tmp/notes.txt', 'w')", "OSError: [Errno 30] Read-only file system: '/tmp/notes.txt'"),
}
ALLOWED = {
    "own_file": "open('notes.txt', 'w').write('x'); assert open('notes.txt').read() == 'x'",
    "temporary": "import tempfile\ntempfile.TemporaryFile().write(b'x')",
    "data": "assert len(np.load('data/points.npz')['x'])",
    "nothing": "import os\nopen(os.devnull, 'w').write('x')",
    "threads": "from concurrent.futures import ThreadPoolExecutor as P\nassert [*P(2).map(abs, [-1])] == [1]",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1]); plt.savefig('figure.png')",
    "system_ignored": "import os\nos.system('clear')",
    "platform": "import platform\nplatform.platform()",
}


@pytest.fixture
def run(cold, sandbox, lines):
    """The endings of a fragment in `predict`, at home and officially; None there if this machine can't confine."""
    problem = replace(lines, allowed_imports=("numpy", "matplotlib", "joblib"), preload=("joblib",))
    rooms = (cold, None if sandbox.enforced().lacks else sandbox)

    def ended(body):
        fragment = f"def predict(x, w, b):\n{textwrap.indent(body, '    ')}\n    return np.matmul(x, w) + b\n"
        return tuple(room and _end(room, problem, fragment) for room in rooms)

    return ended


def _end(room, problem, fragment):
    seen = room.observe(problem, laid_over(problem, fragment), Seed.numbered(5), problem.checks[:1])[0]
    failure = seen.failure
    return seen.ending, f"{failure.kind}: {failure.message}".removeprefix(": ") if failure else ""


@pytest.mark.skipif(sys.platform != "linux", reason="the words for errors are each system's own")
@pytest.mark.parametrize(("body", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_official_run_refuses_is_refused(run, body, said):
    """The same ending, in the same words."""
    home, official = run(body)

    assert home[1] == said
    assert official in {home, None}


@pytest.mark.parametrize("body", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_it_allows_is_allowed(run, body):
    """Allowed actions cost nothing in either."""
    home, official = run(body)

    assert home == ("returned", "")
    assert official in {home, None}


def test_files_of_the_user_are_not_there(run, tmp_path, monkeypatch):
    """By their own path: the official run has a copy of the data, and no home of theirs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw/table.csv").write_text("1\n")

    home, _ = run(f"np.loadtxt({str(tmp_path / 'hw/table.csv')!r})")

    assert home[0] == "raised"
    assert home[1].startswith("FileNotFoundError: [Errno 2] No such file or directory: ")


def test_an_environment_in_the_users_home_is_read(lines, tmp_path, monkeypatch, cold):
    """Python and its packages often lie there."""
    monkeypatch.setenv("HOME", str(Path(sys.prefix).parent))

    ended = _end(
        cold, lines, "def predict(x, w, b):\n    import colorsys, numpy.polynomial\n    return np.matmul(x, w) + b\n"
    )

    assert ended == ("returned", "")
