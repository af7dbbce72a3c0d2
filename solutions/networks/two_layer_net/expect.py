"""What is judged where numbers alone don't say enough: weights drawn at random, and a network trained on digits."""

import math
from pathlib import Path

import numpy as np

from autograder.authoring import Code, Finding
from autograder.compare import agree, differences

from .checks import WEIGHT_SCALE_DEFAULT, WITHOUT_ARGUMENTS, digits, hyperparameters, initialisation, trained

# What is right is told by the weights; this only tells mistakes apart. Those that lead nowhere ended at 0.2 and less,
# those that lead astray at 0.4 and more, and right gradients at 0.7 and more.
TRAINING_ACCURACY = 0.3


def drawn_from_normal(found, reference, rng, *, false_alarm):
    """The weights are such as the normal distribution with the asked standard deviation gives, the biases 0."""
    for name, shape, right in zip(
        WITHOUT_ARGUMENTS, found.pop("shapes_without_arguments"), reference.pop("shapes_without_arguments"), strict=True
    ):
        if any(shape != right):
            mine = tuple(int(size) for size in shape if size)
            wanted = WITHOUT_ARGUMENTS[name]
            yield Finding(
                Code.SHAPE,
                "",
                f"`{name}` of `TwoLayerNet()`, made without arguments, has shape {mine}; expected {wanted}: see the "
                "defaults of the arguments",
            )
    biases = [name for name in reference if name.startswith("b")]
    weights = [name for name in reference if name not in biases]
    yield from differences(
        {name: found[name] for name in biases}, {name: reference[name] for name in biases}, initialisation.__check__
    )
    # Statements about each array, of which each may be false of right weights with this probability.
    share = false_alarm / (STATEMENTS * len(weights))
    scales = {name: arguments["weight_scale"] for name, arguments in hyperparameters(rng)}
    for name in weights:
        scale = scales.get(name[2:], WEIGHT_SCALE_DEFAULT)
        if problem := _unlike_normal(found[name].ravel() / scale, np.log(1 / share)):
            yield Finding(Code.VALUES, name, f"the entries of `{name}`, with weight_scale={scale:.3g}, {problem}")


# Of such numbers a known share is below each of these places, and another share is this near to 0.
PLACES = np.linspace(-3, 3, 25)
BELOW = np.array([math.erfc(-place / math.sqrt(2)) / 2 for place in PLACES])
STATEMENTS = 3 + 4 * len(PLACES)


def _unlike_normal(z, T):
    """What shows that z is no sample of the standard normal distribution; None where nothing does.

    Each statement is false of such a sample with a probability of at most exp(-T). For independent standard normal z,
    the sum of n squares is chi-squared with n degrees of freedom: it is above n + 2 sqrt(n T) + 2 T, and below
    n - 2 sqrt(n T), no more often than that (Laurent and Massart, Annals of Statistics 28 (2000), lemma 1). Nor is
    their sum over sqrt(n), which is normal, further from 0 than sqrt(2 T). The share of them below a place is above,
    or below, the normal distribution's by a relative entropy of T / n no more often than that (Chernoff). Half of them
    are equal to others never, but for the 24 bits of a float32.
    """
    n = z.size
    with np.errstate(over="ignore"):  # weights so large are refused, whatever their squares
        total, squares = z.sum(), np.sum(z**2)
    if abs(total) > np.sqrt(2 * T * n):
        return f"average {total / n:.2g} times weight_scale; expected a mean of 0: draw them from a normal distribution"
    if not n - 2 * np.sqrt(n * T) < squares < n + 2 * np.sqrt(n * T) + 2 * T:
        return (
            f"have a standard deviation of {np.sqrt(squares / n):.3g} times weight_scale; expected about 1: "
            "see how weight_scale enters"
        )
    if np.unique(z).size < n / 2:
        return "are often the same number; draw each of them anew from a normal distribution"
    below, near = (np.searchsorted(np.sort(some), PLACES) / n for some in (z, np.abs(z)))
    positive = PLACES > 0
    if n * max(_entropy(below, BELOW), _entropy(near[positive], 2 * BELOW[positive] - 1)) > T:
        return "are not spread as in a normal distribution; see which distribution they are drawn from"
    return None


def _entropy(found, share):
    """The largest relative entropy of found shares to the right ones."""
    one, other = (p * np.log(np.maximum(p, 1e-300) / q) for p, q in ((found, share), (1 - found, 1 - share)))
    return np.max(one + other)


def knows_digits(found, reference, rng):
    """The network knows the digits it was trained on, and its weights are where right gradients lead."""
    # The draw fixes the start and the batches, and so the path: gradients are unique, so no other place is right.
    if all(agree(found[name], W, trained.__check__).all() for name, W in reference.items()):
        return
    # The working directory is a student's or anybody's; the data are beside the course or the release this page is in.
    folders = Path(__file__).resolve().parents
    data = next(path for folder in folders if (path := folder / "data" / "digits_small.npz").is_file())
    accuracy = _accuracy(found, *digits(rng, data))
    if accuracy < TRAINING_ACCURACY:
        yield Finding(
            Code.BAD_ON_TRAINING,
            "W1",
            f"after training, the network classifies {accuracy:.0%} of the digits it was trained on right; expected "
            f"at least {TRAINING_ACCURACY:.0%}: get the gradients to agree with numeric ones first",
        )
    else:
        yield Finding(
            Code.NOT_GOOD_ENOUGH,
            "W1",
            f"the trained network classifies {accuracy:.0%} of its digits right, but training with your gradients "
            "doesn't end at the weights where right gradients end; get the gradients to agree with numeric ones",
        )


def _accuracy(params, X, y):
    with np.errstate(all="ignore"):  # finite weights may be so large that scores are not
        scores = np.maximum(X @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"]
    return np.mean(np.argmax(scores, axis=1) == y)
