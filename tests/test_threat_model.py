"""The page on threats names every attack and no test that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
PAGE = (HOME / "docs/threat-model.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and line.count("|") == 4]
ATTACKS = {path.stem for path in (HOME / "tests/hostile/attacks").glob("*.py")}
HAND_INS = {
    node.name
    for name in ("handed_archives", "handed_notebooks")
    for node in ast.walk(ast.parse((HOME / f"tests/hostile/{name}.py").read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef) and node.decorator_list
}


def quoted(text):
    """The words that are set as code."""
    return re.findall(r"`([^`\n]+)`", text)


def tried():
    """The attacks that each row of a promise names."""
    return {row: quoted(row.split("|")[3]) for row in ROWS if "| tried with |" not in row and "---" not in row}


def known_tests():
    """The names of all tests."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (HOME / "tests").rglob("test_*.py")]
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_attack_is_on_the_page_and_every_one_on_the_page_is_there():
    """The column of attacks and the folder of attacks are the same."""
    assert {name for names in tried().values() for name in names} - HAND_INS == ATTACKS


def test_every_row_of_the_promises_is_tried():
    """A promise without an attack is a wish."""
    assert [row for row, names in tried().items() if not names] == []
    assert len(tried()) > 20


def test_every_test_that_is_named_exists():
    """By its name, wherever it is."""
    named = {word for word in quoted(PAGE) if word.startswith("test_")}

    assert named - known_tests() == set()
    assert len(named) > 20


@pytest.mark.parametrize("page", ["README.md", "docs/design.md"])
def test_the_page_is_found_from(page):
    """Whoever reads about confinement is led there."""
    assert "threat-model.md" in (HOME / page).read_text(encoding="utf-8")
