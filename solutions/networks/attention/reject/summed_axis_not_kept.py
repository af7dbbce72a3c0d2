"""The sums along the rows lose their axis, and meet the columns of the matrix instead of its rows.

Hint: A sum along a row without `keepdims=True` has shape (n,), and NumPy lines it up with the columns. In a square
matrix no error shows it.
Caught: softmax_backward 2, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return A * (dA - (dA * A).sum(axis=1))
