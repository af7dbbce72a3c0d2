# %% [markdown]
# # Self-attention, forward and backward
#
# A fully connected layer treats every input alike: its weights fix which input entry affects which output entry.
# Attention is the layer that *looks things up*. Each token asks a question, all tokens answer, and the result depends
# on which answers fit best. It is the part of a transformer in which tokens exchange information. You can write it in
# some fifteen lines, including its gradients.
#
# You write four functions in `attention.py`: the softmax and its backward pass, the layer and its backward pass. After
# each you come back here and ask for a verdict. Then the layer learns to follow pointers, and you will see what it
# can't do, and why. Allow about an hour, most of it with pencil and paper. A cell that ends in `NotImplementedError` is
# waiting for one of your functions, and one that ends in `NameError` for a cell above it.

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
os.chdir(next((place for place in places if (place / "attention.py").is_file()), here))

from autograder import ready

ready("attention.py", "gradient_check.py")

# %%
# What you save in a module is used from the next cell on.
# %load_ext autoreload
# %autoreload 2

import matplotlib.pyplot as plt
import numpy as np
from attention import attention_backward, attention_forward, softmax, softmax_backward
from gradient_check import eval_numerical_gradient_array, rel_error

from autograder import check

# A white background in any theme, and no style of your own: everybody sees the same pictures.
plain = {"figure.dpi": 90, "figure.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False}
plt.style.use(["default", plain])
# Told apart in any colour vision; line styles do it where print is grey.
BLUE, ORANGE = "#0072B2", "#D55E00"

# %% [markdown]
# ## 1. The data: tokens that point at each other
#
# The task can be solved only by looking something up. A sequence has $T = 6$ tokens. Each token holds, side by side,
#
# * its **name**, one of A to F, as six zeros and ones with a single one;
# * the **name of the token it points at**, in the same form;
# * its **load**: two numbers.
#
# The target: each token's load, plus the load of the token it points at. Names and pointers are shuffled anew in
# every sequence, so the answer is in a different position each time. No fixed weights between positions can solve this.

# %%
T, LOAD = 6, 2
D_MODEL = 2 * T + LOAD


def pointing(rng, count):
    """Sequences with what is wanted of them: `count` pairs of arrays of shape (T, D_MODEL)."""
    pairs = []
    for _ in range(count):
        names, at = np.eye(T)[rng.permutation(T)], rng.permutation(T)
        X = np.hstack([names, names[at], rng.normal(size=(T, LOAD))])
        wanted = X.copy()
        wanted[:, -LOAD:] += X[at, -LOAD:]
        pairs.append((X, wanted))
    return pairs


def names_of(X):
    """The names of a sequence's tokens, and of those they point at, as letters."""
    letters = np.array(list("ABCDEF"))
    return letters[X[:, :T].argmax(axis=1)], letters[X[:, T : 2 * T].argmax(axis=1)]


SIGNED, WEIGHTS = {"cmap": "PuOr", "vmin": -4, "vmax": 4}, {"cmap": "Blues", "vmin": 0, "vmax": 1}


def show_matrix(axes, matrix, rows, columns, colours, decimals=2):
    """A matrix as a picture, with its numbers written in, so that it reads in grey as well."""
    image = axes.imshow(matrix, **colours)
    for (i, j), value in np.ndenumerate(matrix):
        red, green, blue, _ = image.cmap(image.norm(value))
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
        axes.text(j, i, f"{value:.{decimals}f}", ha="center", va="center", fontsize=8, color="w" if dark else "k")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)


X, wanted = pointing(np.random.default_rng(0), 1)[0]
own, aim = names_of(X)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.3), width_ratios=(D_MODEL, 2 * LOAD), layout="constrained")
columns = [f"is {a}" for a in "ABCDEF"] + [f"to {a}" for a in "ABCDEF"] + ["load 1", "load 2"]
show_matrix(left, X, [f"{a} → {b}" for a, b in zip(own, aim, strict=True)], columns, SIGNED, decimals=1)
left.set(title="one sequence X, a token a row", xlabel="what a column holds", ylabel="token")
show_matrix(right, wanted[:, -LOAD:], own, ["load 1", "load 2"], SIGNED, decimals=1)
right.set(title="wanted loads", xlabel="what a column holds", ylabel="token")
for axes in (left, right):
    axes.tick_params(axis="x", rotation=60)
plt.show()

