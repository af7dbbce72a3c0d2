import numpy as np
from svm_tools import gradients, predict

def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    while num_epochs > 0:
        dW, db = gradients(W, b, X, y, C)
        W, b = W - eta * dW, b - eta * db
        num_epochs -= 1
    return W, b

def svm_test(W, b, X, y):
    return (predict(W, b, X) == y).mean()
