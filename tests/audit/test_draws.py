"""A check's inputs follow from its seed alone; one that draws from elsewhere is refused, with a sentence."""

from __future__ import annotations

import pytest

from autograder.audit.draws import undetermined
from autograder.audit.specimens import audit
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import observe_answers
from autograder.release.files import release

PROBE = '''def rooted(line, rng):
    """`root` returns any x with x² = a."""
    return {"x": line.root(positives(rng))}
'''
REFUSED = "UnseededError: a check draws its inputs from a global generator; draw them from `rng`"


@pytest.fixture
def changed(course):
    """The problem with another probe: its body, and what its page imports."""

    def of(body, imports=""):
        page = course / "solutions/lines/line/checks.py"
        head, _, _ = PROBE.partition("    return")
        text = page.read_text()
        assert text.count(PROBE) == 1
        text = text.replace(PROBE, f"{head}    {body}\n").replace(
            "import numpy as np\n", f"import numpy as np\n{imports}\n"
        )
        page.write_text(text)
        return read_course(course)[0]

    return of


def undrawn(observe, problem):
    """Sentences about the draws."""
    return list(undetermined(observe, problem, problem.seed))


@pytest.mark.parametrize(
    ("body", "imports"),
    [
        pytest.param('return {"x": line.root(np.random.uniform(1, 9, size=6))}', "", id="numpy"),
        pytest.param('return {"x": line.root(uniform(1, 9, size=6))}', "from numpy.random import uniform", id="name"),
        pytest.param('return {"x": line.root(nr.uniform(1, 9, 6))}', "import numpy.random as nr", id="alias"),
        pytest.param('return {"x": line.root(np.random.default_rng().uniform(1, 9))}', "", id="no_seed"),
        pytest.param('return {"x": line.root(random.uniform(1, 9))}', "import random", id="standard_library"),
    ],
)
def test_a_probe_that_draws_from_a_global_generator_is_refused(changed, sandbox, tmp_path, body, imports):
    """By the release and by the audit, in a sentence with the reason; NumPy itself is as it was for student code."""
    assignment = changed(body, imports)
    (problem,) = assignment.problems

    with pytest.raises(CourseError, match=f"the check `rooted` fails on the reference: {REFUSED}"):
        release(sandbox.observe, assignment, tmp_path)
    answers = observe_answers(sandbox.observe, problem, problem.seed)
    assert any(REFUSED in one and "`rooted`" in one for one in audit(sandbox.observe, problem, answers, problem.seed))


def test_student_code_draws_from_where_it_likes(lines, sandbox):
    """Also from the functions that a check page must not call."""
    text = lines.reference.files["line.py"].decode()
    drawing = (
        text + "\n\ndef root(a):\n    import random\n    return np.random.normal() + random.random() + np.sqrt(a)\n"
    )
    seen = sandbox.observe(lines, lines.implementation(drawing), lines.seed)

    assert {one.ending for one in seen} == {"returned"}


@pytest.mark.parametrize(
    ("body", "who"),
    [
        pytest.param('return {"x": line.root(shaken_elsewhere(rng))}', "two runs of the reference", id="given_module"),
        pytest.param('return {"x": line.root(positives(rng) + time.time())}', "two runs of the reference", id="clock"),
        pytest.param(
            'return {"x": line.root(positives(rng)), "z": rng.normal(size=line.predict(X, np.ones(3), 1.0).ndim)}',
            "the reference and reject/heights_as_a_column",
            id="as_many_as_came_back",
        ),
    ],
)
def test_inputs_that_follow_from_something_else_are_told(course, changed, sandbox, body, who):
    """Two runs of the reference have the same, and so has every specimen."""
    given = course / "solutions/lines/given/given_noise.py"
    given.write_text(given.read_text() + "\n\ndef shaken_elsewhere(rng):\n    return 1 + np.random.random(6)\n")
    given.write_text(given.read_text().replace("SPREAD", "import numpy as np\n\nSPREAD", 1))
    column = course / "solutions/lines/line/reject/heights_as_a_column.py"
    column.write_text(column.read_text().replace("prediction 52", "prediction 52, rooted 52"))
    (problem,) = changed(body, "import time\nfrom given_noise import shaken_elsewhere\nX = np.eye(3)").problems
    (said,) = undrawn(sandbox.observe, problem)

    assert f"`rooted` gives {who} other inputs on one seed: draw all inputs from `rng`" in said


def test_what_is_drawn_from_the_generator_holds(lines, sandbox):
    """Specimens that end early, or give something else, get the same inputs."""
    assert undrawn(sandbox.observe, lines) == []
