"""A starter is the solution without its regions, and nothing of them is left in it or anywhere else."""

from __future__ import annotations

import pytest
from small_course import REFERENCE

from autograder.course.problem import CourseError
from autograder.release.starter import regions, solution_lines, starter, strip, survivors

STUB = 'raise NotImplementedError("line: `predict` is not written yet")'


def test_a_starter_says_what_is_not_written(problem):
    """Each region becomes one exception that names the problem and the function, methods with their class."""
    text = starter(problem)

    assert text == (
        REFERENCE.replace(
            "    # BEGIN SOLUTION\n    heights = np.matmul(x, w)\n    return heights + b\n    # END SOLUTION\n",
            f"    {STUB}\n",
        )
        .replace(
            "    # BEGIN SOLUTION\n    return np.sqrt(np.asarray(a))\n    # END SOLUTION\n",
            '    raise NotImplementedError("line: `root` is not written yet")\n',
        )
        .replace(
            REFERENCE[REFERENCE.rindex("        # BEGIN SOLUTION") :],
            '        raise NotImplementedError("line: `Line.fit` is not written yet")\n',
        )
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("x = 1\n", [], id="none"),
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION\n", [(1, 2)], id="empty_region"),
        pytest.param("x\n  # BEGIN SOLUTION  \ny\n\t# END SOLUTION\n", [(2, 4)], id="indented"),
        pytest.param("# BEGIN SOLUTION\r\nx\r\n# END SOLUTION\r\n", [(1, 3)], id="crlf"),
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION\n" * 2, [(1, 2), (3, 4)], id="two"),
        pytest.param("# The solution begins where this ends.\n", [], id="prose"),
    ],
)
def test_regions_are_found_by_whole_lines(text, expected):
    """A marker is a line of its own, whatever stands before it on the line but code."""
    assert regions(text, "line.py") == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("x\n# BEGIN SOLUTION\n", 2, id="never_ends"),
        pytest.param("x\n\n# END SOLUTION\n", 3, id="never_begins"),
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION\n# END SOLUTION\n", 3, id="ends_twice"),
        pytest.param("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n# END SOLUTION\n", 2, id="nested"),
        pytest.param("### BEGIN SOLUTION\n# END SOLUTION\n", 1, id="hashes"),
        pytest.param("# Begin Solution\n# END SOLUTION\n", 1, id="case"),
        pytest.param("# BEGIN_SOLUTION\n# END SOLUTION\n", 1, id="underscore"),
        pytest.param("# BEGIN SOLUTIONS\n# END SOLUTIONS\n", 1, id="plural"),
        pytest.param("#BEGIN SOLUTION\n# END SOLUTION\n", 1, id="no_space"),
        pytest.param("# BEGINSOLUTION\n# END SOLUTION\n", 1, id="one_word"),
        pytest.param("x = 1  # BEGIN SOLUTION\n# END SOLUTION\n", 1, id="beside_code"),
        pytest.param("# BEGIN SOLUTION here\n# END SOLUTION\n", 1, id="more_words"),
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION.\n", 2, id="full_stop"),
    ],
)
def test_a_marker_that_is_none_is_refused(text, line):
    """A marker that has no partner, or nearly is one, is named with file and line; it could hand out a solution."""
    with pytest.raises(CourseError, match=rf"^line\.py, line {line}: "):
        regions(text, "line.py")


def test_a_region_in_a_notebook_is_a_cell(problem):
    """Outside of a function what is not written yet is the cell; magics keep a notebook from being parsed, and may."""
    text = "%matplotlib inline\n# %%\n# BEGIN SOLUTION\nplot(W)\n# END SOLUTION\n"

    assert strip(text, "notebook.py", "line") == (
        '%matplotlib inline\n# %%\nraise NotImplementedError("line: this cell is not written yet")\n'
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("def f():\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n", "`f`", id="function"),
        pytest.param(
            "class A:\n    def f(self):\n        # BEGIN SOLUTION\n        pass\n        # END SOLUTION\n",
            "`A.f`",
            id="method",
        ),
        pytest.param(
            "def f():\n    def g():\n        # BEGIN SOLUTION\n        pass\n        # END SOLUTION\n    return g\n",
            "`f.g`",
            id="inner_function",
        ),
        pytest.param(
            "if True:\n    def f():\n        # BEGIN SOLUTION\n        pass\n        # END SOLUTION\n",
            "`f`",
            id="conditional",
        ),
        pytest.param("class A:\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n", "this cell", id="class_body"),
    ],
)
def test_the_innermost_function_is_named(text, name):
    """The message names what the student is to write."""
    assert f'raise NotImplementedError("line: {name} is not written yet")' in strip(text, "line.py", "line")


def test_tabs_stay_tabs():
    """The exception is indented as the marker was."""
    text = "def f(x):\n\t# BEGIN SOLUTION\n\treturn x\n\t# END SOLUTION\n"

    assert strip(text, "line.py", "line") == (
        'def f(x):\n\traise NotImplementedError("line: `f` is not written yet")\n'
    )


