"""What a trained attention layer must have learned, where no single answer is right."""

import numpy as np

from autograder.compare import Finding

from .checks import NUMBERS, pointers

# Training follows from the draw, so the bounds are judged by how far the right gradients stay from them: over 3,000
# draws at least 0.98 of the tokens seen and 0.89 of those unseen were found, and at most 0.02 of the numbers missed.
TRAINED = 0.94
UNSEEN = 0.75
COPIED = 0.5


def looks_where_tokens_point(found, reference, rng):
    """Each token's best-fitting key is that of the token it points at, and the values carry the two numbers."""
    batch = list(pointers(rng))
    if (share := _found(batch, found)) < TRAINED:
        yield Finding(
            62,
            "W_Q",
            f"after training, {share:.0%} of the tokens it was trained on look at the token they point at; expected "
            f"at least {TRAINED:.0%}. Check the gradients by W_Q and W_K, and that each cache belongs to its own call",
        )
    elif (share := _found(pointers(rng, 200), found)) < UNSEEN:
        yield Finding(
            63,
            "W_Q",
            f"after training, {share:.0%} of the tokens of new sequences look at the token they point at; expected "
            f"at least {UNSEEN:.0%}, as it does on the sequences it was trained on",
        )
    if (missed := _missed(batch, found["W_V"])) > COPIED:
        yield Finding(
            60,
            "W_V",
            f"after training, the values' mean squared error is {missed:.2g} times the mean square of the numbers they "
            f"should carry; expected at most {COPIED} times. Check the gradient by W_V",
        )


def _found(sequences, weights):
    """The share of tokens whose query fits the key of the token they point at best."""
    X, at = (np.array(part) for part in zip(*sequences, strict=True))
    fits = X @ (weights["W_Q"] @ weights["W_K"].T) @ X.transpose(0, 2, 1)
    return np.mean(np.argmax(fits, axis=2) == at)


def _missed(sequences, W_V):
    """The mean square by which the values differ from the tokens' numbers alone, relative to the numbers'."""
    X = np.concatenate([X for X, _ in sequences])
    carried = np.zeros_like(X)
    carried[:, -NUMBERS:] = X[:, -NUMBERS:]
    return np.mean((X @ W_V - carried) ** 2) / np.mean(carried**2)
