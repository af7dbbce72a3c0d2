"""Send the grader open files along with a message.

Must: doubled 0, totalled 53, parts 1
"""

import json
import os
import struct
import time

from autograder.wire import MAGIC, PREFIX, Failure, Observation, encode


def say(message):
    """To every descriptor there is; where it is a socket, all of it."""
    for fd in range(3, 256):
        try:
            left = message
            while left:
                left = left[os.write(fd, left) :]
        except OSError:
            pass


def framed(header, body=b"", head=None, size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(text) if head is None else head, len(body) if size is None else size) + text + body


def header(**changed):
    return {**json.loads(encode(Observation("totalled", 0, "returned"))[PREFIX.size :]), **changed}


import array
import socket


def totalled(x):
    files = array.array("i", [0] * 100)
    for fd in range(3, 256):
        try:
            one = socket.socket(fileno=os.dup(fd))
            for draw in range(2):
                message = encode(Observation("totalled", draw, "returned", {"total": np.array(0.0)}))
                one.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
        except OSError:
            continue
        os._exit(0)
