"""The command line: ``main`` has the group of all commands and those of students, ``staff`` the others.

``screen`` shows progress and sums of a class; ``sample`` makes the class that is graded if none is named.
"""
