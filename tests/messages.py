"""All that students read of what is known to be wrong, as pages of text: read them in one go, like an editor.

``make messages`` writes ``tests/messages/``, a page for each problem, of what a student's own check says. A test
compares, so that no message changes unread.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from specimens import PARTS, AtHome

from autograder.release.starter import starter
from autograder.report import WIDTH, problem_lines
from autograder.sandbox.observe import Sandbox

FOLDER = Path(__file__).parent / "messages"
HEAD = "What students read of {}: of its starter, and of each known mistake. Made by `make messages`; don't edit.\n"
# How large a difference is hangs on the last digits of the machine's own arithmetic.
_LAST_DIGITS = re.compile(r"\b(by (?:up to )?|is )\d[\d.e+-]*|\d+%")
# What Python and NumPy say of an error is another in other versions.
_THEIR_WORDS = re.compile(r"\b(\w+Error): .*?(?=;|\w+\.py, line)")


def page(problem):
    """Where a problem's page is."""
    return FOLDER / f"{problem.id.replace('/', '-')}.txt"


def section(name, claim, report):
    """What a student reads of one implementation."""
    head, _, *lines = problem_lines(report)
    return "\n".join([f"== {name}", *textwrap.wrap(claim, WIDTH), "", head, *lines, ""])


def sections(problem):
    """The sections of a problem's page, by name."""
    _, *found = ("\n" + page(problem).read_text(encoding="utf-8")).split("\n== ")
    return {text.partition("\n")[0]: "== " + text.rstrip("\n") + "\n" for text in found}


def steady(text):
    """A section without what another machine or another version of Python says otherwise."""
    return _THEIR_WORDS.sub(r"\1 ", _LAST_DIGITS.sub(r"\1#", " ".join(text.split())))


def main():
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    with Sandbox(weak=True) as sandbox:
        judge = AtHome(sandbox)
        for problem in PARTS.values():
            asked = [("the starter", "What is handed out.", starter(problem))]
            asked += [(one.name, one.claim, one.source) for one in problem.specimens("reject")]
            told = [section(name, claim, judge.report(problem, source)) for name, claim, source in asked]
            page(problem).write_text("\n".join([HEAD.format(problem.id), *told]), encoding="utf-8")
            sys.stdout.write(f"{page(problem)}: {len(told)} sections\n")


if __name__ == "__main__":
    main()
