"""Hints: why a check failed.

``diagnose`` looks for a known mistake that gives the same values. Otherwise ``relations`` relates the wrong values to
the right ones, and ``exceptions`` says what an exception usually means.
"""
