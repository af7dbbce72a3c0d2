"""Give a changed argument a name that steers a terminal.

Must: doubled 55, totalled 0, parts 0
"""


def doubled(x):
    x += x
    return x


doubled.__code__ = doubled.__code__.replace(co_varnames=("\x1b[31m\u202e<b>",))
