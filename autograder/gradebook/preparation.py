"""Before a class is graded: this machine is looked at, references are observed, and staff's pages tried on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from autograder.course.pages import CourseError, source
from autograder.course.problem import Problem
from autograder.expected import Answers, observe_answers
from autograder.gradebook.dependencies import of_module, of_notebook
from autograder.gradebook.executors import sandboxes
from autograder.gradebook.grader import Grader
from autograder.gradebook.store import Store, files_digest
from autograder.grading.modules import see_reference, see_steady
from autograder.notebook.checks import Rubric, rubric_of
from autograder.notebook.reference import run_reference, see_model
from autograder.sandbox.observe import Sandbox, SandboxError
from autograder.sandbox.process import exposed
from autograder.seed import Seed

# What notebooks are run with, and the reference's made with; a student's own check needs none of it.
NOTEBOOKS_NEED = ("IPython", "matplotlib", "matplotlib_inline", "jupytext", "nbformat")


def prepare(
    problems: Sequence[Problem],
    seed: Seed | None,
    workers: int,
    *,
    weak: bool = False,
    private: Sequence[Path] = (),
    lacks: Sequence[str] | None = None,
    store: Store | None = None,
    trained: Mapping[str, Answers] = MappingProxyType({}),
    done: Callable[[Problem], object] = lambda _: None,
) -> Grader:
    """A grader, with the reference and the known mistakes of each problem observed, ``workers`` problems at a time.

    What staff have written is tried on the reference: what is wrong with it stops the run before a student is graded.

    Parameters
    ----------
    seed : Seed, optional
        What all problems are graded on; each on its assignment's key, by default.
    private : sequence of Path
        What no run may see, beside the problems: the submissions and the reports.
    lacks : sequence of str, optional
        What is promised of student code and is not enforced where it will run, a clause each; on this machine by
        default.
    store : Store, optional
        Where answers of an earlier run are found, and these are kept.
    trained : mapping of str to Answers
        What references' notebooks have trained that were run already, by problem id.
    done : callable
        Told of each problem whose answers are there.

    Raises
    ------
    SandboxError
        If student code can't be confined as promised, and ``weak`` does not allow that.
    CourseError
        If students may import a package that is not installed here; a notebook that is worth points can't be run
        here or has not been released; the reference has no result; or a predicate or a model fails on the reference,
        or finds it wrong; or an assignment has no key.
    """
    for problem in problems:
        if absent := sorted(name for name in problem.allowed_imports if not find_spec(name)):
            raise CourseError(
                f"{problem.id}: students may import {', '.join(absent)}, not installed here; "
                f"install it, or take it from allowed_imports in {problem.folder.parent / 'assignment.toml'}"
            )
        if problem.notebook_points and (absent := [name for name in NOTEBOOKS_NEED if not find_spec(name)]):
            raise CourseError(
                f"{problem.id}: its notebook is worth points, and to run notebooks {' and '.join(absent)} must be "
                "installed here: install the extra `staff`"
            )
    if lacks is None:
        lacks = _lacks(problems, private)
    if lacks and not weak:
        raise SandboxError(
            f"student code can't be confined on this machine: {'; '.join(lacks)}. `autograder doctor` says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    footer = tuple(f"this run was not fully confined: {clause}" for clause in lacks)
    seeds = {problem.id: problem.seed if seed is None else seed for problem in problems}
    digests = {problem.id: of_module(problem, seeds[problem.id], footer).digest for problem in problems}
    released = {problem.id: rubric_of(problem) for problem in problems if problem.notebook_points}
    for rubric in released.values():
        digests[rubric.problem.notebook_id] = of_notebook(rubric.problem, seeds[rubric.problem.id], footer).digest
    # Weak: what is run here is staff's own code, whatever this machine enforces.
    with sandboxes(weak=True) as sandbox, ThreadPoolExecutor(workers) as pool, sandbox.while_wanted():

        def kept(digest: str, make: Callable[[], Answers]) -> Answers:
            known = store.answers(digest) if store else None
            answers = known or make()
            if store and not known and not answers.faulty:
                store.keep_answers(digest, answers)
            return answers

        def observed(problem: Problem, seed: Seed) -> Answers:
            answers = observe_answers(sandbox().observe, problem, seed)
            see_steady(sandbox().observe, problem, answers, seed)
            return answers

        def one(problem: Problem) -> tuple[Answers, Rubric | None]:
            seed, rubric = seeds[problem.id], released.get(problem.id)
            answers = kept(digests[problem.id], lambda: observed(problem, seed))
            see_reference(problem, answers.reference, seed)
            if rubric:
                # Beside what judges both, the solution's own cells.
                own = {name: digests[name].encode() for name in (problem.id, problem.notebook_id)}
                digest = files_digest({**own, "notebook.py": source(problem.folder / "notebook.py").encode()})
                run = trained.get(problem.id)
                ran = kept(digest, lambda: run or run_reference(sandbox().run_cells, released[problem.id]).answers)
                rubric = replace(rubric, answers=ran)
                see_model(rubric, seed)
            done(problem)
            return answers, rubric

        found = dict(zip((problem.id for problem in problems), pool.map(one, problems), strict=True))
    answers = {name: answers for name, (answers, _) in found.items()}
    rubrics = {name: rubric for name, (_, rubric) in found.items() if rubric}
    return Grader(tuple(problems), answers, seeds, digests, weak, footer, rubrics)


def _lacks(problems: Sequence[Problem], private: Sequence[Path]) -> tuple[str, ...]:
    """What is promised of student code and is not enforced on this machine, a clause each."""
    kept = dict.fromkeys((*(problem.folder for problem in problems), *private))
    data = {path.parent for problem in problems for path in problem.files.data.values()}
    with Sandbox() as sandbox:
        enforced = sandbox.enforced()
    return (
        *enforced.lacks,
        *(f"it may read {path}, in a folder that runs see: keep it elsewhere" for path in exposed(kept, data)),
    )
