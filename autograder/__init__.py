"""An autograder for machine-learning homework.

Theory of operation
===================

A *probe* draws inputs from a seeded generator, calls an implementation with them, and returns named arrays. The same
probe with the same seed runs on the student's module and on the reference, each in a process of its own; a third
process, the grader, compares the two sets of arrays. All the rest serves that one rule.

The processes
-------------

**The grader** is ``autograder grade`` or ``autograder check``. It lists what was handed in and opens files, follows no
link, and parses nothing of it. It loads the check pages, for their names, points and limits, and staff's predicates. It
holds the *answers*: what the reference and the known mistakes gave on this seed, and what the reference's notebooks
train; predicates and models are tried on these first. It never runs, imports or unpickles anything of a student's. It
alone writes reports. With ``--scheduler`` the workers of a Dask cluster are graders too: they judge on their own
machines what is forked there, and send back what the command writes
(:mod:`autograder.cluster`).

**A loader** is a program that the grader starts once: a fresh interpreter, so nothing of the grader's memory is in it.
It imports the libraries that the modules will want, in a fork of its own for each set of them, and forks servers.

**A server** is such a fork, one for each of the grader's worker threads and each set of libraries. It enters its
confinement, and computes nothing. For each run it forks.

**A run** is such a fork, confined for good before anything of a student's is loaded. It works in an empty folder of its
own, where it lays out the submission's modules, the handed-out modules over them, and the data. It imports the module
and runs the check page's probes on it, draw by draw, writing one observation for each. The reference and the specimens
run in the same way, in runs of their own. A run ends by being killed. When it dies or passes a limit, that check has
code 1, and a new run goes on with the next.

**A reader** is a run in which no student code runs, but one of our own functions, on bytes that a student has made: it
takes the files out of an archive, or holds what a notebook shows against what its code gives. Such bytes can make any
parser slow, large or wrong. So a reader knows no secret, is confined and limited as a run is, and is there for one
submission; when it dies, that submission alone has a sentence instead of a result
(:mod:`autograder.worker.reader`).

``autograder check``, the student's command, starts a fresh interpreter for each run. It has no server and **no
confinement**, for it is meant for one's own code. It holds no reference either: it reads the answers for the public
seed from a file that was released with the assignment.

What passes between them
------------------------

From the grader to the loader: orders for servers, with a socket for each. From the grader to the server: a socket for
each run, and the order to end it. From the grader to the run, on that socket: one job, as JSON and bytes: the
submission's modules, the check page, which draws, and for each the number its inputs follow from. Officially that is
BLAKE2b of the draw with a secret key (:mod:`autograder.seed`): it tells neither the key nor another draw. From the run
to the grader: observations, and nothing else. An observation is a prefix of fixed size, a JSON header and the bytes of
arrays (:mod:`autograder.wire`). Sizes are bounded before anything is read, dtypes come from a short list, arrays are
made anew as exact base-class arrays; what is malformed is code 1. There is no pickle.

A reader is sent a call, and may ask: for a file of the submission, which comes as a descriptor, or for a run of a
notebook's cells, which the grader has made and whose observations it hands on. A reader returns parts of bytes, in
bounds; the grader takes them for records of known types, and for files of known names and sizes, or not at all.

A notebook is another kind of job, for servers of its own that have IPython loaded: its cells, in order, the small files
that it names, and what the grader wants of the variables after which cell. An observation comes back for each cell, and
its outputs are one more array of bytes, read as untrusted JSON (:mod:`autograder.notebook`).

What a run can see and do
-------------------------

Of ours, it has in memory :mod:`autograder.worker.run`, the server and the loader it comes from, what these import, and
the check page; where a notebook is run, :mod:`autograder.notebook.shell` too. No expected value, no predicate, no other
submission is ever in a process that runs student code. So nothing that such code does to its own process makes a wrong
answer right: neither patched comparators, nor equality that always holds, nor an early exit, nor a forged message. Only
the right arrays do.

The grader runs as whoever started it, and so does a server, in namespaces of its own where the machine gives any. Where
root grades, a run is yet another user, of a number that nobody else has, if such a user can read the interpreter;
otherwise it is the same user, without a capability. What is mounted for it, and what is ruled out, is
:mod:`autograder.sandbox.confine`'s to say.

Around its process stand the layers of :mod:`autograder.sandbox.confine`, each on its own, so that one the machine lacks
leaves the others: namespaces, Landlock, seccomp, identity, limits. With all of them a run reads the Python
installation, the system's libraries, the engine's own modules and the course's ``data/``; writes its own folder, which
is gone with it; reaches no network, no other process and no environment but a few variables; starts no process; makes
the system calls of :mod:`autograder.sandbox.syscalls` and no others; and is held to the table in
:mod:`autograder.worker.limits`. ``autograder doctor`` tries each promise (:mod:`autograder.sandbox.guarantees`) on this
machine, and says what keeps it. Where one can't be kept, ``autograder grade`` refuses to begin,
unless it is told ``--weak-sandbox``; then each report's footer says what was not enforced.

What is *not* promised
----------------------

- Against a fault in the kernel, or in what these layers leave open, nothing stands behind them. What they are tried
  with is in ``tests/hostile``.
- What takes longer when another run has done something, or not, tells of it: two runs that want to can say something
  to each other by time alone. ``docs/threat-model.md`` has measured how much.
- Where files are concerned a run sees folders, not single files: whatever lies inside the Python installation's
  folders, in ``/usr``, ``/lib`` or in the course's ``data/``. Where the course, the submissions or the
  reports lie there, ``autograder grade`` refuses to begin.
- Confinement is Linux's. Elsewhere students check their own code; grading a class there is not supported.
- ``autograder check`` confines nothing: don't use it on somebody else's code.
- A report shows the exceptions of a student's code, and so whatever inputs that code put into one. After reports are
  given back, the inputs of the official run are no secret; the expected values, and other keys' inputs, still are.
- The check pages and the public seed's answers are public. A module can be written to pass on the public seed alone;
  the official run, on inputs that follow from the assignment's key, is what tells. A right answer that is the same on
  every seed is no part of the public ones: such a check is the official run's alone. The key is as secret as the
  solutions, and lies among them: who is given the repository, or has its history, has both.
- Time is a limit, not a measure: a machine that is much slower, or far too busy, can turn a right answer into code 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.api import Course, grade_class, grade_submission, open_course
    from autograder.codes import Code
    from autograder.course.problem import Problem
    from autograder.report import Report
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
    "check",
    "grade_class",
    "grade_submission",
    "open_course",
    "ready",
]


class Error(Exception):
    """The reason why something can't be begun or finished: a sentence with the next step."""


def __getattr__(name: str) -> Any:
    # Late: the worker imports this package too, and must not load the grader with it.
    if name == "Code":
        from autograder.codes import Code  # noqa: PLC0415

        return Code
    if name == "check":
        from autograder.student.check import check  # noqa: PLC0415

        return check
    if name == "ready":
        from autograder.student.environment import ready  # noqa: PLC0415

        return ready
    if name in __all__:
        from autograder import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
