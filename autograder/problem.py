"""Assignments, problems and specimens, read from their folders.

The same reader serves ``solutions/<assignment>`` (staff) and ``assignments/<assignment>/checks`` (released): the
second has no references and no specimens, and no hidden seed.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType

import msgspec

from autograder import codes
from autograder.compare import Finding
from autograder.probe import Check, checks_of
from autograder.sandbox.limits import Limits

PUBLIC_SEED = 0

# (found, reference, generator), and for a statistical check false_alarm=...
Predicate = Callable[..., Iterable[Finding]]

_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=Hint:|Caught:)")
_CAUGHT = re.compile(r"(\w+)\s+(\d+)\Z")


class CourseError(Exception):
    """A course's own files are wrong; the message names the file, what was found, and what was expected."""


class ProblemEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[problems]]`` table of ``assignment.toml``."""

    name: str
    title: str
    points: float
    notebook_points: float = 0.0
    limits: dict[str, int | float] = {}


class AssignmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``assignment.toml``, as written; ``name`` stands in a release, whose folder students may rename."""

    title: str
    problems: tuple[ProblemEntry, ...]
    allowed_imports: tuple[str, ...] = ("numpy",)
    preload: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    seed: int = PUBLIC_SEED
    name: str = ""
    quota: int | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Implementation:
    """A module that fills a problem: the student's, the reference, a specimen laid over it.

    Attributes
    ----------
    files : mapping of str to bytes
        By name.
    measured : bool
        What its functions are given is measured, as the reference's is: messages name sizes by the docstrings' letters.
    """

    files: Mapping[str, bytes]
    measured: bool = False

    @classmethod
    def of(cls, module_file: str, files: Mapping[str, bytes]) -> Implementation:
        """The module of that name and the helpers beside it: those whose name it, or another helper, has in it."""
        taken = {module_file: files[module_file]} if module_file in files else {}
        waiting = list(taken.values())
        while waiting:
            text = waiting.pop()
            for name, content in files.items():
                if name not in taken and names_module(text, name):
                    taken[name] = content
                    waiting.append(content)
        return cls(taken)


def names_module(text: bytes, name: str) -> bool:
    """Whether a text has the name of the module in it that is in a file of that name, if any can be."""
    stem = name.removesuffix(".py")
    return stem != name and stem.isidentifier() and stem.encode() in text


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


@dataclass(frozen=True)
class Model:
    """What a problem's ``model.py`` says of the model that its notebook trains.

    Attributes
    ----------
    wanted : tuple of str
        Expressions in the notebook's names: what the model is made of.
    title : str
        The sentence the student reads.
    judge : callable
        ``trained_model(found, data, generator) -> iterable of Finding``: the arrays by expression, the paths of the
        data by name, and what data are drawn from that no student has seen.
    """

    wanted: tuple[str, ...]
    title: str
    judge: Predicate


