# %% [markdown]
# # A network of two layers
#
# This program reads handwritten digits, and it has no rule about digits in it. It is a function with some eighty
# thousand parameters, and a method that finds good ones. The function is two matrix products with a nonlinearity
# between them. The method is gradient descent, and it needs one thing from you: **for each parameter, does the loss
# rise or fall if I increase it a little?**
#
# You write the answer in `two_layer_net.py`, one layer at a time. Each layer is two short functions: *forward*, which
# computes, and *backward*, which computes the gradients. After each you come back here and ask for a verdict. At the
# end the network learns real digits in a few seconds. Allow about an hour, half of it with pencil and paper. Once the
# derivation is right, each function is one to five lines. A cell that ends in `NotImplementedError` is waiting for one
# of them, and one that ends in `NameError` or `KeyError` for a cell above it.

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
os.chdir(next((place for place in places if (place / "two_layer_net.py").is_file()), here))

from autograder import ready

ready("two_layer_net.py", "solver.py", "optim.py", "gradient_check.py", "data/digits.npz")

# %%
# What you save in a module is used from the next cell on.
# %load_ext autoreload
# %autoreload 2

import matplotlib.pyplot as plt
import numpy as np
from gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, grad_check_sparse, rel_error
from solver import Solver
from two_layer_net import TwoLayerNet, fc_backward, fc_forward, relu_backward, relu_forward, softmax_loss

from autograder import check

# A white background in any theme, and no style of your own: everybody sees the same pictures.
plain = {"figure.dpi": 90, "figure.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False}
plt.style.use(["default", plain])
# Told apart in any colour vision; line styles do it where print is grey.
BLUE, ORANGE = "#0072B2", "#D55E00"
rng = np.random.default_rng(0)

# %% [markdown]
# ## 1. The data: five thousand digits
#
# The digits are from MNIST: written by clerks and pupils, centred, shrunk to 28 × 28 pixels. A row of `X` is one image,
# its 784 pixels one after the other, from 0 (paper) to 255 (ink). They come in random order, so the first 4,000 can be
# the training set and the other 1,000 the test set. Dividing by 255 brings the pixels into [0, 1], where weights and
# steps of ordinary size work.

# %%
data = np.load("data/digits.npz")
X, y = data["X"] / 255, data["y"]
X_train, y_train, X_test, y_test = X[:4000], y[:4000], X[4000:], y[4000:]
print("X_train", X_train.shape, X_train.dtype, " y_train", y_train.shape, y_train.dtype)
print("to train, of each digit:", *np.bincount(y_train))
print("to test, of each digit: ", *np.bincount(y_test))


def show_digits(axes, images, title=""):
    """Images side by side, each of shape (784,), ink in black."""
    axes.imshow(np.hstack([image.reshape(28, 28) for image in images]), cmap="gray_r")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_ylabel(title, rotation=0, ha="right", va="center")
    for spine in axes.spines.values():
        spine.set_visible(False)


figure, rows = plt.subplots(10, 1, figsize=(7, 6.2))
for digit, axes in enumerate(rows):
    show_digits(axes, X_train[y_train == digit][:12], str(digit))
figure.suptitle("the first twelve of each digit in the training set", y=0.93)
plt.show()

# %% [markdown]
# Two things to notice. Nobody writes a digit the same way twice: a list of templates is not enough. And most pixels are
# blank most of the time, the corners always. What will the gradient with respect to the weights of a corner pixel be?
#
# ## 2. The fully connected layer
#
# Each output is a weighted sum of all inputs, plus a bias. For a batch of $N$ samples, one a row of $x$:
#
# $$\text{out}_{nj} = \sum_i x_{ni}\, w_{ij} + b_j .$$
#
# **Forward** computes this, as one matrix product. **Backward** starts from the other end. Later layers have computed a
# loss $L$ from `out`, and we are given $\text{dout}_{nj} = \partial L / \partial\,\text{out}_{nj}$. We want the
# derivatives of $L$ with respect to every input. The chain rule sums over all paths from one number to the loss. Take
# one weight, $w_{ij}$. It is used once for each sample, and there it affects output $j$ only:
#
# $$\frac{\partial L}{\partial w_{ij}} = \sum_n \text{dout}_{nj}\,
#   \frac{\partial\,\text{out}_{nj}}{\partial w_{ij}} .$$
#
# What is that last derivative? Substitute it, see which index is summed over, and write the sum as a matrix product. Do
# the same for $x_{ni}$ (what does it affect?) and for $b_j$ (how often is it used?). Then compare shapes: **a gradient
# has the shape of what it belongs to**, and when all dimensions differ, usually only one product fits.
#
# The forward function returns a `cache` for its own backward function. Store in it what your formulas need.
#
# Write `fc_forward` and `fc_backward` in `two_layer_net.py`, and save.

# %% tags=["environment"]
check("two_layer_net", "fc_forward", "fc_backward")

# %% [markdown]
# A verdict from a grader is good. One that you can get yourself is better, because it works for layers that nobody has
# checked before. Change one number by a small $h$ in both directions, take the difference of the results, and divide by
# $2h$. `gradient_check.py` does this for each entry. Agreement means a relative error of $10^{-6}$ or less; the rest is
# rounding.

# %%
x, w, b = rng.normal(size=(6, 5)), rng.normal(size=(5, 4)), rng.normal(size=4)
dout = rng.normal(size=(6, 4))
_, cache = fc_forward(x, w, b)
dx, dw, db = fc_backward(dout, cache)
numeric_dx = eval_numerical_gradient_array(lambda x: fc_forward(x, w, b)[0], x, dout)
numeric_dw = eval_numerical_gradient_array(lambda w: fc_forward(x, w, b)[0], w, dout)
numeric_db = eval_numerical_gradient_array(lambda b: fc_forward(x, w, b)[0], b, dout)
print(f"dx: relative error {rel_error(dx, numeric_dx):.0e}")
print(f"dw: relative error {rel_error(dw, numeric_dw):.0e}")
print(f"db: relative error {rel_error(db, numeric_db):.0e}")

# %% [markdown]
# If two evaluations give a derivative, why derive formulas at all? Count: how many forward passes would a numerical
# gradient of our 79,510 parameters take, for a single step?
#
# ## 3. The ReLU
#
# Two fully connected layers in a row are one fully connected layer: $(xW_1)W_2 = x(W_1W_2)$. Something nonlinear has to
# be between them. The rectified linear unit is one of the simplest choices: positive entries pass, the others become 0.
#
# Backward, ask of each entry: if the input changes a little, does the output change, and by how much? Take care *which*
# array has to be positive. (At exactly 0 there is a kink and no derivative; choose any value.)
#
# And don't change the arguments: the caller may still need `x`. An assignment like `dx = dout` makes no copy.
#
# Write `relu_forward` and `relu_backward`.

# %% tags=["environment"]
check("two_layer_net", "relu_forward", "relu_backward")

# %%
x, dout = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
_, cache = relu_forward(x)
numeric = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)
print(f"dx: relative error {rel_error(relu_backward(dout, cache), numeric):.0e}")

