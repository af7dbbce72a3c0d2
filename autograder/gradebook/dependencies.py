"""The one list of what a result depends on, beside the submission: for the store, the cluster and the audit.

Files of the problem, its data, settings, limits, the seed, the engine, Python, the machine, and the versions of all
packages that are imported by students' code, for it, or by staff's pages, with what these require. Results are stored
under the digest of all of it and of the submission's files; the machines of a cluster must agree in what is theirs; an
audit resumes under the same digest.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course.problem import Problem
from autograder.seed import Seed

# The parts of the engine on which no result depends: nothing that runs or judges imports them.
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
# Version and requirements of a distribution that is not installed.
_ABSENT: tuple[str, list[str]] = ("none", [])


@dataclass(frozen=True)
class Dependencies:
    """All that a result depends on, beside the submission: the problem's files, its settings, and the machine.

    Settings are values that are equal when their ``repr`` is.
    """

    files: Mapping[str, bytes]
    settings: Mapping[str, object]
    environment: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The digest of all of it."""
        values = sorted({**self.settings, **self.environment}.items())
        return digest([*sorted(self.files.items()), *((name, repr(value).encode()) for name, value in values)])


def of_module(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """The dependencies of the verdicts on a module, and of what the reference and the known mistakes give."""
    own = [problem.folder / problem.module_file, *(problem.folder / "reject").glob("*.py")]
    return _of(problem, own, _pages(problem, "checks", "expect"), problem.points, seed, footer)


def of_notebook(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """The dependencies of the verdicts on a notebook."""
    own = [problem.folder / "figures.toml", problem.released_notebook, problem.released_readme]
    pages = _pages(problem, "checks", "model")
    return _of(problem, own, pages, problem.notebook_points, seed, footer, NOTEBOOKS_IMPORT)


def of_audit(problem: Problem) -> Dependencies:
    """The dependencies of an audit's findings on one seed: a module's, the accepted specimens, and the audit itself."""
    module = of_module(problem, Seed.numbered(0))
    right = _read(problem, (problem.folder / "accept").glob("*.py"))
    return Dependencies({**module.files, **right}, {**module.settings, "audit": _engine()}, module.environment)


def packages_of(problem: Problem) -> tuple[str, ...]:
    """The packages that a problem's results depend on: imported by students, for them, or by staff's pages."""
    notebooks = NOTEBOOKS_IMPORT if problem.notebook_points else ()
    pages = _pages(problem, "checks", "expect", *(["model"] if problem.notebook_points else []))
    return _packages(problem, pages, notebooks)


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The versions of the engine, Python, the machine, and these packages with all that they require, by name."""
    return {
        "the engine": _engine(*NO_RESULTS)[:12],
        "Python": platform.python_version(),
        "the machine": f"{platform.system()} {platform.machine()}",
        **{f"the package {name}": version for name, version in sorted(_versions(packages).items())},
    }


def environment(packages: tuple[str, ...]) -> dict[str, str]:
    """The versions, and what else results depend on in a process that judges."""
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
    return Dependencies(files, settings, environment(_packages(problem, pages, packages)))


def _read(problem: Problem, paths: Iterable[Path]) -> dict[str, bytes]:
    """The contents of those that are there, by their paths in the problem's folder."""
    return {os.path.relpath(path, problem.folder): path.read_bytes() for path in paths if path.is_file()}


def _pages(problem: Problem, *stems: str) -> list[Path]:
    """Those of these pages that are there, and the pages that they import."""
    taken: dict[Path, None] = {}
    waiting = [problem.folder / f"{stem}.py" for stem in stems]
    while waiting:
        path = waiting.pop()
        if path not in taken and path.is_file():
            taken[path] = None
            waiting += [problem.folder / f"{name[1:]}.py" for name in _imported(path) if name.startswith(".")]
    return [*taken]


def _packages(problem: Problem, pages: Iterable[Path], more: Iterable[str]) -> tuple[str, ...]:
    own = {path.stem for path in problem.files.given}
    staffs = {name for path in (*pages, *problem.files.given) for name in _imported(path)}
    names = {"numpy", *problem.allowed_imports, *problem.preload, *more, *staffs}
    tops = {name.partition(".")[0] for name in names}
    return tuple(sorted(tops - own - sys.stdlib_module_names - {"", "autograder"}))


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, those beside it with a dot in front."""
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
    found: dict[str, str] = {}
    waiting = [one for package in packages for one in _distributions(package)]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name], required = _installed(name)
            waiting += required
    return found


@cache
def _distributions(package: str) -> list[str]:
    """The distributions that a package comes in; most are called as it is, and the search for others is slow."""
    if _installed(canonicalize_name(package)) != _ABSENT:
        return [package]
    return metadata.packages_distributions().get(package, [package])


@cache
def _installed(name: str) -> tuple[str, list[str]]:
    """The version of a distribution, and the names of those that it requires."""
    try:
        one = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return _ABSENT
    # What an extra requires is there, or not, for the sake of another.
    return one.version, [Requirement(each).name for each in one.requires or () if "extra ==" not in each]


@cache
def _engine(*but: str) -> str:
    return digest(_modules(*but).items())


def _modules(*but: str) -> dict[str, bytes]:
    """The text of each of the engine's modules by its path, without the parts named."""
    home = Path(__file__).parents[1]
    paths = [path.relative_to(home) for path in sorted(home.rglob("*.py"))]
    return {path.as_posix(): (home / path).read_bytes() for path in paths if path.parts[0] not in but}
