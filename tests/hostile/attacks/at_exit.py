"""Do something when the interpreter ends.

Must: doubled 0, totalled 1, parts 0
"""

import atexit
import os
import threading
import time


def again():
    while True:
        try:
            os.write(3, b"x" * 1000)
        except OSError:
            pass
        time.sleep(0.01)


atexit.register(again)
threading._register_atexit(again)


def totalled(x):
    threading.Thread(target=again).start()
    os.kill(os.getpid(), 9)
    os._exit(1)
