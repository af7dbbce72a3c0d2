"""Write half a message, and hang.

Must: doubled 0, totalled 1, parts 0
Says: is no result .malformed message
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
    say(framed(header())[:40])
    time.sleep(9)
