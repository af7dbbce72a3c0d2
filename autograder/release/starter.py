"""A starter out of a solution: the marked regions taken out, and proof that nothing of them is left anywhere."""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autograder.course.pages import BEGIN, END, CourseError
from autograder.course.problem import Problem

_NEARLY = re.compile(r"#[\W_]*(begin|end)[\W_]*solution", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")
_SILENT = frozenset("`'\"\\(),;")
# Signs of a comment, and prompts.
_BEFORE = re.compile(r"^\s*(?:(?:>>>|\.\.\.|#+)\s*)*")
_TEXT_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|#.*""")
# A line of fewer words (`return out`, `n = X.shape[0]`) is anybody's line, and gives nothing away.
_TELLING_WORDS = 4


@dataclass(frozen=True)
class Region:
    """A marked region: the numbers of its first and last line, the markers', from 1."""

    first: int
    last: int


def regions(text: str, where: str) -> list[Region]:
    """The marked regions of a text.

    Raises
    ------
    CourseError
        If a marker is misspelt, nested, or has no partner; the message names the file and the line.
    """
    found: list[Region] = []
    open_at = 0
    for number, line in enumerate(text.splitlines(), 1):
        marker = line.strip()
        if marker == BEGIN:
            if open_at:
                raise CourseError(f"{where}, line {number}: `{BEGIN}` inside the region that line {open_at} begins")
            open_at = number
        elif marker == END:
            if not open_at:
                raise CourseError(f"{where}, line {number}: `{END}` without a `{BEGIN}` before it")
            found.append(Region(open_at, number))
            open_at = 0
        elif _NEARLY.search(line):
            raise CourseError(
                f"{where}, line {number}: `{marker}` is no marker; write `{BEGIN}` or `{END}` alone on a line"
            )
    if open_at:
        raise CourseError(f"{where}, line {open_at}: `{BEGIN}` has no `{END}`")
    return found


def strip(text: str, where: str, place: str, what: str = "this cell") -> str:
    """A text with each region replaced by a ``raise NotImplementedError`` that names the place and the function.

    Raises
    ------
    CourseError
        As :func:`regions`; and if what is left does not compile.
    """
    lines = text.splitlines()
    functions = _functions(text)
    kept: list[str] = []
    done = 0
    for region in regions(text, where):
        kept += lines[done : region.first - 1]
        marker = lines[region.first - 1]
        indent = marker[: len(marker) - len(marker.lstrip())]
        name = next((f"`{name}`" for first, last, name in functions if first <= region.first <= last), what)
        kept.append(f"{indent}{_placeholder(place, name)}")
        done = region.last
    kept += lines[done:]
    return "\n".join(kept) + "\n"


def _placeholder(place: str, name: str) -> str:
    return f'raise NotImplementedError("{place}: {name} is not written yet")'


def starter(problem: Problem) -> str:
    """The text of the module that students get."""
    path = problem.folder / problem.module_file
    text = strip(problem.reference.files[problem.module_file].decode(), str(path), problem.name)
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CourseError(
            f"{path}: without its regions it does not compile: line {error.lineno}, {error.msg}"
        ) from None
    return text


def solution_lines(text: str, where: str) -> dict[str, int]:
    """The words of a solution's lines and statements, which give it away, with the number of the line each begins on.

    Also of what a statement returns or assigns, if that computes something. The words are those of :func:`words`.
    """
    lines = text.splitlines()
    found: dict[str, int] = {}
    for region in regions(text, where):
        inside = lines[region.first : region.last - 1]
        pieces = [*((number, line) for number, line in enumerate(inside, 1)), *_statements("\n".join(inside))]
        for number, piece in pieces:
            code = (_TEXT_OR_COMMENT.sub(r"\1", line) for line in piece.splitlines())
            said = " ".join(word for line in code for word in words(line)).rstrip(" :")
            if len(_WORD.findall(said)) >= _TELLING_WORDS:
                found.setdefault(said, region.first + number)
    return found


def survivors(solutions: Mapping[str, Mapping[str, int]], files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The places where a solution line stands in what is handed out, a sentence each.

    It is found as code, in a docstring, a comment, a text, after a prompt; on one line or on several, however spaced.

    Parameters
    ----------
    solutions : mapping
        For each solution file, its lines as :func:`solution_lines` gives them.
    files : iterable of (str, str)
        Names and texts of what is handed out.
    """
    for name, text in files:
        lines = text.splitlines()
        said = [(number, word) for number, line in enumerate(lines, 1) for word in words(line)]
        starts = list(itertools.accumulate((len(word) + 1 for _, word in said), initial=0))
        whole = f" {' '.join(word for _, word in said)} "
        places: dict[tuple[int, str, int], None] = {}
        for where, telling in solutions.items():
            for line, number in telling.items():
                at = whole.find(f" {line} ")
                while at >= 0:
                    places[said[bisect(starts, at) - 1][0], where, number] = None
                    at = whole.find(f" {line} ", at + 1)
        for number, where, origin in sorted(places):
            yield f"{name}, line {number}: the solution line {where}:{origin} survives: `{lines[number - 1].strip()}`"


def words(line: str) -> list[str]:
    """A line as names, numbers and signs, without what may be written otherwise and says the same.

    That is its spacing, and capitals; quotes, round brackets, commas; and what makes it a comment, a quotation or an
    example.
    """
    return [word for word in _WORD_OR_SIGN.findall(_BEFORE.sub("", line.casefold())) if word not in _SILENT]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a region that hold no other, and what they compute, each with its first line's number."""
    text = textwrap.dedent(text)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # a part of a statement, or a magic: its lines must do
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node.lineno, ast.get_source_segment(text, node) or ""
            value = getattr(node, "value", None)
            if value and any(isinstance(part, (ast.BinOp, ast.Compare)) for part in ast.walk(value)):
                yield node.lineno, ast.get_source_segment(text, value) or ""


def _functions(text: str) -> list[tuple[int, int, str]]:
    """First line, last line and qualified name of each function, innermost first; none if it isn't Python (a magic)."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    found: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}{child.name}"
                visit(child, f"{name}.")
                if not isinstance(child, ast.ClassDef):
                    found.append((child.lineno, child.end_lineno or child.lineno, name))
            else:
                visit(child, prefix)

    visit(tree, "")
    return found
