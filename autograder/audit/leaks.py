"""Leaks: an expected number, or a line of the solution, in a text that a student reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from autograder.course.problem import Problem
from autograder.expected import Draws
from autograder.release.starter import solution_lines, words
from autograder.report import ProblemReport
from autograder.wire import Array

# A number with a fraction or an exponent; whole numbers are counts, indices and sizes.
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)(?![\w.])")
# With fewer digits numbers agree by chance: among thousands of expected ones, one begins with any three digits.
LEAST_DIGITS = 4


@dataclass(frozen=True)
class Secrets:
    """Words and values that no report may show.

    Attributes
    ----------
    numbers : ndarray
        The absolute values of the reference's numbers, sorted.
    lines : mapping of str to str
        The lines of its regions, by their words.
    """

    numbers: Array
    lines: Mapping[str, str]

    @classmethod
    def of(cls, problem: Problem, right: Draws) -> Self:
        """Collect a problem's secrets, with the observations of its reference."""
        values = [
            np.abs(value, dtype=float).ravel()
            for observation in right.values()
            for value in observation.values.values()
            if not isinstance(value, str) and value.dtype.kind == "f"
        ]
        text = problem.reference.files[problem.module_file].decode()
        lines = {
            said: text.splitlines()[n - 1].strip() for said, n in solution_lines(text, problem.module_file).items()
        }
        return cls(np.unique(np.concatenate([np.zeros(1), *values])), lines)

    def told(self, report: ProblemReport) -> Iterator[str]:
        """List the leaks of a report, a sentence each."""
        for verdict in report.checks:
            # Indented lines are the student's own traceback.
            said = [line for line in verdict.message.splitlines() if not line.startswith(" ")]
            for line in [*said, verdict.hint or ""]:
                for number in _NUMBER.findall(line):
                    if self._is_expected(number):
                        yield f"`{verdict.check}` tells the expected number {number}: {line}"
                plain = f" {' '.join(words(line))} "
                for solution in dict.fromkeys(told for said, told in self.lines.items() if f" {said} " in plain):
                    yield f"`{verdict.check}` tells the solution's line `{solution}`: {line}"

    def _is_expected(self, number: str) -> bool:
        mantissa, _, exponent = number.partition("e")
        digits = len(mantissa.replace(".", "").lstrip("0"))
        if digits < LEAST_DIGITS:
            return False
        unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        low, high = np.searchsorted(self.numbers, float(number) + np.array([-0.5, 0.5]) * unit)
        return bool(high > low)
