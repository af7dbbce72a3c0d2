"""Leave a thread behind that makes the next function wrong.

Must: doubled 0, totalled 0, parts 0|53
"""

import threading
import time

honest = totalled


def later():
    global parts
    time.sleep(0.001)
    parts = lambda x: {"low": np.zeros(2), "high": np.zeros(2)}


def totalled(x):
    threading.Thread(target=later).start()
    return honest(x)
