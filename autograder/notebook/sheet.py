"""What a problem's notebook is graded by: its checks, as it was released, the figures it must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.course.pages import CourseError
from autograder.course.problem import Problem
from autograder.expected import Answers
from autograder.notebook.document import Notebook
from autograder.notebook.ipynb import UnreadableError, read
from autograder.notebook.required_figures import Wanted, wanted_figures
from autograder.wire import Array


@dataclass(frozen=True)
class NotebookCheck:
    """One claim about a notebook: its name, the sentence the student reads, and what part of the points it has."""

    name: str
    title: str
    share: int


THE_NOTEBOOK = NotebookCheck(
    "is_the_notebook", "The cells that were handed out are all there, unchanged and in their order.", 1
)
WAS_RUN = NotebookCheck(
    "was_run", "It was run from top to bottom in a fresh kernel, and saved with all its outputs.", 1
)
RUNS = NotebookCheck("runs", "It runs from top to bottom once more, beside the module that was handed in with it.", 1)
TRUTH = NotebookCheck("tells_the_truth", "What it shows is what its code and the module give.", 2)
FIGURES = NotebookCheck("figures", "The figures it must have are there, labelled, and show what they must.", 1)
MODEL = NotebookCheck("trained_model", "The model that it trains does well on data that nobody has seen.", 2)


@dataclass(frozen=True)
class Sheet:
    """What a problem's notebook is graded by, and is worth.

    Attributes
    ----------
    problem : Problem
    released : Notebook
        As it was handed out.
    figures : tuple of Wanted
        Those it must have.
    wanted : tuple of str
        What the model that it trains is made of, as expressions in its names.
    answers : Answers or None
        What the reference's notebook trains; None where it was not run.
    """

    problem: Problem
    released: Notebook
    figures: tuple[Wanted, ...] = ()
    wanted: tuple[str, ...] = ()
    answers: Answers | None = None

    @property
    def trained(self) -> Mapping[str, Array] | None:
        """The arrays that the reference's notebook trains, by expression; None where it was not run."""
        if self.answers is None:
            return None
        values = self.answers.reference[MODEL.name, 0].values
        return {name: value for name, value in values.items() if not isinstance(value, str)}

    @property
    def checks(self) -> tuple[NotebookCheck, ...]:
        """The checks that this notebook has."""
        model = self.problem.page.model
        more = (
            *((FIGURES,) if self.figures else ()),
            *((NotebookCheck(MODEL.name, model.title or MODEL.title, MODEL.share),) if model else ()),
        )
        return (THE_NOTEBOOK, WAS_RUN, RUNS, TRUTH, *more)


def sheet_of(problem: Problem) -> Sheet:
    """What a problem's notebook is graded by.

    Raises
    ------
    CourseError
        If the notebook has not been released, or a file of the problem's is wrong.
    """
    path = problem.released_notebook
    try:
        released = read(path.read_bytes(), str(path))
    except (OSError, UnreadableError) as error:
        raise CourseError(
            f"{path} can't be read ({error}); {problem.notebook_file} is worth {problem.notebook_points:g} points: "
            "run `autograder release`"
        ) from None
    model = problem.page.model
    figures = wanted_figures(problem.folder / "figures.toml")
    headings = {cell.heading for cell in released.cells}
    for figure in figures:
        if figure.under and figure.under not in headings:
            # Nobody could have a figure there.
            raise CourseError(
                f"{problem.folder / 'figures.toml'}: {figure.name} is to be drawn under “{figure.under}”; "
                f"{path} has no such heading: write it as it stands there"
            )
    return Sheet(problem, released, figures, model.wanted if model else ())
