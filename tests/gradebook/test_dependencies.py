"""The dependencies of a result: what changes there changes the key, and what doesn't matter changes none."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from graded_notebook import write_graded_course

from autograder.audit import false_alarms
from autograder.cluster import machines
from autograder.course.assignments import read_course
from autograder.gradebook import dependencies
from autograder.gradebook.dependencies import of_audit, of_module, of_notebook
from autograder.gradebook.grading import prepare
from autograder.seed import Seed

FOLDER = "solutions/lines/line"
MODULE, NOTEBOOK = "lines/line", "lines/line.ipynb"


@pytest.fixture
def course(tmp_path):
    """The small course, with a notebook that is worth points."""
    return write_graded_course(tmp_path / "course")


def read(course):
    """Its problem, read anew."""
    (assignment,) = read_course(course)
    return assignment.problems[0]


def keys(problem, footer=()):
    """The keys of the results of the module, of the notebook, and of the seeds of an audit."""
    found = of_module(problem, problem.seed, footer), of_notebook(problem, problem.seed, footer), of_audit(problem)
    return {name: one.digest for name, one in zip(("module", "notebook", "audit"), found, strict=True)}


def changed(before, after):
    """Which of them differ."""
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("path", "of"),
    [
        (f"{FOLDER}/line.py", {"module", "audit"}),
        (f"{FOLDER}/checks.py", {"module", "notebook", "audit"}),
        (f"{FOLDER}/expect.py", {"module", "audit"}),
        (f"{FOLDER}/reject/one_step.py", {"module", "audit"}),
        (f"{FOLDER}/reject/another.py", {"module", "audit"}),
        (f"{FOLDER}/accept/row_by_row.py", {"audit"}),
        (f"{FOLDER}/model.py", {"notebook"}),
        (f"{FOLDER}/figures.toml", {"notebook"}),
        ("assignments/lines/line.ipynb", {"notebook"}),
        ("solutions/lines/given/given_noise.py", {"module", "notebook", "audit"}),
        ("data/points.npz", {"module", "notebook", "audit"}),
        (f"{FOLDER}/notebook.py", set()),
        (f"{FOLDER}/equivalent.toml", set()),
        (f"{FOLDER}/notes.txt", set()),
        (f"{FOLDER}/unused.py", set()),
        ("solutions/lines/README.md", set()),
        ("assignments/lines/line.py", set()),
    ],
)
def test_a_file(course, path, of):
    """Of a problem's files each key has those that it hangs on, and no other."""
    before = keys(read(course))
    file = course / path
    file.write_bytes((file.read_bytes() if file.exists() else b"") + b"\n")

    assert changed(before, keys(read(course))) == of


def test_a_page_that_a_page_imports(course):
    """Its name doesn't matter."""
    with (course / FOLDER / "expect.py").open("a") as page:
        page.write("\nfrom .shapes import corners\nfrom . import colours\n")
    for name in ("shapes", "colours"):
        (course / FOLDER / f"{name}.py").write_text("corners = 4\n")
    for name in ("shapes", "colours"):
        before = keys(read(course))
        (course / FOLDER / f"{name}.py").write_text("import colorsys\n\ncorners = 4\n")

        assert changed(before, keys(read(course))) == {"module", "audit"}


