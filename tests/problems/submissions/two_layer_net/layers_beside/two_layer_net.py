import numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
from layers import *
from gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error, grad_check_sparse
from optim import sgd
from solver import Solver

np.random.seed(1)
plt.rcParams['figure.figsize'] = (10.0, 8.0)

class TwoLayerNet(Model):
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        Model.__init__(self)
        self.params.update(W1=gauss(input_dim, hidden_dim, weight_scale), W2=gauss(hidden_dim, num_classes, weight_scale),
                           b1=np.zeros(hidden_dim), b2=np.zeros(num_classes))
    def loss(self, X, y=None):
        s, cache = fc_relu_forward(X, self.params['W1'], self.params['b1'])
        s, cache2 = fc_forward(s, self.params['W2'], self.params['b2'])
        if y is None:
            return s
        grads = {}
        loss, d = softmax_loss(s, y)
        d, grads['W2'], grads['b2'] = fc_backward(d, cache2)
        d, grads['W1'], grads['b1'] = fc_relu_backward(d, cache)
        return loss, grads

if __name__ == '__main__':
    d = np.load('data/digits.npz')
    model = TwoLayerNet()
    solver = Solver(model, {'X_train': d['X'][:100], 'y_train': d['y'][:100], 'X_val': d['X'][100:], 'y_val': d['y'][100:]})
    solver.train()
    plt.plot(solver.loss_history); plt.savefig('two_layer_net.png')
