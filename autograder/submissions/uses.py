"""The files of a submission that go with one of its modules or notebooks: those that it, or they, name."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.submissions.attachments import named_in


def used_by_module(module_file: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The module of that name and the helpers beside it: those whose name it, or another helper, has in it."""
    taken = {module_file: files[module_file]} if module_file in files else {}
    waiting = list(taken.values())
    while waiting:
        text = waiting.pop()
        for name in files:
            if name not in taken and names_module(text, name):
                taken[name] = files[name]
                waiting.append(files[name])
    return tuple(taken)


def used_by_notebook(module_file: str, content: bytes, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The files that lie beside a notebook when it is run: its module, those that it or they name, and small files."""
    first = [name for name in files if name == module_file or names_module(content, name)]
    taken = dict.fromkeys(used for name in first for used in used_by_module(name, files))
    small = named_in((content, *(files[name] for name in taken)), files)
    return tuple(dict.fromkeys((*taken, *small)))


def names_module(text: bytes, name: str) -> bool:
    """Tell whether a text has the name of the module in it that is in a file of that name, if any can be."""
    stem = name.removesuffix(".py")
    return stem != name and stem.isidentifier() and stem.encode() in text
