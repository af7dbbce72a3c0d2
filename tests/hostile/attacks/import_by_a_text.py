"""Import it in a text that is executed.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

honest = totalled


def totalled(x):
    exec("import cli" + "ck")
    return honest(x)
