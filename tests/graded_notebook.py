"""The small course with a notebook that is worth points: it prints, draws, trains a model, and has a cell to fill."""

from __future__ import annotations

import json

from small_course import ASSIGNMENT, write_course

from autograder.course.assignments import read_course
from autograder.notebook.alignment import as_notebook
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import beside, filled, grade_notebook, with_outputs
from autograder.release.files import HERE
from autograder.release.starter import strip

NOTEBOOK = """\
# %% [markdown]
# # A line through points
#
# ## 1. The points

# %%
# %matplotlib inline
import line
import matplotlib.pyplot as plt
import numpy as np

from autograder import check

points = np.load("data/points.npz")["x"]
print("points:", points.shape, "mean", round(points.mean(), 3))

# %% [markdown]
# ## 2. A function

# %%
check("line")

# %%
line.predict(points[:3, np.newaxis], np.ones(1), 2.0)


# %%
def squared(x):
    # BEGIN SOLUTION
    return x * x
    # END SOLUTION


print("squared:", squared(3.0))

# %% [markdown]
# ## 3. Training

# %%
model = line.Line(eta=0.05)
losses = []
for _ in range(30):
    losses.append(float(np.mean((model.slope * points - 2.0 * points) ** 2)))
    model.fit(points, 2.0 * points, steps=1)
print(f"slope {model.slope:.4f}")

# %%
figure, axes = plt.subplots()
axes.plot(losses, label="loss")
axes.set(xlabel="step", ylabel="loss", title="The loss falls")
axes.legend()
figure.savefig("line.png")
plt.show()
"""

FIGURES = """\
[[figures]]
name = "the loss"
under = "3. Training"
file = "line.png"

[[figures.axes]]
curves = 1
falls = true
"""

MODEL = '''\
"""What the line must have learned."""

import numpy as np

from autograder.authoring import Code, Finding

WANTED = ("model.slope",)


def trained_model(found, data, rng):
    """The line goes through points that nobody has seen."""
    x = rng.normal(size=20)
    loss = np.mean((found["model.slope"] * x - 2.0 * x) ** 2)
    if not loss <= 0.1:
        message = f"the loss on points that nobody has seen is {loss:.2g}; expected at most 0.1"
        yield Finding(Code.BAD_ON_HELD_OUT, "model.slope", message)
'''


def write_graded_course(home):
    """The course, its notebook released."""
    write_course(home)
    folder = home / "solutions/lines"
    (folder / "assignment.toml").write_text(ASSIGNMENT.replace("points = 7\n", "points = 7\nnotebook_points = 8\n"))
    (folder / "line/notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    (folder / "line/figures.toml").write_text(FIGURES)
    (folder / "line/model.py").write_text(MODEL)
    released = home / "assignments/lines/line.ipynb"
    released.parent.mkdir(parents=True)
    released.write_bytes(as_notebook(strip(NOTEBOOK, "notebook.py", HERE), "line"))
    return home


def read_graded_problem(home):
    """Its problem."""
    (assignment,) = read_course(write_graded_course(home))
    return assignment.problems[0]


def save(sandbox, problem, files, notebook):
    """A notebook, given as JSON, after it was run beside modules and saved."""
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = [(f"cell {number}", source) for number, source in enumerate(sources, 1)]
    seen = [*beside(sandbox.run_cells, problem, files)(cells, ())]
    assert len(seen) == len(cells) + 1
    return with_outputs(notebook, seen)


def saved_notebook(sandbox, problem):
    """The notebook as a student with the reference would hand it in, as JSON."""
    return json.loads(save(sandbox, problem, problem.reference.files, filled(problem)))


def graded(sandbox, problem, notebook, files=None):
    """The report on a notebook, given as JSON or bytes, beside the reference or other files."""
    content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    files = problem.reference.files if files is None else files
    return grade_notebook(sandbox.run_cells, rubric_of(problem), content, files, problem.seed)


def codes_of(report):
    """The code of each check, and which wait for another."""
    return {
        verdict.check: verdict.code if verdict.blocked_by is None else f"after {verdict.blocked_by}"
        for verdict in report.checks
    }
