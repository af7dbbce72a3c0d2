"""What runs beside student code, and nothing that knows an answer.

``run`` imports a module and runs probes on it. It is given a ``job``, calls the ``watched`` module, holds it to the
rule of ``imports``, and tells by ``failures`` whose fault an exception is. Beside these it imports
:mod:`autograder.wire` and :mod:`autograder.authoring`, and nothing else of ours. A ``reader`` is a run of another kind:
one of our own functions, on bytes that a student has made.
"""
