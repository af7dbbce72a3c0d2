"""Draw which rooms of the engine import which, into docs/rooms.svg; --check says whether that file is up to date.

Rows are the layers of the contract in pyproject.toml, captions come from the table in docs/design.md. An arrow is left
out where a longer way of arrows leads to the same room, and where it leads to the lowest layer, which every room uses.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
import tomllib
from html import escape
from itertools import pairwise
from pathlib import Path

import grimp

HOME = Path(__file__).parent.parent
PICTURE = HOME / "docs" / "rooms.svg"
# Painted: what has to be read to trust a verdict (the same rooms as in measures.py), and the rest.
CORE = frozenset(("codes", "wire", "compare", "authoring", "expected", "report", "grading", "worker", "sandbox"))
TRUSTED, OTHER, INK, ARROW = "#fdebc8", "#e8eef7", "#1f2933", "#5b6b7c"
LEGEND = "Every room may import these: arrows to them are left out. Yellow: what has to be read to trust a verdict."
# Pixels.
WIDTH, HEIGHT, GAP, RISE = 200, 52, 22, 36
LANE = 14
MARGIN, NOTE = 16, 24
# Pixels across for each pixel down, past a row.
STEEP = 0.25


def main() -> int:
    """Write the picture, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    only_check = parser.parse_args().check
    rows = layers()
    level = {room: number for number, row in enumerate(rows) for room in row}
    edges = {(start, end) for start, end in imports() if level[start] < level[end] < len(rows) - 1}
    drawn = draw(rows, reduced(edges), captions())
    if only_check:
        if PICTURE.is_file() and PICTURE.read_text("utf-8") == drawn:
            return 0
        print(f"{PICTURE.relative_to(HOME)} is out of date; run .venv/bin/python .ci/import_graph.py", file=sys.stderr)
        return 1
    PICTURE.write_text(drawn, "utf-8")
    return 0


def layers() -> list[list[str]]:
    """Read the layers of the contract, from the top."""
    entry = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))
    return [re.split(r" [|:] ", layer) for layer in entry["tool"]["importlinter"]["contracts"][0]["layers"]]


def captions() -> dict[str, str]:
    """Read what each room is from the table in docs/design.md; of several rooms in a row, parts in their order."""
    found = {}
    for rooms, told in re.findall(
        r"^\| (`[^|]*`) \| (.*) \|$", (HOME / "docs/design.md").read_text("utf-8"), re.MULTILINE
    ):
        names = re.findall(r"`(\w+)`", rooms)
        parts = told.split("; ") if len(names) > 1 else [told]
        found |= dict(zip(names, parts, strict=False))
    return {name: re.sub(r"[`@]| \(\[.*?\)\)", "", told) for name, told in found.items()}


def imports() -> set[tuple[str, str]]:
    """Find the pairs of rooms of which the first imports the second."""
    graph = grimp.build_graph("autograder", cache_dir=None)
    rooms = {name: name.split(".")[1] for name in graph.modules if "." in name and name != "autograder.__main__"}
    return {
        (rooms[name], rooms[other])
        for name in rooms
        for other in graph.find_modules_directly_imported_by(name)
        if other in rooms and rooms[name] != rooms[other]
    }


