"""What is done to a notebook, as a dictionary in nbformat's form or as bytes, and a row of a table of such things."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field


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
    """Nothing is left to find it by but what it holds."""
    cell.pop("id")
    cell["metadata"].pop("autograder", None)


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


def display_of(kind, said):
    """What is displayed by a class of IPython's, whose plain text says only what it is."""
    data = {f"text/{kind}": said, "text/plain": f"<IPython.core.display.{kind} object>"}
    return {"output_type": "display_data", "data": data}


THE_NOTEBOOK, WAS_RUN, RUNS = {"is_the_notebook": 50}, {"was_run": 50}, {"runs": 2}


STALE = {"stale": True}


ALL = ("is_the_notebook", "was_run", "runs", "figures", "trained_model")


UNREADABLE = dict.fromkeys(ALL, 40)


THE_FIGURE_AND_THE_MODEL = {"figures": "runs", "trained_model": "runs"}
