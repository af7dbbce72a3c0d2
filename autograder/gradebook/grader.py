"""The grader of a class: what the references give, and one submission judged by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.codes import Code
from autograder.course.problem import Implementation, Problem
from autograder.expected import Answers
from autograder.gradebook.store import Key, files_digest
from autograder.grading.modules import grade, unjudged
from autograder.notebook.checks import Rubric
from autograder.notebook.grade import grade_apart, unjudged_notebook
from autograder.report import ProblemReport
from autograder.sandbox.observe import OurFaultError, Sandbox
from autograder.seed import Seed
from autograder.submissions.selection import Submission, is_module
from autograder.submissions.spool import content_of, digest_of
from autograder.wire import Observation
from autograder.worker.job import Content


@dataclass(frozen=True)
class Graded:
    """What came of one problem of a submission.

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
        Of what results depend on, beside the submission; by the ids of problems and notebooks.
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
        """What the results of a submission are filed under, by what a report calls them, in its order."""
        keys = {}
        for problem in self.problems:
            keys[problem.id] = self._key(submission, problem.module_file, self.digests[problem.id])
            if problem.id in self.rubrics:
                keys[problem.notebook_id] = self._key(
                    submission, problem.notebook_file, self.digests[problem.notebook_id]
                )
        return keys

    def graded(self, sandbox: Sandbox, submission: Submission, ids: Collection[str]) -> tuple[Graded, ...]:
        """What comes of a submission in what has these ids; it fails for nothing that a student hands in."""
        found = []
        for problem in self.problems:
            if problem.id in ids:
                found.append(self._graded(sandbox, submission, problem))
            if problem.notebook_id in ids:
                found.append(Graded(self._notebook(sandbox, submission, problem)))
        return tuple(found)

    def unjudged(self, name: str, code: Code, message: str) -> ProblemReport:
        """The report on what has this id, where nothing could be run."""
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
    """A file for a run: a module as it is, for what it names is looked for; another part by part."""
    return files[name] if is_module(name) else content_of(files, name)
