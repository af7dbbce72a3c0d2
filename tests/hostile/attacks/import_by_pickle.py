"""Import it by unpickling its name.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

import pickle


honest = totalled


def totalled(x):
    pickle.loads(b"ccli" + b"ck\necho\n.")
    return honest(x)
