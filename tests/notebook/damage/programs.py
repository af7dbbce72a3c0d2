"""Notebooks as other programs, editors and formats write them."""

from __future__ import annotations

import functools
import json
import re

from damage.edits import (
    Row,
    added,
    as_bytes,
    both,
    cell_of,
    each,
    lost_id,
    outputs,
    place_of,
    replaced,
    stream,
    text_of,
)
from damage.notebook import DATA, FILL, IMPORTS, NUMBERS
from damage.pictures import of_a_screenshot


def colab(notebook, *, keys=False):
    """As Colab writes it: no ids, and much of its own; metadata of others' are kept, or are not."""
    notebook |= {"nbformat": 4, "nbformat_minor": 0}
    notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    notebook["metadata"].pop("language_info", None)
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id")
        cell["metadata"] = {**(cell["metadata"] if keys else {}), "id": f"aB3dE{number}"}
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


NEVER_MIND = {
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
    "format_4_0": Row(both(each(lost_id), lambda notebook: notebook.update(nbformat_minor=0))),
    "colab": Row(colab),
    "vs_code": Row(vs_code),
    "saved_in_vs_code": Row(saved_in_vs_code),
    "colab_that_keeps_metadata": Row(
        both(
            added("# mine\nprint(6 * 7)", stream("42\n"), after=DATA),
            replaced(FILL, "print(slopes(3))", "z = 0\nprint(slopes(3))"),
            functools.partial(colab, keys=True),
        )
    ),
    "vs_code_that_keeps_metadata": Row(
        each(
            lambda cell: [
                cell.pop("id"),
                cell["metadata"].update(vscode={"languageId": "python"}),
                cell.update(source=in_lines(text_of(cell))),
            ]
        )
    ),
    "ids_lost": Row(each(lost_id)),
    "ids_lost_and_keys_kept": Row(each(lambda cell: cell.pop("id"))),
    "keys_lost_and_ids_kept": Row(each(lambda cell: cell.update(metadata={}))),
    "keys_that_are_none": Row(each(lambda cell: cell.update(metadata={"autograder": {"key": ["a"]}}))),
    "ids_of_another_tool": Row(lambda notebook: [cell.update(id=f"n{k}") for k, cell in enumerate(notebook["cells"])]),
    "ids_all_alike": Row(each(lambda cell: cell.update(id="cell"))),
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
    "colab_of_all_kinds": Row(
        both(
            added(
                "from google.colab import drive, files\n"
                "drive.mount('/content/drive', force_remount=True)\n"
                "for name in files.upload():\n    print(name)\n"
                "import sys\nsys.path.append('/content/drive/MyDrive/hw')",
            ),
            added("%cd /content/drive/MyDrive/hw", stream("/content/drive/MyDrive/hw\n"), after="## 0."),
            added("!unzip -o hw.zip\n!ls", stream("data  line.py\n"), after="## 0."),
            added("%load_ext google.colab.data_table", after="import sys"),
            added(
                "import os, tempfile\nwith tempfile.TemporaryDirectory() as gone:\n    os.chdir(gone)\nos.chdir('..')",
                after="import sys",
            ),
            added("%cd hw\n%pwd", stream("/content/drive/MyDrive/hw/hw\n"), after="import sys"),
            added("import os\nos.chdir('..')\nos.chdir('/content')", after=IMPORTS),
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
    "streams_in_pieces": Row(
        outputs(NUMBERS, lambda outputs: [stream(letter) for letter in outputs[0]["text"]]),
    ),
    "lists_of_lines": Row(
        outputs(NUMBERS, lambda outputs: [{**outputs[0], "text": outputs[0]["text"].splitlines(keepends=True)}])
    ),
}
