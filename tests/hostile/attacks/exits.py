"""Raise SystemExit.

Must: doubled 0, totalled 2, parts 0
"""

import sys


def totalled(x):
    sys.exit(0)