@pytest.mark.parametrize(
    ("of", "change"),
    [
        ({"module", "notebook", "audit"}, {"title": "Lines"}),
        ({"module", "audit"}, {"points": 8.0}),
        ({"notebook"}, {"notebook_points": 9.0}),
        ({"module", "notebook", "audit"}, {"allowed_imports": ("numpy", "json")}),
        ({"module", "notebook", "audit"}, {"preload": ("json",)}),
        ({"module", "notebook"}, {"official": Seed.numbered(5)}),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_a_setting(course, of, change):
    """An audit has seeds of its own."""
    problem = read(course)

    assert changed(keys(problem), keys(replace(problem, **change))) == of


@pytest.mark.parametrize("limit", ["wall_seconds", "memory_bytes", "notebook_seconds"])
def test_a_limit(course, limit):
    """Each of the table."""
    problem = read(course)
    other = replace(problem, limits=replace(problem.limits, **{limit: 7}))

    assert changed(keys(problem), keys(other)) == {"module", "notebook", "audit"}


def test_what_was_not_enforced(course):
    """A run that was less confined may give other results."""
    problem = read(course)

    assert changed(keys(problem), keys(problem, ["this run was not fully confined"])) == {"module", "notebook"}


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
    ("name", "of"),
    [
        ("numpy", {"module", "notebook", "audit"}),
        ("scikit_learn", {"module", "notebook", "audit"}),
        ("cvxopt", {"module", "notebook", "audit"}),
        ("matplotlib", {"module", "notebook", "audit"}),
        pytest.param("scipy", {"module", "notebook", "audit"}, id="scipy, which scikit-learn requires"),
        pytest.param("pillow", {"module", "notebook", "audit"}, id="pillow, which matplotlib requires"),
        ("ipython", {"notebook"}),
        ("ipykernel", {"notebook"}),
        ("matplotlib_inline", {"notebook"}),
        pytest.param("traitlets", {"notebook"}, id="traitlets, which IPython requires"),
        ("pytest", set()),
        ("hypothesis", set()),
        ("libcst", set()),
    ],
)
def test_a_package(course, installed, name, of):
    """The packages that students may import or that are loaded for them, their requirements, and none of ours alone."""
    problem = replace(
        read(course), allowed_imports=("numpy", "sklearn", "cvxopt", "matplotlib"), preload=("matplotlib.pyplot",)
    )
    before = keys(problem)
    installed(**{name: "0.0.1"})

    assert changed(before, keys(problem)) == of


@pytest.mark.parametrize(
    ("page", "of"),
    [
        (f"{FOLDER}/expect.py", {"module", "audit"}),
        (f"{FOLDER}/model.py", {"notebook"}),
        ("solutions/lines/given/given_noise.py", {"module", "notebook", "audit"}),
    ],
)
def test_a_package_that_judges_or_is_handed_out(course, installed, page, of):
    """Though students may not import it."""
    (course / page).write_text((course / page).read_text() + "\n\ndef late():\n    import cvxopt.solvers\n")
    before = keys(read(course))
    installed(cvxopt="0.0.1")

    assert changed(before, keys(read(course))) == of


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
    before = keys(read(course))
    monkeypatch.setattr(getattr(dependencies, where), name, value)
    dependencies.versions.cache_clear()

    assert changed(before, keys(read(course))) == {"module", "notebook", "audit"}
    monkeypatch.undo()
    dependencies.versions.cache_clear()


@pytest.mark.parametrize(
    ("module", "of"),
    [
        ("compare.py", {"module", "notebook", "audit"}),
        ("notebook/figures.py", {"module", "notebook", "audit"}),
        ("worker/run.py", {"module", "notebook", "audit"}),
        ("worker/job.py", {"module", "notebook", "audit"}),
        ("audit/false_alarms.py", {"audit"}),
        ("cli/main.py", {"audit"}),
        ("student/pack.py", {"audit"}),
        ("cluster/connection.py", {"audit"}),
    ],
)
def test_the_engine(course, monkeypatch, module, of):
    """Each of its modules that runs or judges."""
    before = keys(read(course))
    before_it = dependencies._modules

    def modules(*but):
        kept = before_it(*but)
        return {name: content + b"\n" * (name == module) for name, content in kept.items()}

    monkeypatch.setattr(dependencies, "_modules", modules)
    dependencies._engine.cache_clear()
    dependencies.versions.cache_clear()
    after = keys(read(course))
    monkeypatch.undo()
    dependencies._engine.cache_clear()
    dependencies.versions.cache_clear()

    assert changed(before, after) == of


class TestWhoAsks:
    """The store, the cluster and the audit."""

    def test_the_store(self, course):
        """Answers and results of modules under the one, results of notebooks under the other."""
        problem = read(course)
        grader = prepare((problem,), Seed.numbered(5), 1, weak=True)

        assert grader.digests == {
            MODULE: of_module(problem, Seed.numbered(5), grader.footer).digest,
            NOTEBOOK: of_notebook(problem, Seed.numbered(5), grader.footer).digest,
        }

    def test_the_cluster(self, course):
        """All surroundings that keys name, machines must have alike."""
        problem = read(course)
        compared = dependencies.environment(machines.packages_of([problem]))

        for one in (of_module(problem, problem.seed), of_notebook(problem, problem.seed)):
            assert one.environment.items() <= compared.items()
        assert {"the package dask", "the package distributed"} <= compared.keys()

    def test_a_cluster_that_grades_no_notebook_needs_no_shell(self, course):
        """Where it is worth nothing, nobody opens one."""
        problem = replace(read(course), notebook_points=0.0)

        assert "the package ipython" not in dependencies.versions(machines.packages_of([problem]))

    def test_the_audit(self, course, monkeypatch, tmp_path):
        """Seeds that were kept are found under the same key alone."""
        monkeypatch.setattr(false_alarms, "_seed", lambda *_: false_alarms._Seed([], [], []))
        crew = SimpleNamespace(each=lambda _, do, items: [do(item) for item in items])
        problem = read(course)
        false_alarms.sound(None, problem, [1, 2], crew, tmp_path / "kept")

        (folder,) = (tmp_path / "kept").iterdir()
        assert folder.name == f"line-{of_audit(problem).digest[:16]}"


def test_it_takes_no_time_worth_speaking_of(course):
    """Installed packages are looked up once, whatever the number of problems and assignments."""
    problem = read(course)
    keys(problem)
    asked = dependencies._installed.cache_info().misses
    for _ in range(20):
        keys(problem)

    assert dependencies._installed.cache_info().misses == asked
