"""What staff write, read from its folders: courses, assignments, problems.

``assignments`` reads the folders, of solutions and of what was released. A ``problem`` is one module and one notebook
that a student completes, with its check page, its predicates and its reference; ``specimens`` are its known variants,
right and wrong. ``pages`` loads such files, and says which of them is at fault.
"""
