"""Raise SystemExit while the module is imported.

Must: doubled 2, totalled 2, parts 2
"""

import sys

sys.exit(0)
