"""Given cells, and those around them: missing, moved, changed, split, put together."""

from __future__ import annotations

import copy

from damage.edits import (
    ALL,
    STALE,
    THE_NOTEBOOK,
    WAS_RUN,
    Row,
    added,
    both,
    cell_of,
    count_again,
    each,
    lost_id,
    outputs,
    place_of,
    replaced,
    shown,
    stream,
    text_of,
    without,
)
from damage.notebook import DATA, FILL, IMPORTS, NUMBERS, PICTURE, RESULT, TABLE


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


def another(notebook):
    for cell in notebook["cells"]:
        cell |= {"id": f"x{cell['id']}", "metadata": {}, "source": text_of(cell)[::-1]}


def commented(cell):
    cell["source"] = f"# my own words about this cell\n{text_of(cell)}\n# and more\n"


def altered(cell):
    cell["source"] = f"{text_of(cell)}\n0;"


A_NAME = {"cell_type": "code", "id": "name", "metadata": {}, "source": "# my name", "outputs": []}


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
    "a_comment_alone_first": Row(lambda notebook: [notebook["cells"].insert(0, A_NAME), count_again(notebook)]),
    "other_text_around": Row(
        both(
            each(commented, "code"),
            replaced("## 4. A question", "slow down?", "slow down?\n\nBecause the residual does.\n"),
        )
    ),
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
    # As JupyterLab pastes a cell: another id, the same metadata.
    "a_cell_copied_with_its_key_and_edited": Row(
        lambda notebook: [
            notebook["cells"].insert(
                place_of(notebook, RESULT),
                {**copy.deepcopy(cell_of(notebook, RESULT)), "id": "pasted", "source": "n = len(path)", "outputs": []},
            ),
            count_again(notebook),
        ]
    ),
    "a_cell_copied_with_its_id": Row(
        both(
            lambda notebook: notebook["cells"].append(copy.deepcopy(cell_of(notebook, RESULT))),
            count_again,
        )
    ),
}


DAMAGE = {
    "cell_missing": Row(without(DATA), THE_NOTEBOOK, "the given cell `x = np.load"),
    "cell_missing_that_shows_something": Row(without(RESULT), THE_NOTEBOOK, "is missing"),
    "text_missing": Row(without("## 1. The data"), THE_NOTEBOOK, "`## 1. The data` is missing"),
    "sentence_changed_and_rewrapped": Row(
        replaced("## 2. Descent", "come in so many steps? Write", "come\nin so few steps? Write"),
        THE_NOTEBOOK,
        "few",
    ),
    "text_changed": Row(replaced("## 2. Descent", "How far", "How near"), THE_NOTEBOOK, "near"),
    "cell_changed": Row(replaced(DATA, '"points:"', '"POINTS:"'), THE_NOTEBOOK, '`print("points:", x.shape)` is now'),
    "cell_changed_and_ids_lost": Row(
        both(replaced(DATA, '"points:"', '"POINTS:"'), each(lost_id)),
        THE_NOTEBOOK | STALE,
        "is missing or was changed",
    ),
    "cell_changed_that_others_use": Row(
        both(
            replaced(NUMBERS, "slopes(40)", "slopes(60)"),
            shown(NUMBERS, r"that is [\d.]+%", "that is 97.3%"),
            shown(RESULT, r"'last': [^}]+", "'last': 1.947132"),
        ),
        THE_NOTEBOOK | STALE,
        "slopes(60)",
    ),
    "cell_changed_and_run": Row(
        both(replaced(DATA, '"points:"', '"POINTS:"'), shown(DATA, "points", "POINTS")), THE_NOTEBOOK, "was changed"
    ),
    "cell_changed_to_vary": Row(
        both(
            replaced(NUMBERS, "path = slopes(40)", "path = slopes(40); print(id(path), np.random.random())"),
            outputs(NUMBERS, lambda outputs: [stream(f"1398723 0.3\n{outputs[0]['text']}")]),
        ),
        THE_NOTEBOOK,
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
    "all_cells_changed_and_cleared": Row(
        both(each(altered, "code"), each(lambda cell: cell.update(outputs=[]), "code")),
        THE_NOTEBOOK | WAS_RUN,
        "has lost what it showed",
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
    "cell_split": Row(split(DATA, 2), THE_NOTEBOOK, '`print("points:", x.shape)` is gone'),
    "cell_copied_and_both_changed": Row(
        both(
            replaced(DATA, '"points:"', '"POINTS:"'),
            shown(DATA, "points", "POINTS"),
            lambda notebook: notebook["cells"].append({**copy.deepcopy(cell_of(notebook, DATA)), "id": "pasted"}),
            count_again,
        ),
        THE_NOTEBOOK,
        "cell 7 (`x = np.load",
    ),
    "filled_cell_merged_with_the_next": Row(
        both(merged(FILL), each(lost_id)), THE_NOTEBOOK, "is missing or was changed"
    ),
    "filled_cell_merged_with_the_next_and_its_id_kept": Row(merged(FILL), THE_NOTEBOOK, "is missing or was changed"),
    "two_code_cells_merged": Row(merged(TABLE), THE_NOTEBOOK, "was added; put it back"),
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
}
