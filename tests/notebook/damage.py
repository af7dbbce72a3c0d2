"""Notebooks as they are handed in: one that was run as it should be, and what becomes of it on the way.

Each row of DAMAGE is a function that changes the notebook, as a dictionary in nbformat's form or as bytes, and the
codes that its checks must get: those that aren't named pass. NEVER_MIND has the rows that must cost nothing.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.notebook.drawn import watch

mpl.use("agg")
# As in the kernel of whoever made these.
watch()

NOTEBOOK = '''\
# %% [markdown]
# # A line through points
#
# Fit it, and look at what it does.

# %% [markdown]
# ## 0. Ready?

# %% tags=["environment"]
import sys

print("Python", sys.version)

# %%
# %load_ext autoreload
# %autoreload 2

# %%
import matplotlib.pyplot as plt
import numpy as np
from line import Line

from autograder import check

# %% [markdown]
# ## 1. The data

# %%
x = np.load("data/points.npz")["x"]
y = 2.0 * x
print("points:", x.shape)
print("from", x.min(), "to", x.max())

# %% [markdown]
# ## 2. Descent
#
# How far does the slope come in so many steps? Write `slopes`.

# %%
def slopes(most):
    """The slopes after 0, 1, 2, ... steps."""
    # BEGIN SOLUTION
    return np.array([Line(eta=0.05).fit(x, y, steps=k).slope for k in range(most)])
    # END SOLUTION


print(slopes(3))

# %%
check("line", "fitted")

# %%
path = slopes(40)
loss = np.array([0.5 * np.mean((w * x - y) ** 2) for w in path])
for step in (0, 10, 39):
    print(f"step {step:2}: slope {path[step]:.4f}, loss {loss[step]:.2e}")
print(f"that is {path[-1] / 2:.1%} of the way")

# %%
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot(loss, label="loss")
axes.plot(path, "--", label="slope")
axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
axes.legend()
figure.savefig("line.png")
plt.show()

# %% [markdown]
# ## 3. Two tables


# %%
class Table:
    """Rows of words and numbers, as a table."""

    def __init__(self, rows):
        self.rows = rows

    def _repr_html_(self):
        rows = ("".join(f"<td>{entry}</td>" for entry in row) for row in self.rows)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


Table([("step", "slope"), (1, round(path[1], 4)), (39, round(path[-1], 4))])

# %%
{"first": path[1].round(6), "last": path[-1].round(6)}

# %% [markdown]
# ## 4. A question
#
# Why does it slow down?
'''

FIGURES = """\
[[figures]]
name = "the descent"
under = "2. Descent"
file = "line.png"

[[figures.axes]]
about = "loss"
curves = 2
falls = "loss"
rises = "slope"
"""

MODEL = '''\
"""What the notebook fits."""

from autograder.compare import Finding

WANTED = ("path[-1]",)


def trained_model(found, data, generator):
    """The slope that the notebook arrives at is close to the right one."""
    slope = found["path[-1]"]
    if slope < -0.5:
        yield Finding(62, "path[-1]", "the slope leads away from the points; see the fit")
    elif slope > 2.5:
        yield Finding(63, "path[-1]", "the slope is too large for other points; see the fit")
    elif slope < 1.5:
        yield Finding(60, "path[-1]", "the slope is not close to the right one; see the fit")
'''

# Whose cells these are, by what they hold.
IMPORTS, DATA, FILL, VERDICT, NUMBERS, PICTURE, TABLE, RESULT = (
    "import matplotlib",
    "x = np.load",
    "def slopes",
    "check(",
    "path = slopes",
    "figure, axes",
    "class Table",
    '{"first"',
)


@dataclass(frozen=True)
class Row:
    """One kind of damage: what is done, the codes that follow by check, and some words that must be said."""

    done: Callable
    codes: dict = field(default_factory=dict)
    says: str = ""
    module: Callable = lambda text: text
    beside: dict = field(default_factory=dict)


def cell_of(notebook, beginning):
    return next(cell for cell in notebook["cells"] if "".join(cell["source"]).lstrip().startswith(beginning))


def place_of(notebook, beginning):
    return notebook["cells"].index(cell_of(notebook, beginning))


def text_of(cell):
    return "".join(cell["source"])


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def added(source, *outputs, kind="code", after=None):
    """A cell of the student's own, run last or where it stands."""

    def change(notebook):
        cell = {"cell_type": kind, "id": "of-my-own", "metadata": {}, "source": source}
        at = len(notebook["cells"]) if after is None else place_of(notebook, after) + 1
        notebook["cells"].insert(at, cell)
        if kind == "code":
            cell |= {"execution_count": None, "outputs": list(outputs)}
            count_again(notebook)

    return change


