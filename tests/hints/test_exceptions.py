"""The common exceptions of numerical homework are read as what they usually mean, on the NumPy that is installed.

Each is raised here, by the mistake that raises it: a message that NumPy puts otherwise one day fails its row.
"""

from __future__ import annotations

import time

import cvxopt
import numpy as np
import pytest

from autograder.hints.exceptions import EXPLANATIONS, MISFITS, explain, matched
from autograder.wire import Failure, Frame

SCALES = {"N": (5.0,), "d_in": (4.0,), "d_out": (3.0,)}
X, W = np.ones((5, 4)), np.ones((4, 3))
LABELS = np.array([1, 2, 3, 1, 2])
TEXT = "def fc_forward(x, w):\n    weights = w\n    return x @ weights, (x, w)\n"


class Net:
    """A class of a student's."""

    def __init__(self):
        self.weights = None

    def loss(self, X):
        """A method."""
        return X


def forward(x, w):
    """A function without a return."""


def unassigned():
    """A name that is the function's own, and has no value yet."""
    if LABELS.sum() < 0:
        total = 0
    total += 1
    return total


def in_place(array, other):
    """`array += other`."""
    array += other


def program(**parts):
    """A quadratic program of two variables, with some parts given otherwise."""
    whole = {"P": cvxopt.matrix(np.eye(2)), "q": cvxopt.matrix(np.zeros(2)), "options": {"show_progress": False}}
    return cvxopt.solvers.qp(**{**whole, **parts})


def forever():
    """A function that calls itself."""
    return forever()


KNOWN = {
    "X": X,
    "W": W,
    "LABELS": LABELS,
    "Net": Net,
    "cvxopt": cvxopt,
    "np": np,
    **{one.__name__: one for one in (forward, unassigned, in_place, program, forever)},
}


