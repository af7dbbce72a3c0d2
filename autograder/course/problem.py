"""A problem: its facts, its specimens, and its pages, loaded as modules: ``checks.py``, ``expect.py``, ``model.py``."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import symtable
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType

from autograder import Error, codes
from autograder.authoring import Check, Finding, checks_of
from autograder.course.slicing import changed, first_line, sliced
from autograder.seed import Seed
from autograder.submissions.selection import used_by_module
from autograder.worker.job import Limits

# (found, reference, generator), and for a statistical check false_alarm=...
Predicate = Callable[..., Iterable[Finding]]


class CourseError(Error):
    """A course's own files are wrong; the message names the file, what was found, and what was expected."""


# The lines around a region of a solution that students don't get.
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


@dataclass(frozen=True)
class Model:
    """The requirements of a problem's ``model.py`` on the model that its notebook trains."""

    # Expressions in the notebook's names, for the arrays that make up the model.
    wanted: tuple[str, ...]
    # The sentence the student reads.
    title: str
    # (arrays by expression, paths of the data by name, generator for inputs that no student has seen)
    judge: Predicate


@dataclass(frozen=True)
class CheckPage:
    """A problem's pages, loaded: checks in the order they are written, and the functions of ``expect.py`` they name."""

    # Of ``checks.py``, read once: all runs are runs of one page, whatever is edited meanwhile.
    text: str = ""
    checks: tuple[Check, ...] = ()
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    model: Model | None = None

    def predicate(self, check: Check) -> Predicate | None:
        """Return the predicate of a check, with the check's false-alarm rate; None where values are compared."""
        if check.expect is None:
            return None
        predicate = self.predicates[check.expect]
        # The bound that is stated is the bound that is applied.
        return partial(predicate, false_alarm=check.false_alarm) if check.false_alarm else predicate


def load_page(folder: Path, given: tuple[Path, ...], points: float) -> CheckPage:
    """Load the pages in a problem's folder, which may import the handed-out modules ``given``.

    Raises
    ------
    CourseError
        If a page can't be loaded, the checks' points have another sum than ``points``, or a check names a predicate or
        an earlier check that doesn't exist.
    """
    path = folder / "checks.py"
    for name in [name for name in sys.modules if name.startswith(f"{_package(folder)}.")]:
        del sys.modules[name]  # of an earlier reading
    with importable(given):
        checks = checks_of(load(folder, "checks"))
        if not checks:
            raise CourseError(f"{path} holds no check; mark at least one probe with @check(points=...)")
        expectations = load(folder, "expect") if (folder / "expect.py").is_file() else None
        model = _model(folder) if (folder / "model.py").is_file() else None
    total = sum(check.points for check in checks if check.of == "module")
    if abs(total - points) > 1e-9:
        raise CourseError(f"{path}: the checks' points sum to {total:g}; assignment.toml says {points:g}")
    before: dict[str, Check] = {}
    predicates = {}
    for check in checks:
        for name in sorted(check.needs):
            if name not in before or before[name].of != check.of:
                where = f"a check of the {check.of} that stands before it"
                raise CourseError(f"{path}: `{check.name}` needs `{name}`; name {where}")
            if check.at_home and not before[name].at_home:
                raise CourseError(f"{path}: `{check.name}` needs `{name}`, which is not judged at home; nor must it be")
        before[check.name] = check
        if check.expect is not None:
            if not hasattr(expectations, check.expect):
                raise CourseError(f"{folder / 'expect.py'} has no function `{check.expect}` for `{check.name}`")
            predicates[check.expect] = getattr(expectations, check.expect)
    return CheckPage(source(path), checks, predicates, model)


def _model(folder: Path) -> Model:
    path, module = folder / "model.py", load(folder, "model")
    try:
        wanted, judge = module.WANTED, module.trained_model
        for expression in wanted if isinstance(wanted, tuple) else (None,):
            ast.parse(expression, mode="eval")
    except AttributeError as error:
        raise CourseError(f"{path} has no `{error.name}`; see docs/authors.md") from None
    except (SyntaxError, TypeError):
        raise CourseError(f"{path}: WANTED is {wanted!r}; expected a tuple of expressions, each a text") from None
    return Model(wanted, " ".join((judge.__doc__ or "").strip().split("\n\n")[0].split()), judge)


def source(path: Path) -> str:
    """Read the text of a file; CourseError if it can't be read, or isn't UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} can't be read: {error}") from None


def without_markers(text: str) -> str:
    """Return a solution without the lines that mark its regions."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in {BEGIN, END}) + "\n"


