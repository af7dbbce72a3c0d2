"""Our time beside other graders and the bare computation: ``make bench``, or ``make bench FAST=1`` for a try.

In rounds, and in each round one after the other on the same submissions, so that whatever else the machine does meets
all alike. What has been measured is kept in build/bench/state.json until the end: a run that was cut short goes on.
Writes build/bench.json and build/bench.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import confinement
import peers
from matplotlib.figure import Figure

from autograder.cli.sample import write_sample_class
from autograder.course.assignments import read_course
from autograder.expected import Answers
from autograder.gradebook.dependencies import of_problem
from autograder.gradebook.executors import read_apart
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import Store
from autograder.sandbox.observe import Sandbox
from autograder.student.check import check_again, find
from autograder.submissions.reading import find_class

ROOT = peers.ROOT
NAMES = {
    "ours_1": "ours, one worker",
    "ours_2": "ours, two workers",
    "nbgrader": "nbgrader",
    "otter": "Otter, in process",
    "otter_command": "Otter, otter run",
    "unittest": "unittest, gradescope-utils",
    "pytest": "pytest",
}
HOME = ROOT / "build" / "bench"
MIB = 1 << 20
# What an instructor is promised; docs/speed.md says how far it holds.
BARS = {"nbgrader": 150.0, "unittest": 100.0, "pytest": 100.0, "bare": 3.0, "memory": 1.2}
# Of the sample class, those that every grader can take: what befalls a file (not UTF-8, an early exit) is not asked.
TAKEN = ("all-right", "right-but-different-", "mistaken-")
# Small enough that ten thousand are a matter of minutes.
GROWN = "svm/cvxopt_svm"


@dataclass(frozen=True)
class Plan:
    """The amount that is measured.

    Attributes
    ----------
    rounds, submissions : int
        Rounds, and submissions in each: each is four modules for every grader.
    copies : int
        How often ours has each of them, told apart by a comment: its servers start once for a class.
    sizes : tuple of int
        Classes whose time and memory are compared.
    checks : int
        How often ``autograder check`` is asked.
    """

    rounds: int
    submissions: int
    copies: int
    sizes: tuple[int, ...]
    checks: int


FULL = Plan(rounds=5, submissions=4, copies=25, sizes=(10, 100, 1_000, 10_000), checks=7)
FAST = Plan(rounds=1, submissions=1, copies=20, sizes=(10, 50), checks=2)


class Kept:
    """Parts that have been measured, by name, in a file: asked for again, they are not measured again."""

    def __init__(self, path: Path, settings: object) -> None:
        self.path = path
        self.settings = json.loads(json.dumps(settings))
        known = json.loads(path.read_text()) if path.exists() else {}
        self.parts: dict[str, Any] = known["parts"] if known.get("settings") == self.settings else {}

    def part(self, name: str, measure: Callable[[], Any]) -> Any:
        """A part, measured if it isn't there."""
        if name not in self.parts:
            began = time.monotonic()
            value = json.loads(json.dumps(measure()))
            self.parts[name] = value
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps({"settings": self.settings, "parts": self.parts}))
            new.replace(self.path)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        return self.parts[name]


