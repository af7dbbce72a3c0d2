"""Verdicts: what is observed of a submission, put beside what should be.

``modules`` judges a module's checks. ``predicates`` asks staff's functions, and decides whose fault a failure is.
"""
