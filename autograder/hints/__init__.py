"""Why a check failed.

``diagnose`` looks for a known mistake that gives the same values (``mistakes``), and takes its hint. Failing that,
``relations`` says what wrong values have to do with right ones, and ``tracebacks`` what an exception usually means.

A relation is looked for in each ``pair`` of a wrong value and a right one: among ``factors``, in the ``tables`` of what
else may hold, and by the ``cases`` in the values' names. The ``readings`` of exceptions are a table too.
"""