def raised(mistake, known=KNOWN):
    """How an expression ends, as the worker tells it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  that it is the right one, its reading shows
        eval(mistake, dict(known))
    return Failure(caught.type.__name__, str(caught.value))


def read(failure, *, misfit=False):
    """What a student reads."""
    return explain(failure, misfit=misfit, text=TEXT, scales=SCALES)


MISTAKES = {
    "not_aligned": ("np.dot(X, X)", "matrices of shapes (5,4) and (5,4)"),
    "matmul": ("X @ X", "rows on the left have 4 entries and the columns on the right 5"),
    "matmul_number": ("X @ 2.0", "plain number: use `*`"),
    "broadcasting": ("X + W", "Arrays of shapes (5,4) and (4,3) meet entry by entry"),
    "keepdims": ("X / X.sum(axis=1)", "a missing `keepdims=True`"),
    "in_place_broadcast": ("in_place(np.zeros(4), X)", "keeps the shape (4,) of its left side"),
    "int_array": ("in_place(np.zeros(4, int), X[0] / 2)", "whole numbers can't take fractions in place"),
    "axis": ("X.sum(axis=1).max(axis=1)", "There is no axis 1"),
    "index": ("W[np.arange(3), LABELS[:3]]", "indices end before 3"),
    "too_many_indices": ("LABELS[:, 0]", "fewer axes here than you think"),
    "shape_of_a_vector": ("LABELS.shape[1]", "fewer axes here than you think"),
    "float_index": ("X[LABELS / 1.0]", "Indices must be whole numbers"),
    "index_arrays": ("X[np.arange(5), np.arange(3)]", "of shapes (5,) and (3,), are matched"),
    "array_for_a_size": ("range(LABELS)", "Sizes and shapes are whole numbers"),
    "none_operand": ("forward(X, W) * 2.0", "Something is `None` here"),
    "none_subscript": ("forward(X, W)[0]", "Something is `None` here"),
    "none_attribute": ("Net().weights.T", "Something is `None` here"),
    "none_in_ufunc": ("np.exp(None)", "Something is `None` here"),
    "none_unpacked": ("[None for a, b in [None]]", "Something is `None` here"),
    "misspelt_name": ("wieghts", "and `weights`"),
    "unknown_name": ("qqqq", "Nothing is called `qqqq`"),
    "misspelt_builtin": ("rnage(3)", "and `range`"),
    "misspelt_attribute": ("np.zerso(3)", "and `zeros`"),
    "misspelt_method": ("X.transpse()", "and `transpose`"),
    "misspelt_own_attribute": ("Net().wieghts", "and `weights`"),
    "misspelt_key": ('{"weights": 1}["wieghts"]', "and `weights`"),
    "unassigned": ("unassigned()", "the function's own throughout"),
    "list_attribute": ("[1, 2].shape", "A plain list or tuple"),
    "tuple_attribute": ("(X, W).T", "take them apart"),
    "list_times_float": ("[1, 2] * 2.0", "A plain list or tuple has no arithmetic"),
    "list_minus_list": ("[1, 2] - [1, 2]", "A plain list or tuple has no arithmetic"),
    "minus_tuple": ("-(1, 2)", "A plain list or tuple has no arithmetic"),
    "dict_attribute": ('{"W1": X}.W1', "had with brackets"),
    "missing_argument": ("forward(X)", "don't agree on the arguments"),
    "too_many_arguments": ("forward(X, W, 0)", "don't agree on the arguments"),
    "unknown_argument": ("X.sum(axes=0)", "don't agree on the arguments"),
    "too_many_values": ("[None for a, b in [(1, 2, 3)]]", "stand 2 names"),
    "one_value": ("[None for a, b in [3.0]]", "several names, and on the right one value"),
    "math_of_array": ("float(X)", "A function for single numbers"),
    "if_array": ("bool(X > 0)", "want one answer"),
    "max_of_array": ("max(X, 0)", "want one answer"),
    "row_into_entry": ("np.zeros(3).__setitem__(0, X[0])", "can hold one number"),
    "subscript_of_number": ("np.pi[0]", "a single number or a function"),
    "length_of_number": ("len(2.0)", "a single number or a function"),
    "shape_in_two": ("np.ones(5, 3)", "in one tuple"),
    "float_size": ("np.zeros(5 / 2)", "Sizes and shapes are whole numbers"),
    "assigned_shape": ("np.zeros((5, 3)).__setitem__(0, X[0])", "shape (4,) is assigned to a place of shape (3,)"),
    "reshape": ("X.reshape(5, 3)", "20 entries don't make an array of shape (5,3)"),
    "concatenate": ("np.vstack([X, W])", "Arrays can be joined only if"),
    "mask": ("X[np.ones(4, bool)]", "The mask has another shape"),
    "list_index": ("[1][1]", "past the end of the list"),
    "singular": ("np.linalg.inv(np.zeros((2, 2)))", "has no inverse"),
    "call_of_array": ("X(2)", "Only a function can be called"),
    "read_only": ("np.broadcast_to(X, (2, 5, 4)).__setitem__(0, 1)", "make a copy first"),
    "division": ("1 / 0", "divided by 0"),
    "recursion": ("forever()", "calls itself without end"),
    "no_file": ('np.load("iris.npz")', "Read data as `data/<name>`"),
    "class_for_instance": ("Net.loss(X=X)", "make an instance first"),
    "indentation": ('compile("def f():\\nreturn 1", "m", "exec")', "The indentation is wrong"),
    "tabs": ('compile("if 1:\\n\\tx = 1\\n        y = 1", "m", "exec")', "Tabs and spaces are mixed"),
    "negative_size": ("np.ones(-3)", "A size is negative"),
    "out_of_a_number": ("np.add(X, X, out=2.0)", "leave it out, and a new one is made"),
    "attribute_of_a_number": ("(2.0).T", "That is a single number"),
    "minus_function": ("-forward", "no number, of type `function`"),
    "minus_mask": ("-(X > 0)", "True and False"),
    "cvxopt_size": ("program(P=cvxopt.matrix(np.eye(3)))", "cvxopt wants `P` otherwise"),
    "cvxopt_row": ("program(q=cvxopt.matrix(np.zeros((1, 2))))", "cvxopt wants `q` otherwise"),
    "cvxopt_length": (
        "program(A=cvxopt.matrix(np.ones((1, 2))), b=cvxopt.matrix(np.ones(2)))",
        "cvxopt wants `b` otherwise: length 1",
    ),
    "cvxopt_numpy": ("program(P=np.eye(2))", "only its own matrices"),
    "cvxopt_float32": ("cvxopt.matrix(np.ones(2, np.float32))", "only its own matrices"),
    "cvxopt_bool": ("cvxopt.matrix(np.ones(2, bool))", "only its own matrices"),
    "cvxopt_none": ("cvxopt.matrix(None)", "only its own matrices"),
    "cvxopt_axes": ("cvxopt.matrix(np.ones((2, 2, 2)))", "one or two axes"),
    "cvxopt_rank": (
        "program(A=cvxopt.matrix(np.zeros((1, 2))), b=cvxopt.matrix(np.zeros(1)))",
        "can't solve this program",
    ),
    "print": ('compile("print 1", "m", "exec")', "This is Python 2's `print`"),
    "curly_quotes": ('compile("print(“x”)", "m", "exec")', "Type them again"),
    "non_breaking_space": ('compile("x =\\u00a01", "m", "exec")', "Type them again"),
    "syntax": ('compile("x = (1,\\ny = 2", "m", "exec")', "a bracket that isn't closed"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_exception_is_read(mistake):
    """As what it usually means in homework, with a next step."""
    cause, said = MISTAKES[mistake]

    assert said in read(raised(cause))


def test_a_missing_import_is_told():
    """The name that everybody knows needs no guess."""
    assert read(raised("np.zeros(3)", {})) == "`import numpy as np` is missing at the top of the module."


# Raised by what is not here: two modules, a screen.
ELSEWHERE = {
    "circular": (
        "ImportError",
        "cannot import name 'f' from partially initialized module 'a' (most likely due to a circular import) (a.py)",
        "Two modules import each other",
    ),
    "circular_attribute": (
        "AttributeError",
        "partially initialized module 'random' has no attribute 'randint' (most likely due to a circular import)",
        "Two modules import each other",
    ),
    "screen": (
        "ImportError",
        "Cannot load backend 'TkAgg' which requires the 'tk' interactive framework, as 'headless' is currently running",
        "There is no screen where code is graded",
    ),
}


@pytest.mark.parametrize(("kind", "message", "said"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_an_exception_from_elsewhere_is_read(kind, message, said):
    """As what it usually means."""
    assert said in read(Failure(kind, message))


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        pytest.param("SyntaxError", "<<<<<<< HEAD", "git's marks of a merge conflict", id="merge_conflict"),
        pytest.param("IndentationError", "=======", "git's marks of a merge conflict", id="merge_conflict_in_a_body"),
        pytest.param("SyntaxError", ">>>>>>> main", "git's marks of a merge conflict", id="merge_conflict_end"),
        pytest.param("SyntaxError", "%matplotlib inline", "commands for a notebook", id="magic"),
        pytest.param("SyntaxError", "!pip install numpy", "commands for a notebook", id="pip"),
        pytest.param("FileNotFoundError", "with Pool(2) as pool:", "is one process", id="pool"),
        pytest.param("OSError", "Process(target=f).start()", "is one process", id="process"),
        pytest.param("SyntaxError", "x = (1,", "a bracket that isn't closed", id="any_other_line"),
        pytest.param("FileNotFoundError", "np.load(path)", None, id="no_process"),
    ],
)
def test_a_line_is_read(kind, line, said):
    """The line says more than the exception."""
    told = read(Failure(kind, "[Errno 2] No such file or directory", (Frame("m.py", 3, "f", line),)))

    assert (said in told) if said else told is None


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        pytest.param("[None for a, b in [None]]", "Your function returns nothing", id="nothing"),
        pytest.param("[None for a, b in [(1, 2, 3)]]", "2 values are expected", id="too_many"),
        pytest.param("[None for a, b, c in [(1, 2)]]", "3 values are expected", id="not_enough"),
        pytest.param("[None for a, b in [3.0]]", "One value came back where several", id="one"),
        pytest.param("{}['W1']", "has no key `W1`", id="key"),
        pytest.param("X[0][:, 0]", "fewer axes than the docstring says", id="axes"),
        pytest.param("{} * 1.0", "another thing than the docstring says", id="another_thing"),
        pytest.param("forward(X, W, 3)", "can't be called as it was handed out", id="arguments"),
        pytest.param("forward(x=X, weights=W)", "can't be called as it was handed out", id="other_names"),
    ],
)
def test_what_came_back_is_read(cause, said):
    """The check's own line raised: it is about what a function returns, and how it is called."""
    assert said in read(raised(cause), misfit=True)