class Bench:
    """The course's own problems that are measured."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # Modules, and no notebooks: those are timed by notebooks.py.
        self.problems = [
            replace(problem, notebook_points=0.0) for assignment in read_course(ROOT) for problem in assignment.problems
        ]
        HOME.mkdir(parents=True, exist_ok=True)
        digests = {problem.id: of_problem(problem, problem.seed) for problem in self.problems}
        self.kept = Kept(HOME / "state.json", {"plan": asdict(plan), "problems": digests})
        self.out = HOME / "out"

    def answers(self) -> Mapping[str, Answers]:
        """The references' observations, made once."""
        with Store(self.out / "gradebook.sqlite") as store:
            return prepare(self.problems, None, 2, store=store).answers

    def submissions(self) -> list[dict[str, bytes]]:
        """Those of the sample class that all graders can take, spread over the list of them."""
        folder = HOME / "sample"
        shutil.rmtree(folder, ignore_errors=True)
        write_sample_class(self.problems, folder)
        wanted = [problem.module_file for problem in self.problems]
        with Sandbox(weak=True) as sandbox:
            chosen = [one for one in find_class(folder) if one.student.startswith(TAKEN)]
            read = [read_apart(sandbox, one, self.problems) for one in chosen]
        whole = [dict(one.files) for one in read if all(name in one.files for name in wanted)]
        count = self.plan.rounds * self.plan.submissions
        return [whole[number * len(whole) // count] for number in range(count)]

    # ---- one round

    def round(
        self, number: int, chosen: Sequence[Mapping[str, bytes]], answers: Mapping[str, Answers]
    ) -> dict[str, Any]:
        """Every grader on the same submissions; seconds for a module, of the clock and of the processor, and bytes."""
        work = HOME / "work"
        shutil.rmtree(work, ignore_errors=True)
        folders = [work / "submissions" / f"student{position}" for position in range(len(chosen))]
        for folder, files in zip(folders, chosen, strict=True):
            peers.lay_out(folder, files, self.problems, answers)
        modules = [peers.Module(folder, problem) for folder in folders for problem in self.problems]
        took: dict[str, Any] = {}
        took["bare"] = self.kept.part(f"round {number}, bare", lambda: self.bare(work))
        for workers in (1, 2):
            folder = work / f"class{workers}"
            took[f"ours_{workers}"] = self.kept.part(
                f"round {number}, ours_{workers}",
                lambda folder=folder, workers=workers: self.ours(folder, chosen, workers),
            )
        for name, measure in peers.GRADERS.items():
            one = self.kept.part(f"round {number}, {name}", lambda measure=measure: asdict(measure(HOME, modules)))
            took[name] = {
                "seconds": one["seconds"] / len(modules),
                "cpu_seconds": one["cpu_seconds"] / len(modules),
                "peak_bytes": one["peak_bytes"],
                "points": one["points"] / len(modules),
            }
        return took

    def bare(self, work: Path) -> dict[str, float]:
        """The computation alone, on the submissions of a round."""
        names = [problem.name for problem in self.problems]
        took = peers.run([sys.executable, Path(__file__).with_name("bare.py"), work / "submissions", *names], work)
        try:
            return {"cpu_seconds": statistics.fmean(json.loads(took.output.splitlines()[-1]))}
        except (ValueError, IndexError):
            raise SystemExit(f"the bare computation has failed:\n{took.output}") from None

    def ours(self, folder: Path, chosen: Sequence[Mapping[str, bytes]], workers: int, *extra: str) -> dict[str, Any]:
        """Our pipeline on copies of these submissions, as :meth:`round` has it."""
        shutil.rmtree(folder, ignore_errors=True)
        for copy in range(self.plan.copies):
            for position, files in enumerate(chosen):
                write(folder / f"student{position:05}-{copy}", files, f"{position} {copy}")
        return self.pipeline(folder, workers, *extra)

    def pipeline(self, folder: Path, workers: int, *extra: str) -> dict[str, Any]:
        """``ours.py`` on a folder of submissions, for a module."""
        script = Path(__file__).with_name("ours.py")
        command = [sys.executable, script, folder, self.out, "--workers", str(workers), *extra]
        took = peers.run(command, ROOT)
        try:
            said = json.loads(took.output.splitlines()[-1])
        except (ValueError, IndexError):
            raise SystemExit(f"our own grader has failed:\n{took.output}") from None
        if faults := {code: count for code, count in said["codes"].items() if code in "345"}:
            raise SystemExit(f"our own grader has failed, by code: {faults}")
        count = said["modules"]
        return {
            "seconds": said["seconds"] / count,
            "cpu_seconds": said["cpu_seconds"] / count,
            "peak_bytes": took.peak_bytes,
            "peak_bytes_grader": said["peak_bytes_grader"],
            "points": said["points"] / count,
            "prepare_seconds": said["prepare_seconds"],
            "stages": {stage: seconds / count for stage, seconds in said["stages"].items()},
        }

    # ---- the rest

    def layers(self, chosen: Sequence[Mapping[str, bytes]]) -> dict[str, float]:
        """Milliseconds that a module costs, layer by layer."""
        forked = confinement.medians(40 if self.plan is FULL else 10)
        stages = self.ours(HOME / "work" / "layers", chosen, 1, "--layers")["stages"]
        return {
            "fork, nothing confined": forked["bare fork"],
            "confinement": forked["with all of them"] - forked["bare fork"],
            **{f"{stage} (grader)": 1e3 * seconds for stage, seconds in stages.items()},
        }

    def grown(self, size: int) -> dict[str, Any]:
        """A class of so many, in one problem."""
        problem = next(one for one in self.problems if one.id == GROWN)
        source = problem.reference.files[problem.module_file]
        folder = HOME / "work" / f"class-of-{size}"
        shutil.rmtree(folder, ignore_errors=True)
        for number in range(size):
            write(folder / f"student{number:05}", {problem.module_file: source}, str(number))
        shutil.rmtree(self.out / "grown", ignore_errors=True)
        took = self.pipeline(folder, 2, "--problem", GROWN)
        shutil.rmtree(folder)
        return took

    def growth(self, sizes: Sequence[int]) -> dict[str, Any]:
        """Classes of these sizes, by size."""
        return {str(size): self.kept.part(f"class of {size}", lambda size=size: self.grown(size)) for size in sizes}

    def checked(self) -> dict[str, dict[str, float]]:
        """Seconds from asking for a check of the right module, or from saving it, to the answer, by problem."""
        seconds = {}
        for problem in self.problems:
            folder = HOME / "work" / "home" / problem.assignment
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(ROOT / "assignments" / problem.assignment, folder)
            (folder / problem.module_file).write_bytes(problem.reference.files[problem.module_file])
            command = [sys.executable, "-m", "autograder", "check", problem.module_file]
            cold = [peers.run(command, folder).seconds for _ in range(self.plan.checks + 1)][1:]
            warm = list(saved_to_answer(folder, problem.name, self.plan.checks + 1))[1:]
            seconds[problem.id] = {"cold": statistics.median(cold), "warm": statistics.median(warm)}
        return seconds

    def run(self) -> dict[str, Any]:
        """Everything, as it goes into the file."""
        for name in peers.PINS:
            peers.environment(HOME, name)
        answers = self.answers()
        chosen = self.submissions()
        rounds = []
        for number in range(self.plan.rounds):
            part = chosen[number * self.plan.submissions : (number + 1) * self.plan.submissions]
            rounds.append(
                self.kept.part(f"round {number}", lambda number=number, part=part: self.round(number, part, answers))
            )
        layers = self.kept.part("layers", lambda: self.layers(chosen[: self.plan.submissions]))
        checks = self.kept.part("check", self.checked)
        return summary(rounds) | {
            "layers": layers,
            "growth": self.growth(self.plan.sizes),
            "check_seconds": checks,
        }


def saved_to_answer(folder: Path, name: str, times: int) -> Iterator[float]:
    """Seconds from each of so many saves to its answer, as ``autograder check --watch`` gives it."""
    began = 0.0

    def saves() -> Iterator[None]:
        nonlocal began
        for _ in range(times):
            began = time.perf_counter()
            yield

    answers = check_again([(find(folder, name), folder)], saves())
    next(answers)  # the first, before any save
    for _ in answers:
        yield time.perf_counter() - began


def write(folder: Path, files: Mapping[str, bytes], mark: str) -> None:
    """A submission, made unlike all others by a comment: nothing is graded twice."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content + f"\n# {mark}\n".encode())


def summary(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds, and the ratios, each of one round's figures before the median is taken."""
    names = [name for name in rounds[0] if name != "bare"]
    ratios = {
        name: _median(one[name]["seconds"] / one["ours_2"]["seconds"] for one in rounds) for name in peers.GRADERS
    }
    return {
        "ratios": {name: ratios[name] for name in ("nbgrader", "otter", "unittest", "pytest")},
        "otter_command": ratios["otter_command"],
        # Of processor time: what a machine that is busy with other things can still be asked.
        "cpu_ratios": {
            name: _median(one[name]["cpu_seconds"] / one["ours_2"]["cpu_seconds"] for one in rounds)
            for name in peers.GRADERS
        },
        "bare": _median(one["ours_2"]["cpu_seconds"] / one["bare"]["cpu_seconds"] for one in rounds),
        "bare_cpu_seconds": _median(one["bare"]["cpu_seconds"] for one in rounds),
        "graders": {
            name: {
                key: _median(one[name][key] for one in rounds)
                for key in ("seconds", "cpu_seconds", "peak_bytes", "points")
            }
            for name in names
        },
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
    }


def _median(values: Any) -> float:
    return float(statistics.median(values))


def show(found: Mapping[str, Any]) -> None:
    """The tables."""
    print(f"\n{'':18}{'s a module':>12}{'CPU s':>10}{'MiB':>8}{'points':>8}{'ours is faster by':>20}")
    for name, row in found["graders"].items():
        times = row["seconds"] / found["graders"]["ours_2"]["seconds"]
        print(
            f"{name:18}{row['seconds']:12.4f}{row['cpu_seconds']:10.4f}{row['peak_bytes'] / MIB:8.0f}"
            f"{row['points']:8.2f}" + (f"{times:20.1f}" if not name.startswith("ours") else "")
        )
    print(f"{'bare computation':18}{'':12}{found['bare_cpu_seconds']:10.4f}")
    print(f"our CPU time, two workers, over the bare computation's: {found['bare']:.2f}")
    print("\nmilliseconds a module, by layer")
    for layer, milliseconds in found["layers"].items():
        print(f"  {layer:34}{milliseconds:9.2f}")
    show_growth(found["growth"])
    print("\nautograder check: seconds to the answer, from cold; from a save, with --watch")
    for problem, seconds in found["check_seconds"].items():
        print(f"  {problem:26}{seconds['cold']:6.2f}{seconds['warm']:8.3f}")
    print()
    for name, bar in BARS.items():
        value = found["ratios"].get(name, found.get(name, found["memory"]))
        holds = value <= bar if name in ("bare", "memory") else value >= bar
        print(f"{'holds' if holds else 'MISSED':8}{name}: {value:.3g}; the bar is {bar:g}")


def show_growth(growth: Mapping[str, Any]) -> None:
    """The growth of time and memory with the class."""
    print(f"\na class in {GROWN}, two workers")
    for size, row in growth.items():
        rate, most = 1 / row["seconds"], row["peak_bytes"] / MIB
        print(
            f"  {int(size):6} submissions: {rate:7.1f} a second, {1e3 * row['cpu_seconds']:6.1f} ms of CPU each, "
            f"{most:5.0f} MiB at most, the grader {row['peak_bytes_grader'] / MIB:5.0f}"
        )


def draw(found: Mapping[str, Any], path: Path) -> None:
    """The chart: what a module takes, and how time and memory grow."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    names = sorted(found["graders"], key=lambda name: -found["graders"][name]["seconds"])
    for name in names:
        seconds = found["graders"][name]["seconds"]
        left.plot(seconds, NAMES[name], "s" if name.startswith("ours") else "o", color="C1" if "ours" in name else "C0")
        left.annotate(f"{seconds:.2g}", (seconds, NAMES[name]), (0, 6), textcoords="offset points", ha="center")
    left.set(xscale="log", xlabel="seconds a module")
    left.grid(alpha=0.3)
    left.margins(0.15)
    sizes = [int(size) for size in found["growth"]]
    rows = list(found["growth"].values())
    middle.plot(sizes, [1 / row["seconds"] for row in rows], "o-")
    middle.set(xscale="log", xlabel="submissions in the class", ylabel="modules a second", ylim=(0, None))
    right.plot(sizes, [row["peak_bytes"] / MIB for row in rows], "o-")
    right.set(xscale="log", xlabel="submissions in the class", ylabel="memory at most, MiB", ylim=(0, None))
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, and write down what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="a few submissions, to see that it works")
    parser.add_argument("--growth", type=int, nargs="+", metavar="SIZE", help="only time and memory of classes")
    asked = parser.parse_args()
    bench = Bench(FAST if asked.fast else FULL)
    if asked.growth:
        show_growth(bench.growth(asked.growth))
        return
    found = bench.run()
    rows = list(found["growth"].values())
    # The smallest class is over before its memory has been seen at its most.
    found["memory"] = rows[-1]["peak_bytes"] / rows[min(1, len(rows) - 1)]["peak_bytes"]
    (ROOT / "build" / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    draw(found, ROOT / "build" / "bench.svg")
    show(found)
    print("\nWritten: build/bench.json, build/bench.svg")
    bench.kept.path.unlink()


if __name__ == "__main__":
    main()
