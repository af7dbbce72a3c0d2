"""What the other graders' tests call: the same probes on the same inputs, judged in the student's own process.

Copied, as the package ``judge``, beside each submission, with a folder for each problem that holds its check page, its
predicates, and what the reference gave. A claim that doesn't hold is an AssertionError, as in any hand-written test.
"""

from __future__ import annotations

import contextlib
import importlib
import json
from pathlib import Path

import numpy as np

from autograder.authoring import checks_of, generator

HERE = Path(__file__).parent


def claim(problem: str, name: str) -> None:
    """Assert that one check of a problem holds of the module of its name, on every draw."""
    module = importlib.import_module(problem)
    page = importlib.import_module(f"judge.{problem}.checks")
    check = next(one for one in checks_of(page) if one.name == name)
    numbers = json.loads((HERE / problem / "draws.json").read_text())
    expected = np.load(HERE / problem / "expected.npz")
    for draw in range(check.draws):
        # Otter works elsewhere, where there are no data.
        with contextlib.chdir(HERE.parent):
            found = check.probe(module, generator(numbers[f"{name}/{draw}"]))
        prefix = f"{name}/{draw}/"
        right = {key.removeprefix(prefix): expected[key] for key in expected.files if key.startswith(prefix)}
        if check.expect is None:
            for value, array in right.items():
                np.testing.assert_allclose(found[value], array, rtol=check.rtol, atol=check.atol, err_msg=value)
            continue
        predicate = getattr(importlib.import_module(f"judge.{problem}.expect"), check.expect)
        arrays = {value: np.asarray(found[value]) for value in right}
        rate = {"false_alarm": check.false_alarm} if check.false_alarm else {}
        findings = list(predicate(arrays, right, generator(numbers[f"{name}/{draw}"]), **rate))
        assert not findings, findings[0].message
