"""A notebook's cells run as in Jupyter, in the sandbox; one that fails, hangs or ends the process costs itself."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from small_course import GIVEN, REFERENCE
from traitlets.config import Config

from autograder.notebook.alignment import Step
from autograder.notebook.checks import execute
from autograder.notebook.document import Cell
from autograder.notebook.grade import beside
from autograder.wire import Failure, Observation
from autograder.worker.job import Limits

# All that a cell that hangs costs these tests; an honest one needs a hundredth.
SECONDS = 1.5

# As in every given notebook: this import has pictures carry what they show.
PLOT = "%matplotlib inline\nfrom autograder import check\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);"


def steps_of(sources):
    return [(place, Step(text, "code", None, Cell(place + 1, "code", text))) for place, text in enumerate(sources)]


@pytest.fixture
def run(sandbox, lines):
    """What cells show, beside the reference."""

    def executed(*sources, modules=None, wanted=(), **limits):
        problem = replace(lines, limits=Limits(**{"cell_seconds": SECONDS, **limits}))
        files = {"line.py": REFERENCE.encode()} if modules is None else modules
        return execute(beside(sandbox.run_cells, problem, files), problem.limits, steps_of(sources), wanted)

    return executed


def said(shown):
    """The outputs of a cell in short."""
    return [(one.kind, one.name, one.text) for one in shown.outputs]


def endings(execution):
    return [shown.ending for shown in execution.cells.values()]


# What a kernel shows of these is what a run of ours shows.
LIKE_A_KERNEL = {
    "result": "1 + 1",
    "silenced": "1 + 1;",
    "streams": "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
    "warning_free": "import warnings\nwarnings.simplefilter('ignore')\nwarnings.warn('no')",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'), 7)\n8",
    "cleared": "from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')",
    "awaited": "import asyncio\nawait asyncio.sleep(0)\n3",
    "figure": PLOT,
    "figure_as_result": "figure, axes = plt.subplots()\naxes.bar([1, 2], [3, 4])\nplt.close(figure)\nfigure",
    "two_figures": "plt.figure(); plt.plot([1])\nplt.figure(); plt.plot([2]);",
    "shown_then_said": "plt.plot([1, 2])\nplt.show()\nprint('after')",
    "given_module": "from given_noise import SPREAD\nSPREAD",
    "own_module": "import line\nline.root(4.0)",
    "data": "import numpy as np\nnp.load('data/points.npz')['x'].shape",
    "names": "__name__, _2 if '_2' in globals() else None, In[1]",
    "magic": "%who_ls NoSuchType",
    "in_a_thread": "import threading\nt = threading.Thread(target=print, args=('t',))\nt.start(); t.join()",
    "class": "class A:\n    def _repr_html_(self):\n        return '<i>A</i>'\n\n    __repr__ = _repr_html_\n\nA()",
}
RAISES_LIKE_A_KERNEL = {
    "exception": "1 / 0",
    "syntax": "def f(:",
    "unknown_magic": "%no_such_magic",
    "exit": "import sys\nsys.exit(3)",
    "assertion": "assert 1 == 2, 'no'",
    "unwritten": "raise NotImplementedError('f')",
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory, lines):
    """The outputs of a real kernel for both tables."""
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "line.py").write_text(REFERENCE)
    (folder / "given_noise.py").write_text(GIVEN)
    (folder / "data").mkdir()
    (folder / "data" / "points.npz").write_bytes(lines.files.data["points.npz"].read_bytes())
    sources = [*LIKE_A_KERNEL.values(), *RAISES_LIKE_A_KERNEL.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
        config=Config(KernelManager={"transport": "ipc", "ip": str(folder / "k")}),
    )
    client.execute()
    names = (*LIKE_A_KERNEL, *RAISES_LIKE_A_KERNEL)
    return dict(zip(names, (cell.outputs for cell in notebook.cells), strict=True))


@pytest.fixture(scope="module")
def ours(sandbox, lines):
    """Ours for both tables."""
    sources = [*LIKE_A_KERNEL.values(), *RAISES_LIKE_A_KERNEL.values()]
    seen = []

    def run_job(*asked):
        seen.extend(sandbox.run_cells(*asked))
        return seen

    execute(beside(run_job, lines, {"line.py": REFERENCE.encode()}), lines.limits, steps_of(sources))
    return dict(zip((*LIKE_A_KERNEL, *RAISES_LIKE_A_KERNEL), seen, strict=False))


def joined(outputs):
    """Outputs with the pieces of a stream put together: where a kernel parts them is a matter of time."""
    found = []
    for raw in json.loads(json.dumps(outputs)):
        if raw["output_type"] == "stream" and found and found[-1].get("name") == raw["name"]:
            found[-1]["text"] += raw["text"]
        else:
            found.append(raw)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", LIKE_A_KERNEL)
def test_a_cell_shows_what_a_kernel_shows(name, kernel, ours):
    """The same outputs, in the same form, to the byte of a picture."""
    mine = json.loads(ours[name].values["outputs"].tobytes())["outputs"]

    # Between two streams, what a kernel forwards first is a matter of time.
    def order(output):
        return output["output_type"], output.get("name", "")

    if name == "streams":
        assert sorted(joined(sorted(mine, key=order)), key=order) == joined(sorted(kernel[name], key=order))
    else:
        assert joined(mine) == joined(kernel[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", RAISES_LIKE_A_KERNEL)
def test_a_cell_raises_what_a_kernel_raises(name, kernel, ours):
    """The same exception with the same words; whose lines are shown is for the report to say."""
    mine = [o for o in json.loads(ours[name].values["outputs"].tobytes())["outputs"] if o["output_type"] == "error"]
    theirs = [output for output in kernel[name] if output["output_type"] == "error"]

    assert ours[name].ending in {"raised", "missing"}
    if theirs:  # of a magic that there is not, a kernel says so on standard error
        assert [(o["ename"], o["evalue"].partition(" (")[0]) for o in mine] == [
            (o["ename"], o["evalue"].partition(" (")[0]) for o in theirs
        ]


def test_an_exception_costs_its_cell(run):
    """The cells after it are run, and those that needed it fail by themselves."""
    execution = run("a = 1", "b = a / 0", "a + 1", "b")

    assert endings(execution) == ["returned", "raised", "returned", "raised"]
    assert said(execution.cells[2]) == [("result", "", "2")]
    assert execution.cells[3].failure.kind == "NameError"


def test_a_failure_shows_the_lines_of_the_notebook_and_of_the_module(run):
    """As they are written there."""
    execution = run("import line\nx = 1\nline.predict(x,\n    2, 3)")

    frames = execution.cells[0].failure.frames
    assert [(frame.file, frame.line, frame.text) for frame in frames] == [
        ("cell 1", 3, "line.predict(x,"),
        ("line.py", 9, "heights = np.matmul(x, w)"),
    ]


@pytest.mark.parametrize(
    ("source", "how"),
    [
        pytest.param("import os\nos._exit(0)", "exit status 0", id="exits"),
        pytest.param("exit()", "exit status 0", id="asks_to_exit"),
        pytest.param("import ctypes\nctypes.string_at(0)", "SIGSEGV", id="crashes"),
        pytest.param("while True:\n    pass", "ran past the limit of 1.5 s", id="never_ends"),
        pytest.param("import time\ntime.sleep(9)", "ran past the limit of 1.5 s", id="sleeps"),
    ],
)
def test_a_cell_that_ends_the_run_costs_itself(run, source, how):
    """What ran before it stays, what comes after it is run without it."""
    execution = run("a = 2", source, "a + 1", wanted=[("a", 0)])

    assert endings(execution) == ["returned", "died", "returned"]
    assert how in execution.cells[1].failure.message
    assert said(execution.cells[2]) == [("result", "", "3")]
    assert execution.values["a"] == 2


def test_however_many_end_the_run_those_after_them_are_run(run):
    """Each costs itself, as long as there is time."""
    execution = run("a = 2", *["import os\nos._exit(0)"] * 6, "a + 1", "exit()")

    assert endings(execution) == ["returned", *["died"] * 6, "returned", "died"]
    assert said(execution.cells[7]) == [("result", "", "3")]


def test_what_ends_the_run_is_given_up_when_the_time_is():
    """What is left then was not run."""
    asked = []

    def run_cells(cells, wanted):
        asked.append(len(cells))
        return [Observation("", 0, "died", failure=Failure("", "gone"))] if len(asked) < 3 else []

    execution = execute(run_cells, Limits(), steps_of(["a"] * 9))

    assert asked == [9, 8, 7]
    assert endings(execution) == ["died"] * 9
    assert "was not run" in execution.cells[8].failure.message


def test_where_nothing_can_be_run_each_cell_says_so():
    """A fault of ours is every cell's."""

    def run_cells(*_):
        return [Observation("", 0, "unstarted", failure=Failure("", "no room"))]

    assert endings(execute(run_cells, Limits(), steps_of(["a", "b"]))) == ["unstarted"] * 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no_json"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"outputs": 3}', id="no_list"),
        pytest.param(b'{"outputs": [3, {"output_type": 4}, {"output_type": "stream", "text": 5}]}', id="no_outputs"),
        pytest.param(b"\xff\xfe", id="no_text"),
    ],
)
def test_what_comes_back_is_believed_only_as_outputs(content):
    """A run may say anything; what is no output is none."""

    def run_cells(*_):
        values = {"outputs": np.frombuffer(content, np.uint8)}
        return [Observation("cell 1", 0, "returned", values), Observation("", 1, "returned", {"a": "a text"})]

    execution = execute(run_cells, Limits(), steps_of(["a"]))

    assert all(one.text == "" for one in execution.cells[0].outputs)
    assert execution.values == {}


