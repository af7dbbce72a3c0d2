"""The factor one half of the dual's double sum is put into P, though the solver's form has it already.

Hint: `P` is half of what it should be. The solver minimises ½vᵀPv + qᵀv: it brings the one half itself.
Caught: objective 53, trained 60
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = 0.5 * np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
