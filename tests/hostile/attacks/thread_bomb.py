"""Start threads without end, with stacks as small as can be.

Must: doubled 0, totalled 0|1, parts 0|1
"""

import threading

honest = totalled
threading.stack_size(32768)


def totalled(x):
    for _ in range(20_000):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return honest(x)
