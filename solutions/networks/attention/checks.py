"""What is checked of ``attention.py``: the softmax, the layer, its gradients, and that it learns."""

import itertools

import numpy as np

from autograder.authoring import check

T, NUMBERS, D_K = 3, 3, 7  # of the sequences and the layer in `learns`


# A right answer that does this must not be refused, and a float32 inside, which moves a result by 1e-7, must be.
DIVIDED = {
    "atol": 7e-9,
    "because": "adding 1e-8 to a sum of exponentials, against a division by 0, moves a weight by less than 1e-8",
}


def sizes(rng):
    """Three different sizes, none of which is another's product or root: any, and of two more the smaller first."""
    T, *widths = rng.permutation((5, 7, 11, 13))[:3]
    return int(T), *(int(width) for width in sorted(widths))


def numbers(rng, shape, least=-2, most=1):
    """Numbers of both signs and of all sizes, given as powers of ten; none of them is 0."""
    return np.array(np.copysign(10 ** rng.uniform(least, most, size=shape), rng.normal(size=shape)))


def layer(rng, T, d_model, d_k, scale=3.0, most=3.0):
    """A random sequence X, about as large as `scale`, and random W_Q, W_K, W_V.

    No entry of a query or a key is larger than `most`. The larger they are, the fewer tokens share the weight.
    """
    X, W_V = scale * numbers(rng, (T, d_model)), numbers(rng, (d_model, d_model))
    W_Q, W_K = (numbers(rng, (d_model, d_k)) for _ in range(2))
    return X, *(most * W / np.abs(X @ W).max() for W in (W_Q, W_K)), W_V


def gradients(att, rng, T, d_model, d_k, most=1.0):
    """The four gradients at a random place, for a random gradient with respect to Z."""
    Z, cache = att.attention_forward(*layer(rng, T, d_model, d_k, 0.3, most))
    # Another sequence's pass in between: a cache belongs to its own.
    att.attention_forward(*layer(rng, T, d_model, d_k))
    return att.attention_backward(numbers(rng, (T, d_model)), cache)


def pointers(rng):
    """Sequences in which each token holds its name, the name of the token it points at, and three numbers.

    There is a sequence for every way in which tokens can point at others.
    """
    tokens, identity = np.arange(T), 2 * np.eye(T)
    for hops in itertools.product(range(1, T), repeat=T):
        names, at = identity[rng.permutation(T)], (tokens - hops) % T
        yield np.concatenate([names, names[at], rng.normal(size=(T, NUMBERS))], axis=1), at


@check(points=2, **DIVIDED)
def softmax(att, rng):
    """`softmax` turns each row of scores into positive weights that sum to 1."""
    n, m, _ = sizes(rng)
    values = {}
    for name, shape in {"A": (n, m), "A_next_call": (n, m), "A_one_row": (1, m), "A_one_column": (n, 1)}.items():
        # Rows of very different scores, and rows of nearly equal ones.
        values[name] = att.softmax(10 ** rng.uniform(-1, 0.8, size=(shape[0], 1)) * rng.normal(size=shape))
    return values | {"A_equal_scores": att.softmax(np.full((n, m), rng.normal()))}


