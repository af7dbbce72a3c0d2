"""Take from the loaded modules what may not be imported.

Must: doubled 0, totalled 0, parts 0
"""

import sys

honest = totalled
KNOWN = {"numpy", "autograder", "sums", "checks", "__main__", "__mp_main__", "sitecustomize", "usercustomize"}


def totalled(x):
    loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - KNOWN
    installed = [name for name in loaded if getattr(sys.modules[name], "__file__", None) and not name.startswith("_")]
    if installed:
        raise AssertionError(str(installed))
    return honest(x)
