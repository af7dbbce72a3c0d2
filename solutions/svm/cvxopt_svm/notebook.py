# %% [markdown]
# # A kernel SVM from its dual
#
# The support vector machine is one of the few models whose training problem is solved *exactly*: its dual is a
# quadratic program, and somebody else has written an excellent solver for those. Your part is what no library can do:
# to write the problem in the solver's form, and to read its answer.
#
# You write three functions in `cvxopt_svm.py` and come back here after each. At the end you compare your classifier
# with scikit-learn's `SVC`, on four data sets and four kernels. Allow about an hour. A cell that ends in
# `NotImplementedError` is waiting for a function of yours, and one that ends in `NameError` or `KeyError` for a cell
# above it.

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
os.chdir(next((place for place in places if (place / "cvxopt_svm.py").is_file()), here))

from autograder import ready

ready("cvxopt_svm.py")

# %%
# What you save in a module is used from the next cell on.
# %load_ext autoreload
# %autoreload 2

import cvxopt
import cvxopt_svm
import matplotlib.pyplot as plt
import numpy as np
from cvxopt_svm import CVXOPTSVC
from sklearn.datasets import make_circles, make_moons
from sklearn.svm import SVC

from autograder import check

# A white background in any theme, and no style of your own: everybody sees the same pictures.
plain = {"figure.dpi": 90, "figure.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False}
plt.style.use(["default", plain])
# Blue and vermilion differ in any colour vision; the markers do where print is grey.
COLOURS, MARKERS = ("#0072B2", "#D55E00"), ("o", "^")

# %% [markdown]
# ## 1. The data
#
# Four sets of points in the plane, half to train on and half to test with, each coordinate scaled to mean 0 and
# standard deviation 1. Before you read on, look at the pictures and guess: which of them can a straight line separate,
# roughly? For which is *any* line no better than tossing a coin?


# %%
def toy_sets(n=160):
    """Names of the data sets with their points, (n, 2), and labels, (n,) in {0, 1}."""
    rng = np.random.default_rng(7)
    y = np.arange(n) % 2
    blobs = rng.normal(scale=0.75, size=(n, 2)) + np.outer(2 * y - 1, [0.9, 0.6])
    square = rng.uniform(-2, 2, size=(n, 2))
    sets = {
        "blobs": (blobs, y),
        "moons": make_moons(n, noise=0.2, random_state=7),
        "circles": make_circles(n, noise=0.12, factor=0.45, random_state=7),
        "quadrants": (square, (square.prod(axis=1) > 0).astype(int)),
    }
    shuffled = rng.permutation(n)
    return {
        name: (((X - X.mean(axis=0)) / X.std(axis=0))[shuffled], labels[shuffled]) for name, (X, labels) in sets.items()
    }


def halves(X, y):
    """Training points, training labels, test points, test labels."""
    n = len(y) // 2
    return X[:n], y[:n], X[n:], y[n:]


def scatter(axes, X, y, size=18):
    for label in (0, 1):
        axes.scatter(
            *X[y == label].T, s=size, c=COLOURS[label], marker=MARKERS[label], linewidths=0, label=f"class {label}"
        )
    axes.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xticks=(-2, 0, 2), yticks=(-2, 0, 2), aspect="equal")


SETS = toy_sets()
figure, row = plt.subplots(1, 4, figsize=(11, 3), sharey=True)
for axes, (name, (X, y)) in zip(row, SETS.items(), strict=True):
    X_train, y_train, _, _ = halves(X, y)
    scatter(axes, X_train, y_train)
    axes.set(title=name, xlabel="$x_1$")
row[0].set_ylabel("$x_2$")
figure.suptitle("What there is to learn from: 80 training points each", y=1.04)
figure.legend(*row[0].get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, -0.1), ncols=2)
plt.show()

