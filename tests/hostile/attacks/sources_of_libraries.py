"""Import what is not allowed by code that says it is a library's.

Must: doubled 0, totalled 0|50, parts 0
"""

honest = totalled


def totalled(x):
    exec(compile("import cli" + "ck", np.__file__, "exec"), vars(np))
    return honest(x)
