"""What the layer that the notebook trains must have learned."""

import numpy as np

from autograder.authoring import Code, Finding

WANTED = ("weights[0]", "weights[1]", "weights[2]")
T, LOAD = 6, 2
D_MODEL = 2 * T + LOAD

# The loss after the notebook's training with the reference, from 50 other seeds, each layer judged on 500 sequences
# drawn for it alone: at most 0.005 (median 0.003); on its own sequences at most 0.002. The bound is 100 times the worst
# of them, and a layer that looks nowhere has about 5. `python benchmarks/models.py attention` measures it.
BOUND = 0.5


def trained_model(found, data, rng):
    """The layer adds the load of the token that each token points at, in sequences that nobody has seen."""
    W_Q, W_K, W_V = (found[name] for name in WANTED)
    shapes = [found[name].shape for name in WANTED]
    if shapes != [(D_MODEL, W_Q.size // D_MODEL), W_Q.shape, (D_MODEL, D_MODEL)]:
        yield Finding(
            Code.SHAPE, WANTED[0], f"the arrays in `weights` have the shapes {shapes}; expected those they had"
        )
        return

    seen, unseen = measured((W_Q, W_K, W_V), rng)
    if not seen <= BOUND:
        yield Finding(
            Code.BAD_ON_TRAINING,
            WANTED[0],
            f"the layer that your notebook trains in section 6 has a loss of {seen:.2g} on its own sequences; expected "
            f"at most {BOUND}: get the module's checks to pass, and run all again",
        )
    elif not unseen <= BOUND:
        yield Finding(
            Code.BAD_ON_HELD_OUT,
            WANTED[0],
            f"the layer that your notebook trains in section 6 has a loss of {unseen:.2g} on sequences that nobody has "
            f"seen; expected at most {BOUND}",
        )


def measured(weights, rng):
    """The layer's loss on the sequences it was trained on, and on new ones."""
    W_Q, W_K, W_V = weights

    def loss(X, wanted):
        with np.errstate(all="ignore"):  # finite weights may be so large that scores are not
            S = (X @ W_Q) @ (X @ W_K).transpose(0, 2, 1) / np.sqrt(W_Q.shape[1])
            A = np.exp(S - S.max(axis=2, keepdims=True))
            Z = X + A / A.sum(axis=2, keepdims=True) @ (X @ W_V)
            return 0.5 * np.sum((Z - wanted) ** 2) / len(X)

    return loss(*pointing(np.random.default_rng(6), 64)), loss(*pointing(rng, 500))


def pointing(rng, count):
    """Sequences as section 1 of the notebook makes them, and what is wanted of them; each (count, T, D_MODEL)."""
    sequences = []
    for _ in range(count):
        names, at = np.eye(T)[rng.permutation(T)], rng.permutation(T)
        X = np.hstack([names, names[at], rng.normal(size=(T, LOAD))])
        wanted = X.copy()
        wanted[:, -LOAD:] += X[at, -LOAD:]
        sequences.append((X, wanted))
    X, wanted = (np.array(part) for part in zip(*sequences, strict=True))
    return X, wanted
