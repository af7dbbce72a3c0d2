import numpy as np
try:
    import torch
except ImportError:
    torch = None
try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda x: x

def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001, reg=1.0, verbose=False, phi=lambda x: x):
    X = phi(X)
    W = np.zeros((1, X.shape[1])); b = np.array([0.0])
    for _ in tqdm(range(num_epochs)):
        mask = (y * (X @ W.T + b)) < 1
        W, b = (W - eta * (reg * W - C * (X * y)[mask[:, 0]].sum(axis=0)),
                b - eta * (-C * y[mask].sum()))
        if verbose: print(W, b)
    return W, b
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
