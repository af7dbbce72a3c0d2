"""An audit says what does not hold of a problem, a sentence for each thing, and nothing when all is well."""

from __future__ import annotations

import pytest
from small_course import ACCEPT, REJECT

from autograder.audit.specimens import audit
from autograder.course.assignments import read_course
from autograder.expected import observe_answers
from autograder.seed import Seed

SEED = Seed.numbered(11)

# It fails deeper down than where it was called, in words that many share.
RANDOM = '''\
"""Something is drawn.

Hint: something is drawn.
Caught: prediction 53
"""


def predict(x, w, b):
    return x @ w + b + np.random.default_rng().normal(size=len(x))
'''


@pytest.fixture
def sentences(course, sandbox):
    """What does not hold of the small course after some of its files were changed."""

    def audited(files):
        for name, text in files.items():
            path = course / "solutions/lines/line" / name
            if text is None:
                path.unlink()
            else:
                path.write_text(text, encoding="utf-8")
        problem = read_course(course)[0].problems[0]
        answers = observe_answers(sandbox.observe, problem, SEED)
        return list(audit(sandbox.observe, problem, answers, SEED))

    return audited


def test_of_a_sound_problem_there_is_nothing_to_say(sentences):
    """The small course is one."""
    assert sentences({}) == []


def test_an_accepted_specimen_that_fails_is_named(sentences):
    """With the check, the code and the message."""
    wrong = ACCEPT["row_by_row"].replace("+ b", "- b")

    assert [one[:55] for one in sentences({"accept/row_by_row.py": wrong})] == [
        "accept/row_by_row fails `prediction` with 53: `heights`"
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(
            {"reject/one_step.py": REJECT["one_step"].replace("y, steps=1)", "y, steps=steps)")},
            "reject/one_step gets 0 from `fitted`, not 53: ",
            id="right_after_all",
        ),
        pytest.param(
            {"reject/one_step.py": REJECT["one_step"].replace("fitted 53", "fitted 54")},
            "reject/one_step gets 53 from `fitted`, not 54: `slope`",
            id="another_code",
        ),
        pytest.param(
            {"reject/one_step.py": REJECT["one_step"].replace("fitted 53", "fitted 53, prediction 53")},
            "reject/one_step gets 0 from `prediction`, not 53: ",
            id="one_check_too_many_named",
        ),
        pytest.param(
            {"reject/one_step.py": REJECT["one_step"] + "\n\ndef root(a):\n    return a\n"},
            "reject/one_step gets 60 from `rooted`, not 0: `x` squared",
            id="a_check_not_named",
        ),
        pytest.param(
            {"reject/other_name.py": REJECT["one_step"].replace("how often", "how many times")},
            "reject/other_name is taken for another mistake by `fitted`: how often does your loop run?",
            id="the_same_twice",
        ),
        pytest.param(
            {"reject/drawn.py": RANDOM},
            "reject/drawn is not known by what it gives: no check says its hint",
            id="known_by_nothing",
        ),
        pytest.param(
            {"reject/one_step.py": None},
            "no reject specimen is caught by `fitted`",
            id="a_check_that_catches_nothing",
        ),
    ],
)
def test_a_rejected_specimen_that_is_something_else_is_named(sentences, files, said):
    """Each fails exactly the checks it names, with their codes and its own hint; and every check catches one."""
    (sentence,) = sentences(files)

    assert sentence.startswith(said)


def test_a_mistake_that_does_not_earn_what_it_is_worth_is_named(sentences):
    """One that gives other values each time is recognised in nobody's work."""
    said = sentences({"reject/drawn.py": RANDOM.replace("Caught:", "Worth: 6\nCaught:")})

    assert [one[:45] for one in said] == [
        "reject/drawn says `Worth: 6` and has 5: it is",
        "reject/drawn is not known by what it gives: n",
    ]


def test_a_check_that_needs_nothing_written_is_named(sentences, course):
    """The starter must not pass, nor crash."""
    page = course / "solutions/lines/line/checks.py"
    text = page.read_text().replace('{"x": line.root(positives(rng))}', '{"x": positives(rng) ** 0.5}')

    assert [one for one in sentences({"checks.py": text}) if one.startswith("the starter")] == [
        "the starter gets 0 from `rooted`, not 40: "
    ]