def reduced(edges: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out each edge that a longer way makes plain."""
    below: dict[str, set[str]] = {}
    for start, end in edges:
        below.setdefault(start, set()).add(end)

    def reaches(start: str, end: str, seen: frozenset[str]) -> bool:
        return any(
            room == end or (room not in seen and reaches(room, end, seen | {room})) for room in below.get(start, ())
        )

    return sorted(
        (start, end)
        for start, end in edges
        if not any(room != end and reaches(room, end, frozenset((start, room))) for room in below[start])
    )


def draw(rows: list[list[str]], edges: list[tuple[str, str]], told: dict[str, str]) -> str:
    """Draw rooms as boxes, a row for each layer, and edges as lines around the boxes between."""
    level = {room: number for number, row in enumerate(rows) for room in row}
    # In each row that an edge passes stands a place that is kept free for it.
    places: list[list[str]] = [[*row] for row in rows]
    ways = []
    for start, end in edges:
        between = [f"{start}>{end}@{number}" for number in range(level[start] + 1, level[end])]
        for number, name in enumerate(between, level[start] + 1):
            places[number].append(name)
        ways.append([start, *between, end])
    beside: dict[str, list[str]] = {name: [] for row in places for name in row}
    for way in ways:
        for upper, lower in pairwise(way):
            beside[upper].append(lower)
            beside[lower].append(upper)
    across = arrange(places, beside)
    right = max(across[name] + size(name) / 2 for name in across)
    bottom = len(rows) * (HEIGHT + RISE) - RISE
    wide, high = round(right + MARGIN), bottom + 2 * MARGIN + NOTE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">',
        f'<g font-family="system-ui, Helvetica, Arial, sans-serif" fill="{INK}" text-anchor="middle">',
        "<!-- Generated by .ci/import_graph.py; edit nothing here. -->",
        "<title>The rooms of the engine, by layer, and what each imports</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        f'<path d="M0 0L8 4L0 8z" fill="{ARROW}"/></marker>',
        # The lowest layer, as a shelf.
        f'<g fill="none" stroke="{ARROW}" stroke-dasharray="4 4">',
        f'<rect x="4" y="{bottom - HEIGHT + MARGIN - 10}" width="{wide - 8}" height="{HEIGHT + NOTE + 16}" rx="8"/>',
        "</g>",
        f'<text x="{wide / 2:g}" y="{bottom + MARGIN + 20}" font-size="11">{LEGEND}</text>',
    ]
    top = {name: MARGIN + number * (HEIGHT + RISE) for number, row in enumerate(places) for name in row}
    parts += [line([(across[name], top[name]) for name in way]) for way in ways]
    parts += [box(room, across[room], top[room], told.get(room, "")) for row in rows for room in row]
    return "\n".join([*parts, "</g>", "</svg>", ""])


def size(name: str) -> int:
    """Tell the width of a place: of a room, or of an edge that passes."""
    return LANE if "@" in name else WIDTH


def arrange(places: list[list[str]], beside: dict[str, list[str]]) -> dict[str, float]:
    """Find the centre of each place, from the left, near to what it is joined to."""
    across = {name: float(number * (WIDTH + GAP)) for row in places for number, name in enumerate(row)}
    for sweep in range(60):
        for row in places if sweep % 2 else reversed(places):
            want = {name: mean([across[other] for other in beside[name]], across[name]) for name in row}
            row.sort(key=lambda name: (want[name], name))
            pack(row, want, across)
    # What is joined to nothing stands below the middle of the rest.
    joined = [across[name] for name in across if beside[name]]
    for row in places:
        alone = [name for name in row if not beside[name]]
        for number, name in enumerate(alone):
            across[name] = (min(joined) + max(joined)) / 2 + (number - (len(alone) - 1) / 2) * (WIDTH + GAP)
    left = min(across[name] - size(name) / 2 for name in across)
    return {name: round(centre - left + MARGIN, 1) for name, centre in across.items()}


def pack(row: list[str], want: dict[str, float], across: dict[str, float]) -> None:
    """Put the places of a row where they want to be, as far as they don't overlap."""
    groups: list[tuple[list[str], list[float], float]] = []
    for name in row:
        names, offsets, centre = [name], [0.0], want[name]
        # Those that overlap move as one, to where all of them are best off together.
        while groups:
            before, shifts, at = groups[-1]
            step = shifts[-1] + (size(before[-1]) + size(names[0])) / 2 + GAP
            if at + step <= centre:
                break
            groups.pop()
            names, offsets = [*before, *names], [*shifts, *(step + offset for offset in offsets)]
            centre = mean([want[one] - offset for one, offset in zip(names, offsets, strict=True)], 0)
        groups.append((names, offsets, centre))
    for names, offsets, centre in groups:
        across.update({name: centre + offset for name, offset in zip(names, offsets, strict=True)})


def mean(numbers: list[float], otherwise: float) -> float:
    """Average, or another number where there are none."""
    return sum(numbers) / len(numbers) if numbers else otherwise


def line(points: list[tuple[float, float]]) -> str:
    """Draw an edge: down out of a box, straight past the rows between, and down into another box."""
    (x, y), *between, (x1, y1) = points
    knots = [(x, y + HEIGHT, 0.0)]
    for (before, _), (at, top), (after, _) in zip(points, between, points[2:], strict=False):
        slope = max(-STEEP, min(STEEP, (after - before) / 2 / (HEIGHT + RISE)))
        knots += [(at - slope * HEIGHT / 2, top, slope), (at + slope * HEIGHT / 2, top + HEIGHT, slope)]
    path = f"M{x:g} {y + HEIGHT}"
    for (x0, y0, slope0), (x2, y2, slope2) in pairwise([*knots, (x1, y1 - 1, 0.0)]):
        down = (y2 - y0) / 2
        path += f"C{x0 + slope0 * down:.1f} {y0 + down:.1f} {x2 - slope2 * down:.1f} {y2 - down:.1f} {x2:.1f} {y2:.1f}"
    return f'<path d="{path}" fill="none" stroke="{ARROW}" stroke-width="1.3" marker-end="url(#tip)"/>'


def box(room: str, centre: float, top: float, told: str) -> str:
    """Draw a room: its name, and below what it is."""
    left, colour = centre - WIDTH / 2, TRUSTED if room in CORE else OTHER
    parts = [
        f'<rect x="{left:g}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{colour}" stroke="{ARROW}"/>',
        f'<text x="{centre}" y="{top + 17}" font-weight="bold" font-size="13">{room}</text>',
    ]
    for number, said in enumerate(textwrap.wrap(told, 35, max_lines=2, placeholder=" …")):
        where = f'x="{centre}" y="{top + 32 + 13 * number}" font-size="10.5"'
        parts.append(f"<text {where}>{escape(said)}</text>")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
