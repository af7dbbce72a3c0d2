"""The cost of a hostile class beside an honest one: the grader's greatest memory, and how long a worker can be held.

    python benchmarks/hostile.py memory [--copies N]
    python benchmarks/hostile.py time

*memory* grades two classes of the same size in the support vector machines, one after the other, with one worker: an
honest one, and one in which each student hands in another kind of attack on whoever reads, parses and compares. What is
told is the peak of the resident memory of the process that runs ``autograder grade`` (``VmHWM``): it holds the class.

*time* grades one submission that sleeps wherever it is run, in all modules and notebooks of the course, and holds the
wall time beside the bound that follows from the table of limits.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.course.assignments import read_course
from autograder.course.problem import Problem
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import run_reference
from autograder.sandbox.observe import Sandbox
from autograder.sandbox.usage import BY_THE_CLOCK
from autograder.worker.job import MIB, Limits

COURSE = Path(__file__).resolve().parent.parent
ASSIGNMENT = "svm"
SHARE = 1.2
MINUTES = 30.0
POLL_SECONDS = 0.02

# Finds the run's own channel and job, and says for each draw what it likes.
ON_THE_WIRE = """
import json, os, stat, struct, sys, time
frame, job = sys._getframe(), None
while frame and job is None:
    found = frame.f_locals.get("job")
    job, frame = (found if hasattr(found, "draws") else None), frame.f_back
