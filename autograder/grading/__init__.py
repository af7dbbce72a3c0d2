"""Grading: from observations to verdicts.

``modules`` compares a module's observations with the reference's. ``predicates`` asks staff's functions where the right
answer is not unique. ``verdicts`` turns the findings of both, and of notebooks, into codes, points and messages.
"""
