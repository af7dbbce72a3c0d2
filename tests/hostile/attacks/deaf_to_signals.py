"""Block and ignore every signal, and sleep.

Must: doubled 0, totalled 1, parts 0
Says: ran past the limit of 2 s
"""

import signal
import time


def totalled(x):
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        time.sleep(1)
