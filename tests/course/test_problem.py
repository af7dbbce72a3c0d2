"""A course is read as written, and whatever is wrong with its files is said with the file's name and the cause."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
from small_course import ACCEPT, CHECKS, GIVEN, KEY, REFERENCE, REJECT

from autograder.course.assignments import read_assignment, read_course
from autograder.course.problem import CourseError
from autograder.seed import Seed

TOML = "solutions/lines/assignment.toml"
LINE = "solutions/lines/line"


def replace(path, old, new):
    """Change a file of the course, in which the old text stands once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def read_all(course):
    """Read everything of a course that is read somewhere."""
    for assignment in read_course(course):
        for problem in assignment.problems:
            problem.reference  # noqa: B018
            problem.specimens("accept")
            problem.specimens("reject")


def test_a_course_is_read_as_written(assignment):
    """Names, points, order, limits and paths are those of assignment.toml and the folders."""
    (problem,) = assignment.problems

    assert (assignment.name, assignment.entry.title) == ("lines", "Lines")
    assert (problem.id, problem.points, problem.seed) == ("lines/line", 7, Seed.secret(bytes.fromhex(KEY)))
    assert [check.name for check in problem.checks] == ["prediction", "rooted", "fitted"]
    assert [check.draws for check in problem.checks] == [3, 1, 2]
    assert problem.checks[0].title == "`predict` returns x·w + b for every row of x."
    assert [path.name for path in problem.files.given] == ["given_noise.py"]
    assert problem.files.data.keys() == {"points.npz"}
    assert problem.reference.files == {"line.py": REFERENCE.encode()}


@pytest.mark.parametrize(
    ("said", "worth", "reason"),
    [
        pytest.param("6", 6, "this mistake alone leaves 6 of 7 points", id="number"),
        pytest.param("5.5 points", 5.5, "this mistake alone leaves 5.5 of 7 points", id="unit"),
        pytest.param(
            "6, the rest\nis right", 6, "this mistake alone leaves 6 of 7 points: the rest is right", id="why"
        ),
    ],
)
def test_what_a_mistake_is_worth_is_read_with_its_reason(problem, said, worth, reason):
    """`Worth:` is a paragraph of the docstring like the others."""
    replace(
        problem.folder / "reject/heights_as_a_column.py",
        "Caught: prediction 52",
        f"Worth: {said}\nCaught: prediction 52",
    )

    (specimen,) = (each for each in problem.specimens("reject") if each.name == "heights_as_a_column")

    assert (specimen.worth, specimen.reason) == (worth, reason)
    assert specimen.caught == {"prediction": 52}


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        pytest.param("reject", "heights_as_a_column", "7.5", id="more_than_the_problem"),
        pytest.param("reject", "heights_as_a_column", "-1", id="less_than_nothing"),
        pytest.param("reject", "heights_as_a_column", "half", id="word"),
        pytest.param("reject", "heights_as_a_column", "60 %", id="share"),
        pytest.param("accept", "row_by_row", "6", id="no_mistake"),
    ],
)
def test_a_worth_that_no_mistake_can_have_is_refused(problem, kind, name, said):
    """The message names the file, and has an example."""
    path = problem.folder / kind / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('.\n"""', f'.\n\nWorth: {said}\n"""', 1)
        .replace(".\n\nHint", f".\n\nWorth: {said}\nHint", 1)
        .replace('same."""', f'same.\n\nWorth: {said}\n"""')
    )

    with pytest.raises(CourseError, match=rf"{name}\.py: `Worth: {said}` is not .* at most 7, .* like `3.5, the idea"):
        problem.specimens(kind)


def test_specimens_are_read_from_their_docstrings(problem):
    """The first paragraph is the claim; hint and caught checks stand under their labels; the reference comes first."""
    accepted, rejected = problem.specimens("accept"), problem.specimens("reject")
    heights = next(specimen for specimen in rejected if specimen.name == "heights_as_a_column")

    assert [specimen.name for specimen in accepted] == sorted(ACCEPT)
    assert [specimen.name for specimen in rejected] == sorted(REJECT)
    assert heights.claim == "The heights are a column."
    assert heights.hint == "one number for each row of x is a vector."
    assert heights.caught == {"prediction": 52}
    assert heights.source.startswith(REFERENCE)
    assert heights.source.endswith(REJECT["heights_as_a_column"])


def test_a_docstring_may_break_its_lines(course, problem):
    """A paragraph is one sentence however it is wrapped, and several checks may be caught."""
    (course / LINE / "reject/wrapped.py").write_text(
        '"""Both\nare wrong.\n\nHint: look\nat both.\nCaught: prediction 53,\nfitted 2\n"""\n'
    )

    specimen = problem.specimens("reject")[-1]

    assert (specimen.claim, specimen.hint) == ("Both are wrong.", "look at both.")
    assert specimen.caught == {"prediction": 53, "fitted": 2}


