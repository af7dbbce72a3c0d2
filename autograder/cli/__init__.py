"""The command line.

``main`` is the group of all commands, and says how errors end them. The commands are in ``students``, ``instructors``
and ``authors``, by who types them; each imports what it needs when it is called. ``screen`` shows progress and sums of
a class; ``sample`` makes the class that is graded if none is named.
"""

# Above every verdict's code (sysexits.h): wrong usage, and work left over that the same command continues.
EXIT_USAGE = 64
EXIT_UNFINISHED = 75
# The status that shells give a command ended by Ctrl-C.
EXIT_INTERRUPTED = 130
