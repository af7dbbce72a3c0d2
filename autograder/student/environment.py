"""The environment of a notebook: Python, packages, the folder and the files, and the remedy for what is missing.

Imports the standard library alone, since packages may be missing.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from autograder.student.display import MIME, Row, table

OLDEST = (3, 11)
# Programs that show notebooks; they may be installed in another environment than the kernel.
_ELSEWHERE = frozenset(("jupyterlab",))


@dataclass(frozen=True)
class Fact:
    """One requirement: what was found, and the remedy, which is empty if nothing is wrong."""

    about: str
    found: str
    remedy: str = ""

    @property
    def right(self) -> bool:
        """Nothing needs to be done."""
        return not self.remedy


@dataclass(frozen=True)
class Environment:
    """The requirements of a notebook and their state, with a display in a notebook or a terminal."""

    facts: tuple[Fact, ...]
    digests: dict[str, str]

    @property
    def right(self) -> bool:
        """All requirements are met."""
        return all(fact.right for fact in self.facts)

    def __str__(self) -> str:
        rows = [f"{'✓' if fact.right else '✗'} {fact.about}: {_said(fact)}" for fact in self.facts]
        return "\n".join([*rows, self._conclusion])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        words = {True: ("✓", "fine"), False: ("✗", "not yet")}
        rows = [Row(*words[fact.right], fact.about, _said(fact)) for fact in self.facts]
        bundle = {"text/plain": str(self), MIME: {"right": self.right, "files": self.digests}}
        # Without jinja2, which may be one of the missing packages, the text must do.
        with suppress(ModuleNotFoundError):
            heads = ("state", "what", "found")
            bundle["text/html"] = table("What this notebook needs", heads, rows, self._conclusion)
        return bundle

    @property
    def _conclusion(self) -> str:
        if self.right:
            return "Everything is here."
        return "Not everything is here yet: do what stands beside ✗, and run this cell again."


def ready(*files: str) -> Environment:
    """Compare Python, the packages, the working directory and these files in it with a notebook's requirements.

    Parameters
    ----------
    *files : str
        Paths from the assignment's folder: the module first, then the files handed out with it.
    """
    here = Path.cwd()
    facts = [_python(), *_other_package(), *_packages(here), *_files(here, files)]
    return Environment(tuple(facts), digests(here, [name for name in files if name.endswith(".py")]))


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    """Compute the digests of the files with these names that exist."""
    return {name: digest((folder / name).read_bytes()) for name in names if (folder / name).is_file()}


def digest(content: bytes) -> str:
    """Compute a module's digest: of its code, so that comments don't change it; if it isn't Python, of its bytes."""
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        warnings.simplefilter("ignore")  # of invalid escapes, which the import of the module reports
        content = ast.unparse(ast.parse(content)).encode()
    return sha256(content).hexdigest()


def _python() -> Fact:
    version = ".".join(map(str, sys.version_info[:3]))
    least = ".".join(map(str, OLDEST))
    remedy = f"install Python {least} or later, make an environment with it, and choose that as the kernel"
    found = f"{version}, `{_from_home(Path(sys.executable))}`"
    return Fact("Python", found, "" if sys.version_info >= OLDEST else remedy)


def _packages(here: Path) -> Iterator[Fact]:
    remedy = (
        "run `%pip install -r requirements.txt` in a cell, then restart the kernel"
        if (here / "requirements.txt").is_file()
        else "in the repository, run `make setup` and choose the Python of `.venv` as the kernel"
    )
    try:
        from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  it may be missing, too
    except ModuleNotFoundError:
        yield Fact("packages to install", "packaging is missing", remedy)
        return
    there, lacking = [], []
    for line in _requirements(here):
        try:
            required = Requirement(line)
        except InvalidRequirement:
            continue
        if required.name in _ELSEWHERE or (required.marker and not required.marker.evaluate({"extra": "courses"})):
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


def _requirements(here: Path) -> list[str]:
    listed = here / "requirements.txt"
    if listed.is_file():
        return listed.read_text("utf-8").splitlines()
    try:
        return metadata.requires("ml-autograder") or []
    except metadata.PackageNotFoundError:
        return []


def other_package() -> str:
    """Find another distribution called ``autograder`` that is installed, as ``autograder 3.7.7``; "" if none.

    The public index has a program with this name, and with our import and our command. If both are installed, the one
    installed last, or first on the path, is found. Ours was installed under that name until version 0.1.
    """
    try:
        version = metadata.version("autograder")
    except metadata.PackageNotFoundError:
        return ""
    return "" if version.startswith("0.1.") else f"autograder {version}"


def _other_package() -> Iterator[Fact]:
    if other := other_package():
        found = f"`{other}` is installed, another program with this name, import and command"
        yield Fact("autograder", found, "run `%pip uninstall -y autograder` in a cell, then restart the kernel")


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


def _said(fact: Fact) -> str:
    return "; ".join(filter(None, (fact.found, fact.remedy)))


def _from_home(path: Path) -> str:
    """Shorten a path to hide the name of the user's home: notebooks are handed in."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)
