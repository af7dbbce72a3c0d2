"""What is checked of ``attention.py``: the softmax, the layer, its gradients, and that it learns."""

import itertools

import numpy as np

from autograder.authoring import check

T, NUMBERS, D_K = 3, 3, 7  # of the sequences and the layer in `learns`


def layer(rng, T, d_model, d_k):
    """A random sequence X and random W_Q, W_K, W_V, with scores of the order of 1."""
    shapes = (T, d_model), (d_model, d_k), (d_model, d_k), (d_model, d_model)
    return [scale * rng.normal(size=shape) for scale, shape in zip((1, 0.6, 0.6, 0.6), shapes, strict=True)]


def output(att, rng, T, d_model, d_k):
    """The layer's output at a random place."""
    Z, cache = att.attention_forward(*layer(rng, T, d_model, d_k))
    return Z


def gradients(att, rng, T, d_model, d_k):
    """The four gradients at a random place, for a random gradient with respect to Z."""
    Z, cache = att.attention_forward(*layer(rng, T, d_model, d_k))
    return att.attention_backward(rng.normal(size=(T, d_model)), cache)


def pointers(rng):
    """Sequences in which each token holds its name, the name of the token it points at, and three numbers.

    There is a sequence for every way in which tokens can point at others.
    """
    tokens, identity = np.arange(T), 2 * np.eye(T)
    for hops in itertools.product(range(1, T), repeat=T):
        names, at = identity[rng.permutation(T)], (tokens - hops) % T
        yield np.concatenate([names, names[at], rng.normal(size=(T, NUMBERS))], axis=1), at


@check(points=2)
def softmax(att, rng):
    """`softmax` turns each row of scores into positive weights that sum to 1."""
    shapes = {"A": (4, 6), "A_one_row": (1, 5), "A_one_column": (3, 1)}
    return {name: att.softmax(2 * rng.normal(size=shape)) for name, shape in shapes.items()}


@check(points=1, needs=("softmax",))
def large_logits(att, rng):
    """`softmax` stays finite and right for scores in the thousands that differ as much in a row and between rows."""
    rows, columns = np.array([[1000.0], [-2000.0], [0.0], [5000.0]]), np.array([2000.0, -1000.0, 2000.0, 0.0])
    return {
        "A": att.softmax(rng.normal(size=(4, 3))),
        "A_large": att.softmax(rows + 3 * rng.normal(size=(4, 3))),
        "A_far_apart": att.softmax(columns + rng.normal(size=(3, 4))),
    }


@check(points=2)
def softmax_backward(att, rng):
    """`softmax_backward` carries a gradient from the weights back to the scores."""
    sizes = {"dS": (4, 6), "dS_one_row": (1, 5), "dS_one_column": (3, 1)}
    return {
        name: att.softmax_backward(rng.normal(size=(n, m)), rng.dirichlet(np.ones(m), size=n))
        for name, (n, m) in sizes.items()
    }


@check(points=2, needs=("softmax",))
def forward(att, rng):
    """`attention_forward` returns Z = X + softmax(Q·Kᵀ / √d_k)·V, and a cache."""
    return {"Z": output(att, rng, T=5, d_model=4, d_k=3), "Z_wide_keys": output(att, rng, T=3, d_model=4, d_k=7)}


@check(points=1, needs=("forward",))
def forward_edges(att, rng):
    """`attention_forward` is right for a single token, for d_k = 1 and for d_model = 1."""
    sizes = {"Z_one_token": (1, 4, 3), "Z_one_key_number": (5, 4, 1), "Z_one_token_number": (4, 1, 3)}
    return {name: output(att, rng, *size) for name, size in sizes.items()}


@check(points=2, needs=("forward", "softmax_backward"))
def value_gradient(att, rng):
    """`attention_backward` returns the gradient with respect to W_V."""
    _, _, _, dW_V = gradients(att, rng, T=5, d_model=4, d_k=3)
    _, _, _, dW_V_one_token = gradients(att, rng, T=1, d_model=3, d_k=2)
    return {"dW_V": dW_V, "dW_V_one_token": dW_V_one_token}


@check(points=2, needs=("forward", "softmax_backward"))
def query_key_gradients(att, rng):
    """`attention_backward` returns the gradients with respect to W_Q and W_K."""
    _, dW_Q, dW_K, _ = gradients(att, rng, T=5, d_model=4, d_k=3)
    _, dW_Q_one, dW_K_one, _ = gradients(att, rng, T=3, d_model=4, d_k=1)
    return {"dW_Q": dW_Q, "dW_K": dW_K, "dW_Q_one_key_number": dW_Q_one, "dW_K_one_key_number": dW_K_one}


@check(points=2, needs=("forward", "softmax_backward"))
def input_gradient(att, rng):
    """`attention_backward` returns the gradient with respect to X, over every way X enters Z."""
    dX, *_ = gradients(att, rng, T=5, d_model=4, d_k=3)
    dX_one_token, *_ = gradients(att, rng, T=1, d_model=4, d_k=2)
    return {"dX": dX, "dX_one_token": dX_one_token}


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
    for _ in range(20):
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
