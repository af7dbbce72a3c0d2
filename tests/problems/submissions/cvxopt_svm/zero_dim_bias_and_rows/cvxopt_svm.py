"""EECS545 HW3 Q4. SVMs with convex optimisation."""

import math
from typing import Any, Dict

import cvxopt
import cvxopt.solvers
import numpy as np
from sklearn.base import BaseEstimator


def hello():
    print('Hello from cvxopt_svm.py!')


def kernel_dot(X1, X2, kernel_params: Dict[str, Any]):
    kernel = kernel_params['kernel']
    if kernel == 'linear':
        return np.sum(X1 * X2, axis=-1)
    elif kernel == 'poly':
        return (kernel_params['gamma'] * np.sum(X1 * X2, axis=-1) + kernel_params['coef0']) ** kernel_params['degree']
    elif kernel == 'rbf':
        return np.exp(-kernel_params['gamma'] * np.sum((X1 - X2) ** 2, axis=-1))
    elif kernel == 'sigmoid':
        return np.tanh(kernel_params['gamma'] * np.sum(X1 * X2, axis=-1) + kernel_params['coef0'])
    else:
        raise ValueError('Unknown kernel')


def kernel_matrix(X1, X2, kernel_params: Dict[str, Any]):
    return kernel_dot(X1[:, None, :], X2[None, :, :], kernel_params)



def get_qp_params(X, y, C, kernel_params):
    n = y.size
    rows_i, rows_j = np.meshgrid(np.arange(n), np.arange(n), indexing='ij')
    k = kernel_dot(X[rows_i.ravel()], X[rows_j.ravel()], kernel_params).reshape(n, n)
    P = (y.reshape(n, 1) @ y.reshape(1, n)) * k
    G = np.kron(np.array([[1.], [-1.]]), np.eye(n))
    h = np.kron(np.array([C, 0.]), np.ones(n))
    return [P, np.negative(np.ones(n)), G, h, y.reshape(1, n).copy(), np.array([0.])]

def fit_bias(X, y, alpha, kernel_params):
    w = np.where(alpha > 1e-4, 1.0, 0.0)
    r = y - kernel_matrix(X, X, kernel_params) @ (alpha * y)
    return np.array((w * r).sum() / w.sum())

def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    coef = alpha * y_train
    f = np.full(len(X), b, dtype=float)
    for c, x in zip(coef, X_train):
        f += c * kernel_matrix(X, x[None, :], kernel_params)[:, 0]
    return f


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
