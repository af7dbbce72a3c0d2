from __future__ import annotations
from dataclasses import dataclass
from typing import Tuple
import numpy as np
import numpy.typing as npt

@dataclass
class State:
    W: npt.NDArray[np.float64]
    b: npt.NDArray[np.float64]

    def step(self, X, y, C, eta) -> State:
        hinge = 1 - y * (X @ self.W.T + self.b)
        s = np.where(hinge > 0, -y, 0)
        return State((1 - eta) * self.W - eta * C * s.T @ X, self.b - eta * C * s.sum(axis=0))

def svm_train_bgd(X: np.ndarray, y: np.ndarray, num_epochs: int = 100, C: float = 5.0, eta: float = 0.001) -> Tuple[np.ndarray, np.ndarray]:
    state = State(np.zeros((1, X.shape[1])), np.zeros(1))
    for _ in range(num_epochs):
        state = state.step(X, y, C, eta)
    return state.W, state.b

def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