# %%
line, slope = np.linspace(-3, 3, 601), np.ones(601)
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
axes.plot(line, relu_forward(line)[0], BLUE, label="output")
axes.plot(line, relu_backward(slope, relu_forward(line)[1]), ORANGE, linestyle="--", label="what it lets back through")
axes.set(xlabel="input of the unit", ylabel="output, slope", title="A rectified linear unit, forward and backward")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## 4. From scores to a loss
#
# The last layer gives each sample ten scores, one for each digit; the highest is the network's answer. To train we need
# a measure of how *far* the scores are from right. Let $x_{nc}$ be the score of sample $n$ for digit $c$. The softmax
# makes probabilities of the scores,
#
# $$p_{nc} = \frac{e^{x_{nc}}}{\sum_k e^{x_{nk}}},$$
#
# and the loss is the surprise at the right answers $y_n$, averaged over the batch:
#
# $$L = \frac1N \sum_n -\log p_{n y_n} .$$
#
# A network that is certain and right has almost no loss; one that is certain and wrong has a large one. Before you
# write any code:
#
# 1. What is the loss of a network that gives all ten digits the same score? You will see this number again, at the very
#    start of training.
# 2. $e^{1000}$ overflows. Show that adding the same number to all scores of a row leaves $p$ as it is, and choose a
#    number for each row that makes overflow impossible.
# 3. $e^{-2000}$ is 0 in floats, and $\log 0$ is $-\infty$. But let a row have the scores 0 and 2000, and the label 0:
#    its loss is 2000, an ordinary number. So don't take the logarithm of a computed probability. Put the formula of
#    $p_{nc}$ into $\log p_{nc}$ instead: the logarithm of a quotient is a difference, and in one of its terms the
#    logarithm undoes the exponential. This is the **log-softmax**. With the shift of question 2, how small can the
#    number be of which a logarithm is left? (So nothing has to be added to it. A small number added to $p$ hides the
#    loss where it is largest: with $10^{-6}$ no sample counts for more than 13.8.)
# 4. Differentiate both terms of $-\log p_{ny_n}$ with respect to $x_{nc}$. One term contains *every* score of its row,
#    the other only one. Use a separate letter for the index of the sum in the denominator. Otherwise terms seem to
#    cancel that don't.
# 5. What must each row of `dx`, the gradient with respect to the scores, sum to? Use your result of question 2.
#
# Write `softmax_loss`.

