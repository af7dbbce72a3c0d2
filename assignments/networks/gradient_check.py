"""Gradients by finite differences, to hold beside the ones you derived.

A derivative is estimated from two values of the function, a small step h to either side: (f(x + h) - f(x - h)) / 2h.
The error of this central difference shrinks with h², until rounding takes over; h = 1e-5 is a good middle in float64.
Every function here moves one entry of the array at a time, in place, and puts it back: the function under test sees the
move even if it reads the array from elsewhere, such as from a model's `params`.
"""

import numpy as np


def rel_error(x, y):
    """Largest relative difference between the entries of two arrays.

    Parameters
    ----------
    x, y : ndarray of one shape, or float

    Returns
    -------
    float
        The maximum over all entries of |x - y| / max(1e-8, |x| + |y|): 0 for equal arrays, 1 where signs differ.
        For a gradient beside a numeric one, 1e-6 and less is agreement; 1e-4 and more is a mistake, or a kink close by.
    """
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def eval_numerical_gradient(f, x, verbose=False, h=1e-5):
    """Gradient of a function that returns one number.

    Parameters
    ----------
    f : callable
        ``f(x)`` is a float. It may ignore its argument and read the array `x` from where it lives.
    x : ndarray of float, any shape
        Where to take the gradient. Changed during the call, and as before when it returns.
    verbose : bool
        Print every entry as it is found.
    h : float
        The step, > 0.

    Returns
    -------
    ndarray of x's shape
    """
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = _both_sides(f, x, index, h)
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(f, x, df, h=1e-5):
    """Gradient of sum(f(x) * df), where f returns an array: what a backward pass makes of the upstream gradient df.

    Parameters
    ----------
    f : callable
        ``f(x)`` is an array (a layer's output).
    x : ndarray of float, any shape
        Where to take the gradient. Changed during the call, and as before when it returns.
    df : ndarray of the shape of f(x)
        Gradient of some loss by the layer's output.
    h : float
        The step, > 0.

    Returns
    -------
    ndarray of x's shape
    """
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = _both_sides(f, x, index, h)
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad


def grad_check_sparse(f, x, analytic_grad, num_checks=10, h=1e-5, seed=0):
    """Compare a gradient with the numeric one at a few entries, where trying all of them would take too long.

    Parameters
    ----------
    f : callable
        ``f(x)`` is a float.
    x : ndarray of float, any shape
        Where to take the gradient. Changed during the call, and as before when it returns.
    analytic_grad : ndarray of x's shape
        The gradient to check.
    num_checks : int
        How many entries to try.
    h : float
        The step, > 0.
    seed : int
        Decides which entries.

    Returns
    -------
    float
        The largest relative error; each entry's is printed.
    """
    rng = np.random.default_rng(seed)
    errors = []
    for _ in range(num_checks):
        index = tuple(int(rng.integers(size)) for size in x.shape)
        above, below = _both_sides(f, x, index, h)
        numeric, analytic = (above - below) / (2 * h), analytic_grad[index]
        errors.append(rel_error(numeric, analytic))
        print(f"numeric: {numeric:.6e}  analytic: {analytic:.6e}  relative error: {errors[-1]:.1e}")
    return max(errors)


def _both_sides(f, x, index, h):
    """f with the entry x[index] moved up by h, and moved down by h."""
    here = x[index]
    try:
        x[index] = here + h
        above = np.copy(f(x))  # a copy, for f may return the array it is about to change
        x[index] = here - h
        below = np.copy(f(x))
    finally:
        x[index] = here
    return above, below