@pytest.mark.parametrize(
    "source",
    ["!ls", "%pip install numpy", "files = !ls", "%%bash\nls", "get_ipython().system('ls')", "%sx ls"],
)
def test_a_program_is_not_run_and_says_so(run, source):
    """It costs nothing: what is needed is installed."""
    shown = run(source).cells[0]

    assert shown.ending == "returned"
    assert any("no other program is run here" in one.text for one in shown.outputs)


def test_nobody_answers(run):
    """As in any run without a person in front of it."""
    shown = run("name = input('who? ')").cells[0]

    assert shown.ending == "raised"
    assert shown.failure.kind == "EOFError"


def test_asking_for_a_verdict_shows_nothing(run):
    """The run holds no answers, and needs none."""
    assert said(run("from autograder import check\ncheck('line')").cells[0]) == []


def test_a_module_that_is_not_there_is_missing(run):
    """Not an exception of the notebook's."""
    shown = run("from line import root", modules={}).cells[0]

    assert shown.ending == "missing"
    assert "line.py was not handed in" in shown.failure.message


def test_the_handed_out_module_lies_over_one_of_its_name(run):
    """Whatever was handed in."""
    execution = run(
        "import given_noise\ngiven_noise.SPREAD",
        modules={"line.py": REFERENCE.encode(), "given_noise.py": b"SPREAD = 'mine'\n"},
    )

    assert said(execution.cells[0]) == [("result", "", "0.5")]


