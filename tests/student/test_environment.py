"""A notebook's first cell says whether everything is there, and what to do where it isn't."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
from autograder.student.environment import MIME, digest, ready

HOME = Path(autograder.__file__).parent.parent
NOTEBOOKS = sorted((HOME / "assignments").glob("*/*.ipynb"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An assignment's folder, as it was unpacked."""
    (tmp_path / "line.py").write_text("x = 1\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/points.npz").write_bytes(b"")
    (tmp_path / "requirements.txt").write_text("click>=8.1\njupyterlab>=4\nnumpy>=1.26\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wrong(found):
    return [(fact.about, fact.found, fact.remedy) for fact in found.facts if fact.remedy]


def test_all_is_there(here):
    """Python, the packages with their versions, the folder and the files are named."""
    found = ready("line.py", "data/points.npz")

    assert found.right
    assert [fact.about for fact in found.facts] == ["Python", "packages", "working directory", "files"]
    assert "numpy " in str(found)
    assert "jupyterlab" not in str(found)  # it may lie elsewhere than the kernel
    assert str(found).endswith("Everything is here.")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        pytest.param(
            lambda here: (here / "line.py").unlink(),
            "it holds no `line.py`; start Jupyter in the assignment's folder, or put the file back",
            id="elsewhere",
        ),
        pytest.param(
            lambda here: (here / "data/points.npz").unlink(), "take it from the assignment's zip again", id="no_data"
        ),
        pytest.param(
            lambda here: (here / "requirements.txt").write_text("no-such-package>=1.0\nnor-this-one>=2.0\n"),
            "run `%pip install -r requirements.txt` in a cell, then restart the kernel",
            id="no_packages",
        ),
        pytest.param(
            lambda here: (here / "requirements.txt").write_text("numpy>=99.1\n"),
            "run `%pip install -r requirements.txt` in a cell, then restart the kernel",
            id="old_package",
        ),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(here, damage, expected):
    """One thing at a time, and that the rest is in vain until it's done."""
    damage(here)

    found = ready("line.py", "data/points.npz")

    assert [remedy for _, _, remedy in wrong(found)] == [expected]
    assert not found.right
    assert str(found).endswith("run this cell again.")


def test_another_package_of_the_name_is_said(here, tmp_path, monkeypatch):
    """It has the same import and the same command; the next step is to uninstall it."""
    told = tmp_path / "site/autograder-3.7.7.dist-info/METADATA"
    told.parent.mkdir(parents=True)
    told.write_text("Metadata-Version: 2.1\nName: autograder\nVersion: 3.7.7\n")
    monkeypatch.syspath_prepend(tmp_path / "site")

    ((about, found, remedy),) = wrong(ready("line.py"))

    assert about == "autograder"
    assert found.startswith("`autograder 3.7.7` is installed, another program")
    assert "`%pip uninstall -y autograder`" in remedy


def test_nobodys_name_is_in_a_path(here, monkeypatch):
    """What it shows is handed in."""
    monkeypatch.setattr(Path, "home", lambda: here.parent)

    assert str(here.parent) not in str(ready("line.py"))
    assert f"~/{here.name}" in str(ready("line.py"))


def test_it_is_shown_as_a_table(here):
    """With words beside marks, and as data: which files they were."""
    bundle = ready("line.py", "data/points.npz")._repr_mimebundle_()

    assert '<span aria-hidden="true">✓ </span>fine' in bundle["text/html"]
    assert bundle[MIME] == {"right": True, "files": {"line.py": digest(b"x = 1\n")}}


def test_it_needs_no_package():
    """Of a Python with nothing installed it says so; it doesn't fail."""
    code = "import sys; import autograder; autograder.ready; print(*sorted(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=HOME, capture_output=True, text=True, check=True
    ).stdout.split()

    assert "autograder.student.environment" in said
    assert not {"numpy", "msgspec", "click", "IPython"} & set(said)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_begins_by_asking(path):
    """The first code cell finds the folder, and names files that are in it, the module first."""
    first = next(cell for cell in json.loads(path.read_bytes())["cells"] if cell["cell_type"] == "code")
    call = ast.parse("".join(first["source"])).body[-1].value
    names = [argument.value for argument in call.args]

    assert (call.func.id, names[0]) == ("ready", f"{path.stem}.py")
    assert [name for name in names if not (path.parent / name).is_file()] == []
    assert first["metadata"]["tags"] == ["environment"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("start", ["", "..", "../..", "data"], ids=["here", "above", "root", "below"])
def test_it_finds_its_folder_from_near_it(path, start, monkeypatch):
    """From the repository, from the folder above, from one within."""
    if start == "data" and not (path.parent / "data").is_dir():
        start = "checks"
    first = next(cell for cell in json.loads(path.read_bytes())["cells"] if cell["cell_type"] == "code")
    monkeypatch.chdir(path.parent / start)

    exec("".join(first["source"]), {})

    assert Path.cwd() == path.parent


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_ends_with_how_to_hand_in(path):
    """The last cell says what to type."""
    last = json.loads(path.read_bytes())["cells"][-1]

    assert "Handing in" in "".join(last["source"])
    assert "`python -m autograder pack`" in "".join(last["source"])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param("def f(x):\n    return x + 1\n", True, id="equal"),
        pytest.param("def f(x):  # adds\n\n    return (x + 1)\n", True, id="comment_and_layout"),
        pytest.param("def f(x):\n    return x + 2\n", False, id="code"),
        pytest.param("def f(x:\n", False, id="syntax_error"),
        pytest.param("def f(x):\n    return x + 1\n\0", False, id="nul"),
    ],
)
def test_modules_that_do_the_same_are_the_same(text, same):
    """Whether a notebook was run with the module that is there now: a comment changes nothing that it shows."""
    assert (digest(text.encode()) == digest(b"def f(x):\n    return x + 1\n")) is same


def test_a_text_that_is_no_python_is_itself():
    """Where there is no code to compare, the bytes are."""
    assert digest(b"def f(x:\n") == digest(b"def f(x:\n") != digest(b"def f(y:\n")
