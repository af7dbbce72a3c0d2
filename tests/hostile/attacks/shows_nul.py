"""Put NUL and half characters into a report.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise ValueError("\x00\udcff\ud800 end")
