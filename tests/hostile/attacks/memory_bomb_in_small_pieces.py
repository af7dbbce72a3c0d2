"""Take all the memory there is, in objects of the interpreter's.

Must: doubled 0, totalled 1, parts 0
"""


def totalled(x):
    held = []
    while True:
        held = [held, bytes(5000)]