# %% tags=["environment"]
check("two_layer_net", "softmax_loss", "softmax_gradient", "large_scores", "edges")

# %%
scores, labels = rng.normal(size=(50, 10)), rng.integers(10, size=50)
loss, dx = softmax_loss(scores, labels)
numeric = eval_numerical_gradient(lambda x: softmax_loss(x, labels)[0], scores)
print(f"dx: relative error {rel_error(dx, numeric):.0e}")
print(f"largest row sum of dx, to twelve decimals: {np.abs(dx.sum(axis=1)).max():.12f}")
print(f"loss of equal scores: {softmax_loss(np.zeros((50, 10)), labels)[0]:.6f}")
print(f"loss of scores shifted by 1000: {softmax_loss(scores + 1000, labels)[0]:.6f}, and unshifted: {loss:.6f}")
print(
    f"loss of the scores 0 and 2000, and the label 0: {softmax_loss(np.array([[0.0, 2000.0]]), np.array([0]))[0]:.6f}"
)

# %% [markdown]
# The picture shows your gradient for one digit that is a 3. Gradient *descent* moves every score in the opposite
# direction of its bar. Which scores rise, which fall, and which fall most?

# %%
one = np.array([[0.5, -1.0, 0.2, 1.0, -0.5, 1.8, -2.0, 0.0, 1.2, -0.8]])
_, dx = softmax_loss(one, np.array([3]))
figure, (above, below) = plt.subplots(2, 1, figsize=(6, 4), sharex=True, layout="constrained")
above.bar(range(10), one[0], color=BLUE)
above.set(ylabel="score", title="Scores of one image of a 3, and the gradient of the loss by them")
below.bar(range(10), dx[0], color=ORANGE, hatch="//", edgecolor="white")
below.set(ylabel="gradient", xlabel="digit", xticks=range(10))
for axes in (above, below):
    axes.axhline(0, color="black", linewidth=0.8)
plt.show()

# %% [markdown]
# ## 5. The network
#
# Now put the layers together:
#
# $$\begin{aligned}
#   X &\to \text{fully connected } (W_1, b_1) \to \text{ReLU} \\
#   &\to \text{fully connected } (W_2, b_2) \to \text{scores} \to \text{softmax loss}.
# \end{aligned}$$
#
# `TwoLayerNet` keeps its four arrays in the dict `params`. Its `loss` does the forward pass; with labels, it then goes
# back through the layers and collects the gradients, each under the key of its parameter. You have all the pieces: no
# new derivative is needed, only the right cache at the right place. (That is the point of backpropagation: however many
# layers there are, nothing new is needed.)
#
# The constructor makes the first parameters: biases 0, weights drawn from a normal distribution with mean 0 and
# standard deviation `weight_scale`. Each new network draws its own weights. Draw them with `np.random.normal`: the
# cells below set that generator's seed, so the weights are the same each time a cell is run. Why not weights of 0 as
# well? Think of two hidden units that start with the same weights, and follow one step of training.
#
# You write three parts of `TwoLayerNet`: the constructor, the forward pass, and the backward pass.

# %% tags=["environment"]
check("two_layer_net", "network_scores", "network_gradients", "initialisation")

# %%
np.random.seed(0)
small = TwoLayerNet(input_dim=6, hidden_dim=5, num_classes=3, weight_scale=0.7)
x, labels = rng.normal(size=(4, 6)), np.array([0, 2, 1, 2])
_, grads = small.loss(x, labels)
for name in sorted(small.params):
    numeric = eval_numerical_gradient(lambda _: small.loss(x, labels)[0], small.params[name])
    print(f"{name}: relative error {rel_error(grads[name], numeric):.0e}")

