"""Training: a model, its data and an update rule, put together in batches and epochs."""

import numpy as np
import optim


class Solver:
    """Trains a classifier by minibatch gradient descent and keeps the parameters that did best on validation data.

    A model is anything with a dict `params` of arrays and a method `loss`: ``loss(X)`` gives the scores of the rows of
    X, shape (N, C), and ``loss(X, y)`` the loss and a dict of its gradients, under the same keys as `params`.

        solver = Solver(model, data, optim_config={"learning_rate": 0.1}, num_epochs=5)
        solver.train()

    Parameters
    ----------
    model : object
        What to train. Its `params` are replaced as training goes on.
    data : dict
        ``X_train``, ``X_val``: ndarrays of shape (N_train, d) and (N_val, d); ``y_train``, ``y_val``: their labels.
    update_rule : str
        Name of a function of :mod:`optim`.
    optim_config : dict, optional
        Configuration of the update rule, ``{"learning_rate": ...}`` for one.
    lr_decay : float
        What the learning rate is multiplied by after each epoch, > 0; 1 keeps it.
    batch_size : int
        Rows of a minibatch.
    num_epochs : int
        How many times to go through the training data.
    print_every : int
        Iterations between two lines about the loss, > 0.
    verbose : bool
        Whether to print anything.
    num_train_samples, num_val_samples : int or None
        On how many rows, picked at random, accuracy is measured after each epoch; None takes all.
    seed : int
        Decides the minibatches, and these rows. NumPy's global generator is left alone.

    Attributes
    ----------
    loss_history : list of float
        The loss of each minibatch, before the step it led to.
    train_acc_history, val_acc_history : list of float
        Accuracy in [0, 1], before the first step and after each epoch.
    best_val_acc : float
        The best of `val_acc_history`.
    best_params : dict
        The parameters that reached it; what the model is left with.
    epoch : int
        Epochs done.
    """

    def __init__(
        self,
        model,
        data,
        *,
        update_rule="sgd",
        optim_config=None,
        lr_decay=1.0,
        batch_size=100,
        num_epochs=10,
        print_every=100,
        verbose=True,
        num_train_samples=1000,
        num_val_samples=None,
        seed=0,
    ):
        if not hasattr(optim, update_rule):
            raise ValueError(f"optim.py has no update rule {update_rule!r}; name one of its functions, such as 'sgd'")
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        self.update_rule = getattr(optim, update_rule)
        self.lr_decay = lr_decay
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.print_every = print_every
        self.verbose = verbose
        self.num_train_samples = num_train_samples
        self.num_val_samples = num_val_samples
        self._rng = np.random.default_rng(seed)
        # A config for each parameter: a rule may remember things about one that are no business of another.
        self.optim_configs = {name: dict(optim_config or {}) for name in model.params}
        self.epoch = 0
        self.best_val_acc = -1.0
        self.best_params = {}
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []

    def train(self):
        """Train for `num_epochs` epochs, and leave the model with the best parameters found."""
        iterations_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        self._measure()
        for _ in range(self.num_epochs):
            for _ in range(iterations_per_epoch):
                self._step()
                if self.verbose and len(self.loss_history) % self.print_every == 0:
                    print(f"iteration {len(self.loss_history)}: loss {self.loss_history[-1]:.4f}", flush=True)
            self.epoch += 1
            self._decay()
            self._measure()
        self.model.params = self.best_params

    def check_accuracy(self, X, y, num_samples=None, batch_size=500):
        """Share of the rows of X that the model classifies as y says.

        Parameters
        ----------
        X : ndarray of shape (N, d)
        y : ndarray of shape (N,)
        num_samples : int, optional
            Measure on this many rows, picked at random, if there are more.
        batch_size : int
            How many rows the model gets at once, which bounds the memory that is needed.

        Returns
        -------
        float
            In [0, 1].
        """
        if num_samples is not None and num_samples < len(X):
            chosen = self._rng.choice(len(X), num_samples, replace=False)
            X, y = X[chosen], y[chosen]
        right = 0
        for start in range(0, len(X), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            right += np.sum(np.argmax(scores, axis=1) == y[start : start + batch_size])
        return float(right / len(X))

    def _step(self):
        """One minibatch, one step of every parameter."""
        batch = self._rng.choice(len(self.X_train), min(self.batch_size, len(self.X_train)), replace=False)
        loss, grads = self.model.loss(self.X_train[batch], self.y_train[batch])
        self.loss_history.append(float(loss))
        for name, w in self.model.params.items():
            # Assigning to a key that exists leaves the dict's size alone, so going through it goes on.
            self.model.params[name], self.optim_configs[name] = self.update_rule(
                w, grads[name], self.optim_configs[name]
            )

    def _decay(self):
        for config in self.optim_configs.values():
            if "learning_rate" in config:
                config["learning_rate"] *= self.lr_decay

    def _measure(self):
        """Note the accuracies, and the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {name: np.copy(w) for name, w in self.model.params.items()}
        if self.verbose:
            loss = f"loss {self.loss_history[-1]:.4f}, " if self.loss_history else ""
            print(
                f"epoch {self.epoch} of {self.num_epochs}: "
                f"{loss}training accuracy {train_acc:.3f}, validation accuracy {val_acc:.3f}",
                flush=True,
            )
