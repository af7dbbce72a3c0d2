"""What stands beside student code sees what a call does to its arguments, and changes nothing about the call."""

from __future__ import annotations

import io
from types import ModuleType

import numpy as np
import pytest

from autograder.worker.job import CallJob, NotebookJob, ProbeJob, entry_point, load, parts, read_job
from autograder.worker.recorder import WATCHED_ARRAYS, Missing, Watch, Watched
from autograder.worker.run import Clipped

MODULE = """
import numpy as np

SIZE = 3
kept = []

def right(x, w):
    return x @ w

def in_place(x, w):
    w *= 2.0
    return x @ w

def crashes(x):
    x[0] = 9.0
    raise ValueError("after the fact")

def through_a_view(x):
    x[:, :1].ravel()[...] = 0.0
    x.reshape(-1)[-1] = 5.0

def through_the_base(part):
    part.base[...] = 7.0

def in_the_list(several):
    several[0][0] = 9.0

def forward(x):
    return x.sum(), (x,)

def backward(d, cache):
    cache[0][...] = d

def remember(x):
    kept.append(x)

def recall():
    kept[-1][...] = 3.0

def many(*arrays, **named):
    for array in (*arrays, *named.values()):
        array += 1.0

def keyword_only(*, eta):
    eta += 1.0

class Line:
    slope = 2.0

    def __init__(self, eta=None):
        self.eta = eta

    def fit(self, x, y):
        y -= 1.0
        return self

    def copy(self):
        return Line(self.eta)

    @classmethod
    def of(cls, x):
        x += 1.0
        return cls(x)

    @staticmethod
    def scale(x):
        x *= 2.0

def line():
    return Line()

def array():
    return np.ones(3)
"""


@pytest.fixture
def watch():
    """A watch on nothing yet."""
    return Watch(measuring=True)


@pytest.fixture
def net(watch):
    """A student's module, watched."""
    module = ModuleType("net")
    exec(MODULE, module.__dict__)
    return Watched(module, "net", "net", watch)


@pytest.fixture
def x():
    """An argument."""
    return np.arange(1.0, 7.0).reshape(2, 3)


CHANGING = {
    "positional": (lambda net, x: net.in_place(np.ones((1, 2)), x), "`w` of `in_place`"),
    "keyword": (lambda net, x: net.in_place(w=x, x=np.ones((1, 2))), "`w` of `in_place`"),
    "keyword_only": (lambda net, x: net.keyword_only(eta=x), "`eta` of `keyword_only`"),
    "starred": (lambda net, x: net.many(x), "`0` of `many`"),
    "starred_keyword": (lambda net, x: net.many(bias=x), "`bias` of `many`"),
    "view": (lambda net, x: net.through_a_view(x), "`x` of `through_a_view`"),
    "base": (lambda net, x: net.through_the_base(x[:1]), "`part` of `through_the_base`"),
    "fortran_order": (lambda net, x: net.many(bias=np.asfortranarray(x)), "`bias` of `many`"),
    "method": (lambda net, x: net.Line().fit(None, x), "`y` of `fit`"),
    "classmethod": (lambda net, x: net.line().of(x), "`x` of `of`"),
    "staticmethod": (lambda net, x: net.line().scale(x), "`x` of `scale`"),
    "method_of_a_copy": (lambda net, x: net.Line().copy().fit(None, x), "`y` of `fit`"),
}


@pytest.mark.parametrize(("call", "named"), CHANGING.values(), ids=CHANGING.keys())
def test_a_changed_argument_is_named(net, watch, x, call, named):
    """The name is that of the parameter, as far as the function has one."""
    call(net, x)

    assert list(watch.changed) == [named]


def test_an_argument_changed_before_a_crash_is_named(net, watch, x):
    """The exception goes on to the probe, and the change is told."""
    with pytest.raises(ValueError, match="after the fact"):
        net.crashes(x)

    assert list(watch.changed) == ["`x` of `crashes`"]


def test_an_array_passed_earlier_is_watched_in_later_calls(net, watch, x):
    """A backward pass that writes into the cache changes what the caller gave to the forward pass."""
    _, cache = net.forward(x)
    assert not watch.changed

    net.backward(0.5, cache)

    assert list(watch.changed) == ["`x` of `forward`"]


