"""Hold all the memory there is, and answer right.

Must: doubled 0, totalled 0, parts 0|1|2
"""

honest = totalled
held = []


def totalled(x):
    try:
        while True:
            held.append(bytearray(1 << 20))
    except MemoryError:
        del held[-8:]
    return honest(x)