# %% [markdown]
# Take one row and check its target by hand before you go on.
#
# ## 2. Softmax
#
# A token's question fits each of the $T$ answers more or less well: a row of scores, any real numbers. For a weighted
# mean of the answers we need positive weights with sum 1. The softmax computes them, row by row:
#
# $$A_{ij} = \frac{e^{S_{ij}}}{\sum_k e^{S_{ik}}}.$$
#
# Scores in the thousands are common in an untrained network, and $e^{1000}$ overflows. So show first, in one line on
# paper: **adding the same number to all scores of a row leaves its weights as they are**. Then choose the number so
# that nothing can overflow, and so that no row's exponentials can all vanish, even if the row beside it has much larger
# scores.
#
# Write `softmax` in `attention.py`, and save.

# %% tags=["environment"]
check("attention", "softmax", "large_logits")

# %% [markdown]
# The three rows below hold the same scores, shifted. Their weights should be equal.

# %%
scores = np.array([[1.0, 2.0, 4.0]]) + np.array([[0.0], [1000.0], [-1000.0]])
print(softmax(scores))

# %% [markdown]
# ## 3. Back through the softmax
#
# Some loss $L$ is computed from the weights $A$, and we know its gradient $dA$, that is $dA_{ij} = \partial L/\partial
# A_{ij}$. We want $dS$, its gradient with respect to the scores.
#
# Each score affects all the weights of its row, for they share a denominator. Differentiate the fraction and you find
#
# $$\frac{\partial A_{ij}}{\partial S_{ik}} = A_{ij}\,(\delta_{jk} - A_{ik}),
#   \qquad \delta_{jk} = 1 \text{ if } j = k, \text{ else } 0,$$
#
# and 0 between different rows. (Do it; it takes two lines, one for $j = k$ and one for $j \ne k$.) The chain rule sums
# over everything that a score affects:
#
# $$dS_{ik} = \sum_j dA_{ij}\,\frac{\partial A_{ij}}{\partial S_{ik}}.$$
#
# Multiply out. One of the two sums has a single term, because of $\delta$. The other doesn't depend on $k$, so it is
# one number per row. You need no loop, and no array with three axes.
#
# Check your result with two questions. What must the entries of a row of $dS$ sum to, given what you showed about
# shifts? And what is $dS$ in a row with all its weight on one entry?
#
# Write `softmax_backward`.

# %% tags=["environment"]
check("attention", "softmax_backward")

# %% [markdown]
# A check without any reference: change each score a little in both directions, and see how the weights change.
# `eval_numerical_gradient_array(f, x, df)` does that, and multiplies the change by `df`, here a random gradient with
# respect to A.

# %%
rng = np.random.default_rng(1)
S, upstream = rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
found = softmax_backward(upstream, softmax(S))
numeric = eval_numerical_gradient_array(softmax, S, upstream)
print(f"relative error of dS: {rel_error(found, numeric):.0e} (fine below 1e-7)")
print("sums of its rows:", found.sum(axis=1).round(12) + 0.0)

# %% [markdown]
# ## 4. The layer
#
# Three matrices compute three vectors from each token: a **query** (what it looks for), a **key** (how it can be found)
# and a **value** (what it passes on).
#
# $$Q = X W_Q, \quad K = X W_K, \quad V = X W_V,$$
#
# $$S = \frac{Q K^\top}{\sqrt{d_k}}, \quad A = \operatorname{softmax}(S), \quad Z = X + A V.$$
#
# $X$ has shape $(T, d_\text{model})$, a token a row; $W_Q$ and $W_K$ have $(d_\text{model}, d_k)$, and $W_V$ has
# $(d_\text{model}, d_\text{model})$, so that $AV$ can be added to $X$.
#
# $S_{ij}$ says how well the key of token $j$ fits the query of token $i$; token $i$ receives the mean of all values
# with the weights in row $i$ of $A$. The added $X$ is the **residual connection**: the layer computes only the change.
#
# Why the $\sqrt{d_k}$? If the entries of queries and keys are independent with variance 1, then $q \cdot k$ is a sum of
# $d_k$ products and has variance $d_k$. The picture shows what that does to the weights.

# %%
rng = np.random.default_rng(2)
widths = 2 ** np.arange(11)
largest = {"q·k": [], "q·k / √$d_k$": []}
for d_k in widths:
    fit = np.einsum("nk,njk->nj", rng.normal(size=(300, d_k)), rng.normal(size=(300, T, d_k)))
    largest["q·k"].append(softmax(fit).max(axis=1).mean())
    largest["q·k / √$d_k$"].append(softmax(fit / d_k**0.5).max(axis=1).mean())

