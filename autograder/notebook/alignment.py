"""The released notebook, and the alignment of a handed-in one with it.

Each *given* cell is looked for by the key in its metadata, then by its id, then by its content. A given code cell with
the tag `FILL` must keep its statements, a text its words; the student may add more between them. Any other must be the
same program. All other cells are the student's own.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import NamedTuple

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.document import FILL, OURS, Cell, Notebook, quoted, where_they_part

# With fewer of the given cells of code, it is another notebook.
LEAST_SHARE = 0.5
# Most cells of the student's own that are compared with a given one whose key and id are lost.
MAX_CANDIDATES = 200
# Most lines of a changed cell that are compared with a missing given line.
MAX_LINES = 100
# A longer cell is not parsed.
MAX_PARSED_CHARACTERS = 20_000
_WORD = re.compile(r"[^\W_]+")
# Magics and shell commands; each becomes a call, so that a cell can be parsed.
_MAGIC = re.compile(r"\A(\s*(?:\w[\w, ]*=\s*)?)([%!].*)\Z")
# Timing a given cell doesn't change it.
_TIMED = re.compile(r"%%time\Z")
_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_GAP = "Raise(exc=Call(func=Name(id='NotImplementedError'"
# Raised by Python, by version, over bad syntax, deep nesting and numbers with too many digits.
_UNPARSED = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, SystemError)


class Statement(NamedTuple):
    """A statement of a cell: the name it defines, or ""; its syntax tree as text; and its line.

    A gap is, or holds, a place to be filled.
    """

    name: str
    dump: str
    gap: bool
    line: int


@dataclass(frozen=True)
class Step:
    """One cell of the notebook as it should be: the source that is run, and the cell that was handed in.

    `given` is the released cell, None for one that the student has added; `saved` is the student's, None where a given
    cell is missing. If it is `replaced`, the given cell takes the place of one that was changed or is missing, so
    the saved outputs are not its own.
    """

    source: str
    kind: str
    given: Cell | None
    saved: Cell | None
    replaced: bool = False

    @property
    def place(self) -> str:
        """The cell, for a message."""
        if self.saved is not None:
            return self.saved.place
        return f"the given cell {self.given.looks}" if self.given else "a cell"

    @property
    def where(self) -> str:
        """The cell, in few words that are unique in its notebook."""
        return self.saved.where if self.saved else f"given {self.given.where}" if self.given else ""


@dataclass(frozen=True)
class Arrangement:
    """A handed-in notebook beside the released one: as it should be, and what is wrong with its given cells.

    It is not `recognised` if less than `LEAST_SHARE` of the given code is there, and then judged no further.
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    recognised: bool = True

    @property
    def code(self) -> tuple[tuple[int, Step], ...]:
        """The steps that are run, with their places in `steps`: code that isn't empty."""
        return tuple((n, step) for n, step in enumerate(self.steps) if step.kind == "code" and step.source.strip())


def as_notebook(text: str, problem: str) -> bytes:
    """Convert a py:percent text to a notebook without outputs, as it is released.

    A cell's id and key are derived from its content, so that other cells leave them as they are. Of its metadata only
    the tags are kept; a cell with a gap gets the tag `FILL`.
    """
    # Staff's dependencies: students' own checks import this module, too.
    import jupytext  # type: ignore[import-untyped]  # noqa: PLC0415
    import nbformat  # noqa: PLC0415

    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        content = f"{problem}\n{cell.cell_type}\n{cell.source}"
        seen[content] = seen.get(content, 0) + 1
        key = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
        to_fill = cell.cell_type == "code" and any(each.gap for each in described(cell.source))
        tags = {*cell.metadata.get("tags", ()), *((FILL,) if to_fill else ())}
        cell["id"] = key
        cell.metadata = {OURS: {"key": key}, **({"tags": sorted(tags)} if tags else {})}
    nbformat.validate(notebook)
    text = str(nbformat.writes(notebook, version=nbformat.NO_CONVERT))  # type: ignore[no-untyped-call]
    return f"{text}\n".encode()


def arrange(handed_in: Notebook, released: Notebook) -> Arrangement:
    """Find the given cells in a handed-in notebook, list what is wrong with them, and put the right ones together."""
    ours, theirs = released.cells, handed_in.cells
    found = align(ours, theirs)
    code = [n for n, cell in enumerate(ours) if cell.kind == "code"]
    places = [found[n] for n in sorted(found)]
    # The largest set of places that ascend; the others are out of order.
    blocks = SequenceMatcher(None, places, sorted(places), autojunk=False).get_matching_blocks()
    in_order = frozenset(place for block in blocks for place in places[block.a : block.a + block.size])
    steps = _steps(ours, theirs, found, in_order)
    if sum(n in found for n in code) < LEAST_SHARE * len(code):
        what = f"{len(found)} of the {len(ours)} given cells are in it" if found else "none of the given cells is in it"
        message = f"{what}: it is another notebook, or an old one; put your cells into the released one and run it"
        return Arrangement(steps, (Finding(Code.STRUCTURE, "the given cells", message),), recognised=False)
    return Arrangement(steps, tuple(_findings(ours, theirs, found, in_order)))