@dataclass(frozen=True)
class Problem:
    """One module a student completes, with what judges it.

    Attributes
    ----------
    assignment, name, title, points : str, str, str, float
    folder : Path
        Where ``checks.py`` is.
    given : tuple of Path
        Modules handed out beside the student's.
    data : mapping of str to Path
        Files that the students' code reads as ``data/<name>``.
    allowed_imports : tuple of str
        Packages the student may import, beside the standard library.
    preload : tuple of str
        Modules that are imported before the student's, so that their import costs each run nothing.
    limits : Limits
        What a run may cost.
    seed : int
        The seed of the official run.
    notebook_points : float
        What the notebook is worth; 0 where it isn't graded.
    """

    assignment: str
    name: str
    title: str
    points: float
    folder: Path
    given: tuple[Path, ...]
    data: Mapping[str, Path]
    allowed_imports: tuple[str, ...]
    preload: tuple[str, ...]
    limits: Limits
    seed: int
    notebook_points: float = 0.0

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
    def released_notebook(self) -> Path:
        """The notebook that students get; only where staff work."""
        return self.folder.parents[2] / "assignments" / self.assignment / self.notebook_file

    @cached_property
    def model(self) -> Model | None:
        """What is asked of the model that the notebook trains; None where it trains none."""
        if not (self.folder / "model.py").is_file():
            return None
        with _importable(self.given):
            module = _load(self.folder, "model")
        try:
            title = " ".join((module.trained_model.__doc__ or "").strip().split("\n\n")[0].split())
            return Model(tuple(module.WANTED), title, module.trained_model)
        except AttributeError as error:
            raise CourseError(f"{self.folder / 'model.py'} has no `{error.name}`; see docs/authors.md") from None

    @cached_property
    def page_text(self) -> str:
        """The text of the check page, read once: a run is a run of one page, whatever is edited meanwhile."""
        return _source(self.folder / "checks.py")

    @cached_property
    def page(self) -> ModuleType:
        """The check page, as a module."""
        with _importable(self.given):
            return _load(self.folder, "checks")

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks, in the order they are written.

        Raises
        ------
        CourseError
            If there are none, their points don't sum to the problem's, or one names a predicate that isn't there or
            needs a check that doesn't stand before it.
        """
        checks = checks_of(self.page)
        where = self.folder / "checks.py"
        if not checks:
            raise CourseError(f"{where} holds no check; mark at least one probe with @check(points=...)")
        total = sum(check.points for check in checks)
        if abs(total - self.points) > 1e-9:
            raise CourseError(f"{where}: the checks' points sum to {total:g}; assignment.toml says {self.points:g}")
        before: set[str] = set()
        for check in checks:
            self.predicate(check)
            if unknown := set(check.needs) - before:
                raise CourseError(f"{where}: `{check.name}` needs `{min(unknown)}`; name a check that stands before it")
            before.add(check.name)
        return checks

    @cached_property
    def _expectations(self) -> ModuleType | None:
        """The page of predicates, as a module; None where there is none."""
        if not (self.folder / "expect.py").is_file():
            return None
        self.page  # noqa: B018  expect.py says `from .checks import ...`
        with _importable(self.given):
            return _load(self.folder, "expect")

    def predicate(self, check: Check) -> Predicate | None:
        """The function of ``expect.py`` that judges a check; None where the reference's values do."""
        if check.expect is None:
            return None
        predicate: Predicate | None = getattr(self._expectations, check.expect, None)
        if predicate is None:
            path = self.folder / "expect.py"
            raise CourseError(f"{path} has no function `{check.expect}`; the check `{check.name}` expects it")
        # What is stated and what is judged by can't drift apart.
        return partial(predicate, false_alarm=check.false_alarm) if check.false_alarm else predicate

    @property
    def reference(self) -> Implementation:
        """The solution; only where staff work."""
        return replace(self.implementation(_source(self.folder / self.module_file)), measured=True)

    def implementation(self, source: str) -> Implementation:
        """A module of this problem's name with the given text."""
        return Implementation({self.module_file: source.encode()})

    def specimens(self, kind: str) -> tuple[Specimen, ...]:
        """The specimens in ``accept`` or ``reject``, by name."""
        reference = _source(self.folder / self.module_file)
        return tuple(_specimen(path, reference, kind, self) for path in sorted((self.folder / kind).glob("*.py")))


@dataclass(frozen=True)
class Assignment:
    """A folder of problems, in the order students see them."""

    name: str
    title: str
    folder: Path
    problems: tuple[Problem, ...]
    entry: AssignmentEntry


