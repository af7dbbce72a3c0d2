"""Whether two cells say the same: the same words, the same program, the same with something added."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

from autograder.notebook.document import EXPORT_COMMENT

# What is much longer than ours says something else, and isn't parsed to find out what. A filled cell may be longer.
MOST_LONGER = 1_000
MOST_FILLED = 20_000

# What a magic becomes, so that a cell can be parsed.
MAGIC = "__magic__"
HELP = r"\?{0,2}[A-Za-z_%][\w.*%]*\?{1,2}|\?{1,2}[A-Za-z_%][\w.*%]*"
_MAGIC = re.compile(rf"\A(\s*(?:\w[\w, ]*=\s*)?)([%!].*|{HELP})\Z")
# In Markdown: emphasis, an item of a list; a rule, of a table too.
_MARK = re.compile(r"(?<!\\)_|\A[-+*]\Z")
_SENTENCE_ENDS = re.compile(r"(?<=[.?!:])\s")
_RULE = re.compile(r"\A:?-+:?\Z")
# Whoever wants to know how long a given cell takes changes nothing of what it does.
_TIMED = re.compile(r"%%time\Z")
# How an export writes a magic: as a comment, or as the call that it stands for.
_COMMENTED_MAGIC = re.compile(r"#\s?(%{1,2}\w.*)\Z")
_CALLED_MAGIC = re.compile(r"get_ipython\(\)\.run_line_magic\(\s*'(\w+)',\s*'([^']*)'\s*\)\Z")
# What Python raises over a text that it can't parse, or a tree that it can't write out: of brackets within brackets, of
# numbers with too many digits; one or the other is a `SystemError` in some versions.
_UNPARSED = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, SystemError)
# What a cell that is parsed is called, so that what Python has to say of its style (`2in x`, `"\\eta"`) can be ignored.
_PARSED = "<a cell of a notebook>"


def lines_of(source: str, kind: str) -> tuple[str, ...]:
    """A cell's lines, without what an editor or an export may change: space at line ends, empty lines, its comments."""
    if kind != "code":
        return tuple(" ".join(line.split()) for line in source.splitlines() if line.strip())
    kept: list[str] = []
    for line in source.splitlines():
        text = line.rstrip().expandtabs(4)
        if not text or EXPORT_COMMENT.match(text) or (not kept and _TIMED.match(text)):
            continue
        if commented := _COMMENTED_MAGIC.match(text):
            text = commented.group(1)
        elif called := _CALLED_MAGIC.match(text):
            text = f"%{called.group(1)} {called.group(2)}".rstrip()
        kept.append(text)
    return tuple(kept)


def statements(source: str) -> tuple[ast.stmt, ...] | None:
    """The statements of a cell, a magic being one; None if it is no Python."""
    lines = lines_of(source, "code")
    _hush()
    # As it stands first: a line of an expression may begin with a percent sign.
    for text in ("\n".join(lines), "\n".join(_MAGIC.sub(_as_call, line) for line in lines)):
        try:
            return tuple(ast.parse(text, _PARSED).body)
        except _UNPARSED:
            continue
    return None


def _hush() -> None:
    """Print no warning about what is parsed: a filter for its name, for a block of filters is that of all threads."""
    if not warnings.filters or warnings.filters[0][3] != re.compile(_PARSED):
        warnings.filterwarnings("ignore", module=_PARSED)


def same(found: str, given: str, kind: str) -> bool:
    """Whether a cell says what the given one does: a comment, or how lines are broken, is no difference in code."""
    if lines_of(found, kind) == lines_of(given, kind):
        return True
    if kind != "code" or len(found) > len(given) + MOST_LONGER:
        return False
    theirs, ours = statements(found), statements(given)
    if theirs is None or ours is None:
        return _uncommented(found) == _uncommented(given)
    return _dumped(theirs) == _dumped(ours)


def unsaid(found: str, given: str, kind: str) -> str | None:
    """What the given text says first that is not there any more, in order; None if all is, whatever stands between.

    Between is at the end of a sentence or of a line. Where lines break, and how marks of Markdown are written that have
    two forms, is an editor's to say.
    """
    if kind != "markdown" or len(found) > len(given) + MOST_FILLED:
        return _first_lost(lines_of(given, kind), lines_of(found, kind))
    words, at = _words(found), 0
    for sentence in sentences(given):
        said = _words(sentence)
        at = next((k for k in range(at, len(words)) if words[k : k + len(said)] == said), len(words)) + len(said)
        if at > len(words):
            return sentence
    return None


def sentences(text: str) -> list[str]:
    """A text, parted where something may be put between."""
    parts = (part for line in text.splitlines() for part in _SENTENCE_ENDS.split(_bare(line)))
    return [part.strip() for part in parts if part.strip()]


def _words(text: str) -> list[str]:
    """The words of a text in Markdown, in one spelling of marks: of emphasis, lists, rules of tables, quotes."""
    marked = (_RULE.sub("-", _MARK.sub("*", word)) for line in text.splitlines() for word in _bare(line).split())
    return [word for word in marked if word]


