"""Return entries that are no numbers: records, dates, texts, bytes without a meaning.

Must: doubled 50, totalled 50, parts 50
"""


def doubled(x):
    return np.zeros((4, 3), dtype=[("re", "f8"), ("im", "f8", 3)])


def totalled(x):
    return np.datetime64("NaT")


def parts(x):
    return {"low": np.zeros(2, dtype="V65536"), "high": np.array(["1e3", "nan"], dtype="U100000")}
