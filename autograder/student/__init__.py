"""What a student has at home, on any system: no solution, no confinement, nothing to install but the requirements.

``check`` gives the verdict of the official run, on the public seed, as a table (``markup``) that says meanwhile how far
it is (``waiting``). ``environment`` says whether a notebook has what it needs, ``pack`` what is handed in.
"""
