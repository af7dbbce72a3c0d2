"""Import it by importlib.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

import importlib


honest = totalled


def totalled(x):
    importlib.import_module("cli" + "ck")
    return honest(x)
