"""The code that runs beside student code, and holds no answer.

``run`` does a ``job``: it imports a module and runs probes on it. ``recorder`` watches the module's calls, ``failures``
tells whose fault an exception is, ``limits`` is the table of what a run may cost. A ``reader`` runs one of our own
functions on bytes that a student has made.
"""