def test_an_array_kept_in_a_global_is_watched(net, watch, x):
    """The call that changes it need not be handed it."""
    net.remember(x)
    net.recall()

    assert list(watch.changed) == ["`x` of `remember`"]


def test_the_callers_own_changes_are_its_own(net, watch, x):
    """Between two calls a probe may do with its arrays what it likes: the numeric gradient does."""
    w = np.ones(3)
    for i in range(3):
        w[i] += 1e-4
        net.right(x, w)
        w[i] -= 1e-4

    assert not watch.changed


def test_a_right_call_changes_nothing_and_returns_its_result(net, watch, x):
    """The result is the function's own."""
    expected = x @ np.ones(3)

    found = net.right(x, np.ones(3))

    assert np.array_equal(expected, found)
    assert not watch.changed


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0], ids=["nan", "inf", "negative_zero"])
def test_an_odd_number_is_the_same_after_a_call(net, watch, value):
    """NaN is not equal to itself, and yet unchanged."""
    net.right(np.full((2, 3), value), np.ones(3))

    assert not watch.changed


def test_a_change_that_compares_equal_is_a_change(watch):
    """-0.0 equals 0.0, and divides otherwise."""
    zeros = np.zeros(2)

    watch.call("negate", lambda x: np.negative(x, out=x), (zeros,), {})

    assert list(watch.changed) == ["`x` of `negate`"]


def test_each_change_is_named_once(net, watch, x):
    """That it happens in every epoch is no news."""
    for _ in range(5):
        net.many(bias=x)

    assert list(watch.changed) == ["`bias` of `many`"]


def test_only_the_last_arrays_are_watched(net, watch):
    """A probe that calls a thousand times doesn't have a thousand arrays compared."""
    kept = [np.ones((2, 3)) for _ in range(3 * WATCHED_ARRAYS)]
    for x in kept:
        net.right(x, np.ones(3))

    assert len(watch.arrays) == WATCHED_ARRAYS


def test_arrays_that_nobody_has_any_more_are_forgotten(net, watch):
    """The batches of a training loop are gone, and take no time, once neither the probe nor the student has them."""
    rows = np.ones((900, 3))
    for _ in range(3 * WATCHED_ARRAYS):
        net.right(rows[np.arange(400)], np.ones(3))
        net.right(rows[200:600], np.ones(3))

    assert [reference for reference, *_ in watch.arrays.values() if reference() is not None] == []


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.ones((3, 4)).T, id="transposed"),
        pytest.param(np.ones((3, 4))[::2], id="strided"),
        pytest.param(np.array(["2026-01-01"], "datetime64[D]"), id="no_buffer"),
        pytest.param(np.array(1.0), id="a_number"),
    ],
)
def test_arrays_of_any_layout_are_watched(watch, array):
    """How an array lies in memory, and whether it is a buffer, makes no difference."""

    def spoil(x):
        x[...] = x[...] + 1

    watch.call("look", lambda x: x.sum() if x.dtype == float else None, (array,), {})
    before = list(watch.changed)
    watch.call("spoil", spoil, (array,), {})

    assert before == []
    assert list(watch.changed) == ["`x` of `look`"]


@pytest.mark.parametrize(
    ("argument", "narrow"),
    [
        pytest.param(np.ones(3, np.float32), True, id="float32"),
        pytest.param(np.ones(3, np.float16), True, id="float16"),
        pytest.param(np.ones(3), False, id="float64"),
        pytest.param(np.ones(3, np.int32), False, id="int32"),
        pytest.param(np.ones(3, np.uint8), False, id="uint8"),
        pytest.param([1.0], False, id="list"),
    ],
)
def test_narrow_are_inputs_of_few_digits(watch, argument, narrow):
    """An answer needs no more digits than its inputs have; whole numbers have all of theirs."""
    watch.call("f", lambda x, y=None: None, (np.ones(2),), {"y": argument})

    assert watch.narrow is narrow


