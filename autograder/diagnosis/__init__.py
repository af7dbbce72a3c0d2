"""Why a check failed.

``diagnose`` looks for a known mistake that gives the same values, and takes its hint. Failing that, ``relations`` says
what wrong values have to do with right ones, and ``tracebacks`` what an exception usually means.
"""