def is_channel(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False
channel = next(fd for fd in range(3, 256) if is_channel(fd))
def send(check, draw, body=b"", **said):
    head = {{"check": check, "draw": draw, "ending": "returned", "values": [], "changed": [], "narrow": False,
             "scales": {{}}, "failure": None, "output": "", **said}}
    head = json.dumps(head).encode()
    for part in (struct.pack("<4sIQ", b"obs1", len(head), len(body)) + head, body):
        while part:
            part = part[os.write(channel, part):]
body = bytes({size})
send("", 0)
for check, draw, _ in job.draws:
    send(check, draw, body, values=[{{"name": "x", "dtype": "<f8", "shape": [len(body) // 8]}}])
time.sleep(1)
"""


def main() -> int:
    """Measure, and print; the status says whether the goal is reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("memory", "time"))
    parser.add_argument("--copies", type=int, default=1, help="of each kind of attack")
    asked = parser.parse_args()
    problems = [problem for assignment in read_course(COURSE) for problem in assignment.problems]
    with tempfile.TemporaryDirectory() as scratch:
        if asked.what == "time":
            return hold(problems, Path(scratch))
        return memory([one for one in problems if one.assignment == ASSIGNMENT], Path(scratch), asked.copies)


# ---- memory


def memory(problems: list[Problem], home: Path, copies: int) -> int:
    """The grader's greatest memory over both classes."""
    saved = saved_files(problems)
    makers: Mapping[str, Callable[[Path], None]] = {
        **{
            f"module-{name}": lambda folder, text=text: modules(folder, problems, text)
            for name, text in MODULES.items()
        },
        **{
            f"notebook-{name}": lambda folder, make=make: notebooks(folder, saved, make)
            for name, make in NOTEBOOKS.items()
        },
        **{f"archive-{name}": lambda folder, make=make: make(folder, problems) for name, make in ARCHIVES.items()},
    }
    for copy in range(copies):
        for name, make in makers.items():
            make(home / "hostile" / f"{name}-{copy}")
            write(home / "honest" / f"{name}-{copy}", saved, f"{name} {copy}")
    found = {}
    for name in ("honest", "hostile"):
        peak, seconds = graded(home / name, home / f"out-{name}", "--assignment", ASSIGNMENT, "--workers", "1")
        found[name] = peak
        print(f"{name}: {len(makers) * copies} submissions, {peak / MIB:.0f} MiB, {seconds:.0f} s", flush=True)
    ratio = found["hostile"] / found["honest"]
    print(f"hostile over honest: {ratio:.2f}; the goal is at most {SHARE}")
    return 0 if ratio <= SHARE else 1


def graded(submissions: Path, out: Path, *options: str) -> tuple[int, float]:
    """Grade a class; the grader's greatest memory, bytes, and the seconds it took."""
    command = [sys.executable, "-m", "autograder", "grade", submissions, "--out", out, "--course", COURSE, *options]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=COURSE) as grader:
        peak = 0
        while grader.poll() is None:
            lines = Path(f"/proc/{grader.pid}/status").read_text().splitlines()
            peak = max(peak, *(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)
            time.sleep(POLL_SECONDS)
    (table,) = out.glob("*/grades.csv")
    rows = table.read_text().splitlines()
    students = sum(1 for _ in submissions.iterdir())
    if len(rows) != students + 1:
        raise SystemExit(f"{len(rows) - 1} rows for {students} submissions")
    return peak, time.monotonic() - began


def saved_files(problems: list[Problem]) -> dict[str, bytes]:
    """The hand-in of an honest student: the references, and their notebooks as they were saved."""
    files: dict[str, bytes] = {}
    with Sandbox(weak=True) as sandbox:
        for problem in problems:
            files |= problem.reference.files
            files[problem.notebook_file] = run_reference(sandbox.run_cells, rubric_of(problem)).content
    return files


def write(folder: Path, files: Mapping[str, bytes], mark: str) -> None:
    """A submission that is unlike all others by a mark: nothing is graded twice."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        if name.endswith(".ipynb"):
            notebook = json.loads(content)
            notebook["metadata"]["mark"] = mark
            (folder / name).write_text(json.dumps(notebook))
        else:
            (folder / name).write_bytes(content + f"\n# {mark}\n".encode())


def modules(folder: Path, problems: list[Problem], text: str) -> None:
    """A submission whose modules all have this text."""
    folder.mkdir(parents=True)
    for problem in problems:
        (folder / problem.module_file).write_text(text)


MODULES = {
    # What the channel takes at most, for each draw.
    "largest-messages": ON_THE_WIRE.format(size=64 << 20),
    # What a draw may return, for each.
    "large-draws": ON_THE_WIRE.format(size=4 << 20),
    "flood-of-text": "while True:\n    print('x' * 1_000_000)\n",
    "flood-of-bytes": ON_THE_WIRE.format(size=8).replace(
        "time.sleep(1)", "while True: os.write(channel, bytes(1 << 20))"
    ),
}


def notebooks(folder: Path, saved: Mapping[str, bytes], make: Callable[[dict[str, Any]], None]) -> None:
    """The honest submission with something done to its notebooks."""
    folder.mkdir(parents=True)
    for name, content in saved.items():
        if name.endswith(".ipynb"):
            notebook = json.loads(content)
            make(notebook)
            (folder / name).write_text(json.dumps(notebook))
        else:
            (folder / name).write_bytes(content)


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells of code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def stream(text: str) -> dict[str, Any]:
    """An output that was printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def own_cell(source: str, text: str = "") -> dict[str, Any]:
    """A cell of the student's own."""
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": 1,
        "outputs": [stream(text)] if text else [],
    }


def as_large_as_may_be(notebook: dict[str, Any]) -> None:
    """50 MiB of outputs."""
    for cell in code(notebook):
        cell["outputs"] = [stream("0.5 1.5 2.5\n" * 330_000 + str(cell["source"])[:99])]
        if len(json.dumps(notebook)) > 44 * MIB:
            break


def as_many_as_may_be(notebook: dict[str, Any]) -> None:
    """Two thousand cells of pictures."""
    for _ in range(1_900 - len(notebook["cells"])):
        notebook["cells"].append(own_cell("1", "x" * 20_000))


def open_patterns(notebook: dict[str, Any]) -> None:
    """Lines whose comparison takes the square of their length."""
    for n in (2_000, 4_000, 8_000):
        line = f"print('pid ' + '5 ' * {n} + 'b pid end')"
        notebook["cells"].append(own_cell(line, f"pid {'5 ' * 2 * n}b pid end\n"))


def shows_much(notebook: dict[str, Any]) -> None:
    """Cells that put out as much as is kept of each."""
    for number in range(40):
        notebook["cells"].append(own_cell(f"print({number}, 'x' * 4_100_000)", f"{number}"))


def talks_itself(notebook: dict[str, Any]) -> None:
    """A cell that writes messages of its own into the channel."""
    source = ON_THE_WIRE.format(size=20 << 20).replace('"draws"', '"cells"')
    source = source.partition('send("", 0)')[0] + "for number in range(200): send(job.cells[number][0], number, body)"
    notebook["cells"].insert(2, own_cell(source))


NOTEBOOKS = {
    "large": as_large_as_may_be,
    "many-cells": as_many_as_may_be,
    "open-patterns": open_patterns,
    "shows-much": shows_much,
    "talks": talks_itself,
}


def tar_hang(folder: Path, problems: list[Problem]) -> None:
    """A header of two million digits."""
    digits = 2_000_000
    member = tarfile.TarInfo("./PaxHeaders/x")
    member.type, member.size = tarfile.XHDTYPE, digits
    after = tarfile.TarInfo(problems[0].module_file).tobuf(tarfile.USTAR_FORMAT)
    packed(folder, member.tobuf(tarfile.USTAR_FORMAT) + b"1" * digits + bytes(-digits % 512) + after)


def sparse_tar(folder: Path, problems: list[Problem]) -> None:
    """A map of eight million parts of a file."""
    parts = 8_000_000
    body = b"%d\n" % parts + b"0\n" * (2 * parts)
    member = tarfile.TarInfo("x")
    member.size = len(body) + -len(body) % 512
    sparse = {"major": "1", "minor": "0", "name": problems[0].module_file, "realsize": "0"}
    member.pax_headers = {f"GNU.sparse.{name}": value for name, value in sparse.items()}
    packed(folder, member.tobuf(tarfile.PAX_FORMAT) + body + bytes(-len(body) % 512))


def packed(folder: Path, tar: bytes) -> None:
    """A tar archive in gzip."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(f"{folder}.tar.gz", "wb", 9) as file:
        file.write(tar + bytes(1024))


def near_misses(folder: Path, problems: list[Problem]) -> None:
    """Notebooks of runs of letters that are nearly pictures, and a small file to look for."""
    body = '{"nbformat":4,"metadata":{},"cells":[],"x":"' + ("A" * 997 + "\n") * (49 * MIB // 998) + '"}'
    zipped(
        folder,
        {
            **{one.notebook_file: body for one in problems},
            **{one.module_file: "x = 1\n" for one in problems},
            "notes.txt": "x",
        },
    )


def many_files(folder: Path, problems: list[Problem]) -> None:
    """Ten thousand files, each a module's size."""
    zipped(folder, {f"d{n}/x{n}.py": "x = 1\n" * 4_000 for n in range(9_000)} | {problems[0].module_file: "x = 1\n"})


def zipped(folder: Path, files: Mapping[str, str]) -> None:
    """A zip archive."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(f"{folder}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


ARCHIVES = {"tar-hang": tar_hang, "sparse-tar": sparse_tar, "near-misses": near_misses, "many-files": many_files}


# ---- time

SLEEPS = """
import time
def __getattr__(name):
    def sleeps(*args, **kwargs):
        time.sleep({seconds})
        return 0.0
    return sleeps
time.sleep({importing})
"""


def hold(problems: list[Problem], home: Path) -> int:
    """How long one submission holds a worker that sleeps wherever it may, just not too long at a time."""
    limits = Limits()
    folder = home / "class" / "sleeper"
    folder.mkdir(parents=True)
    for problem in problems:
        text = SLEEPS.format(seconds=limits.wall_seconds - 0.5, importing=limits.import_seconds - 1)
        (folder / problem.module_file).write_text(text)
        notebook = json.loads(problem.released_notebook.read_bytes())
        for cell in code(notebook):
            cell["outputs"], cell["execution_count"] = [], 1
        cells = [own_cell(f"import time\ntime.sleep({limits.cell_seconds - 2})") for _ in range(20)]
        notebook["cells"][1:1] = cells
        (folder / problem.notebook_file).write_text(json.dumps(notebook))
    _, seconds = graded(home / "class", home / "out", "--workers", "1")
    asleep, most = bound_of(limits, len(problems), 1), bound_of(limits, len(problems), BY_THE_CLOCK)
    print(
        f"{len(problems)} modules and notebooks that sleep: {seconds / 60:.1f} min of a worker, all of our own included"
    )
    print(f"by the table of limits: {asleep / 60:.1f} min; at most, on a busy machine too: {most / 60:.1f} min")
    return 0 if seconds <= MINUTES * 60 and most <= MINUTES * 60 else 1


def bound_of(limits: Limits, problems: int, clock: float) -> float:
    """The seconds that follow from the table: a submission is read, each problem run, and its notebook judged."""
    each = clock * limits.module_seconds + limits.notebook_seconds + limits.reading_seconds
    return limits.reading_seconds + problems * each


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
