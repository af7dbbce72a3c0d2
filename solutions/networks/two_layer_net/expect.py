"""What is judged where no single answer is right: weights drawn at random, and a network trained from them."""

from pathlib import Path
from statistics import NormalDist

import numpy as np

from autograder.compare import Finding, differences

from .checks import TRAINED_ON, WEIGHT_SCALE, WEIGHT_SCALE_DEFAULT, digits, initialisation

# Mean and standard deviation of the reference in 120 runs, and in 200 what comes closest on the wrong side.
HELD_OUT_ACCURACY = 0.835, 0.0077  # weights that begin at standard deviation 1 reach 0.69
LOSS = 0.177, 0.0192  # weights that begin too small, or no ReLU, come to 0.46
# 0.978 and 0.007, 68 standard deviations above the bound; a wrong gradient reaches 0.40, usually 0.1.
TRAINING_ACCURACY = 0.5


def drawn_from_normal(found, reference, rng, *, false_alarm):
    """The weights are such as the normal distribution with the asked standard deviation gives, the biases 0."""
    biases = [name for name in reference if name.startswith("b")]
    weights = [name for name in reference if name not in biases]
    yield from differences(
        {name: found[name] for name in biases}, {name: reference[name] for name in biases}, initialisation.__check__
    )
    # Four statements about each array in each draw, of which each may be false of right weights with this probability.
    share = false_alarm / (4 * len(weights) * initialisation.__check__.draws)
    for name in weights:
        scale = WEIGHT_SCALE_DEFAULT if name.endswith("default") else WEIGHT_SCALE
        if problem := _unlike_normal(found[name].ravel() / scale, np.log(1 / share)):
            yield Finding(53, name, f"the entries of `{name}`, with weight_scale={scale:g}, {problem}")


def _unlike_normal(z, T):
    """What shows that z is no sample of the standard normal distribution; None where nothing does.

    Each statement is false of such a sample with a probability of at most exp(-T). For independent standard normal z,
    the sum of n squares is chi-squared with n degrees of freedom: it is above n + 2 sqrt(n T) + 2 T, and below
    n - 2 sqrt(n T), no more often than that (Laurent and Massart, Annals of Statistics 28 (2000), lemma 1). Nor is
    their sum over sqrt(n), which is normal, further from 0 than sqrt(2 T). All n lie within two standard deviations
    with a probability of 0.9545^n, which for the n >= 400 that are shown, and a false alarm in a million, is smaller.
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
    if np.abs(z).max() < 2:
        return "lack the tails of a normal distribution; see which distribution they are drawn from"
    return None


def knows_digits(found, reference, rng, *, false_alarm):
    """The network has learned the digits it was trained on, as far down as the loss should come, and knows others."""
    # Where the weights start and the batches fall is chance. If loss and accuracy were normal, bounds at half this
    # distance would be missed with that probability; nobody knows that the tails are normal, so they are as far again.
    deviations = -2 * NormalDist().inv_cdf(false_alarm / 2)
    most_loss = round(LOSS[0] + deviations * LOSS[1], 2)
    least_accuracy = HELD_OUT_ACCURACY[0] - deviations * HELD_OUT_ACCURACY[1]
    # The working directory is a student's or anybody's; the data are beside the course or the release this page is in.
    folders = Path(__file__).resolve().parents
    X, y = digits(rng, next(path for folder in folders if (path := folder / "data" / "digits.npz").is_file()))
    scores = _scores(found, X)
    right = np.argmax(scores, axis=1) == y
    loss = _loss(scores[:TRAINED_ON], y[:TRAINED_ON])
    if (accuracy := right[:TRAINED_ON].mean()) < TRAINING_ACCURACY:
        yield Finding(
            62,
            "W1",
            f"after training, the network classifies {accuracy:.0%} of the digits it was trained on right; expected "
            f"at least {TRAINING_ACCURACY:.0%}: get the gradients to agree with numeric ones first",
        )
    elif not loss <= most_loss:
        yield Finding(
            60,
            "W1",
            f"after training, the loss on the digits it was trained on is {loss:.3g}; expected at most {most_loss}: "
            "it should fall faster, so look at the gradients, and at where the weights start",
        )
    elif (accuracy := right[TRAINED_ON:].mean()) < least_accuracy:
        yield Finding(
            63,
            "W1",
            f"after training, the network classifies {accuracy:.0%} of the digits it has not seen right; expected at "
            f"least {least_accuracy:.0%}: it knows its own by heart, so look at where its weights start",
        )


def _scores(params, X):
    with np.errstate(all="ignore"):  # finite weights may be so large that scores are not
        return np.maximum(X @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"]


def _loss(scores, y):
    with np.errstate(all="ignore"):
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y])
