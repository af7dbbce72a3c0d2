"""Leave files in folders that their owner can't look into.

Must: doubled 0, totalled 1, parts 0
"""

import os
import time


def totalled(x):
    os.mkdir("closed", 0o300)
    os.mkdir("closed/within", 0o300)
    for number in range(20):
        with open(f"closed/within/{number}", "wb") as file:
            file.write(bytes(1 << 18))
    os.mkdir("nobodys", 0o000)
    time.sleep(0.6)
    os._exit(0)
