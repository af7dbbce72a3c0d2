"""The records of a problem: its facts, its files, its loaded page, its specimens, and modules that fill it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder import codes
from autograder.authoring import Check
from autograder.course.pages import CheckPage, CourseError, source
from autograder.seed import Seed
from autograder.submissions.attachments import used_by_module
from autograder.worker.job import Limits

_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=Hint:|Caught:)")
_CAUGHT = re.compile(r"(\w+)\s+(\d+)\Z")


@dataclass(frozen=True)
class Implementation:
    """A module that fills a problem: the student's, the reference, a specimen laid over it.

    Attributes
    ----------
    measured : bool
        Record the sizes of its functions' arguments, so that messages can name sizes by the docstrings' letters.
    """

    files: Mapping[str, bytes]
    measured: bool = False

    @classmethod
    def of(cls, module_file: str, files: Mapping[str, bytes]) -> Implementation:
        """Take the module of that name, and the helper modules that it or another helper names."""
        return cls({name: files[name] for name in used_by_module(module_file, files)})


@dataclass(frozen=True)
class Specimen:
    """A known variant of a reference: correct but different, or wrong by one mistake.

    Attributes
    ----------
    claim : str
        The difference, or the misconception.
    hint : str
        The hint for a student with this mistake; empty for a correct one.
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


@dataclass(frozen=True)
class ProblemFiles:
    """The folder of a problem's ``checks.py``, the modules handed out beside the student's, and ``data/`` by name."""

    folder: Path = Path()
    given: tuple[Path, ...] = ()
    data: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One module a student completes, with its checks.

    Attributes
    ----------
    allowed_imports : tuple of str
        Packages the student may import, beside the standard library.
    preload : tuple of str
        Modules that are imported before the student's, so that their import costs each run nothing.
    limits : Limits
        Bounds on what a run may use.
    official : Seed or None
        The seed of the official run; None in a release, and where the assignment has no key.
    notebook_points : float
        The points of the notebook; 0 where it isn't graded.
    """

    assignment: str
    name: str
    title: str = ""
    points: float = 0.0
    allowed_imports: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    official: Seed | None = None
    notebook_points: float = 0.0
    files: ProblemFiles = field(default_factory=ProblemFiles)
    page: CheckPage = field(default_factory=CheckPage)

    @property
    def id(self) -> str:
        """``assignment/problem``, the problem's name in reports."""
        return f"{self.assignment}/{self.name}"

    @property
    def module_file(self) -> str:
        """The name of the file a student hands in."""
        return f"{self.name}.py"

    @property
    def notebook_file(self) -> str:
        """The name of the notebook a student hands in."""
        return f"{self.name}.ipynb"

    @property
    def notebook_id(self) -> str:
        """``assignment/problem.ipynb``, the notebook's name in reports."""
        return f"{self.assignment}/{self.notebook_file}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of the page, in the order they are written."""
        return self.page.checks

    @property
    def folder(self) -> Path:
        """The folder of ``checks.py``."""
        return self.files.folder

    @property
    def course(self) -> Path:
        """The folder that holds ``solutions/`` or, at home, the assignments."""
        return self.folder.parent.parent.parent

    @property
    def released_notebook(self) -> Path:
        """The notebook that students get; only where staff work."""
        return self.course / "assignments" / self.assignment / self.notebook_file

    @property
    def released_readme(self) -> Path:
        """The assignment's README as students get it; only where staff work."""
        return self.course / "assignments" / self.assignment / "README.md"

    @property
    def seed(self) -> Seed:
        """The seed of the official run; CourseError if there is none."""
        if self.official is None:
            path = self.folder.parent / "assignment.toml"
            raise CourseError(f"{path} has no `key`, from which the inputs of the official run follow; {new_key(path)}")
        return self.official

    @property
    def reference(self) -> Implementation:
        """The solution; only where staff work."""
        return replace(self.implementation(source(self.folder / self.module_file)), measured=True)

    def implementation(self, text: str) -> Implementation:
        """Make a module of this problem's name with the given text."""
        return Implementation({self.module_file: text.encode()})

    def specimens(self, kind: str) -> tuple[Specimen, ...]:
        """Read the specimens in ``accept`` or ``reject``, in the order of their names.

        Raises
        ------
        CourseError
            If a docstring lacks what one of its kind must say, or names a check that the problem doesn't have.
        """
        reference = source(self.folder / self.module_file)
        return tuple(self._specimen(path, reference) for path in sorted((self.folder / kind).glob("*.py")))

    def _specimen(self, path: Path, reference: str) -> Specimen:
        fragment, kind = source(path), path.parent.name
        try:
            docstring = ast.get_docstring(ast.parse(fragment)) or ""
        except SyntaxError as error:
            raise CourseError(f"{path}, line {error.lineno}: {error.msg}") from None
        said = {"": "", "Hint": "", "Caught": ""}
        for paragraph in _PARAGRAPH.split(docstring):
            label, _, rest = paragraph.partition(":")
            label, text = (label, rest) if label in said else ("", paragraph)
            said[label] = said[label] or " ".join(text.split())
        caught = {}
        for item in filter(None, (part.strip() for part in said["Caught"].split(","))):
            match = _CAUGHT.match(item)
            if match is None:
                raise CourseError(f"{path}: `Caught: {item}` is not a check and its code, like `forward 53`")
            if int(match[2]) not in codes.PRECEDENCE:
                raise CourseError(f"{path}: {match[2]} is no code of a failure; `autograder codes` shows them")
            caught[match[1]] = int(match[2])
        if not said[""] or (kind == "reject") != bool(caught) or (kind == "reject") != bool(said["Hint"]):
            says = "the misconception, `Hint:` and `Caught:`" if kind == "reject" else "what is different, and no hint"
            raise CourseError(f"{path}: the docstring of a specimen in {kind}/ says {says}")
        if unknown := caught.keys() - {check.name for check in self.checks}:
            raise CourseError(f"{path} names the check {min(unknown)}; checks.py has none of it")
        return Specimen(path.stem, said[""], said["Hint"], caught, f"{reference}\n\n{fragment}")


def new_key(path: Path) -> str:
    """Say how an ``assignment.toml`` gets a key that can be used."""
    return f"say `autograder new-term --assignment {path.parent.name}`, which writes a new key there"