def _bare(line: str) -> str:
    """A line without the marks of a quotation, and with spaces around a table's bars."""
    line = line.lstrip(" >")
    return line.replace("|", " | ") if line.startswith("|") else line


def lost(found: str, given: str) -> str | None:
    """What a cell that is to be filled had first and has no more; None if it is the given one with its gaps filled.

    Every statement must be there, in order; a function that holds a gap, under its name.
    """
    ours = statements(given)
    theirs = statements(found) if len(found) <= MOST_FILLED else None
    if ours is None or theirs is None:
        return _first_lost(_lines_around(given), lines_of(found, "code"))
    names = [_named(node) if _gap(node) else dumped for node, dumped in zip(ours, _dumped(ours), strict=True)]
    wanted = {name: node for name, node in zip(names, ours, strict=True) if name}
    there = [_named(node) for node in theirs]
    gone = _first_lost(
        [name for name in names if name],
        [name if name in wanted else dumped for name, dumped in zip(there, _dumped(theirs), strict=True)],
    )
    return None if gone is None else ast.unparse(wanted[gone]).splitlines()[0]


def defined(source: str) -> frozenset[str]:
    """The functions and classes that a cell defines; of one to be filled, those that hold a gap."""
    nodes = statements(source) or ()
    gaps = [node for node in nodes if _gap(node)]
    return frozenset(filter(None, map(_named, gaps or nodes)))


def prints(source: str) -> bool:
    """Tell whether a cell prints something whenever it ends well: a call of `print` that stands in nothing else."""
    calls = [node.value for node in statements(source) or () if isinstance(node, ast.Expr)]
    return not source.startswith("%%") and any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "print"
        and not call.keywords
        and any(not isinstance(argument, (ast.Constant, ast.Starred)) or _says(argument) for argument in call.args)
        for call in calls
    )


def _says(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant) and bool(str(argument.value).strip())


def imports_added(found: str, given: str) -> str:
    """Code that imports what a cell imports and the given one doesn't, so far as it is there; "" if that is nothing."""
    theirs = statements(found) if len(found) <= MOST_FILLED and not given.startswith("%%") else None
    there = set(_dumped(statements(given) or ()))
    imports = [node for node in theirs or () if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(
        f"try:\n    {ast.unparse(node)}\nexcept ImportError:\n    pass"
        for node, dumped in zip(imports, _dumped(imports), strict=True)
        if dumped not in there
    )


def _lines_around(given: str) -> list[str]:
    """The lines of a cell that is to be filled, without those that say so."""
    return [line for line in lines_of(given, "code") if not line.lstrip().startswith("raise NotImplementedError(")]


def bound(source: str) -> frozenset[str]:
    """The names that a cell makes or changes: what it assigns to, defines or imports, and calls a method of for that.

    What a function does inside is its own affair, until it is called.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = [*(statements(source) or ())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, ast.comprehension)):
            continue
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and (root := _root(node.value.func)):
            names.add(root)
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            names.add(_root(node))
        waiting += ast.iter_child_nodes(node)
    return frozenset(names - {""})


def loaded(source: str) -> frozenset[str]:
    """The names that a cell reads."""
    nodes = (node for top in statements(source) or () for node in ast.walk(top))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


def used(expression: str) -> frozenset[str]:
    """The names in an expression of ours."""
    return frozenset(node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name))


def _root(node: ast.AST) -> str:
    """The name that `a.b[c]` begins with; "" where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """An expression such as `a.b.c`, as it is written; what the dots begin with is "?" where that is no name.

    However many dots: `ast.unparse` has a limit to them, and to the digits of numbers.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return ".".join(reversed(parts))


def _uncommented(source: str) -> list[str]:
    return [line for line in lines_of(source, "code") if not line.lstrip().startswith("#")]


def _as_call(match: re.Match[str]) -> str:
    return f"{match.group(1)}{MAGIC}({match.group(2)!r})"


def _dumped(nodes: Sequence[ast.stmt]) -> list[str]:
    """Each statement as a text that is the same for the same program; "" where it has none, as nothing given has."""
    found = []
    for node in nodes:
        try:
            found.append(ast.dump(node))
        except _UNPARSED:
            found.append("")
    return found


def _gap(node: ast.stmt) -> bool:
    """Whether a statement of ours is, or holds, the place of something to be written."""
    return any(
        isinstance(inner, ast.Raise)
        and isinstance(inner.exc, ast.Call)
        and isinstance(inner.exc.func, ast.Name)
        and inner.exc.func.id == "NotImplementedError"
        for inner in ast.walk(node)
    )


def _named(node: ast.stmt) -> str:
    """What a definition is found again by; "" of another statement."""
    return f"def {node.name}" if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ""


def _first_lost(wanted: Sequence[str], found: Sequence[str]) -> str | None:
    """The first that is not in the other, in order, with other things between."""
    rest = iter(found)
    return next((one for one in wanted if one not in rest), None)