def align(ours: Sequence[Cell], theirs: Sequence[Cell]) -> dict[int, int]:
    """Map the indices of given cells to those of the handed-in cells that stand for them.

    A cell that was copied has its key twice: the first counts that is intact, or the first of all.
    """
    found: dict[int, int] = {}
    free = {m: cell for m, cell in enumerate(theirs) if cell.source.strip()}
    ways: tuple[tuple[Callable[[Cell, Cell], bool], int | None], ...] = (
        (lambda cell, given: cell.key == given.key != "", None),
        (lambda cell, given: cell.id == given.id != "", None),
        (_same_text, MAX_CANDIDATES),
        (_still_says, MAX_CANDIDATES),
    )
    for alike, most in ways:
        for n, given in enumerate(ours):
            places = [m for m, cell in list(free.items())[:most] if alike(cell, given)] if n not in found else []
            if places:
                found[n] = next((m for m in places if intact(theirs[m], given)), places[0])
                del free[found[n]]
    return found


def intact(found: Cell, given: Cell) -> bool:
    """Tell whether a handed-in cell still says what the given one says."""
    if FILL in given.tags:
        return found.kind == given.kind and lost(found.source, given.source) is None
    return _same_text(found, given) or (
        found.kind == given.kind != "code" and not lost_line(found.source, given.source)
    )


def lost_line(found: str, given: str) -> str | None:
    """Return the first line of a given text whose words are no longer there, or None.

    Words are compared, in order, and no marks; more may stand between them.
    """
    words = iter(_WORD.findall(found))
    return next((line for line in given.splitlines() if not all(word in words for word in _WORD.findall(line))), None)


def lines_of(source: str) -> tuple[str, ...]:
    """Split a cell of code into lines, without blank ones and trailing space; magics as they are typed."""
    lines = [text for line in source.splitlines() if (text := line.rstrip().expandtabs(4))]
    return tuple(lines[1:] if lines and _TIMED.match(lines[0]) else lines)


