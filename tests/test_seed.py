"""Inputs follow from a seed of one of three kinds, and nothing that is shown or sent tells a key."""

from __future__ import annotations

import hashlib

import pytest
from small_course import KEY, laid_over

from autograder.gradebook.dependencies import of_problem
from autograder.sandbox import runs
from autograder.seed import Seed
from autograder.worker.job import parts

SECRET = Seed.secret(bytes.fromhex(KEY))
OTHER = Seed.secret(bytes(range(16)))
SEEDS = {
    "public": Seed.public(),
    "zero": Seed.numbered(0),
    "one": Seed.numbered(1),
    "secret": SECRET,
    "other_secret": OTHER,
}
# More than anybody gives a test; a nine-digit number is found in minutes by the same loop.
TRIED = 20_000


def test_a_draws_inputs_follow_from_seed_problem_check_and_draw():
    """The same four give the same inputs; any other of them gives others."""
    asked = [("a/b", "forward", 0), ("a/c", "forward", 0), ("a/b", "backward", 0), ("a/b", "forward", 1)]
    numbers = {name: [seed.of_draw(*one) for one in asked] for name, seed in SEEDS.items()}

    assert numbers == {name: [seed.of_draw(*one) for one in asked] for name, seed in SEEDS.items()}
    public = numbers.pop("public")
    assert len({*public, *(number for each in numbers.values() for number in each)}) == 3 + 4 * len(numbers)


def test_the_public_inputs_are_those_of_the_answers_that_were_released():
    """Byte for byte, in whatever assignment the problem is."""
    expected = int.from_bytes(hashlib.sha256(b"0 forward 2").digest()[:16])

    assert Seed.public().of_draw("a/b", "forward", 2) == Seed.public().of_draw("c/d", "forward", 2) == expected


def test_the_official_inputs_are_keyed():
    """By BLAKE2b: who hasn't the key can't compute one, whatever others are known."""
    keyed = hashlib.blake2b(b"draw a/b forward 2", key=bytes.fromhex(KEY), digest_size=32).digest()

    assert SECRET.of_draw("a/b", "forward", 2) == int.from_bytes(keyed[:16])


@pytest.mark.parametrize(
    ("size", "good"),
    [pytest.param(n, 16 <= n <= 64, id=f"{8 * n}_bits") for n in (0, 1, 4, 15, 16, 32, 64, 65)],
)
def test_a_key_has_128_bits_or_more(size, good):
    """A shorter key could be guessed and is refused, without being quoted."""
    key = b"\xa7" * size

    if good:
        assert Seed.secret(key).kind == "secret"
        return
    with pytest.raises(ValueError, match=f"a key of {8 * size} bits; expected 128 to 512") as error:
        Seed.secret(key)
    assert "a7" not in str(error.value)


class TestNobodyReadsAKey:
    """Neither by accident nor with effort."""

    @pytest.mark.parametrize("text", [repr, str, "{}".format, "{0.digest}".format])
    def test_a_text_of_a_seed_has_none(self, text):
        """However it is asked for."""
        assert not tells(text(SECRET).encode())

    def test_a_text_of_a_course_has_none(self, assignment):
        """Assignment, entry, problem."""
        (problem,) = assignment.problems

        assert problem.seed == SECRET
        for one in (assignment, assignment.entry, problem):
            assert not tells(repr(one).encode())

    def test_what_results_are_filed_under_has_none(self, problem):
        """And is another for another key."""
        found = {of_problem(problem, seed) for seed in SEEDS.values()}

        assert len(found) == len(SEEDS)
        assert not any(tells(digest.encode()) for digest in found)
        assert len({seed.digest for seed in SEEDS.values()}) == len(SEEDS)

    def test_what_a_run_is_sent_has_none(self, sent):
        """The whole job, in bytes, as it goes to the process."""
        for job in sent(SECRET):
            assert not tells(b"".join(parts(job)))

    def test_what_a_run_is_told_of_draws_is_keyed(self, problem, sent):
        """Another key, other numbers; and no number of the old kind, or of another kind of ours, is among them."""
        told = [{number for job in sent(seed) for *_, number in job.draws} for seed in (SECRET, OTHER, Seed.public())]
        mine, others, public = told
        drawn = [(check.name, draw) for check in problem.checks for draw in range(check.draws)]

        assert mine == {SECRET.of_draw(problem.id, *one) for one in drawn}
        assert len(mine) == len(drawn)
        assert mine.isdisjoint(others | public)
        for number in range(TRIED):
            guess = hashlib.sha256(f"{number} {drawn[0][0]} 0".encode()).digest()[:16]
            assert int.from_bytes(guess) not in mine
            assert Seed.numbered(number).of_draw(problem.id, drawn[0][0], 0) not in mine

    @pytest.fixture
    def sent(self, problem, sandbox, monkeypatch):
        """The jobs that a real run of the student's module on a seed is given."""

        def jobs(seed):
            found = []
            monkeypatch.setattr(runs, "parts", lambda job: found.append(job) or parts(job))
            seen = sandbox.observe(problem, laid_over(problem, "def root(a):\n    raise ValueError"), seed)
            monkeypatch.undo()
            assert {one.check for one in seen} == {"prediction", "rooted", "fitted"}
            assert found
            return found

        return jobs


def tells(content):
    """Tell whether bytes hold the key, in any of the forms that it may take."""
    key = bytes.fromhex(KEY)
    forms = (key, KEY.encode(), KEY.upper().encode(), repr(key)[2:-1].encode(), str(int(KEY, 16)).encode())
    return any(form in content for form in forms)
