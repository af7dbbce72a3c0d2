"""A class: read, graded, stored, exported.

``grading`` takes a class from submissions to reports, with a grader that holds the references' observations on this
machine. ``executors`` read submissions and run the grader in threads; those of a cluster are in
:mod:`autograder.cluster`. The ``store`` keeps results by their ``dependencies``, ``export`` writes the files that
people read and compares two runs, ``faults`` puts faults of the machine into words.
"""
