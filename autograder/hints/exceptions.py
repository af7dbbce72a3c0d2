"""The usual meaning of an exception from a student's module, in a sentence.

The exception's message comes from the student's process and is not trusted: only shapes, numbers and names are quoted.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import numpy as np

from autograder.wire import Failure

# Characters of a message that are read: enough for any name, too few to hold another message.
MAX_CHARACTERS = 400
MAX_WORDS = 5_000

_NAME = r"[A-Za-z_]\w{0,59}"
_SHAPE = r"\([\d, ]{0,40}\)"

# The tables map a pattern of the message to its meaning; the first that matches counts. In a pattern %N is a name and
# %S a shape; its groups are quoted in the meaning.

# The check's own line raised, over what came back.
MISFITS: Mapping[str, str] = {
    r"unpack non-iterable NoneType|'NoneType' object": "Your function returns nothing. A `return` is missing, or the "
    "way through the function that was taken here doesn't reach it",
    r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})": "{n} values are expected, and another "
    "number came back: compare your `return` with the docstring",
    r"cannot unpack non-iterable": "One value came back where several are expected: compare your `return` with the "
    "docstring",
    r"^'(?P<name>%N)'$": "A dictionary of yours has no key `{name}`: compare its keys with the docstring",
    r"too many indices|index out of range": "An array of yours has fewer axes than the docstring says: print its shape",
    r"unsupported operand|could not be broadcast|could not convert|argument must be a": "Something of yours is another "
    "thing than the docstring says, or has another shape: compare what comes back, and its order",
    r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required|unexpected keyword argument": (
        "Your function can't be called as it was handed out: give its arguments their old names, order and defaults"
    ),
}

# The student's own line raised, by the exception's type and that line.
LINES: Mapping[str, str] = {
    r"^(Syntax|Indentation)Error: (<{7}|={7}|>{7})": "These are git's marks of a merge conflict: of the two versions "
    "between them keep one, and delete the lines with the marks",
    r"^(Syntax|Indentation)Error: [%!]\s?\w": "Lines with `%` or `!` in front are commands for a notebook or a "
    "terminal, and no Python: delete the line, and run the command there",
    r"^(OS|FileNotFound|Permission|BlockingIO|NotImplemented)Error: .{0,200}\b(Pool|Process|ProcessPoolExecutor|Queue|"
    r"Lock|Manager|Parallel)\(": "A module that is graded is one process, and can't start others: leave them out. "
    "NumPy's functions on whole arrays are fast enough",
}
# The student's own line raised, by the exception's message.
EXPLANATIONS: Mapping[str, str] = {
    r"^name 'np' is not defined": "`import numpy as np` is missing at the top of the module",
    r"^Missing parentheses in call to 'print'": "This is Python 2's `print`. In Python 3 it is a function: put what "
    "is to be printed into parentheses",
    r"^invalid (non-printable )?character": "Text from a web page or a PDF has quotes, dashes and spaces of its "
    "own, which Python doesn't know. Type them again: the quotes \" and ', the sign -, and plain spaces",
    r"partially initialized module": "Two modules import each other, or a module imports itself because its file has a "
    "library's name. Put what both need into one of them, or rename the file",
    r"^Cannot load backend|interactive framework|no display name|connect to display": "There is no screen where code "
    "is graded. Leave out `matplotlib.use(...)`, and draw in the notebook",
    r"^(cannot access )?local variable '(?P<name>%N)'": "Because `{name}` is assigned somewhere in this function, it "
    "is the function's own throughout, and it is used here before it has a value. Give it one first",
    r"NoneType": "Something is `None` here: often the result of a function without a `return`, or of a method that "
    "works in place and returns nothing (`list.append`, `list.sort`, `np.random.shuffle`)",
    r"non-broadcastable output operand with shape (?P<left>%S) doesn't match the broadcast shape (?P<whole>%S)": (
        "An operation in place (`+=`, `-=`) keeps the shape {left} of its left side, and the result would have shape "
        "{whole}. Sum over the axis that is too many first, or see why it is there"
    ),
    r"indexing arrays could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)": (
        "Two arrays of indices, of shapes {a} and {b}, are matched entry by entry: they need the same shape"
    ),
    r"could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)": "Arrays of shapes {a} and {b} meet entry by "
    "entry. Shapes are matched from the last axis on, where sizes must be equal or 1: look for a transpose, a `*` "
    "meant as `@`, a sum over the wrong axis, or a missing `keepdims=True`",
    r"shapes (?P<a>%S) and (?P<b>%S) not aligned": "A product of matrices of shapes {a} and {b}: the last size of "
    "the first must be the first size of the second. Print both shapes: one is another array than its name says, or is "
    "to be transposed, or the two are to be exchanged",
    r"matmul: .{0,40}mismatch in its core dimension.{0,80}\(size (?P<b>\d{1,9}) is different from (?P<a>\d{1,9})\)": (
        "In the product `@` the rows on the left have {a} entries and the columns on the right {b}. Print both "
        "shapes: one is another array than its name says, or is to be transposed, or the two are to be exchanged"
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
    r"^tuple index out of range|too many indices for array": "The array has fewer axes here than you think: print its "
    "shape. An axis was lost, or never there",
    r"only integer scalar arrays can be converted|cannot be interpreted as an? (integer|data type)|"
    r"[Cc]annot interpret '.{0,40}' as a data type|expected a sequence of integers": "Sizes and shapes are whole "
    "numbers, in one tuple for `np.zeros((n, d))` and `np.ones`, and without a tuple for `np.random.randn(n, d)`",
    r"arrays used as indices must be of integer|only integers, slices": "Indices must be whole numbers, and these "
    "are floats: `/` always gives a float, `//` doesn't, and `.astype(int)` converts",
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
    r"^'(list|tuple)' object has no attribute|can't multiply sequence by non-int|unsupported operand type\(s\) for "
    r".{1,4}: '(list|tuple)'|and '(list|tuple)'|bad operand type for .{1,20}: '(list|tuple)'": "A plain list or tuple "
    "has no arithmetic. Make an array of it with `np.array(...)`, or, if a function returned several values, take "
    "them apart: `out, cache = ...`",
    r"missing \d+ required positional arguments?: 'self'": "A method is called on the class: make an instance first, "
    "with parentheses, as in `Class()`",
    r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required|unexpected keyword argument": (
        "The call and the `def` don't agree on the arguments: compare the two"
    ),
    r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})": "On the left of `=` stand {n} names, and on "
    "the right another number of values: compare with what is returned",
    r"cannot unpack non-iterable": "On the left of `=` stand several names, and on the right one value: compare with "
    "what is returned",
    r"only (length-1|size-1|0-dimensional) arrays can be converted": "A function for single numbers (`float`, `int`, "
    "`math.exp`) was given an array. NumPy's own (`np.exp`) take arrays, and `.item()` takes the number out of an "
    "array of one",
    r"truth value of an array": "`if`, `and`, `or`, `max` and `min` want one answer, and an array of comparisons has "
    "many. Entry by entry it is `np.where`, `&`, `|`, `np.maximum`; for one answer, `.any()` or `.all()`",
    r"setting an array element with a sequence": "One entry of an array can hold one number, and several were put "
    "there, or rows of different lengths were made into one array",
    r"object is not subscriptable|invalid index to scalar|object is not iterable|has no len\(\)": (
        "That is a single number or a function, where an array is expected: look at the line that made it"
    ),
    r"negative dimensions are not allowed": "A size is negative here: look at where it is computed",
    r"return arrays must be of ArrayType": "`out=` takes an array to write into: leave it out, and a new one is made",
    r"^'(float|int|float64|int64|bool)' object has no attribute": "That is a single number, and only arrays have "
    "such an attribute: leave it out, or look at the line that made the number",
    r"bad operand type for unary -: '(?P<name>%N)'": "A minus stands before something that is no number, of type "
    "`{name}`: use what it returns or holds",
    r"numpy boolean (subtract|negative)": "Comparisons give True and False, which NumPy doesn't subtract. Make "
    "numbers of them first: `mask.astype(float)`",
    r"^'dict' object has no attribute": 'What a dictionary holds is had with brackets: `params["W1"]`',
    r"could not broadcast input array from shape (?P<a>%S) into shape (?P<b>%S)": "An array of shape {a} is assigned "
    "to a place of shape {b}: print both shapes",
    r"cannot reshape array of size (?P<size>\d{1,9}) into shape (?P<a>%S)": "{size} entries don't make an array of "
    "shape {a}: print the shape before",
    r"all (the )?input arrays? (dimensions|must have)": "Arrays can be joined only if their shapes agree in all other "
    "axes: print both shapes",
    r"boolean index did not match": "The mask has another shape than the array: print both shapes",
    r"^list index out of range": "A loop runs past the end of the list, or the list is shorter than you think",
    r"Singular matrix|not positive definite": "The matrix has no inverse. In a right solution it has one: look for "
    "rows that repeat, a missing term, or zeros that were never filled",
    r"object is not callable": "Only a function can be called: look for parentheses in place of `[...]`, or for a "
    "missing `*`",
    r"read-only": "This array can't be changed: make a copy first, `x = x.copy()`",
    r"division by zero": "A Python number is divided by 0: a count, a sum or a size that is 0 here",
    r"maximum recursion depth": "The function calls itself without end: is there another function of its name?",
    r"No such file or directory: '": "Read data as `data/<name>`, a path from the folder of the module",
}
# The code could not be read; by the exception's type.
KINDS: Mapping[str, str] = {
    "IndentationError": "The indentation is wrong: after a colon, all lines of the block begin with the same spaces",
    "TabError": "Tabs and spaces are mixed in the indentation: let your editor turn tabs into spaces",
    "SyntaxError": "Python can't read this line. Often the fault is at the end of the line before: a bracket that "
    "isn't closed, or a colon that is missing",
}

# The groups above that quote sizes of arrays.
_SIZES = ("a", "b", "left", "whole", "size")

# Messages about a name that isn't there.
_UNKNOWN = (
    r"^name '(?P<name>%N)' is not defined",
    r"^(module )?'[\w.]{1,60}'( object)? has no attribute '(?P<name>%N)'",
    r"^cannot import name '(?P<name>%N)'",
    r"^'(?P<name>%N)'$",
)
# Names that every module may use, beside its own.
_COMMON = {*dir(builtins), *dir(np), *dir(np.ndarray)}


def explain(
    failure: Failure,
    *,
    misfit: bool,
    text: str,
    scales: Mapping[str, Iterable[float]],
    right: Collection[str] = (),
) -> str | None:
    """Say what an exception usually means; None if it is not a common one.

    Parameters
    ----------
    misfit : bool
        The check's own line raised it, over what came back.
    text : str
        The student's module, for the names in it.
    scales : mapping of str to iterable of float
        The sizes of this draw's inputs, by symbol.
    right : collection of str
        Functions whose own checks pass.
    """
    caller, inner = [("", ""), *pairwise(frame.function for frame in failure.frames)][-1]
    if inner in right:
        return (
            f"`{inner}` passes its own checks, so its code is not at fault here. Look at where `{caller}` calls it: "
            "what it is given is not what it is for."
        )
    line = failure.frames[-1].text if failure.frames else ""
    for pattern, meaning in LINES.items():
        if not misfit and re.search(pattern, f"{failure.kind}: {line}"[:MAX_CHARACTERS]):
            return f"{meaning}."
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
    """Name the quoted sizes, where exactly one symbol has that size."""
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
    match = next(filter(None, (matched(pattern, failure) for pattern in _UNKNOWN)), None)
    if not match:
        return None
    name = match["name"]
    for known in ({*re.findall(rf"\b{_NAME}\b", text)[:MAX_WORDS]}, _COMMON):
        if near := difflib.get_close_matches(name, sorted(known - {name}), 1, 0.7):
            return f"`{name}` is not there, and `{near[0]}` is: is that what was meant?"
    if failure.kind != "NameError":
        return None
    return f"Nothing is called `{name}` where this line is: it is misspelt, not imported, or another function's own."
