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
    y = y.astype(np.double)
    P = np.multiply(np.outer(y, y), kernel_matrix(X, X, kernel_params))
    return P, np.ones(n) * -1, np.append(-np.eye(n), np.eye(n), axis=0), np.append(np.zeros(n), np.repeat(C, n)), y.reshape((1, n)), np.zeros((1))

def fit_bias(X, y, alpha, kernel_params):
    sv = np.argwhere(alpha > 1e-4).ravel()
    bias = 0
    for i in sv:
        bias += y[i]
        bias -= np.sum(alpha[sv] * y[sv] * kernel_matrix(X[sv], X[[i]], kernel_params).ravel())
    bias /= len(sv)
    return bias

def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    result = np.zeros(X.shape[0])
    for i in range(X.shape[0]):
        result[i] = np.sum(alpha * y_train * kernel_matrix(X_train, X[i:i+1], kernel_params).T) + b
    return result

class CVXOPTSVC:
    def __init__(self, *, C=1.0, kernel='rbf', degree=3, gamma=1.0, coef0=0.0):
        self.C = C
        self.kernel_params = {'kernel': kernel, 'degree': degree, 'gamma': gamma, 'coef0': coef0}

    def fit(self, X, y):
        self.X = X
        self.y = 2 * y - 1          # ints
        args = [cvxopt.matrix(a, tc='d') for a in get_qp_params(X, self.y, self.C, self.kernel_params)]
        cvxopt.solvers.options['show_progress'] = False
        cvxopt.solvers.options['maxiters'] = 200
        self.alpha = np.array(cvxopt.solvers.qp(*args)['x']).flatten()
        self.b = fit_bias(self.X, self.y, self.alpha, self.kernel_params)

    def decision_function(self, X):
        return decision_function(X, self.X, self.y, self.b, self.alpha, self.kernel_params)

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(int)

    def score(self, X, y):
        return np.mean(self.predict(X) == y)
