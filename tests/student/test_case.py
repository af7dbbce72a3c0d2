"""The case that fails is a student's to debug: its inputs, a call to step into, numeric gradients, and a script."""

from __future__ import annotations

import io
import pdb  # noqa: T100  what a student steps with
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_course import REFERENCE, REJECT, write_course

from autograder import case
from autograder.cli.main import EXIT_USAGE, main
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.release.files import release, write

PASSES = """

def scale_forward(x, w):
    return x * w, (x, w)


def scale_backward(dout, cache):
    x, w = cache
    return dout * w, (dout * x).sum(axis=0)


def squares(x):
    return float(np.sum(x**2)), 2 * x


class Net:
    def __init__(self):
        self.params = {"W": np.arange(6.0).reshape(2, 3)}

    def loss(self, x, y=None):
        return np.sum((x @ self.params["W"]) ** 2), {"W": 2 * x.T @ (x @ self.params["W"])}
"""
CHECKED_PASSES = '''

@check(points=1)
def passed_back(line, rng):
    """Gradients of all three forms come back."""
    out, cache = line.scale_forward(rng.normal(size=(4, 3)), rng.normal(size=3))
    dx, dw = line.scale_backward(rng.normal(size=(4, 3)), cache)
    _, dsquares = line.squares(rng.normal(size=5))
    net = line.Net()
    _, grads = net.loss(rng.normal(size=(4, 2)))
    return {"dx": dx, "dw": dw, "dsquares": dsquares, "dW": grads["W"]}
'''


@pytest.fixture(scope="module")
def files(tmp_path_factory, sandbox):
    """The release of the small course, with one more check, of gradients."""
    course = write_course(tmp_path_factory.mktemp("staff") / "course")
    folder = course / "solutions/lines"
    for path, more in ((folder / "line/line.py", PASSES), (folder / "line/checks.py", CHECKED_PASSES)):
        path.write_text(path.read_text() + more)
    entry = folder / "assignment.toml"
    entry.write_text(entry.read_text().replace("points = 7", "points = 8"))
    (assignment,) = read_course(course)
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """A student's folder, which is the working directory."""
    write(files, tmp_path / "lines")
    monkeypatch.chdir(tmp_path / "lines")
    return tmp_path / "lines"


def save(home, more=""):
    (home / "line.py").write_text(f"{REFERENCE}{PASSES}\n\n{more}")


def test_inputs_are_there_before_anything_runs(home):
    """A module that never ends, or can't be loaded, is no obstacle."""
    save(home, "while True:\n    pass\n")

    one = case("line.py", "prediction", draw=0)

    assert {name: np.shape(value) for name, value in one.inputs.items()} == {"x": (5, 3), "w": (3,), "b": ()}
    assert one.values == {}


def test_a_module_that_cannot_be_loaded_has_a_case(home):
    """It is named when the case is called, as Python says it."""
    (home / "line.py").write_text("def predict(x, w, b):\n    return (\n")

    one = case("line", "prediction")

    assert [np.shape(value) for value in one.inputs.values()] == [(5, 3), (3,), ()]
    with pytest.raises(SyntaxError, match="never closed"):
        one()


def test_the_inputs_are_those_of_the_check(home):
    """The public draw's, and a second call makes the calls on them again."""
    save(home)
    one = case("line", "prediction", draw=1)

    one()

    first, second = one.calls
    x, w, b = first.inputs.values()
    assert np.array_equal(one.values["heights"], x @ w + b)
    assert np.array_equal(second(), one.values["one_row"])
    assert np.array_equal(first(b=b + 1), x @ w + (b + 1))


@pytest.mark.parametrize("draw", [0, 2])
def test_the_draw_that_fails_is_chosen(home, draw):
    """The first one, where others pass."""
    save(home)
    b = case("line", "prediction", draw=draw).inputs["b"]
    save(home, f"right = predict\n\ndef predict(x, w, b):\n    return right(x, w, b) + (b == {b!r})\n")

    assert case("line", "prediction").draw == draw


def test_an_exception_comes_through(home):
    """From the student's own line, with the inputs of the call that raised."""
    save(home, "def predict(x, w, b):\n    return [][len(x)] if len(x) == 1 else x @ w + b\n")
    one = case("line", "prediction")

    with pytest.raises(IndexError) as raised:
        one()

    assert raised.traceback[-1].path == home / "line.py"
    assert str(raised.traceback[-1].statement).strip().startswith("return [][len(x)]")
    assert one.inputs["x"].shape == (1, 3)


def test_breakpoints_stop(home, monkeypatch):
    """In the student's function, in this process; not in the calls that numeric gradients take."""
    save(home, "def squares(x):\n    breakpoint()\n    return float(np.sum(x**2)), 2 * x\n")
    stops = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append(sys._getframe(1).f_locals["x"].shape))

    case("line", "passed_back")()

    assert stops == [(5,)]


def test_a_debugger_steps_into_it(home):
    """`pdb` shows the student's lines."""
    save(home, "def root(a):\n    half = a / 2\n    return half\n")
    one = case("line", "rooted")
    lines = (home / "line.py").read_text().splitlines()
    number = lines.index("    half = a / 2") + 1
    said = io.StringIO()
    stepping = pdb.Pdb(stdin=io.StringIO("c\np a.shape\nn\np half[0] * 2 == a[0]\nc\n"), stdout=said, nosigint=True)
    stepping.set_break(str(home / "line.py"), number)

    stepping.runcall(one)

    assert "(6,)" in said.getvalue()
    assert "True" in said.getvalue()