def test_a_starter_that_does_not_compile_is_refused(course, problem):
    """The message names the file, and the line of what is left."""
    path = course / "solutions/lines/line/line.py"
    path.write_text(REFERENCE.replace("    # END SOLUTION\n\n\ndef root", "    # END SOLUTION\n  \n\n  def root"))

    with pytest.raises(CourseError, match="line 11 does not compile: ") as error:
        starter(problem)

    assert str(path) in str(error.value)


SOLUTION = """\
import numpy as np

mean = np.mean(x, axis=0)
# BEGIN SOLUTION
centred = x - np.mean(x, axis=0)
return out
mean = np.mean(x, axis=0)
# a remark of four whole words
scatter  =  centred.T @ centred   # d by d
for row in range(len(scatter)):
    title = "a # b" + names[row]  # "c"
return total / scatter.sum(axis=1)
# END SOLUTION
"""


def test_telling_lines_are_the_solution_s():
    """Lines and what they compute; not remarks, nor what anybody writes. That it is given is no excuse."""
    assert solution_lines(SOLUTION, "pca.py") == {
        "centred = x - np . mean x axis = 0": 5,
        "x - np . mean x axis = 0": 5,
        "mean = np . mean x axis = 0": 7,
        "scatter = centred . t @ centred": 9,
        "for row in range len scatter": 10,
        "title = a # b + names [ row ]": 11,
        "a # b + names [ row ]": 11,
        "return total / scatter . sum axis = 1": 12,
        "total / scatter . sum axis = 1": 12,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param('def f(x):\n    """Centre.\n\n    centred = x - np.mean(x, axis=0)\n    """\n', 4, id="docstring"),
        pytest.param('"""\n>>> centred = x - np.mean(x, axis=0)\n"""', 2, id="example"),
        pytest.param(">>> scatter = (centred.T\n...            @ centred)", 1, id="example_of_two_lines"),
        pytest.param("# scatter = centred.T @ centred", 1, id="comment"),
        pytest.param("x = 1\n#: scatter = \\\n#     centred.T @ centred", 2, id="comment_of_two_lines"),
        pytest.param("x = f(x)  # scatter = centred.T @ centred", 1, id="comment_after_code"),
        pytest.param("Say ``scatter = centred.T @ centred``, then go on.", 1, id="literal_in_a_sentence"),
        pytest.param("1. Say\n2. `centred = x - np.mean(x, axis=0)`.", 2, id="markdown_list"),
        pytest.param("> scatter = centred.T @ centred", 1, id="quotation"),
        pytest.param("| step | `scatter = centred.T @ centred` |", 1, id="cell_of_a_table"),
        pytest.param("scatter=centred.T@centred", 1, id="without_spaces"),
        pytest.param("Scatter = CENTRED.t @ centred", 1, id="other_capitals"),
        pytest.param("scatter = ( centred.T  @\tcentred )", 1, id="other_spaces"),
        pytest.param("a = 1\nscatter = (\n    centred.T\n    @ centred\n)", 2, id="on_several_lines"),
        pytest.param("is what np.dot gives, x - np.mean(x, axis=0), of each row", 1, id="what_is_assigned"),
        pytest.param("out = total / scatter.sum(axis=1)", 1, id="what_is_returned"),
        pytest.param("title = 'a # b' + names[row]", 1, id="other_quotes"),
        pytest.param("for row in range(len(scatter)): pass", 1, id="head_of_a_loop"),
    ],
)
def test_a_solution_line_is_found_wherever_it_stands(text, line):
    """With file and line, and where it comes from."""
    found = list(survivors({"pca.py": solution_lines(SOLUTION, "pca.py")}, [("other.py", "x"), ("page.md", text)]))

    assert found
    assert all(each.startswith(f"page.md, line {line}: the solution line pca.py:") for each in found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("return out", id="anybody_s_line"),
        pytest.param("# a remark of four whole words", id="remark"),
        pytest.param("scatter = centred.T @ centred_too", id="longer_name"),
        pytest.param("scatter = centred.T * centred", id="other_sign"),
        pytest.param("The scatter of centred rows is centred times its transpose.", id="words"),
        pytest.param("scatter = centred\n\nT = 1 @ centred", id="other_line_between"),
        pytest.param("mean = np.mean(x, axis=1)", id="other_number"),
    ],
)
def test_what_is_not_a_solution_line_is_none(text):
    """Neither prose about it nor a line that is nearly it."""
    assert list(survivors({"pca.py": solution_lines(SOLUTION, "pca.py")}, [("page.md", text)])) == []


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param("%timeit x = np.sum(a, axis=0) # b", {"%timeit x = np . sum a axis = 0": 2}, id="magic"),
        pytest.param(
            "    else:\n        b = a @ w.T - c", {"b = a @ w . t - c": 3, "a @ w . t - c": 3}, id="part_of_a_statement"
        ),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_a_region_that_cannot_be_parsed_has_its_lines(inside, expected):
    """A notebook's, or a branch of something that is given."""
    found = solution_lines(f"# BEGIN SOLUTION\n{inside}\n# END SOLUTION\n", "notebook.py")

    assert {line.replace("% timeit", "%timeit"): number for line, number in found.items()} == expected
