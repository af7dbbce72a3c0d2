"""The reference of two_layer_net has the gradients of its own loss, and that loss is what others compute as well."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from scipy.stats import binom, chi2, norm
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from specimens import HOME

PROBLEM = "networks/two_layer_net"

every_shape = pytest.mark.parametrize(
    ("N", "d_in", "d_out"),
    [(5, 4, 3), (1, 4, 3), (5, 1, 3), (5, 4, 1), (1, 1, 1)],
    ids=["batch", "one_sample", "one_feature", "one_output", "all_one"],
)


@pytest.fixture(scope="module")
def given(page):
    """What imports a handed-out module by its name; they import each other so, too."""
    return importlib.import_module


@pytest.fixture(scope="module")
def nn(page):
    """The reference."""
    return page("two_layer_net")


def numeric(f: Callable[[], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The derivative of f by every entry of x, which f reads, by central differences."""
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        here = x[index]
        x[index] = here + h
        above = f()
        x[index] = here - h
        grad[index] = (above - f()) / (2 * h)
        x[index] = here
    return grad


def agree(found: np.ndarray, expected: np.ndarray) -> None:
    """Two arrays of one shape are the same, to what central differences can tell."""
    assert found.shape == expected.shape

    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@every_shape
def test_fully_connected_gradients_are_those_of_its_output(nn: ModuleType, N: int, d_in: int, d_out: int) -> None:
    """dx, dw and db are the derivatives of sum(out * dout) by x, w and b."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(N, d_in)), rng.normal(size=(d_in, d_out)), rng.normal(size=d_out)
    dout = rng.normal(size=(N, d_out))
    _, cache = nn.fc_forward(x, w, b)

    for grad, argument in zip(nn.fc_backward(dout, cache), (x, w, b), strict=True):
        agree(grad, numeric(lambda: np.sum(nn.fc_forward(x, w, b)[0] * dout), argument))


def test_relu_gradient_is_that_of_its_output(nn: ModuleType) -> None:
    """dx is the derivative of sum(out * dout) by x, away from 0."""
    rng = np.random.default_rng(1)
    x, dout = rng.choice([-1.0, 1.0], size=(4, 5)) * rng.uniform(0.1, 2, size=(4, 5)), rng.normal(size=(4, 5))
    _, cache = nn.relu_forward(x)

    agree(nn.relu_backward(dout, cache), numeric(lambda: np.sum(nn.relu_forward(x)[0] * dout), x))


@every_shape
def test_softmax_loss_gradient_is_that_of_the_loss(nn: ModuleType, N: int, d_in: int, d_out: int) -> None:
    """dx is the derivative of the loss by the scores, for a single sample and for a single class too."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(N, d_out)), rng.integers(d_out, size=N)

    _, dx = nn.softmax_loss(x, y)

    agree(dx, numeric(lambda: nn.softmax_loss(x, y)[0], x))


