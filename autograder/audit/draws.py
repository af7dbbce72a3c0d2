"""The inputs that a check draws: the same in each run on a seed, and for each implementation.

A probe that draws from anything but its generator, or draws as many numbers as an answer asks for, tries a student on
other inputs than the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from autograder.authoring import Check
from autograder.course.problem import Problem
from autograder.expected import Draws, Observe, by_draw
from autograder.seed import Seed

# Code appended to a check page: each probe returns digests of its inputs. All of them must be the same in two runs of
# one module, in which NumPy's and Python's global generators have other states; of two modules the first call's, and
# where the generator ends.
_SPY = """

def _told(probe):
    import functools, hashlib, os, random
    import numpy

    def digest(value):
        if isinstance(value, numpy.ndarray):
            return repr((value.shape, value.dtype.str)).encode() + value.tobytes()
        if isinstance(value, dict):
            return b"".join(digest(each) for item in value.items() for each in item)
        if isinstance(value, (list, tuple)):
            return b"".join(map(digest, value))
        plain = isinstance(value, (int, float, str, numpy.generic, type(None)))
        return (repr(value) if plain else type(value).__name__).encode()

    class Spy:
        def __init__(self, target, calls):
            vars(self).update(_target=target, _calls=calls)

        def __getattr__(self, name):
            value = getattr(self._target, name)

            def call(*args, **kwargs):
                self._calls.append(hashlib.sha256(digest([name, args, kwargs])).digest())
                result = value(*args, **kwargs)
                return Spy(result, self._calls) if isinstance(result, type(self._target)) else result

            return call if callable(value) else value

        def __setattr__(self, name, value):
            setattr(self._target, name, value)

    @functools.wraps(probe)
    def told(implementation, rng):
        numpy.random.seed(int.from_bytes(os.urandom(4), "big"))
        random.seed(os.urandom(8))
        calls = []
        probe(Spy(implementation, calls), rng)
        end = hashlib.sha256(repr(rng.bit_generator.state).encode()).digest()
        parts = {"first": b"".join(calls[:1]), "end": end, "all": b"".join(calls)}
        return {name: numpy.frombuffer(hashlib.sha256(part).digest(), numpy.uint8) for name, part in parts.items()}

    return told


for _probe in [each for each in list(globals().values()) if hasattr(each, "__check__")]:
    _spied = _told(_probe)
    _spied.__check__ = __import__("dataclasses").replace(_probe.__check__, probe=_spied)
    globals()[_probe.__name__] = _spied
"""


def undetermined(observe: Observe, problem: Problem, seed: Seed) -> Iterator[str]:
    """Find checks whose inputs do not follow from the seed alone; a sentence each, with the name of one such run."""
    spied = replace(problem, page=replace(problem.page, text=problem.page.text + _SPY))
    checks = [replace(check, draws=1) for check in problem.checks]

    def seen(source: str, some: list[Check]) -> Draws:
        return by_draw(observe(spied, problem.implementation(source), seed, some))

    text = problem.reference.files[problem.module_file].decode()
    right = seen(text, checks)
    runs: list[tuple[str, str, list[Check], tuple[str, ...]]] = [
        ("two runs of the reference", text, checks, ("first", "end", "all"))
    ]
    for kind in ("accept", "reject"):
        for each in problem.specimens(kind):
            # Where a wrong one gives the same as the reference, it asks for the same inputs.
            some = [check for check in checks if check.name in each.caught or not each.caught]
            runs += [(f"the reference and {kind}/{each.name}", each.source, some, ("first", "end"))]
    told: set[str] = set()
    for who, source, some, names in runs:
        for (check, draw), one in seen(source, some).items():
            other = right.get((check, draw))
            if check in told or other is None or {one.ending, other.ending} != {"returned"}:
                continue
            if not all(np.array_equal(one.values[name], other.values[name]) for name in names):
                told.add(check)
                yield (
                    f"{problem.folder / 'checks.py'}: `{check}` gives {who} other inputs on one seed: draw all inputs "
                    "from `rng`, and as many whatever a function returns"
                )
