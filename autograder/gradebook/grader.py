"""The grader of a class: prepared from what the references give, it judges one submission after another.

Before a class is graded, this machine is checked, the references are run, and staff's pages are tried on them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.codes import Code
from autograder.course.pages import CourseError, source
from autograder.course.problem import Implementation, Problem
from autograder.expected import Answers, observe_answers
from autograder.gradebook.dependencies import of_module, of_notebook
from autograder.gradebook.executors import sandboxes
from autograder.gradebook.store import Key, Store, files_digest
from autograder.grading.modules import grade, see_reference, see_steady, unjudged
from autograder.notebook.checks import Rubric, rubric_of
from autograder.notebook.grade import grade_apart, unjudged_notebook
from autograder.notebook.reference import run_reference, see_model
from autograder.report import ProblemReport
from autograder.sandbox.observe import OurFaultError, Sandbox, SandboxError
from autograder.sandbox.runs import exposed
from autograder.seed import Seed
from autograder.submissions.selection import Submission, is_module
from autograder.submissions.storage import content_of, digest_of
from autograder.wire import Observation
from autograder.worker.job import Content

# What notebooks are run with, and the reference's made with; a student's own check needs none of it.
NOTEBOOKS_NEED = ("IPython", "matplotlib", "matplotlib_inline", "jupytext", "nbformat")


@dataclass(frozen=True)
class Graded:
    """The result of one problem of a submission.

    Attributes
    ----------
    report : ProblemReport
    output : mapping of str to str
        What the module printed, by check: for staff, since a module may print the inputs of the official run.
    """

    report: ProblemReport
    output: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grader:
    """Problems, the seed each is graded on, and what the references give there.

    Attributes
    ----------
    problems : tuple of Problem
        In the order of the reports.
    answers : mapping of str to Answers
        By problem id.
    seeds : mapping of str to Seed
        By problem id.
    digests : mapping of str to str
        Digests of what results depend on beside the submission, by the ids of problems and notebooks.
    weak : bool
        Grade even where student code can't be confined; each report's footer says so.
    footer : tuple of str
        What each report says of the run.
    rubrics : mapping of str to Rubric
        What notebooks are graded by, where they are: by problem id.
    """

    problems: tuple[Problem, ...]
    answers: Mapping[str, Answers]
    seeds: Mapping[str, Seed]
    digests: Mapping[str, str]
    weak: bool = False
    footer: tuple[str, ...] = ()
    rubrics: Mapping[str, Rubric] = field(default_factory=dict)

    def keys(self, submission: Submission) -> dict[str, Key]:
        """The keys of a submission's results, by the ids of problems and notebooks, in the order of a report."""
        keys = {}
        for problem in self.problems:
            keys[problem.id] = self._key(submission, problem.module_file, self.digests[problem.id])
            if problem.id in self.rubrics:
                keys[problem.notebook_id] = self._key(
                    submission, problem.notebook_file, self.digests[problem.notebook_id]
                )
        return keys

    def graded(self, sandbox: Sandbox, submission: Submission, ids: Collection[str]) -> tuple[Graded, ...]:
        """Grade a submission in the problems and notebooks with these ids; no submission makes this raise."""
        found = []
        for problem in self.problems:
            if problem.id in ids:
                found.append(self._graded(sandbox, submission, problem))
            if problem.notebook_id in ids:
                found.append(Graded(self._notebook(sandbox, submission, problem)))
        return tuple(found)

    def unjudged(self, name: str, code: Code, message: str) -> ProblemReport:
        """The report on the problem or notebook with this id, where nothing could be run."""
        for problem in self.problems:
            if problem.notebook_id == name:
                return unjudged_notebook(self.rubrics[problem.id], code, message)
        return unjudged(next(problem for problem in self.problems if problem.id == name), code, message)

    def _key(self, submission: Submission, name: str, digest: str) -> Key:
        files = dict.fromkeys((*submission.uses.get(name, ()), *((name,) if name in submission.files else ())))
        own = {"": submission.refused.encode()}
        own |= {file: digest_of(submission.files, file).encode() for file in files}
        if said := submission.problems.get(name):
            own[f"! {name}"] = said.encode()
        return Key(files_digest(own), digest)

    def _notebook(self, sandbox: Sandbox, submission: Submission, problem: Problem) -> ProblemReport:
        rubric, name = self.rubrics[problem.id], problem.notebook_file
        for code, why in submission.unread:
            return unjudged_notebook(rubric, code, why)
        said = submission.refused or submission.problems.get(name, "")
        if name not in submission.files:
            why = said or f"{name} was not handed in; hand in a file of that name"
            return unjudged_notebook(rubric, Code.MISSING, why)
        try:
            beside = {file: _handed_on(submission.files, file) for file in submission.uses[name]}
            content = content_of(submission.files, name)
            return grade_apart(sandbox, rubric, content, beside, self.seeds[problem.id], said)
        except OurFaultError as error:
            return unjudged_notebook(rubric, error.code, f"the notebook could not be judged: {error}")
        except Exception as error:  # noqa: BLE001  ours, whatever it is
            why = f"the grader failed: {type(error).__name__}: {error}"
            return unjudged_notebook(rubric, Code.FAULTY_GRADER, why)

    def _graded(self, sandbox: Sandbox, submission: Submission, problem: Problem) -> Graded:
        printed: dict[str, str] = {}

        def observe(*asked: Any) -> Sequence[Observation]:
            seen = sandbox.observe(*asked)
            for one in seen:
                if one.output:
                    printed[one.check] = printed.get(one.check, "") + one.output
            return seen

        name = problem.module_file
        for code, why in submission.unread:
            return Graded(unjudged(problem, code, why))
        if submission.refused:
            return Graded(unjudged(problem, Code.MISSING, submission.refused))
        if name in submission.problems:
            return Graded(unjudged(problem, Code.MISSING, submission.problems[name]))
        if name not in submission.files:
            return Graded(unjudged(problem, Code.MISSING, f"{name} was not handed in; hand in a file of that name"))
        try:
            implementation = Implementation({file: submission.files[file] for file in submission.uses[name]})
            report = grade(observe, problem, implementation, self.answers[problem.id], self.seeds[problem.id])
        except Exception as error:  # noqa: BLE001  ours, whatever it is: this student loses nothing, the others go on
            report = unjudged(problem, Code.FAULTY_GRADER, f"the grader failed: {type(error).__name__}: {error}")
        return Graded(report, printed)


def _handed_on(files: Mapping[str, bytes], name: str) -> bytes | Content:
    """A file for a run: a module as bytes, since its names are searched; another file in parts."""
    return files[name] if is_module(name) else content_of(files, name)


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
    """Prepare a grader: observe the reference and the known mistakes of each problem, ``workers`` problems at a time.

    What staff have written is tried on the reference, so that a mistake in it ends the run before a student is graded.

    Parameters
    ----------
    seed : Seed, optional
        The seed of all problems; by default, each problem's own, which its assignment's key gives.
    private : sequence of Path
        Folders that no run may see, beside the problems': the submissions and the reports.
    lacks : sequence of str, optional
        Guarantees about student code that are not enforced where it will run, a clause each; by default, those of
        this machine.
    store : Store, optional
        Keeps what the references give, for later runs.
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
    """The guarantees about student code that are not enforced on this machine, a clause each."""
    kept = dict.fromkeys((*(problem.folder for problem in problems), *private))
    data = {path.parent for problem in problems for path in problem.files.data.values()}
    with Sandbox() as sandbox:
        enforced = sandbox.enforced()
    return (
        *enforced.lacks,
        *(f"it may read {path}, in a folder that runs see: keep it elsewhere" for path in exposed(kept, data)),
    )
