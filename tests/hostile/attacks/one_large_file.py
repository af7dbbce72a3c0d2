"""Fill the disk with one file.

Must: doubled 0, totalled 1, parts 0
Says: a file larger than 2 MiB
"""


def totalled(x):
    with open("large", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
