"""How far honest models stay from the bounds in each problem's model.py, over many seeds.

    python benchmarks/models.py [NAME...] [--seeds N] [--variants N]

A model is trained as the notebook trains it, in this process, with the reference and with each variant in ``accept/``,
and measured as a handed-in one is. A seed decides all that chance can have a part in: the weights that networks begin
with; for the two machines, which begin with nothing, the irises or circles to learn from; and for all of them the data
that nobody has seen. Of what is measured the worst and the median are printed under the bound, and how many standard
deviations the reference's mean is away from it. A variant is trained for fewer seeds, and no longer once it
has taken a minute: some have loops. The exit status is 1 if something honest is over a bound. BLAS has one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import cvxopt  # noqa: E402  after the number of threads is set
import numpy as np  # noqa: E402

from autograder.course.assignments import read_course  # noqa: E402
from autograder.course.problem import Problem  # noqa: E402

COURSE = Path(__file__).resolve().parent.parent
# None of these is a notebook's own.
FIRST_SEED = 1000
VARIANT_SECONDS = 60


@dataclass(frozen=True)
class Bound:
    """A bound of a model.py: what it is of, its size, and whether that is the least or the most there may be."""

    of: str
    size: float
    least: bool

    def holds(self, value: float) -> bool:
        """Whether a value is within it."""
        return value >= self.size if self.least else value <= self.size


@dataclass(frozen=True)
class Training:
    """What a notebook trains: the bounds, and what a module and a seed give beside each of them."""

    bounds: tuple[Bound, ...]
    measured: Callable[[Any, int], Sequence[float]]


def irises(problem: Problem, page: Any) -> Training:
    """Section 4 of soft_margin_svm, on 76 other irises of the hundred."""
    with np.load(problem.files.data["iris.npz"]) as iris:
        everyone = [np.vstack([iris[f"{name}_train"], iris[f"{name}_test"]]) for name in "Xy"]

    def measured(module: Any, seed: int) -> Sequence[float]:
        rng = np.random.default_rng(seed)
        kinds = (np.flatnonzero(everyone[1][:, 0] == kind) for kind in (-1, 1))
        taken = np.concatenate([rng.permutation(kind)[:38] for kind in kinds])
        X, y = (array[taken] for array in everyone)
        centred = X - X.mean(axis=0)
        seen, unseen, E = page.measured(
            *module.svm_train_bgd(centred, y, num_epochs=1000), X, y, page.flowers(*everyone, rng)
        )
        return seen, unseen, E / lowest(centred @ centred.T, y[:, 0], page.C)

    return Training((*shares(page), Bound("E / lowest", page.E_AT_MOST, least=False)), measured)


def circles(_: Problem, page: Any) -> Training:
    """Section 7 of cvxopt_svm, on other circles."""

    def measured(module: Any, seed: int) -> Sequence[float]:
        X, y, new = page.circles(seed, seed + 10**6)
        machine = module.CVXOPTSVC(C=page.C, kernel="rbf", gamma=page.GAMMA)
        machine.fit(X, (y > 0).astype(int))
        seen, unseen, primal = page.measured(machine.alpha_, machine.b_, X, y, new)
        return seen, unseen, primal / lowest(page.rbf(X, X), y, page.C)

    return Training((*shares(page), Bound("primal / lowest", page.PRIMAL_AT_MOST, least=False)), measured)


def digits(problem: Problem, page: Any) -> Training:
    """Section 6 of two_layer_net, from other weights."""
    from solver import Solver  # noqa: PLC0415  the assignment's own

    with np.load(problem.files.data["digits.npz"]) as data:
        X, y = data["X"] / 255, data["y"]
    seen = slice(page.TRAINED_ON)
    parts = {"X_train": X[seen], "y_train": y[seen], "X_val": X[page.TRAINED_ON :], "y_val": y[page.TRAINED_ON :]}

    def measured(module: Any, seed: int) -> Sequence[float]:
        np.random.seed(seed)  # noqa: NPY002  as the notebook does
        net = module.TwoLayerNet(input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-2)
        step = {"learning_rate": 0.3}
        Solver(net, parts, optim_config=step, lr_decay=0.97, batch_size=100, num_epochs=30, verbose=False).train()
        params = [net.params[name] for name in ("W1", "b1", "W2", "b2")]
        return page.measured(params, X, y, np.random.default_rng(seed))

    return Training(shares(page), measured)


def pointers(_: Problem, page: Any) -> Training:
    """Section 6 of attention, from other weights."""

    def measured(module: Any, seed: int) -> Sequence[float]:
        rng = np.random.default_rng(seed)
        weights = [0.1 * rng.normal(size=(page.D_MODEL, width)) for width in (8, 8, page.D_MODEL)]
        velocity = [np.zeros_like(W) for W in weights]
        pairs = list(zip(*page.pointing(np.random.default_rng(6), 64), strict=True))
        for _ in range(151):
            velocity = [0.9 * v for v in velocity]
            for X, wanted in pairs:
                Z, cache = module.attention_forward(X, *weights)
                _, *gradients = module.attention_backward((Z - wanted) / len(pairs), cache)
                velocity = [v - 0.1 * gradient for v, gradient in zip(velocity, gradients, strict=True)]
            weights = [W + v for W, v in zip(weights, velocity, strict=True)]
        return page.measured(weights, rng)

    return Training(tuple(Bound(f"loss, {of}", page.BOUND, least=False) for of in ("seen", "unseen")), measured)


TRAININGS: dict[str, Callable[[Problem, Any], Training]] = {
    "soft_margin_svm": irises,
    "cvxopt_svm": circles,
    "two_layer_net": digits,
    "attention": pointers,
}


def shares(page: Any) -> tuple[Bound, Bound]:
    """The bounds that every classifier has."""
    return Bound("right, seen", page.TRAINED, least=True), Bound("right, unseen", page.UNSEEN, least=True)


def lowest(K: Any, y: Any, C: float) -> float:
    """The lowest primal objective of a soft margin SVM with this kernel matrix, which is its dual's highest."""
    n = len(y)
    P, G = np.outer(y, y) * K, np.vstack([-np.eye(n), np.eye(n)])
    parts = P, -np.ones(n), G, np.append(np.zeros(n), np.full(n, C)), y[np.newaxis], np.zeros(1)
    solved = cvxopt.solvers.qp(*map(cvxopt.matrix, parts), options={"show_progress": False})
    return -float(solved["primal objective"])


