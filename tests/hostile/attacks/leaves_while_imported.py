"""End the process while the module is imported.

Must: doubled 1, totalled 1, parts 1
"""

import os

os._exit(0)
