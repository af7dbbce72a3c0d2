"""Mistakes that students make, which no specimen was written for: each is laid over the reference, as a specimen is.

They were collected before the hints were looked at, so what is told of them says how well hints work on new mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping

_SVM = """
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for epoch in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
"""
_QP = """
def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    q = -np.ones(n)
    G = np.vstack([-np.eye(n), np.eye(n)])
    h = np.concatenate([np.zeros(n), np.full(n, C)])
    A = y[None, :]
    b = np.zeros(1)
    return P, q, G, h, A, b
"""
_BIAS = """
def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
"""
_DECISION = """
def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X, X_train, kernel_params) @ (alpha * y_train) + b
"""
_FC = """
def fc_forward(x, w, b):
    return x @ w + b, (x, w)


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
"""
_RELU = """
def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    x = cache
    return dout * (x > 0)
"""
_LOSS = """
def softmax_loss(x, y):
    N = len(x)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(N), y]))
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    return loss, dx / N
"""
_NET = """
class TwoLayerNet:
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {}
        self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dim)
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["W2"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b2"] = np.zeros(num_classes)

    def loss(self, X, y=None):
        a, cache1 = fc_forward(X, self.params["W1"], self.params["b1"])
        h, cache_relu = relu_forward(a)
        scores, cache2 = fc_forward(h, self.params["W2"], self.params["b2"])
        if y is None:
            return scores
        grads = {}
        loss, dscores = softmax_loss(scores, y)
        dh, grads["W2"], grads["b2"] = fc_backward(dscores, cache2)
        da = relu_backward(dh, cache_relu)
        _, grads["W1"], grads["b1"] = fc_backward(da, cache1)
        return loss, grads
"""
_SOFTMAX = """
def softmax(S):
    exp_S = np.exp(S - S.max(axis=1, keepdims=True))
    return exp_S / exp_S.sum(axis=1, keepdims=True)
"""
_DS = """
def softmax_backward(dA, A):
    return A * (dA - (dA * A).sum(axis=1, keepdims=True))
"""
_FORWARD = """
def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)
"""
_BACKWARD = """
def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
"""


def _with(text: str, *changes: str) -> str:
    """Replace each odd one of the changes by the one after it; each must be there once."""
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {text}")
        text = text.replace(old, new)
    return text


def _of(text: str, **changes: tuple[str, ...]) -> dict[str, str]:
    return {name: _with(text, *each) for name, each in changes.items()}


# By problem, the text of each mistake by its name.
MISTAKES: Mapping[str, Mapping[str, str]] = {
    "svm/soft_margin_svm": _of(
        _SVM,
        return_in_the_loop=("    return W, b", "        return W, b"),
        gradient_a_column=("(violated * y).T @ X", "X.T @ (violated * y)", "W - C * X", "W.T - C * X"),
        labels_flat_in_the_sum=("(violated * y).T @ X", "np.sum((violated * y.ravel()) @ X, axis=0, keepdims=True)"),
        bias_step_hundredth=("b - eta * b_gradient", "b - 0.01 * eta * b_gradient"),
        bias_step_tenth=("b - eta * b_gradient", "b - 0.1 * eta * b_gradient"),
        weights_thrice_bias_quarter=(
            "W - eta * W_gradient, b - eta * b_gradient",
            "W - 3 * eta * W_gradient, b - 0.25 * eta * b_gradient",
        ),
        constant_bias=(
            "W, b = np.zeros((1, X.shape[1])), np.zeros(1)",
            "W, b = np.zeros((1, X.shape[1])), np.array([0.3])",
        ),
        step_shrinks=("        W, b = W - eta", "        eta = eta / (1 + 0.1 * epoch)\n        W, b = W - eta"),
        step_by_epoch=("b - eta * b_gradient", "b - eta / (epoch + 1) * b_gradient"),
        bias_added=("b - eta * b_gradient", "b + eta * b_gradient"),
        margin_zero=("< 1", "< 0"),
        no_labels_in_gradient=("-C * np.sum(violated * y", "-C * np.sum(violated", "(violated * y).T", "violated.T"),
        weights_of_ones=("np.zeros((1, X.shape[1]))", "np.ones((1, X.shape[1]))"),
        random_start=("np.zeros((1, X.shape[1]))", "0.01 * np.random.randn(1, X.shape[1])"),
        centred=("    W, b = np.zeros", "    X = X - X.mean(axis=0)\n    W, b = np.zeros"),
        only_the_last_example=("(violated * y).T @ X", "(violated[-1:] * y[-1:]).T @ X[-1:]"),
        returned_transposed=("    return W, b", "    return W.T, b"),
        bias_of_one_element_list=("    return W, b", "    return W, b[0]"),
        raise_left_above=(
            "    W, b = np.zeros",
            '    raise NotImplementedError("soft_margin_svm: `svm_train_bgd` is not written yet")\n    W, b = np.zeros',
        ),
        no_return=("    return W, b", "    W, b"),
        curly_quotes=("    W, b = np.zeros", "    print(“training”)\n    W, b = np.zeros"),
        percent_magic=("\ndef", "\n%matplotlib inline\ndef"),
        uses_pool=(
            "\ndef",
            "\nfrom multiprocessing import Pool\n\ndef",
            "    return W, b",
            "    with Pool(2) as pool:\n        pool.map(abs, [1])\n    return W, b",
        ),
    ),
    "svm/cvxopt_svm": {
        **_of(
            _QP,
            labels_multiplied_by_matrix_product=("np.outer(y, y)", "(y @ y.T)"),
            only_upper_bound=(
                "np.vstack([-np.eye(n), np.eye(n)])",
                "np.eye(n)",
                "np.concatenate([np.zeros(n), np.full(n, C)])",
                "np.full(n, C)",
            ),
            lower_bound_is_minus_C=("np.zeros(n), np.full(n, C)", "np.full(n, C), np.full(n, C)"),
            equality_of_ones=("y[None, :]", "np.ones((1, n))"),
            q_positive=("-np.ones(n)", "np.ones(n)"),
            P_halved=("np.outer(y, y) *", "0.5 * np.outer(y, y) *"),
            gram_without_kernel=("kernel_matrix(X, X, kernel_params)", "(X @ X.T)"),
            A_flat=("y[None, :]", "y"),
        ),
        **_of(
            _BIAS,
            mean_of_one_minus=("y[support] - ", "1 - y[support] * (", "(alpha * y))", "(alpha * y)))"),
            unbounded_only=("alpha > 1e-4", "(alpha > 1e-4) & (alpha < 0.99 * alpha.max())"),
            first_support_vector=("np.mean(", "(", "(alpha * y))", "(alpha * y))[0]"),
            median=("np.mean(", "np.median("),
            sign_lost=("y[support] - ", "y[support] + "),
        ),
        **_of(
            _DECISION,
            sign_of_it=("    return ", "    return np.sign(", "+ b", "+ b)"),
            bias_subtracted=("+ b", "- b"),
            kernel_with_itself=("kernel_matrix(X, X_train", "kernel_matrix(X_train, X_train"),
            bias_times_alpha=(" @ (alpha * y_train) + b", " @ (alpha * y_train + b)"),
        ),
    },
    "networks/two_layer_net": {
        **_of(
            _FC,
            cache_unpacked_in_other_order=("    x, w = cache", "    w, x = cache"),
            bias_gradient_a_mean=("dout.sum(axis=0)", "dout.mean(axis=0)"),
            dw_by_batch=("x.T @ dout,", "x.T @ dout / len(x),"),
            elementwise_product=("x @ w + b", "x * w + b"),
            dx_not_transposed=("dout @ w.T", "dout @ w"),
            conflict_marks=("    return x @ w + b", "<<<<<<< HEAD\n    return x @ w + b"),
        ),
        **_of(
            _RELU,
            leaky=("np.maximum(x, 0)", "np.maximum(x, 0.01 * x)"),
            gradient_where_negative=("(x > 0)", "(x < 0)"),
            cache_is_output_sign=("return np.maximum(x, 0), x", "return np.maximum(x, 0), np.sign(x)"),
            absolute=("np.maximum(x, 0)", "np.abs(x)"),
        ),
        **_of(
            _LOSS,
            labels_as_rows=("dx[np.arange(N), y] -= 1", "dx[y] -= 1"),
            labels_as_columns=("dx[np.arange(N), y] -= 1", "dx[:, y] -= 1"),
            no_shift=(" - x.max(axis=1, keepdims=True)", ""),
            one_shift=(" - x.max(axis=1, keepdims=True)", " - x.max()"),
            gradient_summed=("dx / N", "dx"),
            log_base_2=("np.log(", "np.log2("),
            loss_positive=("-np.mean", "np.mean"),
            labels_not_subtracted=("    dx[np.arange(N), y] -= 1\n", ""),
            two_times=("dx / N", "2 * dx / N"),
        ),
        **_of(
            _NET,
            caches_exchanged=("(dscores, cache2)", "(dscores, cache1)", "(da, cache1)", "(da, cache2)"),
            default_of_another_course=("28 * 28", "3 * 32 * 32"),
            weight_scale_a_variance=(
                '"W1"] = weight_scale *',
                '"W1"] = np.sqrt(weight_scale) *',
                '"W2"] = weight_scale *',
                '"W2"] = np.sqrt(weight_scale) *',
            ),
            uniform_weights=("np.random.randn(input_dim, hidden_dim)", "np.random.rand(input_dim, hidden_dim)"),
            relu_gradient_left_out=("da = relu_backward(dh, cache_relu)", "da = dh"),
            regularised=(
                '        dh, grads["W2"]',
                '        loss += 0.5 * np.sum(self.params["W1"] ** 2)\n        dh, grads["W2"]',
            ),
            scores_through_softmax_twice=("softmax_loss(scores, y)", "softmax_loss(np.exp(scores), y)"),
            gradients_of_both_layers_exchanged=(
                'dh, grads["W2"]',
                'dh, grads["W1"]',
                '_, grads["W1"]',
                '_, grads["W2"]',
            ),
            only_gradients=("        return loss, grads", "        return grads"),
        ),
    },
    "networks/attention": {
        **_of(
            _SOFTMAX,
            pair_returned=(
                "    return exp_S / exp_S.sum(axis=1, keepdims=True)",
                "    return exp_S / exp_S.sum(axis=1, keepdims=True), S",
            ),
            over_all=("exp_S.sum(axis=1, keepdims=True)", "exp_S.sum()"),
            not_normalised=(" / exp_S.sum(axis=1, keepdims=True)", ""),
        ),
        **_of(
            _DS,
            left_out=("    return A * (dA - (dA * A).sum(axis=1, keepdims=True))", "    return dA"),
            sum_over_columns=("sum(axis=1", "sum(axis=0"),
            no_sum=("(dA * A).sum(axis=1, keepdims=True)", "dA * A"),
            sum_of_everything=("(dA * A).sum(axis=1, keepdims=True)", "(dA * A).sum()"),
            diagonal_only=("    return A * (dA - (dA * A).sum(axis=1, keepdims=True))", "    return dA * A * (1 - A)"),
            zeros=("    return A * (dA - (dA * A).sum(axis=1, keepdims=True))", "    return np.zeros_like(A)"),
        ),
        **_of(
            _FORWARD,
            causal_mask=(
                "softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))",
                "softmax(np.where(np.tri(len(X), dtype=bool), Q @ K.T / np.sqrt(W_Q.shape[1]), -1e9))",
            ),
            multiplied_by_scale=("K.T / np.sqrt", "K.T * np.sqrt"),
            residual_of_values=("X + A @ V", "V + A @ V"),
            weights_after_transpose=("X + A @ V", "X + A.T @ V"),
        ),
        **_of(
            _BACKWARD,
            value_path_missing=(" + dV @ W_V.T\n", "\n"),
            residual_path_missing=("dX = dZ + dQ", "dX = dQ"),
            gradients_not_written_yet=(
                "    return dX, X.T @ dQ, X.T @ dK, X.T @ dV",
                "    return np.zeros_like(X), np.zeros_like(W_Q), np.zeros_like(W_K), X.T @ dV",
            ),
            scale_twice=("dS @ K, dS.T @ Q", "dS @ K / np.sqrt(W_Q.shape[1]), dS.T @ Q / np.sqrt(W_Q.shape[1])"),
            query_and_key_exchanged=("X.T @ dQ, X.T @ dK", "X.T @ dK, X.T @ dQ"),
            weight_gradients_transposed=("X.T @ dV", "dV.T @ X"),
            weights_gradient_from_dz=("dV = A.T @ dZ", "dV = A @ dZ"),
        ),
    },
}
