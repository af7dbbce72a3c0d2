"""Change the argument, and keep the watch on arguments from seeing it. What a process says of itself
is its word: this is a courtesy to students, and no promise.

Must: doubled 0|55, totalled 0, parts 0
"""

import sys

sys.modules["autograder.worker.run"].Watch.call = lambda self, name, function, args, kwargs: function(*args, **kwargs)


def doubled(x):
    x *= 2
    return x
