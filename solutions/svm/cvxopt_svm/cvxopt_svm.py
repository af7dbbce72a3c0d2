"""Kernel support vector machine, trained by handing its dual problem to a solver of quadratic programs.

With labels y in {-1, +1} and a kernel k the dual of the soft margin SVM is::

    maximise    sum_n alpha_n  -  1/2 sum_n sum_m alpha_n alpha_m y_n y_m k(x_n, x_m)
    subject to  0 <= alpha_n <= C   and   sum_n alpha_n y_n = 0

and the classifier that belongs to a solution is the sign of f(x) = sum_m alpha_m y_m k(x_m, x) + b.
The kernels and the class that talks to the solver are written; the three functions between them are yours.

`kernel_params` is a dict with the keys "kernel" ("linear", "poly", "rbf" or "sigmoid"), "degree", "gamma" and "coef0".
"""

import cvxopt
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


def kernel_dot(X1, X2, kernel_params):
    """Kernel of each row of X1 with the row of X2 beside it.

    The kernels are scikit-learn's: linear x·z, poly (gamma x·z + coef0)^degree, rbf exp(-gamma ||x - z||²),
    sigmoid tanh(gamma x·z + coef0).

    Parameters
    ----------
    X1, X2 : ndarray of shape (n, d)
        Points, paired by row.
    kernel_params : dict
        The kernel's name and parameters; those that a kernel has no use for are ignored.

    Returns
    -------
    ndarray of shape (n,)
        k(X1[i], X2[i]) for every i.
    """
    return _kernel(np.sum(X1 * X2, axis=1), np.sum((X1 - X2) ** 2, axis=1), kernel_params)


def kernel_matrix(X1, X2, kernel_params):
    """Kernel of each row of X1 with each row of X2.

    Parameters
    ----------
    X1 : ndarray of shape (n, d)
    X2 : ndarray of shape (m, d)
    kernel_params : dict
        As in :func:`kernel_dot`.

    Returns
    -------
    ndarray of shape (n, m)
        k(X1[i], X2[j]) for every i and j.
    """
    # Subtracting before squaring keeps the kernel of a point with itself exact, which ||x||² + ||z||² - 2 x·z doesn't.
    return _kernel(X1 @ X2.T, np.sum((X1[:, None] - X2[None]) ** 2, axis=2), kernel_params)


def _kernel(inner, squared_distance, kernel_params):
    """The kernel as a function of inner products and squared distances, entry by entry."""
    gamma, coef0 = kernel_params["gamma"], kernel_params["coef0"]
    match kernel_params["kernel"]:
        case "linear":
            return inner
        case "poly":
            return (gamma * inner + coef0) ** kernel_params["degree"]
        case "rbf":
            return np.exp(-gamma * squared_distance)
        case "sigmoid":
            return np.tanh(gamma * inner + coef0)
        case unknown:
            raise ValueError(f"unknown kernel {unknown!r}; use linear, poly, rbf or sigmoid")


def get_qp_params(X, y, C, kernel_params):
    """The SVM's dual problem as a quadratic program in the form that cvxopt solves.

    The solver wants matrices P, G, A and vectors q, h, b and finds the v that does ::

        minimise    1/2 vᵀ P v + qᵀ v
        subject to  G v <= h   (row by row)   and   A v = b

    Choose them so that its v is the alpha of the dual problem. The order of the inequalities is up to you.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Training points.
    y : ndarray of shape (n,)
        Their labels, -1.0 or +1.0.
    C : float
        Price of a margin violation, > 0.
    kernel_params : dict
        As in :func:`kernel_dot`.

    Returns
    -------
    P : ndarray of shape (n, n)
    q : ndarray of shape (n,)
    G : ndarray of shape (2 n, n)
    h : ndarray of shape (2 n,)
    A : ndarray of shape (1, n)
    b : ndarray of shape (1,)
    """
    # BEGIN SOLUTION
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    q = -np.ones(n)
    # -alpha_n <= 0 above alpha_n <= C
    G = np.vstack([-np.eye(n), np.eye(n)])
    h = np.concatenate([np.zeros(n), np.full(n, C)])
    A = y[None, :]
    b = np.zeros(1)
    return P, q, G, h, A, b
    # END SOLUTION


