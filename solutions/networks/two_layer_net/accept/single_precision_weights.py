"""The weights begin as float32, of which the text says nothing; what is computed from float64 data is float64 again."""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        shapes = {"W1": (input_dim, hidden_dim), "W2": (hidden_dim, num_classes)}
        self.params = {name: weight_scale * np.random.randn(*shape) for name, shape in shapes.items()}
        self.params = {name: W.astype(np.float32) for name, W in self.params.items()}
        self.params.update(b1=np.zeros(hidden_dim, np.float32), b2=np.zeros(num_classes, np.float32))
