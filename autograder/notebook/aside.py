"""Cells that show what is neither the student's nor Python's to say: verdicts, and what a machine tells of itself."""

from __future__ import annotations

import ast
import re

from autograder.notebook.source import HELP, MAGIC, dotted, statements

# What a shell prints, help, and lists of files, names and settings.
_ASIDE = re.compile(
    r"(?m)^[ \t]*(?:\w[\w, ]*=[ \t]*)?(?:!|%%?(?:pip|conda|mamba|uv|bash|sh|script|system|sx|sc|cmd|perl|ruby|ls|ll|la"
    r"|lf|lk|ldir|lx|cat|less|more|man|who|whos|env|history|hist|lsmagic|magic|quickref|alias|rehashx|dhist|dirs|prun"
    rf"|lprun|memit|mprun|psearch|pinfo2?|pdoc|pdef|psource|pfile|pycat|page)\b)|^[ \t]*(?:{HELP})[ \t]*$"
)
# What libraries tell of themselves, of every version something else; what another program prints.
_CALLED_ASIDE = re.compile(
    r"\A(?:help|os\.system|(?:np|numpy)\.info|.*\b(?:show_config|show_runtime|__config__\.show))\Z"
)
# What goes elsewhere.
_FOLDER = re.compile(r"%(?:cd|pushd|popd|pwd|dhist)\b")


def may_show_more(source: str) -> bool:
    """Whether a cell may show what a run of ours doesn't: verdicts, and what other programs, a pager or Colab say."""
    return asks_for_a_verdict(source) or says_something_aside(source) or _is_about_its_place(source)


def asks_for_a_verdict(source: str) -> bool:
    """Whether a cell calls `check`: what it shows then is the grader's to say, and changes with the module."""
    calls = _calls(source)
    return re.search(r"(?<![\w.])check\(", source) is not None if calls is None else any(n == "check" for n, _ in calls)


def says_something_aside(source: str) -> bool:
    """Whether a cell shows what is neither the student's nor Python's: of a shell, of a pager, of what is there."""
    parsed = statements(source)
    if parsed is None:
        return _ASIDE.search(source) is not None
    called = [dotted(node.func) for top in parsed for node in ast.walk(top) if isinstance(node, ast.Call)]
    magics = any(name == MAGIC and _ASIDE.search(line) for name, line in _calls(source) or ())
    return magics or any(_CALLED_ASIDE.search(name) for name in called)


def _is_about_its_place(source: str) -> bool:
    """Whether a cell goes to another folder, to what only Colab has, or reads what the machine tells of itself."""
    for node in (inner for top in statements(source) or () for inner in ast.walk(top)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "chdir":
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/proc/"):
            return True
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(f"{module}.".startswith("google.colab.") or module == "google" for module in modules):
            return True
    return any(name == MAGIC and _FOLDER.match(line) for name, line in _calls(source) or ())


def _calls(source: str) -> list[tuple[str, str]] | None:
    """The functions that a cell calls by name, each with its first argument where that is a text."""
    parsed = statements(source)
    if parsed is None:
        return None
    calls = [node for top in parsed for node in ast.walk(top) if isinstance(node, ast.Call)]
    return [(call.func.id, _first_text(call)) for call in calls if isinstance(call.func, ast.Name)]


def _first_text(call: ast.Call) -> str:
    """The first argument of a call, if it is a text; a number may have more digits than Python writes out."""
    first = getattr(call.args[0], "value", "") if call.args else ""
    return first if isinstance(first, str) else ""
