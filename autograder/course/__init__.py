"""Files that staff write, read from their folders.

``assignments`` reads ``assignment.toml``. ``problem`` has the records of a problem, and loads its pages.
"""
