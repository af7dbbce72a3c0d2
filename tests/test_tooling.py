"""What installs, tests and publishes the project is whole, and says nothing of the machine it was written on."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
WORKFLOW = HOME / ".github/workflows/ci.yml"
TOOLING = [
    "Makefile",
    "constraints.txt",
    "constraints-numpy1.txt",
    "pyproject.toml",
    ".ci/run",
    ".pre-commit-config.yaml",
]


def pins(name):
    """The exact versions of a constraints file, by package."""
    lines = (HOME / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def canonical(name):
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_only_numpy_differs_between_the_two_environments():
    """Whatever fails under NumPy 1.26 alone fails because of NumPy."""
    newest, oldest = pins("constraints.txt"), pins("constraints-numpy1.txt")

    assert newest.pop("numpy").startswith("2.")
    assert oldest.pop("numpy").startswith("1.26.")
    assert newest == oldest


def test_every_requirement_is_pinned():
    """All that pyproject.toml asks for has one exact version."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]

    names = {canonical(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}

    assert names <= {canonical(name) for name in pins("constraints.txt")}


def test_the_engine_requires_no_package_of_a_course():
    """The packages of this homework are an extra: another course needs other packages."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    courses = set(project["optional-dependencies"]["courses"])

    assert courses
    assert courses.isdisjoint(project["dependencies"])


def test_help_lists_every_target():
    """`make help` has a sentence for each target that can be asked for."""
    makefile = (HOME / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()

    command = ["make", "--no-print-directory", "help"]  # within `make test`, make would say where it is
    shown = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True).stdout

    assert [line.split(maxsplit=1)[0] for line in shown.splitlines()] == targets
    assert all(len(line.split()) > 2 for line in shown.splitlines())


def test_help_names_what_can_be_said_to_grade():
    """Every variable that `make grade` looks at stands in its line of `make help`."""
    makefile = (HOME / "Makefile").read_text(encoding="utf-8")
    line, recipe = re.search(r"^grade:.*?## (.*)\n((?:\t.*\n)+)", makefile, re.MULTILINE).groups()
    taken = set(re.findall(r"[A-Z]{3,}", recipe)) - {"BIN"}

    assert taken <= set(re.findall(r"[A-Z]{3,}", line))


@pytest.fixture
def graded(tmp_path):
    """A function that gives `make grade` words, and returns those that the command gets."""
    command = tmp_path / "venv/bin/autograder"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!{sys.executable}\nimport sys\nprint(ascii(sys.argv[1:]))\n")
    command.chmod(0o755)
    (tmp_path / "venv/installed").write_text("")

    def make(*words, **environment):
        said = subprocess.run(
            ["make", "--no-print-directory", "grade", f"VENV={tmp_path / 'venv'}", *words],
            cwd=HOME,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stderr == ""
        return ast.literal_eval(said.stdout)

    return make


@pytest.mark.parametrize(
    "name",
    [
        "handed-in",
        "prof's class",
        'the "best" class',
        "$HOME",
        "$(HOME)",
        "a$b$$c",
        "two  blanks",
        "a\\b",
        "ends in \\",
        "#1",
        "a#b",
        "a;b",
        "a&b|c",
        "`id`",
        "*",
        "a=b",
        "a,b",
        "(a)",
        "%",
        "~",
        "Łódź",
        "-x",
    ],
)
@pytest.mark.parametrize("how", ["words", "environment"])
def test_a_folder_may_have_any_name(graded, name, how):
    """`make grade` hands it on as it is, whoever quotes what on the way."""
    named = {"SUBMISSIONS": name, "OUT": f"{name}/out"}
    words = graded(*(f"{key}={value}" for key, value in named.items())) if how == "words" else graded(**named)

    assert words == ["grade", "--out", f"{name}/out", "--", name]


def test_what_is_not_said_to_make_is_not_said_to_the_command(graded):
    """Nothing, all of it, and several assignments."""
    assert graded() == ["grade"]
    assert graded("ASSIGNMENT=svm networks", "WORKERS=4", "SCHEDULER=tcp://head:8786", "SUBMISSIONS=in") == [
        *("grade", "--assignment", "svm", "--assignment", "networks"),
        *("--workers", "4", "--scheduler", "tcp://head:8786", "--", "in"),
    ]


def test_ci_runs_what_people_run():
    """The workflow and `make check` run one script, on every Python; at night its slow tests, too."""
    workflow = WORKFLOW.read_text(encoding="utf-8")
    makefile = (HOME / "Makefile").read_text(encoding="utf-8")

    assert "- run: .ci/run ${{ github.event_name == 'schedule' && 'all' || '' }}\n" in workflow
    assert "  schedule:\n" in workflow
    assert 'python: ["3.11", "3.12", "3.13"]' in workflow
    assert "\t@.ci/run\n" in makefile
    assert "\t@.ci/run all\n" in makefile


@pytest.mark.parametrize("workers", ["0", "2"])
def test_slow_tests_are_left_out_and_counted(tmp_path, workers):
    """Whoever runs the tests is told that there are more, and how many."""
    (tmp_path / "test_some.py").write_text(
        "import pytest\n\n@pytest.mark.slow\n@pytest.mark.parametrize('n', range(3))\n"
        "def test_slow(n):\n    raise AssertionError\n\ndef test_quick():\n    pass\n"
    )
    shutil.copy(HOME / "tests/conftest.py", tmp_path)
    options = ["-c", HOME / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider", "-n", workers]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path],
        env={**os.environ, "PYTHONPATH": str(HOME / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "left out: 3 slow tests, which `make check-all` runs" in done.stdout


@pytest.mark.parametrize("name", TOOLING)
def test_no_machine_is_named(name):
    """No file that installs something names a package index, a home directory or a path of one machine."""
    text = (HOME / name).read_text(encoding="utf-8")

    assert re.findall(r"https?://|file:/|--index-url|--find-links|/home/|/root/|/Users/|/opt/", text) == []
