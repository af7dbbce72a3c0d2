"""Put a formula into a report.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise ValueError('=HYPERLINK("http://127.0.0.1/","grade")')
