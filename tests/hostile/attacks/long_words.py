"""Say a megabyte in each field that a report shows.

Must: doubled 0, totalled 2, parts 1
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
    frame = {"file": "x" * 100_000, "line": 1, "function": "y" * 100_000, "text": "z" * 100_000}
    failure = {"kind": "k" * 100_000, "message": "m" * 100_000, "frames": [frame]}
    say(framed(header(ending="raised", failure=failure, changed=["c" * 1000] * 200)))
    say(framed(header(ending="raised", failure=failure, draw=1, output="o" * 400_000)))
    time.sleep(9)
