"""Cells that show something else each time, or on each machine, and what stands beside that."""

from __future__ import annotations

from damage.edits import UNTRUE, Row, added, both, display_of, outputs, replaced, result, shown, stream
from damage.notebook import FILL
from damage.pictures import of_a_line

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
    "program_by_the_system": ("os.system('echo hello');", "hello"),
    "thread": ("import threading\nprint(threading.Thread().name, x.shape)", "Thread-17 (9,)"),
    "size_of_what_a_library_writes": (
        "import pickle\nwith open('x.pkl', 'wb') as file:\n    pickle.dump(x, file)\nprint(os.path.getsize('x.pkl'))",
        "228",
    ),
    "what_fails_there": (
        "import sys\nprint(os.getpid(), {minor: 'known' for minor in range(60)}[sys.version_info[1]])",
        "31245 known",
    ),
}


NEVER_MIND = {
    "bars_of_progress": Row(
        added(
            "import sys\nfor k in range(3):\n    print(f'\\r{k}', end='', file=sys.stderr)",
            stream("\r0\r1\r2", "stderr"),
        )
    ),
    "warnings": Row(
        added(
            "import warnings\nwarnings.warn('beware')\nprint('done')",
            stream("/home/me/a.py:1: UserWarning: beware\n", "stderr"),
            stream("done\n"),
        )
    ),
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
    **{
        f"elsewhere_{name}": Row(added(f"import os\n{source}", stream(f"{shows}\n")))
        for name, (source, shows) in ELSEWHERE.items()
    },
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
}


DAMAGE = {
    "stale_beside_a_folder": Row(
        added("import os\nos.chdir('.')\nprint('accuracy', x.sum())", stream("accuracy 9.5\n")),
        UNTRUE,
        "which your code gives",
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
}
