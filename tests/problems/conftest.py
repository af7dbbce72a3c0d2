"""A problem's own pages as modules, for the tests of one that names itself: ``PROBLEM = "svm/cvxopt_svm"``."""

from __future__ import annotations

import pytest
from specimens import PROBLEMS

from autograder.course.problem import importable, load


@pytest.fixture(scope="module")
def page(request):
    """What loads a page of the problem's folder by its name; meanwhile the handed-out modules can be imported."""
    problem = PROBLEMS[request.module.PROBLEM]
    with importable(problem.files.given):
        yield lambda name: load(problem.folder, name)


@pytest.fixture(scope="module")
def checks(page):
    """The check page."""
    return page("checks")


@pytest.fixture(scope="module")
def expect(page):
    """The predicates."""
    return page("expect")
