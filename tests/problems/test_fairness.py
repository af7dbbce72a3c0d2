"""What makes no difference to the answer makes none to the verdict: a table of harmless variation, on every problem.

Each row is a way of writing or returning the same thing. It is tried on the reference, which must keep full marks, and
on a known mistake, which must keep its codes. What is decided to be wrong stands in a table of its own, with what the
student is told.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograder.course.assignments import read_course
from autograder.course.problem import Implementation
from autograder.expected import Answers, by_draw
from autograder.grading import grade
from autograder.seed import Seed

HOME = Path(__file__).resolve().parents[2]
PROBLEMS = {problem.id: problem for assignment in read_course(HOME) for problem in assignment.problems}
SEED = Seed.numbered(2027)

by_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
# One problem shows it; the others show it again.
by_one_problem = pytest.mark.parametrize(
    "problem",
    [
        pytest.param(problem, id=name, marks=[pytest.mark.slow] * bool(number))
        for number, (name, problem) in enumerate(PROBLEMS.items())
    ],
)

# Laid under a module's text: each of its functions and methods is replaced by one that calls it. What it returns to the
# outside goes through `changed`, but for caches, which are the module's own; before each call `entered` is called.
WRAPPED = """

import functools as _functools
import types as _types

_calls = []


def entered(name, args):
    pass


def changed(value):
    return value


{row}


def _returned(name, result):
    if isinstance(result, tuple):
        if name.endswith("_forward"):
            return changed(result[0]), *result[1:]
        return tuple(_returned(name, each) for each in result)
    if isinstance(result, dict):
        return {{key: changed(value) for key, value in result.items()}}
    return changed(result) if isinstance(result, (float, np.ndarray, np.generic)) else result


def _wrapped(function):
    @_functools.wraps(function)
    def wrapper(*args, **kwargs):
        entered(function.__name__, args)
        _calls.append(function)
        try:
            result = function(*args, **kwargs)
        finally:
            _calls.pop()
        return result if _calls else _returned(function.__name__, result)

    return wrapper


for _name, _value in list(globals().items()):
    if _name.startswith("_") or getattr(_value, "__module__", None) != __name__ or _name in ("entered", "changed"):
        continue
    if isinstance(_value, type):
        for _method, _function in list(vars(_value).items()):
            if isinstance(_function, _types.FunctionType) and not _method.startswith("_"):
                setattr(_value, _method, _wrapped(_function))
    elif isinstance(_value, _types.FunctionType):
        globals()[_name] = _wrapped(_value)
"""


def calling(row):
    """The module with something done at each call of its functions."""
    return lambda name, text: {f"{name}.py": (text + WRAPPED.format(row=row)).encode()}


def returning(expression, extra=""):
    """The module with each array or number that it returns to the outside made into something else."""
    return calling(f"{extra}\n\ndef changed(value):\n    return {expression}")


def after(more):
    """The module with more lines below it."""
    return lambda name, text: {f"{name}.py": f"{text}\n\n{more}\n".encode()}


def before(more):
    """The module with more lines above it."""
    return lambda name, text: {f"{name}.py": f"{more}\n{text}".encode()}


def helper_file(name, text):
    """Everything in a file beside the module, which imports it all from there."""
    return {f"{name}.py": b"from layers_and_losses import *\n", "layers_and_losses.py": text.encode()}


def type_hints(name, text):
    """Each argument and each result annotated, with names that exist only for a type checker."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = ast.Constant("NDArray[np.float64]")
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = ast.parse("np.ndarray | float", mode="eval").body
    return {f"{name}.py": ast.unparse(tree).encode()}


def notebook_export(name, text):
    """What `jupyter nbconvert --to script` makes of a notebook with the module's text in cells."""
    cells = text.replace("\ndef ", "\n# In[2]:\n\n\ndef ").replace("\nclass ", "\n# In[3]:\n\n\nclass ")
    top = "#!/usr/bin/env python\n# coding: utf-8\n\n# # My solution\n# It *works*.\n\n# In[1]:\n\n\n"
    return {f"{name}.py": f"{top}{cells}\n\n\n# In[ ]:\n\n\n\n\n".encode()}


def magics(name, text):
    """An exported notebook's magics and shell commands, which only a notebook runs."""
    lines = "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('ls')\nget_ipython()\n"
    return {f"{name}.py": (lines + text + "\n\nget_ipython().run_cell_magic('time', '', 'pass')\n").encode()}