def statements(source: str) -> tuple[ast.stmt, ...] | None:
    """Parse a cell, a magic being a call of ``__magic__``; None if it is no Python, or too long."""
    if len(source) > MAX_PARSED_CHARACTERS:
        return None
    lines = lines_of(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a student's style
        # First as it is: a line of an expression may begin with a percent sign.
        for text in (
            "\n".join(lines),
            "\n".join(_MAGIC.sub(lambda match: f"{match[1]}__magic__({match[2]!r})", line) for line in lines),
        ):
            try:
                return tuple(ast.parse(text).body)
            except _UNPARSED:
                continue
    return None


@lru_cache(maxsize=1_000)
def described(source: str) -> tuple[Statement, ...]:
    """Describe the statements of a cell, without their style; if it can't be parsed, its lines."""
    nodes = statements(source)
    if nodes is None:
        return tuple(Statement("", line, gap=False, line=n) for n, line in enumerate(lines_of(source)))
    dumps = ((node, _dump(node)) for node in nodes)
    return tuple(
        Statement(node.name if isinstance(node, _DEFINITION) else "", dump, _GAP in dump, node.lineno - 1)
        for node, dump in dumps
    )


def same_program(one: str, other: str) -> bool:
    """Tell whether two cells have the same statements; comments, docstrings and line breaks don't matter."""
    return [each.dump for each in described(one)] == [each.dump for each in described(other)]


def lost(found: str, given: str) -> str | None:
    """Return the first given line that a filled cell no longer has; None if all are there, or it can't be parsed.

    Its statements must be there in order, with anything between. A definition with a gap is known by its name.
    """
    if statements(found) is None:
        return None
    to_fill = {each.name for each in described(given) if each.gap} - {""}
    there = iter([each.name if each.name in to_fill else each.dump for each in described(found)])
    for each in described(given):
        if (each.name or not each.gap) and (each.name if each.gap else each.dump) not in there:
            return lines_of(given)[each.line]
    return None


def imports_added(found: str, given: str) -> str:
    """Return the imports of a cell that the given one lacks, as code, if the packages are installed."""
    ours = {each.dump for each in described(given)}
    return "\n".join(
        f"try:\n    {ast.unparse(node)}\nexcept ImportError:\n    pass"
        for node in statements(found) or ()
        if isinstance(node, (ast.Import, ast.ImportFrom)) and _dump(node) not in ours
    )


def bound(source: str) -> frozenset[str]:
    """Return the names that a cell may change: it assigns to them, defines or imports them, or calls their methods.

    The body of a function doesn't count until it is called.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = [*(statements(source) or ())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITION):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, ast.comprehension)):
            continue
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            names.add(_root(node.value.func))
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            names.add(_root(node))
        waiting += ast.iter_child_nodes(node)
    return frozenset(names - {""})


def loaded(source: str, context: type[ast.expr_context] = ast.Load) -> frozenset[str]:
    """Return the names that a cell, or an expression, reads."""
    nodes = (node for top in statements(source) or () for node in ast.walk(top))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context))


def stored(source: str) -> frozenset[str]:
    """Return the names that a cell assigns to, also in its functions."""
    return loaded(source, ast.Store)


def _same_text(found: Cell, given: Cell) -> bool:
    if found.kind == given.kind == "code":
        return same_program(found.source, given.source)
    return found.kind == given.kind and _WORD.findall(found.source) == _WORD.findall(given.source)


def _still_says(found: Cell, given: Cell) -> bool:
    if FILL not in given.tags:
        return intact(found, given)
    names = {each.name for each in described(given.source) if each.gap} - {""}
    if names:
        return found.kind == "code" and names <= {each.name for each in described(found.source)}
    # A cell that held only a gap has nothing left to recognise once it is filled.
    return len(lines_of(given.source)) > 1 and statements(found.source) is not None and intact(found, given)


def _steps(
    ours: Sequence[Cell], theirs: Sequence[Cell], found: Mapping[int, int], in_order: frozenset[int]
) -> tuple[Step, ...]:
    given_places = frozenset(found.values())
    own: dict[int, list[Step]] = {}
    above = -1
    for m, cell in enumerate(theirs):
        if m in in_order:
            above = m
        if m not in given_places:
            own.setdefault(above, []).append(Step(cell.source, cell.kind, None, cell))
    steps = own.get(-1, [])
    for n, given in enumerate(ours):
        if n not in found:
            steps.append(Step(given.source, given.kind, given, None, replaced=True))
            continue
        cell, source = theirs[found[n]], given.source
        # A cell to be filled holds the student's work, even if it has lost a given line.
        kept = intact(cell, given) or (FILL in given.tags and cell.kind == given.kind)
        if not kept and cell.kind == given.kind == "code" and not source.startswith("%%"):
            # The student's own cells may use the imports of a changed one.
            source = "\n".join(filter(None, (imports_added(cell.source, source), source)))
        steps.append(Step(cell.source if kept else source, given.kind, given, cell, replaced=not kept))
        steps += own.get(found[n], ())
    return tuple(steps)


def _findings(
    ours: Sequence[Cell], theirs: Sequence[Cell], found: Mapping[int, int], in_order: frozenset[int]
) -> Iterator[Finding]:
    for n, given in enumerate(ours):
        if n not in found:
            message = f"the given cell {given.looks} is missing or was changed; copy it from the released notebook"
            yield Finding(Code.STRUCTURE, f"given {given.where}", message)
            continue
        cell = theirs[found[n]]
        if not intact(cell, given):
            message = f"{cell.place} is a given one and was changed: {_difference(cell, given)}; put it back"
            yield Finding(Code.STRUCTURE, cell.where, message)
        if found[n] not in in_order:
            home = f"after {ours[n - 1].looks}" if n else "at the top"
            yield Finding(Code.STRUCTURE, cell.where, f"{cell.place} is out of order: it belongs {home}")


def _difference(found: Cell, given: Cell) -> str:
    if found.kind != given.kind:
        return f"it was {given.kind} and is {found.kind} now"
    ours, theirs = lines_of(given.source), lines_of(found.source)
    if FILL in given.tags:
        was, theirs = lost(found.source, given.source), ()
    elif given.kind == "code":
        was = next((line for line in ours if line not in theirs), None)
    else:
        was = lost_line(found.source, given.source)
    if was is None:
        more = next((line for line in theirs if line not in ours), None)
        return "its lines are not in their order" if more is None else f"`{quoted(more)}` was added"
    alike = get_close_matches(was.strip(), [line.strip() for line in theirs[:MAX_LINES]], 1)
    return "`{}` is now `{}`".format(*where_they_part(was.strip(), alike[0])) if alike else f"`{quoted(was)}` is gone"


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _dump(node: ast.stmt) -> str:
    """Dump a statement without its docstrings; "" where Python can't, which no given statement causes."""
    try:
        for inner in ast.walk(node):
            if isinstance(inner, _DEFINITION) and ast.get_docstring(inner):
                inner.body = inner.body[1:]
        return ast.dump(node)
    except _UNPARSED:
        return ""
