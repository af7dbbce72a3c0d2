"""What is claimed of two_layer_net: each layer forward and backward, the loss, the network, and that it learns."""

import numpy as np

from autograder.authoring import check

NAMES = ("W1", "b1", "W2", "b2")
WITHOUT_ARGUMENTS = {"W1": (784, 100), "b1": (100,), "W2": (100, 10), "b2": (10,)}  # shapes in `TwoLayerNet()`
WEIGHT_SCALE_DEFAULT = 1e-3

# Of the loss: a right answer that guards its logarithm must not be refused for it.
GUARDED = {
    "rtol": 1e-3,
    "atol": 1e-6,
    "because": "adding up to 1e-6 to a probability, against log(0), moves a loss by 1e-4 of itself and less",
}
# Of a probability: it must not be refused either, and a float32 inside, which moves it by 1e-7, must be.
DIVIDED = {
    "atol": 2e-9,
    "because": "adding 1e-8 to a sum of exponentials, against a division by 0, moves a gradient by 1e-8/N at most",
}


def sizes(rng, n):
    """Different sizes, none of which is another's product, root or neighbour."""
    return [int(size) for size in rng.permutation((3, 5, 7, 11))[:n]]


def numbers(rng, shape, least=-2, most=1.5):
    """Numbers of both signs and of all sizes, given as powers of ten; none of them is 0."""
    return np.array(np.copysign(10 ** rng.uniform(least, most, size=shape), rng.normal(size=shape)))


def batch(rng, N, d_in, d_out):
    """A random x, w and b of a fully connected layer, and a random gradient with respect to its output."""
    return [numbers(rng, shape) for shape in ((N, d_in), (d_in, d_out), (d_out,), (N, d_out))]


def labels(rng, N, C):
    """Labels of a batch, the first and the last class among them."""
    return rng.permutation([0, C - 1, *rng.integers(C, size=N - 2)])


def shapes(rng):
    """Shapes with one axis to four, by the ends of their values' names."""
    axes = rng.permutation((2, 3, 4, 5)).tolist()
    return {"": axes[:2], "_next_call": axes[:2], "_one_axis": axes[-1:], "_three_axes": axes[1:], "_four_axes": axes}


def network(nn, rng, d, H, C, scale=0.35):
    """A network whose parameters, the biases too, are random and large enough to matter."""
    net = nn.TwoLayerNet(input_dim=d, hidden_dim=H, num_classes=C, weight_scale=0.3)
    net.loss(rng.normal(size=(2, d)))  # by its first parameters, which must leave no trace
    for name, shape in zip(NAMES, ((d, H), (H,), (H, C), (C,)), strict=True):
        net.params[name] = scale * rng.normal(size=shape)
    return net


def hyperparameters(rng):
    """Arguments of three networks: the weight_scale is small, large, and far from its own root; the sizes, too."""
    names = ("input_dim", "hidden_dim", "num_classes", "weight_scale")
    for end, (*some, num_classes), powers in (
        ("", (19, 23, 47), (-2.5, -1.2)),
        ("_large_scale", (19, 23, 47), (0.5, 2.5)),
        ("_few_units", (2, 3, 5), (-2.5, -1.2)),
    ):
        values = *rng.permutation(some).tolist(), num_classes, 10 ** rng.uniform(*powers)
        yield end, dict(zip(names, values, strict=True))


def digits(rng, path="data/digits_small.npz"):
    """Three hundred handwritten digits, X of shape (300, 49) in [0, 1], and their labels, in a random order."""
    data = np.load(path)
    order = rng.permutation(len(data["y"]))
    return data["X"][order].reshape(-1, 7, 2, 7, 2).mean(axis=(2, 4)).reshape(-1, 49) / 255, data["y"][order]


@check(points=1)
def fc_forward(nn, rng):
    """`fc_forward` returns x·w + b for every row of x."""
    shape = sizes(rng, 3)
    out, cache = nn.fc_forward(*batch(rng, *shape)[:3])
    out_next, cache = nn.fc_forward(*batch(rng, *shape)[:3])
    return {"out": out, "out_next_call": out_next}


@check(points=2, needs=("fc_forward",))
def fc_backward(nn, rng):
    """`fc_backward` carries a gradient from the layer's output back to x, w and b."""
    shape = sizes(rng, 3)
    layers = {"": batch(rng, *shape), "_second_layer": batch(rng, *shape)}
    # Both forward passes come first: a cache belongs to its own.
    caches = {name: nn.fc_forward(x, w, b)[1] for name, (x, w, b, _) in layers.items()}
    values = {}
    for name, (*_, dout) in layers.items():
        values[f"dx{name}"], values[f"dw{name}"], values[f"db{name}"] = nn.fc_backward(dout, caches[name])
    return values


@check(points=1)
def relu_forward(nn, rng):
    """`relu_forward` keeps what is positive and turns the rest into 0, in an array of any shape."""
    values = {}
    for name, shape in (shapes(rng) | {"_number": ()}).items():
        values[f"out{name}"], cache = nn.relu_forward(numbers(rng, shape, least=-4))
    return values


@check(points=1, needs=("relu_forward",))
def relu_backward(nn, rng):
    """`relu_backward` lets a gradient through where the layer's input was positive."""
    values = {}
    for name, shape in shapes(rng).items():
        caches = [nn.relu_forward(numbers(rng, shape, least=-4))[1] for _ in range(2)]
        values[f"dx{name}"] = nn.relu_backward(numbers(rng, shape), caches[0])
    return values


