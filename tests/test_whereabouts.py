"""Text that a student reads names no folder of whoever grades."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import autograder
from autograder.report import ProblemReport, Verdict
from autograder.text import PREFIX, SCRATCH, neutral

COURSE = Path("/srv/courses/learning")
HOME = str(Path.home())
TEXTS = {
    "library": (np.__file__, "packages/numpy/__init__.py"),
    "standard_library": (os.__file__, "python/lib/os.py"),
    "python": (f"at {sys.prefix}.", "at python."),
    "engine": (autograder.__file__, "autograder/__init__.py"),
    "put_between_letters": (f"x{sys.prefix}x", "xpythonx"),
    "address": (f"file://{np.__file__}", "file://packages/numpy/__init__.py"),
    "course": (f"'{COURSE}/data/digits.npz'", "'course/data/digits.npz'"),
    "run": (f"{SCRATCH}/line.py", "./line.py"),
    "run_without_namespaces": (f"{tempfile.gettempdir()}/{PREFIX}a1_b2/17/line.py", "./line.py"),
    "run_at_home": (f"{tempfile.gettempdir()}/{PREFIX}a1_b2/line.py", "./line.py"),
    "what_every_system_has": ("/usr/bin/env", "/usr/bin/env"),
    "no_path": ("3/4 of x/y", "3/4 of x/y"),
}
# A user of a container may live at the root, which is no secret.
TEXTS |= {
    "home": (f"{HOME}/.ssh", "~/.ssh" if HOME != "/" else "//.ssh"),
    "not_the_home": (f"{HOME}y/.ssh", f"{HOME}y/.ssh"),
}


@pytest.mark.parametrize(("text", "said"), TEXTS.values(), ids=TEXTS.keys())
def test_folders_have_neutral_names(text, said):
    """Those of Python, its packages, the engine, the course, the user and a run."""
    assert neutral(text, COURSE) == said


def test_a_report_is_where_it_is_done():
    """Text of a run enters a report there, for modules and notebooks, at home and officially."""
    verdict = Verdict("one", "It is.", 2, 0.0, 1.0, f"ValueError: {np.__file__}", f"see {COURSE}/data")
    report = ProblemReport.of("a/b", (verdict,), COURSE)

    assert report.checks[0].message == "ValueError: packages/numpy/__init__.py"
    assert report.checks[0].hint == "see course/data"
