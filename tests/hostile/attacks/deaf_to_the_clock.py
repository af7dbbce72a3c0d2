"""Compute for ever, and hear neither the warning that the time is up nor any timer.

Must: doubled 0, totalled 1, parts 0
Says: ran past (1 s of CPU time|the limit of 2 s)
"""

import signal


def totalled(x):
    for number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
        signal.signal(number, lambda *_: None)
    signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.01, 0.01)
    while True:
        pass