# %% [markdown]
# ## 2. The dual problem
#
# The soft margin SVM looks for a short $w$ whose margin is violated little,
#
# $$\min_{w, b, \xi}\ \tfrac12\lVert w\rVert^2 + C\sum_n \xi_n
#   \quad\text{where}\quad y_n f(x_n) \ge 1 - \xi_n,\quad \xi_n \ge 0,$$
#
# with labels $y_n = \pm 1$ and $f(x) = w\cdot\phi(x) + b$, whose sign is the answer. Give the first family of
# constraints the multipliers $\alpha_n \ge 0$ and the second $\mu_n \ge 0$, and set the Lagrangian's derivatives to
# zero:
#
# | derivative with respect to | gives | meaning |
# |---|---|---|
# | $w$ | $w = \sum_n \alpha_n y_n \phi(x_n)$ | $w$ is made of training points |
# | $b$ | $\sum_n \alpha_n y_n = 0$ | the two classes have the same total weight |
# | $\xi_n$ | $\alpha_n + \mu_n = C$ | no weight is above $C$ |
#
# Put back into the Lagrangian, $w$, $b$, $\xi$ and $\mu$ all vanish. What remains contains the points only in products
# $\phi(x_n)\cdot\phi(x_m) = k(x_n, x_m)$, and that is the kernel trick: $\phi$ itself is never computed.
#
# $$\begin{aligned}
#   &\max_{\alpha}\ \sum_n \alpha_n - \tfrac12\sum_n\sum_m \alpha_n\alpha_m\,y_n y_m\,k(x_n, x_m) \\
#   &\text{where}\quad 0 \le \alpha_n \le C,\quad \sum_n \alpha_n y_n = 0.
# \end{aligned} \tag{dual}$$
#
# The size of $\alpha_n$ says what kind of point $x_n$ is:
#
# * $\alpha_n = 0$: outside the margin, $y_n f(x_n) \ge 1$. Take the point away, and the classifier is the same.
# * $0 < \alpha_n < C$: on the margin exactly, $y_n f(x_n) = 1$.
# * $\alpha_n = C$: inside the margin or on the wrong side, $y_n f(x_n) \le 1$, with the largest weight it may have.
#
# Those with $\alpha_n > 0$ are the **support vectors**.

# %% [markdown]
# ## 3. The kernels, which are given
#
# `kernel_matrix(X1, X2, kernel_params)` returns the kernel of every row of `X1` with every row of `X2`; `kernel_dot(X1,
# X2, kernel_params)` pairs row with row. Keep the two apart: mixing them up is the most common mistake in what follows.
# Here is the matrix of each kernel on the circles, the points sorted by class and by angle.

# %%
KERNELS = {
    "linear": {"kernel": "linear", "degree": 3, "gamma": 1.0, "coef0": 0.0},
    "poly": {"kernel": "poly", "degree": 3, "gamma": 0.5, "coef0": 1.0},
    "rbf": {"kernel": "rbf", "degree": 3, "gamma": 0.7, "coef0": 0.0},
    "sigmoid": {"kernel": "sigmoid", "degree": 3, "gamma": 0.1, "coef0": -0.5},
}

X, y, _, _ = halves(*SETS["circles"])
X = X[np.lexsort((np.arctan2(X[:, 1], X[:, 0]), y))]
figure, row = plt.subplots(1, 4, figsize=(11, 3))
for axes, (name, kernel_params) in zip(row, KERNELS.items(), strict=True):
    K = cvxopt_svm.kernel_matrix(X, X, kernel_params)
    image = axes.imshow(K, cmap="cividis")
    smallest = np.linalg.eigvalsh(K).min().round(3) + 0.0  # 0 but for rounding is 0, not -0
    axes.set(title=name, xlabel=f"point\n(smallest eigenvalue {smallest:.3g})", ylabel="point", xticks=[], yticks=[])
    figure.colorbar(image, ax=axes, shrink=0.7)
figure.tight_layout()
figure.suptitle("Kernel matrices of 80 points, first those of class 0, then those of class 1", y=1.02)
plt.show()

# %% [markdown]
# Three things to see. With the rbf kernel the inner circle, class 1, is one bright block: its points are similar to
# each other. With the linear kernel, opposite sides of a circle are as different as can be. With poly you see the outer
# circle only, since a power makes large products much larger. And the sigmoid kernel has an eigenvalue far below zero.
# That is no rounding error: this kernel is not an inner product of any features. Remember that for the end.

# %% [markdown]
# ## 4. `get_qp_params`: the dual in the solver's form
#
# `cvxopt.solvers.qp(P, q, G, h, A, b)` finds the $v$ that solves
#
# $$\min_v\ \tfrac12 v^\top P v + q^\top v \quad\text{where}\quad Gv \le h\ \text{(row by row)},\quad Av = b.$$
#
# Work out on paper, with $v = \alpha$, what each of the six must be. There are three traps: the dual *maximises*; the
# solver knows only *less or equal*; and the letter $b$ has nothing to do with the bias here.
#
# Try your answer on two points first, $x_1 = 0$ with label $-1$ and $x_2 = 4$ with label $+1$. How big is `G`? Which
# row of it says $\alpha_2 \le C$? Then write the function, and compare.

