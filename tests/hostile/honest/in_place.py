"""It changes its argument, and takes a mean for a sum; a thread and a file are nobody's business.

Must: doubled 55, totalled 53, parts 0
"""

import threading
from pathlib import Path

import numpy as np


def doubled(x):
    x *= 2
    return x


def totalled(x):
    Path("notes.txt").write_text(str(x), encoding="utf-8")
    worker = threading.Thread(target=x.sum)
    worker.start()
    worker.join()
    return float(x.mean())


def parts(x):
    return {"low": np.min(x, axis=0), "high": np.max(x, axis=0)}
