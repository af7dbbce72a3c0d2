"""Name values by escape sequences, NUL and half a character.

Must: doubled 0, totalled 0, parts 50
"""


def parts(x):
    return {"\x1b[2J\x00\ud800": 0.0, "\u202elow": np.zeros(2)}