def test_sizes_are_told_by_their_letters():
    """What 5 and 4 stand for in this draw, if only one thing."""
    assert read(raised("X + W")).endswith(" Here N is 5, d_in is 4, d_out is 3.")
    assert "Here" not in explain(raised("X + W"), misfit=False, text="", scales={"N": (5.0, 4.0)})
    assert "Here" not in explain(raised("X + W"), misfit=False, text="", scales={"N": (5.0,), "T": (5.0,)})


def test_counts_are_no_sizes():
    """Three values have nothing to do with a size of 3."""
    assert "Here" not in read(raised("[None for a, b, c in [(1, 2)]]"))


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(Failure("ValueError", "X must be two-dimensional"), id="own_words"),
        pytest.param(Failure("KeyError", "'q'"), id="unlike_any"),
        pytest.param(Failure("", ""), id="no_words"),
    ],
)
def test_what_is_not_common_is_not_read(failure):
    """The exception's own words stand in the message already."""
    assert read(failure) is None


def test_every_explanation_is_reached():
    """None is there that no mistake of these tables has."""
    failures = [*(raised(cause) for cause, _ in MISTAKES.values()), raised("np.zeros(3)", {})]
    failures += [Failure(kind, message) for kind, message, _ in ELSEWHERE.values()]
    read = {next((pattern for pattern in EXPLANATIONS if matched(pattern, failure)), None) for failure in failures}

    assert EXPLANATIONS.keys() - read == set()


@pytest.mark.parametrize(
    "message",
    [
        "name '<script>' is not defined",
        "name '\x1b[31mred' is not defined",
        f"name '{'a' * 70}' is not defined",
        "shapes (5, <b>) and (5,4) not aligned",
        "{0.__class__} could not be broadcast together with shapes ({0},) (3,)",
    ],
)
def test_words_are_not_taken_over(message):
    """Names and sizes are quoted, and nothing that only looks like one."""
    said = read(Failure("NameError", message)) or ""

    assert not set("<>{}\x1b") & set(said)
    assert "a" * 61 not in said


@pytest.mark.parametrize("explanations", [EXPLANATIONS, MISFITS])
def test_no_message_takes_long_to_read(explanations):
    """An exception's words are the student's, who may have made them to be slow to read."""
    words = (
        "matmul: mismatch in its core dimension (size 1 ",
        "cannot cast ufunc  output from float to ",
        "'P' must be ",
    )
    began = time.perf_counter()
    for word in words:
        explain(Failure("ValueError", word * 5_000), misfit=explanations is MISFITS, text="a " * 100_000, scales={})

    assert time.perf_counter() - began < 2
