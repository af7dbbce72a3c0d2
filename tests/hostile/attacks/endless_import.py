"""Compute for ever while the module is imported.

Must: doubled 1, totalled 1, parts 1
"""

while True:
    pass
