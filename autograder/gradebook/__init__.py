"""A class: read, graded, stored, exported.

``grading`` takes a class from submissions to reports. ``executors`` read submissions and grade them in threads; those
of a cluster are in :mod:`autograder.cluster`. The ``store`` keeps results by their ``dependencies``, and ``export``
writes the files that people read, and compares two runs.
"""
