"""What is handed in is packed whole, and what is not as it should be is said, and refuses nothing."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile

import pytest
from click.testing import CliRunner
from handed_in import read_submission
from small_course import REFERENCE, write_course

from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.release.files import release, write
from autograder.student.environment import MIME, digest
from autograder.student.pack import pack
from autograder.submissions.unpack import MAX_ATTACHMENT_BYTES

RUN_ALL = "restart the kernel, run all cells, and save"


@pytest.fixture(scope="module")
def files(tmp_path_factory, sandbox):
    """The release, as its zip holds it: with a second copy of the notebook."""
    home = write_course(tmp_path_factory.mktemp("staff") / "course")
    (assignment,) = read_course(home)
    files = release(sandbox.observe, assignment, home / "nowhere")
    return {**files, "checks/line/line.ipynb": files["line.ipynb"]}


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """A student's folder, with all done and run."""
    home = tmp_path / "lines"
    write(files, home)
    monkeypatch.chdir(home)
    (home / "line.py").write_text(REFERENCE)
    save(home, ran)
    return home


def ran(notebook):
    """Filled, run from top to bottom beside the reference, and checked twice."""
    for number, cell in enumerate(code_of(notebook), 1):
        if cell["metadata"].get("tags") == ["fill"]:
            cell["source"] = "y = 2"
        cell["execution_count"] = number
    for cell in asking(notebook):
        cell["outputs"] = [verdict({"code": 0, "files": {"line.py": digest(REFERENCE.encode())}})]


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def asking(notebook):
    """The two cells that ask for a verdict."""
    return [cell for cell in code_of(notebook) if "check(" in "".join(cell["source"])]


def verdict(told):
    data = {"text/plain": "lines/line  7/7", MIME: told}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def save(home, change):
    path = home / "line.ipynb"
    notebook = json.loads(path.read_bytes())
    change(notebook)
    path.write_text(json.dumps(notebook))


def test_all_that_is_right_is_packed_without_a_word(home):
    """The module and the notebook, and what the student has written beside them; nothing that was handed out."""
    (home / "mine.py").write_text("x = 1\n")

    packed = pack(home)

    assert packed.warnings == ()
    assert sorted(packed.files) == ["line.ipynb", "line.py", "mine.py"]
    assert [(report.problem, report.score) for report in packed.reports] == [("lines/line", 7)]


def test_the_zip_is_read_as_it_was_meant(home, tmp_path):
    """What the grader takes of it is what was there."""
    packed = pack(home)
    path = tmp_path / "anna.zip"
    path.write_bytes(packed.as_zip())

    submission = read_submission(path, "anna", ["line.py", "line.ipynb"])

    assert (submission.problems, submission.refused, submission.extra) == ({}, "", ())
    assert submission.files == packed.files
    assert pack(home).as_zip() == packed.as_zip()


def module_missing(home):
    (home / "line.py").unlink()


def notebook_missing(home):
    (home / "line.ipynb").unlink()


def module_wrong(home):
    (home / "line.py").write_text(f"{REFERENCE}\n\ndef predict(x, w, b):\n    return w\n")


def changed_since(home):
    (home / "line.py").write_text(f"{REFERENCE}\nBETTER = True\n")


def named_otherwise(home):
    (home / "line.py").rename(home / "line (1).py")
    (home / "line.ipynb").rename(home / "Line-final.ipynb")


def answers_damaged(home):
    (home / "checks/line/answers.bin").write_bytes(b"?")


def released_notebook_damaged(home):
    (home / "checks/line/line.ipynb").write_text("{")


def changed_meanwhile(home):
    older = verdict({"files": {"line.py": digest(b"older = 1")}})
    save(home, lambda notebook: asking(notebook)[0].update(outputs=[older]))


def never_run(home):
    save(home, lambda notebook: [cell.update(execution_count=None, outputs=[]) for cell in notebook["cells"]])


def out_of_order(home):
    save(home, lambda notebook: notebook["cells"][-1].update(execution_count=1))


def given_cell_deleted(home):
    save(home, lambda notebook: notebook["cells"].pop(0))


def no_notebook(home):
    (home / "line.ipynb").write_text("{")


def starts_processes(home):
    (home / "line.py").write_text(f"import os\n{REFERENCE}\n\ndef more():\n    os.system('cls')\n")


def has_a_case(home):
    save(
        home,
        lambda notebook: notebook["cells"][-1].update(source='from autograder import case\ncase("line", "rooted")()'),
    )