# %% [markdown]
# For the real network a few entries will do. (Some of the gradients with respect to `W1` are exactly 0. Which?)

# %%
np.random.seed(0)
net = TwoLayerNet(weight_scale=0.1)
_, grads = net.loss(X_train[:50], y_train[:50])
for name in ("W1", "W2"):
    print(name)
    grad_check_sparse(lambda _: net.loss(X_train[:50], y_train[:50])[0], net.params[name], grads[name], num_checks=5)

# %% [markdown]
# Two more properties of a right network can be checked without a reference. **An untrained network knows nothing**:
# with small weights its loss is the number from question 1 above. And **a small enough training set can be fitted
# exactly**: on fifty digits the loss goes to 0. If yours doesn't, look for the mistake before the long run.

# %%
np.random.seed(0)
net = TwoLayerNet(weight_scale=1e-2)
print(f"loss before training: {net.loss(X_train, y_train)[0]:.4f}")
few = {"X_train": X_train[:50], "y_train": y_train[:50], "X_val": X_test, "y_val": y_test}
heart = Solver(net, few, optim_config={"learning_rate": 0.5}, batch_size=50, num_epochs=100, verbose=False)
heart.train()
print(f"loss on fifty digits, after 100 steps: {heart.loss_history[-1]:.4f}")
print(f"accuracy on these: {heart.train_acc_history[-1]:.1%}, on the test set: {heart.val_acc_history[-1]:.1%}")

# %% [markdown]
# ## 6. Training
#
# `Solver` in `solver.py` is given to you; read its `_step`, it is short. It draws a hundred digits, gets the gradients
# from your `loss`, moves each parameter a little against its gradient, and repeats. An epoch ends when it has drawn as
# many digits as there are. After each it measures accuracy on a thousand training digits and on all of the test set.
# Altogether it takes some seconds.

# %%
np.random.seed(0)
net = TwoLayerNet(input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-2)
digits = {"X_train": X_train, "y_train": y_train, "X_val": X_test, "y_val": y_test}
step = {"learning_rate": 0.3}
# It says how far it is after each epoch, and with so large a `print_every` nothing in between.
solver = Solver(net, digits, optim_config=step, lr_decay=0.97, batch_size=100, num_epochs=30, print_every=10_000)
solver.train()

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
window = 40  # iterations of one epoch
smooth = np.convolve(solver.loss_history, np.ones(window) / window, mode="valid")
left.plot(solver.loss_history, color="0.75", linewidth=0.8, label="one batch")
left.plot(np.arange(len(smooth)) + window - 1, smooth, BLUE, label=f"mean of the last {window}")
left.axhline(np.log(10), color="black", linestyle=":", label="all digits alike: log 10")
left.set(xlabel="iteration", ylabel="loss", title="Training loss", ylim=(0, None))
left.legend(frameon=False)
epochs = range(len(solver.train_acc_history))
right.plot(epochs, solver.train_acc_history, BLUE, linestyle="--", marker="o", markersize=3, label="training digits")
right.plot(epochs, solver.val_acc_history, ORANGE, marker="s", markersize=3, label="test digits")
right.set(xlabel="epoch", ylabel="accuracy", title="Accuracy", ylim=(0.5, 1.005))
right.legend(frameon=False, loc="lower right")
figure.savefig("two_layer_net.png", dpi=150)
plt.show()
print(f"test accuracy: {solver.check_accuracy(X_test, y_test):.1%}")

# %% [markdown]
# The plot is saved as `two_layer_net.png`. The network should read more than nine of ten test digits. Look where the
# two accuracies separate: from there on, training learns details of these 4,000 images that are not typical of digits.
#
# One caution: the solver kept the parameters that were best on `X_val`, and here that was the test set. To select and
# to evaluate on the same set gives results that are a little too good. With only 5,000 digits we accept that; in real
# work you would keep a third set.

# %% tags=["environment"]
check("two_layer_net")

# %% [markdown]
# ## 7. What has it learned?
#
# A hidden unit sees the image through its column of `W1`: ink where the weight is positive raises its value, ink where
# it is negative lowers it. As pictures, these are the units that matter most for the scores (those with the largest
# weights in `W2`).

