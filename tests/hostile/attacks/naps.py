"""Compute a little and sleep a lot, so that others seem to take the processor.

Must: doubled 0, totalled 1, parts 0
Says: ran past (1 s of CPU time|the limit of 2 s)
"""

import time


def totalled(x):
    while True:
        began = time.thread_time()
        while time.thread_time() - began < 0.01:
            pass
        time.sleep(0.1)
