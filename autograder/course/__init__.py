"""Files that staff write, read from their folders: courses, assignments, problems.

``assignments`` reads ``assignment.toml``. ``problem`` has the records: a problem's facts, its files, its specimens.
``pages`` loads check pages, predicates and models, and names the file that is at fault.
"""