HARMLESS = {
    # How it is written
    "bom": lambda name, text: {f"{name}.py": b"\xef\xbb\xbf" + text.encode()},
    "crlf": lambda name, text: {f"{name}.py": text.replace("\n", "\r\n").encode()},
    "bom_and_crlf": lambda name, text: {f"{name}.py": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()},
    "latin_1_declared": lambda name, text: {
        f"{name}.py": b"# -*- coding: latin-1 -*-\n# \xe9t\xe9\n" + text.encode("ascii", "ignore")
    },
    "notebook_export": notebook_export,
    "notebook_magics": magics,
    "no_last_newline": lambda name, text: {f"{name}.py": text.rstrip().encode()},
    "type_hints": type_hints,
    "future_annotations": lambda name, text: {
        f"{name}.py": ast.unparse(ast.parse(f"from __future__ import annotations\n{text}")).encode()
    },
    "star_import": before("from numpy import *\nfrom math import *"),
    "helper_file": helper_file,
    "extra_functions": after(
        "def my_own(x):\n    return x\n\n\nclass MyOwn:\n    pass\n\n\nN, D, rng, check = 1, 2, 3, 4"
    ),
    "own_tests": after("if __name__ == '__main__':\n    raise SystemExit('self test')"),
    "decorated": calling(""),
    "decorated_without_wraps": lambda name, text: {
        f"{name}.py": (text + WRAPPED.format(row="").replace("    @_functools.wraps(function)\n", "")).encode()
    },
    # What it does besides
    "prints": calling("def entered(name, args):\n    print('called', name, args[:1])"),
    "prints_a_lot": calling("def entered(name, args):\n    print('x' * 2000)"),
    "prints_to_stderr": calling("def entered(name, args):\n    import sys\n    print('called', name, file=sys.stderr)"),
    "logs": calling(
        "import logging\nlogging.basicConfig(level=10)\n\n\ndef entered(name, args):\n    logging.debug(name)"
    ),
    "shows_progress": calling("def entered(name, args):\n    print('.', end='', flush=True)"),
    "warns": calling("import warnings\n\n\ndef entered(name, args):\n    warnings.warn('slow', stacklevel=2)"),
    "warns_always": calling(
        "import warnings\nwarnings.simplefilter('always')\nnp.seterr(all='warn')\n\n\n"
        "def entered(name, args):\n    warnings.warn('slow', stacklevel=2)"
    ),
    "warnings_are_errors": after("import warnings\nwarnings.simplefilter('error')"),
    "seeds": after("import random\nrandom.seed(0)\nnp.random.seed(0)"),
    "seeds_at_each_call": calling("def entered(name, args):\n    np.random.seed(1)"),
    "draws": calling("def entered(name, args):\n    np.random.rand(3)"),
    "slow_import": before("import time\ntime.sleep(1.0)"),
    "print_options": after("np.set_printoptions(precision=2, suppress=True)"),
    "error_state": after("np.seterr(all='ignore')"),
    "own_thread": after("import threading\nthreading.Thread(target=print, daemon=True).start()"),
    "writes_a_file": after("with open('log.txt', 'w') as file:\n    file.write('started')"),
    "keeps_its_inputs": calling("seen = []\n\n\ndef entered(name, args):\n    seen.append(args)"),
    # How it is returned
    "lists": returning("value.tolist() if isinstance(value, np.ndarray) else value"),
    "tuples": returning(
        "_nested(value.tolist()) if isinstance(value, np.ndarray) else value",
        "def _nested(value):\n    return tuple(map(_nested, value)) if isinstance(value, list) else value",
    ),
    "zero_d": returning("np.array(value) if isinstance(value, float) else value"),
    "plain_floats": returning("float(value) if np.ndim(value) == 0 else value"),
    "numpy_floats": returning("np.float64(value) if np.ndim(value) == 0 else value"),
    "fortran": returning("np.asfortranarray(value) if np.ndim(value) else value"),
    "non_contiguous": returning("np.repeat(value, 2, axis=-1)[..., ::2] if np.ndim(value) else value"),
    "reversed_strides": returning("value[::-1].copy()[::-1] if np.ndim(value) else value"),
    "read_only": returning(
        "_frozen(value)",
        "def _frozen(value):\n    value = np.array(value)\n    value.flags.writeable = False\n    return value",
    ),
    "views": returning("np.stack([value, value])[1]"),
    "aliases": returning("_shared.setdefault((np.shape(value), np.asarray(value).tobytes()), value)", "_shared = {}"),
    "the_input_itself": calling(
        "_given = []\n\n\ndef entered(name, args):\n    if not _calls:\n        _given[:] = args\n\n\n"
        "def changed(value):\n"
        "    for one in _given:\n"
        "        if isinstance(one, np.ndarray) and np.array_equal(one.ravel(), np.ravel(value)):\n"
        "            return one.reshape(np.shape(value))\n"
        "    return value"
    ),
    "wider": returning("np.asarray(value, dtype=np.longdouble)[()]"),
    "big_endian": returning("value.astype('>f8') if np.ndim(value) else value"),
    "subclass": returning("value.view(_Mine) if np.ndim(value) else value", "class _Mine(np.ndarray):\n    pass"),
}


def _replace_returned(body):
    """The wrapped module, whose results are made into something else by a function of its own."""
    return lambda name, text: {
        f"{name}.py": (
            text + WRAPPED.format(row="").replace("for _name, _value", f"{body}\n\n\nfor _name, _value", 1)
        ).encode()
    }