def test_the_module_is_taken_as_saved(home, monkeypatch):
    """With the modules beside it; the caller's own stay as they are."""
    save(home, "import shift\n\ndef predict(x, w, b):\n    return x @ w + b + shift.BY\n")
    (home / "shift.py").write_text("BY = 0.0\n")
    before = {"line": sys.modules.get("line"), "shift": sys.modules.get("shift")}
    one = case("line", "prediction", draw=0)
    first = one().values["heights"]

    (home / "shift.py").write_text("BY = 3.0\n")

    assert np.allclose(one().values["heights"], first + 3)
    assert {name: sys.modules.get(name) for name in before} == before


def test_what_is_asked_for_is_shown_and_not_its_numbers(home):
    """The dtype and the shape; a number that is expected is never shown."""
    save(home, REJECT["one_step"])

    said = str(case("line", "fitted", draw=0)())

    assert "asked for: a number, float64" in said
    save(home)
    value = float(case("line", "fitted", draw=0)().values["slope"])
    assert f"{value:.6g}" not in said


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param("", "", id="right"),
        pytest.param(
            "def scale_backward(dout, cache):\n    x, w = cache\n    dw = (dout * x).sum(axis=0)\n    dw[2] *= 3\n"
            "    return dout * w, dw\n",
            "`dw[2]`",
            id="pass",
        ),
        pytest.param(
            "def scale_backward(dout, cache):\n    x, w = cache\n    return (dout * w).T, (dout * x).sum(axis=0)\n",
            "`dx` is float64 (3, 4); what it is the gradient by is float64 (4, 3)",
            id="transposed",
        ),
        pytest.param(
            "def squares(x):\n    return float(np.sum(x**2)), np.append(2 * x[:-1], np.nan)\n",
            "`dsquares[4]`",
            id="nan",
        ),
        pytest.param(
            "class Net(Net):\n    def loss(self, x, y=None):\n        loss, grads = super().loss(x)\n"
            "        grads['W'][1, 0] += 1.0\n        return loss, grads\n",
            "`dW[1, 0]`",
            id="params",
        ),
    ],
)
def test_numeric_gradients_stand_beside_the_students(home, more, expected):
    """All that came back are compared; the entry that is farthest off is named."""
    save(home, more)

    gradients = case("line", "passed_back", draw=0)().gradients

    assert [said.count("numeric gradient: ") for said in gradients] == [1] * 4
    far = [said for said in gradients if "off, by" not in said or float(said.split("off, by ")[1].split(":")[0]) > 1e-6]
    far += [said for said in gradients if "by nan" in said]
    assert len(far) == bool(expected)
    assert expected in "".join(far)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        pytest.param(lambda: case("lime", "prediction"), r"did you mean line\.py\?", id="problem"),
        pytest.param(lambda: case("line", "predicton"), "did you mean `prediction`", id="check"),
        pytest.param(lambda: case("line", "prediction", draw=3), "draw is 0 to 2", id="draw"),
    ],
)
def test_what_is_not_there_is_said(home, ask, said):
    """With what was probably meant."""
    with pytest.raises(CourseError, match=said):
        ask()


class TestScript:
    """`check --case` writes a script that needs no engine."""

    @staticmethod
    def run(*words):
        return CliRunner().invoke(main, ["check", *map(str, words)])

    @staticmethod
    def python(path):
        """The script, in an interpreter that has no autograder."""
        code = f"import sys, runpy; sys.modules['autograder'] = None; runpy.run_path({str(path.name)!r})"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=path.parent, capture_output=True, encoding="utf-8", check=False
        )

    @pytest.mark.parametrize("check", ["prediction", "rooted", "fitted", "passed_back"])
    def test_it_makes_the_checks_calls(self, home, check):
        """The values are those that the check compares, beside what is asked for."""
        save(home)
        assert self.run("line.py", "--case", check).exit_code == 0
        ended = self.python(home / f"case_{check}.py")

        assert ended.stderr == ""
        for name, value in case("line", check, draw=0)().values.items():
            kind = f"{np.asarray(value).dtype} {np.asarray(value).shape}"
            assert f"{name}: {kind}; asked for: " in ended.stdout
            assert str(np.asarray(value)) in ended.stdout

    def test_it_holds_the_inputs(self, home):
        """Small ones as literals, and large ones in a file beside it."""
        save(home)
        inputs = case("line", "prediction").inputs
        self.run("line.py", "--case", "prediction")
        text = (home / "case_prediction.py").read_text("utf-8")
        scope = {"np": np}
        exec(text.partition("on its inputs.\n")[2].partition("returned =")[0], scope)

        assert all(np.array_equal(scope[name], value) for name, value in inputs.items())

    def test_a_students_error_is_the_scripts(self, home):
        """Its traceback ends in the module's line."""
        save(home, "def predict(x, w, b):\n    return x / 0 @ w[:2]\n")
        self.run("line.py", "--case", "prediction")

        ended = self.python(home / "case_prediction.py")

        assert "line.py" in ended.stderr
        assert "return x / 0 @ w[:2]" in ended.stderr

    def test_a_changed_one_is_kept(self, home):
        """A student's own lines are replaced only with --force."""
        save(home)
        (home / "case_rooted.py").write_text("mine = 1\n")

        ended = self.run("line.py", "--case", "rooted")

        assert ended.exit_code == EXIT_USAGE
        assert "case_rooted.py is there already; rename it, or add --force" in ended.output
        assert (home / "case_rooted.py").read_text() == "mine = 1\n"
        assert self.run("line.py", "--case", "rooted", "--force").exit_code == 0
        assert "mine" not in (home / "case_rooted.py").read_text()

    def test_it_is_of_one_module(self, home):
        """A folder has many checks."""
        ended = self.run(".", "--case", "rooted")

        assert (ended.exit_code, "name its file" in ended.output) == (EXIT_USAGE, True)
