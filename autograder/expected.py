"""The observations of the reference and the known mistakes on one seed: all that a grader judges by, without code."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import msgspec

from autograder.authoring import Check
from autograder.course.problem import CourseError, Implementation, Problem, Specimen
from autograder.seed import Seed
from autograder.wire import Frame, Observation, WireError, encode, read

ANSWERS_FILE = "answers.bin"

# A trained network is too large to ship a dozen times, and it identifies no mistake: no two give the same one.
MAX_MISTAKE_BYTES = 1 << 16

Observe = Callable[[Problem, Implementation, Seed, Sequence[Check] | None], Sequence[Observation]]
Draws = Mapping[tuple[str, int], Observation]


@dataclass(frozen=True)
class Mistake:
    """A known mistake: its specimen's name, its hint for students, and its observations.

    ``credit`` are the points that it leaves of those of each check that it fails; empty if its author doesn't say what
    it is worth. ``reason`` is the sentence about them.
    """

    name: str
    hint: str
    seen: Draws
    credit: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Answers:
    """The reference's observations by check and draw, and those of the known mistakes in the checks that catch them."""

    reference: Draws
    mistakes: tuple[Mistake, ...] = ()

    def of(self, checks: Collection[str]) -> Answers:
        """Select the observations of these checks, and the mistakes that they catch."""

        def only(seen: Draws) -> Draws:
            return {key: one for key, one in seen.items() if key[0] in checks}

        mistakes = [replace(mistake, seen=only(mistake.seen)) for mistake in self.mistakes]
        return Answers(only(self.reference), tuple(mistake for mistake in mistakes if mistake.seen))

    @property
    def faulty(self) -> bool:
        """Tell whether the reference failed somewhere, or could not be run."""
        return any(observation.ending != "returned" for observation in self.reference.values())


class _Section(msgspec.Struct, omit_defaults=True):
    name: str
    hint: str
    count: int
    credit: dict[str, float] = {}
    reason: str = ""


def by_draw(observations: Sequence[Observation]) -> Draws:
    """Index observations by check and draw."""
    return {(observation.check, observation.draw): observation for observation in observations}


def observe_answers(observe: Observe, problem: Problem, seed: Seed, *, at_home: bool = False) -> Answers:
    """Run the reference and the reject specimens of a problem, and of its notebook, on a seed.

    With ``at_home`` without the checks that only the official run makes, and the mistakes that show only there.
    """
    parts = [_answers_of(observe, part, seed, at_home=at_home) for part in problem.parts]
    reference = {key: one for part in parts for key, one in part.reference.items()}
    return Answers(reference, tuple(mistake for part in parts for mistake in part.mistakes))


def _answers_of(observe: Observe, problem: Problem, seed: Seed, *, at_home: bool) -> Answers:
    checks = [check for check in problem.checks if check.at_home or not at_home]
    reference = by_draw(observe(problem, problem.reference, seed, checks))
    heavy = {check for (check, _), one in reference.items() if len(encode(one)) > MAX_MISTAKE_BYTES}
    mistakes = []
    for specimen in problem.specimens("reject"):
        if at_home and specimen.caught.keys().isdisjoint(check.name for check in checks):
            continue
        caught = [check for check in checks if check.name in specimen.caught.keys() - heavy]
        seen = observe(problem, problem.implementation(specimen.source), seed, caught) if caught else ()
        light = [_bare(each) for each in seen if len(encode(each)) <= MAX_MISTAKE_BYTES]
        credit = _credit(problem, specimen)
        mistakes.append(Mistake(specimen.name, specimen.hint, by_draw(light), credit, specimen.reason))
    return Answers(reference, tuple(mistakes))


def _credit(problem: Problem, specimen: Specimen) -> dict[str, float]:
    """Share what a specimen is worth, beyond the checks that it passes, among those that it fails."""
    fails = {check.name: check.points for check in problem.checks if check.name in specimen.caught}
    lost = sum(fails.values())
    left = (specimen.worth or 0.0) - (problem.points - lost)
    return {name: points * left / lost for name, points in fails.items()} if left > 0 else {}


def _bare(observation: Observation) -> Observation:
    """Strip output and lines of code from a known mistake's observation, which is shipped to students."""
    failure = observation.failure
    if failure and observation.ending != "misfit":
        frames = tuple(Frame("", 0, frame.function, "") for frame in failure.frames)
        failure = replace(failure, frames=frames)
    return replace(observation, failure=failure, output="")


def to_bytes(answers: Answers) -> bytes:
    """Serialize answers: a line of JSON says whose observations follow, then come the observations."""
    everyone = (Mistake("", "", answers.reference), *answers.mistakes)
    index = [_Section(one.name, one.hint, len(one.seen), dict(one.credit), one.reason) for one in everyone]
    messages = (encode(observation) for each in everyone for observation in each.seen.values())
    return msgspec.json.encode(index) + b"\n" + b"".join(messages)


def from_file(path: Path) -> Answers:
    """Read answers from a file; CourseError if it is missing or damaged."""
    try:
        return from_bytes(path.read_bytes())
    except OSError as error:
        raise CourseError(f"{path} can't be read ({error.strerror}); unpack the assignment's zip again") from None
    except ValueError as error:
        raise CourseError(f"{path} is damaged ({error}); unpack the assignment's zip again") from None


def from_bytes(content: bytes) -> Answers:
    """Read answers as :func:`to_bytes` writes them; ValueError if they are damaged."""
    stream = io.BytesIO(content)
    everyone = []
    for section in msgspec.json.decode(stream.readline(), type=list[_Section]):
        seen = list(islice(iter(lambda: read(stream.read), None), section.count))
        if len(seen) != section.count:
            raise WireError("it ends early")
        everyone.append(Mistake(section.name, section.hint, by_draw(seen), section.credit, section.reason))
    reference, *mistakes = everyone
    return Answers(reference.seen, tuple(mistakes))