HARMLESS |= {
    "returns_as_a_list": _replace_returned(
        "def _returned(name, result):\n    return list(result) if isinstance(result, tuple) else result"
    ),
    "named_tuples": _replace_returned(
        "from collections import namedtuple\n\n\ndef _returned(name, result):\n    if not isinstance(result, tuple):\n"
        "        return result\n    return namedtuple('Result', [f'r{n}' for n in range(len(result))])(*result)"
    ),
    "extra_keys": _replace_returned(
        "def _returned(name, result):\n    if not isinstance(result, tuple):\n        return result\n"
        "    return tuple({**one, 'more': one} if isinstance(one, dict) else one for one in result)"
    ),
    "ordered_dict": _replace_returned(
        "from collections import OrderedDict\n\n\ndef _returned(name, result):\n    if not isinstance(result, tuple):\n"
        "        return result\n    return tuple(OrderedDict(one) if isinstance(one, dict) else one for one in result)"
    ),
}

if np.lib.NumpyVersion(np.__version__) < "2.0.0":
    HARMLESS["numpy_1"] = calling("def changed(value):\n    return np.float_(value) if np.ndim(value) == 0 else value")

# What is decided to be wrong: the code, and what the message says of it.
DECIDED = {
    "float32": (returning("np.asarray(value, dtype=np.float32)[()]"), 51, "it loses digits the inputs have"),
    "float16": (returning("np.asarray(value, dtype=np.float16)[()]"), 51, "it loses digits the inputs have"),
    "complex": (returning("value + 0j"), 51, "has dtype complex128; expected float"),
    "objects": (returning("np.asarray(value, dtype=object)"), 50, "is an array of dtype object; expected"),
    "texts": (returning("np.asarray(value).astype(str)"), 50, "is an array of dtype <U"),
    "one_axis_more": (returning("np.asarray(value)[None]"), 52, "; expected"),
    "none": (returning("None"), 50, "is None; expected"),
}


@cache
def answers(problem_id, observe):
    """What the reference gives."""
    problem = PROBLEMS[problem_id]
    return Answers(by_draw(observe(problem, problem.reference, SEED, None)))


def verdicts(sandbox, problem, files, checks=None):
    """The code and message of each check that a variation of a module doesn't pass."""
    implementation = Implementation.of(problem.module_file, files)
    report = grade(sandbox.observe, problem, implementation, answers(problem.id, sandbox.observe), SEED, checks)
    return {one.check: (one.code, one.message) for one in report.checks if one.code}


def compared(problem):
    """The checks that compare with the reference: nothing is trained in them."""
    return [check for check in problem.checks if check.expect is None]


@by_problem
@pytest.mark.parametrize("variation", HARMLESS)
def test_a_harmless_variation_costs_nothing(sandbox, problem, variation):
    """The reference, written or returned in another way, has full marks."""
    text = problem.reference.files[problem.module_file].decode()

    assert verdicts(sandbox, problem, HARMLESS[variation](problem.name, text)) == {}


@by_one_problem
@pytest.mark.parametrize("variation", HARMLESS)
def test_a_harmless_variation_gains_nothing(sandbox, problem, variation):
    """A known mistake, written or returned in another way, fails the same checks with the same codes."""
    specimen = problem.specimens("reject")[0]
    quick = compared(problem)

    failed = verdicts(sandbox, problem, HARMLESS[variation](problem.name, specimen.source), quick)

    due = {check.name: specimen.caught[check.name] for check in quick if check.name in specimen.caught}
    assert {name: code for name, (code, _) in failed.items()} == due


@by_problem
@pytest.mark.parametrize("variation", DECIDED)
def test_what_is_decided_to_be_wrong_is_said(sandbox, problem, variation):
    """The message names the value and says what it is and what was expected."""
    change, code, said = DECIDED[variation]
    text = problem.reference.files[problem.module_file].decode()

    failed = verdicts(sandbox, problem, change(problem.name, text), compared(problem))

    messages = [message for found, message in failed.values() if found == code]
    assert messages
    assert any(said in message for message in messages), "\n".join(messages)


def test_labels_may_be_a_mask(sandbox, course, assignment):
    """Where the right answer is zeros and ones of whole numbers, True and False will do."""
    problem = assignment.problems[0]
    page = course / "solutions/lines/line/checks.py"
    text = page.read_text().replace('"one_row": line.predict(x[:1], w, 2.0)', '"above": line.above(x, w)')
    page.write_text(text)
    source = problem.reference.files["line.py"].decode() + "\n\ndef above(x, w):\n    return (x @ w > 0).astype(int)\n"
    right = by_draw(sandbox.observe(problem, problem.implementation(source), SEED))

    mask = problem.implementation(f"{source}\n\ndef above(x, w):\n    return x @ w > 0\n")
    report = grade(sandbox.observe, problem, mask, Answers(right), SEED)

    assert {one.check: one.message for one in report.checks if one.code} == {}


def test_every_row_is_its_own(capsys):
    """No two rows of the tables make the same of a module."""
    text = PROBLEMS["networks/attention"].reference.files["attention.py"].decode()
    made = [repr(variation("attention", text)) for variation in HARMLESS.values()]
    made += [repr(variation("attention", text)) for variation, _, _ in DECIDED.values()]

    assert len(set(made)) == len(made)