figure, axes = plt.subplots(figsize=(6, 3.2))
for (label, values), colour, line in zip(largest.items(), (ORANGE, BLUE), ("--", "-"), strict=True):
    axes.plot(widths, values, line, color=colour, label=f"scores {label}")
axes.axhline(1 / T, color="0.5", linewidth=0.8)
axes.text(widths[-1], 1 / T + 0.02, "equal weights", ha="right", color="0.3", fontsize=8)
axes.set_xscale("log", base=2)
axes.set(xlabel="$d_k$, numbers in a key", ylabel="largest weight, mean", ylim=(0, 1.05))
axes.set_title(f"Random queries and keys, {T} tokens")
axes.legend(frameon=False, loc="center right")
plt.show()

# %% [markdown]
# Without the root, a wide layer is certain *before* training: each token looks at one other, for no reason. Remember
# your answer about rows with all their weight on one entry: what would such a layer learn?
#
# Write `attention_forward`. Store in `cache` what the backward pass will need; you can add to it later.

# %% tags=["environment"]
check("attention", "forward", "forward_edges")

# %% [markdown]
# We can see the weights without your cache: they follow from the layer's output. Choose $W_V$ so that $X W_V$ is the
# identity matrix, with some columns of zeros after it. Then the first $T$ columns of $Z - X = A V$ are $A$. (This needs
# linearly independent tokens. Why are ours independent?)


# %%
def attention_weights(X, W_Q, W_K):
    """The weights A of the layer, shape (T, T), read off its output."""
    reader = np.zeros((X.shape[1], X.shape[1]))
    reader[:, : len(X)] = np.linalg.pinv(X)
    Z, _ = attention_forward(X, W_Q, W_K, reader)
    return (Z - X)[:, : len(X)]


D_K = 8
rng = np.random.default_rng(3)
W_Q, W_K = rng.normal(size=(D_MODEL, D_K)), rng.normal(size=(D_MODEL, D_K))

figure, row = plt.subplots(1, 2, figsize=(8.5, 3.8), layout="constrained")
for axes, factor in zip(row, (0.3, 2.0), strict=True):
    A = attention_weights(X, factor * W_Q, W_K)
    show_matrix(axes, A, own, own, WEIGHTS)
    axes.set(title=f"random $W_K$, random $W_Q$ times {factor}", xlabel="to token", ylabel="weights of token")
plt.show()
print("sums of the rows:", A.sum(axis=1).round(12))

# %% [markdown]
# ## 5. Back through the layer
#
# Given is the gradient $dZ$. We want the gradients with respect to $X$ and to the three matrices. Draw the graph first.
# Put $X$ at the left and $Z$ at the right; between them $Q$, $K$, $V$, then $S$, $A$, and the sum. Draw one arrow for
# each *use*. Count the arrows that leave $X$.
#
# Then walk from right to left. You need
#
# * your `softmax_backward` for the step from $A$ to $S$;
# * one rule for all products. Let $Y = M N$, and change $M$ by a little $\Delta M$ and $N$ by $\Delta N$. Then $Y$
#   changes by $\Delta Y = \Delta M\,N + M\,\Delta N$, and the loss by $\sum_{ij} dY_{ij}\,\Delta Y_{ij}$. Collect the
#   terms with $\Delta M$ and those with $\Delta N$, and you have
#   $$dM = dY\,N^\top, \qquad dN = M^\top\,dY.$$
#   Shapes almost tell you the rule; but $A$ and $S$ are square, and there a wrong transpose has the right shape. Write
#   indices where you aren't sure;
# * the rule for a variable that is used more than once: its gradient is the sum over all its uses.
#
# | step | given | find |
# |---|---|---|
# | $Z = X + AV$ | $dZ$ | $dA$, $dV$, and a part of $dX$ |
# | $A = \operatorname{softmax}(S)$ | $dA$ | $dS$ |
# | $S = QK^\top/\sqrt{d_k}$ | $dS$ | $dQ$, $dK$ |
# | $Q = XW_Q$, and likewise $K$, $V$ | $dQ$, $dK$, $dV$ | $dW_Q$, $dW_K$, $dW_V$, and more parts of $dX$ |
#
# Write `attention_backward`. You can do it piece by piece: first $dW_V$ is right, then $dW_Q$ and $dW_K$, last $dX$.
# Return zeros of the right shape for what you don't have yet.

# %% tags=["environment"]
check("attention", "value_gradient", "query_key_gradients", "input_gradient")

# %% [markdown]
# Numerical gradients agree with every correct derivation, and they show which of the four is wrong, and in which entry.

