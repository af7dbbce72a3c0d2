"""Sentences about a student's surroundings: an old Python, packages, names, encodings."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_course import REFERENCE, write_course

import autograder
from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.course.problem import Implementation
from autograder.release.files import as_zip, release
from autograder.seed import Seed
from autograder.student.check import check
from autograder.student.environment import library_name, newer_syntax, ready, refused_calls

ENGINE = Path(autograder.__file__).parent


@pytest.fixture(scope="module")
def files(tmp_path_factory, sandbox):
    """The release of the small course, which Python 3.9 grades."""
    course = write_course(tmp_path_factory.mktemp("staff") / "course")
    entry = course / "solutions/lines/assignment.toml"
    entry.write_text(f'python = "3.9"\n{entry.read_text()}')
    (assignment,) = read_course(course)
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """The unpacked zip, which is the working directory, with a right module."""
    with zipfile.ZipFile(io.BytesIO(as_zip(files, "lines"))) as archive:
        archive.extractall(tmp_path)
    monkeypatch.chdir(tmp_path / "lines")
    (tmp_path / "lines/line.py").write_text(REFERENCE)
    return tmp_path / "lines"


def run(*words, **environment):
    """A command in the student's folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    return subprocess.run([sys.executable, *words], env={**clean, **environment}, capture_output=True, check=False)


def test_an_old_python_is_told(home):
    """By whatever imports the package; the two files that it reads first are in its own words."""
    ended = run("-c", "import sys; sys.version_info = (3, 10, 4, 'final', 0); import autograder")

    assert (ended.returncode, ended.stdout, ended.stderr.count(b"\n")) == (64, b"", 1)
    assert b"this is Python 3.10, and 3.11 or later is needed" in ended.stderr
    for name in ("__init__.py", "__main__.py"):
        ast.parse((ENGINE / name).read_text("utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("package", ["click", "msgspec", "numpy"])
def test_an_environment_that_is_not_active_is_told(home, package):
    """With the Python that runs, and how to activate the right one."""
    start = f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv = ['autograder', 'check', 'line.py']"
    ended = run("-c", f"{start}; runpy.run_module('autograder', run_name='__main__')")

    assert (ended.returncode, ended.stdout, ended.stderr.count(b"\n")) == (64, b"", 1)
    assert f"the package {package} is missing from the Python that runs this".encode() in ended.stderr
    assert b".venv" in ended.stderr


@pytest.mark.parametrize("name", ["random", "numpy", "tempfile", "click"])
def test_a_module_with_a_librarys_name_breaks_nothing(home, name):
    """The engine and its runs take the library; the report says what to do."""
    (home / f"{name}.py").write_text("raise RuntimeError('not the library')\n")

    ended = run("-m", "autograder", "check", "line.py", PYTHONIOENCODING="utf-8")

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert f"{name}.py: it has the name of a " in ended.stdout.decode()


@pytest.mark.parametrize(
    ("encoding", "mark"), [("cp1252", "+ 2/2  prediction"), ("latin-1", "+ 2/2"), ("utf-8", "✓ 2/2")]
)
def test_a_console_without_our_signs_has_plain_ones(home, encoding, mark):
    """Windows' own has no marks."""
    ended = run("-m", "autograder", "check", "line.py", PYTHONIOENCODING=encoding)

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert mark in ended.stdout.decode(encoding)
    assert "\\u" not in ended.stdout.decode(encoding)


TEXT = f"# Grüße\n{REFERENCE}"
ENCODED = {
    "utf8": (TEXT.encode(), 0, ""),
    "utf8_with_a_mark": (TEXT.encode("utf-8-sig"), 0, ""),
    "latin1_with_a_cookie": (f"# -*- coding: latin-1 -*-\n{TEXT}".encode("latin-1"), 0, ""),
    "latin1_without": (TEXT.encode("latin-1"), 2, "SyntaxError"),
    "unknown_cookie": (f"# coding: klingon\n{TEXT}".encode(), 2, "klingon"),
    "utf16": (TEXT.encode("utf-16"), 2, "the file is saved as UTF-16, which Python does not read; save it as UTF-8"),
}


@pytest.mark.parametrize(("content", "code", "said"), ENCODED.values(), ids=ENCODED.keys())
def test_a_module_is_read_as_python_reads_it(home, sandbox, lines, content, code, said):
    """At home and officially."""
    (home / "line.py").write_bytes(content)
    report = check("line", "prediction").report
    official = sandbox.observe(lines, Implementation({"line.py": content}), Seed.public(), lines.checks[:1])

    assert report.code == code
    assert said in report.checks[0].message
    assert {one.ending for one in official} == ({"raised"} if code else {"returned"})


MATCHES = "\n\ndef root(a):\n    match a.shape:\n        case (n,):\n            return np.sqrt(a)\n"


def test_newer_syntax_is_told_before_it_is_handed_in(home):
    """By `check` with the official verdict, and by `ready`, which says which Python grades."""
    (home / "line.py").write_text(REFERENCE + MATCHES)
    checked = check("line")
    found = ready("line.py")

    assert [one.code for one in checked.report.checks] == [2, 2, 2]
    number = len((REFERENCE + MATCHES).splitlines())
    assert f"what ends in line {number} is newer than Python 3.9, which grades" in checked.report.checks[0].message
    assert not found.right
    assert f"what ends in line {number} is newer than Python 3.9, which grades" in str(found)
    assert "Python 3.9 grades" in str(found)
    assert 'python = "3.9"' in (home / "checks/assignment.toml").read_text()


@pytest.mark.parametrize(
    ("text", "python", "newer"),
    [
        pytest.param(MATCHES, "3.9", True, id="match"),
        pytest.param(MATCHES, "3.10", False, id="known"),
        pytest.param(MATCHES, "", False, id="unstated"),
        pytest.param("x = (", "3.9", False, id="broken"),
        pytest.param("x = 1\n", "3.9", False, id="old"),
        pytest.param("try:\n    pass\nexcept* ValueError:\n    pass\n", "3.10", True, id="groups"),
    ],
)
def test_newer_syntax_is_found(text, python, newer):
    """The import tells of syntax that this Python can't read either."""
    assert bool(newer_syntax(text.encode(), python)) == newer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("from multiprocessing import Pool\nwith Pool(2) as p:\n    pass\n", [(2, "Pool")], id="pool"),
        pytest.param("import multiprocessing as m\nm.Process(target=f)\n", [(2, "m.Process")], id="process"),
        pytest.param("import concurrent.futures\nconcurrent.futures.ProcessPoolExecutor()\n",
                     [(2, "concurrent.futures.ProcessPoolExecutor")], id="executor"),
        pytest.param("GridSearchCV(m, g, n_jobs=-1)\n", [(1, "GridSearchCV(n_jobs=...)")], id="n_jobs"),
        pytest.param("GridSearchCV(m, g, n_jobs=1)\n", [], id="one_job"),
        pytest.param("import matplotlib\nmatplotlib.use('TkAgg')\n", [(2, "matplotlib.use")], id="backend"),
        pytest.param("import matplotlib\nmatplotlib.use('Agg')\n", [], id="agg"),
        pytest.param("import os\nos.system('cls')\nos.getcwd()\n", [(2, "os.system")], id="system"),
        pytest.param("from urllib.request import urlopen\nurlopen(u)\n", [(2, "urlopen")], id="network"),
        pytest.param("class Pool: pass\nPool()\nPool.run()\n", [], id="own_name"),
        pytest.param("from multiprocessing import Pool\n", [], id="unused"),
        pytest.param("def broken(:\n", [], id="broken"),
    ],
)  # fmt: skip
def test_calls_that_the_official_run_refuses_are_found(text, found):
    """By what the names mean in the module; an import that is not used costs nothing."""
    assert [(line, call) for line, call, _ in refused_calls(text.encode())] == found


