"""Put a script into a report.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise ValueError("<script>alert(1)</script><img src=x onerror=alert(1)>")
