"""Compile code under the check page's name, so that its faults look like the page's.

Must: doubled !0, totalled !0, parts !0
"""

lines = "\n" * 5000
exec(compile(lines + "def doubled(x): raise ValueError('the page is broken')", "<checks.py>", "exec"))
exec(compile("def totalled(x): return undefined_in_the_page", "<checks.py>", "exec"))
exec(compile("def parts(x): raise ImportError('no library')", "<frozen importlib._bootstrap>", "exec"))