@check(
    points=1,
    needs=("softmax",),
    rtol=1e-3,
    atol=1e-6,
    because="a float32 inside, which `softmax` tells, moves scores in the thousands by 1e-4",
)
def large_logits(att, rng):
    """`softmax` stays finite and right for scores in the thousands that differ as much in a row and between rows."""
    n, m, _ = sizes(rng)
    rows = rng.permutation(np.linspace(-3000, 3000, n))[:, None]
    columns = 1000.0 * rng.permuted(np.tile(np.arange(m) // 2, (n, 1)), axis=1)
    return {
        "A": att.softmax(rng.normal(size=(n, m))),
        "A_large": att.softmax(rows + rng.normal(size=(n, m))),
        "A_far_apart": att.softmax(columns + rng.normal(size=(n, m))),
    }


@check(points=2)
def softmax_backward(att, rng):
    """`softmax_backward` carries a gradient from the weights back to the scores."""
    n, m, _ = sizes(rng)
    values = {}
    for name, shape in {"dS": (n, m), "dS_next_call": (n, m), "dS_one_row": (1, m), "dS_one_column": (n, 1)}.items():
        A = rng.dirichlet(np.full(shape[1], 0.3), size=shape[0])
        values[name] = att.softmax_backward(numbers(rng, A.shape), A)
    certain = np.eye(m)[rng.integers(m, size=n)]
    return values | {"dS_certain": att.softmax_backward(numbers(rng, (n, m)), certain)}


@check(points=2, needs=("softmax",), **DIVIDED)
def forward(att, rng):
    """`attention_forward` returns Z = X + softmax(Q·Kᵀ / √d_k)·V, and a cache."""
    T, n, m = sizes(rng)
    values = {}
    for name, size in {"Z": (T, m, n), "Z_next_call": (T, m, n), "Z_wide_keys": (T, n, m)}.items():
        values[name], cache = att.attention_forward(*layer(rng, *size))
    return values


@check(points=1, needs=("forward",), **DIVIDED)
def forward_edges(att, rng):
    """`attention_forward` is right for a single token, for d_k = 1 and for d_model = 1."""
    m, n, _ = sizes(rng)
    values = {}
    for name, size in {"Z_one_token": (1, m, n), "Z_narrow_keys": (m, n, 1), "Z_narrow_tokens": (m, 1, n)}.items():
        values[name], cache = att.attention_forward(*layer(rng, *size))
    return values


@check(points=2, needs=("forward", "softmax_backward"), **DIVIDED)
def value_gradient(att, rng):
    """`attention_backward` returns the gradient with respect to W_V."""
    T, n, m = sizes(rng)
    _, _, _, dW_V = gradients(att, rng, T, m, n)
    _, _, _, dW_V_one_token = gradients(att, rng, 1, n, m)
    return {"dW_V": dW_V, "dW_V_one_token": dW_V_one_token}


@check(points=2, needs=("forward", "softmax_backward"), **DIVIDED)
def query_key_gradients(att, rng):
    """`attention_backward` returns the gradients with respect to W_Q and W_K."""
    T, n, m = sizes(rng)
    _, dW_Q, dW_K, _ = gradients(att, rng, T, n, m)
    _, dW_Q_narrow, dW_K_narrow, _ = gradients(att, rng, T, m, 1)
    return {"dW_Q": dW_Q, "dW_K": dW_K, "dW_Q_narrow_keys": dW_Q_narrow, "dW_K_narrow_keys": dW_K_narrow}


@check(points=2, needs=("forward", "softmax_backward"))
def input_gradient(att, rng):
    """`attention_backward` returns the gradient with respect to X, over every way X enters Z."""
    T, n, m = sizes(rng)
    dX, *_ = gradients(att, rng, T, n, m, most=2.0)
    dX_narrow_keys, *_ = gradients(att, rng, T, m, n, most=2.5)
    dX_one_token, *_ = gradients(att, rng, 1, m, n, most=0.1)
    return {"dX": dX, "dX_narrow_keys": dX_narrow_keys, "dX_one_token": dX_one_token}


@check(
    points=1,
    draws=1,
    expect="goes_where_right_gradients_lead",
    rtol=1e-3,
    atol=1e-3,
    because="rounding moves right weights by 1e-15 on the way, and any other gradient by 0.01 and more",
    needs=("value_gradient", "query_key_gradients"),
)
def learns(att, rng):
    """Your gradients, step for step as right ones do, teach the layer to fetch what each token points at."""
    batch, d_model = list(pointers(rng)), 2 * T + NUMBERS
    weights = [scale * rng.normal(size=(d_model, width)) for scale, width in ((0.1, D_K), (0.1, D_K), (0.02, d_model))]
    # The values carry half of each number from the start: what is left to learn, above all, is where to look.
    weights[2][-NUMBERS:, -NUMBERS:] += 0.5 * np.eye(NUMBERS)
    velocity = [np.zeros_like(W) for W in weights]
    for _ in range(12):
        # All forward passes come before the first backward pass: a cache must belong to its own pass.
        passes = [att.attention_forward(X, *weights) for X, _ in batch]
        velocity = [0.75 * v for v in velocity]
        for (X, at), (Z, cache) in zip(batch, passes, strict=True):
            error = Z - X
            error[:, -NUMBERS:] -= X[at, -NUMBERS:]
            _, *dW = att.attention_backward(error / len(batch), cache)
            velocity = [v - rate * np.asarray(g) for v, rate, g in zip(velocity, (0.25, 0.25, 0.1), dW, strict=True)]
        weights = [W + v for W, v in zip(weights, velocity, strict=True)]
    return dict(zip(("W_Q", "W_K", "W_V"), weights, strict=True))


@check(points=1, of="notebook", expect="positions")
def with_positions(notebook, rng):
    """`with_positions` keeps X, and its new columns say where a token stands, whatever the tokens hold."""
    values = {}
    for name, d, size in (("", 2, 1.0), ("_wide", int(rng.integers(3, 6)), 1e-3), ("_one_column", 1, 1e3)):
        # As many tokens as in the notebook, which has a name for this number.
        X, other = size * rng.normal(size=(6, d)), size * rng.normal(size=(6, d))
        found, again = (np.asarray(notebook.with_positions(each)) for each in (X, other))
        values[f"X{name}"] = found[:, :d]
        values[f"distances{name}"] = distances(found[:, d:], found[:, d:])
        values[f"distances_again{name}"] = distances(found[:, d:], again[:, d:])
    return values


def distances(rows, others):
    """Squared distances of all rows from all others: an encoding of positions may have any number of columns."""
    return np.sum((rows[:, np.newaxis] - others) ** 2.0, axis=2)