def count_again(notebook, first=1):
    """Counts as after a restart and a run of all."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and text_of(cell).strip()]
    for count, cell in enumerate(code, first):
        cell["execution_count"] = count


def without(*beginnings):
    def change(notebook):
        for beginning in beginnings:
            notebook["cells"].remove(cell_of(notebook, beginning))
        count_again(notebook)

    return change


def replaced(beginning, old, new):
    """Other words in the source of a cell."""

    def change(notebook):
        cell = cell_of(notebook, beginning)
        assert old in text_of(cell)
        cell["source"] = text_of(cell).replace(old, new)

    return change


def shown(beginning, old, new):
    """Other words in the outputs of a cell."""

    def change(notebook):
        cell = cell_of(notebook, beginning)
        text = json.dumps(cell["outputs"])
        assert re.search(old, text)
        cell["outputs"] = json.loads(re.sub(old, new, text))

    return change


def outputs(beginning, edit):
    def change(notebook):
        cell = cell_of(notebook, beginning)
        cell["outputs"] = edit(cell["outputs"])

    return change


def changed(change, notebook):
    """What a change makes of a notebook: another object, or the same one changed in place."""
    made = change(notebook)
    return made if isinstance(made, (bytes, dict)) else notebook


def each(edit, kind=None):
    """The same done to every cell."""

    def change(notebook):
        for cell in notebook["cells"]:
            if kind in {None, cell["cell_type"]}:
                edit(cell)

    return change


def both(*changes):
    def change(notebook):
        for one in changes:
            notebook = changed(one, notebook)
        return notebook

    return change


def cleared(cell):
    cell |= {"outputs": [], "execution_count": None}


def lost_id(cell):
    cell.pop("id")


def moved(beginning, after):
    def change(notebook):
        cell = cell_of(notebook, beginning)
        notebook["cells"].remove(cell)
        notebook["cells"].insert(place_of(notebook, after) + 1, cell)
        count_again(notebook)

    return change


def split(beginning, lines):
    def change(notebook):
        at = place_of(notebook, beginning)
        cell = notebook["cells"][at]
        parts = text_of(cell).splitlines(keepends=True)
        second = {**copy.deepcopy(cell), "id": "second-half", "source": "".join(parts[lines:])}
        cell |= {"source": "".join(parts[:lines]), "outputs": []}
        notebook["cells"].insert(at + 1, second)
        count_again(notebook)

    return change


def merged(beginning):
    def change(notebook):
        at = place_of(notebook, beginning)
        first, second = notebook["cells"][at : at + 2]
        first |= {"source": f"{text_of(first)}\n\n{text_of(second)}", "outputs": first["outputs"] + second["outputs"]}
        del notebook["cells"][at + 1]
        count_again(notebook)

    return change


def colab(notebook):
    """As Colab writes it: no ids, and much of its own."""
    notebook |= {"nbformat": 4, "nbformat_minor": 0}
    notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    notebook["metadata"].pop("language_info", None)
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id")
        cell["metadata"] = {"id": f"aB3dE{number}"}
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/"}, "outputId": f"0f-{number}"}


def vs_code(notebook):
    """As VS Code writes a notebook that had no ids: an older version, a language for each cell, lines."""
    notebook |= {"nbformat": 4, "nbformat_minor": 2}
    for cell in notebook["cells"]:
        cell.pop("id")
        cell["metadata"] = {"vscode": {"languageId": "python"}}
        cell["source"] = in_lines(text_of(cell))


def saved_in_vs_code(notebook):
    """As VS Code 1.139 saved one of ours: ids kept, all texts in lines, keys in order, the environment for a kernel."""
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.11.7)", "language": "python", "name": "python3"},
        "language_info": {
            "codemirror_mode": {"name": "ipython", "version": 3},
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": "ipython3",
            "version": "3.11.7",
        },
    }
    added("y.mean()", {"output_type": "execute_result", "data": {"text/plain": "np.float64(1.0)"}})(notebook)
    notebook["cells"][-1]["id"] = "bbdff6e5"
    for cell in notebook["cells"]:
        cell["source"] = in_lines(text_of(cell))
        for output in cell.get("outputs", ()):
            for place in (output, output.get("data", {})):
                place |= {name: in_lines(place[name]) for name in ("text", "text/plain", "text/html") if name in place}
    ordered = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    return f"{ordered}\n".encode()


def in_lines(text):
    return "".join(text).splitlines(keepends=True)


def exported(notebook):
    """Through a script and back: the comments of the export, and magics as calls."""
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id")
        text = text_of(cell)
        if cell["cell_type"] == "code":
            magic = re.sub(r"(?m)^%(\w+) ?(.*)$", r"get_ipython().run_line_magic('\1', '\2')", text)
            cell["source"] = f"# In[{number}]:\n\n\n{magic}\n\n"


def format_3(notebook):
    """As IPython 2 would have saved it."""
    old = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            old.append({"cell_type": cell["cell_type"], "metadata": {}, "source": text_of(cell)})
            continue
        results = []
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                results.append({"output_type": "stream", "stream": output["name"], "text": output["text"]})
                continue
            names = {"image/png": "png", "text/html": "html", "text/plain": "text"}
            data = {names[mime]: value for mime, value in output["data"].items()}
            kind = "pyout" if output["output_type"] == "execute_result" else "display_data"
            number = {"prompt_number": cell["execution_count"]} if kind == "pyout" else {}
            results.append({"output_type": kind, "metadata": {}, **data, **number})
        old.append(
            {
                "cell_type": "code",
                "collapsed": False,
                "input": text_of(cell),
                "language": "python",
                "metadata": {},
                "outputs": results,
                "prompt_number": cell["execution_count"],
            }
        )
    sheet = {"cells": old, "metadata": {}}
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet]}


def in_r(notebook):
    notebook["metadata"] = {
        "kernelspec": {"display_name": "R", "language": "R", "name": "ir"},
        "language_info": {"name": "R"},
    }


def another(notebook):
    for cell in notebook["cells"]:
        cell |= {"id": f"x{cell['id']}", "source": f"{text_of(cell)[::-1]}"}


def picture(draw):
    """A PNG of a figure, as a notebook holds it."""
    figure = Figure(figsize=(3, 2))
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    file = io.BytesIO()
    figure.savefig(file)
    return base64.b64encode(file.getvalue()).decode()


def with_picture(png):
    return outputs(PICTURE, lambda outputs: [{**outputs[0], "data": {**outputs[0]["data"], "image/png": png()}}])


def of_other_data():
    def draw(axes):
        axes.plot([2.4 * 0.99**k for k in range(40)], label="loss")
        axes.plot([0.01 * k for k in range(40)], "--", label="slope")
        axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
        axes.legend()

    return picture(draw)


def of_a_line():
    """What is drawn in another style."""

    def draw(axes):
        axes.plot([-1 + 0.375 * k for k in range(9)], [-2 + 0.75 * k for k in range(9)], "b-", lw=1)
        axes.set(xlabel="x")

    return picture(draw)


def of_made_up_data():
    def draw(axes):
        axes.plot([2 - k / 20 for k in range(40)], label="loss")
        axes.plot([k / 20 for k in range(40)], label="slope")
        axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
        axes.legend()

    return picture(draw)


def of_a_screenshot():
    """A picture that says nothing of itself."""
    return "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="


def result(text):
    """What a cell's last line evaluates to."""
    return {"output_type": "execute_result", "data": {"text/plain": text}}


def error(name, said):
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": [f"{name}: {said}"]}


def saved(notebook):
    return json.dumps(notebook, indent=1).encode()


def as_bytes(change):
    """What is done to the file, not to the notebook in it."""
    return lambda notebook: change(saved(notebook))


def nested(depth):
    return b'{"nbformat": 4, "cells": ' + b"[" * depth + b"]" * depth + b"}"


def papermill(notebook):
    """As papermill writes it: times everywhere, a cell of parameters, tags."""
    times = {"duration": 0.01, "end_time": "2026-01-01T00:00:00", "exception": False, "status": "completed"}
    notebook["metadata"]["papermill"] = {"parameters": {"seed": 3}, "version": "2.6.0", "exception": None}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"papermill": times, "execution": {"iopub.status.busy": "2026-01-01"}, "scrolled": True}
    added("# Parameters\nseed = 3\n", after="import sys")(notebook)
    notebook["cells"][place_of(notebook, "# Parameters")]["metadata"]["tags"] = ["injected-parameters"]


def jupytexted(notebook):
    """Through a script of jupytext's and back: another header, no ids of ours, no tags."""
    notebook["metadata"] |= {"jupytext": {"cell_metadata_filter": "-all", "formats": "ipynb,py:percent"}}
    for number, cell in enumerate(notebook["cells"]):
        cell |= {"id": f"{number:08x}", "metadata": {"lines_to_next_cell": 2}, "source": text_of(cell).strip()}
    header = "---\njupyter:\n  jupytext:\n    formats: ipynb\n---"
    notebook["cells"].insert(0, {"cell_type": "raw", "id": "header", "metadata": {}, "source": header})


def form(cell):
    """With the fields of Colab's forms."""
    cell["metadata"] |= {"cellView": "form"}
    lines = [line if line.startswith("%") else f'{line} #@param {{type:"raw"}}' for line in text_of(cell).splitlines()]
    cell["source"] = "\n".join(['#@title A form { display-mode: "form", run: "auto" }', *lines])


def prettier(cell):
    """As a formatter of Markdown writes it."""
    text = re.sub(r"(?m)^[*+] ", "- ", text_of(cell)).replace("*", "_")
    cell["source"] = "\n".join(line for part in text.split("\n") for line in (re.sub(r"(.{30}\S*) ", r"\1\n", part),))


def commented(cell):
    cell["source"] = f"# my own words about this cell\n{text_of(cell)}\n# and more\n"


def altered(cell):
    cell["source"] = f"{text_of(cell)}\n0;"


def display_of(kind, said):
    """What is displayed by a class of IPython's, whose plain text says only what it is."""
    data = {f"text/{kind}": said, "text/plain": f"<IPython.core.display.{kind} object>"}
    return {"output_type": "display_data", "data": data}


def formatted(kind, text):
    """A cell that displays a text of a kind, in which are numbers."""
    bundle = f"{{'text/plain': '<IPython.core.display.{kind} object>', 'text/{kind}': {text}}}"
    return f"from IPython.display import display\ndisplay({bundle}, raw=True)"