def implementations(problem: Problem) -> Iterator[tuple[str, ModuleType]]:
    """The reference, and then what is right in another way."""
    reference = problem.reference.files[problem.module_file].decode()
    for name, source in (("reference", reference), *((one.name, one.source) for one in problem.specimens("accept"))):
        module = ModuleType(problem.name)
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
        yield name, module


def told(name: str, bounds: Sequence[Bound], results: Sequence[Sequence[float]], seconds: float) -> str:
    """The line of one implementation: of each quantity the worst and the median, and the reference's distance."""
    line = f"{name:26}{len(results):5}{seconds / len(results):7.1f}"
    for bound, values in zip(bounds, zip(*results, strict=True), strict=True):
        worst = (min if bound.least else max)(values)
        line += f"{worst:10.4f} {statistics.median(values):7.4f}"
        if name == "reference":
            away = abs(statistics.mean(values) - bound.size) / max(statistics.stdev(values), 1e-12)
            line += f" {away:5.0f} sd" if away >= 100 else f" {away:5.1f} sd"
        else:
            line += " " * 9
    return line


def main() -> int:
    """Train, measure, and print."""
    parser = argparse.ArgumentParser(description="How far honest models stay from their bounds.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="problems; without one, all that train a model")
    parser.add_argument("--seeds", type=int, default=50, metavar="N", help="how often each reference trains (50)")
    parser.add_argument("--variants", type=int, default=5, metavar="N", help="how often each variant trains (5)")
    arguments = parser.parse_args()
    over = False
    for problem in (problem for assignment in read_course(COURSE) for problem in assignment.problems):
        model = problem.page.model
        if model is None or (arguments.names and problem.name not in arguments.names):
            continue
        sys.path[:0] = sorted({str(path.parent) for path in problem.files.given})
        training = TRAININGS[problem.name](problem, sys.modules[model.judge.__module__])
        print(f"\n{problem.id:26}seeds      s" + "".join(f"{bound.of:>18}{'':9}" for bound in training.bounds))
        print(f"{'bound':38}" + "".join(f"{bound.size:10g}{'':17}" for bound in training.bounds), flush=True)
        for name, module in implementations(problem):
            count = arguments.seeds if name == "reference" else arguments.variants
            results: list[Sequence[float]] = []
            began = time.monotonic()
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    for seed in range(FIRST_SEED, FIRST_SEED + count):
                        results.append(training.measured(module, seed))
                        if name != "reference" and time.monotonic() - began > VARIANT_SECONDS:
                            break
            except AttributeError as error:
                # A class of one's own need not keep what the notebook reads; then the notebook says so as well.
                print(f"{name:26} not measured: {error}")
                continue
            print(told(name, training.bounds, results, time.monotonic() - began), flush=True)
            over |= not all(
                bound.holds(value) for result in results for bound, value in zip(training.bounds, result, strict=True)
            )
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
