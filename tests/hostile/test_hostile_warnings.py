"""No library speaks to the instructor of what a student's values and texts make it warn of."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from graded_notebook import read_graded_problem, saved_notebook
from small_course import EXPECT, REFERENCE

PREDICT = "\n\ndef predict(x, w, b):\n    found = np.matmul(x, w) + b\n    return "
ROOT = "\n\ndef root(a):\n    return "
# What warns where it is computed with: compared, cast, squared, divided, put into a sentence.
VALUES = {
    "huge": f"{PREDICT}found * 1e308",
    "all_huge": f"{PREDICT}np.full_like(found, -1.7e308)",
    "tiny": f"{PREDICT}found * 5e-324",
    "not_finite": f"{PREDICT}found * np.array([np.nan] + [np.inf] * (len(found) - 1))",
    "complex": f"{PREDICT}found * (1e308 + 1e308j)",
    "half": f"{PREDICT}(found * 1e9).astype(np.float16)",
    "whole": f"{PREDICT}np.full(found.shape, np.iinfo(np.uint64).max)",
    "least": f"{PREDICT}np.full(found.shape, np.iinfo(np.int64).min)",
    "truths": f"{PREDICT}found > 0",
    "nothing": f"{PREDICT}found[:0]",
    "zeros": f"{PREDICT}found * 0",
    "long_double": f"{PREDICT}found.astype(np.longdouble) * np.longdouble(10) ** 400",
    "huge_roots": f"{ROOT}np.asarray(a) * 1e300",
    "negative_squares": f"{ROOT}np.asarray(a) * -np.inf",
    "huge_slope": "\n\nclass Line(Line):\n    def fit(self, *_, **__):\n        return setattr(self, 'slope', 1e308)\n",
}
# What Python says of a text when it parses it.
TEXTS = {
    "escapes": "x = '\\d \\w'\n",
    "literals": "x = 1\nif x is 1 or x is 'a' or 1 is 1:\n    pass\n",
    "no_space": "x = 1if 1else 2\n",
    "calls": "if False:\n    x = 1()\n    y = [1, 2](3)\n    z = 'a'[1.5]\n",
    "asserts": "assert (1, 'always')\n",
}
MARKUP = "<table><tr><td>a<tr>&#9999999999; <!x> &nosuch; http://localhost"
PREDICATE = EXPECT.replace("import numpy as np\n", "import warnings\n\nimport numpy as np\n", 1).replace(
    "    if not np.allclose", '    warnings.warn("of a library\'s own", RuntimeWarning)\n    if not np.allclose'
)


@pytest.fixture(scope="module")
def graded(sandbox, tmp_path_factory):
    """The class, graded by a command of its own, with an environment that shows warnings, or makes them errors."""
    home = tmp_path_factory.mktemp("warned")
    problem = read_graded_problem(home / "course")
    (home / "course/solutions/lines/line/expect.py").write_text(PREDICATE, encoding="utf-8")
    notebook = saved_notebook(sandbox, problem)
    for name, more in VALUES.items():
        hand_in(home / "class" / name, f"{REFERENCE}{more}\n", notebook)
    for name, text in TEXTS.items():
        output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": MARKUP}}
        cell = {"cell_type": "code", "id": "of-my-own", "metadata": {}, "source": text, "outputs": [output]}
        changed = json.loads(json.dumps(notebook))
        changed["cells"].append(cell | {"execution_count": 8})
        # Of a given one, too: that is parsed to see whether it is the same program.
        changed["cells"][1]["source"] += [f"\n{text}"]
        hand_in(home / "class" / name, f"{REFERENCE}\n{text}", changed)

    def grade(warned):
        out = home / f"out-{warned}"
        command = (sys.executable, "-m", "autograder", "grade", home / "class", "--course", home / "course")
        said = subprocess.run(
            [*command, "--out", out, "--workers", "2", "--weak-sandbox"],
            env={**os.environ, "PYTHONWARNINGS": warned},
            capture_output=True,
            text=True,
            check=False,
        )
        return said, list(csv.reader((out / "lines/grades.csv").read_text(encoding="utf-8").splitlines()))

    return {warned: grade(warned) for warned in ("always", "error")}


def hand_in(folder: Path, module, notebook):
    folder.mkdir(parents=True)
    (folder / "line.py").write_text(module, encoding="utf-8")
    (folder / "line.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("warned", ["always", "error"])
def test_no_warning_reaches_the_terminal(graded, warned):
    """Nothing on standard error, no warning among what is said, and no fault of ours."""
    said, _ = graded[warned]

    assert said.stderr == ""
    assert "Warning" not in said.stdout
    assert said.returncode == 0, said.stdout


@pytest.mark.slow
def test_no_warning_makes_another_verdict(graded):
    """Where the environment makes errors of warnings, everybody has the points that they have elsewhere."""
    assert graded["always"][1] == graded["error"][1]
    assert len(graded["always"][1]) == 1 + len(VALUES) + len(TEXTS)
