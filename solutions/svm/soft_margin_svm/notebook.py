# %% [markdown]
# # A soft margin SVM by gradient descent
#
# A support vector machine looks for the hyperplane that leaves the widest strip free between two classes. When the
# classes overlap there is no such strip. Then one has to say what an example on the wrong side costs. The width of the
# strip and these costs together make one objective function of the hyperplane, and you will minimise it by gradient
# descent.
#
# You write one function of a few lines, `svm_train_bgd` in `soft_margin_svm.py`, and come back here to try it: first a
# single step, then whole runs, then a data set of irises. Allow about an hour. A cell that ends in
# `NotImplementedError` is waiting for your function.

# %% [markdown]
# ## 0. Is everything here?
#
# Run the next cell. If it says `No module named 'autograder'`, the notebook runs in the wrong place or with the wrong
# Python: start Jupyter in the folder that you unpacked, or choose (top right) the kernel of the environment into which
# you installed `requirements.txt`.

# %% tags=["environment"]
import os
from pathlib import Path

# This assignment's folder, wherever Jupyter was started: here, below, or above.
here = Path.cwd()
places = (here, *here.glob("*/"), *here.glob("assignments/*/"), *here.parents)
os.chdir(next((place for place in places if (place / "soft_margin_svm.py").is_file()), here))

from autograder import ready

ready("soft_margin_svm.py", "data/iris.npz")

# %%
# What you save in a module is used from the next cell on.
# %load_ext autoreload
# %autoreload 2

import matplotlib.pyplot as plt
import numpy as np
from soft_margin_svm import svm_test, svm_train_bgd

from autograder import check

# A white background in any theme, and no style of your own: everybody sees the same pictures.
plain = {"figure.dpi": 90, "figure.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False}
plt.style.use(["default", plain])
# Blue and vermilion differ in any colour vision; markers and line styles do where print is grey.
BLUE, VERMILION = "#0072B2", "#D55E00"

# %% [markdown]
# ## 1. The data
#
# A hundred irises of two kinds, measured by the botanist Edgar Anderson and made famous by R. A. Fisher in 1936: 76 to
# learn from and 24 to test on. Each has four measurements in cm. The label is −1 for *versicolor* and +1 for
# *virginica*. Look at the shapes: `y` is a column, not a flat vector, so that it lines up with a column of scores.

# %%
with np.load("data/iris.npz") as data:
    X_train, y_train, X_test, y_test = (data[name] for name in ("X_train", "y_train", "X_test", "y_test"))

FEATURES = ("sepal length", "sepal width", "petal length", "petal width")
KINDS = {-1: ("versicolor", BLUE, "o"), +1: ("virginica", VERMILION, "^")}
for name, array in {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}.items():
    print(f"{name:8} {array.shape!s:8} {array.dtype}")
print(f"\nmean in cm  {'  '.join(f'{name:>12}' for name in FEATURES)}")
for label, (kind, *_) in KINDS.items():
    means = X_train[y_train[:, 0] == label].mean(axis=0)
    print(f"{kind:11} {'  '.join(f'{mean:12.2f}' for mean in means)}")


# %%
def scatter(axes, X, y, **style):
    """Two columns of X against each other, a marker and a colour for each kind."""
    for label, (kind, colour, marker) in KINDS.items():
        axes.scatter(*X[y[:, 0] == label].T, c=colour, marker=marker, s=26, linewidths=0, label=kind, **style)


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
scatter(left, X_train[:, :2], y_train)
left.set(title="sepals", xlabel="length, cm", ylabel="width, cm")
scatter(right, X_train[:, 2:], y_train)
right.set(title="petals", xlabel="length, cm", ylabel="width, cm")
right.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# Which of the four measurements would you keep if you could keep two? Is there a straight line in the right picture
# that separates the two kinds? And where is the origin? In both pictures it is far outside. Remember that: it will
# matter.

# %% [markdown]
# ## 2. The objective
#
# The hyperplane is the set of points with $\mathbf w^\top\mathbf x + b = 0$. For an example $(\mathbf x_i, y_i)$ the
# number
#
# $$m_i = y_i\,(\mathbf w^\top\mathbf x_i + b)$$
#
# is its **margin**: positive on the right side, and the larger the further away. (The *distance* is $m_i /
# \lVert\mathbf w\rVert$.) We want every margin to be at least 1. What is missing is penalised by the **hinge loss**
# $\max(0, 1 - m_i)$. Doubling $\mathbf w$ and $b$ doubles all margins and leaves the hyperplane where it is. So the
# length of $\mathbf w$ is penalised, too: the strip with $|m| < 1$ has width $2/\lVert\mathbf w\rVert$. Together:
#
# $$E(\mathbf w, b) = \frac12\lVert\mathbf w\rVert^2
# + C\sum_{i=1}^N \max\bigl(0,\; 1 - y_i(\mathbf w^\top\mathbf x_i + b)\bigr)$$
#
# C is the price of a missing unit of margin. E is convex, so every descent leads towards the minimum. It also has
# kinks, and these make the descent uneven.


# %%
def objective(W, b, X, y, C):
    """E at W of shape (1, D) and b of shape (1,)."""
    missing_margin = np.maximum(0, 1 - y * (X @ W.T + b))
    return 0.5 * np.sum(W**2) + C * np.sum(missing_margin)


margin = np.linspace(-2, 3, 201)
figure, axes = plt.subplots(figsize=(5.2, 3))
axes.plot(margin, np.maximum(0, 1 - margin), color=BLUE, label="hinge loss")
axes.plot(margin, margin < 0, color=VERMILION, linestyle="--", label="1 for a wrong sign")
axes.set(xlabel="margin $m$", ylabel="loss", ylim=(-0.1, 3.1))
axes.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# The picture shows why nobody minimises the dashed line: it is flat, so there is no slope to follow. The hinge loss has
# a slope as long as the margin is below 1.
#
# ### On paper: the two gradients
#
# Derive $\nabla_{\mathbf w} E$ and $\partial E/\partial b$. Three hints:
#
# - The derivative of $\max(0, u)$ is 1 for $u > 0$ and 0 for $u < 0$. At the kink itself take 0.
# - So each example either contributes to the gradient or doesn't. State in terms of $m_i$ which do.
# - Check the shapes before the signs: $\nabla_{\mathbf w} E$ has a number for each feature.
#
# Now evaluate your formulas by hand for the four examples below, at $\mathbf w = (0.5, -1)$, $b = 0.25$ and $C = 2$.
# The next cell computes the same numbers from differences of E alone. This is how to check a gradient without trusting
# one's algebra.

# %%
X_tiny = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 1.0], [-1.0, 0.0]])
y_tiny = np.array([[1.0], [1.0], [1.0], [-1.0]])


