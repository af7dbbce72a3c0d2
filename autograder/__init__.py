"""An autograder for machine-learning homework."""

from __future__ import annotations

from typing import Any

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    # Late, because the worker imports this package too, and must not import the grader with it.
    if name == "check":
        from autograder.student import check  # noqa: PLC0415

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
