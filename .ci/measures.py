"""Print the measures of the house beside their goals, and fail where one has grown.

Lines are counted as they stand, with docstrings, comments and blank lines: what a maintainer scrolls through.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ENGINE = Path(__file__).parent.parent / "autograder"
# What has to be read to trust a verdict.
CORE = (
    "codes.py", "wire.py", "compare.py", "authoring.py", "expected.py", "report.py", "grading.py", "worker", "sandbox",
)  # fmt: skip
# Rooms at the edge: nothing of the rest imports them.
LEAVES = ("audit", "cluster")
# The one room that may be larger than the others.
LARGEST = "sandbox"


def main() -> int:
    """Print each measure beside its goal, and fail where it has grown beyond its bound."""
    sizes = {path.relative_to(ENGINE): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    core = {path: size for path, size in sizes.items() if path.parts[0] in CORE}
    engine = {path: size for path, size in sizes.items() if path.parts[0] not in LEAVES}
    rooms: dict[str, int] = {}
    for path, size in engine.items():
        if len(path.parts) > 1:
            rooms[path.parts[0]] = rooms.get(path.parts[0], 0) + size
    largest, lines = max((item for item in rooms.items() if item[0] != LARGEST), key=lambda item: item[1])
    measures = (
        ("lines of the trusted core", sum(core.values()), 4000, 4950),
        ("lines of the engine without audit and cluster", sum(engine.values()), 11_000, 15_600),
        ("modules of the engine without audit and cluster", len(engine), 65, 74),
        (f"lines of the largest room but {LARGEST} ({largest})", lines, 2000, 2400),
    )
    for what, found, goal, bound in measures:
        print(f"{found:7,}  goal {goal:6,}  bound {bound:6,}  {what}{'' if found <= bound else '  TOO MANY'}")
    for name, size in sorted(rooms.items(), key=lambda item: -item[1]):
        count = sum(1 for path in engine if path.parts[0] == name)
        print(f"{size:7,} in {count:2} modules  {name}")
    return int(any(found > bound for _, found, _, bound in measures))


def modules() -> Iterable[Path]:
    """Find the engine's modules."""
    return sorted(ENGINE.rglob("*.py"))


if __name__ == "__main__":
    sys.exit(main())