def needed(text: str, path: Path, asked: Collection[str] = ()) -> str:
    """Blank a notebook's lines, but for imports, markers, and what marked regions and the names asked for depend on."""
    try:
        tops = ast.parse(text).body
    except SyntaxError as error:
        raise CourseError(f"{path}, line {error.lineno}: {error.msg}") from None
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines, 1) if line.strip() in {BEGIN, END}]
    regions = [*zip(marks[::2], marks[1::2], strict=False)]
    spans = {top: (first_line(top), top.end_lineno or 0) for top in tops}
    wanted = {
        top
        for top, (first, last) in spans.items()
        if isinstance(top, ast.Import | ast.ImportFrom)
        or changed(top).intersection(asked)
        or any(first < end and begin < last for begin, end in regions)
    }
    shown = {*marks, *(n for top in sliced(tops, wanted) for n in range(spans[top][0], spans[top][1] + 1))}
    return "\n".join(line if number in shown else "" for number, line in enumerate(lines, 1)) + "\n"


def load(folder: Path, stem: str) -> ModuleType:
    """Load a problem's own file as a module of a package made for its folder: ``expect.py`` can import ``.checks``.

    CourseError if it raises an exception, or a function in it reads a name that nothing defines.
    """
    package = _package(folder)
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    writes_none = sys.dont_write_bytecode
    # A page changed within a second of its last import has the same time, and maybe size: its bytecode would be stale.
    sys.dont_write_bytecode = True
    try:
        page = importlib.import_module(f"{package}.{stem}")
    except (Exception, SystemExit) as error:
        # A boundary: a page may raise anything, and that is the page's fault.
        where = raised_in(error, folder) or f"{stem}.py"
        raise CourseError(f"{folder / where} can't be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes_none
    path = folder / f"{stem}.py"
    for name, line in _undefined(source(path), {*vars(page)}):
        raise CourseError(f"{path}, line {line}: there is no `{name}`; is it misspelt?")
    return page


def _package(folder: Path) -> str:
    return "_problem_" + re.sub(r"\W", "_", str(folder.resolve()))


def _undefined(page: str, known: set[str]) -> list[tuple[str, int]]:
    tables = [symtable.symtable(page, "page", "exec")]
    for table in tables:
        tables += table.get_children()  # and theirs
    inner = [symbol for table in tables[1:] for symbol in table.get_symbols()]
    known = known | {*vars(builtins)} | {symbol.get_name() for symbol in inner if symbol.is_declared_global()}
    unknown = {symbol.get_name() for symbol in inner if symbol.is_global()} - known
    nodes = ast.walk(ast.parse(page))
    return [(node.id, node.lineno) for node in nodes if isinstance(node, ast.Name) and node.id in unknown]


def raised_in(error: BaseException, folder: Path) -> str:
    """Find where in a problem's own files an exception was raised: ``expect.py, line 31``, or "" if in none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


@contextmanager
def importable(given: tuple[Path, ...]) -> Iterator[None]:
    """Let a page import the handed-out modules, and forget them afterwards: another assignment has others."""
    names = [path.stem for path in given]
    folders = list({str(path.parent): None for path in given})
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path[:0] = folders
    try:
        yield
    finally:
        del sys.path[: len(folders)]
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=Hint:|Caught:|Worth:)")
# Points, and a reason.
_WORTH = re.compile(r"(\d+(?:\.\d+)?)(?: points?)?(?:[,:;.] (.+))?")


@dataclass(frozen=True)
class Implementation:
    """A module that fills a problem: the student's, the reference, a specimen laid over it."""

    files: Mapping[str, bytes]
    # Record the sizes of its functions' arguments, so that messages can name sizes by the docstrings' letters.
    measured: bool = False

    @classmethod
    def of(cls, module_file: str, files: Mapping[str, bytes]) -> Implementation:
        """Take the module of that name, and the helper modules that it or another helper names."""
        return cls({name: files[name] for name in used_by_module(module_file, files)})


@dataclass(frozen=True)
class Specimen:
    """A known variant of a reference: correct but different, or wrong by one mistake.

    ``source`` is the reference's text with the specimen's after it.
    """

    name: str
    # The difference, or the misconception.
    claim: str
    # For a wrong one, the hint for a student, and the checks that fail with their codes.
    hint: str
    caught: Mapping[str, int]
    source: str
    # What it earns of the problem's points, if its author says so, and the reason that a report gives.
    worth: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class ProblemFiles:
    """The folder of a problem's ``checks.py``, the modules handed out beside the student's, and ``data/`` by name."""

    folder: Path = Path()
    given: tuple[Path, ...] = ()
    data: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One module a student completes, with its checks."""

    assignment: str
    name: str
    title: str = ""
    points: float = 0.0
    # Packages the student may import, beside the standard library.
    allowed_imports: tuple[str, ...] = ()
    # Modules that are imported before the student's, so that their import costs each run nothing.
    preload: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    # The seed of the official run; None in a release, and where the assignment has no key.
    official: Seed | None = None
    # 0 where the notebook isn't graded.
    notebook_points: float = 0.0
    # The version of Python that grades, as "3.11"; "" where none is stated.
    python: str = ""
    files: ProblemFiles = field(default_factory=ProblemFiles)
    page: CheckPage = field(default_factory=CheckPage)
    # The part that is judged. The notebook's is :attr:`in_notebook`.
    of: str = "module"

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
        """The checks of this part, in the order they are written."""
        return tuple(check for check in self.page.checks if check.of == self.of)

    @property
    def in_notebook(self) -> Problem:
        """The same problem with the checks of its notebook.

        Its reference is the module that :func:`needed` makes of ``notebook.py``; its specimens are in ``notebook/``.
        """
        imports = (*self.allowed_imports, "matplotlib")  # which every notebook may import
        points = sum(check.points for check in self.page.checks if check.of == "notebook")
        return replace(self, name=f"{self.name}_notebook", of="notebook", points=points, allowed_imports=imports)

    @property
    def parts(self) -> tuple[Problem, ...]:
        """The problem, and its notebook's part if that has checks."""
        notebook = self.in_notebook
        return (self, notebook) if self.of == "module" and notebook.checks else (self,)

    @property
    def beside(self) -> tuple[Path, ...]:
        """The reference's module, which a notebook imports; none for a module."""
        return (self.folder / f"{self.name.removesuffix('_notebook')}.py",) if self.of == "notebook" else ()

    @property
    def own(self) -> Path:
        """The folder of this part's ``accept/``, ``reject/`` and ``equivalent.toml``."""
        return self.folder if self.of == "module" else self.folder / "notebook"

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
        return replace(self.implementation(self._text), measured=True)

    def implementation(self, text: str) -> Implementation:
        """Make a module of this problem's name with the given text."""
        beside = {path.name: source(path).encode() for path in self.beside}
        return Implementation({self.module_file: text.encode(), **beside})

    @property
    def _text(self) -> str:
        if self.of == "notebook":
            path = self.folder / "notebook.py"
            probes = {check.probe.__code__.co_varnames[0] for check in self.checks}
            nodes = [node for node in ast.walk(ast.parse(self.page.text)) if isinstance(node, ast.Attribute)]
            asked = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id in probes}
            return needed(source(path), path, asked)
        return source(self.folder / self.module_file)

    def specimens(self, kind: str) -> tuple[Specimen, ...]:
        """Read the specimens in ``accept`` or ``reject``, in the order of their names.

        CourseError if a docstring lacks what one of its kind must say, or names a check that the problem doesn't have.
        """
        paths = sorted((self.own / kind).glob("*.py"))
        reference = self._text if paths else ""
        return tuple(self._specimen(path, reference) for path in paths)

    def _specimen(self, path: Path, reference: str) -> Specimen:
        fragment, kind = source(path), path.parent.name
        try:
            docstring = ast.get_docstring(ast.parse(fragment)) or ""
        except SyntaxError as error:
            raise CourseError(f"{path}, line {error.lineno}: {error.msg}") from None
        said = {"": "", "Hint": "", "Caught": "", "Worth": ""}
        for paragraph in _PARAGRAPH.split(docstring):
            label, _, rest = paragraph.partition(":")
            label, text = (label, rest) if label in said else ("", paragraph)
            said[label] = said[label] or " ".join(text.split())
        caught = {}
        for item in filter(None, (part.strip() for part in said["Caught"].split(","))):
            name, _, code = item.partition(" ")
            if not code.isdecimal() or int(code) not in codes.PRECEDENCE:
                raise CourseError(f"{path}: `Caught: {item}` is not a check and a failure's code, like `forward 53`")
            if name not in (check.name for check in self.checks):
                raise CourseError(f"{path} names the check {name}; checks.py has none of it")
            caught[name] = int(code)
        if not said[""] or (kind == "reject") != bool(caught) or (kind == "reject") != bool(said["Hint"]):
            says = "the misconception, `Hint:` and `Caught:`" if kind == "reject" else "what is different, and no hint"
            raise CourseError(f"{path}: the docstring of a specimen in {kind}/ says {says}")
        worth, reason = None, ""
        if said["Worth"]:
            found = _WORTH.fullmatch(said["Worth"])
            if kind != "reject" or not found or float(found[1]) > self.points:
                raise CourseError(
                    f"{path}: `Worth: {said['Worth']}` is not what a mistake in reject/ earns: points, at most "
                    f"{self.points:g}, and a reason after a comma, like `{self.points / 2:g}, the idea is right`"
                )
            worth = float(found[1])
            alone = f"this mistake alone leaves {worth:g} of {self.points:g} points"
            reason = ": ".join(filter(None, (alone, found[2])))
        return Specimen(path.stem, said[""], said["Hint"], caught, f"{reference}\n\n{fragment}", worth, reason)


def new_key(path: Path) -> str:
    """Say how an ``assignment.toml`` gets a key that can be used."""
    return f"say `autograder new-term --assignment {path.parent.name}`, which writes a new key there"