# %%
rng = np.random.default_rng(4)
inputs = {
    "X": rng.normal(size=(5, 4)),
    "W_Q": rng.normal(size=(4, 3)),
    "W_K": rng.normal(size=(4, 3)),
    "W_V": rng.normal(size=(4, 4)),
}
upstream = rng.normal(size=(5, 4))
_, cache = attention_forward(*inputs.values())
for (name, array), gradient in zip(inputs.items(), attention_backward(upstream, cache), strict=True):
    numeric = eval_numerical_gradient_array(lambda _: attention_forward(*inputs.values())[0], array, upstream)
    print(f"d{name:<4} relative error {rel_error(gradient, numeric):.0e}")
print("(fine below 1e-7)")

# %% [markdown]
# ## 6. It learns to look
#
# Now the pointers. The loss is half the squared distance between $Z$ and the target, averaged over 64 sequences. So
# $dZ$ is the difference divided by 64. The weights start small and random, and are trained by gradient descent with
# momentum. Another 64 sequences are kept for testing.


# %%
def loss(pairs, weights):
    """Half the squared distance of the output from what is wanted, a mean over sequences."""
    return np.mean([0.5 * np.sum((attention_forward(X, *weights)[0] - wanted) ** 2) for X, wanted in pairs])


def train(pairs, unseen, steps=150, rate=0.1, momentum=0.9, seed=5):
    """W_Q, W_K, W_V after descending the gradient, the ones before, and the losses on the way."""
    d_model, rng = pairs[0][0].shape[1], np.random.default_rng(seed)
    start = [0.1 * rng.normal(size=(d_model, width)) for width in (D_K, D_K, d_model)]
    weights, velocity = start, [np.zeros_like(W) for W in start]
    history = {"trained on": [], "kept apart": []}
    for step in range(steps + 1):
        history["trained on"].append(loss(pairs, weights))
        history["kept apart"].append(loss(unseen, weights))
        if step % 30 == 0:
            print(f"step {step:3}: loss {history['trained on'][-1]:6.3f}, kept apart {history['kept apart'][-1]:6.3f}")
        velocity = [momentum * v for v in velocity]
        for X, wanted in pairs:
            Z, cache = attention_forward(X, *weights)
            _, *gradients = attention_backward((Z - wanted) / len(pairs), cache)
            velocity = [v - rate * gradient for v, gradient in zip(velocity, gradients, strict=True)]
        weights = [W + v for W, v in zip(weights, velocity, strict=True)]
    return weights, start, history


def show_losses(axes, history):
    for (label, values), colour, line in zip(history.items(), (BLUE, ORANGE), ("-", "--"), strict=True):
        axes.semilogy(values, line, color=colour, label=label)
    axes.set(xlabel="steps", ylabel="loss")
    axes.legend(frameon=False)


rng = np.random.default_rng(6)
weights, start, history = train(pointing(rng, 64), pointing(rng, 64))

# %% [markdown]
# The layer was never told which token to look at: it knew only the targets. Here are the weights of the sequence from
# section 1, before and after. Compare them with the pointers at the left.

# %%
figure, (curve, *pictures) = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
show_losses(curve, history)
curve.set(title="the loss, by gradients of yours")
for axes, (W_Q, W_K, _), when in zip(pictures, (start, weights), ("before", "after"), strict=True):
    A = attention_weights(X, W_Q, W_K)
    show_matrix(axes, A, [f"{a} → {b}" for a, b in zip(own, aim, strict=True)], own, WEIGHTS)
    axes.set(title=f"attention weights {when} training", xlabel="to token", ylabel="weights of token")
plt.show()

# %% [markdown]
# What did it learn, in terms of the three matrices? A token's query must be made from the name it points at, the key
# from the token's own name, and the value must carry the load and nothing else. The scores depend on $W_Q W_K^\top$
# alone, so look at that.

# %%
figure, row = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for axes, matrix, title in zip(
    row,
    (weights[0] @ weights[1].T, weights[2]),
    (r"$W_Q W_K^\top$: query from (row), key from (column)", "$W_V$: value (column) from token (row)"),
    strict=True,
):
    image = axes.imshow(matrix, cmap="PuOr", vmin=-abs(matrix).max(), vmax=abs(matrix).max())
    axes.set_xticks(range(D_MODEL), columns, rotation=90)
    axes.set_yticks(range(D_MODEL), columns)
    axes.set(title=title, xlabel="column", ylabel="row")
    figure.colorbar(image, ax=axes, shrink=0.8)
plt.show()

# %% [markdown]
# The last check trains a smaller layer on a smaller task of this kind. It runs all forward passes of a batch before the
# first backward pass, so each cache must hold its own sequence.

