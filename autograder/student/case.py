"""One draw of a check as a case to debug: its inputs, a call to step into, numeric gradients, and a script of it.

The student's module runs in this process, so that breakpoints, prints and tracebacks work.
"""

from __future__ import annotations

import ast
import io
import linecache
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import partial
from inspect import BoundArguments, Parameter, Signature, signature
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.authoring import Check, generator
from autograder.course.problem import CourseError, Implementation, Problem, importable
from autograder.expected import ANSWERS_FILE, Draws, from_file
from autograder.grading import judge
from autograder.report import pluralize
from autograder.sandbox.observe import Sandbox
from autograder.seed import Seed
from autograder.student.check import check_named, find, modules_in
from autograder.wire import Array
from autograder.worker.recorder import Watch, Watched

# Of a larger array so many entries are tried, evenly spread: each takes two calls.
MOST_ENTRIES = 300
# More calls are counted, and no gradients compared: they are a training loop's.
MOST_CALLS = 20
# Larger tuples and dictionaries are described by their type.
MOST_PARTS = 10
# The step of a central difference that balances its error with rounding: the cube root of the machine's precision.
STEP = 6e-6


class _StoppedError(Exception):
    """The first call was about to be made."""


@dataclass
class Call:
    """A call of the student's code: its inputs by parameter, as they were before it, and what came back, if it did."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    # The arguments themselves, what came back, and the parameters of the instance whose method it is.
    taken: Sequence[Any] = ()
    came_back: tuple[Any, ...] = ()
    params: Mapping[str, Array] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs by parameter; by position where the function does not take them so."""
        bound = self._bound()
        numbered = {str(position): value for position, value in enumerate(self.args)}
        return dict(bound.arguments) if bound else {**numbered, **self.kwargs}

    def __call__(self, **others: Any) -> Any:
        """Make the call again, on copies of the same inputs, or on these ``others`` in their place."""
        bound = self._bound()
        if bound is None:
            return self.function(*map(_copied, self.args), **self.kwargs, **others)
        bound.arguments.update({name: _copied(value) for name, value in bound.arguments.items()} | others)
        return self.function(*bound.args, **bound.kwargs)

    def _bound(self) -> BoundArguments | None:
        try:
            return signature(self.function).bind(*self.args, **self.kwargs)
        except (TypeError, ValueError):  # the arguments don't fit, or it has no signature
            return None

    def __str__(self) -> str:
        given = ", ".join(f"{name}={described(value)}" for name, value in self.inputs.items())
        back = f" returned {described(self.came_back[0])}" if self.came_back else ""
        return f"{self.name}({given}){back}"


class _Recorder(Watch):
    def __init__(self, calls: list[Call]) -> None:
        super().__init__()
        self._calls = calls

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        __tracebackhide__ = True  # IPython's debugger passes over this frame
        made = Call(name, function, *_kept(args, kwargs), (*args, *kwargs.values()))
        if isinstance(params := getattr(getattr(function, "__self__", None), "params", None), dict):
            made.params = {key: value.copy() for key, value in params.items() if isinstance(value, np.ndarray)}
        self._calls.append(made)
        returned = super().call(name, function, args, kwargs)
        made.came_back = (returned,)
        return returned


class _Unloaded:
    """Stands for a module that is not run: records the first call, and ends the check there."""

    def __init__(self, text: bytes, calls: list[Call]) -> None:
        self._text, self._calls = text, calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            self._calls.append(Call(name, function, *_kept(args, kwargs)))
            raise _StoppedError

        names = [Parameter(one, Parameter.POSITIONAL_OR_KEYWORD, default=None) for one in _parameters(self._text, name)]
        function.__signature__ = Signature(names)  # type: ignore[attr-defined]
        return function


def _kept(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    return tuple(map(_copied, args)), {key: _copied(value) for key, value in kwargs.items()}


def _parameters(text: bytes, name: str) -> list[str]:
    """Read the names of a function's parameters, or of those of a class, in a module's text; none if it can't be."""
    with suppress(SyntaxError, ValueError):
        for node in ast.parse(text).body:
            inner = node.body if isinstance(node, ast.ClassDef) and node.name == name else [node]
            for one in inner:
                if isinstance(one, ast.FunctionDef) and one.name == (name if one is node else "__init__"):
                    return [arg.arg for arg in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs)][
                        one is not node :
                    ]
    return []


