"""Import it within a function, in a branch that is never taken.

Must: doubled 50, totalled 50, parts 50
Says: imports click
"""


def never():
    if np is None:
        from click import echo