def slope(towards):
    """The slope of E at the point above, along the direction (w1, w2, b), from a small difference."""
    h = 1e-6
    point = np.array([0.5, -1.0, 0.25])
    above, below = (
        objective(theta[np.newaxis, :2], theta[2:], X_tiny, y_tiny, C=2.0)
        for theta in (point + h * towards, point - h * towards)
    )
    return (above - below) / (2 * h)


for name, direction in zip(("dE/dw1", "dE/dw2", "dE/db"), np.eye(3), strict=True):
    print(f"{name:7} {slope(direction):8.4f}")

# %% [markdown]
# If a number of yours differs, compute the four margins first: one of the examples doesn't contribute.

# %% [markdown]
# ## 3. Your function
#
# Open `soft_margin_svm.py` and write `svm_train_bgd`. *Batch* gradient descent is the simplest version. Start at
# $\mathbf w = 0$, $b = 0$, and in each of `num_epochs` epochs do this:
#
# 1. compute both gradients at the current $(\mathbf w, b)$, from all N examples;
# 2. move $\mathbf w$ and $b$ against their gradients: subtract $\eta$ times the gradient.
#
# You can do without a loop over the examples; the loop over the epochs stays. Beware of shapes. `X` is (N, D), `y` is
# (N, 1), `W` is a row (1, D), `b` is (1,). If a flat (N,) meets a column (N, 1), NumPy broadcasts them to an (N, N)
# matrix, without a warning.
#
# A single step is the easiest to check, since at zero you know all margins.

# %% tags=["environment"]
check("soft_margin_svm", "one_epoch")

# %% [markdown]
# ### Both gradients, then both updates
#
# Step 1 says *both gradients*, at the *current* parameters. If you update $\mathbf w$ first and then compute the
# gradient with respect to $b$, its margins belong to the new $\mathbf w$. That is another algorithm, coordinate
# descent. With small steps the difference is hard to see. The check takes a large step.

# %% tags=["environment"]
check("soft_margin_svm", "simultaneous")

# %% [markdown]
# ### When every margin is large enough
#
# Suppose all margins are above 1. Which of the two terms of E is still there, what does its gradient do to
# $\mathbf w$, and what to $b$? Think of an answer, then see whether your function gives the same.

# %% tags=["environment"]
check("soft_margin_svm", "shrinkage")

# %% [markdown]
# ### Many steps, and the edges
#
# The remaining small checks: a run with all three hyperparameters changed, the defaults, a single example, a single
# feature. None should need new code. If one does, ask what your code assumes about a shape.

# %% tags=["environment"]
check("soft_margin_svm", "epochs", "defaults", "one_example", "one_feature")

