"""An autograder for machine-learning homework.

Theory of operation
===================

A *probe* draws inputs from a seeded generator, calls an implementation with them, and returns named arrays. The same
probe with the same seed runs on the student's module and on the reference, each in a process of its own; a third
process, the grader, compares the two sets of arrays. Everything else serves this rule.

The processes
-------------

**The grader** is ``autograder grade``, ``autograder check``, or a worker of a Dask cluster (:mod:`autograder.cluster`).
It alone holds the *answers* (the observations of the reference and the known mistakes on this seed), runs staff's
predicates, and writes reports. It lists and opens the files of submissions, follows no link, and parses none of them.
It never runs, imports or unpickles anything of a student's.

**A loader** is a fresh interpreter that the grader starts once for each set of libraries, so it holds nothing of the
grader's memory. It imports the libraries, and forks servers.

**A server**, one for each worker thread and set of libraries, enters its confinement, computes nothing, and forks runs.

**A run** is confined for good before anything of a student's is loaded. It writes the submission's modules, the
handed-out modules over them, and the data into an empty folder, imports the module, and calls the probes draw by draw.
The reference and the specimens run in the same way, in runs of their own. When a run dies or passes a limit, that check
gets code 1, and a new run continues with the next check.

**A reader** is a confined process that calls one of our own functions on a student's bytes: it unpacks an archive, or
compares a notebook's outputs. Such bytes can make any parser slow, large or wrong. A reader that dies affects that
submission alone (:mod:`autograder.worker.reader`).

``autograder check``, the student's command, starts a fresh interpreter for each run, with **no confinement**, since it
is meant for one's own code; it raises what confinement would raise, so that verdicts are the same. It reads the answers
for the public seed from a file of the released assignment.

What passes between them
------------------------

A run gets one job: the modules or the notebook's cells, the check page, and for each draw the seed of its inputs, from
which neither the key nor another draw follows (:mod:`autograder.seed`). A run sends observations, and nothing else: a
prefix of fixed size, a JSON header, and the bytes of arrays (:mod:`autograder.wire`). Sizes are bounded
before anything is read, dtypes come from a short list, arrays are copied, and malformed data is code 1. There is
no pickle. A reader's result is accepted only as records of known types, within bounds.

What a run can see and do
-------------------------

Its memory holds the few modules of ours that it needs (``tests/test_imports.py`` lists them) and the check page.
No expected value, no predicate and no other submission is ever in a process that runs student code. So nothing that
such code does to its own process makes a wrong answer right; only the right arrays do.

The process is confined by independent layers, so that the others remain if the machine lacks one: namespaces, Landlock,
seccomp, identity, limits (:mod:`autograder.sandbox.confine`). With all of them a run reads the Python installation, the
system's libraries, the engine's own modules and the course's ``data/``; writes its own folder, which is gone with it;
reaches no network, no other process and no environment but a few variables; starts no process; and is held to the table
in :mod:`autograder.worker.job`. ``autograder doctor`` tries each promise on this machine. Where one can't be kept,
``autograder grade`` refuses to begin, unless it is told ``--weak-sandbox``; then each report says what is missing.

What is *not* promised
----------------------

``docs/threat-model.md`` has the list: faults of the kernel, messages between two runs by timing alone, single files in
the folders that a run can read, inputs after reports are returned. Confinement is Linux's: elsewhere students check
their own code, and grading a class is not supported. A module can be written to pass on the public seed alone; the
official run, on inputs that follow from the assignment's key, reveals this. The key lies among the solutions: whoever
has the repository has both.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.api import Course, grade_class, grade_submission, open_course
    from autograder.codes import Code
    from autograder.course.problem import Problem
    from autograder.report import Report
    from autograder.student.case import case
    from autograder.student.check import check
    from autograder.student.environment import ready

__version__ = "0.2.0"
__all__ = [
    "Code",
    "Course",
    "Error",
    "Problem",
    "Report",
    "__version__",
    "case",
    "check",
    "grade_class",
    "grade_submission",
    "open_course",
    "ready",
]


# Older Pythons can read this file, and not the others.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "autograder: this is Python {}.{}, and 3.11 or later is needed; make the environment anew with one: "
        "python3.11 -m venv .venv (on Windows: py -3.11 -m venv .venv)\n".format(*sys.version_info)
    )
    sys.exit(64)


class Error(Exception):
    """The reason why a command can't begin or finish: a sentence with the next step."""


def __getattr__(name: str) -> Any:
    # Late: the worker imports this package too, and must not load the grader with it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {"Code": "codes", "case": "student.case", "check": "student.check", "ready": "student.environment"}
    home = homes.get(name, "api")
    return getattr(import_module(f"autograder.{home}"), name)


def __dir__() -> list[str]:
    return __all__
