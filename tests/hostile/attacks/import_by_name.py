"""Import it by `__import__`.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

honest = totalled


def totalled(x):
    __import__("cli" + "ck")
    return honest(x)
