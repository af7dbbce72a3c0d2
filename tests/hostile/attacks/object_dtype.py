"""Describe an array of pointers.

Must: doubled 0, totalled 1, parts 0
Says: no result
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


def totalled(x):
    say(framed(header(values=[{"name": "total", "dtype": "|O", "shape": [1]}]), struct.pack("<Q", 0x4141414141414141)))
    time.sleep(9)
