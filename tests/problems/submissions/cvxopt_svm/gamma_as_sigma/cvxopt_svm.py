import numpy as np
import cvxopt
def kernel_matrix(X1, X2, kernel_params):
    ip = X1 @ X2.T
    g, c, d = kernel_params['gamma'], kernel_params['coef0'], kernel_params['degree']
    if kernel_params['kernel'] == 'linear': return ip
    if kernel_params['kernel'] == 'poly': return (g * ip + c) ** d
    if kernel_params['kernel'] == 'sigmoid': return np.tanh(g * ip + c)
    sq = (X1 ** 2).sum(1)[:, None] + (X2 ** 2).sum(1)[None] - 2 * ip
    return np.exp(-sq / (2 * g ** 2))
def kernel_dot(X1, X2, kernel_params):
    return np.diag(kernel_matrix(X1, X2, kernel_params))
def get_qp_params(X, y, C, kernel_params):
    n = X.shape[0]
    return (np.outer(y, y) * kernel_matrix(X, X, kernel_params), -np.ones(n), np.vstack((-np.eye(n), np.eye(n))),
            np.hstack((np.zeros(n), C * np.ones(n))), y.reshape(1, -1), np.zeros(1))
def fit_bias(X, y, alpha, kernel_params):
    sv = alpha > 1e-4
    return np.mean(y[sv] - (alpha * y) @ kernel_matrix(X, X[sv], kernel_params))
def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return (alpha * y_train) @ kernel_matrix(X_train, X, kernel_params) + b


class CVXOPTSVC:
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
        solution = __import__("cvxopt.solvers").solvers.qp(cvxopt.matrix(P), cvxopt.matrix(q), cvxopt.matrix(G, tc='d'),
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