def fit_bias(X, y, alpha, kernel_params):
    """The bias b, from the support vectors.

    A support vector that sits on the margin has y_n f(x_n) = 1, which can be solved for b. The solver's alpha is never
    exactly zero, so call x_n a support vector when alpha_n > 1e-4; average the b that each of them gives.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Training points.
    y : ndarray of shape (n,)
        Their labels, -1.0 or +1.0.
    alpha : ndarray of shape (n,)
        A solution of the dual problem.
    kernel_params : dict
        As in :func:`kernel_dot`.

    Returns
    -------
    float
        b, the mean over all support vectors (those with alpha_n = C included).
    """
    # BEGIN SOLUTION
    support = alpha > 1e-4
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
    # END SOLUTION


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    """f(x) of each row of X: positive on the side of the label +1, negative on the other.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Points to classify.
    X_train : ndarray of shape (n_train, d)
        Training points.
    y_train : ndarray of shape (n_train,)
        Their labels, -1.0 or +1.0.
    b : float
        The bias.
    alpha : ndarray of shape (n_train,)
        A solution of the dual problem.
    kernel_params : dict
        As in :func:`kernel_dot`.

    Returns
    -------
    ndarray of shape (n,)
        f(X[i]) for every i.
    """
    # BEGIN SOLUTION
    return kernel_matrix(X, X_train, kernel_params) @ (alpha * y_train) + b
    # END SOLUTION


def solve_qp(P, q, G, h, A, b):
    """The v of shape (n,) that minimises 1/2 vᵀ P v + qᵀ v subject to G v <= h and A v = b, as cvxopt finds it.

    cvxopt's usual way takes roots of a matrix that is positive definite on paper. Rounding may leave it just short of
    that, on Windows more often than elsewhere, and with the sigmoid kernel P isn't positive definite at all. Then the
    solver gives up although there may be a solution, and the slower factorisation "ldl" is tried. If that one doesn't
    get there either, v is where it stopped.
    """
    # cvxopt has matrices of its own, and takes no others; only those of floats will do.
    program = [cvxopt.matrix(np.array(part, dtype=float)) for part in (P, q, G, h, A, b)]
    options = {"show_progress": False}
    try:
        solution = cvxopt.solvers.qp(*program, options=options)
    except (ArithmeticError, ValueError):
        solution = {"status": "failed"}
    if solution["status"] != "optimal":
        solution = cvxopt.solvers.qp(*program, kktsolver="ldl", options=options)
    return np.ravel(solution["x"])


class CVXOPTSVC(ClassifierMixin, BaseEstimator):
    """Support vector classifier in scikit-learn's manner, on top of the three functions above.

    Parameters
    ----------
    C : float
        Price of a margin violation, > 0.
    kernel : {"linear", "poly", "rbf", "sigmoid"}
    degree : int
        Degree of the poly kernel.
    gamma : float
        Factor in the poly, rbf and sigmoid kernels, > 0.
    coef0 : float
        Constant in the poly and sigmoid kernels.

    Attributes
    ----------
    X_train_, y_train_ : ndarray of shape (n, d) and (n,)
        What it was fitted to; the labels as -1.0 and +1.0.
    alpha_ : ndarray of shape (n,)
        The solver's solution.
    b_ : float
        The bias.
    """

    def __init__(self, *, C=1.0, kernel="rbf", degree=3, gamma=1.0, coef0=0.0):
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0

    @property
    def kernel_params(self):
        """The kernel, as the functions above want it."""
        return {"kernel": self.kernel, "degree": self.degree, "gamma": self.gamma, "coef0": self.coef0}

    def fit(self, X, y):
        """Solve the dual problem for points X of shape (n, d) with labels y of shape (n,) in {0, 1}; returns self."""
        self.classes_ = np.array([0, 1])
        self.X_train_ = np.asarray(X, dtype=float)
        self.y_train_ = np.where(np.asarray(y) == 1, 1.0, -1.0)
        program = get_qp_params(self.X_train_, self.y_train_, self.C, self.kernel_params)
        self.alpha_ = solve_qp(*program)
        self.b_ = fit_bias(self.X_train_, self.y_train_, self.alpha_, self.kernel_params)
        return self

    def decision_function(self, X):
        """f(x) of each row of X, shape (n,)."""
        X = np.asarray(X, dtype=float)
        return decision_function(X, self.X_train_, self.y_train_, self.b_, self.alpha_, self.kernel_params)

    def predict(self, X):
        """The class, 0 or 1, of each row of X, shape (n,); `score(X, y)` is the share of rows it gets right."""
        return (self.decision_function(X) > 0).astype(int)
