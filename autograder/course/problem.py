"""One problem: what a student completes, and what judges it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType

from autograder.authoring import Check, Finding, checks_of
from autograder.course.pages import CourseError, importable, load, source
from autograder.course.specimens import Specimen, read_specimen
from autograder.seed import Seed
from autograder.submissions.uses import used_by_module
from autograder.worker.limits import Limits

# (found, reference, generator), and for a statistical check false_alarm=...
Predicate = Callable[..., Iterable[Finding]]


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
        return cls({name: files[name] for name in used_by_module(module_file, files)})


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
    official : Seed or None
        The seed of the official run; None in a release, and where the assignment has no key.
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
    official: Seed | None
    notebook_points: float = 0.0

    @property
    def id(self) -> str:
        """``assignment/problem``, the problem's name in reports."""
        return f"{self.assignment}/{self.name}"

    @property
    def course(self) -> Path:
        """The folder that holds ``solutions/`` or, at home, the assignments."""
        return self.folder.parent.parent.parent

    @property
    def seed(self) -> Seed:
        """The seed of the official run.

        Raises
        ------
        CourseError
            If there is none.
        """
        if self.official is None:
            raise CourseError(
                f"{self.folder.parent / 'assignment.toml'} has no `key`, from which the inputs of the official run "
                f"follow; say `autograder new-term --assignment {self.folder.parent.name}`, which writes one there"
            )
        return self.official

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
        return self.folder.parent.parent.parent / "assignments" / self.assignment / self.notebook_file

    @cached_property
    def model(self) -> Model | None:
        """What is asked of the model that the notebook trains; None where it trains none."""
        if not (self.folder / "model.py").is_file():
            return None
        with importable(self.given):
            module = load(self.folder, "model")
        try:
            title = " ".join((module.trained_model.__doc__ or "").strip().split("\n\n")[0].split())
            wanted, judge = module.WANTED, module.trained_model
        except AttributeError as error:
            raise CourseError(f"{self.folder / 'model.py'} has no `{error.name}`; see docs/authors.md") from None
        try:
            for expression in wanted if isinstance(wanted, tuple | list) else (None,):
                ast.parse(expression, mode="eval")
        except (SyntaxError, TypeError):
            path = self.folder / "model.py"
            raise CourseError(f"{path}: WANTED is {wanted!r}; expected a tuple of expressions, each a text") from None
        return Model(tuple(wanted), title, judge)

    @cached_property
    def page_text(self) -> str:
        """The text of the check page, read once: a run is a run of one page, whatever is edited meanwhile."""
        return source(self.folder / "checks.py")

    @cached_property
    def page(self) -> ModuleType:
        """The check page, as a module."""
        with importable(self.given):
            return load(self.folder, "checks")

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks, in the order they are written.

        Raises
        ------
        CourseError
            If there are none, their points don't sum to the problem's, or one names a predicate that isn't there or
            needs a check that doesn't stand before it, or isn't judged at home as it is.
        """
        checks = checks_of(self.page)
        where = self.folder / "checks.py"
        if not checks:
            raise CourseError(f"{where} holds no check; mark at least one probe with @check(points=...)")
        total = sum(check.points for check in checks)
        if abs(total - self.points) > 1e-9:
            raise CourseError(f"{where}: the checks' points sum to {total:g}; assignment.toml says {self.points:g}")
        before: set[str] = set()
        at_home: set[str] = set()
        for check in checks:
            self.predicate(check)
            if unknown := set(check.needs) - before:
                raise CourseError(f"{where}: `{check.name}` needs `{min(unknown)}`; name a check that stands before it")
            if check.at_home and (away := set(check.needs) - at_home):
                raise CourseError(
                    f"{where}: `{check.name}` needs `{min(away)}`, which is not judged at home; give both "
                    "at_home=False, or let it need another check"
                )
            before.add(check.name)
            at_home |= {check.name} if check.at_home else set()
        return checks

    @cached_property
    def _expectations(self) -> ModuleType | None:
        """The page of predicates, as a module; None where there is none."""
        if not (self.folder / "expect.py").is_file():
            return None
        self.page  # noqa: B018  expect.py says `from .checks import ...`
        with importable(self.given):
            return load(self.folder, "expect")

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
        return replace(self.implementation(source(self.folder / self.module_file)), measured=True)

    def implementation(self, text: str) -> Implementation:
        """A module of this problem's name with the given text."""
        return Implementation({self.module_file: text.encode()})

    def specimens(self, kind: str) -> tuple[Specimen, ...]:
        """The specimens in ``accept`` or ``reject``, by name."""
        reference = source(self.folder / self.module_file)
        names = [check.name for check in self.checks]
        return tuple(read_specimen(path, reference, names) for path in sorted((self.folder / kind).glob("*.py")))