def test_softmax_loss_is_the_log_loss_of_scikit_learn(nn: ModuleType) -> None:
    """The loss is the mean negative log probability of the labels."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(20, 4)), np.arange(20) % 4

    loss, _ = nn.softmax_loss(x, y)

    assert loss == pytest.approx(log_loss(y, softmax(x, axis=1)), rel=1e-12)


@pytest.mark.parametrize("shift", [-5000.0, 1000.0, 1e6], ids=["far_below", "above", "far_above"])
def test_softmax_loss_is_the_same_for_shifted_scores(nn: ModuleType, shift: float) -> None:
    """A number added to all scores of a row changes neither the loss nor its gradient, and nothing overflows."""
    rng = np.random.default_rng(4)
    x, y = rng.integers(-4, 4, size=(6, 3)).astype(float), rng.integers(3, size=6)
    loss, dx = nn.softmax_loss(x, y)
    x[::2] += shift

    shifted_loss, shifted_dx = nn.softmax_loss(x, y)

    assert shifted_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(shifted_dx, dx, rtol=1e-12)


def test_softmax_loss_is_finite_where_a_probability_is_not_representable(nn: ModuleType) -> None:
    """A right class with a probability of exp(-3000) costs 3000."""
    x, y = np.array([[3000.0, 0.0]]), np.array([1])

    loss, dx = nn.softmax_loss(x, y)

    assert loss == pytest.approx(3000)
    np.testing.assert_allclose(dx, [[1, -1]])


def trained_weights(nn: ModuleType, rng: np.random.Generator, d: int, H: int, C: int) -> Any:
    """A network with random parameters of the order of 1."""
    net = nn.TwoLayerNet(input_dim=d, hidden_dim=H, num_classes=C)
    net.params = {name: rng.normal(size=value.shape) for name, value in net.params.items()}
    return net


@pytest.mark.parametrize(
    ("N", "d", "H", "C"), [(6, 5, 8, 4), (1, 3, 7, 2), (4, 2, 1, 3)], ids=["batch", "one_sample", "one_hidden_unit"]
)
def test_network_gradients_are_those_of_its_loss(nn: ModuleType, N: int, d: int, H: int, C: int) -> None:
    """Each of the gradients is the derivative of the loss by that parameter."""
    rng = np.random.default_rng(5)
    net = trained_weights(nn, rng, d, H, C)
    X, y = rng.normal(size=(N, d)), rng.integers(C, size=N)

    _, grads = net.loss(X, y)

    assert grads.keys() == net.params.keys()
    for name, parameter in net.params.items():
        agree(grads[name], numeric(lambda: net.loss(X, y)[0], parameter))


def test_network_is_the_perceptron_of_scikit_learn(nn: ModuleType) -> None:
    """With the same weights, its probabilities are those of scikit-learn's multilayer perceptron."""
    rng = np.random.default_rng(6)
    net = trained_weights(nn, rng, 5, 8, 4)
    X, y = rng.normal(size=(12, 5)), np.arange(12) % 4
    perceptron = MLPClassifier(hidden_layer_sizes=(8,), activation="relu").partial_fit(X, y, classes=range(4))
    perceptron.coefs_ = [net.params["W1"], net.params["W2"]]
    perceptron.intercepts_ = [net.params["b1"], net.params["b2"]]

    log_p = log_softmax(net.loss(X), axis=1)

    np.testing.assert_allclose(log_p, perceptron.predict_log_proba(X), rtol=1e-10)


def test_arguments_are_left_alone(nn: ModuleType) -> None:
    """No function writes into what it is given."""
    rng = np.random.default_rng(7)
    x, w, b, y = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.integers(3, size=5)
    for array in (x, w, b, y):
        array.flags.writeable = False

    out, cache = nn.fc_forward(x, w, b)
    out.flags.writeable = False
    hidden, relu_cache = nn.relu_forward(out)
    _, dout = nn.softmax_loss(hidden, y)
    dout.flags.writeable = False

    nn.fc_backward(nn.relu_backward(dout, relu_cache), cache)  # a write would have raised


# What `initialisation` shows of the networks' weights, if it draws its inputs from this generator: names and sizes.
SEED = 8
SIZES = {
    "W1": 23 * 19, "W1_large_scale": 23 * 19, "W1_few_units": 6, "W1_without_arguments": 2000,
    "W2": 19 * 47, "W2_large_scale": 19 * 47, "W2_few_units": 3 * 5, "W2_without_arguments": 1000,
}  # fmt: skip
FALSE_ALARM = 1e-6


def test_reference_shows_what_the_bounds_are_proven_for(nn: ModuleType, checks: ModuleType) -> None:
    """The check's weights have about the sizes that are tried below, in one draw."""
    shown = checks.initialisation(nn, np.random.default_rng(SEED))

    assert {name: shown[name].size for name in shown if name.startswith("W")}.keys() == SIZES.keys()
    assert checks.initialisation.__check__.draws == 1
    assert checks.initialisation.__check__.false_alarm == FALSE_ALARM


