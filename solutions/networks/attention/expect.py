"""What a trained attention layer must have learned."""

import numpy as np

from autograder.authoring import Code, Finding
from autograder.compare import agree

from .checks import learns, pointers


def goes_where_right_gradients_lead(found, reference, rng):
    """The weights are where the reference's gradients lead from the same start, step by step."""
    # The draw fixes the start, and that the path: gradients are unique, so no other place is right.
    if not all(agree(found[name], W, learns.__check__).all() for name, W in reference.items()):
        batch = list(pointers(rng))
        yield Finding(
            Code.NOT_GOOD_ENOUGH,
            "W_Q",
            "after training along your gradients the weights are not where right ones lead: "
            f"{_found(batch, found):.0%} of the tokens look at the token they point at, with right ones "
            f"{_found(batch, reference):.0%}; check the gradients with respect to W_Q, W_K and W_V, and that each "
            "cache belongs to its own call",
        )


def _found(sequences, weights):
    """The share of tokens whose query fits the key of the token they point at best."""
    X, at = (np.array(part) for part in zip(*sequences, strict=True))
    with np.errstate(all="ignore"):  # weights may be finite, and so large that scores are not
        fits = X @ (weights["W_Q"] @ weights["W_K"].T) @ X.transpose(0, 2, 1)
    return np.mean(np.argmax(fits, axis=2) == at)