# %% tags=["environment"]
check("attention", "learns")

# %% [markdown]
# ## 7. Attention doesn't know positions
#
# Let $P$ be a permutation matrix, so that $PX$ holds the same tokens in another order. Follow $P$ through the layer:
# how do $Q$, $S$, $A$ and $V$ change? (The softmax of a row permutes with its columns.) You should get
#
# $$Z(PX) = P\,Z(X).$$
#
# The layer is **equivariant**: permuting its input permutes its output, and does nothing else.

# %%
order = np.random.default_rng(7).permutation(T)
Z, _ = attention_forward(X, *weights)
Z_permuted, _ = attention_forward(X[order], *weights)

panels = {
    "A of X": (attention_weights(X, *weights[:2]), own, own, WEIGHTS),
    "A of PX": (attention_weights(X[order], *weights[:2]), own[order], own[order], WEIGHTS),
    "loads, Z(X)": (Z[:, -LOAD:], own, ["1", "2"], SIGNED),
    "loads, Z(PX)": (Z_permuted[:, -LOAD:], own[order], ["1", "2"], SIGNED),
}
figure, row = plt.subplots(1, 4, figsize=(10.5, 3.2), width_ratios=(3, 3, 1, 1), layout="constrained")
for axes, (title, panel) in zip(row, panels.items(), strict=True):
    show_matrix(axes, *panel)
    axes.set(title=title, xlabel="load" if panel[-1] is SIGNED else "to token", ylabel="token")
plt.show()
print(f"largest difference of Z(PX) and P·Z(X), to twelve decimals: {np.abs(Z_permuted - Z[order]).max():.12f}")

# %% [markdown]
# Follow one token through both pictures: its row of weights, its column and its output move with it.
#
# This is good for sets, and bad for sentences. Here is a task that is simpler than pointing: the tokens hold nothing
# but a load, and each adds the load of **the token before it** (the first token, that of the last). Trained on
# this, the layer learns no more than a guess.
#
# Give the layer what it lacks. Fill in `with_positions`: it returns X with more columns, which hold each token's
# position. Which columns would let a query be made that fits the key of the token before, by a linear map?


# %%
def with_positions(X):
    """X of shape (T, d), followed by columns that say where in the sequence each token stands."""
    # BEGIN SOLUTION
    return np.hstack([X, np.eye(len(X))])
    # END SOLUTION


def neighbours(rng, count, prepare):
    """Sequences of loads, prepared by a function of X, with what is wanted of them."""
    pairs = []
    for _ in range(count):
        loads = rng.normal(size=(T, LOAD))
        X = prepare(loads)
        wanted = X.copy()
        wanted[:, :LOAD] += np.roll(loads, 1, axis=0)
        pairs.append((X, wanted))
    return pairs


figure, row = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
for axes, (title, prepare) in zip(
    row, {"loads alone": np.copy, "loads and positions": with_positions}.items(), strict=True
):
    print(title)
    rng = np.random.default_rng(8)
    _, _, history = train(neighbours(rng, 64, prepare), neighbours(rng, 64, prepare), rate=0.05)
    show_losses(axes, history)
    axes.set(title=title)
plt.show()

# %% [markdown]
# ## 8. To think about
#
# 1. Set $W_Q = W_K = 0$, keep $W_V$ random, and compute the gradients. Which of them vanish, and what will gradient
#    descent do from there? Derive it from your formulas, then try it. What follows for the initial weights?
# 2. Doubling $W_Q$ and halving $W_K$ changes no output. So the loss has whole curves of minima. Which quantity of the
#    two matrices matters, and how large can its rank be?
# 3. A language model must not look at tokens that come later. Which entries of $S$ would you change, to what, and what
#    in your backward pass would have to change? (Less than you think.)
#
# ## 9. All checks
#
# All checks at the end: so the outputs above and these verdicts belong to the same code.

# %% tags=["environment"]
check("attention")

# %% [markdown]
# ## 10. Handing in
#
# For this problem, two files: `attention.py`, and this notebook with its outputs.
#
# 1. Choose *Kernel → Restart Kernel and Run All Cells…* (in VS Code *Restart*, then *Run All*), and wait until all have
#    run.
# 2. Save the notebook.
# 3. Type `python -m autograder pack` in a terminal, in this folder, with the environment activated as the README says.
#
# Step 3 looks at all problems of the assignment. It lists what is missing, what was not run in order, and which cells
# show the output of older code. Then it writes the zip that you hand in. It warns you, and never refuses.
