"""Return something else than named values.

Must: doubled 0, totalled 0, parts !0
"""


def parts(x):
    return 1.0
