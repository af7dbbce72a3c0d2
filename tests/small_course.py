"""A course small enough to be read here: one assignment, `lines`, with one problem, `line`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from autograder.course.problem import Implementation

KEY = "6d61792062652072656164206279207468652077686f6c6520636c6173732e2e"
ASSIGNMENT = f"""\
title = "Lines"
due = 2027-03-05T23:55:00-05:00
quota = 3
key = "{KEY}"
allowed_imports = ["numpy"]
data = ["points.npz"]

[[problems]]
name = "line"
title = "A line through points"
points = 7
"""

GIVEN = '''\
"""Handed out beside the line."""

SPREAD = 0.5


def shaken(rng, y):
    """`y`, with noise."""
    return y + SPREAD * rng.normal(size=y.shape)
'''

REFERENCE = '''\
"""A line through points."""

import numpy as np


def predict(x, w, b):
    """x·w + b for each row of x, (n, d)."""
    # BEGIN SOLUTION
    heights = np.matmul(x, w)
    return heights + b
    # END SOLUTION


def root(a):
    """Any x with x² = a."""
    # BEGIN SOLUTION
    return np.sqrt(np.asarray(a))
    # END SOLUTION


class Line:
    """A line through the origin."""

    def __init__(self, eta=0.1):
        self.eta = eta
        self.slope = 0.0

    def fit(self, x, y, steps=10):
        """Gradient descent on half the mean squared error, from slope 0."""
        # BEGIN SOLUTION
        for _ in range(steps):
            residual = self.slope * x - y
            self.slope = self.slope - self.eta * np.mean(residual * x)
        return self
        # END SOLUTION
'''

CHECKS = '''\
"""What is tried on a line."""

import numpy as np
from given_noise import shaken

from autograder.authoring import check


def positives(rng):
    """What roots are taken of."""
    return rng.uniform(1.0, 9.0, size=6)


@check(points=2)
def prediction(line, rng):
    """`predict` returns x·w + b for every row of x."""
    x, w = rng.normal(size=(5, 3)), rng.normal(size=3)
    return {"heights": line.predict(x, w, rng.normal()), "one_row": line.predict(x[:1], w, 2.0)}


@check(points=1, draws=1, expect="a_root")
def rooted(line, rng):
    """`root` returns any x with x² = a."""
    return {"x": line.root(positives(rng))}


@check(points=4, draws=2)
def fitted(line, rng):
    """`Line.fit` takes its steps down the mean squared error."""
    x = np.load("data/points.npz")["x"]
    model = line.Line(eta=0.05)
    model.fit(x, shaken(rng, 2.0 * x), steps=7)
    return {"slope": model.slope}
'''

EXPECT = '''\
"""What holds of roots."""

import numpy as np

from autograder.authoring import Code, Finding

from .checks import positives


def a_root(found, reference, rng):
    """The square is what the root was taken of."""
    if not np.allclose(found["x"] ** 2, positives(rng)):
        yield Finding(Code.NOT_GOOD_ENOUGH, "x", "`x` squared is not `a`; expected x² = a: square what you return")
'''

NOTEBOOK = """\
# %% [markdown]
# # A line through points

# %%
import line
from autograder import check

# %%
check("line")

# %%
# BEGIN SOLUTION
print(line.Line(eta=0.05).fit(points["x"], points["x"]).slope)
# END SOLUTION

# %%
check("line")
"""

ACCEPT = {
    "row_by_row": '''\
"""A loop over the rows gives the same."""


def predict(x, w, b):
    return np.array([sum(row * w) + b for row in x])
''',
    "negative_root": '''\
"""The other root is one too."""


def root(a):
    return -np.asarray(a) ** 0.5
''',
}

REJECT = {
    "intercept_forgotten": '''\
"""The line is taken to go through the origin.

Hint: what does `predict` give where x is 0?
Caught: prediction 53
"""


def predict(x, w, b):
    return np.matmul(x, w)
''',
    "heights_as_a_column": '''\
"""The heights are a column.

Hint: one number for each row of x is a vector.
Caught: prediction 52
"""


def predict(x, w, b):
    return (np.matmul(x, w) + b)[:, None]
''',
    "points_changed": '''\
"""The caller's points are scaled in place.

Hint: `x *= ...` changes the array of whoever called you.
Caught: prediction 55
"""


def predict(x, w, b):
    x *= w
    heights = x.sum(axis=1) + b
    x /= 2.0
    return heights
''',
    "root_not_taken": '''\
"""The root is taken for half.

Hint: half of a is not its root.
Caught: rooted 60
"""


def root(a):
    return np.asarray(a) / 2.0
''',
    "one_step": '''\
"""One step is taken, whatever is asked for.

Hint: how often does your loop run?
Caught: fitted 53
"""


class Line(Line):
    def fit(self, x, y, steps=10):
        return super().fit(x, y, steps=1)
''',
}


def points():
    """The content of points.npz; the same bytes every time."""
    stream = io.BytesIO()
    np.savez(stream, x=np.linspace(-1.0, 2.0, 9))
    return stream.getvalue()


def write_course(home: Path) -> Path:
    """The course, as files below a folder."""
    problem = home / "solutions/lines/line"
    texts = {
        "solutions/lines/assignment.toml": ASSIGNMENT,
        "solutions/lines/given/given_noise.py": GIVEN,
        "solutions/lines/line/line.py": REFERENCE,
        "solutions/lines/line/checks.py": CHECKS,
        "solutions/lines/line/expect.py": EXPECT,
        "solutions/lines/line/notebook.py": NOTEBOOK,
    }
    for kind, specimens in (("accept", ACCEPT), ("reject", REJECT)):
        texts |= {f"{problem.relative_to(home)}/{kind}/{name}.py": text for name, text in specimens.items()}
    for name, text in texts.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (home / "data").mkdir()
    (home / "data/points.npz").write_bytes(points())
    return home


TABLE = '''

@check(points=1, at_home=False)
def table(line, rng):
    """`root` is right for the first squares."""
    return {"roots": line.root(np.array([1.0, 4.0, 9.0]))}
'''
# Known by the table alone.
LARGE_ONES = '''\
"""Roots of what is 9 or more are left.

Hint: the root of nine is more than two, and less than it was.
Caught: table 53
"""


def root(a):
    return np.where(np.asarray(a) < 9.0, np.sqrt(a), 9.0)
'''


def add_table(course: Path, mark: str = "points=1, at_home=False") -> Path:
    """Give the course a check whose right answer is always the same, and two mistakes that show in it; the course."""
    home = course / "solutions/lines"
    with (home / "line/checks.py").open("a", encoding="utf-8") as page:
        page.write(TABLE.replace("points=1, at_home=False", mark))
    for path, old, new in (
        (home / "assignment.toml", "points = 7", "points = 8"),
        (home / "line/reject/root_not_taken.py", "Caught: rooted 60", "Caught: rooted 60, table 53"),
        (home / "line/accept/negative_root.py", "return -np", "return np"),
    ):
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
    (home / "line/reject/large_ones.py").write_text(LARGE_ONES, encoding="utf-8")
    return course


def laid_over(problem, fragment: str) -> Implementation:
    """The reference with a fragment after it, which redefines what differs."""
    text = problem.reference.files[problem.module_file].decode()
    return problem.implementation(f"{text}\n\n{fragment}")