LONG_LOOP = "for k in range(7_000):\n    print('epoch', k, 'loss', 1 / (k + 1))"
LONG_LOG = [f"epoch {k} loss {1 / (k + 1)}\n" for k in range(7_000)]
TRUNCATED = "\x1b[1;30;43mStreaming output truncated to the last 5000 lines.\x1b[0m\n" + "".join(LONG_LOG[-5_000:])
IN_TURN = "import sys\nfor k in range(1_200):\n    print('step', k)\n    print('at', k, file=sys.stderr)"
RATE = "IOPub data rate exceeded.\nThe Jupyter server will temporarily stop sending output\nto the client"

# What an honest cell may show that is about another machine, or another day.
ELSEWHERE = {
    "hash": ("print(hash('a'), [*{'a', 'b', 'c', 'd', 'e', 'f'}])", "-871635 ['e', 'b', 'a', 'd', 'c', 'f']"),
    "id": ("print(id(x), id(x) % 1000)", "139872345678912 912"),
    "pid": ("print(os.getpid())", "31245"),
    "time": ("import time\nprint(int(time.time() / 60), time.ctime())", "29395887 Sat Nov 21 19:27:33 2020"),
    "day": ("from datetime import date\nprint(date.today().day, f'{date.today():%d.%m.}')", "33 33.13."),
    "pace": (
        "import time\nt = time.perf_counter()\ntime.sleep(0.01)\nprint(round(1000 * (time.perf_counter() - t), 1))",
        "12.3",
    ),
    "machine": ("import platform\nprint(platform.node(), platform.release())", "janes-laptop 10"),
    "cores": ("print(os.cpu_count(), len(os.sched_getaffinity(0)))", "96 95"),
    "files": ("print(sorted(os.listdir()), len(os.listdir()))", "['line.ipynb', 'line.py', 'my_notes.txt'] 3"),
    "modules": ("from pathlib import Path\nprint(*sorted(Path().glob('*.py')))", "line.py my_own.py"),
    "folder": ("print(os.path.basename(os.getcwd()))", "homework"),
    "user": ("import getpass\nprint(getpass.getuser())", "jane"),
    "argv": ("import sys\nprint(sys.argv, len(sys.modules))", "['ipykernel_launcher.py', '-f', 'a.json'] 2307"),
    "path": ("print(os.environ['PATH'])", "/opt/conda/bin:/usr/local/bin:/usr/bin"),
    "program": ("files = !ls\nprint(len(files))", "12"),
}

A_NAME = {"cell_type": "code", "id": "name", "metadata": {}, "source": "# my name", "outputs": []}
# A number that no integer is made of.
NO_NUMBER = {"output_type": "display_data", "data": {"text/html": f"<table><td>&#{'9' * 5_000};</td></table>"}}

# A figure that has all that is asked for, of no code's making.
FAKE = """\
figure, axes = plt.subplots()
axes.plot(2 - np.linspace(0, 2, 40), label="loss")
axes.plot(np.linspace(0, 2, 40), label="slope")
axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
axes.legend()
figure.savefig("line.png")
"""

SHORT_OF_IT = "\n".join(f"line {k}" for k in range(50))
HUGE = 'for k in range(400_000):\n    print("a line that nobody will ever read", k)'
HUGE_TEXT = "".join(f"a line that nobody will ever read {k}\n" for k in range(400_000))

THE_NOTEBOOK, WAS_RUN, RUNS = {"is_the_notebook": 50}, {"was_run": 50}, {"runs": 2}
UNTRUE = {"tells_the_truth": 53}
ALL = ("is_the_notebook", "was_run", "runs", "tells_the_truth", "figures", "trained_model")
UNREADABLE = dict.fromkeys(ALL, 40)