# %%
X_two, y_two = np.array([[0.0], [4.0]]), np.array([-1.0, 1.0])
P, q, G, h, A, b = cvxopt_svm.get_qp_params(X_two, y_two, 10.0, KERNELS["linear"])
for name, part in zip("PqGhAb", (P, q, G, h, A, b), strict=True):
    print(f"{name}, shape {np.shape(part)}:", *(np.atleast_2d(part) + 0.0), sep="\n    ")

# %% tags=["environment"]
check("cvxopt_svm", "objective", "bounds", "equality")

# %% [markdown]
# By hand: the equality constraint gives $\alpha_1 = \alpha_2 = a$, the objective is $2a - \tfrac12\,16a^2$, and it is
# largest at $a = 1/8$. The solver should say the same, up to its accuracy:


# %%
def solve(*program):
    """The solver's alpha for P, q, G, h, A, b."""
    parts = (cvxopt.matrix(np.array(part, dtype=float)) for part in program)
    # "ldl" is slower than the solver's usual way, and also works where that one fails, as it may on Windows.
    return np.ravel(cvxopt.solvers.qp(*parts, kktsolver="ldl", options={"show_progress": False})["x"])


print("alpha:", solve(P, q, G, h, A, b).round(5))

# %% [markdown]
# ## 5. `fit_bias`: what the dual leaves out
#
# The dual gives $\alpha$ but not $b$. The bias comes from the support vectors: one that lies on its margin satisfies
#
# $$y_n\Bigl(\sum_m \alpha_m y_m k(x_m, x_n) + b\Bigr) = 1,$$
#
# and since $y_n = \pm 1$, dividing by $y_n$ is the same as multiplying by it. On paper one such point is enough. In
# floating point each gives a slightly different $b$, so we average over all support vectors.
#
# Which points are those? An interior-point solver approaches $\alpha_n = 0$ and never gets there. Have a look at what
# it leaves, sorted:

# %%
X, y, _, _ = halves(*SETS["moons"])
signs = np.where(y == 1, 1.0, -1.0)
alpha = solve(*cvxopt_svm.get_qp_params(X, signs, 2.0, KERNELS["rbf"]))

figure, axes = plt.subplots(figsize=(6, 3))
axes.semilogy(np.sort(alpha), ".", color=COLOURS[0])
axes.axhline(1e-4, color="0.3", linestyle="--", linewidth=1)
axes.annotate("the threshold, $10^{-4}$", (1, 1.6e-4), color="0.3")
axes.set(xlabel="training point, sorted", ylabel=r"$\alpha_n$", title="alpha on the moons, rbf kernel, C = 2")
plt.show()

# %% [markdown]
# The gap in the middle is wide. So the exact threshold hardly matters, but there has to be one. Write `fit_bias`.

# %%
of_moons = cvxopt_svm.fit_bias(X, signs, alpha, KERNELS["rbf"])
of_two = cvxopt_svm.fit_bias(X_two, y_two, np.full(2, 1 / 8), KERNELS["linear"])
print("bias on the moons:", np.round(of_moons, 3))
print("bias of the two points, -1 by hand:", np.round(of_two, 3))

# %% tags=["environment"]
check("cvxopt_svm", "bias")

# %% [markdown]
# ## 6. `decision_function`: how to classify without ever seeing $w$
#
# $$f(x) = w\cdot\phi(x) + b = \sum_m \alpha_m y_m\,k(x_m, x) + b.$$
#
# The points to classify are usually not the training points, and there are more or fewer of them. Think about the axis
# of the kernel matrix that the sum runs along. No loop is needed.

# %%
f = cvxopt_svm.decision_function(
    np.array([[0.0], [2.0], [6.0]]), X_two, y_two, -1.0, np.full(2, 1 / 8), KERNELS["linear"]
)
print("f at 0, 2 and 6 (by hand -1, 0 and 2):", f)

# %% tags=["environment"]
check("cvxopt_svm", "decision")

# %% [markdown]
# With the three in place the class `CVXOPTSVC` works; read its `fit`, which is where they meet. It takes labels 0 and
# 1, and passes -1 and +1 to your functions. The last check fits it to data with some wrong labels. Then all of them
# together:

# %% tags=["environment"]
check("cvxopt_svm")

# %% [markdown]
# ## 7. Compared with scikit-learn
#
# `SVC` solves the same dual with another algorithm (it optimises two alphas at a time). So $f - b$ should be the same
# function to within the solvers' accuracy, for every data set and every kernel. (When your notebook is graded, the
# classifier that is fitted to the circles with an rbf kernel is tested on new circles.)

