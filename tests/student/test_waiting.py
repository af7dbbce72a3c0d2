"""Whoever waits in a notebook sees how far it is; a moment's work says nothing."""

from __future__ import annotations

import pytest

from autograder.student import environment
from autograder.student.environment import MIME, waiting

LONG_SECONDS = 3600


class Screen:
    """What a notebook shows in the place of one display."""

    def __init__(self):
        self.shown = []

    def display(self, bundle, *, raw, display_id):
        assert raw
        assert display_id
        self.update(bundle, raw=raw)
        return self

    def update(self, bundle, *, raw):
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def screen(monkeypatch):
    """A notebook's."""
    screen = Screen()
    monkeypatch.setattr("IPython.display.display", screen.display)
    monkeypatch.setattr(environment, "_in_notebook", lambda: True)
    return screen


def said(screen):
    return [bundle["text/plain"] for bundle in screen.shown]


def test_a_long_wait_says_how_far_it_is(screen):
    """After each run; in the end that it is done."""
    with waiting("checking line", 3, moment_seconds=0) as told:
        told(None)
        told(None)

    assert said(screen) == [
        "checking line: 1 of 3 runs done …",
        "checking line: 2 of 3 runs done …",
        "checking line: done",
    ]
    assert all(MIME in bundle for bundle in screen.shown)


def test_a_moment_says_nothing(screen):
    """Nor does anything come after it."""
    with waiting("checking line", 1, moment_seconds=LONG_SECONDS) as told:
        told(None)

    assert said(screen) == []


def test_an_end_before_its_time_is_said(screen):
    """A line that says 1 of 3 for ever is not true."""
    wait = waiting("checking line", 3, moment_seconds=0)
    wait.__enter__()(None)
    wait.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert said(screen)[-1] == "checking line: interrupted"


def test_outside_of_a_notebook_nothing_is_shown(screen, monkeypatch):
    """A terminal has its own ways."""
    monkeypatch.setattr(environment, "_in_notebook", lambda: False)

    with waiting("checking line", 1, moment_seconds=0) as told:
        told(None)

    assert said(screen) == []
