"""Point the traceback at files that students have not written.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    for name in ("/etc/passwd", "../../../../../../etc/passwd", "/proc/self/environ", "data/offsets.npz"):
        try:
            exec(compile("raise ValueError", f"{__file__}/../{name}", "exec"))
        except ValueError as error:
            last = error
    raise last
