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
    n = X.shape[0]
    return (np.outer(y, y) * kernel_matrix(X, X, kernel_params), -np.ones(n), np.vstack((-np.eye(n), np.eye(n))),
            np.hstack((np.zeros(n), np.ones(n))), y.reshape(1, -1), np.zeros(1))
def fit_bias(X, y, alpha, kernel_params):
    sv = alpha > 1e-4
    return np.mean(y[sv] - (alpha * y) @ kernel_matrix(X, X[sv], kernel_params))
def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return (alpha * y_train) @ kernel_matrix(X_train, X, kernel_params) + b


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
