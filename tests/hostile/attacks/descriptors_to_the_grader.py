"""Send the grader open files along with a message.

Must: doubled 0, totalled 0, parts 0
"""

import array
import os
import socket

from autograder.wire import Observation, encode

honest = totalled


def attempts():
    files = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 100))]
    message = encode(Observation("totalled", 0, "returned", {"total": np.array(0.0)}))
    for fd in range(3, 256):
        try:
            one = socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        yield lambda: one.sendmsg([message], files)


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except OSError:
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
