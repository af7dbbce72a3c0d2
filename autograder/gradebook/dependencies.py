"""The dependencies of a result: said here once, for the store, the cluster and the audit.

Files of the problem, settings, the engine, and the surroundings: Python, packages, the machine. Results are filed under
the digest of all of it and of the submission's files; machines of a cluster must have the same surroundings; an audit
goes on from what it found under the same digest.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from autograder import engine
from autograder.course.problem import Problem
from autograder.seed import Seed

# The parts of the engine on which no result hangs: nothing that runs or judges imports them.
NO_RESULTS = (
    "audit",
    "api.py",
    "cluster",
    "cli",
    "student",
    "__main__.py",
)
# What a notebook may import, beside what modules may.
NOTEBOOKS_IMPORT = ("IPython", "ipykernel", "matplotlib", "matplotlib_inline")
# How many threads compute, in a process that judges: sums depend on it. In a run it is always one.
THREADS = "OPENBLAS_NUM_THREADS"


@dataclass(frozen=True)
class Dependencies:
    """All that a result depends on, beside the submission.

    Attributes
    ----------
    files : mapping of str to bytes
        The problem's own, by a name for each.
    settings : mapping of str to object
        Whose text says all of them: numbers, texts, tuples.
    surroundings : mapping of str to str
        As :func:`surroundings` gives them.
    """

    files: Mapping[str, bytes]
    settings: Mapping[str, object]
    surroundings: Mapping[str, str]

    @property
    def digest(self) -> str:
        """One text for all of it."""
        said = {**self.settings, **self.surroundings}
        return digest(
            [
                *sorted(self.files.items()),
                *((name, repr(value).encode()) for name, value in sorted(said.items())),
            ]
        )


def of_module(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """The dependencies of the verdicts on a problem's module, and of what the reference and the known mistakes give."""
    own = [problem.folder / problem.module_file, *(problem.folder / "reject").glob("*.py")]
    return _of(problem, own, _pages(problem, "checks", "expect"), problem.points, seed, footer)


def of_notebook(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """The dependencies of the verdicts on a problem's notebook."""
    own = [problem.folder / "figures.toml", problem.released_notebook, problem.released_readme]
    pages = _pages(problem, "checks", "model")
    return _of(problem, own, pages, problem.notebook_points, seed, footer, NOTEBOOKS_IMPORT)


def of_audit(problem: Problem) -> Dependencies:
    """The dependencies of an audit's findings on one seed: a module's, what is right, and the audit itself."""
    module = of_module(problem, Seed.numbered(0))
    right = _read(problem, (problem.folder / "accept").glob("*.py"))
    return Dependencies({**module.files, **right}, {**module.settings, "audit": _engine()}, module.surroundings)


def packages_of(problem: Problem) -> tuple[str, ...]:
    """The names of the packages that a problem's results hang on: imported by students, for them, or by its pages."""
    notebooks = NOTEBOOKS_IMPORT if problem.notebook_points else ()
    pages = _pages(problem, "checks", "expect", *(["model"] if problem.notebook_points else []))
    return _packages(problem, pages, notebooks)


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The engine, the interpreter, the machine, and these packages with all that they require, by name."""
    return {
        "the engine": _engine(*NO_RESULTS)[:12],
        "Python": platform.python_version(),
        "the machine": f"{platform.system()} {platform.machine()}",
        **{f"the package {name}": version for name, version in sorted(_versions(packages).items())},
    }


def surroundings(packages: tuple[str, ...]) -> dict[str, str]:
    """The same of a process that judges."""
    return {**versions(packages), THREADS: os.environ.get(THREADS, "not set")}


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """The digest of named contents, in order."""
    whole = hashlib.sha256()
    for name, content in parts:
        # Lengths, so that no two lists of parts run together to the same bytes.
        whole.update(f"{len(name.encode())} {len(content)} {name}".encode())
        whole.update(content)
    return whole.hexdigest()


def _of(
    problem: Problem,
    own: Iterable[Path],
    pages: Collection[Path],
    points: float,
    seed: Seed,
    footer: Iterable[str],
    packages: tuple[str, ...] = (),
) -> Dependencies:
    settings = {
        "id": problem.id,
        "title": problem.title,
        "points": points,
        "allowed_imports": problem.allowed_imports,
        "preload": problem.preload,
        "limits": asdict(problem.limits),
        "seed": seed.digest,
        "footer": tuple(footer),
    }
    files = {
        **_read(problem, [*own, *pages]),
        **{f"given/{path.name}": path.read_bytes() for path in problem.files.given},
        **{f"data/{name}": path.read_bytes() for name, path in problem.files.data.items()},
    }
    return Dependencies(files, settings, surroundings(_packages(problem, pages, packages)))


def _read(problem: Problem, paths: Iterable[Path]) -> dict[str, bytes]:
    """Those of the problem's files that are there, by where they lie in its folder."""
    return {os.path.relpath(path, problem.folder): path.read_bytes() for path in paths if path.is_file()}


def _pages(problem: Problem, *stems: str) -> list[Path]:
    """These pages of a problem that are there, and those of its folder that they import."""
    taken: dict[Path, None] = {}
    waiting = [problem.folder / f"{stem}.py" for stem in stems]
    while waiting:
        path = waiting.pop()
        if path not in taken and path.is_file():
            taken[path] = None
            waiting += [problem.folder / f"{name[1:]}.py" for name in _imported(path) if name.startswith(".")]
    return [*taken]


def _packages(problem: Problem, pages: Iterable[Path], more: Iterable[str]) -> tuple[str, ...]:
    """The names of packages that are imported by students or for them, by pages, or by what is handed out."""
    own = {path.stem for path in problem.files.given}
    staffs = {name for path in (*pages, *problem.files.given) for name in _imported(path)}
    names = {"numpy", *problem.allowed_imports, *problem.preload, *more, *staffs}
    tops = {name.partition(".")[0] for name in names}
    return tuple(sorted(tops - own - sys.stdlib_module_names - {"", "autograder"}))


def _imported(path: Path) -> Iterator[str]:
    """The imports of a file: modules by their names, those beside it with a dot before."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return  # told where the page is loaded
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield from (f".{name}" for name in ([node.module] if node.module else [alias.name for alias in node.names]))
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of the distributions that packages come in, and of all that these require."""
    there = _installed()
    found: dict[str, str] = {}
    waiting = [name for package in packages for name in _distributions(package)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], required = there.get(name, ("none", ()))
            waiting += required
    return found


def _distributions(package: str) -> list[str]:
    """The distributions that a package comes in; most are called as it is."""
    name = _canonical(package)
    return [name] if name in _installed() else [*map(_canonical, _owners().get(package, [package]))]


@cache
def _installed() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The version of each distribution that is installed, and the names of those that it requires."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for one in metadata.distributions():
        told = one.metadata
        # What an extra asks for is there, or not, for somebody else's sake.
        required = [each for each in told.get_all("Requires-Dist") or () if "extra ==" not in each]
        names = (_canonical(match[0]) for each in required if (match := _NAME.match(each)))
        found.setdefault(_canonical(told["Name"]), (told["Version"], tuple(names)))
    return found


@cache
def _owners() -> Mapping[str, list[str]]:
    """The distributions of packages, by the names these are imported by."""
    return metadata.packages_distributions()


_NAME = re.compile(r"[A-Za-z0-9._-]+")


def _canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _engine(*but: str) -> str:
    """The digest of the engine's modules, without the parts named."""
    return digest(engine.modules(*but).items())