def read_assignment(folder: Path, name: str, data: Path) -> Assignment:
    """The assignment in ``folder``, whose students read ``data/<name>`` out of the folder ``data``.

    Raises
    ------
    CourseError
        If ``assignment.toml`` is missing or malformed, or names what isn't there.
    """
    folder, data = folder.resolve(), data.resolve()
    path = folder / "assignment.toml"
    try:
        entry = msgspec.toml.decode(path.read_bytes(), type=AssignmentEntry)
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None
    for file in entry.data:
        if not (data / file).is_file():
            raise CourseError(f"{path} names the data file {file}; there is no {data / file}")
    names = [item.name for item in entry.problems]
    if len(set(names)) != len(names) or not names:
        raise CourseError(f"{path} names the problems {', '.join(names) or 'none'}; name at least one, and none twice")
    name = entry.name or name
    given = tuple(sorted((folder / "given").glob("*.py")))
    problems = []
    for item in entry.problems:
        if not _SAFE_NAME.match(item.name):
            raise CourseError(f"{path}: {item.name!r} can't be a problem's name; use a Python module's name")
        if not (folder / item.name / "checks.py").is_file():
            raise CourseError(f"{path} names the problem {item.name}; there is no {folder / item.name / 'checks.py'}")
        problems.append(
            Problem(
                assignment=name,
                name=item.name,
                title=item.title,
                points=item.points,
                folder=folder / item.name,
                given=given,
                data={file: data / file for file in entry.data},
                allowed_imports=entry.allowed_imports,
                preload=tuple(dict.fromkeys((*entry.allowed_imports, *entry.preload))),
                limits=_limits(item, path),
                seed=entry.seed,
                notebook_points=item.notebook_points,
            )
        )
    return Assignment(name, entry.title, folder, tuple(problems), entry)


def read_course(course: Path) -> tuple[Assignment, ...]:
    """All assignments of a course: the folders of ``course/solutions`` that hold an ``assignment.toml``.

    Raises
    ------
    CourseError
        If there is no such folder, or an assignment is malformed.
    """
    paths = sorted((course / "solutions").glob("*/assignment.toml"))
    if not paths:
        raise CourseError(
            f"{course} is no course: it holds no solutions/<assignment>/assignment.toml; use --course DIR"
        )
    return tuple(read_assignment(path.parent, path.parent.name, course / "data") for path in paths)


def _limits(entry: ProblemEntry, path: Path) -> Limits:
    # Not left to the decoder: it passes over a dataclass's unknown fields, and a misspelt limit would be none.
    known = [field.name for field in fields(Limits)]
    if unknown := entry.limits.keys() - set(known):
        raise CourseError(f"{path}: {entry.name} sets the limit `{min(unknown)}`; there are {', '.join(known)}")
    try:
        return msgspec.convert(entry.limits, Limits)
    except msgspec.ValidationError as error:
        raise CourseError(f"{path}: the limits of {entry.name}: {error}") from None


def _source(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} can't be read: {error}") from None


def _specimen(path: Path, reference: str, kind: str, problem: Problem) -> Specimen:
    fragment = _source(path)
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
    if unknown := caught.keys() - {check.name for check in problem.checks}:
        raise CourseError(f"{path} names the check {sorted(unknown)[0]}; {problem.folder / 'checks.py'} has none of it")
    return Specimen(path.stem, fields[""], fields["Hint"], caught, f"{reference}\n\n{fragment}")


def _load(folder: Path, stem: str) -> ModuleType:
    """A problem's own file as a module of a package made for its folder: ``expect.py`` can import ``.checks``."""
    package = "_problem_" + re.sub(r"\W", "_", str(folder.resolve()))
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    writes_none = sys.dont_write_bytecode
    # By its time and size a page that was changed within a second of its last reading could not be told from that one.
    sys.dont_write_bytecode = True
    try:
        return importlib.import_module(f"{package}.{stem}")
    except Exception as error:
        # Whatever a page raises, it is a fault of the page, and whoever wrote it wants to know where.
        path = str(folder / f"{stem}.py")
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        where = f", line {lines[-1]}" if lines else ""
        raise CourseError(f"{path}{where} can't be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes_none


@contextmanager
def _importable(given: tuple[Path, ...]) -> Iterator[None]:
    """Let a check page import the handed-out modules, and forget them afterwards: another assignment has others."""
    names = [path.stem for path in given]
    folders = list(dict.fromkeys(str(path.parent) for path in given))
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path[:0] = folders
    try:
        yield
    finally:
        del sys.path[: len(folders)]
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
