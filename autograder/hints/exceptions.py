"""The usual meaning of an exception out of a student's module, in a sentence.

The exception's message comes from the student's process, and is never believed: only shapes, numbers and names are
quoted from it.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterable, Mapping

import numpy as np

from autograder.wire import Failure

# Long enough for any name, and too short for a message within the message. The rest is not read.
MAX_CHARACTERS = 400
MAX_WORDS = 5_000

_NAME = r"[A-Za-z_]\w{0,59}"
_SHAPE = r"\([\d, ]{0,40}\)"

# The tables map a pattern of the message to its meaning. In a pattern %N is a name and %S a shape; its groups are
# quoted in the meaning.

# The check's own line raised, over what came back; the first pattern that matches.
MISFITS: Mapping[str, str] = {
    r"unpack non-iterable NoneType|'NoneType' object": "Your function returns nothing. A `return` is missing, or the "
    "way through the function that was taken here doesn't reach it",
    r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})": "{n} values are expected, and another "
    "number came back: compare your `return` with the docstring",
    r"cannot unpack non-iterable": "One value came back where several are expected: compare your `return` with the "
    "docstring",
    r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required|unexpected keyword argument": (
        "Your function can't be called as it was handed out: give its arguments their old names, order and defaults"
    ),
}

# The student's own line raised; the first pattern that matches.
EXPLANATIONS: Mapping[str, str] = {
    r"^name 'np' is not defined": "`import numpy as np` is missing at the top of the module",
    r"^module 'numpy' has no attribute '(?P<name>int|float|bool|complex|object|str)'": (
        "`np.{name}` was another name of Python's own `{name}`, and NumPy no longer has it: write `{name}`"
    ),
    r"^Missing parentheses in call to 'print'": "This is Python 2's `print`. In Python 3 it is a function: put what "
    "is to be printed into parentheses",
    r"^name 'self' is not defined": "`self` exists only in a method that has it as its first parameter",
    r"^(cannot access )?local variable '(?P<name>%N)'": "Because `{name}` is assigned somewhere in this function, it "
    "is the function's own throughout, and it is used here before it has a value. Give it one first",
    r"missing \d+ required positional arguments?: 'self'": "A method was called on the class, not on an instance: an "
    "instance is made with parentheses, as in `Class()`",
    r"'NoneType'": "Something is `None` here: often the result of a function without a `return`, or of a method that "
    "works in place and returns nothing (`list.append`, `list.sort`, `np.random.shuffle`)",
    r"argument 0 of type NoneType": "Something is `None` here: often the result of a function without a `return`",
    r"non-broadcastable output operand with shape (?P<left>%S) doesn't match the broadcast shape (?P<whole>%S)": (
        "An operation in place (`+=`, `-=`) keeps the shape {left} of its left side, and the result would have shape "
        "{whole}. Sum over the axis that is too many first, or see why it is there"
    ),
    r"could not broadcast input array from shape (?P<from>%S) into shape (?P<into>%S)": (
        "An array of shape {from} is assigned to a place of shape {into}. Print both; one of them has an axis too many "
        "or too few, or sizes were exchanged"
    ),
    r"indexing arrays could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)": (
        "Two arrays of indices, of shapes {a} and {b}, are matched entry by entry: they need the same shape"
    ),
    r"could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)": "Arrays of shapes {a} and {b} meet entry by "
    "entry. Shapes are matched from the last axis on, where sizes must be equal or 1: look for a transpose, a `*` "
    "meant as `@`, a sum over the wrong axis, or a missing `keepdims=True`",
    r"could not be broadcast together": "The shapes of arrays that meet entry by entry don't fit. They are matched "
    "from the last axis on, where sizes must be equal or 1",
    r"shapes (?P<a>%S) and (?P<b>%S) not aligned": "A product of matrices of shapes {a} and {b}: the last size of "
    "the first must be the first size of the second. One of them is to be transposed, or they are to be exchanged; "
    "the shape that the result must have tells which",
    r"matmul: .{0,40}mismatch in its core dimension.{0,80}\(size (?P<b>\d{1,9}) is different from (?P<a>\d{1,9})\)": (
        "In the product `@` the rows on the left have {a} entries and the columns on the right {b}. One of the two is "
        "to be transposed, or they are to be exchanged; the shape that the result must have tells which"
    ),
    r"matmul: .{0,40}does not have enough dimensions": "One side of `@` is a plain number: use `*`",
    r"[Cc]annot cast ufunc .{0,20} output from .{0,10}float.{0,10} to .{0,10}int": "An array of whole numbers can't "
    "take fractions in place. Make it of floats (`np.zeros` without a dtype does), or write `x = x + ...` in place "
    "of `x += ...`",
    r"axis (?P<axis>-?\d{1,3}) is out of bounds for array of dimension (?P<ndim>\d{1,3})": (
        "There is no axis {axis} in an array of {ndim}: axes count from 0. Perhaps an axis was lost before, in a sum "
        "without `keepdims=True`, a `squeeze`, or an index"
    ),
    r"index -?\d{1,9} is out of bounds for axis (?P<axis>\d{1,3}) with size (?P<size>\d{1,9})": (
        "Along axis {axis}, which has size {size}, indices end before {size}. Look for labels counted from 1, a loop "
        "one too long, or rows taken for columns"
    ),
    r"too many indices for array: array is (?P<ndim>\d{1,3})-dimensional, but (?P<n>\d{1,3}) were indexed": (
        "The array has {ndim} axes here, and {n} indices are used. Print its shape: an axis was lost, or never there"
    ),
    r"^tuple index out of range": "If this is `.shape[...]`, the array has fewer axes than you think: print its shape",
    r"^list index out of range": "A loop runs past the end of the list, or the list is shorter than you think",
    r"boolean index did not match": "The mask has another shape than the array it selects from: print both shapes",
    r"only integer scalar arrays can be converted": "A single whole number is wanted, a size or an index, and an "
    "array was given",
    r"negative dimensions": "A size is negative: look at what it is computed from",
    r"arrays used as indices must be of integer|only integers, slices": "Indices must be whole numbers, and these "
    "are floats: `/` always gives a float, `//` doesn't, and `.astype(int)` converts",
    r"Singular matrix|not positive definite": "The matrix can't be inverted. In a right solution it can, so look at "
    "how it is built: rows that repeat, a term that is missing, zeros that were never filled",
    r"must be square": "Only a square matrix can be inverted or solved with: print the shapes",
    r"'(?P<name>[PqGhAb])' must (be|have) (?P<what>an? 'd' matrix[\w ,()]{0,40}|length \d{1,6})": (
        "cvxopt wants `{name}` otherwise: {what}, of floats. Compare the shapes of all six parts with the docstring; "
        "that they don't fit together may be another part's fault"
    ),
    r"Rank\(A\) < p": "cvxopt can't solve this program: rows of A repeat, or P and G leave directions open",
    r"buffer format not supported|non-numeric|invalid matrix initialization|use of function valued P": (
        "cvxopt takes only its own matrices, made of floats: `cvxopt.matrix(np.array(x, dtype=float))`"
    ),
    r"imported array must have 1 or 2 dimensions|incompatible dimensions of subblocks": (
        "cvxopt's matrices have one or two axes, and rows of one length: print the shape"
    ),
    r"`np\.(?P<name>%N)` was removed": "`np.{name}` is gone from NumPy 2. The message above says what to write in "
    "its place",
    r"^'(list|tuple)' object has no attribute '(shape|T|dot|sum|mean|max|min|size|ndim|reshape|astype|copy)'": (
        "That is a plain list or tuple, which has no arithmetic. Make an array of it with `np.array(...)`, or, if a "
        "function returned several values, take them apart: `out, cache = ...`"
    ),
    r"can't multiply sequence by non-int|unsupported operand type\(s\) for .{1,4}: '(list|tuple)'|and '(list|"
    r"tuple)'|bad operand type for .{1,20}: '(list|tuple)'": "A plain list or tuple has no arithmetic. Make an array "
    "of it with `np.array(...)`, or, if a function returned several values, take them apart: `out, cache = ...`",
    r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required": "The call and the `def` don't "
    "agree on the number of arguments: compare the two",
    r"got an unexpected keyword argument '(?P<name>%N)'": "The function that is called has no argument `{name}`: "
    "look up how it is spelt",
    r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})": "On the left of `=` stand {n} names, and on "
    "the right another number of values: compare with what is returned",
    r"cannot unpack non-iterable (?P<kind>%N)": "On the left of `=` stand several names, and on the right one value: "
    "compare with what is returned",
    r"only (length-1|size-1|0-dimensional) arrays can be converted": "A function for single numbers (`float`, `int`, "
    "`math.exp`) was given an array. NumPy's own (`np.exp`) take arrays, and `.item()` takes the number out of an "
    "array of one",
    r"truth value of an array": "`if`, `and`, `or`, `max` and `min` want one answer, and an array of comparisons has "
    "many. Entry by entry it is `np.where`, `&`, `|`, `np.maximum`; for one answer, `.any()` or `.all()`",
    r"setting an array element with a sequence": "One entry of an array can hold one number, and several were put "
    "there, or rows of different lengths were made into one array",
    r"object is not callable": "Parentheses after something that is no function: `[...]` for an index, or a missing "
    "`*`",
    r"object is not subscriptable|invalid index to scalar|object is not iterable|has no len\(\)": (
        "That is a single number or a function, where an array is expected: look at the line that made it"
    ),
    r"cannot reshape array of size (?P<size>\d{1,9}) into shape (?P<shape>%S)": "{size} entries don't make an array "
    "of shape {shape}: print the shape before, and see which size is another",
    r"all (the )?input arrays? (dimensions|must have)": "Arrays can be joined only if they agree in all axes but the "
    "one along which they are joined: print both",
    r"read-only": "That array is not yours to write into: make a copy, `x = x.copy()`",
    r"cannot be interpreted as an? (integer|data type)|[Cc]annot interpret '.{0,40}' as a data type|"
    r"expected a sequence of integers": "Shapes are whole numbers, in one tuple for `np.zeros((n, d))` and "
    "`np.ones`, and without a tuple for `np.random.randn(n, d)`",
    r"numpy boolean (subtract|negative)": "Comparisons give True and False, which NumPy doesn't subtract. Make "
    "numbers of them first: `mask.astype(float)`",
    r"^ufunc '\w{1,40}' not supported for the input types|has no callable \w{1,40} method": (
        "An array holds something that is no number: print its dtype, and look at what it was made of"
    ),
    r"^'dict' object has no attribute": 'What a dictionary holds is had with brackets: `params["W1"]`',
    r"division by zero": "A plain Python number was divided by 0: a count, a sum or a size that is 0 here",
    r"maximum recursion depth": "The function calls itself without end; perhaps it has the name of the function it "
    "meant to call",
    r"No such file or directory": "Data are read as `data/<name>`, a path from the folder that the module is in",
}

# By the exception's type, where its message doesn't matter.
KINDS: Mapping[str, str] = {
    "IndentationError": "The indentation doesn't fit: after a line that ends in a colon a deeper block follows, with "
    "the same spaces in each of its lines",
    "TabError": "Tabs and spaces are mixed in the indentation: let your editor turn tabs into four spaces",
    "SyntaxError": "Python can't read this line. Often the fault is at the end of the line before: a bracket that "
    "isn't closed, or a colon that is missing",
    "RecursionError": "The function calls itself without end; perhaps it has the name of the function it meant to call",
}

# The groups above that quote sizes of arrays.
_SIZES = ("a", "b", "left", "whole", "from", "into", "size", "shape")

# Messages about a name that isn't there.
_UNKNOWN = (
    r"^name '(?P<name>%N)' is not defined",
    r"^'(?P<kind>[\w.]{1,60})' object has no attribute '(?P<name>%N)'",
    r"^module '(?P<kind>[\w.]{1,60})' has no attribute '(?P<name>%N)'",
    r"^cannot import name '(?P<name>%N)'",
    r"^'(?P<name>%N)'$",
)
# Whose attributes are known without asking anything of the student's process.
_OWNERS: Mapping[str, object] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.random": np.random,
    "numpy.ndarray": np.ndarray,
    "numpy.float64": np.float64,
    **{kind.__name__: kind for kind in (list, tuple, dict, float, int, str)},
}


def explain(failure: Failure, *, misfit: bool, text: str, scales: Mapping[str, Iterable[float]]) -> str | None:
    """Say what an exception usually means; None if it is not a common one.

    Parameters
    ----------
    misfit : bool
        The check's own line raised it, over what came back.
    text : str
        The student's module, for the names in it.
    scales : mapping of str to iterable of float
        The sizes of this draw's inputs, by symbol.
    """
    for pattern, meaning in (MISFITS if misfit else EXPLANATIONS).items():
        if match := matched(pattern, failure):
            groups = match.groupdict()
            quoted = " ".join(groups.get(name) or "" for name in _SIZES)
            return f"{meaning.format(**groups)}.{_sizes(quoted, scales)}"
    if failure.kind in KINDS:
        return f"{KINDS[failure.kind]}."
    if failure.kind in ("NameError", "AttributeError", "ImportError", "KeyError"):
        return _unknown(failure, text)
    return None


def matched(pattern: str, failure: Failure) -> re.Match[str] | None:
    """Search a failure's message for a pattern of the tables."""
    return re.search(pattern.replace("%S", _SHAPE).replace("%N", _NAME), failure.message[:MAX_CHARACTERS])