CHECK_OF_FOUR = "@check(points=4, draws=2)"


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        pytest.param(TOML, 'title = "Lines"', "title =", "", id="toml_malformed"),
        pytest.param(TOML, 'title = "Lines"\n', "", "`title`", id="toml_without_title"),
        pytest.param(TOML, "quota = 3", "quotas = 3", "`quotas`", id="toml_unknown_key"),
        pytest.param(TOML, "quota = 3", 'quota = "3"', "`$.quota`", id="toml_wrong_type"),
        pytest.param(
            TOML, "points = 7\n", "points = 7\nlimits = {seconds = 3}\n", "'seconds'", id="toml_unknown_limit"
        ),
        pytest.param(
            TOML, "points = 7\n", "points = 7\nlimits = {threads = 0.5}\n", "threads", id="toml_half_a_thread"
        ),
        pytest.param(TOML, "points = 7\n", "", "`points`", id="toml_problem_without_points"),
        pytest.param(TOML, "[[problems]]", "[problems]", "`$.problems`", id="toml_problems_no_list"),
        pytest.param(TOML, "points.npz", "planes.npz", "planes.npz", id="missing_data"),
        pytest.param(TOML, 'name = "line"', 'name = "curve"', "curve/checks.py", id="missing_problem"),
        pytest.param(TOML, 'name = "line"', 'name = "../line"', "'../line'", id="problem_no_module_name"),
        pytest.param(
            f"{LINE}/checks.py", "points=2", "points=3", "sum to 8; assignment.toml says 7", id="points_do_not_sum"
        ),
        pytest.param(f"{LINE}/checks.py", "@check(points=2)\n", "", "sum to 5", id="unmarked_probe"),
        pytest.param(f"{LINE}/expect.py", "def a_root", "def root", "no function `a_root`", id="unknown_predicate"),
        pytest.param(f"{LINE}/checks.py", "import numpy as np", "import numpy as", "line 3", id="checks_syntax_error"),
        pytest.param(f"{LINE}/checks.py", "shaken\n", "shaken, stirred\n", "stirred", id="checks_import_error"),
        pytest.param(f"{LINE}/checks.py", CHECK_OF_FOUR, "@check(draws=2)", "points", id="check_without_points"),
        pytest.param(f"{LINE}/checks.py", CHECK_OF_FOUR, "@check(points=0)", "must be > 0", id="check_of_no_points"),
        pytest.param(
            f"{LINE}/checks.py", CHECK_OF_FOUR, "@check(points=4, rtol=0.1)", "without saying why", id="idle_tolerance"
        ),
        pytest.param(
            f"{LINE}/checks.py", '    """`root` returns any x with x² = a."""\n', "", "no docstring", id="untitled"
        ),
        pytest.param(
            f"{LINE}/expect.py", "import numpy as np", "import nonesuch", "nonesuch", id="expect_import_error"
        ),
        pytest.param(
            f"{LINE}/reject/one_step.py", "Caught: fitted 53", "Caught: fitted", "fitted", id="caught_no_code"
        ),
        pytest.param(f"{LINE}/reject/one_step.py", "fitted 53", "fitted 53 52", "fitted 53 52", id="caught_two_codes"),
        pytest.param(f"{LINE}/reject/one_step.py", "fitted 53", "fit 53", "the check fit", id="caught_unknown_check"),
        pytest.param(f"{LINE}/reject/one_step.py", "fitted 53", "fitted 99", "99", id="caught_unknown_code"),
        pytest.param(f"{LINE}/reject/one_step.py", "Caught: fitted 53\n", "", "`Caught:`", id="reject_without_caught"),
        pytest.param(
            f"{LINE}/reject/one_step.py",
            "Hint: how often does your loop run?\n",
            "",
            "`Hint:`",
            id="reject_without_hint",
        ),
        pytest.param(
            f"{LINE}/reject/one_step.py",
            "One step is taken, whatever is asked for.\n",
            "",
            "the misconception",
            id="reject_without_claim",
        ),
        pytest.param(f"{LINE}/reject/one_step.py", "def fit(", "def (", "line", id="reject_syntax_error"),
        pytest.param(
            f"{LINE}/accept/row_by_row.py", 'same."""', 'same.\n\nHint: none\n"""', "no hint", id="accept_with_hint"
        ),
        pytest.param(
            f"{LINE}/accept/row_by_row.py",
            '"""A loop over the rows gives the same."""',
            "",
            "what is different",
            id="accept_without_claim",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file(course, path, old, new, said):
    """A CourseError names the file and the cause, so that nobody has to look for either."""
    replace(course / path, old, new)

    with pytest.raises(CourseError) as error:
        read_all(course)

    assert str(course / path) in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        pytest.param(f"{LINE}/checks.py", f"{LINE}/checks.py", id="checks"),
        pytest.param(f"{LINE}/expect.py", f"{LINE}/expect.py", id="expect"),
        pytest.param(f"{LINE}/line.py", f"{LINE}/line.py", id="reference"),
        pytest.param("data/points.npz", "data/points.npz", id="data"),
        pytest.param("solutions/lines/given/given_noise.py", f"{LINE}/checks.py", id="given"),
    ],
)
def test_a_missing_file_is_named(course, path, named):
    """What isn't there is missed by name."""
    (course / path).unlink()

    with pytest.raises(CourseError, match=r"can't be|there is no|no function|the file") as error:
        read_all(course)

    assert str(course / named) in str(error.value)