def test_more_than_is_kept_is_clipped(run):
    """And told; it costs nothing."""
    shown = run("print('z' * 100_000)", cell_bytes=1000).cells[0]

    assert shown.ending == "returned"
    assert shown.outputs[-1].clipped
    assert len(shown.outputs[0].text) < 1100


def test_values_and_files_come_back(run):
    """Those that were asked for, as arrays, and what was written beside the notebook."""
    execution = run(
        PLOT + "\nplt.savefig('line.png')",
        "net = {'W': plt.np.eye(2)} if hasattr(plt, 'np') else {'W': [[1.0, 0.0], [0.0, 1.0]]}",
        "def hostile():\n    raise SystemExit",
        wanted=[("net['W']", 1), ("no_such_name", 2), ("hostile()", 2), ("hostile", 2), ("file line.png", 0)],
    )

    assert execution.values.keys() == {"net['W']", "file line.png"}
    assert np.array_equal(execution.values["net['W']"], np.eye(2))
    assert execution.values["file line.png"].tobytes().startswith(b"\x89PNG")


def test_a_value_is_that_after_its_cell(run):
    """Whatever the cells after it make of the name, of the array, or of the run."""
    cells = ("import numpy as np\na = np.ones(2)", "a[:] = 7\na = None", "import os\nos._exit(0)")

    execution = run(*cells, wanted=[("a", 0), ("outputs", 1)])

    assert execution.values.keys() == {"a"}
    assert np.array_equal(execution.values["a"], np.ones(2))


