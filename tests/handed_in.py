"""A student's folder or archive, read in this process: as a reader reads it, and without one."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace

from autograder.gradebook.grading import grade_class
from autograder.submissions.reading import Source, find_class
from autograder.submissions.reading import read_submission as read_listed
from autograder.submissions.selection import Submission, used_by_module, used_by_notebook
from autograder.submissions.unpack import RefusedError


def read_class(folder, wanted):
    """The submissions in a folder."""
    return [read_handed_in(one, wanted) for one in find_class(folder)]


def read_handed_in(handed, wanted):
    """One of them."""
    if handed.refused:
        return Submission(handed.student, refused=handed.refused)
    return read_submission(handed.path, handed.student, wanted)


def read_submission(path, student, wanted):
    """The submission in the folder or archive at a path."""
    try:
        source = Source(path)
    except RefusedError as error:
        return Submission(student, refused=str(error))
    return read_listed(source.listing, source.open, student, wanted)


def with_uses(submission, problems):
    """A submission with the files that go with each module and notebook."""
    files, uses = submission.files, {}
    for problem in problems:
        uses[problem.module_file] = used_by_module(problem.module_file, files)
        if problem.notebook_file in files:
            uses[problem.notebook_file] = used_by_notebook(problem.module_file, files[problem.notebook_file], files)
    return replace(submission, uses=uses)


def graded(grader, handed_in, out, told=lambda _: None, **options):
    """A class graded to its end, or to where an exception comes out of `told`, which is given each report."""
    with closing(grade_class(grader, handed_in, out, **options)) as reports:
        for report in reports:
            told(report)


class FakeReader:
    """A sandbox whose readers are this process."""

    def call(self, function, files, limits, answer=lambda _: ()):
        """The parts that a function of ours returns."""
        return function(files, FakeGrader(answer))


class FakeGrader:
    """The grader, asked in the same process."""

    def __init__(self, answer):
        self._answer = answer
        self._answers = iter(())

    def ask(self, question):
        """The first answer."""
        self._answers = iter(self._answer(question))
        return self.more()

    def more(self):
        """The next one; a file is handed over as a channel does it."""
        content, fd = next(self._answers)
        return b"".join(content), None if fd is None else os.dup(fd)
