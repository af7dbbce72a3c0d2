"""What is known of a problem beside its reference: right in another way, or wrong by one mistake."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder import codes
from autograder.course.pages import CourseError, source

_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=Hint:|Caught:)")
_CAUGHT = re.compile(r"(\w+)\s+(\d+)\Z")


@dataclass(frozen=True)
class Specimen:
    """A known variant of a reference: correct but different, or wrong by one mistake.

    Attributes
    ----------
    name : str
        The file's name without suffix.
    claim : str
        What is different, or the misconception.
    hint : str
        What a student with this mistake reads; empty for a correct one.
    caught : mapping of str to int
        The checks that fail, with their codes; empty for a correct one.
    source : str
        The reference's text with the specimen's after it.
    """

    name: str
    claim: str
    hint: str
    caught: Mapping[str, int]
    source: str


def read_specimen(path: Path, reference: str, checks: Collection[str]) -> Specimen:
    """The specimen in a file of ``accept`` or ``reject``, laid over the reference's text.

    Raises
    ------
    CourseError
        If its docstring doesn't say what one of that kind must, or names a check that the problem doesn't have.
    """
    fragment, kind = source(path), path.parent.name
    try:
        docstring = ast.get_docstring(ast.parse(fragment)) or ""
    except SyntaxError as error:
        raise CourseError(f"{path}, line {error.lineno}: {error.msg}") from None
    fields = {"": "", "Hint": "", "Caught": ""}
    for paragraph in _PARAGRAPH.split(docstring):
        label, colon, rest = paragraph.partition(":")
        label = label if colon and label in fields else ""
        said = " ".join((rest if label else paragraph).split())
        fields[label] = fields[label] or said
    caught = {}
    for item in filter(None, (part.strip() for part in fields["Caught"].split(","))):
        match = _CAUGHT.match(item)
        if match is None:
            raise CourseError(f"{path}: `Caught: {item}` is not a check and its code, like `forward 53`")
        if int(match[2]) not in codes.PRECEDENCE:
            raise CourseError(f"{path}: {match[2]} is no code of a failure; `autograder codes` shows them")
        caught[match[1]] = int(match[2])
    if not fields[""] or (kind == "reject") != bool(caught) or (kind == "reject") != bool(fields["Hint"]):
        wanted = "the misconception, `Hint:` and `Caught:`" if kind == "reject" else "what is different, and no hint"
        raise CourseError(f"{path}: the docstring of a specimen in {kind}/ says {wanted}")
    if unknown := caught.keys() - set(checks):
        raise CourseError(f"{path} names the check {min(unknown)}; checks.py has none of it")
    return Specimen(path.stem, fields[""], fields["Hint"], caught, f"{reference}\n\n{fragment}")