def test_ready_names_them(home):
    """With the line, and what to do."""
    (home / "line.py").write_text("import os\nos.system('cls')\n")
    (home / "random.py").write_text("")
    said = str(ready("line.py"))

    assert "✗ line.py: line 2 calls `os.system`, and the official run starts no other process; do without it" in said
    assert "✗ random.py: it has the name of a module of Python's own, and is imported in its place; rename it" in said


@pytest.mark.parametrize(("name", "taken"), [("random", True), ("numpy", True), ("line", False), ("case_one", False)])
def test_names_of_libraries_are_known(name, taken):
    """Python's own, and those that modules import."""
    assert bool(library_name(name)) == taken


def test_a_stated_python_is_a_version(course):
    """`3.11`, not a sentence."""
    entry = course / "solutions/lines/assignment.toml"
    entry.write_text(f'python = "three"\n{entry.read_text()}')

    with pytest.raises(autograder.Error, match=r"expected the version that grades, as 3\.11"):
        read_course(course)


def test_staff_are_told_where_another_python_grades(tmp_path):
    """Students rely on the one that is stated."""
    course = write_course(tmp_path / "course")
    entry = course / "solutions/lines/assignment.toml"
    entry.write_text(f'python = "3.9"\n{entry.read_text()}')
    (tmp_path / "class/ada").mkdir(parents=True)
    words = ["grade", tmp_path / "class", "--course", course, "--out", tmp_path / "out", "--weak-sandbox"]

    outcome = CliRunner().invoke(main, [str(word) for word in words])

    assert outcome.exit_code == 0
    assert "students are told that Python 3.9 does" in outcome.stderr
