"""What a trained attention layer must have learned."""

import numpy as np

from autograder.authoring import Code, Finding
from autograder.compare import agree

from .checks import learns, pointers, with_positions


def goes_where_right_gradients_lead(found, reference, rng):
    """The weights are where the reference's gradients lead from the same start, step by step."""
    # The draw fixes the start, and that the path: gradients are unique, so no other place is right.
    if not all(agree(found[name], W, learns.__check__).all() for name, W in reference.items()):
        batch = list(pointers(rng))
        share, right = (f"{_found(batch, weights):.0%}" for weights in (found, reference))
        learned = f": {share} of the tokens look at the token they point at; expected {right}" if share != right else ""
        yield Finding(
            Code.NOT_GOOD_ENOUGH,
            "W_Q",
            f"training with your gradients doesn't end at the weights where right gradients end{learned}; check the "
            "gradients with respect to W_Q, W_K and W_V, and that each cache belongs to its own call",
        )


def _found(sequences, weights):
    """The share of tokens whose query fits the key of the token they point at best."""
    X, at = (np.array(part) for part in zip(*sequences, strict=True))
    with np.errstate(all="ignore"):  # weights may be finite, and so large that scores are not
        fits = X @ (weights["W_Q"] @ weights["W_K"].T) @ X.transpose(0, 2, 1)
    return np.mean(np.argmax(fits, axis=2) == at)


def positions(found, reference, rng):
    """The tokens come back as they were; the new columns tell all positions apart, and a linear map can choose one."""
    for name, right in reference.items():
        if name.startswith("X"):
            if not agree(found[name], right, with_positions.__check__).all():
                message = "the first columns are not X; append the new columns to X, and leave X as it is"
                yield Finding(Code.VALUES, "X", message)
        elif name.startswith("distances_again"):
            if not np.allclose(found[name], found[name.replace("_again", "")], rtol=1e-6):
                message = "the new columns are others in another call; they must follow from the positions alone"
                yield Finding(Code.VALUES, "", message)
        elif (fault := _indistinct(found[name])) is not None:
            yield Finding(Code.VALUES, "", fault)


def _indistinct(apart):
    """Say why no layer can find one position in these columns, of which the squared distances are given, or None."""
    n, largest = len(apart), apart.max()
    if np.sum(apart > 1e-12 * largest) < n * (n - 1):
        return "positions have the same new columns; let the columns of each position differ from all others"
    centring = np.eye(n) - 1 / n
    _, second, *_ = np.linalg.eigvalsh(-centring @ apart @ centring / largest)[::-1]
    if second < 1e-9:
        # On a line, every linear score is largest at one of the two ends.
        return "the new columns put all positions on one line, where a score is largest at an end; use more columns"
    return None