def test_of_a_cell_that_failed_nothing_is_taken(run):
    """It has not made what it was to make: another cell has."""
    execution = run("a = 1.0", "a = 1 / 0", wanted=[("a", 1)])

    assert execution.values == {}


FORGE = """
import gc, socket
from autograder.wire import Failure, Observation, encode
(channel,) = [one for one in gc.get_objects() if isinstance(one, socket.socket)]
channel.sendall(encode(Observation({label!r}, {number}, {ending!r}, failure=Failure("", "forged"))))
"""


@pytest.mark.parametrize(
    ("label", "number", "ending"),
    [
        pytest.param("", 0, "unstarted", id="our_fault"),
        pytest.param("cell 2", 1, "faulty", id="a_faulty_grader"),
        pytest.param("cell 3", 2, "returned", id="another_cell"),
    ],
)
def test_a_forged_message_costs_its_cell(run, label, number, ending):
    """It can't say that the fault is ours, nor speak for a cell that was not run."""
    execution = run("1", FORGE.format(label=label, number=number, ending=ending), "3")

    assert endings(execution) == ["returned", "died", "returned"]
    assert "no result" in execution.cells[1].failure.message
    assert said(execution.cells[2]) == [("result", "", "3")]


def test_a_forged_end_has_no_outputs(run):
    """A cell may say of itself what it likes, but for how much."""
    execution = run("1", FORGE.format(label="cell 2", number=1, ending="returned"))

    assert execution.cells[1].ending == "returned"
    assert execution.cells[1].outputs[-1].clipped


def test_outputs_of_all_cells_together_are_bounded(run, monkeypatch):
    """The grader holds no more of a notebook than this, however many cells it has."""
    monkeypatch.setattr("autograder.sandbox.observe.NOTEBOOK_BYTES", 10_000)
    execution = run(*["print('z' * 4_000)"] * 4)

    assert [shown.outputs[-1].clipped for shown in execution.cells.values()] == [False, False, True, True]
    assert endings(execution) == ["returned"] * 4


def test_a_message_longer_than_a_cell_may_say_is_not_read():
    """Whoever sends it is not our side of the run."""

    def run_cells(*_):
        values = {"outputs": np.zeros((4 << 24) + (1 << 20) + 1, np.uint8)}
        return [Observation("cell 1", 0, "returned", values), Observation("", 1, "returned")]

    shown = execute(run_cells, Limits(), steps_of(["a"])).cells[0]

    assert shown.outputs[-1].clipped


def test_any_text_comes_back(run):
    """Half of a pair of characters is none."""
    shown = run("print('é€😀', '\\ud83d')").cells[0]

    assert said(shown) == [("stream", "stdout", "é€😀 ?\n")]