@dataclass
class Case:
    """One draw of a check. Call it to run the check's calls on the module as saved: it returns itself, with results.

    Attributes
    ----------
    calls : list of Call
        The calls made so far. Before the case is called: the first one, not made yet.
    values : dict
        What the check compares, by name, once it has run.
    gradients : list of str
        For each gradient that came back: the entry farthest from central differences of the student's own function.
    """

    problem: Problem
    check: Check
    draw: int
    folder: Path
    asked: Sequence[tuple[str, str]]
    calls: list[Call] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    gradients: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs, by parameter, of the latest call in ``calls``; after an exception, of the call that raised."""
        return self.calls[-1].inputs if self.calls else {}

    @property
    def seed(self) -> int:
        """The seed of the generator that the check draws its inputs from."""
        return Seed.public().of_draw(self.problem.id, self.check.name, self.draw)

    def __call__(self) -> Case:
        """Run the check's calls; what the student's code raises is raised here."""
        self.calls, self.values, self.gradients = [], {}, []
        with _as_saved(self.problem, self.folder) as module:
            watched = Watched(module, module.__name__, module.__name__, _Recorder(self.calls))
            self.values = dict(self.check.probe(watched, generator(self.seed)))
            self.gradients = [*_gradients(self.calls, self.values)]
        return self

    def look_ahead(self) -> None:
        """Draw the inputs of the first call, and run nothing of the student's."""
        path = self.folder / self.problem.module_file
        # A check that uses anything else of the module before its first call has no inputs to show yet.
        with suppress(_StoppedError, TypeError, AttributeError), chdir(self.problem.folder.parents[1]):
            self.check.probe(_Unloaded(path.read_bytes(), self.calls), generator(self.seed))

    def __str__(self) -> str:
        where = f"draw {self.draw + 1} of {self.check.draws}"
        lines = [f"{self.problem.id}, check `{self.check.name}`, {where}: {self.check.title}"]
        lines += [f"  {call}" for call in self.calls[:MOST_CALLS]]
        if len(self.calls) > MOST_CALLS:
            lines.append(f"  and {pluralize(len(self.calls) - MOST_CALLS, 'more call')}")
        if not self.values:
            lines.append("  The last call has not come back yet. Call the case to make the calls.")
            return "\n".join(lines)
        lines += [f"  `{name}`: {described(self.values.get(name))}; asked for: {asked}" for name, asked in self.asked]
        return "\n".join([*lines, *(f"  {said}" for said in self.gradients)])

    __repr__ = __str__


def case(problem: str, check: str, *, draw: int | None = None, folder: Path | str = ".") -> Case:
    """Return one draw of a check, to debug: the first that fails, or the first of all where none does.

    CourseError if no such problem or check is there.

    Parameters
    ----------
    problem, check : str
        The module's name, with or without ``.py``, and the check's.
    draw : int, optional
        The number of the draw, from 0.
    folder : path, optional
        Where the module is.
    """
    here = Path(folder).resolve()
    found = find(here, problem.removesuffix(".py"))
    (wanted,) = check_named(found, [check])
    if not wanted.at_home:
        raise CourseError(f"`{check}` is made in the official run alone; there is no case of it at home")
    if draw is not None and not 0 <= draw < wanted.draws:
        raise CourseError(f"`{check}` has {wanted.draws} draws: draw is 0 to {wanted.draws - 1}")
    if not (here / found.module_file).is_file():
        raise CourseError(f"{here / found.module_file} is missing; there is no case without it")
    right = from_file(found.folder / ANSWERS_FILE).reference
    number = _failing(found, here, wanted, right) if draw is None else draw
    # The kind alone: nobody works out a number that is shown.
    asked = [(name, kind_of(np.asarray(value))) for name, value in right[check, number].values.items()]
    made = Case(found, wanted, number, here, asked)
    made.look_ahead()
    return made


def _failing(problem: Problem, folder: Path, check: Check, right: Draws) -> int:
    with Sandbox(warm=False) as sandbox:
        seen = sandbox.observe(
            problem, Implementation.of(problem.module_file, modules_in(folder)), Seed.public(), [check]
        )
    alike = {one.draw: [one] * check.draws for one in seen}  # a draw stands for all: the others say nothing of it
    return next((draw for draw, same in alike.items() if judge(problem, check, same, right, Seed.public())), 0)


@contextmanager
def _as_saved(problem: Problem, folder: Path) -> Iterator[ModuleType]:
    """Import the module as saved, with the modules beside it; afterwards the caller's are as they were."""
    own, writes_none = _beside(folder), sys.dont_write_bytecode
    for name in own:
        del sys.modules[name]
    path = folder / problem.module_file
    module = ModuleType(problem.name)
    module.__file__ = str(path)
    with importable(problem.files.given), chdir(problem.folder.parents[1]):
        sys.path.insert(0, str(folder))
        sys.modules[problem.name] = module
        sys.dont_write_bytecode = True  # a file saved twice within a second would be taken as it was first
        linecache.checkcache()
        try:
            exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
            yield module
        finally:
            sys.dont_write_bytecode = writes_none
            sys.path.remove(str(folder))
            for name in _beside(folder):
                del sys.modules[name]
            sys.modules.update(own)


def _beside(folder: Path) -> dict[str, ModuleType]:
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items() if name != "__main__"}
    return {name: sys.modules[name] for name, file in files.items() if file and Path(file).parent == folder}


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def kind_of(array: Array) -> str:
    """Name an array's dtype and shape."""
    return f"{array.dtype} {array.shape}" if array.ndim else f"a number, {array.dtype}"


