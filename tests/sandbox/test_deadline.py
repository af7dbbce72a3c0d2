"""A run is charged for the time it computes or sleeps, not for what others take of the processor."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.sandbox.usage import BY_THE_CLOCK, PATIENCE, Budget, Deadline, cpu_seconds
from autograder.worker.job import Limits

SECONDS = 8.0

# A run's share of the processor, by the seconds that have passed; and when its 8 seconds are over.
SHARES = {
    "computes": (lambda _: 1.0, 8),
    "computes_on_two_cores": (lambda _: 2.0, 8),
    "nearly_alone": (lambda _: 0.9, 8),
    "sleeps": (lambda _: 0.0, 8),
    "hardly_moves": (lambda _: 0.01, 8),
    "half_of_a_core": (lambda _: 0.5, 2 + 12),
    "a_quarter": (lambda _: 0.25, 2 + 24),
    "a_quarter_for_a_while": (lambda now: 0.25 if now < 10 else 1.0, 10 + 4),
    "computes_and_then_sleeps": (lambda now: 1.0 if now < 4 else 0.0, 8),
    "starved": (lambda _: 0.06, PATIENCE * 8),
}


@pytest.mark.parametrize(("share", "over"), SHARES.values(), ids=SHARES)
def test_time_is_charged_as_it_is_used(share, over):
    """By the clock where a run has the processor or does not want it, else by what it gets."""
    now = spent = 0.0
    deadline = Deadline(SECONDS, lambda: spent, lambda: now)

    try:
        while now < 1000:
            wait = deadline.wait()
            spent += share(now) * wait
            now += wait
    except TimeoutError:
        pass

    assert now == pytest.approx(over)


def test_the_clock_has_the_last_word():
    """A run that computes a little, and sleeps, is not told from one that others keep from the processor."""
    now = 0.0
    deadline = Deadline(SECONDS, lambda: 0.06 * now, lambda: now, most=11.0)

    try:
        while now < 1000:
            now += deadline.wait()
    except TimeoutError:
        pass

    assert now == pytest.approx(11.0)


def test_a_quick_run_is_asked_nothing():
    """Asking takes a turn of the server's."""
    now = 0.0
    deadline = Deadline(SECONDS, pytest.fail, lambda: now)
    now = SECONDS / 4 - 0.1

    assert deadline.wait() == pytest.approx(0.1)


def test_a_wait_that_took_too_long_is_one_window():
    """Whoever waits may be kept from looking: that is not charged to the run."""
    now = 0.0
    deadline = Deadline(SECONDS, lambda: now / 2, lambda: now)
    now = SECONDS

    assert deadline.wait() == pytest.approx(SECONDS / 4)


BUDGETS = {"module": Budget.of_module, "notebook": Budget.of_notebook}


@pytest.mark.parametrize("of", BUDGETS.values(), ids=BUDGETS)
def test_a_budget_ends_when_it_is_charged(of):
    """Draws and cells share one, whatever each of them takes."""
    budget = of(Limits(module_seconds=SECONDS, notebook_seconds=SECONDS))
    budget.charge(SECONDS - 1, SECONDS - 1)
    assert not budget.spent

    budget.charge(1, 1)
    assert budget.spent
    assert "8 s" in budget.late


def test_a_budget_ends_by_the_clock_at_last():
    """On a busy machine it lasts longer, and not for ever."""
    budget = Budget(SECONDS, "late", "not run")
    budget.charge(1, BY_THE_CLOCK * SECONDS - 1)
    assert budget.by_the_clock == 1
    assert not budget.spent

    budget.charge(0, 1)
    assert budget.spent


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's clocks")
def test_the_time_of_a_child():
    """That of its CPU, and none of one that is gone."""
    command = [sys.executable, "-c", "sum(range(10**6)); print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.read(1)

        spent = cpu_seconds(child.pid)

        assert 0 < spent < 60
        assert spent <= cpu_seconds(child.pid) < spent + 1
        child.kill()
    assert cpu_seconds(child.pid) == 0
