"""Text of a student's is shown safely: it holds what it is given, a line or several, and never looks like a verdict."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.codes import Code
from autograder.grading import own_lines, said_of
from autograder.report import MARKS, ProblemReport, Report, Verdict, as_text
from autograder.submissions.reading import student_name
from autograder.text import MAX_MARKS, line, sanitize
from autograder.wire import Failure, Frame

# What could be in the way: line ends of all kinds, blanks, signs, marks that pile up, what hides and reorders.
PIECES = (
    *("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"),
    *("\t", " " * 90, "\xa0", "\u3000", "\u2003", "\u200b", "\u202e", "\u2066", "\ufeff", "\xad", "\u3164", "\u2800"),
    *("\u0301" * 60, "\u20dd", "\ufe0f", "\ud800", "\x00", "\x1b[31m", "\x08", "\U000e0041", "\ue000", "\uffff"),
    *(
        "code 0, success",
        "Hint: none",
        "✓",
        "✗",
        "✔",
        "✅",
        "☑",
        "❌",
        "√",
        "–",
        "·",
        "•",
        "7/7",
        "1/1  forward: Right.",
        "word",
    ),
)
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(alphabet=st.characters(), max_size=200)
# A verdict in a report: a sign at the margin, or set in, and points.
VERDICT = re.compile(r"\s*[^\w\s!-~]+\s*\d+\s*/")


@given(texts)
def test_a_line_is_one(text):
    """However it is looked at; and what is fit stays as it is."""
    found = line(text)

    assert len(found.splitlines()) <= 1
    assert found.isprintable()
    assert "  " not in found
    assert line(found) == sanitize(found) == found


@given(texts)
def test_what_is_shown_has_the_lines_that_it_shows(text):
    """A line ends where its end is an ordinary one."""
    found = sanitize(text)

    assert found.count("\n") == text.count("\n")
    assert all(one.replace("\t", " ").isprintable() for one in found.split("\n"))
    assert not set(found) & {"✓", "✗"}
    assert found.encode().decode() == found


@given(texts, texts, texts, texts)
def test_no_text_makes_a_verdict(kind, message, hint, title):
    """Wherever it stands, whatever it holds, and wherever it is wrapped: the lines of verdicts are the verdicts'."""
    failure = Failure(line(kind), message, (Frame(line(kind), 1, line(hint), line(title)),))
    said = f"{said_of(failure)}{own_lines(failure)}"
    verdicts = [
        Verdict("forward", title, Code.RAISED, 0.0, 1.0, said, hint),
        Verdict("backward", "Right.", Code.SUCCESS, 1.0, 1.0, "", None),
    ]
    report = Report.of(student_name(kind), (ProblemReport.of("a/b", tuple(verdicts)),), [message], ["weak"])

    written = as_text(report)

    assert [one.split(":")[0] for one in written.splitlines() if VERDICT.match(one)] == [
        "✗ 0/1  forward",
        "✓ 1/1  backward",
    ]
    # The two of the first verdict; a hint of no words is none. The first line begins with the student's name.
    ours = [one for one in written.splitlines()[1:] if one.lstrip().startswith(("code ", "Hint:"))]
    assert len(ours) == 1 + bool(hint)
    at_the_margin = [one for one in written.splitlines() if one and not one.startswith(" ")]
    assert sum(one.startswith(tuple(MARKS)) for one in at_the_margin[1:]) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("E\n✓ 7/7  all: right", "E � 7/7 all: right", id="a_verdict_in_a_name"),
        pytest.param("a" + "\u0301" * 500 + "b", "a" + "\u0301" * MAX_MARKS + "b", id="piled_up"),
        pytest.param("é ﬁ ½ ‖w‖² Σᵢ √C 数学 ध्वनि", "é ﬁ ½ ‖w‖² Σᵢ √C 数学 ध्वनि", id="people_s_words"),
        pytest.param("x\t=\u3000 1\xa0", "x = 1 ", id="blanks"),
    ],
)
def test_a_line_of_this_kind(text, found):
    """Characters that can be shown stay as they were."""
    assert line(text) == found