def described(value: Any) -> str:
    """Describe a value in a few words: an array by its dtype and shape, a number by itself, others by their type."""
    if isinstance(value, np.ndarray) and value.ndim:
        return kind_of(value)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, tuple) and len(value) <= MOST_PARTS:
        return f"({', '.join(map(described, value))})"
    if isinstance(value, dict) and len(value) <= MOST_PARTS:
        return f"{{{', '.join(f'{key}: {described(one)}' for key, one in value.items())}}}"
    if isinstance(value, int | str | np.number | np.ndarray) or value is None:
        return str(value)
    return f"a {type(value).__name__}"


def _gradients(calls: Sequence[Call], values: Mapping[str, Any]) -> Iterator[str]:
    """Compare gradients that came back with central differences of the student's own functions.

    Recognised are ``f_backward(dout, cache)`` where ``cache`` came from ``f_forward`` or ``f``; functions that return a
    loss and its gradient by their first argument; and methods that return a loss and its gradients by ``params``.
    """
    names = {id(value): name for name, value in values.items()}
    for number, call in enumerate(calls if len(calls) <= MOST_CALLS else ()):
        loss, gradients, inputs = _scalar(call, calls[:number])
        for name, gradient in gradients.items():
            x = inputs.get(name)
            if id(gradient) in names and x is not None and x.dtype.kind == "f":
                yield _compared(names[id(gradient)], np.asarray(gradient), x, loss)


def _scalar(call: Call, earlier: Sequence[Call]) -> tuple[Callable[[], Any], Mapping[str, Any], Mapping[str, Array]]:
    """Find the scalar function that a call differentiates: it, the gradients, and its inputs, by the same names.

    The function reads the inputs' entries in place.
    """
    back = call.came_back[0]
    if call.name.endswith("_backward"):
        base, given = call.name.removesuffix("_backward"), call.inputs.values()
        for forward in reversed([one for one in earlier if one.name in (base, f"{base}_forward")]):
            came = forward.came_back[0]
            upstream = [one for one in given if isinstance(one, np.ndarray) and one.shape == np.shape(_parts(came)[0])]
            inputs = {name: x.copy() for name, x in forward.inputs.items() if isinstance(x, np.ndarray)}
            kept = any(one is part for one in call.taken for part in (came, *_parts(came)))
            if upstream and kept and len(inputs) == len(_parts(back)):
                named = dict(zip(inputs, _parts(back), strict=True))
                return partial(_weighted, forward, upstream[0], inputs), named, inputs
    if isinstance(back, tuple) and len(back) == 2 and np.ndim(back[0]) == 0:
        if isinstance(back[1], dict) and call.params:
            return partial(_with_params, call), back[1], call.params
        first = next(iter(call.inputs), "")
        x = call.inputs.get(first)
        if isinstance(x, np.ndarray) and np.shape(back[1]) == x.shape:
            inputs = {first: x.copy()}
            return lambda: call(**inputs)[0], {first: back[1]}, inputs
    return float, {}, {}


def _weighted(forward: Call, upstream: Array, inputs: Mapping[str, Array]) -> Any:
    return np.sum(upstream * _parts(forward(**inputs))[0])


def _with_params(call: Call) -> Any:
    owner = call.function.__self__  # type: ignore[attr-defined]  # only methods have params
    before = dict(owner.params)
    owner.params.update(call.params)
    try:
        return call()[0]
    finally:
        owner.params.update(before)


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _by_differences(function: Callable[[], Any], x: Array) -> dict[int, float]:
    """Compute central differences of a function by entries of an array that it reads, by their flat index."""
    found = {}
    with _undisturbed():
        for index in np.unique(np.linspace(0, x.size - 1, min(x.size, MOST_ENTRIES)).astype(int)).tolist():
            before, step = x.flat[index], STEP * max(1.0, abs(x.flat[index]))
            x.flat[index] = before + step
            above = float(function())
            x.flat[index] = before - step
            found[index] = (above - float(function())) / (2 * step)
            x.flat[index] = before
    return found


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep breakpoints and prints of the student's code from hundreds of calls."""
    hook, sys.breakpointhook = sys.breakpointhook, lambda *_, **__: None
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        sys.breakpointhook = hook


def _compared(about: str, gradient: Array, x: Array, function: Callable[[], Any]) -> str:
    if gradient.dtype.kind not in "iuf" or gradient.shape != x.shape:
        return f"numeric gradient: `{about}` is {described(gradient)}; what it is the gradient by is {kind_of(x)}"
    numeric = _by_differences(function, x)
    gaps = {index: abs(float(gradient.flat[index]) - value) for index, value in numeric.items()}
    worst = max(gaps, key=lambda index: math.inf if math.isnan(gaps[index]) else gaps[index])
    place = ", ".join(map(str, np.unravel_index(worst, x.shape)))
    tried = f"{len(numeric)} of its {x.size} entries" if len(numeric) < x.size else f"its {x.size} entries"
    return (
        f"numeric gradient: of {tried} `{about}[{place}]` is farthest off, by {gaps[worst]:.2g}: "
        f"yours is {gradient.flat[worst]:.6g}, by central differences {numeric[worst]:.6g}"
    )
