"""The class around the functions is another: no base class, other attributes, a stricter solver, and it prints."""


class CVXOPTSVC:
    def __init__(self, *, C=1.0, kernel="rbf", degree=3, gamma=1.0, coef0=0.0):
        self.C = C
        self.params = dict(kernel=kernel, degree=degree, gamma=gamma, coef0=coef0)

    def fit(self, X, y):
        y = 2.0 * y - 1.0
        P, q, G, h, A, b = map(cvxopt.matrix, get_qp_params(X, y, self.C, self.params))
        cvxopt.solvers.options["abstol"] = 1e-9
        solution = cvxopt.solvers.qp(P, q, G, h, A, b)
        self.alphas = np.array(solution["x"]).flatten()
        self.X, self.y = X, y
        self.bias = fit_bias(X, y, self.alphas, self.params)
        print("support vectors:", np.count_nonzero(self.alphas > 1e-4))

    def decision_function(self, X):
        return decision_function(X, self.X, self.y, self.bias, self.alphas, self.params)

    def predict(self, X):
        return self.decision_function(X) >= 0

    def score(self, X, y):
        return np.mean(self.predict(X) == y)