@pytest.mark.parametrize(
    "path", [pytest.param(f"{LINE}/line.py", id="reference"), pytest.param(f"{LINE}/reject/one_step.py", id="specimen")]
)
def test_a_file_that_is_not_utf8_is_named(course, path):
    """A text is UTF-8."""
    (course / path).write_bytes("# déjà vu\n".encode("latin-1"))

    with pytest.raises(CourseError) as error:
        read_all(course)

    assert str(course / path) in str(error.value)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        pytest.param(None, "can't be read", id="missing"),
        pytest.param(b"\xff", "", id="not_utf8"),
        pytest.param(b'title = "Lines"\nproblems = []\n', "problem", id="no_problem"),
    ],
)
def test_a_folder_that_is_no_assignment_is_named(course, toml, said):
    """An assignment has a readable assignment.toml with at least one problem in it."""
    folder = course / "solutions/lines"
    if toml is None:
        (folder / "assignment.toml").unlink()
    else:
        (folder / "assignment.toml").write_bytes(toml)

    with pytest.raises(CourseError) as error:
        read_assignment(folder, "lines", course / "data")

    assert str(folder / "assignment.toml") in str(error.value)
    assert said in str(error.value)


def test_two_problems_of_one_name_are_refused(course):
    """A problem is handed in as a file of its name: no other of the assignment may have it."""
    toml = course / TOML
    toml.write_text(toml.read_text() + '\n[[problems]]\nname = "line"\ntitle = "Again"\npoints = 7\n')

    with pytest.raises(CourseError, match="line") as error:
        read_all(course)

    assert str(toml) in str(error.value)


@pytest.mark.parametrize("also", [False, True], ids=["at_home", "officially_only"])
def test_what_is_judged_at_home_needs_what_is(course, also):
    """Or it would be waiting for the other officially, and for nothing at home."""
    page = course / LINE / "checks.py"
    replace(page, "@check(points=2)", "@check(points=2, at_home=False)")
    replace(page, CHECK_OF_FOUR, f'@check(points=4, draws=2, needs=("prediction",), at_home={not also})')

    if also:
        (problem,) = read_course(course)[0].problems
        assert [check.at_home for check in problem.checks] == [False, True, False]
        return
    with pytest.raises(CourseError, match="`fitted` needs `prediction`, which is not judged at home"):
        read_course(course)


class TestKeys:
    """Without a key of its own an assignment has no official run."""

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            pytest.param('key = ""', "a key of 0 bits; expected 128 to 512", id="empty"),
            pytest.param(f'key = "{KEY[:30]}"', "a key of 120 bits; expected 128 to 512", id="short"),
            pytest.param(f'key = "{KEY * 3}"', "a key of 768 bits; expected 128 to 512", id="long"),
            pytest.param(f'key = "{KEY[:-1]}"', "is no text of hexadecimal digits", id="odd"),
            pytest.param(f'key = "x{KEY[1:]}"', "is no text of hexadecimal digits", id="not_hexadecimal"),
            pytest.param("key = 987654321", "is no text of hexadecimal digits", id="number"),
            pytest.param(f'key = ["{KEY}"]', "is no text of hexadecimal digits", id="list"),
        ],
    )
    def test_one_that_is_none_is_refused(self, course, line, said):
        """With the command that makes one, and not quoted."""
        replace(course / TOML, f'key = "{KEY}"', line)

        with pytest.raises(CourseError) as error:
            read_course(course)

        assert str(course / TOML) in str(error.value)
        assert said in str(error.value)
        assert "`autograder new-term --assignment lines`" in str(error.value)
        assert KEY[:12] not in str(error.value)

    def test_without_one_there_is_no_seed(self, course):
        """The course can be read and released; who asks for official inputs is told what to do."""
        replace(course / TOML, f'key = "{KEY}"\n', "")
        (assignment,) = read_course(course)
        (problem,) = assignment.problems

        assert problem.official is None
        with pytest.raises(CourseError, match=r"has no `key`.*`autograder new-term --assignment lines`") as error:
            problem.seed  # noqa: B018

        assert str(course / TOML) in str(error.value)

    def test_two_assignments_have_not_one(self, course):
        """However it is spelt: what is seen of the one would tell of the other."""
        shutil.copytree(course / "solutions/lines", course / "solutions/more")
        replace(course / "solutions/more/assignment.toml", KEY, KEY.upper())

        with pytest.raises(CourseError, match=r"has the `key` of lines.*--assignment more`") as error:
            read_course(course)

        assert KEY not in str(error.value)


