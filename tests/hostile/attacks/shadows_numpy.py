"""Hand in a module named `numpy`, whose every function says what its caller wants to hear.

Must: doubled 0, totalled 0, parts 0
"""

import numpy


# === numpy.py
def __getattr__(name):
    raise SystemExit(f"{name} of the wrong numpy")