@pytest.mark.parametrize("n", SIZES.values(), ids=SIZES.keys())
def test_bounds_on_weights_are_as_rare_as_claimed(expect: ModuleType, n: int) -> None:
    """Each of the statements about normal weights is false no more often than its share allows, exactly reckoned."""
    share = FALSE_ALARM / (expect.STATEMENTS * len(SIZES))
    T = np.log(1 / share)

    assert chi2.sf(n + 2 * np.sqrt(n * T) + 2 * T, n) <= share
    assert chi2.cdf(n - 2 * np.sqrt(n * T), n) <= share
    assert 2 * norm.sf(np.sqrt(2 * T)) <= share
    np.testing.assert_allclose(expect.BELOW, norm.cdf(expect.PLACES))
    count = np.arange(n + 1)
    for p in (*expect.BELOW, *(2 * expect.BELOW - 1)[expect.PLACES > 0]):
        refused = np.array([n * expect._entropy(np.array([k / n]), np.array([p])) > T for k in count])
        assert binom.pmf(count[refused & (count < n * p)], n, p).sum() <= share
        assert binom.pmf(count[refused & (count > n * p)], n, p).sum() <= share


def drawn(expect: ModuleType, **changed: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """What `initialisation` returns for a right network; with some arrays changed."""
    rng = np.random.default_rng(9)
    scales = {end: some["weight_scale"] for end, some in expect.hyperparameters(np.random.default_rng(SEED))}
    found = {name: scales.get(name[2:], 1e-3) * rng.normal(size=n) for name, n in SIZES.items()}
    found |= {name.replace("W", "b"): np.zeros(5) for name in SIZES}
    found["shapes_without_arguments"] = np.array([(784, 100), (100, 0), (100, 10), (10, 0)])
    return found | {name: change(found[name]) for name, change in changed.items()}


def like(draw: Callable[..., np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A change of weights to others of the same spread, drawn with a standard deviation of 1, and an outlier."""

    def change(W: np.ndarray) -> np.ndarray:
        return np.std(W) * np.append(draw(np.random.default_rng(0), W.size - 1), 2.5)

    return change


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("W1", lambda W: 1.5 * W, 53),
        ("W1_without_arguments", lambda W: 1.2 * W, 53),
        ("W1_without_arguments", lambda W: 0.8 * W, 53),
        ("W2_without_arguments", lambda W: 50 * W, 53),
        ("W1_without_arguments", lambda W: W + 4e-4, 53),
        ("W2", np.abs, 53),
        ("W1", like(lambda rng, n: rng.choice([-1.0, 1.0], size=n)), 53),
        ("W2", like(lambda rng, n: rng.uniform(-np.sqrt(3), np.sqrt(3), size=n)), 53),
        ("W1_without_arguments", like(lambda rng, n: rng.triangular(-np.sqrt(6), 0, np.sqrt(6), size=n)), 53),
        ("W1_without_arguments", like(lambda rng, n: rng.laplace(scale=np.sqrt(0.5), size=n)), 53),
        ("W1", lambda W: np.repeat(W[:23], 19), 53),
        ("W2", lambda W: 1e200 * W, 53),
        ("b1", lambda b: b + 1e-3, 53),
        ("b2_without_arguments", lambda b: b + 1, 54),
    ],
    ids=[
        "larger", "by_a_fifth", "smaller", "default_unused", "shifted", "positive", "coin_flips", "uniform",
        "triangular", "laplace", "units_alike", "huge", "bias", "bias_one",
    ],
)  # fmt: skip
def test_weights_unlike_the_asked_are_refused(
    expect: ModuleType, name: str, change: Callable[[np.ndarray], np.ndarray], code: int
) -> None:
    """What is drawn otherwise, by as little as a network of this size can show, is found, and named."""
    findings = expect.drawn_from_normal(
        drawn(expect, **{name: change}), drawn(expect), np.random.default_rng(SEED), false_alarm=FALSE_ALARM
    )

    assert [(finding.value, finding.code) for finding in findings] == [(name, code)]


def test_right_weights_are_not_refused(expect: ModuleType) -> None:
    """Normal weights and zero biases give no finding."""
    findings = expect.drawn_from_normal(
        drawn(expect), drawn(expect), np.random.default_rng(SEED), false_alarm=FALSE_ALARM
    )

    assert list(findings) == []


def test_shape_without_arguments_is_the_one_that_the_student_made(expect: ModuleType) -> None:
    """Another default is told by the whole shape of the student's own array, and not by a part that a probe took."""
    other = drawn(expect, shapes_without_arguments=lambda shapes: np.array([(3072, 100), *shapes[1:]]))

    (only,) = expect.drawn_from_normal(other, drawn(expect), np.random.default_rng(SEED), false_alarm=FALSE_ALARM)

    assert only.code == 52
    assert "`W1` of `TwoLayerNet()`, made without arguments, has shape (3072, 100); expected (784, 100)" in only.message


def test_trained_network_is_judged_from_its_parameters(
    nn: ModuleType, checks: ModuleType, expect: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference passes; elsewhere is 60, and where the classes are exchanged 62."""
    monkeypatch.chdir(HOME)
    found = checks.trained(nn, np.random.default_rng(10))
    astray = found | {"b1": found["b1"] + 0.01}
    exchanged = found | {"W2": found["W2"][:, ::-1], "b2": found["b2"][::-1]}

    codes = [
        [finding.code for finding in expect.knows_digits(params, found, np.random.default_rng(10))]
        for params in (found, astray, exchanged)
    ]

    assert codes == [[], [60], [62]]


def test_right_gradients_come_to_know_the_digits(
    nn: ModuleType, checks: ModuleType, expect: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference is far above what is asked of the others, from whatever weights it starts."""
    monkeypatch.chdir(HOME)
    for seed in range(5):
        params = checks.trained(nn, np.random.default_rng(seed))
        X, y = checks.digits(np.random.default_rng(seed))
        scores = np.maximum(X @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"]

        assert np.mean(np.argmax(scores, axis=1) == y) > 0.6


def blobs(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Three clouds in the plane, to train on and to validate on."""
    y = np.arange(120) % 3
    X = 3 * np.array([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])[y] + rng.normal(size=(120, 2))
    return {"X_train": X[:90], "y_train": y[:90], "X_val": X[90:], "y_val": y[90:]}


def solve(nn: ModuleType, given: Callable[[str], ModuleType], **kwargs: object) -> Any:
    """A solver that has trained a small network on three clouds, from the same weights each time."""
    net = nn.TwoLayerNet(input_dim=2, hidden_dim=6, num_classes=3)
    rng = np.random.default_rng(12)
    net.params = {name: 0.3 * rng.normal(size=value.shape) for name, value in net.params.items()}
    options = {"optim_config": {"learning_rate": 0.5}, "num_epochs": 8, "batch_size": 20, "verbose": False}
    solver = given("solver").Solver(net, blobs(rng), **(options | kwargs))
    solver.train()
    return solver


def test_solver_learns(nn: ModuleType, given: Callable[[str], ModuleType]) -> None:
    """Training parts three clouds, with a loss for each iteration and accuracies before and after each epoch."""
    solver = solve(nn, given)

    assert len(solver.loss_history) == 8 * (90 // 20)
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 9
    assert solver.loss_history[-1] < 0.2 < solver.loss_history[0]
    assert solver.best_val_acc == max(solver.val_acc_history) > 0.9


def test_solver_is_reproducible_and_leaves_the_global_generator_alone(
    nn: ModuleType, given: Callable[[str], ModuleType]
) -> None:
    """The same seed gives the same history, another seed another; numpy.random is where it was."""
    net = nn.TwoLayerNet(input_dim=2, hidden_dim=6, num_classes=3)
    weights = {name: value.copy() for name, value in net.params.items()}
    before = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  the one that must not move
    data, options = blobs(np.random.default_rng(0)), {"batch_size": 20, "num_epochs": 2, "verbose": False}
    histories = []
    for seed in (3, 3, 4):
        net.params = dict(weights)
        solver = given("solver").Solver(net, data, seed=seed, **options)
        solver.train()
        histories.append(solver.loss_history)
    after = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  the one that must not move

    assert histories[0] == histories[1] != histories[2]
    assert (after["pos"], after["key"].tolist()) == (before["pos"], before["key"].tolist())


def test_solver_hands_back_the_parameters_that_validated_best(
    nn: ModuleType, given: Callable[[str], ModuleType]
) -> None:
    """The model is left with the best parameters, also where later ones are worse."""
    solver = solve(nn, given, optim_config={"learning_rate": 60.0})

    accuracy = solver.check_accuracy(solver.X_val, solver.y_val)

    assert accuracy == solver.best_val_acc >= solver.val_acc_history[-1]


def test_solver_decays_the_learning_rate_after_each_epoch(nn: ModuleType, given: Callable[[str], ModuleType]) -> None:
    """After e epochs each learning rate is lr_decay^e times the first, and the caller's dict is as it was."""
    config = {"learning_rate": 0.5}

    solver = solve(nn, given, optim_config=config, lr_decay=0.9, num_epochs=3)

    assert config == {"learning_rate": 0.5}
    assert [config["learning_rate"] for config in solver.optim_configs.values()] == [pytest.approx(0.5 * 0.9**3)] * 4


def test_solver_names_an_unknown_update_rule(nn: ModuleType, given: Callable[[str], ModuleType]) -> None:
    """A rule that optim.py doesn't have is refused before training, by name."""
    with pytest.raises(ValueError, match="'adam'"):
        solve(nn, given, update_rule="adam")


def test_sgd_steps_against_the_gradient_and_leaves_its_argument_alone(given: Callable[[str], ModuleType]) -> None:
    """A step is the learning rate times the gradient, 0.01 times it where no rate is given."""
    w, dw = np.array([1.0, -2.0]), np.array([10.0, 20.0])
    sgd = given("optim").sgd

    by_default, config = sgd(w, dw)
    by_config, _ = sgd(w, dw, {"learning_rate": 0.5})

    assert config == {"learning_rate": 0.01}
    np.testing.assert_allclose(by_default, [0.9, -2.2])
    np.testing.assert_allclose(by_config, [-4, -12])
    np.testing.assert_allclose(w, [1, -2])


def test_gradient_check_tells_a_right_gradient_from_a_wrong_one(
    given: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """The three numeric gradients agree with the derivative of a known function, and put back what they move."""
    check = given("gradient_check")
    x, df = np.random.default_rng(13).normal(size=(3, 4)), np.random.default_rng(14).normal(size=(3, 4))
    before = x.copy()

    assert check.rel_error(check.eval_numerical_gradient(lambda x: np.sum(x**3), x), 3 * x**2) < 1e-7
    assert check.rel_error(check.eval_numerical_gradient_array(np.sin, x, df), np.cos(x) * df) < 1e-7
    assert check.grad_check_sparse(lambda _: np.sum(x**3), x, 3 * x**2) < 1e-7
    assert check.grad_check_sparse(lambda _: np.sum(x**3), x, 2 * x**2) > 0.1
    assert capsys.readouterr().out.count("relative error") == 20
    assert x.tolist() == before.tolist()


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [([1.0, 2.0], [1.0, 2.0], 0), ([0.0], [0.0], 0), ([1.0], [-1.0], 1), ([0.0, 3.0], [0.0, 1.0], 0.5)],
    ids=["equal", "both_zero", "opposite", "worst_entry"],
)
def test_rel_error_is_the_worst_entry(
    given: Callable[[str], ModuleType], x: list[float], y: list[float], error: float
) -> None:
    """The relative error is 0 for equal arrays, 1 for opposite ones, and that of the worst entry."""
    assert given("gradient_check").rel_error(np.array(x), np.array(y)) == pytest.approx(error)
