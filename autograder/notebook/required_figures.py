"""What a notebook must have made: its figures, and whether they show what they must; where what it trains is taken."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.course.pages import CourseError
from autograder.notebook.alignment import Step
from autograder.notebook.document import FILL, Output
from autograder.notebook.execution import FILE
from autograder.notebook.figures import SIGNATURE, Axes, Figure, Numbers, figures_of, of_png, scaled
from autograder.notebook.source import bound, loaded

# What a curve must have lost, or gained, of its range between its first quarter and its last.
MOVED = 0.25
LEAST_POINTS = 3


class WantedAxes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one set of axes must show.

    Attributes
    ----------
    about : str
        A word in its title or on its axes, by which it is found; "" for any.
    labelled : bool
        Both axes say what they show.
    curves : int
        How many lines of at least three points it has, or more.
    falls, rises : bool or str
        A curve ends well below, or above, where it began; with a word, one that has it in its label.
    """

    about: str = ""
    labelled: bool = True
    curves: int = 0
    falls: bool | str = False
    rises: bool | str = False


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that a problem's notebook must have.

    Attributes
    ----------
    name : str
        What a message calls it: ``the training curves``.
    under : str
        The heading of the given notebook under which it is drawn; "" for anywhere.
    file : str
        The PNG file that it is saved as; "" for none.
    axes : tuple of WantedAxes
    """

    name: str
    under: str = ""
    file: str = ""
    axes: tuple[WantedAxes, ...] = ()


class _Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    figures: tuple[Wanted, ...]


def wanted_figures(path: Path) -> tuple[Wanted, ...]:
    """The figures that a problem asks for in its ``figures.toml``; none where there is no such file.

    Raises
    ------
    CourseError
        If the file is wrong.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Page).figures
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None


def asked_of(steps: Sequence[Step], values: Sequence[str], figures: Sequence[Wanted]) -> tuple[tuple[str, int], ...]:
    """What is asked of a run, each with the place of the step after which it is to be looked for.

    That is the last given cell that makes it. Whatever a student's own cells make of these names afterwards is theirs.
    """
    makes: list[frozenset[str]] = [bound(step.source) if step.kind == "code" else frozenset() for step in steps]
    made = {value: [bool(names & loaded(value)) for names in makes] for value in values}
    files = dict.fromkeys(figure.file for figure in figures if figure.file)
    made |= {f"{FILE}{file}": [step.kind == "code" and file in step.source for step in steps] for file in files}
    return tuple((what, _last(steps, places)) for what, places in made.items())


def _last(steps: Sequence[Step], makes: Sequence[bool]) -> int:
    """The last of the given steps that makes something; or of all; or the last that is run."""
    places = [n for n, step in enumerate(steps) if step.kind == "code" and step.source.strip()]
    making = [n for n in places if makes[n]]
    given = [n for n in making if steps[n].given is not None]
    return max(given, default=max(making, default=max(places, default=-1)))


def has_its_figures(
    wanted: Sequence[Wanted],
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    files: Mapping[str, bytes],
) -> list[Finding]:
    """The wanted figures that are missing, or don't show what they must.

    What is judged is what the student's code draws. Whether the saved pictures show the same is another question, and
    :mod:`autograder.notebook.truth` asks it.

    Parameters
    ----------
    wanted : sequence of Wanted
    steps : sequence of Step
    rerun : mapping of int to sequence of Output
        What each step that ended well has shown in a run of ours, by its place in `steps`.
    files : mapping of str to bytes
        The pictures that the run has written, by name.
    """
    findings = []
    for one in wanted:
        shown = [figure for n in _places(one, steps) for figure in figures_of(rerun.get(n, ()))]
        if one.file:
            picture = files.get(one.file)
            if picture is None or not picture.startswith(SIGNATURE):
                message = (
                    f"`{one.file}` was not written: run the cell that saves {one.name}, and see that it gets there"
                )
                findings.append(Finding(Code.STRUCTURE, one.name, message))
                continue
            shown.append(of_png(picture))
        findings += _lacks(one, shown)
    return findings


