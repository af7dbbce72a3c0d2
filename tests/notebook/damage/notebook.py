"""The notebook that was handed out, and its cells by what they hold; what its figures and its model must be."""

from __future__ import annotations

NOTEBOOK = '''\
# %% [markdown]
# # A line through points
#
# Fit it, and look at what it does.

# %% [markdown]
# ## 0. Ready?

# %% tags=["environment"]
import sys

print("Python", sys.version)

# %%
# %load_ext autoreload
# %autoreload 2

# %%
import matplotlib.pyplot as plt
import numpy as np
from line import Line

from autograder import check

# %% [markdown]
# ## 1. The data

# %%
x = np.load("data/points.npz")["x"]
y = 2.0 * x
print("points:", x.shape)
print("from", x.min(), "to", x.max())

# %% [markdown]
# ## 2. Descent
#
# How far does the slope come in so many steps? Write `slopes`.

# %%
def slopes(most):
    """The slopes after 0, 1, 2, ... steps."""
    # BEGIN SOLUTION
    return np.array([Line(eta=0.05).fit(x, y, steps=k).slope for k in range(most)])
    # END SOLUTION


print(slopes(3))

# %%
check("line", "fitted")

# %%
path = slopes(40)
loss = np.array([0.5 * np.mean((w * x - y) ** 2) for w in path])
for step in (0, 10, 39):
    print(f"step {step:2}: slope {path[step]:.4f}, loss {loss[step]:.2e}")
print(f"that is {path[-1] / 2:.1%} of the way")

# %%
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot(loss, label="loss")
axes.plot(path, "--", label="slope")
axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
axes.legend()
figure.savefig("line.png")
plt.show()

# %% [markdown]
# ## 3. Two tables


# %%
class Table:
    """Rows of words and numbers, as a table."""

    def __init__(self, rows):
        self.rows = rows

    def _repr_html_(self):
        rows = ("".join(f"<td>{entry}</td>" for entry in row) for row in self.rows)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


Table([("step", "slope"), (1, round(path[1], 4)), (39, round(path[-1], 4))])

# %%
{"first": path[1].round(6), "last": path[-1].round(6)}

# %% [markdown]
# ## 4. A question
#
# Why does it slow down?
'''


FIGURES = """\
[[figures]]
name = "the descent"
under = "2. Descent"
file = "line.png"

[[figures.axes]]
about = "loss"
curves = 2
falls = "loss"
rises = "slope"
"""


MODEL = '''\
"""What the notebook fits."""

from autograder.authoring import Finding

WANTED = ("path[-1]",)


def trained_model(found, data, generator):
    """The slope that the notebook arrives at is close to the right one."""
    slope = found["path[-1]"]
    if slope < -0.5:
        yield Finding(62, "path[-1]", "the slope leads away from the points; see the fit")
    elif slope > 2.5:
        yield Finding(63, "path[-1]", "the slope is too large for other points; see the fit")
    elif slope < 1.5:
        yield Finding(60, "path[-1]", "the slope is not close to the right one; see the fit")
'''


# Whose cells these are, by what they hold.
IMPORTS, DATA, FILL, VERDICT, NUMBERS, PICTURE, TABLE, RESULT = (
    "import matplotlib",
    "x = np.load",
    "def slopes",
    "check(",
    "path = slopes",
    "figure, axes",
    "class Table",
    '{"first"',
)
