"""The command line: ``main`` is the group of all commands, which are in ``students`` and ``staff``, by who types them.

``screen`` shows progress and sums of a class; ``sample`` makes the class that is graded if none is named.
"""