def made_up(wanted: Sequence[Wanted], steps: Sequence[Step], failed: Collection[int]) -> bool:
    """Whether a figure is drawn from names that a given cell should have made, which failed, and the student has made.

    Parameters
    ----------
    failed : collection of int
        The places of the steps that did not end well.
    """
    makes = {n: bound(step.source) for n, step in enumerate(steps) if step.kind == "code"}
    given = {n: makes[n] for n in makes if n in failed and steps[n].given is not None}
    theirs = {n: makes[n] for n in makes if n not in failed and steps[n].given is None}
    for n in {place for one in wanted for place in _places(one, steps)} & makes.keys():
        lost = loaded(steps[n].source) & {name for k, names in given.items() if k < n for name in names}
        if any(lost & theirs[k] for k in theirs if k < n):
            return True
    return False


def _places(wanted: Wanted, steps: Sequence[Step]) -> list[int]:
    """Where a figure may be drawn: by the given cells; by the student's own, where none is given but to be filled."""
    places = [n for n, step in enumerate(steps) if not wanted.under or _heading(step) == wanted.under]
    given = [(n, cell) for n in places if (cell := steps[n].given) and cell.kind == "code"]
    theirs = all(FILL in cell.tags for _, cell in given)
    return places if theirs else [n for n, _ in given]


def _lacks(wanted: Wanted, shown: Sequence[Figure | None]) -> Iterator[Finding]:
    """What a wanted figure lacks, in all that could be it."""
    if not shown:
        where = f" under “{wanted.under}”" if wanted.under else ""
        yield Finding(Code.STRUCTURE, wanted.name, f"{wanted.name}: no figure is drawn{where}; see which cell failed")
        return
    # A picture that says nothing of itself can't be held against anything.
    known = [figure for figure in shown if figure is not None]
    for axes in wanted.axes if known else ():
        faults = [_fault(axes, one) for figure in known for one in figure.axes if _is_about(axes.about, one)]
        if not faults:
            message = f"{wanted.name}: nothing in it is about “{axes.about}”; say so in a title or on an axis"
            yield Finding(Code.STRUCTURE, wanted.name, message)
        elif all(faults):
            code, said = next(fault for fault in faults if fault)
            yield Finding(code, wanted.name, f"{wanted.name}: {said}")


def _fault(wanted: WantedAxes, axes: Axes) -> tuple[Code, str] | None:
    lines = [one for one in axes.artists if one.kind == "line" and one.y and one.y.n >= LEAST_POINTS]
    if wanted.labelled and (missing := [name for name, label in (("x", axes.x), ("y", axes.y)) if not label]):
        axis = f"{' and '.join(missing)} ax{'es' if len(missing) > 1 else 'is'}"
        return Code.STRUCTURE, f"{axes.called} has no label on its {axis}; write what is drawn, and in which unit"
    if len(lines) < wanted.curves:
        return (
            Code.STRUCTURE,
            f"{axes.called} shows {len(lines)} curve{'s' * (len(lines) != 1)}; expected {wanted.curves}",
        )
    for asked, sign, verb in ((wanted.falls, 1, "falls"), (wanted.rises, -1, "rises")):
        word = asked if isinstance(asked, str) else ""
        meant = [line for line in lines if word.casefold() in line.label.casefold()]
        if asked and not any(_drop(line.y, axes.yscale) * sign >= MOVED for line in meant if line.y):
            which = f"the {word}" if word else "no curve"
            return (
                Code.VALUES,
                f"{which} in {axes.called} {f'never {verb}' if word else verb}; see what training does there",
            )
    return None


def _drop(numbers: Numbers, scale: str) -> float:
    """How much lower the last quarter of a curve is than its first, in units of its range."""
    heights = [scaled(value, scale) for value in numbers.at if value is not None]
    heights = [height for height in heights if math.isfinite(height)]
    if len(heights) < LEAST_POINTS or (span := max(heights) - min(heights)) <= 0:
        return 0.0
    quarter = max(len(heights) // 4, 1)
    return (sum(heights[:quarter]) - sum(heights[-quarter:])) / quarter / span


def _is_about(word: str, axes: Axes) -> bool:
    if axes.aside:
        return False
    return word.casefold() in " ".join((axes.title, axes.x, axes.y, *axes.legend)).casefold()


def _heading(step: Step) -> str:
    cell = step.given or step.saved
    return cell.heading if cell else ""
