"""The digest of everything that a result depends on, beside the submission: for the store, the cluster and the audit.

Results are stored under this digest and that of the submission's files, and an audit resumes only under the same one.
The machines of a cluster must have the same versions.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course.problem import Problem
from autograder.seed import Seed

# Packages that a notebook may import, beside those of modules.
NOTEBOOKS_IMPORT = ("IPython", "ipykernel", "matplotlib", "matplotlib_inline")
# The number of computing threads in a process that judges: sums depend on it. In a run it is always one.
THREADS = "OPENBLAS_NUM_THREADS"


def of_problem(problem: Problem, seed: Seed, footer: Iterable[str] = ()) -> str:
    """Compute the digest of all that a problem's results depend on, beside the submission: module, notebook, audit.

    All files in the problem's folder count, so that nobody has to know which of them judge.
    """
    names = ("id", "title", "points", "notebook_points", "allowed_imports", "preload", "limits")
    settings = {name: getattr(problem, name) for name in names}
    settings |= {"seed": seed.digest, "footer": tuple(footer), **environment(packages_of(problem))}
    own = [path for path in problem.folder.rglob("*") if "__pycache__" not in path.parts]
    released = [problem.released_notebook, problem.released_readme] if problem.notebook_points else []
    files = {os.path.relpath(path, problem.folder): path for path in (*own, *problem.files.given, *released)}
    files |= {f"data/{name}": path for name, path in problem.files.data.items()}
    return digest(
        [
            *((name, path.read_bytes()) for name, path in sorted(files.items()) if path.is_file()),
            *((name, repr(value).encode()) for name, value in sorted(settings.items())),
        ]
    )


def packages_of(problem: Problem) -> tuple[str, ...]:
    """List the packages that a problem's results depend on: imported by students, for them, or by staff's pages."""
    pages = [path for name in ("checks", "expect", "model") if (path := problem.folder / f"{name}.py").is_file()]
    names = {
        "numpy",
        *problem.allowed_imports,
        *problem.preload,
        *(NOTEBOOKS_IMPORT if problem.notebook_points else ()),
    }
    names |= {name for path in (*pages, *problem.files.given) for name in _imported(path)}
    own = {path.stem for path in problem.files.given}
    tops = {name.partition(".")[0] for name in names}
    return tuple(sorted(tops - own - sys.stdlib_module_names - {"", "autograder"}))


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Look up the versions of the engine, Python, the machine, and these packages with their requirements."""
    found: dict[str, str] = {}
    waiting = [one for package in packages for one in _distributions().get(package, [package])]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name], required = _installed(name)
            waiting += required
    return {
        "the engine": _engine()[:12],
        "Python": platform.python_version(),
        "the machine": f"{platform.system()} {platform.machine()}",
        **{f"the package {name}": version for name, version in sorted(found.items())},
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


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


_distributions = cache(metadata.packages_distributions)


@cache
def _installed(name: str) -> tuple[str, list[str]]:
    try:
        one = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return "none", []
    # The requirements of an extra are left out: if one is installed, another package asked for it.
    return one.version, [Requirement(each).name for each in one.requires or () if "extra ==" not in each]


@cache
def _engine() -> str:
    home = Path(__file__).parents[1]
    return digest((path.relative_to(home).as_posix(), path.read_bytes()) for path in sorted(home.rglob("*.py")))