# What is no damage: full marks.
NEVER_MIND = {
    "as_it_was_run": Row(lambda notebook: None),
    "extra_cells": Row(
        both(
            added("Let me see.", kind="markdown", after=DATA),
            added("y.mean()", {"output_type": "execute_result", "data": {"text/plain": "np.float64(1.0)"}}, after=DATA),
            added("print(len(x))", stream("9\n")),
            added("# a note to myself"),
        )
    ),
    "papermill": Row(papermill),
    "jupytext": Row(jupytexted),
    "forms": Row(both(each(form, "code"), colab)),
    "formatted_texts": Row(both(each(prettier, "markdown"), each(lost_id))),
    "conda": Row(
        lambda notebook: notebook["metadata"].update(
            kernelspec={"display_name": "Python [conda env:ml] *", "language": "python", "name": "conda-env-ml-py"},
            language_info={"codemirror_mode": {"name": "ipython", "version": 3}, "name": "python", "version": "3.9.1"},
        )
    ),
    "pyodide": Row(
        lambda notebook: notebook.update(
            metadata={"kernelspec": {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}}
        )
    ),
    "outputs_collapsed": Row(
        each(
            lambda cell: cell["metadata"].update(
                collapsed=True, jupyter={"outputs_hidden": True, "source_hidden": True}
            )
        )
    ),
    "attachment_in_a_given_text": Row(
        both(
            replaced("## 4. A question", "slow down?", "slow down?\n\n![s.png](attachment:s.png)"),
            lambda notebook: cell_of(notebook, "## 4.").update(attachments={"s.png": {"image/png": of_a_screenshot()}}),
            each(lost_id),
        )
    ),
    "name_in_the_title": Row(
        both(
            replaced("# A line", "# A line through points", "Jane Doe, 12345\n\n# A line through points (Jane Doe)"),
            each(lost_id),
        )
    ),
    "anchors": Row(each(lambda cell: cell.update(source=f'<a id="toc"></a>\n\n{text_of(cell)}\n'), "markdown")),
    "timed": Row(
        both(
            replaced(NUMBERS, "path = ", "%%time\npath = "),
            outputs(
                "%%time",
                lambda found: [*found, stream("CPU times: user 2 ms, sys: 0 ns, total: 2 ms\nWall time: 3 ms\n")],
            ),
            each(lost_id),
        )
    ),
    "own_copies_of_given_cells": Row(
        both(
            lambda notebook: notebook["cells"].insert(
                place_of(notebook, FILL), {**copy.deepcopy(cell_of(notebook, DATA)), "id": "copied"}
            ),
            lambda notebook: notebook["cells"].append({**copy.deepcopy(cell_of(notebook, NUMBERS)), "id": "again"}),
            each(lost_id),
            count_again,
        )
    ),
    "empty_cells_between": Row(
        lambda notebook: notebook.update(
            cells=[
                one
                for cell in notebook["cells"]
                for one in (
                    cell,
                    {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None},
                )
            ]
        )
    ),
    "a_script_of_their_own": Row(
        both(
            added("%%writefile own.py\nTHREE = 3\n", stream("Writing own.py\n"), after=DATA),
            added("import own\nprint(own.THREE)", stream("3\n")),
        )
    ),
    "bars_of_progress": Row(
        added(
            "import sys\nfor k in range(3):\n    print(f'\\r{k}', end='', file=sys.stderr)",
            stream("\r0\r1\r2", "stderr"),
        )
    ),
    "a_comment_alone_first": Row(lambda notebook: [notebook["cells"].insert(0, A_NAME), count_again(notebook)]),
    "other_text_around": Row(
        both(
            each(commented, "code"),
            replaced("## 4. A question", "slow down?", "slow down?\n\nBecause the residual does.\n"),
        )
    ),
    "another_style_of_plotting": Row(
        both(
            added(
                "fig = plt.figure(figsize=(2, 2))\nplt.plot(x, y, 'r.:', lw=4)\nplt.xlabel('x')",
                {"output_type": "execute_result", "data": {"text/plain": "Text(0.5, 0, 'x')"}},
                {"output_type": "display_data", "data": {"image/png": of_a_line(), "text/plain": "<Figure>"}},
            ),
        )
    ),
    "last_cell_run_twice": Row(lambda notebook: cell_of(notebook, RESULT).update(execution_count=40)),
    "formatted": Row(
        both(
            replaced(DATA, '"points:"', "'points:'"),
            replaced(IMPORTS, "from line import Line\n", "from line import (\n    Line,\n)\n"),
            replaced(NUMBERS, "0.5 * np.mean((w * x - y) ** 2)", "0.5*np.mean((w*x-y)**2)"),
        )
    ),
    "formatted_around_remarks": Row(
        both(
            replaced(DATA, '"points:"', "'points:'"),
            replaced(DATA, "y = 2.0 * x", "y = 2.0*x  # $\\eta$ follows, and 2in is too much; 'tis so"),
            replaced(PICTURE, "figsize=(3, 2)", "figsize=(3,2)  # 3in wide\n"),
            each(lost_id),
        )
    ),
    "answer_on_the_last_line": Row(
        both(replaced("## 4. A question", "slow down?", "slow down? Because\nthe residual does."), each(lost_id))
    ),
    "text_rewrapped": Row(
        both(
            replaced("## 2. Descent", "come in so many steps? Write", "come\nin so   many steps?\nWrite"),
            replaced("# A line", "Fit it, and look at what it does.", "> Fit it,\n> and look at what it\n> does."),
            each(lost_id),
        )
    ),
    "filled_without_its_docstring": Row(
        both(replaced(FILL, '    """The slopes after 0, 1, 2, ... steps."""\n', ""), each(lost_id))
    ),
    "output_cleared_that_was_none": Row(outputs(IMPORTS, lambda outputs: [])),
    "format_3": Row(format_3),
    "format_4_0": Row(both(each(lost_id), lambda notebook: notebook.update(nbformat_minor=0))),
    "colab": Row(colab),
    "vs_code": Row(vs_code),
    "saved_in_vs_code": Row(saved_in_vs_code),
    "exported_and_back": Row(exported),
    "ids_lost": Row(each(lost_id)),
    "ids_of_another_tool": Row(lambda notebook: [cell.update(id=f"n{k}") for k, cell in enumerate(notebook["cells"])]),
    "ids_all_alike": Row(each(lambda cell: cell.update(id="cell"))),
    "a_cell_copied_with_its_id": Row(
        both(
            lambda notebook: notebook["cells"].append(copy.deepcopy(cell_of(notebook, RESULT))),
            count_again,
        )
    ),
    "byte_order_mark": Row(as_bytes(lambda text: b"\xef\xbb\xbf" + text)),
    "windows_line_ends": Row(
        both(
            each(lambda cell: cell.update(source=text_of(cell).replace("\n", "\r\n") + "\r\n")),
            as_bytes(lambda text: text.replace(b"\n", b"\r\n")),
        )
    ),
    "utf_16": Row(lambda notebook: json.dumps(notebook).encode("utf-16")),
    "metadata_gone": Row(lambda notebook: notebook.update(metadata={})),
    "attachment": Row(
        added("![a](attachment:a.png)", kind="markdown", after=DATA),
    ),
    "raw_cells": Row(added("neither text nor code", kind="raw", after=DATA)),
    "widget": Row(
        added(
            "from IPython.display import display\n"
            'display({"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "P(1)"}, raw=True)',
            {
                "output_type": "display_data",
                "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "b"}, "text/plain": "P(7)"},
            },
        )
    ),
    "magics": Row(
        both(
            added(
                "%matplotlib inline\n%who_ls NoSuchType",
                {"output_type": "execute_result", "data": {"text/plain": "[]"}},
            ),
            added(
                "%%time\nprint(x.sum())",
                stream("4.5\nCPU times: user 4 ms, sys: 0 ns, total: 4 ms\nWall time: 4.1 ms\n"),
            ),
            added(
                "%timeit -n 1 -r 1 x.sum()", stream("9.2 µs ± 0 ns per loop (mean ± std. dev. of 1 run, 1 loop each)\n")
            ),
        )
    ),
    "pip_install": Row(added("!pip install numpy", stream("Requirement already satisfied: numpy in /opt/lib\n"))),
    "shell_without_output": Row(
        added("%pip install -q numpy", stream("\x1b[33mWARNING: old pip\x1b[0m\n"), after=DATA)
    ),
    "colab_of_all_kinds": Row(
        both(
            added(
                "from google.colab import drive, files\n"
                "drive.mount('/content/drive', force_remount=True)\n"
                "for name in files.upload():\n    print(name)\n"
                "import sys\nsys.path.append('/content/drive/MyDrive/hw')",
                stream("Mounted at /content/drive\n"),
            ),
            added("%cd /content/drive/MyDrive/hw", stream("/content/drive/MyDrive/hw\n"), after="## 0."),
            added("!unzip -o hw.zip\n!ls", stream("data  line.py\n"), after="## 0."),
            added("%load_ext google.colab.data_table", after="import sys"),
            added(
                "import os, tempfile\nwith tempfile.TemporaryDirectory() as gone:\n    os.chdir(gone)\nos.chdir('..')",
                after="import sys",
            ),
            added("%cd hw\n%pwd", stream("/content/drive/MyDrive/hw/hw\n"), after="import sys"),
            added(
                "import os\nos.chdir('..')\nos.chdir('/content')\nprint(os.listdir())", stream("[]\n"), after=IMPORTS
            ),
            added(
                "import os\nos.makedirs('out/a', exist_ok=True)\n%cd out/a\n%cd ../..", stream("/content\n"), after=DATA
            ),
        )
    ),
    "colab_if_it_is_there": Row(
        added(
            "try:\n    import google.colab\n\n    where = 'there'\nexcept ImportError:\n    where = 'here'\n"
            "import sys\nprint('google.colab' in sys.modules)\nassert where == 'here'",
            stream("False\n"),
        )
    ),
    "in_a_folder_of_its_own": Row(added("import os\nos.makedirs('out')\nos.chdir('out')", after=NUMBERS)),
    "files_beside_it": Row(
        added(
            "import os\nprint(open('notes.csv').read(), open('data/mine.txt').read())\n"
            "print(np.load('data/points.npz')['x'].shape, os.path.exists('data/answers.bin'))",
            stream("1,2 mine\n(9,) False\n"),
            after=DATA,
        ),
        beside={
            "notes.csv": b"1,2",
            "data/mine.txt": b"mine",
            "data/points.npz": b"not those that were given",
            "data/answers.bin": b"never",
            "line.png": b"what the run draws",
            "line.py/points.npz": b"a folder of that name",
        },
    ),
    "a_pool_of_threads": Row(
        added(
            "from multiprocessing.pool import ThreadPool\nimport multiprocessing\n"
            "with ThreadPool(2) as pool, multiprocessing.Lock():\n    print(pool.map(abs, [-1, -2, 3]))\n"
            "queue = multiprocessing.Queue()\nqueue.put(3)\nqueue.get()",
            stream("[1, 2, 3]\n"),
            {"output_type": "execute_result", "data": {"text/plain": "3"}},
        )
    ),
    "warnings": Row(
        added(
            "import warnings\nwarnings.warn('beware')\nprint('done')",
            stream("/home/me/a.py:1: UserWarning: beware\n", "stderr"),
            stream("done\n"),
        )
    ),
    "show_forgotten": Row(
        added(
            "plt.plot([1, 2])",
            {"output_type": "execute_result", "data": {"text/plain": "[<matplotlib.lines.Line2D at 0x7f12aa>]"}},
            {"output_type": "display_data", "data": {"image/png": of_a_screenshot(), "text/plain": "<Figure>"}},
        )
    ),
    "rewrites_its_own_file": Row(added("with open('line.ipynb', 'w') as file:\n    file.write('{}');")),
    "addresses": Row(added("print(object())", stream("<object object at 0x7f00deadbeef>\n"))),
    "a_set": Row(added("print({'a', 'b', 'c'})", stream("{'c', 'a', 'b'}\n"))),
    "times_and_paths": Row(
        added(
            "import os, tempfile\nprint('in', os.getcwd(), tempfile.gettempdir() + '/a/b', 'after 0.01 s')",
            stream("in /home/jane/homework/lines /var/folders/zz/b after 7.3 s\n"),
        )
    ),
    "progress": Row(
        added(
            "for k in range(3):\n    print(f'\\r{k}/3', end='')\nprint('\\rdone')",
            stream("\r0/3"),
            stream("\r1/3\r2/3"),
            stream("\rdone\n"),
        )
    ),
    "at_random_without_a_seed": Row(added("print(np.random.random(3))", stream("[0.1 0.2 0.3]\n"))),
    "numbers_of_another_library": Row(
        added("print(1 / 3, np.float64(2) / 3)", stream("0.33333333333333326 0.6666666667\n"))
    ),
    "an_older_numpy": Row(added("np.float64(1.5)", {"output_type": "execute_result", "data": {"text/plain": "1.5"}})),
    "another_python": Row(shown("import sys", r"Python [\d.]+", "Python 3.99.1")),
    "picture_without_its_data": Row(with_picture(of_a_screenshot)),
    "streams_in_pieces": Row(
        outputs(NUMBERS, lambda outputs: [stream(letter) for letter in outputs[0]["text"]]),
    ),
    "lists_of_lines": Row(
        outputs(NUMBERS, lambda outputs: [{**outputs[0], "text": outputs[0]["text"].splitlines(keepends=True)}])
    ),
    "huge_output": Row(added(HUGE, stream(HUGE_TEXT))),
    "truncated_output": Row(
        added(
            "for k in range(50):\n    print('line', k)",
            stream(
                "Streaming output truncated to the last 10 lines.\n" + "\n".join(SHORT_OF_IT.splitlines()[-10:]) + "\n"
            ),
        )
    ),
    "wanted_names_used_again": Row(
        both(
            added("path = y = None\nloss = 3"),
            added("import os\nos.remove('line.png')"),
        )
    ),
    "cut_by_colab": Row(added(LONG_LOOP, stream(TRUNCATED))),
    "cut_by_the_server": Row(
        added(
            LONG_LOOP,
            stream("".join(LONG_LOG[:900]) + LONG_LOG[900][:9]),
            stream(RATE, "stderr"),
            stream("".join(LONG_LOG[4_000:])),
        )
    ),
    "streams_in_turn": Row(
        added(
            IN_TURN,
            stream("".join(f"at {k}\n" for k in range(1_200)), "stderr"),
            stream("".join(f"step {k}\n" for k in range(1_200))),
        )
    ),
    "streams_in_pieces_in_turn": Row(
        added(
            IN_TURN,
            *(piece for k in range(1_200) for piece in (stream(f"step {k}\n"), stream(f"at {k}\n", "stderr"))),
        )
    ),
    **{
        f"elsewhere_{name}": Row(added(f"import os\n{source}", stream(f"{shows}\n")))
        for name, (source, shows) in ELSEWHERE.items()
    },
    "help_in_a_pager": Row(both(added("np.sum?"), added("?x", after=DATA), added("slopes??"), added("%pdoc np.sum"))),
    "help_kept": Row(
        both(
            added("np.sum?", {"output_type": "display_data", "data": {"text/plain": "\x1b[31mSignature:\x1b[39m ..."}}),
            added("%pdoc np.sum", {"output_type": "display_data", "data": {"text/plain": "Class docstring: ..."}}),
        )
    ),
    "files_listed": Row(
        both(
            added("%ls", stream("data/  line.ipynb  line.py\n")),
            added("!ls\nprint(len(x))", stream("data  line.py\n9\n")),
            added("%whos", stream("Variable   Type      Data/Info\n------\nx   ndarray   9: 9 elems\n")),
            added("%pwd", {"output_type": "execute_result", "data": {"text/plain": "'/content'"}}),
        )
    ),
    "cut_by_colab_twice": Row(added(LONG_LOOP, stream(f"{TRUNCATED}epoch\n{TRUNCATED}"))),
    "drawn_without_a_seed": Row(
        both(
            added(
                "rng = np.random.default_rng()\nfor _ in range(12):\n    print(id(rng), rng.integers(2))",
                stream("".join(f"13987 {bit}\n" for bit in (0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0))),
            ),
            added(
                "import random, time\nrandom.seed(time.time())\nfor _ in range(12):\n    print(random.randint(0, 1))",
                stream("".join(f"{bit}\n" for bit in (0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0))),
            ),
        )
    ),
    "versions_of_another_machine": Row(
        both(
            added("import sys\nprint(f'{sys.version_info.major}.{sys.version_info.minor}')", stream("3.99\n")),
            added(
                "import sys\nassert sys.version_info > (3,)\nprint('%d.%d' % sys.version_info[:2])\nsys.version_info",
                stream("3.99\n"),
                {
                    "output_type": "execute_result",
                    "data": {
                        "text/plain": "sys.version_info(major=3, minor=99, micro=1, releaselevel='final', serial=0)"
                    },
                },
            ),
        )
    ),
    "settings_of_another_machine": Row(
        both(
            added("plt.rcParams", result("RcParams({'_internal.classic_mode': True,\n          'xtick.top': True})")),
            added("import sys\nsys.flags", result("sys.flags(debug=0, inspect=1, utf8_mode=1)")),
            added("dir()", result("['A',\n 'In',\n '__vsc_ipynb_file__',\n 'x',\n 'y']")),
            added("np.show_config()", stream("openblas_info:\n  libraries = ['openblas']\n")),
            added("help(np.clip)", stream("Help on function clip in module numpy:\n\nclip(a)\n    Words.\n")),
            added("import os\nfor name in os.environ:\n    print(name)", stream("SHELL\nCOLAB_GPU\nHOME\n")),
        )
    ),
    "numbers_of_another_file": Row(
        added(
            "import os\nos.stat('data/points.npz')",
            result(
                "os.stat_result(st_mode=33188, st_ino=3, st_dev=9, st_nlink=2, st_uid=501, st_gid=20, st_size="
                "328, st_atime=1763753253, st_mtime=1763753253, st_ctime=1763753253)"
            ),
        )
    ),
    "writefile": Row(
        both(
            added("%%writefile more.py\nMORE = 3", stream("Overwriting more.py\n")),
            added("import more\nprint(more.MORE)", stream("3\n")),
            added("%%writefile more.py\nMORE = 3", stream("Overwriting more.py\n")),
        )
    ),
    "displays_of_numbers": Row(
        both(
            added(formatted("markdown", "f'**{x.sum():.3f}**'"), display_of("markdown", "**4.501**")),
            added(formatted("latex", "f'$s = {x.sum():.2f}$'"), display_of("latex", "$s = 4.50$")),
            added(formatted("html", "f'<b>{x.sum()}</b>'"), display_of("html", "<b>4.5</b>")),
        )
    ),
    "half_a_character": Row(added("print('\\ud83d')", stream("\ud83d\n"), after=DATA)),
}

