"""The dependencies of a result: what changes there changes the key, and what doesn't matter changes none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from graded_notebook import write_graded_course

from autograder.audit import false_alarms
from autograder.cluster import machines
from autograder.course.assignments import read_course
from autograder.gradebook import dependencies
from autograder.gradebook.dependencies import of_problem
from autograder.gradebook.grading import prepare
from autograder.seed import Seed

FOLDER = "solutions/lines/line"
MODULE = "lines/line"


@pytest.fixture
def course(tmp_path):
    """The small course, with a notebook that is worth points."""
    return write_graded_course(tmp_path / "course")


def read(course):
    """Its problem, read anew."""
    (assignment,) = read_course(course)
    return assignment.problems[0]


def key(problem, footer=()):
    """The key of its results."""
    return of_problem(problem, problem.seed, footer)


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        *(
            (f"{FOLDER}/{name}", True)
            for name in ("line.py", "checks.py", "expect.py", "model.py", "figures.toml", "notebook.py", "shapes.py")
        ),
        (f"{FOLDER}/reject/one_step.py", True),
        (f"{FOLDER}/reject/another.py", True),
        (f"{FOLDER}/accept/row_by_row.py", True),
        ("assignments/lines/line.ipynb", True),
        ("assignments/lines/README.md", True),
        ("solutions/lines/given/given_noise.py", True),
        ("data/points.npz", True),
        (f"{FOLDER}/__pycache__/line.pyc", False),
        ("solutions/lines/README.md", False),
        ("assignments/lines/line.py", False),
    ],
)
def test_a_file(course, path, changes):
    """All of the problem's folder, what is handed out beside it, and the data; no other."""
    before = key(read(course))
    file = course / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes((file.read_bytes() if file.exists() else b"") + b"\n")

    assert (key(read(course)) != before) == changes


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Lines"},
        {"points": 8.0},
        {"notebook_points": 9.0},
        {"allowed_imports": ("numpy", "json")},
        {"preload": ("json",)},
        {"official": Seed.numbered(5)},
    ],
    ids=lambda value: next(iter(value)),
)
def test_a_setting(course, change):
    """Each of them."""
    problem = read(course)

    assert key(problem) != key(replace(problem, **change))


@pytest.mark.parametrize("limit", ["wall_seconds", "memory_bytes", "notebook_seconds"])
def test_a_limit(course, limit):
    """Each of the table."""
    problem = read(course)

    assert key(problem) != key(replace(problem, limits=replace(problem.limits, **{limit: 7})))


def test_what_was_not_enforced(course):
    """A run that was less confined may give other results."""
    problem = read(course)

    assert key(problem) != key(problem, ["this run was not fully confined"])


@pytest.fixture
def installed(monkeypatch):
    """A function that has other versions of distributions be installed."""
    real = dependencies._installed

    def install(**versions):
        there = {name.replace("_", "-"): version for name, version in versions.items()}
        monkeypatch.setattr(dependencies, "_installed", lambda name: (there.get(name, real(name)[0]), real(name)[1]))
        dependencies.versions.cache_clear()

    yield install
    dependencies.versions.cache_clear()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("numpy", True),
        ("scikit_learn", True),
        ("cvxopt", True),
        ("matplotlib", True),
        pytest.param("scipy", True, id="scipy, which scikit-learn requires"),
        pytest.param("pillow", True, id="pillow, which matplotlib requires"),
        ("ipython", True),
        ("ipykernel", True),
        ("matplotlib_inline", True),
        pytest.param("traitlets", True, id="traitlets, which IPython requires"),
        ("pytest", False),
        ("hypothesis", False),
        ("libcst", False),
    ],
)
def test_a_package(course, installed, name, changes):
    """The packages that students may import or that are loaded for them, their requirements, and none of ours alone."""
    problem = replace(
        read(course), allowed_imports=("numpy", "sklearn", "cvxopt", "matplotlib"), preload=("matplotlib.pyplot",)
    )
    before = key(problem)
    installed(**{name: "0.0.1"})

    assert (key(problem) != before) == changes


@pytest.mark.parametrize("page", [f"{FOLDER}/expect.py", f"{FOLDER}/model.py", "solutions/lines/given/given_noise.py"])
def test_a_package_that_judges_or_is_handed_out(course, installed, page):
    """Though students may not import it."""
    (course / page).write_text((course / page).read_text() + "\n\ndef late():\n    import cvxopt.solvers\n")
    before = key(read(course))
    installed(cvxopt="0.0.1")

    assert key(read(course)) != before


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("platform", "python_version", lambda: "3.99.0"),
        ("platform", "machine", lambda: "riscv64"),
        ("platform", "system", lambda: "Plan 9"),
        ("os", "environ", {dependencies.THREADS: "3"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_machine(course, monkeypatch, where, name, value):
    """Its Python, its kind, and how many threads compute."""
    before = key(read(course))
    monkeypatch.setattr(getattr(dependencies, where), name, value)
    dependencies.versions.cache_clear()

    assert key(read(course)) != before
    monkeypatch.undo()
    dependencies.versions.cache_clear()


def test_the_engine(course, monkeypatch):
    """Its digest is that of all its modules."""
    before = key(read(course))
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: real(path) + b"\n" * (path.name == "compare.py"))
    for cached in (dependencies._engine, dependencies.versions):
        cached.cache_clear()
    after = key(read(course))
    monkeypatch.undo()
    for cached in (dependencies._engine, dependencies.versions):
        cached.cache_clear()

    assert after != before


class TestWhoAsks:
    """The store, the cluster and the audit."""

    def test_the_store(self, course):
        """Answers and results."""
        problem = read(course)
        grader = prepare((problem,), Seed.numbered(5), 1, weak=True)

        assert grader.digests == {MODULE: of_problem(problem, Seed.numbered(5), grader.footer)}

    def test_the_cluster(self, course):
        """Its own packages, too."""
        compared = dependencies.environment(machines.packages_of([read(course)]))

        assert {"the package dask", "the package distributed", "the package numpy"} <= compared.keys()

    def test_a_cluster_that_grades_no_notebook_needs_no_shell(self, course):
        """Where it is worth nothing, nobody opens one."""
        problem = replace(read(course), notebook_points=0.0)

        assert "the package ipython" not in dependencies.versions(machines.packages_of([problem]))

    def test_the_audit(self, course, monkeypatch, tmp_path):
        """Seeds that were kept are found under the same key alone."""
        monkeypatch.setattr(false_alarms, "_seed", lambda *_: false_alarms._Seed([], [], []))
        parallel = SimpleNamespace(each=lambda _, do, items: [do(item) for item in items])
        problem = read(course)
        false_alarms.sound(None, problem, [1, 2], parallel, tmp_path / "kept")

        (folder,) = (tmp_path / "kept").iterdir()
        assert folder.name == f"line-{of_problem(problem, Seed.numbered(0))[:16]}"


def test_it_takes_no_time_worth_speaking_of(course):
    """Installed packages are looked up once, whatever the number of problems and assignments."""
    problem = read(course)
    key(problem)
    asked = dependencies._installed.cache_info().misses
    for _ in range(20):
        key(problem)

    assert dependencies._installed.cache_info().misses == asked
