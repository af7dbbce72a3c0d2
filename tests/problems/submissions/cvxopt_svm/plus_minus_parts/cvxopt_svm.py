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



np.random.seed(545)
SV_THRESHOLD = 1e-4
def get_qp_params(X, y, C, kernel_params):
    n = X.shape[0]
    gram = kernel_matrix(X, X, kernel_params)
    P = gram.copy()
    P[y < 0] *= -1
    P[:, y < 0] *= -1
    q = np.ones((n,)); q *= -1
    G_std = np.diag(np.ones(n) * -1); h_std = np.zeros(n)
    G_slack = np.diag(np.ones(n)); h_slack = np.ones(n) * C
    G = np.vstack((G_std, G_slack)); h = np.hstack((h_std, h_slack))
    A = np.array(y, ndmin=2, dtype='float64'); b = np.zeros_like(A[:, 0])
    return P, q, G, h, A, b

def fit_bias(X, y, alpha, kernel_params):
    ind = np.arange(len(alpha))[alpha > SV_THRESHOLD]
    a, sv, sv_y = alpha[ind], X[ind], y[ind]
    K = kernel_matrix(X, X, kernel_params)
    b = 0
    for n in range(len(a)):
        b += sv_y[n]
        b -= np.sum(a * sv_y * K[ind[n], ind])
    b /= len(a)
    return b

def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    y_predict = np.zeros(len(X))
    for i in range(len(X)):
        s = 0
        for a, sv_y, sv in zip(alpha, y_train, X_train):
            s += a * sv_y * kernel_matrix(X[i][None], sv[None], kernel_params)[0, 0]
        y_predict[i] = s
    return y_predict + b


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
