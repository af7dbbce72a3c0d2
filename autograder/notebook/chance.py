"""What is drawn at random in a run follows from its seed, whoever is asked for it: also the system's own source.

Runs beside student code. A notebook may draw without a seed, or take the time for one. Two runs with one seed then show
the same, so that a third with another seed tells what is chance from what only the machine and the day have changed
(:mod:`autograder.notebook.retrial`).
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

import numpy as np

# Seconds. A seed that is so near to the time was taken from the clock.
_NEAR = 86_400.0


def begin(seed: int) -> None:
    """Let all generators begin with a seed, those too that begin with what the system gives them."""
    source = random.Random(seed)  # noqa: S311  it is to be foreseen
    os.urandom = source.randbytes
    # What `secrets`, `SystemRandom` and NumPy's new generators draw from.
    random._urandom = source.randbytes  # type: ignore[attr-defined]  # noqa: SLF001
    seeded, seeded_numpy = random.Random.seed, np.random.seed

    def follow(self: random.Random, a: Any = None, version: int = 2) -> None:
        seeded(self, source.getrandbits(64) if _is_none(a) else a, version)

    def follow_numpy(seed: Any = None) -> None:
        seeded_numpy(source.getrandbits(32) if _is_none(seed) else seed)

    random.Random.seed = follow  # type: ignore[method-assign]
    random.seed = random._inst.seed  # noqa: SLF001
    np.random.seed = follow_numpy
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  the generator that the notebook may use


def _is_none(seed: Any) -> bool:
    """Whether a seed is none, or the time, which is another one in each run."""
    return seed is None or (type(seed) in {int, float} and abs(seed - time.time()) < _NEAR)
