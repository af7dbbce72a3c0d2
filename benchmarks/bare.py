"""The computation alone: modules imported and probed one after the other in one process, nothing compared or confined.

    python bare.py FOLDER PROBLEM...

FOLDER holds a folder for each submission, laid out as the other graders have it. Prints the seconds of CPU time that
each problem of each submission took, as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

from autograder.authoring import checks_of, generator


def seconds(folder: Path, problem: str) -> float:
    """CPU time of one module's import and of all its checks' draws."""
    page = importlib.import_module(f"judge.{problem}.checks")
    numbers = json.loads((folder / "judge" / problem / "draws.json").read_text())
    source = folder / f"{problem}.py"
    module = ModuleType(problem)
    sys.modules[problem] = module
    began = time.process_time()
    exec(compile(source.read_bytes(), source, "exec"), module.__dict__)
    for check in checks_of(page):
        for draw in range(check.draws):
            try:
                check.probe(module, generator(numbers[f"{check.name}/{draw}"]))
            except Exception:  # noqa: BLE001  a wrong submission's; the check fails, and the next one goes on
                break
    return time.process_time() - began


def main(home: Path, problems: list[str]) -> None:
    """Measure, and print."""
    folders = sorted(path for path in home.iterdir() if path.is_dir())
    os.chdir(folders[0])
    sys.path.insert(0, str(folders[0]))
    for problem in problems:
        seconds(folders[0], problem)  # whatever is imported for the first time
    print(json.dumps([seconds(folder, problem) for folder in folders for problem in problems]))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
