"""What an exception's message usually means, message by message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

NAME = r"[A-Za-z_]\w{0,59}"
_SHAPE = r"\([\d, ]{0,40}\)"


@dataclass(frozen=True)
class Reading:
    """An exception's message, as a pattern, and what it usually means; groups of the first stand in the second."""

    pattern: re.Pattern[str]
    meaning: str


def _reading(pattern: str, meaning: str) -> Reading:
    filled = pattern.replace("%S", _SHAPE).replace("%N", NAME)
    return Reading(re.compile(filled), meaning)


# What the check's own lines could not do with what came back; the first that fits.
MISFITS = (
    _reading(
        r"unpack non-iterable NoneType|'NoneType' object",
        "Your function returns nothing. A `return` is missing, or the way through the function that was taken here "
        "doesn't reach it",
    ),
    _reading(
        r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})",
        "{n} values are expected, and another number came back: compare your `return` with the docstring",
    ),
    _reading(
        r"cannot unpack non-iterable",
        "One value came back where several are expected: compare your `return` with the docstring",
    ),
    _reading(
        r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required|unexpected keyword argument",
        "Your function can't be called as it was handed out: give its arguments their old names, order and defaults",
    ),
)

# What the student's own lines raised; the first that fits.
READINGS = (
    _reading(r"^name 'np' is not defined", "`import numpy as np` is missing at the top of the module"),
    _reading(
        r"^module 'numpy' has no attribute '(?P<name>int|float|bool|complex|object|str)'",
        "`np.{name}` was another name of Python's own `{name}`, and NumPy no longer has it: write `{name}`",
    ),
    _reading(
        r"^Missing parentheses in call to 'print'",
        "This is Python 2's `print`. In Python 3 it is a function: put what is to be printed into parentheses",
    ),
    _reading(
        r"^name 'self' is not defined",
        "`self` exists only in a method that has it as its first parameter",
    ),
    _reading(
        r"^(cannot access )?local variable '(?P<name>%N)'",
        "Because `{name}` is assigned somewhere in this function, it is the function's own throughout, and it is used "
        "here before it has a value. Give it one first",
    ),
    _reading(
        r"missing \d+ required positional arguments?: 'self'",
        "A method was called on the class, not on an instance: an instance is made with parentheses, as in `Class()`",
    ),
    _reading(
        r"'NoneType'",
        "Something is `None` here: often the result of a function without a `return`, or of a method that works in "
        "place and returns nothing (`list.append`, `list.sort`, `np.random.shuffle`)",
    ),
    _reading(
        r"argument 0 of type NoneType", "Something is `None` here: often the result of a function without a `return`"
    ),
    _reading(
        r"non-broadcastable output operand with shape (?P<left>%S) doesn't match the broadcast shape "
        r"(?P<whole>%S)",
        "An operation in place (`+=`, `-=`) keeps the shape {left} of its left side, and the result would have shape "
        "{whole}. Sum over the axis that is too many first, or see why it is there",
    ),
    _reading(
        r"could not broadcast input array from shape (?P<from>%S) into shape (?P<into>%S)",
        "An array of shape {from} is assigned to a place of shape {into}. Print both; one of them has an axis too many "
        "or too few, or sizes were exchanged",
    ),
    _reading(
        r"indexing arrays could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)",
        "Two arrays of indices, of shapes {a} and {b}, are matched entry by entry: they need the same shape",
    ),
    _reading(
        r"could not be broadcast together with shapes (?P<a>%S) (?P<b>%S)",
        "Arrays of shapes {a} and {b} meet entry by entry. Shapes are matched from the last axis on, where sizes must "
        "be equal or 1: look for a transpose, a `*` meant as `@`, a sum over the wrong axis, or a missing "
        "`keepdims=True`",
    ),
    _reading(
        r"could not be broadcast together",
        "The shapes of arrays that meet entry by entry don't fit. They are matched from the last axis on, where sizes "
        "must be equal or 1",
    ),
    _reading(
        r"shapes (?P<a>%S) and (?P<b>%S) not aligned",
        "A product of matrices of shapes {a} and {b}: the last size of the first must be the first size of the second. "
        "One of them is to be transposed, or they are to be exchanged; the shape that the result must have tells which",
    ),
    _reading(
        r"matmul: .{0,40}mismatch in its core dimension.{0,80}\(size (?P<b>\d{1,9}) is different from (?P<a>\d{1,9})\)",
        "In the product `@` the rows on the left have {a} entries and the columns on the right {b}. One of the two is "
        "to be transposed, or they are to be exchanged; the shape that the result must have tells which",
    ),
    _reading(r"matmul: .{0,40}does not have enough dimensions", "One side of `@` is a plain number: use `*`"),
    _reading(
        r"[Cc]annot cast ufunc .{0,20} output from .{0,10}float.{0,10} to .{0,10}int",
        "An array of whole numbers can't take fractions in place. Make it of floats (`np.zeros` without a dtype does), "
        "or write `x = x + ...` in place of `x += ...`",
    ),
    _reading(
        r"axis (?P<axis>-?\d{1,3}) is out of bounds for array of dimension (?P<ndim>\d{1,3})",
        "There is no axis {axis} in an array of {ndim}: axes count from 0. Perhaps an axis was lost before, in a sum "
        "without `keepdims=True`, a `squeeze`, or an index",
    ),
    _reading(
        r"index -?\d{1,9} is out of bounds for axis (?P<axis>\d{1,3}) with size (?P<size>\d{1,9})",
        "Along axis {axis}, which has size {size}, indices end before {size}. Look for labels counted from 1, a loop "
        "one too long, or rows taken for columns",
    ),
    _reading(
        r"too many indices for array: array is (?P<ndim>\d{1,3})-dimensional, but (?P<n>\d{1,3}) were indexed",
        "The array has {ndim} axes here, and {n} indices are used. Print its shape: an axis was lost, or never there",
    ),
    _reading(
        r"^tuple index out of range",
        "If this is `.shape[...]`, the array has fewer axes than you think: print its shape",
    ),
    _reading(
        r"^list index out of range", "A loop runs past the end of the list, or the list is shorter than you think"
    ),
    _reading(
        r"boolean index did not match",
        "The mask has another shape than the array it selects from: print both shapes",
    ),
    _reading(
        r"only integer scalar arrays can be converted",
        "A single whole number is wanted, a size or an index, and an array was given",
    ),
    _reading(r"negative dimensions", "A size is negative: look at what it is computed from"),
    _reading(
        r"arrays used as indices must be of integer|only integers, slices",
        "Indices must be whole numbers, and these are floats: `/` always gives a float, `//` doesn't, and "
        "`.astype(int)` converts",
    ),
    _reading(
        r"Singular matrix|not positive definite",
        "The matrix can't be inverted. In a right solution it can, so look at how it is built: rows that repeat, a "
        "term that is missing, zeros that were never filled",
    ),
    _reading(r"must be square", "Only a square matrix can be inverted or solved with: print the shapes"),
    _reading(
        r"'(?P<name>[PqGhAb])' must (be|have) (?P<what>an? 'd' matrix[\w ,()]{0,40}|length \d{1,6})",
        "cvxopt wants `{name}` otherwise: {what}, of floats. Compare the shapes of all six parts with the docstring; "
        "that they don't fit together may be another part's fault",
    ),
    _reading(r"Rank\(A\) < p", "cvxopt can't solve this program: rows of A repeat, or P and G leave directions open"),
    _reading(
        r"buffer format not supported|non-numeric|invalid matrix initialization|use of function valued P",
        "cvxopt takes only its own matrices, made of floats: `cvxopt.matrix(np.array(x, dtype=float))`",
    ),
    _reading(
        r"imported array must have 1 or 2 dimensions|incompatible dimensions of subblocks",
        "cvxopt's matrices have one or two axes, and rows of one length: print the shape",
    ),
    _reading(
        r"`np\.(?P<name>%N)` was removed",
        "`np.{name}` is gone from NumPy 2. The message above says what to write in its place",
    ),
    _reading(
        r"^'(list|tuple)' object has no attribute '(shape|T|dot|sum|mean|max|min|size|ndim|reshape|astype|copy)'",
        "That is a plain list or tuple, which has no arithmetic. Make an array of it with `np.array(...)`, or, if a "
        "function returned several values, take them apart: `out, cache = ...`",
    ),
    _reading(
        r"can't multiply sequence by non-int|unsupported operand type\(s\) for .{1,4}: '(list|tuple)'|"
        r"and '(list|tuple)'|"
        r"bad operand type for .{1,20}: '(list|tuple)'",
        "A plain list or tuple has no arithmetic. Make an array of it with `np.array(...)`, or, if a function returned "
        "several values, take them apart: `out, cache = ...`",
    ),
    _reading(
        r"takes (from )?\d+ (to \d+ )?positional arguments? but|missing \d+ required",
        "The call and the `def` don't agree on the number of arguments: compare the two",
    ),
    _reading(
        r"got an unexpected keyword argument '(?P<name>%N)'",
        "The function that is called has no argument `{name}`: look up how it is spelt",
    ),
    _reading(
        r"(too many|not enough) values to unpack \(expected (?P<n>\d{1,3})",
        "On the left of `=` stand {n} names, and on the right another number of values: compare with what is returned",
    ),
    _reading(
        r"cannot unpack non-iterable (?P<kind>%N)",
        "On the left of `=` stand several names, and on the right one value: compare with what is returned",
    ),
    _reading(
        r"only (length-1|size-1|0-dimensional) arrays can be converted",
        "A function for single numbers (`float`, `int`, `math.exp`) was given an array. NumPy's own (`np.exp`) take "
        "arrays, and `.item()` takes the number out of an array of one",
    ),
    _reading(
        r"truth value of an array",
        "`if`, `and`, `or`, `max` and `min` want one answer, and an array of comparisons has many. Entry by entry it "
        "is `np.where`, `&`, `|`, `np.maximum`; for one answer, `.any()` or `.all()`",
    ),
    _reading(
        r"setting an array element with a sequence",
        "One entry of an array can hold one number, and several were put there, or rows of different lengths were made "
        "into one array",
    ),
    _reading(
        r"object is not callable",
        "Parentheses after something that is no function: `[...]` for an index, or a missing `*`",
    ),
    _reading(
        r"object is not subscriptable|invalid index to scalar|object is not iterable|has no len\(\)",
        "That is a single number or a function, where an array is expected: look at the line that made it",
    ),
    _reading(
        r"cannot reshape array of size (?P<size>\d{1,9}) into shape (?P<shape>%S)",
        "{size} entries don't make an array of shape {shape}: print the shape before, and see which size is another",
    ),
    _reading(
        r"all (the )?input arrays? (dimensions|must have)",
        "Arrays can be joined only if they agree in all axes but the one along which they are joined: print both",
    ),
    _reading(r"read-only", "That array is not yours to write into: make a copy, `x = x.copy()`"),
    _reading(
        r"cannot be interpreted as an? (integer|data type)|[Cc]annot interpret '.{0,40}' as a data type|"
        r"expected a sequence of integers",
        "Shapes are whole numbers, in one tuple for `np.zeros((n, d))` and `np.ones`, and without a tuple for "
        "`np.random.randn(n, d)`",
    ),
    _reading(
        r"numpy boolean (subtract|negative)",
        "Comparisons give True and False, which NumPy doesn't subtract. Make numbers of them first: "
        "`mask.astype(float)`",
    ),
    _reading(
        r"^ufunc '\w{1,40}' not supported for the input types|has no callable \w{1,40} method",
        "An array holds something that is no number: print its dtype, and look at what it was made of",
    ),
    _reading(r"^'dict' object has no attribute", 'What a dictionary holds is had with brackets: `params["W1"]`'),
    _reading(r"division by zero", "A plain Python number was divided by 0: a count, a sum or a size that is 0 here"),
    _reading(
        r"maximum recursion depth",
        "The function calls itself without end; perhaps it has the name of the function it meant to call",
    ),
    _reading(
        r"No such file or directory",
        "Data are read as `data/<name>`, a path from the folder that the module is in",
    ),
)

# The groups above that quote sizes of arrays.
SIZED = frozenset({"a", "b", "left", "whole", "from", "into", "size", "shape"})

# By the exception's kind, where its message doesn't matter.
KINDS: Mapping[str, str] = {
    "IndentationError": "The indentation doesn't fit: after a line that ends in a colon a deeper block follows, with "
    "the same spaces in each of its lines",
    "TabError": "Tabs and spaces are mixed in the indentation: let your editor turn tabs into four spaces",
    "SyntaxError": "Python can't read this line. Often the fault is at the end of the line before: a bracket that "
    "isn't closed, or a colon that is missing",
    "RecursionError": "The function calls itself without end; perhaps it has the name of the function it meant to call",
}
