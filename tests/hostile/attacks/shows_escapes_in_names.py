"""Name an exception by an escape sequence.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise type("\x1b[31m<b>=1+1\u202e", (Exception,), {})("x")
