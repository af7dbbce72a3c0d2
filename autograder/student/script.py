"""A script of a case: the check's own lines and its inputs, to run, change and step through without the engine."""

from __future__ import annotations

import ast
import io
import sys
from typing import Any

import numpy as np

from autograder.course.slicing import first_line, sliced
from autograder.student.case import Case

# A larger array doesn't stand in the script, but in a file beside it.
MOST_LITERAL = 200

_FIRST = """\

# The first call of the check, on its inputs.
{inputs}
returned = {module}.{name}({names})
print("the first call returned", returned)


"""
_SCRIPT = '''\
"""The check `{check}` of {module}.py, draw {number} of {draws}, to debug.

{title}

Run it with `python case_{check}.py` in this folder, and change it as you like: print, call `breakpoint()`, make the
inputs smaller. It is no part of what you hand in. Made by `python -m autograder check {module} --case {check}`.
In a notebook, `case("{module}", "{check}")` does the same, and compares gradients with numeric ones.
"""

{imports}

import {module}
{first}
# The check, as in checks/{module}/checks.py. Its inputs come from `rng`.
{source}


values = {check}({module}, np.random.default_rng({seed}))

ASKED = {{
{asked}
}}
for name, asked in ASKED.items():
    value = np.asarray(values[name])
    print(f"{{name}}: {{value.dtype}} {{value.shape}}; asked for: {{asked}}")
    print(value)
'''


def script(case: Case) -> tuple[str, bytes]:
    """Write the script of a case that has not run yet, and the file ``case_NAME.npz`` of its large arrays, or b""."""
    check, module = case.check.name, case.problem.name
    large: dict[str, Any] = {}
    first = ""
    for call in (one for one in case.calls[:1] if all(map(str.isidentifier, one.inputs))):
        inputs = "\n".join(f"{name} = {_literal(name, value, large)}" for name, value in call.inputs.items())
        load = f'held = np.load("case_{check}.npz")\n' if large else ""
        names = ", ".join(f"{name}={name}" for name in call.inputs)
        first = _FIRST.format(inputs=load + inputs, module=module, name=call.name, names=names)
    source, imports = _source(case.problem.page.text, check)
    text = _SCRIPT.format(
        check=check,
        module=module,
        number=case.draw + 1,
        draws=case.check.draws,
        title=case.check.title,
        imports="\n".join(dict.fromkeys((*imports, "import numpy as np"))),
        first=first,
        source=source,
        seed=case.seed,
        asked="\n".join(f'    "{name}": "{asked}",' for name, asked in case.asked),
    )
    content = io.BytesIO()
    if large:
        np.savez(content, **large)
    return text, content.getvalue()


def _literal(name: str, value: Any, large: dict[str, Any]) -> str:
    if isinstance(value, np.ndarray) and value.size > MOST_LITERAL:
        large[name] = value
        return f'held["{name}"]'
    with np.printoptions(threshold=sys.maxsize, floatmode="unique", linewidth=110):
        text = repr(value)
    if isinstance(value, np.ndarray):
        text = f"np.{text.replace('dtype=', 'dtype=np.').replace('nan', 'np.nan').replace('inf', 'np.inf')}"
    return text


def _source(page: str, check: str) -> tuple[str, list[str]]:
    """Take a probe out of a check page, without its decorator, with all that it uses; and the imports of that."""
    lines, statements = page.splitlines(), ast.parse(page).body
    (probe,) = (one for one in statements if isinstance(one, ast.FunctionDef) and one.name == check)
    probe.decorator_list = []
    code: list[str] = []
    imports: list[str] = []
    for one in sorted(sliced(statements, [probe]), key=first_line):
        is_import = isinstance(one, ast.Import | ast.ImportFrom)
        (imports if is_import else code).append("\n".join(lines[first_line(one) - 1 : one.end_lineno]))
    return "\n\n\n".join(code), imports