def too_large(home):
    (home / "line.py").write_text(f"{REFERENCE}\n# {'x' * (1 << 20)}\n")
    (home / "line.ipynb").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(module_missing, "line.py is missing", id="module_missing"),
        pytest.param(notebook_missing, "line.ipynb is missing", id="notebook_missing"),
        pytest.param(module_wrong, "line.py has 5 of 7 points in your own check (code 52, wrong shape)", id="wrong"),
        pytest.param(changed_since, "line.ipynb shows what another line.py gave", id="changed_since"),
        pytest.param(changed_meanwhile, "line.ipynb shows what another line.py gave", id="changed_between"),
        pytest.param(never_run, "line.ipynb: no cell of the notebook was run", id="never_run"),
        pytest.param(out_of_order, "was run as number 1", id="out_of_order"),
        pytest.param(
            given_cell_deleted, "is missing or was changed; copy it from the released notebook", id="cell_deleted"
        ),
        pytest.param(starts_processes, "calls `os.system`, and the official run starts no other", id="processes"),
        pytest.param(has_a_case, "calls `case`, and the official run has no cases; take the cell out", id="case"),
        pytest.param(no_notebook, "it is broken JSON", id="no_notebook"),
        pytest.param(too_large, "line.py is larger than 1 MiB, and will not be read: take data out", id="too_large"),
        pytest.param(named_otherwise, "line.py is missing; did you mean line (1).py? What is handed", id="other_name"),
        pytest.param(named_otherwise, "line.ipynb is missing; did you mean Line-final.ipynb?", id="other_names"),
        pytest.param(answers_damaged, "line.py was not checked: ", id="answers_damaged"),
        pytest.param(released_notebook_damaged, "checks/line/line.ipynb", id="blank_damaged"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(home, damage, said):
    """In a line that names the file; the zip is made all the same."""
    damage(home)

    packed = pack(home)

    assert any(said in warning for warning in packed.warnings), packed.warnings
    assert not [warning for warning in packed.warnings if re.match(r"(\S+): \1", warning)]
    with zipfile.ZipFile(io.BytesIO(packed.as_zip())) as archive:
        there = {path.name for path in home.iterdir() if path.suffix in {".py", ".ipynb"}} - {"given_noise.py"}
        assert there <= set(archive.namelist())


def test_a_comment_is_no_change(home):
    """What was run is the same code; only who changes that must run the notebook again."""
    now = digest((home / "line.py").read_bytes())
    save(
        home,
        lambda notebook: [cell.update(outputs=[verdict({"files": {"line.py": now}})]) for cell in asking(notebook)],
    )
    (home / "line.py").write_text(f"# The answer.\n{REFERENCE}\n\n\n# better\n")

    assert pack(home).warnings == ()


def test_displays_of_any_shape_are_read_over(home):
    """What another program has put in the place of ours says nothing about the module."""
    odd = [verdict(told) for told in (1, [], {"files": []}, {"files": {"line.py": 7}})]
    save(home, lambda notebook: [cell.update(outputs=odd) for cell in asking(notebook)])

    assert pack(home).warnings == ()


def test_a_folder_of_nothing_is_said(home, tmp_path, monkeypatch):
    """The next step is to name the right one."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CourseError, match=r"holds no `checks/`.*go to the assignment's folder or name it"):
        pack(tmp_path)


def test_a_folder_that_has_lost_its_checks_is_said(home):
    """What is true of it, and not that the student's files were not there."""
    shutil.rmtree(home / "checks")

    with pytest.raises(CourseError, match=r"holds no `checks/`.*unpack the assignment's zip again"):
        pack(home)


@pytest.mark.parametrize("name", ["line/checks.py", "assignment.toml"])
def test_checks_that_are_damaged_are_an_error(home, name):
    """The file is named; nothing says what is handed in."""
    (home / "checks" / name).write_text("def broken(:\n")

    with pytest.raises(CourseError, match=re.escape(name)):
        pack(home)


class TestCommand:
    """What a student types at the end."""

    @pytest.mark.parametrize("words", [[], ["."]], ids=["here", "named"])
    def test_it_writes_the_zip_into_the_folder(self, home, words):
        """And says what is in it."""
        ended = CliRunner().invoke(main, ["pack", *words])

        assert ended.exit_code == 0
        assert "lines/line: 7 of 7 points in your own check" in ended.output
        assert "lines-hand-in.zip holds line.ipynb, line.py; hand it in" in ended.output
        assert (home / "lines-hand-in.zip").read_bytes() == pack(home).as_zip()

    def test_warnings_are_no_failure(self, home, tmp_path):
        """The status is 0, and the zip is there."""
        (home / "line.ipynb").unlink()

        ended = CliRunner().invoke(main, ["pack", str(home), "--out", str(tmp_path / "mine.zip")])

        assert ended.exit_code == 0
        assert "warning: line.ipynb is missing\n" in ended.output
        assert "it can be handed in as it is" in ended.output
        assert (tmp_path / "mine.zip").is_file()

    def test_another_folder_is_an_error_of_usage(self, tmp_path, monkeypatch):
        """As with every command."""
        monkeypatch.chdir(tmp_path)

        assert CliRunner().invoke(main, ["pack", str(tmp_path)]).exit_code == 64

    @pytest.mark.parametrize("out", ["line.py", "nowhere/mine.zip"])
    def test_nothing_is_written_over_or_beside(self, home, out):
        """A student's own file stays what it is; a folder that isn't there is a sentence."""
        before = (home / "line.py").read_bytes()

        ended = CliRunner().invoke(main, ["pack", str(home), "--out", str(home / out)])

        assert (ended.exit_code, (home / "line.py").read_bytes()) == (64, before)
        assert "--out" in ended.output


def test_what_a_notebook_names_is_packed_with_it(home):
    """Small files beside it, but for what was handed out; of one that is too large, a warning."""
    (home / "img").mkdir()
    for name, size in (
        ("own.csv", 3),
        ("img/sketch.png", 3),
        ("unnamed.csv", 3),
        ("huge.csv", MAX_ATTACHMENT_BYTES + 1),
    ):
        (home / name).write_bytes(b"x" * size)
    named = "own.csv img/sketch.png huge.csv data/points.npz README.md answers.bin"
    save(
        home,
        lambda notebook: notebook["cells"][0].update(source=f"{''.join(notebook['cells'][0]['source'])}\n\n{named}"),
    )

    packed = pack(home)

    assert packed.files.keys() == {"line.py", "line.ipynb", "own.csv", "img/sketch.png"}
    assert [warning[:18] for warning in packed.warnings] == ["huge.csv, which yo"]
