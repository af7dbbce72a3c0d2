"""Update rules: how a step in parameter space follows from a gradient.

Every rule has the form ``rule(w, dw, config) -> (next_w, config)``. Its config is a dict with the learning rate and
whatever the rule must remember from step to step; hand back the one you got.
"""

import numpy as np


def sgd(w, dw, config=None):
    """One step of stochastic gradient descent.

    Parameters
    ----------
    w : ndarray
        A parameter.
    dw : ndarray of w's shape
        Gradient of the loss by w, on a batch.
    config : dict, optional
        ``learning_rate``: the step's size as a multiple of the gradient, 0.01 if it isn't there.

    Returns
    -------
    next_w : ndarray of w's shape
        The parameter after the step; `w` is left as it is.
    config : dict
        What to pass in the next step.
    """
    config = {"learning_rate": 1e-2} | (config or {})
    return w - config["learning_rate"] * np.asarray(dw), config
