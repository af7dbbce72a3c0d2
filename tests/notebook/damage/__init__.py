"""Notebooks as they are handed in: one that was run as it should be, and what becomes of it on the way.

Each row of DAMAGE is a function that changes the notebook, as a dictionary in nbformat's form or as bytes, the codes
that its checks must get, and whether something is stale: checks that aren't named pass. NEVER_MIND has the rows that
must cost nothing. Both are parted by subject.
"""

from __future__ import annotations

from damage import cells, counts, figures, files, outputs, programs, runs

_SUBJECTS = (cells, counts, runs, outputs, figures, programs, files)
NEVER_MIND = {name: row for subject in _SUBJECTS for name, row in getattr(subject, "NEVER_MIND", {}).items()}
DAMAGE = {name: row for subject in _SUBJECTS for name, row in getattr(subject, "DAMAGE", {}).items()}