def test_global_generators_begin_alike_in_each_run(run):
    """A notebook that draws without a seed trains the same model whenever it is graded."""
    source = "import random\nimport numpy as np\nprint(random.random(), np.random.random(), hash('a'))"

    assert said(run(source).cells[0]) == said(run(source).cells[0])


# Cells that honest people write, that depend on where they are run, and what a kernel shows of them.
LIKE_AT_HOME = {
    "is_a_kernel": ("import sys\n'ipykernel' in sys.modules", "True"),
    "the_shell": ("type(get_ipython()).__name__", "'ZMQInteractiveShell'"),
    "readme": ("open('README.md').read()[:7]", "'# Lines'"),
    "the_notebook": ("import json\nlen(json.load(open('line.ipynb'))['cells'])", "0"),
    "the_module": ("import os\nos.path.exists('line.py')", "True"),
    "given": ("import os\nos.path.exists('given_noise.py')", "True"),
    "data": ("import os\nos.listdir('data')", "['points.npz']"),
    "colab": ("from google.colab import drive\ndrive.mount('/content/drive')\n1", "1"),
    "folder": ("%cd /content/hw\nimport os\nos.path.exists('line.py')", "True"),
}


@pytest.fixture(scope="module")
def home(sandbox, lines, tmp_path_factory):
    """The results of these cells, beside all that was handed out."""
    released = tmp_path_factory.mktemp("released") / "line.ipynb"
    (released.parent / "README.md").write_text("# Lines\n")
    problem = SimpleNamespace(**{name: getattr(lines, name) for name in ("name", "files", "limits", "preload")})
    problem.released_readme = released.with_name("README.md")
    files = {"line.py": REFERENCE.encode(), "line.ipynb": b'{"cells": []}'}
    sources = [source for source, _ in LIKE_AT_HOME.values()]
    execution = execute(beside(sandbox.run_cells, problem, files), problem.limits, steps_of(sources))
    return dict(zip(LIKE_AT_HOME, execution.cells.values(), strict=True))


@pytest.mark.parametrize("name", LIKE_AT_HOME)
def test_a_cell_finds_what_it_finds_at_home(home, name):
    """The handed-out files, the notebook itself, and what tells that this is a kernel."""
    assert said(home[name])[-1] == ("result", "", LIKE_AT_HOME[name][1])


def test_a_notebook_may_write_where_it_stands(run):
    """Into a folder that is gone with the run; it starts afresh in the next."""
    source = "from pathlib import Path\nhere = sorted(path.name for path in Path().iterdir())\nhere"
    write = "Path('line.ipynb').write_text('{}')\nPath('line.py').write_text('')"

    first, second = run(source, write), run(source, write)

    assert said(first.cells[0]) == said(second.cells[0])
    assert "'line.py'" in first.cells[0].outputs[0].text
    assert endings(first) == ["returned"] * 2


def test_a_notebook_reaches_nothing(run):
    """It is confined as every run of a student's code is."""
    execution = run("import socket\nsocket.socket()", "open('/etc/passwd').read()")

    assert endings(execution) == ["raised", "raised"]


def test_not_every_cell_can_end_its_process(run, monkeypatch):
    """Each has another run go on after it; of the cells after many such it is said that they were not run."""
    monkeypatch.setattr("autograder.notebook.checks.MAX_ENDED", 2)
    execution = run(*["import os; os._exit(3)"] * 5, "1")

    assert endings(execution) == ["died"] * 6
    assert [shown.failure.message for shown in execution.cells.values()] == [
        *["the process ended by itself, with exit status 3"] * 3,
        *["it was not run: more than 2 cells had ended the process that they ran in"] * 3,
    ]


def test_many_short_cells_take_no_more_than_the_notebook(run):
    """However little each takes, what comes after the notebook's time is not run."""
    execution = run(*["import time\ntime.sleep(0.08)"] * 60, notebook_seconds=SECONDS)

    assert endings(execution)[-1] == "died"
    assert "notebook" in execution.cells[59].failure.message
