"""Wrong values beside right ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.wire import Array

# By symbol or argument (N, C, d_k), what it stands for in a draw; several where a check calls with several sizes.
Scales = Mapping[str, Sequence[float]]

# Of a relation with a constant to be found, this many entries at least must bear it out.
ENOUGH = 3


@dataclass(frozen=True)
class Draw:
    """One draw of a check: what came back, what is right, and what its inputs measure."""

    found: Mapping[str, Array]
    right: Mapping[str, Array]
    scales: Scales


@dataclass(frozen=True)
class Pair:
    """A wrong value of one draw, and the right one; ``same`` compares within the check's tolerance."""

    found: Array
    right: Array
    scales: Scales
    same: Callable[[Array, Array], bool]
    agreeing: Callable[[Array, Array], Array]

    @property
    def gap(self) -> Array:
        """By how much each entry is off."""
        return np.subtract(self.found, self.right, dtype=np.float64)

    @property
    def wrong(self) -> Array:
        """Which entries are off."""
        return ~self.agreeing(self.found, self.right)