def test_a_page_without_checks_is_refused(course):
    """A problem has at least one check."""
    (course / LINE / "checks.py").write_text('"""Nothing yet."""\n')

    with pytest.raises(CourseError, match="holds no check"):
        read_all(course)


def test_a_folder_without_solutions_is_no_course(tmp_path):
    """The message says where a course was looked for, and how to name another."""
    with pytest.raises(CourseError, match="--course DIR") as error:
        read_course(tmp_path)

    assert str(tmp_path) in str(error.value)


def test_handed_out_modules_of_one_name_do_not_mix(course):
    """Each assignment's pages import their own given modules, whichever is read first."""
    again = course / "solutions/again"
    shutil.copytree(course / "solutions/lines", again)
    replace(again / "assignment.toml", KEY, KEY[::-1])
    (again / "given/given_noise.py").write_text(GIVEN.replace("SPREAD = 0.5", "SPREAD = 64.0"))
    path = list(sys.path)

    pages = {one.name: one.problems[0].checks[-1].probe.__globals__ for one in read_course(course)}
    heights = {name: page["shaken"](np.random.default_rng(1), np.zeros(1)) for name, page in pages.items()}

    assert heights["again"] == 128.0 * heights["lines"]
    assert "given_noise" not in sys.modules
    assert sys.path == path


def test_the_pages_of_two_courses_do_not_mix(course, tmp_path, problem):
    """A problem's page is that of its folder, though another of the same name has been read."""
    other = tmp_path / "other"
    (course).rename(other)
    replace(other / LINE / "checks.py", CHECK_OF_FOUR, "@check(points=4, draws=5)")

    (assignment,) = read_course(other)

    assert [check.draws for check in assignment.problems[0].checks] == [3, 1, 5]


def test_a_probe_stays_a_function_and_is_found_in_its_place():
    """Marking a probe changes nothing about it; checks come in the order they are written."""
    page = {"__name__": "checks"}
    exec(CHECKS.replace("from given_noise import shaken\n", ""), page)

    assert [name for name, value in page.items() if hasattr(value, "__check__")] == ["prediction", "rooted", "fitted"]
    assert page["prediction"].__check__.probe is page["prediction"]


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        pytest.param("return {'x': postives(rng)} if rng is None else {}", "postives", id="in_a_branch"),
        pytest.param("return {'x': (lambda: nmupy.ones(3))()}", "nmupy", id="in_a_lambda"),
        pytest.param("return {k: v for k, v in {}.items() if threshold}", "threshold", id="in_a_comprehension"),
        pytest.param("class Own:\n        size = count\n    return {}", "count", id="in_a_class"),
        pytest.param("class Own:\n        count = 3\n        size = count\n    return {}", "", id="of_the_class"),
        pytest.param("global made\n    made = 3\n    return {'x': made}", "", id="made_by_a_function"),
        pytest.param("return {'x': len(__name__)}", "", id="of_python"),
    ],
)
def test_a_name_that_nobody_has_made_is_found_before_it_is_read(course, body, unknown):
    """Also where the reference never comes: a student's values would be the first to get there."""
    path = course / "solutions/lines/line/checks.py"
    text = path.read_text("utf-8")
    lines = text.splitlines()
    first = next(k for k, one in enumerate(lines) if one.strip().startswith("return "))
    path.write_text("\n".join([*lines[:first], f"    {body}", *lines[first + 1 :]]) + "\n", encoding="utf-8")

    if not unknown:
        assert read_course(course)
        return
    with pytest.raises(CourseError, match=rf"checks\.py, line \d+: there is no `{unknown}`"):
        read_course(course)
