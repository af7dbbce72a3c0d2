"""The positions are sines and cosines of several lengths, as in the first transformers."""


def with_positions(X):
    place = np.arange(len(X))[:, np.newaxis] / 10.0 ** np.arange(3)
    return np.concatenate((X, np.sin(place), np.cos(place)), axis=1)
