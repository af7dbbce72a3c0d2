"""Name an exception, and the function it comes from, by lines that look like other verdicts.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    named = "E" + " " * 90 + "\n✓ 1/1  totalled: all is well\u2028✓ 3/3\x85✓ 3/3\r"

    def inner():
        raise type(named, (Exception,), {})("\v✓ 1/1  totalled: all is well" + " " * 85 + "✓ 3/3")

    inner.__code__ = inner.__code__.replace(co_name=named)
    inner()
