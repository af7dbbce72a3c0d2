"""Walk all objects of the interpreter for answers, references, seeds and the modules that hold them.

Must: doubled 0, totalled 0, parts 0
"""

import gc
import sys

honest = totalled
# Backwards, so that it is not found here.
MARKS = ["yrrauq_elbram"[::-1], "NOITULOS NIGEB"[::-1], "92540127"[::-1], "@@TERCES@@"[::-1]]
NEVER = (
    *("answers", "cli", "compare", "diagnosis.diagnose", "grade", "gradebook.grading", "gradebook.store", "problem"),
    *("sandbox.observe", "sandbox.runs"),
)


def totalled(x):
    loaded = [name for name in NEVER if f"autograder.{name}" in sys.modules]
    if loaded:
        raise AssertionError(str(loaded))
    waiting, seen = gc.get_objects(), set()
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("autograder", "__main__", "checks")):
            waiting.append(module)
    for holder in waiting:
        for value in gc.get_referents(holder):
            if id(value) in seen or value is MARKS:
                continue
            seen.add(id(value))
            text = (
                value
                if isinstance(value, str)
                else value.decode("latin-1")
                if isinstance(value, bytes)
                else str(value)
                if isinstance(value, int)
                else ""
            )
            for mark in MARKS:
                if mark in text and value is not mark and text != mark:
                    raise AssertionError(f"{mark} in {type(value).__name__} of {type(holder).__name__}: {text[:300]!r}")
    return honest(x)