# %% [markdown]
# ### The path, seen
#
# With one feature, E is a surface over $(w, b)$ and a run is a path on it. The plot shows E for petal widths, measured
# from 1.3 cm. A run from zero always takes the same path, so training for k epochs gives its point number k.

# %%
width, C = X_train[:, 3:] - 1.3, 0.5
w_axis, b_axis = np.linspace(-0.2, 3.6, 120), np.linspace(-1.6, 0.6, 120)
heights = np.array([[objective(np.array([[w]]), np.array([b]), width, y_train, C) for w in w_axis] for b in b_axis])


def walk(eta, epochs):
    """The points (w, b) after 0, 1, 2, ... epochs."""
    runs = [svm_train_bgd(width, y_train, num_epochs=k, C=C, eta=eta) for k in range(1, epochs + 1)]
    return np.array([[0.0, 0.0]] + [[W[0, 0], b[0]] for W, b in runs])


figure, axes = plt.subplots(figsize=(7, 4))
levels = heights.min() + np.array([0.2, 0.8, 2, 4, 7, 11, 16, 22, 30])
lines = axes.contour(w_axis, b_axis, heights, levels=levels, colors="0.6", linewidths=0.8)
axes.clabel(lines, fontsize=8, fmt="%.0f", colors="0.35")
for eta, colour, style in ((0.06, VERMILION, "^--"), (0.01, BLUE, "o-")):
    axes.plot(*walk(eta, epochs=60).T, style, color=colour, markersize=3, linewidth=1, label=f"$\\eta$ = {eta}")
axes.set(xlabel="w", ylabel="b", title="60 epochs on petal width, C = 0.5; the lines are heights of E")
axes.legend(frameon=False, loc="lower left")
figure.tight_layout()

# %% [markdown]
# The long steps never settle, and neither would the short ones. At a kink of E the gradient doesn't become small as you
# approach. It jumps from one slope to another, so steps with a constant $\eta$ overshoot for ever. Smaller steps
# overshoot by less. Which of the two runs is nearer to the bottom after 10 epochs, and which after 60?

# %% [markdown]
# ## 4. The experiment
#
# Now all four features of the irises as they are, with the defaults $C = 5$ and $\eta = 0.001$. Train from zero for 1,
# 3, 10, 30 and 100 epochs and write down the parameters, the objective, and the share of test examples that are
# classified right (`svm_test` is given). What do you expect of the last two columns?

# %%
print("epochs                  w (four weights)         b         E   test accuracy")
for num_epochs in (1, 3, 10, 30, 100):
    W, b = svm_train_bgd(X_train, y_train, num_epochs=num_epochs)
    w = " ".join(f"{weight:7.3f}" for weight in W[0])
    E = objective(W, b, X_train, y_train, C=5.0)
    print(f"{num_epochs:6}   {w}   {b[0]:7.3f}   {E:7.1f}   {svm_test(W, b, X_test, y_test):13.3f}")

# %% [markdown]
# The accuracy goes up, down, and up again, and after three epochs E is well above 380, its value at zero. And this is
# *descent* on a convex function! Before you suspect your code (the checks have tried it), look at the whole path.


# %%
def curve(X, eta, epochs, C=5.0):
    """E after each of these numbers of epochs. Each run starts from zero again."""
    print(f"eta = {eta}: ", end="")
    heights = []
    for num_epochs in epochs:
        W, b = svm_train_bgd(X, y_train, num_epochs=num_epochs, C=C, eta=eta)
        heights.append(objective(W, b, X, y_train, C))
        if len(heights) % 25 == 0 or num_epochs == epochs[-1]:
            print(f"{num_epochs} epochs ... ", end="", flush=True)
    print("done")
    return heights


epochs = range(1, 101)
figure, axes = plt.subplots(figsize=(8.4, 3.4))
axes.semilogy(epochs, curve(X_train, 1e-3, epochs), color=VERMILION, linestyle="--", label="$\\eta$ = 0.001")
axes.semilogy(epochs, curve(X_train, 1e-4, epochs), color=BLUE, label="$\\eta$ = 0.0001")
axes.axhline(5 * len(X_train), color="0.3", linestyle=":", label="E at zero")
axes.set(xlabel="epochs", ylabel="E on the training data", title="irises as they are, C = 5")
axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()

# %% [markdown]
# The steps are too long for this surface. A step moves $\mathbf w$ along the irises' measurements, which are large and
# all positive. So all scores rise or fall together, and the next epoch has to undo it. A tenth of the step size
# oscillates less but converges slowly.
#
# ### The same surface, better placed
#
# Now subtract from each feature its mean over the training data. A hyperplane for the shifted data is one for the
# original data, with another $b$ and the same $\mathbf w$, and $b$ costs nothing: the lowest value of E is the same as
# before. Only the path to it changes.

