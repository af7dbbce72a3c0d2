"""Run a program: one of the system's, one written here, one that is in no folder.

Must: doubled 0, totalled 0, parts 0
"""

import subprocess
import sys
from pathlib import Path

honest = totalled

import os

from raw_calls import X86, call, make


Path("program").write_text("#!/bin/sh\n", encoding="utf-8")


def attempts():
    yield lambda: os.execv("/bin/true", ["true"])
    yield lambda: os.execv(sys.executable, [sys.executable, "-c", "0"])
    yield lambda: os.execve("./program", ["program"], {})
    yield lambda: os.chmod("program", 0o755)
    yield lambda: os.memfd_create("program")
    yield lambda: os.execve(os.open("program", os.O_RDONLY), ["program"], {})
    yield lambda: call(322 if X86 else 281, -100, b"/bin/true", 0, 0, 0)
    yield lambda: call(447, 0)
    yield lambda: subprocess.run(["true"], check=True)


def totalled(x):
    make(attempts())
    return honest(x)
