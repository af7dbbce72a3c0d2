"""``python -m autograder`` is the command ``autograder``."""

import os
import sys

# Beside a student's module may lie a `random.py` or a `numpy.py`: Python's own modules and the libraries come first.
if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir):
    sys.path.append(sys.path.pop(0))
try:
    from autograder.cli.main import main
except ModuleNotFoundError as error:
    from autograder.text import missing

    sys.stderr.write(f"autograder: {missing(error)}\n")
    sys.exit(64)

main(prog_name="autograder")