def _sizes(quoted: str, scales: Mapping[str, Iterable[float]]) -> str:
    """Name the sizes that were quoted, where one symbol alone has that size."""
    known = {symbol: {*sizes} for symbol, sizes in scales.items()}
    plain = {symbol: f"{sizes.pop():g}" for symbol, sizes in known.items() if len(sizes) == 1}
    numbers = {*re.findall(r"\d+", quoted)} - {"0", "1"}
    told = [
        f"{symbol} is {size}"
        for symbol, size in plain.items()
        if size in numbers and list(plain.values()).count(size) == 1
    ]
    return f" Here {', '.join(told)}." if told else ""


def _unknown(failure: Failure, text: str) -> str | None:
    """Name what is like a name that isn't there."""
    match = next(filter(None, (matched(pattern, failure) for pattern in _UNKNOWN)), None)
    if not match:
        return None
    name, kind = match["name"], match.groupdict().get("kind") or ""
    own = re.findall(rf"\b{_NAME}\b", text)[:MAX_WORDS]
    known = dir(_OWNERS[kind]) if kind in _OWNERS else [*own, *([] if kind else dir(builtins))]
    if near := difflib.get_close_matches(name, sorted({*known} - {name}), 1, 0.7):
        where = "There is" if kind in _OWNERS else "Your module has"
        return f"`{name}` is not there. {where} `{near[0]}`: is that what was meant?"
    if failure.kind != "NameError":
        return None
    return f"Nothing is called `{name}` where this line is: it is misspelt, not imported, or another function's own."