# %%
centre = X_train.mean(axis=0)
epochs = np.unique(np.geomspace(1, 1000, 60).astype(int))
figure, axes = plt.subplots(figsize=(6.4, 3.4))
axes.loglog(epochs, curve(X_train, 1e-3, epochs), color=VERMILION, linestyle="--", label="as they are")
axes.loglog(epochs, curve(X_train - centre, 1e-3, epochs), color=BLUE, label="centred")
axes.set(xlabel="epochs", ylabel="E on the training data", title="irises, C = 5, $\\eta$ = 0.001")
axes.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# Centring costs one line and gains more than any choice of $\eta$. Note that the test data are shifted by the
# *training* mean. Why not by their own?
#
# What the next cell trains stays as `trained`. When your notebook is graded, it is tested on flowers that are in
# neither data set.

# %%
trained = svm_train_bgd(X_train - centre, y_train, num_epochs=1000)
W, b = trained
print(f"E on the training data {objective(W, b, X_train - centre, y_train, C=5.0):.1f}")
print(f"training accuracy      {svm_test(W, b, X_train - centre, y_train):.3f}")
print(f"test accuracy          {svm_test(W, b, X_test - centre, y_test):.3f}")

# %% [markdown]
# ## 5. The boundary
#
# Two features can be drawn. Below, petal length and width, trained with a small and a large C. The full line is the
# hyperplane, the dashed ones are where the score is −1 and +1, and rings are around the examples with a margin of at
# most 1: the *support vectors*, the only ones that determine the hyperplane. Before you run the cell: which panel has
# the wider strip, and which has more rings?


# %%
def boundary(axes, C):
    petals, middle = X_train[:, 2:], centre[2:]
    print(f"C = {C}: training ... ", end="", flush=True)
    W, b = svm_train_bgd(petals - middle, y_train, num_epochs=5000, C=C)
    print("done")
    scatter(axes, petals, y_train)
    margins = y_train * ((petals - middle) @ W.T + b)
    # Oscillation leaves the examples on the dashed lines a little off them, on either side.
    rings = petals[margins[:, 0] <= 1.02]
    axes.scatter(*rings.T, s=80, facecolors="none", edgecolors="0.3", linewidths=0.8, label="margin at most 1")
    across = np.linspace(2.8, 7.2, 50)
    down = np.linspace(0.8, 2.7, 50)
    points = np.stack(np.meshgrid(across, down), axis=-1)
    scores = (points - middle) @ W[0] + b
    axes.contour(across, down, scores, levels=[-1, 0, 1], colors="0.1", linestyles=["--", "-", "--"], linewidths=1)
    accuracy = svm_test(W, b, X_test[:, 2:] - middle, y_test)
    axes.set(title=f"C = {C}: {len(rings)} rings, test accuracy {accuracy:.3f}", xlabel="petal length, cm")


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
boundary(left, C=0.05)
boundary(right, C=5.0)
left.set_ylabel("petal width, cm")
figure.legend(*left.get_legend_handles_labels(), frameon=False, loc="lower center", ncols=3)
figure.tight_layout(rect=(0, 0.07, 1, 1))

# %% [markdown]
# ## 6. All checks
#
# Two are left for the end because they train for many epochs: on irises, and on data with some wrong labels. There only
# a gradient that is right in *both* of its terms doesn't fit the wrong labels.

# %% tags=["environment"]
check("soft_margin_svm")

# %% [markdown]
# ## 7. To think about
#
# The penalty is on $\mathbf w$ alone. Suppose somebody writes $\frac12(\lVert\mathbf w\rVert^2 + b^2)$ instead, "for
# symmetry", and trains to the optimum, once on the irises as they are and once with all lengths measured from the
# mean. You have seen that, for our E, the two problems have the same lowest value and parallel hyperplanes at the
# same place among the flowers. Is that still so? What does this say about which quantity of a model one may penalise,
# and about the order of two steps: scaling the data, and choosing what to penalise?
#
# Try it, if you want: which line of your function would change? Put it back afterwards: one of the checks would fail.

# %% [markdown]
# ## 8. Handing in
#
# For this problem, two files: `soft_margin_svm.py`, and this notebook with its outputs.
#
# 1. Choose *Kernel → Restart Kernel and Run All Cells…* (in VS Code *Restart*, then *Run All*), and wait until all have
#    run.
# 2. Save the notebook.
# 3. Type `python -m autograder pack` in a terminal, in this folder, with the environment activated as the README says.
#
# Step 3 looks at all problems of the assignment. It lists what is missing, what was not run in order, and which cells
# show the output of older code. Then it writes the zip that you hand in. It warns you, and never refuses.