THE_FIGURE_AND_THE_MODEL = {"figures": "runs", "trained_model": "runs"}

DAMAGE = {
    # It is the notebook.
    "cell_missing": Row(without(DATA), THE_NOTEBOOK, "the given cell `x = np.load"),
    "cell_missing_that_shows_something": Row(without(RESULT), THE_NOTEBOOK, "is missing"),
    "text_missing": Row(without("## 1. The data"), THE_NOTEBOOK, "`## 1. The data` is missing"),
    "sentence_changed_and_rewrapped": Row(
        replaced("## 2. Descent", "come in so many steps? Write", "come\nin so few steps? Write"),
        THE_NOTEBOOK,
        "few",
    ),
    "word_put_into_a_sentence": Row(replaced("## 2. Descent", "so many", "not so many"), THE_NOTEBOOK, "not so many"),
    "text_changed": Row(replaced("## 2. Descent", "How far", "How near"), THE_NOTEBOOK, "near"),
    "cell_changed": Row(replaced(DATA, '"points:"', '"POINTS:"'), THE_NOTEBOOK, '`print("points:", x.shape)` is now'),
    "cell_changed_and_ids_lost": Row(
        both(replaced(DATA, '"points:"', '"POINTS:"'), each(lost_id)), THE_NOTEBOOK, "was changed"
    ),
    "cell_changed_that_others_use": Row(
        both(
            replaced(NUMBERS, "slopes(40)", "slopes(60)"),
            shown(NUMBERS, r"that is [\d.]+%", "that is 97.3%"),
            shown(RESULT, r"'last': [^}]+", "'last': 1.947132"),
        ),
        THE_NOTEBOOK | UNTRUE,
        "slopes(60)",
    ),
    "cell_changed_and_run": Row(
        both(replaced(DATA, '"points:"', '"POINTS:"'), shown(DATA, "points", "POINTS")), THE_NOTEBOOK, "was changed"
    ),
    "cell_changed_and_stale": Row(
        both(replaced(NUMBERS, "slopes(40)", "slopes(40); 0"), shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%")),
        THE_NOTEBOOK | UNTRUE,
        "shows `that is 95.8% of the way`",
    ),
    "cell_changed_to_vary_and_stale": Row(
        both(
            replaced(NUMBERS, "path = slopes(40)", "path = slopes(40); print(id(path), np.random.random())"),
            outputs(
                NUMBERS, lambda outputs: [stream(f"1398723 0.3\n{outputs[0]['text'].replace('slope 0', 'slope 1')}")]
            ),
        ),
        THE_NOTEBOOK | UNTRUE,
        "doesn't show `step 0: slope 0.0000",
    ),
    "cell_changed_to_vary": Row(
        both(
            replaced(NUMBERS, "path = slopes(40)", "path = slopes(40); print(id(path), np.random.random())"),
            outputs(NUMBERS, lambda outputs: [stream(f"1398723 0.3\n{outputs[0]['text']}")]),
        ),
        THE_NOTEBOOK,
    ),
    "cell_changed_to_fail_and_stale": Row(
        both(replaced(NUMBERS, "slopes(40)", "slopes(40); 1 / 0"), shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%")),
        THE_NOTEBOOK | UNTRUE,
        "so that it fails",
    ),
    "cell_changed_for_colab": Row(
        both(
            replaced(
                IMPORTS, "import numpy", "from google.colab import drive\ndrive.mount('/content/drive')\nimport numpy"
            ),
            outputs(IMPORTS, lambda _: [stream("Mounted at /content/drive\n")]),
            replaced(DATA, '"points:"', '"POINTS:"'),
            shown(DATA, "points", "POINTS"),
        ),
        THE_NOTEBOOK,
        "google.colab",
    ),
    "cell_changed_for_a_package": Row(
        both(
            replaced(IMPORTS, "import numpy", "import no_such_package\nimport numpy"),
            outputs(IMPORTS, lambda _: [stream("Welcome!\n")]),
            replaced(DATA, '"points:"', '"POINTS:"'),
            shown(DATA, "points", "POINTS"),
        ),
        THE_NOTEBOOK,
        "no_such_package",
    ),
    "all_cells_changed": Row(each(altered, "code"), THE_NOTEBOOK, "was changed"),
    "all_cells_changed_and_stale": Row(
        both(each(altered, "code"), shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%")),
        THE_NOTEBOOK | UNTRUE,
        "shows `that is 95.8% of the way`",
    ),
    "all_cells_changed_and_cleared": Row(
        both(each(altered, "code"), each(lambda cell: cell.update(outputs=[]), "code")),
        THE_NOTEBOOK | WAS_RUN | {"tells_the_truth": 50},
        "too few to be compared",
    ),
    "cell_changed_after_splitting_and_stale": Row(
        both(split(DATA, 2), shown('print("points', r"\(9,\)", "(8,)")), THE_NOTEBOOK | UNTRUE, "shows `points: (8,)`"
    ),
    "types_written_in": Row(replaced(DATA, "y = ", "y: np.ndarray = "), THE_NOTEBOOK, "`y: np.ndarray = 2.0 * x`"),
    "line_put_in": Row(replaced(DATA, "y = ", "assert x.size\ny = "), THE_NOTEBOOK, "`assert x.size` was added"),
    "text_made_raw": Row(
        lambda notebook: cell_of(notebook, "## 1.").update(cell_type="raw"), THE_NOTEBOOK, "it was markdown and is raw"
    ),
    "own_import_among_the_given": Row(
        both(
            replaced(IMPORTS, "import numpy", "import json\nimport numpy"),
            added("print(json.dumps(3))", stream("3\n")),
        ),
        THE_NOTEBOOK,
        "`import json` was added",
    ),
    "show_taken_out": Row(replaced(PICTURE, "plt.show()", ""), THE_NOTEBOOK, "`plt.show()` is gone"),
    "cell_split": Row(split(DATA, 2), THE_NOTEBOOK, "were one given cell"),
    "two_code_cells_merged": Row(merged(TABLE), THE_NOTEBOOK, "is 2 given cells put together"),
    "cell_moved": Row(moved(RESULT, PICTURE), THE_NOTEBOOK, "is out of order"),
    "cell_moved_and_ids_lost": Row(both(moved(RESULT, PICTURE), each(lost_id)), THE_NOTEBOOK, "is out of order"),
    "cell_made_a_text": Row(
        lambda notebook: [
            cell_of(notebook, DATA).pop("outputs"),
            cell_of(notebook, DATA).pop("execution_count"),
            cell_of(notebook, DATA).update(cell_type="markdown"),
            count_again(notebook),
        ],
        THE_NOTEBOOK,
        "it was code and is markdown now",
    ),
    "given_line_of_a_filled_cell_gone": Row(
        both(replaced(FILL, "print(slopes(3))", "# print"), outputs(FILL, lambda outputs: [])),
        THE_NOTEBOOK,
        "`print(slopes(3))` is gone",
    ),
    "emptied": Row(lambda notebook: notebook.update(cells=[]), dict.fromkeys(ALL, 50), "none of the given cells"),
    "texts_missing": Row(
        lambda notebook: notebook.update(cells=[cell for cell in notebook["cells"] if cell["cell_type"] == "code"]),
        THE_NOTEBOOK,
        "is missing",
    ),
    "another_notebook": Row(another, dict.fromkeys(ALL, 50), "it is another notebook"),
    # It was run.
    "cleared": Row(each(cleared, "code"), WAS_RUN | {"tells_the_truth": 50}, "no cell of the notebook was run"),
    "outputs_cleared": Row(
        each(lambda cell: cell.update(outputs=[]), "code"), WAS_RUN | {"tells_the_truth": 50}, "lost"
    ),
    "most_outputs_cleared": Row(
        both(*(outputs(cell, lambda outputs: []) for cell in (DATA, FILL, NUMBERS, PICTURE))),
        WAS_RUN | {"tells_the_truth": 50},
        "2 of the 6 given cells that show something have kept it",
    ),
    "an_output_cleared": Row(outputs(NUMBERS, lambda outputs: []), WAS_RUN, "has lost what it showed"),
    "a_verdict_cleared": Row(outputs(VERDICT, lambda outputs: []), WAS_RUN, "has lost what it showed"),
    "a_cell_not_run": Row(lambda notebook: cleared(cell_of(notebook, NUMBERS)), WAS_RUN, "was not run"),
    "counts_missing": Row(each(lambda cell: cell.update(execution_count=None), "code"), WAS_RUN, "was not run"),
    "counts_that_are_none": Row(each(lambda cell: cell.update(execution_count="7"), "code"), WAS_RUN, "was not run"),
    "out_of_order": Row(
        lambda notebook: cell_of(notebook, DATA).update(execution_count=30), WAS_RUN, "above it as number 30"
    ),
    "kernel_not_fresh": Row(lambda notebook: count_again(notebook, 12), WAS_RUN, "the kernel wasn't fresh"),
    "error_kept": Row(
        outputs(NUMBERS, lambda outputs: [error("NameError", "name 'x' is not defined")]),
        WAS_RUN,
        "ended with NameError",
    ),
    "interrupted": Row(
        outputs(NUMBERS, lambda outputs: [*outputs, error("KeyboardInterrupt", "")]), WAS_RUN, "KeyboardInterrupt"
    ),
    # It runs.
    "exception": Row(added("1 / 0", after=DATA), RUNS, "ZeroDivisionError"),
    "exception_and_what_follows": Row(
        both(added("z = np.ones(2) @ x", after=DATA), added("print(z)", stream("1\n"))),
        RUNS,
        "for want of what it makes",
    ),
    "syntax_error": Row(added("def f(:"), RUNS, "SyntaxError"),
    "input": Row(
        added("name = input('who? ')\nprint(name)", stream("who? me\nme\n")), RUNS, "nobody is there to answer"
    ),
    "absolute_path": Row(
        added("print(open('/home/jane/homework/notes.txt').read())", stream("notes\n")), RUNS, "FileNotFoundError"
    ),
    "package_of_their_own": Row(
        added("import no_such_package_at_all"),
        RUNS,
        "it needs `no_such_package_at_all`, which isn't installed where it is graded",
    ),
    "kernel_killed": Row(added("import os\nos._exit(1)", after=DATA), {"runs": 1}, "cell"),
    "kernel_crashed": Row(added("import ctypes\nctypes.string_at(0)", after=DATA), {"runs": 1}),
    "endless": Row(added("while True:\n    pass", after=DATA), {"runs": 1}, "cell"),
    "exit": Row(added("exit()"), {"runs": 1}),
    "six_exits_and_a_stale_number": Row(
        both(*[added("exit()", after=DATA)] * 6, shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%")),
        {"runs": 1} | UNTRUE,
        "shows `that is 95.8% of the way`",
    ),
    "not_filled": Row(
        both(
            replaced(
                FILL,
                "return np.array([Line(eta=0.05).fit(x, y, steps=k).slope for k in range(most)])",
                'raise NotImplementedError("line: `slopes` is not written yet")',
            ),
            outputs(FILL, lambda outputs: [error("NotImplementedError", "line: `slopes` is not written yet")]),
            outputs(NUMBERS, lambda outputs: [error("NotImplementedError", "line: `slopes` is not written yet")]),
        ),
        WAS_RUN | {"runs": 40} | THE_FIGURE_AND_THE_MODEL,
        "is not written yet",
    ),
    "filled_and_little_left_of_it": Row(
        both(
            replaced(FILL, '    """The slopes after 0, 1, 2, ... steps."""\n', ""),
            replaced(FILL, "\n\nprint(slopes(3))", ""),
            outputs(FILL, lambda outputs: []),
            each(lost_id),
        ),
        THE_NOTEBOOK,
        "`print(slopes(3))` is gone",
    ),
    "filled_cell_missing": Row(
        without(FILL),
        THE_NOTEBOOK | {"runs": 40} | THE_FIGURE_AND_THE_MODEL,
        "is missing",
    ),
    "picture_kept_of_another_run": Row(
        both(
            replaced(FILL, "    return np", "    raise ValueError('no')\n    return np"),
            added("open('line.png').read()", after="# A line"),
        ),
        RUNS | {"figures": "runs", "trained_model": "runs"},
        "FileNotFoundError",
        beside={"line.png": base64.b64decode(of_other_data())},
    ),
    # It tells the truth.
    "stale_number": Row(
        shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%"),
        UNTRUE,
        "shows `that is 95.8% of the way`, your code gives `that is 9",
    ),
    "stale_beside_an_address": Row(
        added("print(id(x), 'accuracy', x.sum())", stream("1398723 accuracy 9.5\n")), UNTRUE, "which your code gives"
    ),
    "stale_below_a_time": Row(
        added("import time\nprint(time.time())\nprint('accuracy', x.sum())", stream("1763753253.25\naccuracy 9.5\n")),
        UNTRUE,
        "doesn't show `accuracy 4.5`",
    ),
    "stale_beside_a_duration": Row(
        added(
            "import time\nt = time.perf_counter()\nfor k in range(3):\n"
            "    print(f'{k}: loss {x.sum() / (k + 1):.3f} after {time.perf_counter() - t:.2f}')",
            stream("0: loss 4.500 after 0.13\n1: loss 3.250 after 0.27\n2: loss 1.500 after 0.39\n"),
        ),
        UNTRUE,
        "doesn't show `1: loss 2.250",
    ),
    "stale_result_beside_an_address": Row(
        added("id(x), x.sum()", {"output_type": "execute_result", "data": {"text/plain": "(13987, np.float64(9.5))"}}),
        UNTRUE,
        "which your code gives",
    ),
    "stale_figure_beside_an_address": Row(
        added(
            "print(id(x))\nplt.figure(figsize=(2, 2))\nplt.plot(x + 1, y, 'r.:')\nplt.xlabel('x')\nplt.show()",
            stream("13987\n"),
            {"output_type": "display_data", "data": {"image/png": of_a_line(), "text/plain": "<Figure>"}},
        ),
        UNTRUE,
        "has a figure that shows a line",
    ),
    "stale_table_beside_an_address": Row(
        added(
            "print(id(x))\nTable([('sum', x.sum())])",
            stream("13987\n"),
            display_of("html", "<table><tr><td>sum</td><td>9.5</td></tr></table>"),
        ),
        UNTRUE,
        "in the row `sum`",
    ),
    "stale_in_a_filled_cell_with_an_address": Row(
        both(
            replaced(FILL, "print(slopes(3))", "print(id(x))\nprint(slopes(3))"),
            outputs(FILL, lambda outputs: [stream("13987\n[0.  0.9 0.2]\n")]),
        ),
        UNTRUE,
        "doesn't show `[0.",
    ),
    "stale_above_a_listing": Row(
        added(
            "import os\nprint('accuracy', x.sum())\nprint(*sorted(os.listdir()), sep='\\n')",
            stream("accuracy 9.5\nline.ipynb\nline.py\n"),
        ),
        UNTRUE,
        "doesn't show `accuracy 4.5`",
    ),
    "stale_and_an_error_kept": Row(
        outputs(
            NUMBERS,
            lambda outputs: [stream("step  0: slope 0.5000, loss 1.00e+00\n"), error("KeyboardInterrupt", "")],
        ),
        WAS_RUN | UNTRUE,
        "shows `step",
    ),
    "stale_between_cuts": Row(
        added(LONG_LOOP, stream(f"{TRUNCATED}epoch\n{TRUNCATED}".replace(LONG_LOG[5_001], "epoch 5001 loss 7\n", 1))),
        UNTRUE,
        "shows `epoch 5001 loss 7`",
    ),
    "stale_beside_a_comment": Row(
        both(
            replaced(DATA, "x.shape)", "x.shape)  # check(all of them)"),
            shown(DATA, r"\(9,\)", "(8,)"),
        ),
        UNTRUE,
        "shows `points: (8,)`",
    ),
    "markup_that_is_none": Row(added("1;", NO_NUMBER), UNTRUE, "run all cells"),
    "stale_though_cut_by_colab": Row(
        added(LONG_LOOP, stream(TRUNCATED.replace(LONG_LOG[5_000], "epoch 5000 loss 0.3\n"))),
        UNTRUE,
        "shows `epoch 5000 loss 0.3`",
    ),
    "stale_though_cut_by_the_server": Row(
        added(LONG_LOOP, stream("epoch 0 loss 0.2\nepoch 1 lo"), stream(RATE, "stderr")), UNTRUE, "epoch"
    ),
    "stale_at_the_end_of_a_long_log": Row(
        added(f"{LONG_LOOP}\nprint('accuracy', x.sum())", stream("".join(LONG_LOG) + "accuracy 9.5\n")),
        UNTRUE,
        "shows `accuracy 9.5`",
    ),
    "stale_beside_a_listing": Row(
        both(
            replaced(FILL, "def slopes", "!ls\n\ndef slopes"),
            outputs("!ls", lambda outputs: [stream("line.py\n[0. 0.9 1.]\n")]),
        ),
        UNTRUE,
        "doesn't show `[0.",
    ),
    "stale_markdown": Row(
        added(formatted("markdown", "f'**{x.sum():.3f}**'"), display_of("markdown", "**5.501**")),
        UNTRUE,
        "shows `**5.501**`, your code gives `**4.500**`",
    ),
    "stale_formula": Row(
        added(formatted("latex", "f'$s = {x.sum():.2f}$'"), display_of("latex", "$s = 5.50$")), UNTRUE, "5.50"
    ),
    "stale_markup": Row(
        added(formatted("html", "f'<b>{x.sum()}</b>'"), display_of("html", "<b>5.5</b>")), UNTRUE, "shows `5.5`"
    ),
    "stale_beside_a_table": Row(
        added(
            formatted("html", "f'<h3>{x.sum()}</h3><table><tr><td>1</td></tr></table>'"),
            display_of("html", "<h3>5.5</h3><table><tr><td>1</td></tr></table>"),
        ),
        UNTRUE,
        "shows `5.5`",
    ),
    "stale_fraction": Row(added("print('3/4/5')", stream("3/4/6\n")), UNTRUE, "shows `3/4/6`"),
    "stale_dict": Row(added("print({'a': 1, 'b': 2})", stream("{'a': 2, 'b': 1}\n")), UNTRUE, "'b': 1"),
    "stale_count": Row(shown(DATA, r"\(9,\)", "(8,)"), UNTRUE, "shows `points: (8,)`"),
    "line_that_is_not_printed": Row(
        outputs(NUMBERS, lambda outputs: [stream(outputs[0]["text"] + "and it is the best\n")]),
        UNTRUE,
        "your code gives nothing there",
    ),
    "line_taken_out": Row(
        outputs(NUMBERS, lambda outputs: [stream("".join(outputs[0]["text"].splitlines(keepends=True)[1:]))]),
        UNTRUE,
        "doesn't show `step 0: slope",
    ),
    "stale_table": Row(shown(TABLE, r"<td>1\.\d+</td>", "<td>1.9999</td>"), UNTRUE, "in the row `39`"),
    "stale_result": Row(shown(RESULT, r"'last': [^}]+", "'last': 0.5"), UNTRUE, "0.5}`"),
    "stale_figure": Row(with_picture(of_other_data), UNTRUE, "has a figure that shows the line “loss”"),
    "figure_deleted": Row(outputs(PICTURE, lambda outputs: [stream("no picture\n")]), UNTRUE, "shows `no picture`"),
    "figure_added": Row(outputs(PICTURE, lambda outputs: outputs * 2), UNTRUE, "shows 2 figures, your code draws 1"),
    "module_changed_since": Row(
        lambda notebook: None,
        UNTRUE,
        "your code gives",
        module=lambda text: text.replace("residual * x)", "residual * x) * 1.1"),
    ),
    # Its figures and its model.
    "module_that_learns_nothing": Row(
        lambda notebook: None,
        UNTRUE | {"figures": 53, "trained_model": 60},
        "the loss in “The descent” never falls",
        module=lambda text: text.replace("self.slope - self.eta", "self.slope + 1e-3 * self.eta"),
    ),
    "made_up_after_all": Row(
        both(
            added("path = np.linspace(0, 2, 40)", after=RESULT),
            added(FAKE, {"output_type": "display_data", "data": {"image/png": of_made_up_data()}}, after=PICTURE),
        ),
        UNTRUE | {"figures": 53, "trained_model": 60},
        "the loss in “The descent” never falls",
        module=lambda text: text.replace("self.slope - self.eta", "self.slope + 1e-3 * self.eta"),
    ),
    "made_up_before": Row(
        both(
            added("path = np.linspace(0, 2, 40)\nloss = 2 - path", after=IMPORTS),
            replaced(FILL, "    return np", "    raise ValueError('no')\n    return np"),
        ),
        RUNS | UNTRUE | {"trained_model": "runs"},
        "ValueError: no",
    ),
    "module_that_diverges": Row(
        lambda notebook: None,
        UNTRUE | {"figures": 53, "trained_model": 61},
        "holds NaN or infinity",
        module=lambda text: text.replace("np.mean(residual * x)", "1e200 * np.mean(residual * x)"),
    ),
    "module_that_learns_the_opposite": Row(
        lambda notebook: None,
        UNTRUE | {"figures": 53, "trained_model": 62},
        "leads away from the points",
        module=lambda text: text.replace("self.slope * x - y", "self.slope * x + y"),
    ),
    "module_that_learns_too_much": Row(
        lambda notebook: None,
        UNTRUE | {"trained_model": 63},
        "too large for other points",
        module=lambda text: text.replace("self.slope * x - y", "self.slope * x - 1.6 * y"),
    ),
    # It can't be read.
    "broken": Row(as_bytes(lambda text: text[: len(text) // 2]), UNREADABLE, "broken JSON at line"),
    "merge_conflict": Row(
        as_bytes(lambda text: text.replace(b'\n "cells"', b'\n<<<<<<< HEAD\n "cells"', 1)),
        UNREADABLE,
        "merge conflict",
    ),
    "empty_file": Row(as_bytes(lambda _: b" \n"), UNREADABLE, "is an empty file"),
    "a_list": Row(as_bytes(lambda _: b"[]"), UNREADABLE, "no notebook"),
    "nested": Row(as_bytes(lambda _: nested(200_000)), UNREADABLE, "is JSON of a kind"),
    "a_web_page": Row(as_bytes(lambda _: b"<!DOCTYPE html><html>"), UNREADABLE, "it is a web page"),
    "an_archive": Row(as_bytes(lambda _: b"PK\x03\x04..."), UNREADABLE, "it is an archive"),
    "a_script": Row(as_bytes(lambda _: b"#!/usr/bin/env python\n"), UNREADABLE, "a Python file"),
    "not_text": Row(as_bytes(lambda _: b"\x80\x81{}"), UNREADABLE, "is no text"),
    "in_r": Row(in_r, UNREADABLE, "is written in R"),
    "format_5": Row(lambda notebook: notebook.update(nbformat=5), UNREADABLE, "has nbformat 5"),
    "sixty_megabytes": Row(
        both(outputs(NUMBERS, lambda _: [stream("x" * 1_000_000)] * 60)), UNREADABLE, "MiB; expected at most"
    ),
    "thousands_of_cells": Row(
        lambda notebook: notebook["cells"].extend({"cell_type": "raw", "source": ""} for _ in range(5000)),
        UNREADABLE,
        "cells; expected at most",
    ),
}
