"""The grader's environment is nowhere in a run: neither where the kernel put it, nor where Python did."""

from __future__ import annotations

import sys

import pytest
from small_course import laid_over

from autograder.sandbox.observe import Sandbox
from autograder.seed import Seed

SECRET = "the-canary-sings"
# The whole stack, from where this function's caller is to its top, holds the command and the environment.
LOOKS = """
import ctypes, os, posix, site, sys, tempfile

def predict(x, w, b):
    libc = ctypes.CDLL(None)
    start = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value
    ours, theirs = os.pipe()
    block = b""
    while libc.write(theirs, ctypes.c_void_p(start + len(block)), ctypes.c_size_t(8)) > 0 and len(block) < 1 << 17:
        block += os.read(ours, 8)
    words = block.decode(errors="replace").split(chr(0))
    print([word for word in words if word], dict(os.environ), posix.environ, sys.orig_argv, site.USER_BASE)
    return np.matmul(x, w) + b
"""


@pytest.mark.skipif(sys.platform != "linux", reason="runs are confined on Linux")
@pytest.mark.parametrize("layers", [None, ("seccomp", "limits")], ids=["all", "few"])
def test_a_run_does_not_know_the_grader_s_environment(lines, monkeypatch, layers, tmp_path):
    """Those of the grader, the loader and the server; it has a few words of its own."""
    for name in ("PATH", "TMPDIR", "XDG_CACHE_HOME", "HOME", "AUTOGRADER_CANARY"):
        monkeypatch.setenv(name, str(tmp_path / SECRET))
    with Sandbox(weak=True, **({"layers": layers} if layers else {})) as room:
        seen = room.observe(lines, laid_over(lines, LOOKS), Seed.numbered(5), lines.checks[:1])

    assert seen[0].ending == "returned"
    said = seen[0].output
    assert "LANG=C.UTF-8" in said
    assert "'USER': 'student'" in said
    assert [word for word in (SECRET, "MPLCONFIGDIR") if word in said] == []


def test_a_home_is_looked_for_anew(sandbox, lines):
    """Python forgets a user's home that it had found; who asks is told of the run's own folder."""
    asks = """
import os, site, tempfile
assert site.getuserbase().startswith(os.getcwd())
assert tempfile.gettempdir() == os.getcwd()
"""

    assert {one.ending for one in sandbox.observe(lines, laid_over(lines, asks), Seed.numbered(5))} == {"returned"}