# %%
loudest = np.argsort(-np.abs(net.params["W2"]).sum(axis=1))[:18]
largest = np.abs(net.params["W1"][:, loudest]).max()
figure, grid = plt.subplots(2, 9, figsize=(9.5, 2.6), layout="constrained")
for unit, axes in zip(loudest, grid.flat, strict=True):
    image = axes.imshow(net.params["W1"][:, unit].reshape(28, 28), cmap="PuOr", vmin=-0.7 * largest, vmax=0.7 * largest)
    axes.axis("off")
figure.colorbar(image, ax=grid, label="weight", shrink=0.8)
figure.suptitle("What eighteen hidden units look for")
plt.show()

# %% [markdown]
# You may recognise strokes, and places where strokes must not be. And the border? Its pixels are always blank, so their
# weights never had a gradient: they are still the small random numbers from the start.
#
# Now the digits that it gets wrong, in order of its certainty, the most certain first.

# %%
scores = net.loss(X_test)
answers = scores.argmax(axis=1)
wrong = np.flatnonzero(answers != y_test)
# The loss of an answer, were it right, is minus the log of its probability:
# your function knows how certain the network was.
certainty = {n: np.exp(-softmax_loss(scores[n : n + 1], answers[n : n + 1])[0]) for n in wrong}
figure, grid = plt.subplots(2, 8, figsize=(9.5, 3), layout="constrained")
for n, axes in zip(sorted(wrong, key=lambda n: -certainty[n]), grid.flat, strict=False):
    axes.imshow(X_test[n].reshape(28, 28), cmap="gray_r")
    axes.set_title(f"{answers[n]} at {certainty[n]:.0%},\nis {y_test[n]}", fontsize=9)
for axes in grid.flat:
    axes.axis("off")
plt.show()

# %% [markdown]
# How many of them would you have read right?
#
# ## 8. The initial weights
#
# So far all training started from small random weights. How much does their size matter? The same training, on 400
# digits so that it is quick, from four different scales:

# %%
few = {"X_train": X_train[:400], "y_train": y_train[:400], "X_val": X_test, "y_val": y_test}
scales, runs = (1e-3, 1e-2, 1e-1, 1.0), {}
for scale in scales:
    np.random.seed(0)
    begun = TwoLayerNet(weight_scale=scale)
    # Large weights make for large gradients: they get along with smaller steps only.
    rate = 0.3 if scale < 1 else 0.03
    runs[scale] = Solver(begun, few, optim_config={"learning_rate": rate}, batch_size=50, num_epochs=40, verbose=False)
    runs[scale].train()
    print(f"weight_scale {scale:g}: done", flush=True)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), sharey=True, layout="constrained")
styles = zip(scales, ("-", "--", "-.", ":"), (BLUE, ORANGE, "#009E73", "black"), strict=True)
for scale, style, colour in styles:
    for axes, history in ((left, runs[scale].train_acc_history), (right, runs[scale].val_acc_history)):
        axes.plot(history, style, color=colour, label=f"weight_scale {scale:g}")
left.set(xlabel="epoch", ylabel="accuracy", title="On the 400 training digits", ylim=(0, 1.02))
right.set(xlabel="epoch", title="On the 1,000 test digits")
right.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# ## 9. To think about
#
# The network with the largest initial weights learned its 400 digits as well as the others, and yet it reads new digits
# worst by far. The network with the smallest weights needed some time to improve at all.
#
# **Why?** Think of the function that each of the four networks computes *before* training, of how far training has to
# change it to be right at 400 points, and of its values everywhere else. Write down your answer in a few sentences,
# here or in a cell of your own below. Then predict what happens to the network of `weight_scale=1` if you give it ten
# times the training digits, and try it.

# %% [markdown]
# ## 10. All checks
#
# All checks once more, at the end: so the outputs above and these verdicts belong to the same code.

# %% tags=["environment"]
check("two_layer_net")

# %% [markdown]
# ## 11. Handing in
#
# For this problem, two files: `two_layer_net.py`, and this notebook with its outputs. The plot
# `two_layer_net.png` is in the notebook already.
#
# 1. Choose *Kernel → Restart Kernel and Run All Cells…* (in VS Code *Restart*, then *Run All*), and wait until all have
#    run.
# 2. Save the notebook.
# 3. Type `python -m autograder pack` in a terminal, in this folder, with the environment activated as the README says.
#
# Step 3 looks at all problems of the assignment. It lists what is missing, what was not run in order, and which cells
# show the output of older code. Then it writes the zip that you hand in. It warns you, and never refuses.