# %%
C = 2.0
fitted = {}
print(f"{'data':10} {'kernel':8} {'|Δ(f-b)|':>9} {'b yours':>8} {'b theirs':>9} {'test yours':>11} {'test theirs':>12}")
for set_name, (X, y) in SETS.items():
    X_train, y_train, X_test, y_test = halves(X, y)
    for kernel_name, kernel_params in KERNELS.items():
        yours = CVXOPTSVC(C=C, **kernel_params)
        yours.fit(X_train, y_train)
        theirs = SVC(C=C, tol=1e-6, **kernel_params).fit(X_train, y_train)
        f_yours, f_theirs = yours.decision_function(X_test), theirs.decision_function(X_test)
        b_yours, b_theirs = float(yours.b_), float(theirs.intercept_[0])
        fitted[set_name, kernel_name] = yours, theirs
        print(
            f"{set_name:10} {kernel_name:8} {np.abs((f_yours - b_yours) - (f_theirs - b_theirs)).max():9.2f} "
            f"{b_yours:8.2f} {b_theirs:9.2f} {yours.score(X_test, y_test):11.1%} {theirs.score(X_test, y_test):12.1%}"
        )

# %% [markdown]
# Look along the rows. The third column should be 0, or nearly so, everywhere. The two biases, however, agree in some
# rows and not in others. In a few rows that changes the test accuracy, although the alphas are the same. Keep this in
# mind until the end.

# %% [markdown]
# ## 8. The points that matter
#
# The last function to write, and this time here in the notebook: which training points are support vectors *on* the
# margin, and which are support vectors with $\alpha_n = C$, inside it or on the wrong side? The solver doesn't reach
# $C$ exactly, as it doesn't reach 0: use the same tolerance at both ends.


# %%
def support_vectors(alpha, C, room=1e-4):
    """Two masks of shape (n,): the support vectors on the margin, and those at the bound C."""
    # BEGIN SOLUTION
    at_bound = alpha >= C - room
    on_margin = (alpha > room) & ~at_bound
    return on_margin, at_bound
    # END SOLUTION


on_margin, at_bound = support_vectors(np.array([1e-8, 0.7, 2.0 - 1e-8, 1.999]), 2.0)
print("on the margin (the second and the fourth):", on_margin)
print("at the bound (the third):                 ", at_bound)

# %% tags=["environment"]
check("cvxopt_svm", "support_vectors")


# %%
def draw(axes, yours, theirs, X, y, C):
    """Decision regions, the margin, the support vectors, and scikit-learn's boundary."""
    side = np.linspace(-2.6, 2.6, 70)
    grid = np.array([(x1, x2) for x2 in side for x1 in side])
    f = np.asarray(yours.decision_function(grid)).reshape(70, 70)
    axes.contourf(side, side, f > 0, levels=(-0.5, 0.5, 1.5), colors=COLOURS, alpha=0.15)
    # A level that f doesn't reach is no mistake: on a flat f there is no boundary to draw.
    levels = [level for level in (-1, 0, 1) if f.min() < level < f.max()]
    if levels:
        styles = ["solid" if level == 0 else "dashed" for level in levels]
        axes.contour(side, side, f, levels=levels, colors="black", linewidths=1, linestyles=styles)
    f = theirs.decision_function(grid).reshape(70, 70)
    if f.min() < 0 < f.max():
        axes.contour(side, side, f, levels=(0,), colors="0.45", linewidths=2.5, linestyles="dotted")
    scatter(axes, X, y, size=10)
    on_margin, at_bound = support_vectors(yours.alpha_, C)
    axes.scatter(*X[on_margin].T, s=60, facecolors="none", edgecolors="black", linewidths=1.4, label="on the margin")
    axes.scatter(*X[at_bound].T, s=34, facecolors="none", edgecolors="0.4", linewidths=0.7, label="at the bound")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)


figure, grid_of_axes = plt.subplots(4, 4, figsize=(9, 9.9))
for row, set_name in zip(grid_of_axes, SETS, strict=True):
    X_train, y_train, X_test, y_test = halves(*SETS[set_name])
    for axes, kernel_name in zip(row, KERNELS, strict=True):
        yours, theirs = fitted[set_name, kernel_name]
        draw(axes, yours, theirs, X_train, y_train, C)
        axes.set_xlabel(f"test {yours.score(X_test, y_test):.0%}, SVC {theirs.score(X_test, y_test):.0%}")
    row[0].set_ylabel(set_name, fontsize=12)
    print(f"{set_name}: drawn", flush=True)
