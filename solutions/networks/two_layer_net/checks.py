"""What is claimed of two_layer_net: each layer forward and backward, the loss, the network, and that it learns."""

import numpy as np

from autograder.authoring import check

NAMES = ("W1", "b1", "W2", "b2")
WEIGHT_SCALE, WEIGHT_SCALE_DEFAULT = 0.05, 1e-3
# Of the loss: a right answer that guards its logarithm must not be refused for it.
GUARD = "adding up to 1e-6 to a probability, against log(0), moves a loss by 1e-4 of itself and less"


def batch(rng, N, d_in, d_out):
    """A random x, w and b of a fully connected layer, and a random gradient with respect to its output."""
    shapes = (N, d_in), (d_in, d_out), (d_out,), (N, d_out)
    return [rng.normal(size=shape) for shape in shapes]


def away_from_zero(rng, shape):
    """Numbers of both signs, none of them near 0, where ReLU has a kink."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.1, 3, size=shape)


def network(nn, rng, d, H, C, scale=0.35):
    """A network whose parameters, the biases too, are random and large enough to matter."""
    net = nn.TwoLayerNet(input_dim=d, hidden_dim=H, num_classes=C, weight_scale=0.3)
    for name, shape in zip(NAMES, ((d, H), (H,), (H, C), (C,)), strict=True):
        net.params[name] = scale * rng.normal(size=shape)
    return net


def digits(rng, path="data/digits_small.npz"):
    """Three hundred handwritten digits, X of shape (300, 196) in [0, 1], and their labels, in a random order."""
    data = np.load(path)
    order = rng.permutation(len(data["y"]))
    return data["X"][order] / 255, data["y"][order]


@check(points=1)
def fc_forward(nn, rng):
    """`fc_forward` returns x·w + b for every row of x."""
    x, w, b, _ = batch(rng, 5, 4, 3)
    out, cache = nn.fc_forward(x, w, b)
    return {"out": out}


@check(points=2, needs=("fc_forward",))
def fc_backward(nn, rng):
    """`fc_backward` carries a gradient from the layer's output back to x, w and b."""
    x, w, b, dout = batch(rng, 5, 4, 3)
    out, cache = nn.fc_forward(x, w, b)
    # Another layer's pass in between: a cache belongs to its own.
    nn.fc_forward(*batch(rng, 5, 4, 3)[:3])
    dx, dw, db = nn.fc_backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


@check(points=1)
def relu_forward(nn, rng):
    """`relu_forward` keeps what is positive and turns the rest into 0."""
    out, cache = nn.relu_forward(away_from_zero(rng, (4, 6)))
    return {"out": out}


@check(points=1, needs=("relu_forward",))
def relu_backward(nn, rng):
    """`relu_backward` lets a gradient through where the layer's input was positive."""
    out, cache = nn.relu_forward(away_from_zero(rng, (4, 6)))
    return {"dx": nn.relu_backward(rng.normal(size=(4, 6)), cache)}


@check(points=1, rtol=1e-3, because=GUARD)
def softmax_loss(nn, rng):
    """`softmax_loss` returns the mean over the batch of -log p[y], p being the softmax of a row of scores."""
    loss, dx = nn.softmax_loss(rng.normal(size=(7, 4)), rng.integers(4, size=7))
    return {"loss": loss}


@check(points=1, needs=("softmax_loss",))
def softmax_gradient(nn, rng):
    """`softmax_loss` returns the gradient of that mean by the scores."""
    loss, dx = nn.softmax_loss(rng.normal(size=(7, 4)), rng.integers(4, size=7))
    return {"dx": dx}


@check(points=1, needs=("softmax_loss", "softmax_gradient"), rtol=1e-3, because=GUARD)
def large_scores(nn, rng):
    """`softmax_loss` stays finite and right when scores are in the thousands, and differ as much from row to row."""
    rows = np.array([[1000.0], [-2000.0], [0.0], [5000.0]])
    loss, dx = nn.softmax_loss(rows + rng.normal(size=(4, 3)), rng.integers(3, size=4))
    # So far apart that exp overflows unless the largest is taken off, and not so far that a probability is 0.
    scores = np.array([[0.0, 360.0, 720.0], [0.0, 0.0, 0.0]]) + rng.normal(size=(2, 3))
    loss_apart, dx_apart = nn.softmax_loss(scores, np.array([2, 0]))
    return {"loss": loss, "dx": dx, "loss_far_apart": loss_apart, "dx_far_apart": dx_apart}


