"""Cells that fail, end the run, write files, or want what is not there."""

from __future__ import annotations

import base64

from damage.edits import (
    RUNS,
    STALE,
    THE_FIGURE_AND_THE_MODEL,
    THE_NOTEBOOK,
    WAS_RUN,
    Row,
    added,
    both,
    each,
    error,
    lost_id,
    outputs,
    replaced,
    shown,
    stream,
    without,
)
from damage.notebook import DATA, FILL, NUMBERS
from damage.pictures import of_other_data

HUGE = 'for k in range(400_000):\n    print("a line that nobody will ever read", k)'


HUGE_TEXT = "".join(f"a line that nobody will ever read {k}\n" for k in range(400_000))


NEVER_MIND = {
    "a_script_of_their_own": Row(
        both(
            added("%%writefile own.py\nTHREE = 3\n", stream("Writing own.py\n"), after=DATA),
            added("import own\nprint(own.THREE)", stream("3\n")),
        )
    ),
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
    "rewrites_its_own_file": Row(added("with open('line.ipynb', 'w') as file:\n    file.write('{}');")),
    "huge_output": Row(added(HUGE, stream(HUGE_TEXT))),
    "writefile": Row(
        both(
            added("%%writefile more.py\nMORE = 3", stream("Overwriting more.py\n")),
            added("import more\nprint(more.MORE)", stream("3\n")),
            added("%run more.py"),
            added("%%writefile more.py\nMORE = 3", stream("Overwriting more.py\n")),
        )
    ),
    "meant_to_raise": Row(
        both(
            added("1 / 0", error("ZeroDivisionError", "division by zero")),
            lambda notebook: notebook["cells"][-1]["metadata"].update(tags=["raises-exception"]),
        )
    ),
    "half_a_character": Row(added("print('\\ud83d')", stream("\ud83d\n"), after=DATA)),
}


DAMAGE = {
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
    "meant_to_raise_and_handed_out_without_the_tag": Row(
        both(
            replaced(FILL, "    return np", "    raise ValueError('no')\n    return np"),
            lambda notebook: [cell["metadata"].update(tags=["raises-exception"]) for cell in notebook["cells"]],
        ),
        RUNS | THE_FIGURE_AND_THE_MODEL,
        "ValueError: no",
    ),
    "six_exits_and_a_stale_number": Row(
        both(*[added("exit()", after=DATA)] * 6, shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%")),
        {"runs": 1} | STALE,
        "shows that is 95.8% of the way",
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
        WAS_RUN | {"is_the_notebook": "was_run", "runs": 40} | THE_FIGURE_AND_THE_MODEL,
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
}
