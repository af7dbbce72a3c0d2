"""The list of everything that a result depends on, beside the submission: for the store, the cluster and the audit.

It holds the files of the problem, its data, settings, limits, the seed, the engine, Python, the machine, and the
versions of all packages that are imported by students' code, for it, or by staff's pages, with their requirements.
Results are stored under the digest of this list and of the submission's files. The machines of a cluster must agree in
their part of it. An audit resumes only under the same digest.
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

# Parts of the engine on which no result depends: nothing that runs or judges imports them.
NO_RESULTS = (
    "audit",
    "api.py",
    "cluster",
    "cli",
    "student",
    "__main__.py",
)
# Packages that a notebook may import, beside those of modules.
NOTEBOOKS_IMPORT = ("IPython", "ipykernel", "matplotlib", "matplotlib_inline")
# The number of computing threads in a process that judges: sums depend on it. In a run it is always one.
THREADS = "OPENBLAS_NUM_THREADS"
# Version and requirements of a distribution that is not installed.
_ABSENT: tuple[str, list[str]] = ("none", [])


@dataclass(frozen=True)
class Dependencies:
    """Everything that a result depends on, beside the submission: the problem's files, its settings, the machine.

    Settings are values that are equal when their ``repr`` is.
    """

    files: Mapping[str, bytes]
    settings: Mapping[str, object]
    environment: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The digest of all these dependencies."""
        values = sorted({**self.settings, **self.environment}.items())
        return digest([*sorted(self.files.items()), *((name, repr(value).encode()) for name, value in values)])


def of_module(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """List the dependencies of the verdicts on a module, and of the observations of reference and known mistakes."""
    own = [problem.folder / problem.module_file, *(problem.folder / "reject").glob("*.py")]
    return _of(problem, own, _pages(problem, "checks", "expect"), problem.points, seed, footer)


def of_notebook(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> Dependencies:
    """List the dependencies of the verdicts on a notebook."""
    own = [problem.folder / "figures.toml", problem.released_notebook, problem.released_readme]
    pages = _pages(problem, "checks", "model")
    return _of(problem, own, pages, problem.notebook_points, seed, footer, NOTEBOOKS_IMPORT)


def of_audit(problem: Problem) -> Dependencies:
    """List the dependencies of an audit's findings on one seed: a module's, the accept specimens, the audit itself."""
    module = of_module(problem, Seed.numbered(0))
    right = _read(problem, (problem.folder / "accept").glob("*.py"))
    return Dependencies({**module.files, **right}, {**module.settings, "audit": _engine()}, module.environment)


def packages_of(problem: Problem) -> tuple[str, ...]:
    """List the packages that a problem's results depend on: imported by students, for them, or by staff's pages."""
    notebooks = NOTEBOOKS_IMPORT if problem.notebook_points else ()
    pages = _pages(problem, "checks", "expect", *(["model"] if problem.notebook_points else []))
    return _packages(problem, pages, notebooks)


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Look up the versions of the engine, Python, the machine, and these packages with their requirements."""
    return {
        "the engine": _engine(*NO_RESULTS)[:12],
        "Python": platform.python_version(),
        "the machine": f"{platform.system()} {platform.machine()}",
        **{f"the package {name}": version for name, version in sorted(_versions(packages).items())},
    }


def environment(packages: tuple[str, ...]) -> dict[str, str]:
    """Look up the versions, and what else results depend on in a process that judges."""
    return {**versions(packages), THREADS: os.environ.get(THREADS, "not set")}


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """Compute the digest of named contents, in order."""
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
    return {os.path.relpath(path, problem.folder): path.read_bytes() for path in paths if path.is_file()}


def _pages(problem: Problem, *stems: str) -> list[Path]:
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
    """List the distributions that contain a package. Most have its name, and the search for others is slow."""
    if _installed(canonicalize_name(package)) != _ABSENT:
        return [package]
    return metadata.packages_distributions().get(package, [package])


@cache
def _installed(name: str) -> tuple[str, list[str]]:
    try:
        one = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return _ABSENT
    # The requirements of an extra are left out: if one is installed, another package asked for it.
    return one.version, [Requirement(each).name for each in one.requires or () if "extra ==" not in each]


@cache
def _engine(*but: str) -> str:
    return digest(_modules(*but).items())


def _modules(*but: str) -> dict[str, bytes]:
    home = Path(__file__).parents[1]
    paths = [path.relative_to(home) for path in sorted(home.rglob("*.py"))]
    return {path.as_posix(): (home / path).read_bytes() for path in paths if path.parts[0] not in but}
