"""A starter is the solution without its regions, and nothing of them is left in it or anywhere else."""

from __future__ import annotations

import pytest
from small_course import REFERENCE

from autograder.course.pages import CourseError
from autograder.release.starter import Region, regions, solution_lines, starter, strip, survivors

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
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION\n", [Region(1, 2)], id="empty_region"),
        pytest.param("x\n  # BEGIN SOLUTION  \ny\n\t# END SOLUTION\n", [Region(2, 4)], id="indented"),
        pytest.param("# BEGIN SOLUTION\r\nx\r\n# END SOLUTION\r\n", [Region(1, 3)], id="crlf"),
        pytest.param("# BEGIN SOLUTION\n# END SOLUTION\n" * 2, [Region(1, 2), Region(3, 4)], id="two"),
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

    with pytest.raises(CourseError, match="does not compile: line") as error:
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
# END SOLUTION
"""


def test_telling_lines_are_those_of_the_solution_alone():
    """Anybody's lines, remarks, and lines that are handed out anyway give nothing away."""
    assert solution_lines(SOLUTION, "pca.py") == {
        "centred = x - np.mean(x, axis=0)": 5,
        "scatter = centred.T @ centred": 9,
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("scatter = centred.T @ centred\n", id="as_it_stands"),
        pytest.param("\tscatter =  centred.T @ centred\n", id="other_spacing"),
        pytest.param("scatter = centred.T @ centred  # easy\n", id="with_a_remark"),
    ],
)
def test_a_solution_line_that_survives_is_named(text):
    """The sentence names file and line of both, however the line is laid out."""
    solutions = {"pca.py": solution_lines(SOLUTION, "pca.py")}

    (sentence,) = survivors(solutions, [("checks.py", f"import numpy\n{text}"), ("README.md", "nothing\n")])

    assert sentence.startswith("checks.py, line 2: the solution line pca.py:9 survives")


def test_a_starter_gives_nothing_away(problem):
    """No telling line of the solution stands in the starter."""
    lines = solution_lines(REFERENCE, "line.py")

    assert lines
    assert list(survivors({"line.py": lines}, [("line.py", starter(problem))])) == []
