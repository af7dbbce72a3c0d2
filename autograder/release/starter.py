"""A starter from a solution: the marked regions are removed, and nothing of them is left in any handed-out file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from autograder.course.problem import BEGIN, END, CourseError, Problem

_MARKER = re.compile(r"#[\W_]*(begin|end)[\W_]*solution", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")
_SILENT = frozenset("`'\"\\(),;")
# Comment signs and prompts.
_BEFORE = re.compile(r"^\s*(?:(?:>>>|\.\.\.|#+)\s*)*")
_TEXT_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|#.*""")
# What a line returns or assigns, if that computes something.
_VALUE = re.compile(r"(?:return|[^=<>!]*=) (?!=)(.* [-+*/@<>%] .*)")
# A line of fewer words (`return out`, `n = X.shape[0]`) is common, and gives nothing away.
_TELLING_WORDS = 4


def regions(text: str, where: str) -> list[tuple[int, int]]:
    """Find the marked regions of a text: the numbers of their first and last line, the markers', from 1.

    CourseError if a marker is misspelt, nested, or has no partner.
    """
    found: list[tuple[int, int]] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() == (END if first else BEGIN):
            if first:
                found.append((first, number))
            first = 0 if first else number
        elif _MARKER.search(line):
            raise CourseError(
                f"{where}, line {number}: `{line.strip()}` is no marker, or in the wrong place; write "
                f"`{BEGIN}` before and `{END}` after it, each alone on a line"
            )
    if first:
        raise CourseError(f"{where}, line {first}: `{BEGIN}` has no `{END}`")
    return found


def strip(text: str, where: str, place: str) -> str:
    """Replace each region of a text by a ``raise NotImplementedError`` that names the place and the function."""
    lines = text.splitlines()
    for first, last in reversed(regions(text, where)):
        indent = lines[first - 1].partition("#")[0]
        name = _function_at(first, text)
        lines[first - 1 : last] = [f'{indent}raise NotImplementedError("{place}: {name} is not written yet")']
    return "\n".join(lines) + "\n"


def starter(problem: Problem) -> str:
    """Make the text of the module that students get; CourseError if it doesn't compile."""
    path = problem.folder / problem.module_file
    text = strip(problem.reference.files[problem.module_file].decode(), str(path), problem.name)
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CourseError(f"{path}: without its regions, line {error.lineno} does not compile: {error.msg}") from None
    return text


def solution_lines(text: str, where: str) -> dict[str, int]:
    """Find the lines of a solution that give it away, and what they return or assign: :func:`words`, and numbers."""
    lines = text.splitlines()
    found: dict[str, int] = {}
    for first, last in regions(text, where):
        for number in range(first + 1, last):
            said = " ".join(words(_TEXT_OR_COMMENT.sub(r"\1", lines[number - 1]))).rstrip(" :")
            value = _VALUE.match(said)
            for piece in (said, value[1] if value else ""):
                if len(_WORD.findall(piece)) >= _TELLING_WORDS:
                    found.setdefault(piece, number)
    return found


def survivors(solutions: Mapping[str, Mapping[str, int]], files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Find where solution lines, by file, appear in handed-out files, names and texts; a sentence each."""
    for name, text in files:
        lines = text.splitlines()
        said = [(number, word) for number, line in enumerate(lines, 1) for word in words(line)]
        whole = f" {' '.join(word for _, word in said)} "
        places = {
            (said[whole.count(" ", 0, match.start())][0], where, origin)
            for where, telling in solutions.items()
            for line, origin in telling.items()
            if line in whole
            for match in re.finditer(f" {re.escape(line)}(?= )", whole)
        }
        for number, where, origin in sorted(places):
            yield f"{name}, line {number}: the solution line {where}:{origin} survives: `{lines[number - 1].strip()}`"


def words(line: str) -> list[str]:
    """Split a line into names, numbers and signs, in lower case, without blanks, quotes, brackets and comment signs."""
    return [word for word in _WORD_OR_SIGN.findall(_BEFORE.sub("", line.casefold())) if word not in _SILENT]


def _function_at(line: int, text: str) -> str:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return "this cell"  # a magic
    around = [
        node
        for node in ast.walk(tree)  # the outer ones first
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    in_function = around and isinstance(around[-1], ast.FunctionDef)
    return f"`{'.'.join(node.name for node in around)}`" if in_function else "this cell"
