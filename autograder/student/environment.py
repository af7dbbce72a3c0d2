"""The environment of a notebook, the remedy for what is missing from it, and displays in a notebook.

Imports the standard library alone at first, since packages may be missing.
"""

from __future__ import annotations

import ast
import math
import re
import sys
import time
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

# Data for programs in each display of ours: the digests of its files, and the result. A display with it depends on the
# time and the machine, and is compared with nothing.
MIME = "application/vnd.autograder+json"
# The engine's own libraries, and those that modules commonly import.
_LIBRARIES = frozenset(
    ("numpy", "scipy", "sklearn", "matplotlib", "cvxopt", "pandas", "click", "jinja2", "msgspec", "packaging", "rich")
)
# Calls that the official run refuses, by the pattern of their full name.
_REFUSES_PROCESSES = "starts no other process"
_REFUSED = {
    r"multiprocessing(\.\w+)*\.(Pool|Process|Manager|SharedMemory)|concurrent\.futures\.ProcessPoolExecutor|"
    r"subprocess\.\w+|os\.(system|popen|fork|forkpty|posix_spawnp?|spawn\w+|exec\w+)": _REFUSES_PROCESSES,
    r"urllib\.request\.(urlopen|urlretrieve)|socket\.(socket|create_connection)|requests\.\w+|"
    r"http\.client\.HTTPS?Connection|ftplib\.FTP": "has no network",
    r"tkinter\.Tk|turtle\.\w+": "has no screen",
}
# Shorter work shows no progress.
MOMENT_SECONDS = 1.0

# Styles stand in the elements, since programs that show notebooks remove style sheets. No colour of text is set: the
# page's own is legible in every theme. Colours of JupyterLab and Notebook 7, then of VS Code, then for any ground.
_TABLE = """\
{% set colours = {
  "✓": "var(--jp-success-color1, var(--vscode-testing-iconPassed, #2e8b57))",
  "✗": "var(--jp-error-color1, var(--vscode-testing-iconFailed, #d2453d))",
} %}
{% set other = "var(--jp-border-color1, var(--vscode-panel-border, #888888))" %}
{% set cell = "text-align: left; vertical-align: top" %}
<table style="margin-left: 0">
<caption style="text-align: left; font-weight: bold">{{ caption }}</caption>
<thead><tr>{% for head in heads %}<th scope="col" style="{{ cell }}">{{ head }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr>
<td style="{{ cell }}; white-space: nowrap; border-left: 4px solid {{ colours.get(row.mark, other) }}">
<span aria-hidden="true">{{ row.mark }} </span>{{ row.word }}</td>
<th scope="row" style="{{ cell }}; font-weight: normal">{{ row.about | code }}</th>
<td style="{{ cell }}">{{ row.text | code }}
{% if row.meaning %}
<details><summary>{{ row.meaning[0] }}</summary>{{ row.meaning[1] | code }}</details>
{% endif %}
{% if row.message %}<div style="white-space: pre-wrap">{{ row.message | code }}</div>{% endif %}
{% if row.hint %}<div><strong>Hint:</strong> {{ row.hint | code }}</div>{% endif %}
</td>
{% if row.points %}
<td style="text-align: right; vertical-align: top; white-space: nowrap">{{ row.points }}</td>
{% endif %}
</tr>
{% endfor %}
</tbody>
{% if foot %}
<tfoot><tr><td colspan="{{ heads | length }}" style="{{ cell }}">
{% if link %}<a href="{{ link[0] }}">{{ link[1] }}</a> {% endif %}{{ foot | code }}
</td></tr></tfoot>
{% endif %}
</table>
"""


@dataclass(frozen=True)
class Row:
    """One row of a table: a mark and the word for it, a name, and texts, in which code stands between backticks."""

    mark: str
    word: str
    about: str
    text: str
    # A summary, and a text that is folded under it.
    meaning: tuple[str, str] | None = None
    message: str = ""
    hint: str = ""
    points: str = ""


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Row], foot: str = "", link: tuple[str, str] | None = None
) -> str:
    """Render a table as HTML; ``link`` is an address and its text, before the foot."""
    return _template().render(caption=caption, heads=heads, rows=rows, foot=foot, link=link)


@cache
def _template() -> Template:
    # Late: a terminal shows no HTML, and `ready` must work where packages are missing, to say so.
    from jinja2 import Environment  # noqa: PLC0415
    from markupsafe import Markup, escape  # noqa: PLC0415

    def code(text: str) -> Markup:
        return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped before

    environment = Environment(autoescape=True, trim_blocks=True)
    environment.filters["code"] = code
    return environment.from_string(_TABLE)