for axes, kernel_name in zip(grid_of_axes[0], KERNELS, strict=True):
    axes.set_title(kernel_name, fontsize=12)
marks, names = grid_of_axes[0, 2].get_legend_handles_labels()
marks += [plt.Line2D([], [], color=c, ls=s, lw=w) for c, s, w in (("k", "-", 1), ("k", "--", 1), ("0.45", ":", 2.5))]
names += ["your boundary", "your margin, $f = ±1$", "SVC's boundary"]
figure.legend(marks, names, loc="lower center", ncols=4, frameon=False)
figure.tight_layout(rect=(0, 0.06, 1, 1))
plt.show()

# %% [markdown]
# This picture and the table above it are the main results of this notebook. In the picture, find
#
# * a kernel that can't separate a data set at all: how many of its points are support vectors, and at which bound?
# * a pair where only a handful of points carry the boundary: what would change if you deleted all others?
# * a place far from all data: what does each classifier predict there, and why does rbf predict the sign of $b$?

# %% [markdown]
# ## 9. How much C is too much
#
# $C$ is the price of a violated margin. Vary it over six powers of ten on the moons, with every eighth training label
# wrong and a narrow rbf kernel that can fit every training point.

# %%
X_train, y_train, X_test, y_test = halves(*SETS["moons"])
y_train = np.where(np.arange(len(y_train)) % 8 == 0, 1 - y_train, y_train)
prices = np.geomspace(1e-2, 1e4, 13)
curves = {"training accuracy": [], "test accuracy": [], "share of support vectors": []}
for price in prices:
    yours = CVXOPTSVC(C=price, kernel="rbf", gamma=3.0)
    yours.fit(X_train, y_train)
    curves["training accuracy"].append(yours.score(X_train, y_train))
    curves["test accuracy"].append(yours.score(X_test, y_test))
    curves["share of support vectors"].append(np.mean(yours.alpha_ > 1e-4))
    print(f"C = {price:9.2f}: test accuracy {curves['test accuracy'][-1]:.1%}", flush=True)

figure, axes = plt.subplots(figsize=(7, 3.6))
for (name, values), style, colour in zip(curves.items(), ("o--", "s-", "^:"), (*COLOURS, "0.4"), strict=True):
    axes.semilogx(prices, values, style, color=colour, label=name, markersize=5)
axes.set(
    xlabel="C",
    ylabel="share of points",
    title="Moons with an eighth of the labels wrong, rbf kernel, gamma = 3",
    ylim=(0, 1.05),
)
axes.legend()
plt.show()

# %% [markdown]
# The training accuracy rises with C; the test accuracy doesn't. Where would you stop, if you couldn't look at the test
# points? Why does the share of support vectors fall while the fit gets worse?

# %% [markdown]
# ## 10. To think about
#
# 1. Your $b$ and scikit-learn's differ where many alphas are at $C$. Such a point satisfies
#    $y_n f(x_n) = 1 - \xi_n$, not $1$. What does averaging over *all* support vectors add to $b$, then, and in which of
#    the sixteen pictures must it be large? Write a bias that uses only the points your `support_vectors` finds on the
#    margin, here and not in the module, and compare. What do you do when there are none?
# 2. The sigmoid kernel's matrix had a large negative eigenvalue, so $P$ isn't positive semi-definite and the program is
#    not convex. Yet both solvers found the same solution. The equation $\sum_n \alpha_n y_n = 0$ is the reason: show
#    that adding a constant to every entry of $K$ leaves the dual's objective as it is, and look at the eigenvalues of
#    $K$ again after taking out its mean: those of $HKH$, where $H = I - \tfrac1n \mathbf 1\mathbf 1^\top$ and
#    $\mathbf 1$ is a column of $n$ ones.
# 3. The dual has one unknown per point and $P$ has $n^2$ entries. How much memory does $P$ need for 60,000 digits, and
#    what does an algorithm that changes two alphas at a time not have to store?

# %% [markdown]
# ## 11. Handing in
#
# For this problem, two files: `cvxopt_svm.py`, and this notebook with its outputs.
#
# 1. Choose *Kernel → Restart Kernel and Run All Cells…* (in VS Code *Restart*, then *Run All*), and wait until all have
#    run.
# 2. Save the notebook.
# 3. Type `python -m autograder pack` in a terminal, in this folder, with the environment activated as the README says.
#
# Step 3 looks at all problems of the assignment. It lists what is missing, what was not run in order, and which cells
# show the output of older code. Then it writes the zip that you hand in. It warns you, and never refuses.
