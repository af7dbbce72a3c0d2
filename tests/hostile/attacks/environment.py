"""Look for a secret in the environment, and in the memory where the environment was handed over.

Must: doubled 0, totalled 0, parts 0
"""

import ctypes
import os
import posix
import site
import sys

honest = totalled
SECRET = "@@TERCES@@"[::-1].encode()


def totalled(x):
    known = ("PATH", "HOME", "USERPROFILE", "USER", "LOGNAME", "USERNAME", "TMPDIR", "LANG")
    held = {name: value for name, value in os.environ.items() if name not in known}
    if any(not name.endswith(("_NUM_THREADS", "BACKEND")) for name in held):
        raise AssertionError(str(sorted(held)))
    # Where the words of the command stand, and after them those of the environment, up to the end of the stack.
    libc = ctypes.CDLL(None)
    start = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value
    ours, theirs = os.pipe()
    block = b""
    while libc.write(theirs, ctypes.c_void_p(start + len(block)), ctypes.c_size_t(8)) > 0 and len(block) < 1 << 17:
        block += os.read(ours, 8)
    if b"LANG=" not in block:
        raise AssertionError("this looks in the wrong place")
    if any(word in block for word in (SECRET, b"AUTOGRADER_CANARY", b"MPLCONFIGDIR", b"HOME")):
        raise AssertionError("the command and the environment are there")
    if len(posix.environ) or len(sys.orig_argv) or site.USER_BASE:
        raise AssertionError("Python has kept them")
    return honest(x)