@contextmanager
def waiting(what: str, total: int, moment_seconds: float = MOMENT_SECONDS) -> Iterator[Callable[[object], None]]:
    """Count finished steps in a line of a notebook, once the work takes long; show nothing anywhere else.

    Yields a function to call after each step. The line stays at the end: removing it would remove all output of the
    cell before it.
    """
    begins = time.monotonic() + moment_seconds if _in_notebook() else math.inf
    done, end = 0, "done"
    handle: Any = None

    def bundle(text: str, *, ended: bool = False) -> dict[str, Any]:
        return {"text/plain": f"{what}: {text}", MIME: {"waiting": not ended}}

    def told(_: object) -> None:
        nonlocal done, handle
        done += 1
        said = bundle(f"{done} of {total} runs done …")
        if handle:
            handle.update(said, raw=True)
        elif time.monotonic() >= begins:
            from IPython.display import display  # noqa: PLC0415  installed where a notebook runs, and only there

            handle = display(said, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    try:
        yield told
    except BaseException:
        end = "interrupted"
        raise
    finally:
        if handle:
            handle.update(bundle(end, ended=True), raw=True)


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@dataclass(frozen=True)
class Fact:
    """One requirement: what was found, and the remedy, which is empty if nothing is wrong."""

    about: str
    found: str
    remedy: str = ""

    @property
    def said(self) -> str:
        """The finding, and the remedy."""
        return "; ".join(filter(None, (self.found, self.remedy)))


@dataclass(frozen=True)
class Environment:
    """The requirements of a notebook and their state, with a display in a notebook or a terminal."""

    facts: tuple[Fact, ...]
    digests: dict[str, str]

    @property
    def right(self) -> bool:
        """All requirements are met."""
        return not any(fact.remedy for fact in self.facts)

    def __str__(self) -> str:
        rows = [f"{'✗' if fact.remedy else '✓'} {fact.about}: {fact.said}" for fact in self.facts]
        return "\n".join([*rows, self._end])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        words = {True: ("✗", "not yet"), False: ("✓", "fine")}
        rows = [Row(*words[bool(fact.remedy)], fact.about, fact.said) for fact in self.facts]
        bundle = {"text/plain": str(self), MIME: {"right": self.right, "files": self.digests}}
        # Without jinja2, which may be one of the missing packages, the text must do.
        with suppress(ModuleNotFoundError):
            bundle["text/html"] = table("What this notebook needs", ("state", "what", "found"), rows, self._end)
        return bundle

    @property
    def _end(self) -> str:
        not_yet = "Not everything is here yet: do what stands beside ✗, and run this cell again."
        return "Everything is here." if self.right else not_yet


def ready(*files: str) -> Environment:
    """Compare the packages, the working directory and these files in it with a notebook's requirements.

    Parameters
    ----------
    *files : str
        Paths from the assignment's folder: the module first, then the files handed out with it.
    """
    here = Path.cwd()
    python = _grading_python(here)
    graded = f"; Python {python} grades" if python else ""
    facts = [Fact("Python", f"{sys.version.split()[0]}, `{_from_home(Path(sys.executable))}`{graded}")]
    if other := other_package():
        found = f"`{other}` is installed, another program with this name, import and command"
        facts += [Fact("autograder", found, "run `%pip uninstall -y autograder` in a cell, then restart the kernel")]
    facts += [*_packages(here / "requirements.txt"), *_files(here, files), *_refused(here, files, python)]
    return Environment(tuple(facts), digests(here, [name for name in files if name.endswith(".py")]))


def _grading_python(here: Path) -> str:
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return str(tomllib.loads((here / "checks/assignment.toml").read_text("utf-8")).get("python", ""))
    return ""


def _refused(here: Path, names: Iterable[str], python: str) -> Iterator[Fact]:
    """Tell what the official run refuses of the modules: newer syntax, and calls that need what it doesn't have."""
    for name in names:
        path = here / name
        if path.suffix == ".py" and path.is_file():
            content = path.read_bytes()
            if newer := newer_syntax(content, python):
                yield Fact(name, newer, f"write it as Python {python} has it")
            for line, call, needs in refused_calls(content):
                yield Fact(name, f"line {line} calls `{call}`, and the official run {needs}", "do without it")
    for path in sorted(here.glob("*.py")):
        if taken := library_name(path.stem):
            yield Fact(path.name, taken, "rename it")


def library_name(name: str) -> str:
    """Say that a module's name is a library's; "" if it is not."""
    if name in sys.stdlib_module_names:
        return "it has the name of a module of Python's own, and is imported in its place"
    return "it has the name of a library, and is imported in its place" if name in _LIBRARIES else ""


def newer_syntax(content: bytes, python: str) -> str:
    """Say that a module has syntax that an older Python does not know; "" if none is found."""
    if not python or sys.version_info[:2] <= (version := (3, int(python.partition(".")[2]))):
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(content)
        except (SyntaxError, ValueError):  # this Python doesn't know it either, and the import says so
            return ""
        try:
            ast.parse(content, feature_version=version)
        except SyntaxError as error:
            return f"what ends in line {error.lineno} is newer than Python {python}, which grades: {error.msg}"
    return ""


def refused_calls(content: bytes) -> Iterator[tuple[int, str, str]]:
    """Find calls that the official run refuses: the line, the function as it is called, and what the run doesn't do."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bound |= {
                each.asname or each.name.partition(".")[0]: each.name if each.asname else each.name.partition(".")[0]
                for each in node.names
            }
        elif isinstance(node, ast.ImportFrom) and not node.level:
            bound |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            first, dot, rest = called.partition(".")
            full = f"{bound[first]}{dot}{rest}" if first in bound else ""
            needs = next((needs for pattern, needs in _REFUSED.items() if full and re.fullmatch(pattern, full)), "")
            jobs = [each.value for each in node.keywords if each.arg == "n_jobs"]
            if any(not isinstance(one, ast.Constant) or one.value not in (None, 1) for one in jobs):
                called, needs = f"{called}(n_jobs=...)", _REFUSES_PROCESSES
            if full in ("matplotlib.use", "matplotlib.pyplot.switch_backend"):
                asked = str(node.args[0].value).lower() if node.args and isinstance(node.args[0], ast.Constant) else ""
                needs = "has no screen" if re.match("gtk|macosx|qt|tk|wx", asked) else ""
            if needs:
                yield node.lineno, called, needs


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    """Compute the digests of the files with these names that exist."""
    return {name: digest((folder / name).read_bytes()) for name in names if (folder / name).is_file()}


def digest(content: bytes) -> str:
    """Compute a module's digest: of its code, so that comments don't change it; if it isn't Python, of its bytes."""
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        warnings.simplefilter("ignore")  # of invalid escapes, which the import of the module reports
        content = ast.unparse(ast.parse(content)).encode()
    return sha256(content).hexdigest()


def _packages(listed: Path) -> Iterator[Fact]:
    remedy = "run `%pip install -r requirements.txt` in a cell, then restart the kernel"
    try:
        from packaging.requirements import Requirement  # noqa: PLC0415  it may be missing, too
    except ModuleNotFoundError:
        yield Fact("packages to install", "packaging is missing", remedy)
        return
    there, lacking = [], []
    # In the repository there is no such list.
    for required in map(Requirement, listed.read_text("utf-8").splitlines() if listed.is_file() else ()):
        if required.name == "jupyterlab":  # it may be installed in another environment than the kernel
            continue
        try:
            version = metadata.version(required.name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{required.name} is missing")
            continue
        if required.specifier.contains(version, prereleases=True):
            there.append(f"{required.name} {version}")
        else:
            lacking.append(f"{required.name} {version} is not {required.specifier}")
    if lacking:
        yield Fact("packages to install", ", ".join(lacking), remedy)
    if there:
        yield Fact("packages", ", ".join(there))


def other_package() -> str:
    """Find another distribution called ``autograder`` that is installed, as ``autograder 3.7.7``; "" if none.

    The public index has a program with this name, import and command. Ours was installed so until version 0.1.
    """
    try:
        version = metadata.version("autograder")
    except metadata.PackageNotFoundError:
        return ""
    return "" if version.startswith("0.1.") else f"autograder {version}"


def _files(here: Path, names: tuple[str, ...]) -> Iterator[Fact]:
    lost = [name for name in names if not (here / name).is_file()]
    where = f"`{_from_home(here)}`"
    if names and names[0] in lost:
        remedy = f"it holds no `{names[0]}`; start Jupyter in the assignment's folder, or put the file back"
        yield Fact("working directory", where, remedy)
        return
    yield Fact("working directory", where)
    for name in lost:
        yield Fact(name, "missing", "take it from the assignment's zip again")
    if there := [f"`{name}`" for name in names if name not in lost]:
        yield Fact("files", ", ".join(there))


def _from_home(path: Path) -> str:
    """Shorten a path to hide the name of the user's home: notebooks are handed in."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)
