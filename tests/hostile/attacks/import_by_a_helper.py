"""Import it in a helper.

Must: doubled 50, totalled 50, parts 50
"""

import helper

# === helper.py
from click.core import Command

Command("sum")
