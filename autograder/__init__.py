"""An autograder for machine-learning homework.

Theory of operation
===================

A *probe* draws inputs from a seeded generator, calls an implementation with them, and returns named arrays. The same
probe with the same seed runs on the student's module and on the reference, each in a process of its own; a third
process, the grader, compares the two sets of arrays. All the rest serves that one rule.

The processes
-------------

**The grader** is ``autograder grade`` or ``autograder check``. It reads submissions as bytes, in bounds; it unpacks
nothing to disk and follows no link. It loads the check pages, for their names, points and limits, and staff's
predicates. It holds the *answers*: what the reference and the known mistakes gave on this seed. It never runs, imports
or unpickles anything of a student's. It alone writes reports.

**A server** is a program that the grader starts for each of its worker threads and each assignment: a fresh
interpreter, so nothing of the grader's memory is in it. It imports the libraries that the modules will want, once,
and computes nothing. For each run it forks.

**A run** is such a fork, in a session of its own, working in a scratch folder that holds the submission's modules, the
handed-out modules over them, and the data. It imports the module and runs the check page's probes on it, draw by draw,
writing one observation for each. The reference and the specimens run in the same way, in runs of their own. A run ends
by being killed, with its process group. When it dies or passes a time limit, that check has code 1, and a new run goes
on with the next.

``autograder check``, the student's command, starts a fresh interpreter for each run and has no server. It holds no
reference either: it reads the answers for the public seed from a file that was released with the assignment.

What passes between them
------------------------

From the grader to the server: a socket for each run, and the order to end it. From the grader to the run, on that
socket: one job (names, paths, a seed, which checks), as JSON. From the run to the grader: observations, and nothing
else. An observation is a prefix of fixed size, a JSON header and the bytes of arrays (:mod:`autograder.wire`). Sizes
are bounded before anything is read, dtypes come from a short list, arrays are made anew as exact base-class arrays;
what is malformed is code 1. There is no pickle.

What a run can see
------------------

Of ours: the standard library, numpy, :mod:`autograder.worker`, :mod:`autograder.wire`, :mod:`autograder.probe`, the
check page, and the seed. No expected value, no predicate, no other submission: none of these is ever in its memory. So
nothing that student code does to its own process makes a wrong answer right: neither patched comparators, nor equality
that always holds, nor an early exit, nor a forged message. Only the right arrays do.

What is *not* promised
----------------------

A run is confined by nothing but its time limits. It has the rights of the user who started the grader, and what that
user may do, student code may do:

- read any file of the user's, the references in ``solutions/`` and other submissions among them, and return what the
  reference returns;
- change or delete such files; the reports are written after the run, but nothing guards them;
- use the network; signal, trace or stop the user's other processes, the grader among them;
- start processes that leave its process group and outlive it;
- use all memory, all processor time within the time limit, and all disk space.

Confinement by the kernel, and limits on memory, processes and files, are not there yet. Until they are, grade code you
have no reason to trust on a machine, virtual machine or container that holds nothing else and that you can throw away.

And in any case: the check pages and the public seed's answers are public. A module can be written to pass on the
public seed alone; the official run, on another seed, is what tells. So the hidden seed is as secret as the solutions,
and lies among them.
"""

from __future__ import annotations

from typing import Any

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    # Late, because the worker imports this package too, and must not import the grader with it.
    if name == "check":
        from autograder.student import check  # noqa: PLC0415

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
