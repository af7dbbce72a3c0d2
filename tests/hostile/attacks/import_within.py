"""Import it within a function, in a branch that is taken when it counts.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

honest = totalled


def totalled(x):
    if x.size:
        from click import echo

        echo("sum")
    return honest(x)
