"""The bound alpha >= 0 is handed to the solver as alpha <= 0.

Hint: The solver knows only `≤`. Turn alpha_n ≥ 0 round before you write it as a row of `G`; as it stands it leaves
alpha = 0 as the one solution.
Caught: bounds 53, trained 61
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