class TestWatched:
    """A probe sees the student's module, and is watched doing so."""

    def test_what_is_no_function_is_itself(self, net):
        """Constants, and what stands in an instance's attributes, come as they are."""
        assert net.SIZE == 3
        assert net.Line(eta=0.5).eta == 0.5
        assert net.Line().slope == 2.0

    def test_setting_an_attribute_sets_it(self, net):
        """A probe may put known weights into a model."""
        line = net.Line()
        line.slope = 5.0

        assert line.copy().slope == 2.0
        assert line.slope == 5.0
        assert line.fit(None, np.ones(2)).slope == 5.0

    def test_a_method_that_returns_its_object_returns_the_watched_one(self, net, watch):
        """`model.fit(...).fit(...)` is watched to its end."""
        line = net.Line()

        assert line.fit(None, np.ones(2)) is line

    def test_what_is_not_of_the_students_classes_is_itself(self, net):
        """An array is an array."""
        assert type(net.array()) is np.ndarray

    @pytest.mark.parametrize(
        ("missing", "said"),
        [
            pytest.param(lambda net: net.nothing, r"net\.py has no `nothing`", id="function"),
            pytest.param(lambda net: net.Line().nothing, "`Line` has no `nothing`", id="method"),
        ],
    )
    def test_what_is_not_there_is_not_implemented(self, net, missing, said):
        """A missing function is one that is not written yet."""
        with pytest.raises(NotImplementedError, match=said):
            missing(net)

    def test_what_is_not_there_can_be_asked_for(self, net):
        """`hasattr` works as on any module."""
        assert not hasattr(net, "nothing")
        assert issubclass(Missing, AttributeError)

    def test_an_attribute_error_within_a_call_is_the_students(self, net):
        """Only what the probe itself asks for is missing."""
        with pytest.raises(AttributeError) as error:
            net.forward(None)

        assert not isinstance(error.value, Missing)


FOUND = {"data": {"points.npz": "/course/data/points.npz"}, "limits": {"wall_seconds": 10.0}}
FILES = {"line.py": b"\x00\xff\n", "empty.py": b"", "given_noise.py": b"SPREAD = 1\n"}
JOBS = (
    ProbeJob(
        module="line",
        page="x = 1\n",
        given=("given_noise",),
        allowed_imports=("numpy",),
        draws=(("prediction", 0, 2**127), ("fitted", 1, 3)),
        files=FILES,
        **FOUND,
    ),
    NotebookJob("a:b", "line", (), files=FILES, cells=(("cell 1", "x"),), wanted=(("x", 0),), **FOUND),
    CallJob("a:b", {"threads": 1}, FILES),
)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_a_job_arrives_as_it_was_sent(job):
    """Names, numbers, paths and the bytes of files are the same on the other side."""
    assert read_job(io.BytesIO(b"".join(parts(job))).read) == job


def test_an_entry_point_is_a_function_of_ours():
    """It is named for another process, which finds it by that name and imports nothing else."""
    assert load(entry_point(load)) is load
    for other in (io.StringIO, lambda: None, Watch.call):
        with pytest.raises(ValueError, match="no function of the engine"):
            entry_point(other)


class TestClipped:
    """Printed text is kept as far as there is room, and costs nothing beyond."""

    def test_a_short_text_is_kept(self):
        """What was printed is there, once."""
        stream = Clipped(20)
        print("epoch", 1, file=stream)

        assert stream.take() == "epoch 1\n"
        assert stream.take() == ""

    def test_a_long_text_is_cut(self):
        """The first characters stay, and a mark says that there were more."""
        stream = Clipped(24)
        for _ in range(1000):
            stream.write("0123456789")

        assert stream.take() == "012345678901234567890123 […]"

    def test_a_text_that_was_cut_at_the_end_of_a_write_is_marked(self):
        """Where the writes end makes no difference."""
        stream = Clipped(4)
        stream.write("0123")
        stream.write("4567")

        assert stream.take() == "0123 […]"

    def test_there_is_room_again_afterwards(self):
        """One draw's chatter takes nothing from the next's."""
        stream = Clipped(5)
        stream.write("0123456789")
        stream.take()
        stream.write("again")

        assert stream.take() == "again"
