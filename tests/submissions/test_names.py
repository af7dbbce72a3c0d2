"""A name that is nearly right says which was meant, and one that only has a word in common says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.submissions.reading import student_name
from autograder.submissions.selection import choose, companions, misnamed, resembled
from autograder.submissions.unpack import Entry, RefusedError, parts_of
from autograder.text import line

WANTED = ("soft_margin_svm.py", "soft_margin_svm.ipynb", "cvxopt_svm.py", "cvxopt_svm.ipynb", "line.py", "svm.py")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("soft-margin-svm.py", "soft_margin_svm.py", id="dashes"),
        pytest.param("soft margin svm.py", "soft_margin_svm.py", id="spaces"),
        pytest.param("softmarginsvm.py", "soft_margin_svm.py", id="in_one"),
        pytest.param("SoftMarginSVM.PY", "soft_margin_svm.py", id="case"),
        pytest.param("soft_margin_svm.py.txt", "soft_margin_svm.py", id="hidden_suffix"),
        pytest.param("soft_margin_svm.py.py", "soft_margin_svm.py", id="suffix_twice"),
        pytest.param("soft_margin_svm.py~", "soft_margin_svm.py", id="editor"),
        pytest.param("soft_margin_svm.ipynb.json", "soft_margin_svm.ipynb", id="downloaded_as_json"),
        pytest.param("soft_margin_svm.ipynb.txt", "soft_margin_svm.ipynb", id="downloaded_as_text"),
        pytest.param("soft_margin_svm_final.py", "soft_margin_svm.py", id="final"),
        pytest.param("soft_margin_svm_final_v2 (3).py", "soft_margin_svm.py", id="very_final"),
        pytest.param("soft_margin_svm (1).py", "soft_margin_svm.py", id="second_download"),
        pytest.param("soft_margin_svm.py (1)", "soft_margin_svm.py", id="number_behind"),
        pytest.param("soft_margin_svm1.py", "soft_margin_svm.py", id="number"),
        pytest.param("soft_margin_svm-Copy1.ipynb", "soft_margin_svm.ipynb", id="jupyter_copy"),
        pytest.param("Copy of cvxopt_svm.ipynb", "cvxopt_svm.ipynb", id="drive_copy"),
        pytest.param("adams_1234_567_cvxopt_svm-1.py", "cvxopt_svm.py", id="course_site"),
        pytest.param("soft_margin_smv.py", "soft_margin_svm.py", id="swapped"),
        pytest.param("softt_margin_svm.py", "soft_margin_svm.py", id="letter_too_many"),
        pytest.param("cvxop_svm.py", "cvxopt_svm.py", id="letter_missing"),
        pytest.param("cvxobt_svm.py", "cvxopt_svm.py", id="letter_wrong"),
        pytest.param("ｌｉｎｅ.py", "line.py", id="full_width"),
        pytest.param("my svm.py", "svm.py", id="short"),
    ],
)
def test_what_was_meant(name, meant):
    """As browsers, editors, course sites and people in haste write it."""
    assert resembled(name, WANTED) == meant


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("soft_margin_svm.py", id="the_name_itself"),
        pytest.param("soft_margin.py", id="less_than_the_name"),
        pytest.param("outline.py", id="within_a_word"),
        pytest.param("lane.py", id="short_and_another_word"),
        pytest.param("soft_margin_svm.html", id="export"),
        pytest.param("soft_margin_svm.ipynb.html", id="export_of_a_notebook"),
        pytest.param("soft_margin_svm.pyc", id="compiled"),
        pytest.param("soft_margin_svm", id="no_suffix"),
        pytest.param("line.ipynb", id="another_suffix"),
        pytest.param("solver.py", id="another_name"),
        pytest.param(".py", id="nothing"),
        pytest.param("", id="empty"),
    ],
)
def test_what_says_nothing(name):
    """Of these nobody can say that one of the wanted was meant, or that it was anything else than itself."""
    assert resembled(name, WANTED) is None


def test_two_that_are_as_near_are_none():
    """Then nobody knows which was meant."""
    assert resembled("part_a_part_b.py", ("part_a.py", "part_b.py")) is None


def test_any_name_costs_little():
    """A name of as many words as a file system allows is looked at like any other."""
    assert resembled("a_" * 120 + "line.py", WANTED) == "line.py"


PIECES = ("line", "svm", ".py", ".ipynb", "e\u0301", "\u00e9", "\uff4c", "\ud800", "/", "\\", "..", "*", "~", " (1)")
pieced = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
names = st.text(alphabet=st.characters(), max_size=80) | pieced


@given(names, names)
def test_any_name_is_read(name, other):
    """A file's, a folder's, a student's: it is taken, told, or refused in a sentence; nothing raises."""
    assert resembled(name, WANTED) in {None, *WANTED}
    student = student_name(name)
    assert student == line(student)
    assert student.encode()
    try:
        entries = [Entry(parts, other.encode("utf-8", "replace")) for parts in map(parts_of, (name, other)) if parts]
    except RefusedError:
        return
    submission = choose("ada", entries, WANTED)
    for said in (*submission.extra, *submission.problems.values()):
        assert said == line(said)
    misnamed(entries, WANTED)
    companions(entries, {"line.ipynb": other.encode("utf-8", "replace")})