@check(points=1, **GUARDED)
def softmax_loss(nn, rng):
    """`softmax_loss` returns the mean over the batch of -log p[y], p being the softmax of a row of scores."""
    C, N = sorted(sizes(rng, 2))
    scale = rng.uniform(0.3, 1.5)
    loss, dx = nn.softmax_loss(scale * rng.normal(size=(N, C)), labels(rng, N, C))
    loss_absent, dx = nn.softmax_loss(scale * rng.normal(size=(N, C)), rng.integers(C - 1, size=N))
    return {"loss": loss, "loss_last_class_absent": loss_absent}


@check(points=1, needs=("softmax_loss",), **DIVIDED)
def softmax_gradient(nn, rng):
    """`softmax_loss` returns the gradient of that mean by the scores."""
    C, N = sorted(sizes(rng, 2))
    # Rows of very different scores, and rows of nearly equal ones.
    scores = rng.uniform(-16, 16, size=(N, 1)) + 10 ** rng.uniform(-1, 0.5, size=(N, 1)) * rng.normal(size=(N, C))
    loss, dx = nn.softmax_loss(scores, labels(rng, N, C))
    loss, dx_equal = nn.softmax_loss(np.zeros((N, C)), labels(rng, N, C))
    loss, dx_two = nn.softmax_loss(rng.normal(size=(2, 11)), rng.permutation(2))
    return {"dx": dx, "dx_equal_scores": dx_equal, "dx_two_samples": dx_two}


@check(points=1, needs=("softmax_loss", "softmax_gradient"), **GUARDED)
def large_scores(nn, rng):
    """`softmax_loss` stays finite and right for scores thousands apart, in a row and between rows."""
    C, N = sorted(sizes(rng, 2))
    rows = rng.permutation(np.linspace(-3000, 3000, N))[:, None]
    loss, dx = nn.softmax_loss(rows + rng.normal(size=(N, C)), labels(rng, N, C))
    # So far apart that some probabilities are 0 in floats, and only their logarithms can be had.
    apart = rng.permuted(np.tile(np.linspace(0, rng.uniform(2000, 9000), C), (N, 1)), axis=1)
    y = labels(rng, N, C)
    y[0] = np.argmin(apart[0])
    loss_apart, dx_apart = nn.softmax_loss(apart, y)
    return {"loss": loss, "dx": dx, "loss_far_apart": loss_apart, "dx_far_apart": dx_apart}


@check(points=1, needs=("fc_backward", "softmax_gradient"), **GUARDED)
def edges(nn, rng):
    """The layers are right for a batch of one sample, for a single feature, and for a single output."""
    m, n = sizes(rng, 2)
    values = {}
    for name, shape in {"one_sample": (1, m, n), "one_feature": (m, 1, n), "one_output": (m, n, 1)}.items():
        x, w, b, dout = batch(rng, *shape)
        values[f"out_{name}"], cache = nn.fc_forward(x, w, b)
        values[f"dx_{name}"], values[f"dw_{name}"], values[f"db_{name}"] = nn.fc_backward(dout, cache)
    scores, y = rng.normal(size=(1, m)), np.array([m - 1])
    values["loss_one_sample"], values["dscores_one_sample"] = nn.softmax_loss(scores, y)
    return values


@check(points=1, needs=("fc_forward", "relu_forward"))
def network_scores(nn, rng):
    """`TwoLayerNet.loss` without labels returns the scores: layer, ReLU, layer."""
    values = {}
    for name, N in (("scores", 13), ("scores_one_sample", 1)):
        d, H, C = sizes(rng, 3)
        values[name] = network(nn, rng, d, H, C).loss(numbers(rng, (N, d)))
    return values


@check(points=2, needs=("network_scores", "fc_backward", "relu_backward", "softmax_gradient"), **GUARDED)
def network_gradients(nn, rng):
    """`TwoLayerNet.loss` with labels returns the loss and its gradient by each of the parameters."""
    values = {}
    for name, N in (("", 13), ("_one_sample", 1)):
        d, H, C = sizes(rng, 3)
        net = network(nn, rng, d, H, C)
        y = labels(rng, N, C) if N > 1 else np.array([0])
        values[f"loss{name}"], grads = net.loss(rng.normal(size=(N, d)), y)
        values |= {f"d{parameter}{name}": grads[parameter] for parameter in NAMES}
    return values


@check(points=1, draws=1, expect="drawn_from_normal", false_alarm=1e-6)
def initialisation(nn, rng):
    """A new `TwoLayerNet` has normal weights with standard deviation weight_scale, and biases of 0."""
    arguments = dict(hyperparameters(rng))
    np.random.seed(rng.integers(2**32))  # noqa: NPY002  where most networks draw from; another generator is as good
    default = nn.TwoLayerNet().params
    networks = {name: nn.TwoLayerNet(**some) for name, some in arguments.items()}
    # Read when there are four of them, which must have nothing in common; in whatever precision they are. Of 79,400
    # weights some tell as much as all, beside the shapes.
    values = {}
    for name, shape in WITHOUT_ARGUMENTS.items():
        dtype = np.float32 if name.startswith("W") else np.float64
        values |= {f"{name}{end}": np.array(net.params[name], dtype=dtype) for end, net in networks.items()}
        some = min(int(np.prod(shape)), 2000)
        values[f"{name}_without_arguments"] = np.resize(np.array(default[name], dtype=dtype), some)
    return values | {"shapes_without_arguments": [(*np.shape(default[name]), 0, 0)[:2] for name in NAMES]}


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
    net = network(nn, rng, X.shape[1], 30, 10, scale=0.2)
    for rows in np.concatenate([rng.permutation(len(y)) for _ in range(8)]).reshape(-1, 50):
        _, grads = net.loss(X[rows], y[rows])
        for name in NAMES:
            net.params[name] = net.params[name] - 1.0 * np.asarray(grads[name])
    return {name: np.asarray(net.params[name], dtype=np.float32) for name in NAMES}  # digits enough for the tolerance
