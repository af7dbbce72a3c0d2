"""The sums along the rows lose their axis, and divide the columns.

Hint: A sum along a row without `keepdims=True` has shape (n,), and NumPy lines it up with the columns. In a square
matrix no error shows it.
Caught: softmax 2, large_logits 2, forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53,
input_gradient 53, learns 60
"""


def softmax(S):
    exp_S = np.exp(S - S.max(axis=1, keepdims=True))
    return exp_S / exp_S.sum(axis=1)
