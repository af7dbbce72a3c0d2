"""Staff's predicates: one rule decides whose fault it is where one fails, and each is tried on the reference first."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder import grading
from autograder.authoring import Finding
from autograder.course.problem import CourseError, load
from autograder.grading import judged, tried

RIGHT = {"x": np.ones(3)}
FOUND = {"x": np.array([1.0, 2.0, 3.0])}

# A page's function, the code it comes to on a student's values that are not the reference's, and what is said.
WHOSE = [
    pytest.param("yield Finding(60, 'x', 'too large')", 60, "too large", id="finds"),
    pytest.param("return ()", None, "", id="holds"),
    pytest.param("return (1 / 0,)", 4, r"failed \(expect\.py, line 6: ZeroDivisionError: ", id="fails_on_both"),
    pytest.param(
        "[0, 1][int(x[1])] if x[1] == 2 else None\n    yield from ()", 50, "too far off", id="trips_on_values"
    ),
    pytest.param(
        "return [Finding(60, 'x', 'no')] if x[1] == 1 else [[]][1]", 4, "IndexError", id="finds_the_reference"
    ),
    pytest.param(
        "if x[1] == 2: return [late]; late = []\n    return []", 4, "line 6: UnboundLocalError", id="late_name"
    ),
    pytest.param("return [x.shpae] if x[1] == 2 else []", 4, r"line 6: AttributeError", id="misspelt_attribute"),
    pytest.param("import nowhere_at_all\n    yield", 4, "ModuleNotFoundError", id="missing_import"),
    pytest.param("return open('/no/such/file') if x[1] == 2 else []", 4, "FileNotFoundError", id="missing_file"),
    pytest.param("return 'no' if x[1] == 2 else []", 4, "gave a str; expected findings", id="a_text_for_findings"),
    pytest.param("return [Finding(35, 'x', 'no')] if x[1] == 2 else []", 4, "code 35", id="no_such_code"),
    pytest.param("return [Finding(0, 'x', 'no')] if x[1] == 2 else []", 4, "code 0", id="success_as_a_finding"),
    pytest.param("return None if x[1] == 2 else []", 4, "gave a NoneType", id="none_for_values"),
    pytest.param("return [Finding(60.0, 'x', 'no')] if x[1] == 2 else []", 4, "code 60.0", id="code_that_is_no_int"),
    pytest.param("return [Finding(60, 'x')] if x[1] == 2 else []", 4, "line 6: TypeError", id="argument_forgotten"),
    pytest.param("return found['y'] if x[1] == 2 else []", 4, "line 6: KeyError: 'y'", id="misspelt_key"),
    pytest.param("return {1: []}[x[1]]", 50, "KeyError", id="key_of_values"),
    pytest.param("raise SystemExit(0 if x[1] == 2 else 1)", 4, "line 6: SystemExit: 0", id="exits"),
    pytest.param("x[:] = 1\n    return [] if found['x'] is x else [1]", None, "", id="changes_its_arrays"),
    pytest.param("return [] if np.inf * (x[1] - 2) < 0 else [1]", 50, "FloatingPointError", id="nan_passes_nothing"),
]


@pytest.fixture
def page(tmp_path):
    """A function that makes a predicate of its body."""

    def made(body):
        imports = "import numpy as np\nfrom autograder.compare import Finding\n"
        (tmp_path / "expect.py").write_text(f"{imports}\ndef holds(found):\n    x = found['x']\n    {body}\n")
        return load(tmp_path, "expect").holds

    return made


@pytest.mark.parametrize(("body", "code", "said"), WHOSE)
def test_whose_fault_it_is(page, tmp_path, body, code, said):
    """A fault that no value can cause is ours; so is one that the reference has, too; the others are the student's."""
    findings = judged(page(body), FOUND, RIGHT, "`holds`", tmp_path)

    assert FOUND["x"].tolist() == [1.0, 2.0, 3.0]
    assert [finding.code for finding in findings] == ([] if code is None else [code])
    assert all(re.search(said, finding.message) for finding in findings)


def test_where_the_reference_is_not_known_a_failure_is_ours(page, tmp_path):
    """Nobody can say that it was the student's values."""
    (finding,) = judged(page("return 1 / 0"), FOUND, None, "`holds`", tmp_path)

    assert finding.code == 4


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param("return 1 / 0", r"/expect\.py, line 6: ZeroDivisionError: division by zero", id="fails"),
        pytest.param("yield late; late = 1", r"/expect\.py, line 6: UnboundLocalError", id="late_name"),
        pytest.param("return np.sqrt(x - 2)", r"/expect\.py, line 6: FloatingPointError", id="nan"),
        pytest.param("raise SystemExit", r"/expect\.py, line 6: SystemExit", id="exits"),
        pytest.param(
            "while True: pass", r"/expect\.py, line 6: EndlessError: it has not ended after 0\.05 s", id="endless"
        ),
        pytest.param("return None", r"/expect\.py, line 4: PredicateError: it gave a NoneType", id="none"),
        pytest.param("return ['no']", r"/expect\.py, line 4: PredicateError: it gave a str", id="no_finding"),
        pytest.param(
            "yield Finding(62, 'x', 'it has learned nothing')",
            r"/expect\.py, line 4: it finds the reference wrong, for the model: code 62, it has learned nothing",
            id="finds_the_reference_wrong",
        ),
    ],
)
def test_one_that_does_not_hold_of_the_reference_is_the_courses_mistake(page, tmp_path, body, said, monkeypatch):
    """It is named with its file and line."""
    monkeypatch.setattr(grading, "MOST_SECONDS", 0.05)
    predicate = page(body)

    with pytest.raises(CourseError, match=re.escape(str(tmp_path)) + said):
        tried(predicate, RIGHT, predicate, tmp_path / "expect.py", "the model")


def test_one_that_holds_of_the_reference_is_let_pass(page, tmp_path):
    """It is let pass, and may find something of others."""
    predicate = page("return [Finding(60, 'x', 'no')] if x[1] == 2 else []")

    tried(predicate, RIGHT, predicate, tmp_path / "expect.py", "the model")

    assert judged(predicate, FOUND, RIGHT, "`holds`", tmp_path) == [Finding(60, "x", "no")]


def test_one_that_does_not_end_holds_nobody_up(page, tmp_path, monkeypatch):
    """Values that it doesn't end on are wrong, as those are that trip it up otherwise."""
    monkeypatch.setattr(grading, "MOST_SECONDS", 0.05)

    (finding,) = judged(page("while x[1] == 2: pass\n    return []"), FOUND, RIGHT, "`holds`", tmp_path)

    assert finding.code == 50
    assert "EndlessError" in finding.message


def test_where_shapes_differ_a_wrong_type_is_the_students(page, tmp_path):
    """A number has no length."""
    (finding,) = judged(page("return [] if len(x) else []"), {"x": np.array(1.0)}, RIGHT, "`holds`", tmp_path)

    assert finding.code == 50