@check(points=1, needs=("fc_backward", "softmax_gradient"), rtol=1e-3, because=GUARD)
def edges(nn, rng):
    """The layers are right for a batch of one sample, for a single feature, and for a single output."""
    values = {}
    for name, N, d_in, d_out in (("one_sample", 1, 4, 3), ("one_feature", 5, 1, 3), ("one_output", 5, 4, 1)):
        x, w, b, dout = batch(rng, N, d_in, d_out)
        values[f"out_{name}"], cache = nn.fc_forward(x, w, b)
        values[f"dx_{name}"], values[f"dw_{name}"], values[f"db_{name}"] = nn.fc_backward(dout, cache)
    scores, y = rng.normal(size=(1, 4)), rng.integers(4, size=1)
    values["loss_one_sample"], values["dscores_one_sample"] = nn.softmax_loss(scores, y)
    return values


@check(points=1, needs=("fc_forward", "relu_forward"))
def network_scores(nn, rng):
    """`TwoLayerNet.loss` without labels returns the scores: layer, ReLU, layer."""
    X, X_one = rng.normal(size=(6, 5)), rng.normal(size=(1, 3))
    return {"scores": network(nn, rng, 5, 8, 4).loss(X), "scores_one_sample": network(nn, rng, 3, 7, 2).loss(X_one)}


@check(points=2, needs=("network_scores", "fc_backward", "relu_backward", "softmax_gradient"), rtol=1e-3, because=GUARD)
def network_gradients(nn, rng):
    """`TwoLayerNet.loss` with labels returns the loss and its gradient by each of the parameters."""
    values = {}
    for name, N, d, H, C in (("", 6, 5, 8, 4), ("_one_sample", 1, 3, 7, 2)):
        net = network(nn, rng, d, H, C)
        values[f"loss{name}"], grads = net.loss(rng.normal(size=(N, d)), rng.integers(C, size=N))
        values |= {f"d{parameter}{name}": grads[parameter] for parameter in NAMES}
    return values


@check(points=1, draws=2, expect="drawn_from_normal", false_alarm=1e-6)
def initialisation(nn, rng):
    """A new `TwoLayerNet` has normal weights with standard deviation weight_scale, and biases of 0."""
    np.random.seed(rng.integers(2**32))  # noqa: NPY002  where most networks draw from; another generator is as good
    net = nn.TwoLayerNet(input_dim=40, hidden_dim=30, num_classes=14, weight_scale=WEIGHT_SCALE)
    default = nn.TwoLayerNet()
    nn.TwoLayerNet(input_dim=9, hidden_dim=8, num_classes=7)
    # Read when there are three of them, which must have nothing in common; in whatever precision they are.
    values = {name: np.array(net.params[name], dtype=float) for name in NAMES}
    values |= {f"{name}_default": np.array(default.params[name], dtype=float) for name in NAMES}
    # Of 79,400 weights some tell as much as all.
    return values | {"W1_default": values["W1_default"][:, 0], "W2_default": values["W2_default"][:, :4]}


@check(
    points=1,
    draws=1,
    expect="knows_digits",
    rtol=1e-3,
    atol=1e-3,
    because="rounding moves right weights by 1e-15 on the way, and any other gradient by 0.1 and more",
    needs=("network_gradients",),
)
def trained(nn, rng):
    """Trained on handwritten digits, the network comes to know them, step for step as right gradients have it."""
    X, y = digits(rng)
    net = network(nn, rng, X.shape[1], 30, 10, scale=0.1)
    for rows in np.concatenate([rng.permutation(len(y)) for _ in range(8)]).reshape(-1, 50):
        _, grads = net.loss(X[rows], y[rows])
        for name in NAMES:
            net.params[name] = net.params[name] - 0.4 * np.asarray(grads[name])
    return {name: net.params[name] for name in NAMES}
