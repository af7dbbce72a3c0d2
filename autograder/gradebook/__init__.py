"""A class: graded, filed, reported.

``grading`` takes a class from submissions to reports. ``preparation`` comes first: whether this machine can, and what
the references give. The ``intake`` reads submissions. A ``grader`` judges one, at one of the ``desks``: threads of this
process, or the workers of a cluster (:mod:`autograder.cluster`). The ``store`` keeps results by what they depend on,
``results`` writes the files that people read, ``diff`` compares two runs of a class.
"""
