import numpy as np
import cvxopt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import linear_kernel, polynomial_kernel, rbf_kernel, sigmoid_kernel
from typing import Any, Dict, Tuple

def kernel_dot(X1, X2, kernel_params):
    return np.diag(kernel_matrix(X1, X2, kernel_params))

def kernel_matrix(X1: np.ndarray, X2: np.ndarray, kernel_params: Dict[str, Any]) -> np.ndarray:
    k = kernel_params['kernel']
    if k == 'linear':
        return linear_kernel(X1, X2)
    elif k == 'poly':
        return polynomial_kernel(X1, X2, degree=kernel_params['degree'], gamma=kernel_params['gamma'], coef0=kernel_params['coef0'])
    elif k == 'rbf':
        return rbf_kernel(X1, X2, gamma=kernel_params['gamma'])
    return sigmoid_kernel(X1, X2, gamma=kernel_params['gamma'], coef0=kernel_params['coef0'])

def get_qp_params(X, y, C, kernel_params) -> Tuple[np.ndarray, ...]:
    m = X.shape[0]
    Y = np.tile(y, (m, 1))
    P = Y * Y.T * kernel_matrix(X, X, kernel_params)
    q = np.zeros(m) - 1
    G = np.zeros((2 * m, m))
    G[np.arange(m), np.arange(m)] = -1
    G[np.arange(m, 2 * m), np.arange(m)] = 1
    h = np.zeros(2 * m)
    h[m:] = C
    return P, q, G, h, np.expand_dims(y, 0), np.zeros(1)

def fit_bias(X, y, alpha, kernel_params):
    mask = alpha > 1e-4
    pred = decision_function(X[mask], X, y, 0.0, alpha, kernel_params)
    return (y[mask] - pred).mean()

def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return np.dot(kernel_matrix(X, X_train, kernel_params), alpha * y_train) + b


class CVXOPTSVC(BaseEstimator):
    """SVM classifier."""

    def __init__(self, *, C=1.0, kernel='rbf', degree=3, gamma=1.0, coef0=0.0):
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0

    def _params(self):
        return dict(kernel=self.kernel, degree=self.degree, gamma=self.gamma, coef0=self.coef0)

    def fit(self, X, y):
        y = np.where(y == 0, -1, y).astype(np.float64)
        P, q, G, h, A, b = get_qp_params(X, y, self.C, self._params())
        solution = cvxopt.solvers.qp(cvxopt.matrix(P), cvxopt.matrix(q), cvxopt.matrix(G, tc='d'),
                                     cvxopt.matrix(h, tc='d'), cvxopt.matrix(A, tc='d'), cvxopt.matrix(b, tc='d'))
        self.alpha_ = np.array(solution['x']).reshape(-1)
        self.X_train_, self.y_train_ = X, y
        self.b_ = fit_bias(X, y, self.alpha_, self._params())
        assert np.isscalar(self.b_) or self.b_.shape == ()
        return self

    def decision_function(self, X):
        return decision_function(X, self.X_train_, self.y_train_, self.b_, self.alpha_, self._params())

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(np.int64)

    def score(self, X, y):
        return np.mean(self.predict(X) == y)
