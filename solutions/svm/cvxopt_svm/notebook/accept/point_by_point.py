"""The points are looked at one after the other."""


def support_vectors(alpha, C, room=1e-4):
    on_margin, at_bound = np.zeros(len(alpha), dtype=bool), np.zeros(len(alpha), dtype=bool)
    for n, value in enumerate(alpha):
        if value > C - room:
            at_bound[n] = True
        elif value > room:
            on_margin[n] = True
    return on_margin, at_bound
