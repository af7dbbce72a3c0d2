"""A class graded by a cluster of processes on this machine: as by threads, and whatever happens to its workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import psutil
import pytest
from click.testing import CliRunner
from graded_notebook import read_graded_problem, saved_notebook
from handed_in import graded
from small_course import KEY, REFERENCE, REJECT, write_course

import autograder
from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import STORE_FILE
from autograder.submissions.reading import find_class

distributed = pytest.importorskip("distributed")
connection = pytest.importorskip("autograder.cluster.connection")
MachineInfo = pytest.importorskip("autograder.cluster.machines").MachineInfo
Payload = pytest.importorskip("autograder.cluster.payload").Payload

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform != "linux", reason="classes are graded on Linux"),
]

START_SECONDS = 60
# Of a worker that enforces less than others.
WEAK = """
from autograder.sandbox.observe import Sandbox

Sandbox.__init__.__kwdefaults__["layers"] = ("namespaces", "landlock", "identity", "limits")
"""
FEW_FAILURES = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}


@dataclass
class Processes:
    """A scheduler and workers, each a process of its own."""

    home: Path
    stack: ExitStack
    address: str = ""
    scheduler: subprocess.Popen | None = None
    workers: dict[int, subprocess.Popen] = field(default_factory=dict)

    def start(self, program, *words, **environment):
        log = self.stack.enter_context((self.home / f"{program}.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{program}", *map(str, words), "--no-dashboard"],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **FEW_FAILURES, **environment},
            cwd=self.home,
            stdout=log,
            stderr=log,
        )

        def end():
            process.kill()
            process.wait()

        self.stack.callback(end)
        return process

    def begin(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", port)

    def hire(self, count, *words, **environment):
        """So many workers more; back when they are there."""
        for _ in range(count):
            place = ("--host", "127.0.0.1", "--local-directory", self.home)
            one = self.start("worker", self.address, "--no-nanny", "--nthreads", 1, *place, *words, **environment)
            self.workers[one.pid] = one
        with self.client() as client:
            client.wait_for_workers(len(self.workers), START_SECONDS)

    def dismiss(self, pid):
        """One worker less; back when the scheduler knows."""
        gone = self.workers.pop(pid)
        gone.kill()
        gone.wait()
        with self.client() as client:
            while pid in client.run(os.getpid, on_error="ignore").values():
                pass

    def settle(self, count):
        """Exactly so many workers; those that have died meanwhile are replaced."""
        for pid in [pid for pid, process in self.workers.items() if process.poll() is not None]:
            del self.workers[pid]
        if len(self.workers) < count:
            self.hire(count - len(self.workers))

    @contextmanager
    def client(self):
        with distributed.Client(self.address, timeout=START_SECONDS, set_as_default=False) as client:
            yield client


@contextmanager
def processes(home):
    """A scheduler and no workers yet."""
    with ExitStack() as stack:
        made = Processes(home, stack)
        made.begin()
        yield made


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """As the command sets it for itself; workers must have the same."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def everyone(tmp_path_factory):
    """A scheduler and two workers, for all tests of this file."""
    with processes(tmp_path_factory.mktemp("cluster")) as made:
        made.hire(2)
        yield made


@pytest.fixture
def crew(everyone):
    """The same, whole again."""
    everyone.settle(2)
    return everyone


@pytest.fixture
def class_(tmp_path):
    """A class of twelve, with the mistakes that there are, and some who have handed in nothing to be run."""
    texts = {f"ada-{number}": f"{REFERENCE}\n# {number}\n" for number in range(4)}
    texts |= {name: f"{REFERENCE}\n\n{text}" for name, text in REJECT.items()}
    texts |= {"leaves": "import os\nos._exit(0)\n", "says": f"print('hello')\n{REFERENCE}"}
    for name, text in texts.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "line.py").write_text(text)
    (tmp_path / "class/nothing").mkdir()
    return tmp_path / "class"


def problems_of(course):
    """The problems of a course."""
    return [problem for assignment in read_course(course) for problem in assignment.problems]


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    """The grader of the small course, for tests that change nothing of it."""
    return prepare(problems_of(write_course(tmp_path_factory.mktemp("shared") / "course")), None, 1, weak=True)


def grade_on(address, grader, class_, out, done=lambda _: None):
    """Grade on the cluster, as the command does."""
    with connection.connect(address, grader.problems, weak=True) as there:
        graded(grader, find_class(class_), out, done, executor=there.executor(grader))


def grade_here(grader, class_, out):
    """Grade on threads."""
    graded(grader, find_class(class_), out)


def judged_by(grader, course, predicate):
    """The same grader, with another predicate: what the reference gives doesn't hang on it."""
    (course / "solutions/lines/line/expect.py").write_text(predicate)
    return replace(grader, problems=tuple(problems_of(course)))


def written(out):
    """All files but the store."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and not path.name.startswith(STORE_FILE)
    }


def stored(out):
    """What is in the store, table by table, without the answers."""
    database = sqlite3.connect(out / STORE_FILE)
    try:
        tables = ("results", "outputs", "runs", "graded")
        return {table: sorted(database.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    finally:
        database.close()


def call(*words):
    """A command, as typed."""
    outcome = CliRunner().invoke(main, [str(word) for word in words], prog_name="autograder")
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome


def test_the_cluster_gives_what_threads_give(crew, grader, course, class_, tmp_path):
    """Reports, table and store are the same, whoever ran what; and the command says as much."""
    words = ("--course", course, "--weak-sandbox", "--out", tmp_path / "there", "--scheduler", crew.address)
    outcome = call("grade", class_, *words)
    grade_here(grader, class_, tmp_path / "here")

    assert outcome.exit_code == 0, outcome.output
    assert "ETA" in outcome.output
    assert "12 submissions by code" in outcome.output
    assert written(tmp_path / "there") == written(tmp_path / "here")
    assert len(written(tmp_path / "here")) == 2 * 12 + 2
    assert stored(tmp_path / "there") == stored(tmp_path / "here")


@pytest.mark.slow
def test_notebooks_travel_where_they_are_graded(crew, sandbox, tmp_path):
    """With what they are judged by; the module beside a notebook that isn't there, too."""
    problem = read_graded_problem(tmp_path / "course")
    notebook = json.dumps(saved_notebook(sandbox, problem))
    for name in ("ada", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "line.py").write_text(REFERENCE)
    (tmp_path / "class/ada/line.ipynb").write_text(notebook)
    grader = prepare((problem,), None, 1, weak=True)

    grade_on(crew.address, grader, tmp_path / "class", tmp_path / "there")
    grade_here(grader, tmp_path / "class", tmp_path / "here")

    assert written(tmp_path / "there") == written(tmp_path / "here")
    assert (tmp_path / "there/lines/grades.csv").read_text().splitlines()[1:] == [
        "ada,7,8,0,15,15,0,,",
        "bob,7,0,0,7,15,0,,missing",
    ]


@pytest.mark.slow
def test_start_up_is_paid_once_and_ends_with_the_command(crew, grader, class_, tmp_path):
    """A worker's servers stay from one submission to the next; when the class is graded they go."""
    seen = []

    def done(report):
        seen.append([{child.pid for child in psutil.Process(pid).children()} for pid in crew.workers])

    grade_on(crew.address, grader, class_, tmp_path / "out", done)

    assert len(seen) == 12
    servers = [set.union(*each) for each in zip(*seen, strict=True)]
    # When half are graded both have begun. From there on each has one; it goes when Dask needs its copy no more.
    assert [len(set.union(*each)) for each in zip(*seen[6:], strict=True)] == [1, 1]
    _, alive = psutil.wait_procs(
        [process for each in servers for pid in each if (process := existing(pid))], START_SECONDS
    )
    assert alive == []


@pytest.mark.slow
def test_who_is_waited_for_is_named(crew, grader, class_, tmp_path):
    """The one that was sent first and is not back, while nothing else is either."""
    (class_ / "zed").mkdir()
    (class_ / "zed/line.py").write_text(f"import time\ntime.sleep(5)\n{REFERENCE}")
    told = []
    with connection.connect(crew.address, grader.problems, weak=True) as there:
        graded(grader, find_class(class_), tmp_path / "out", executor=there.executor(grader, told.extend))

    assert told
    assert told[-1][0] == "zed"


def existing(pid):
    """A process, if there is still one of that number."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


DEADLY = """
import os
import signal
from pathlib import Path

from .checks import positives

MARK = Path({mark!r})


def a_root(found, reference, rng):
    if {always} or not MARK.exists():
        with MARK.open("a") as file:
            file.write(f"{{os.getpid()}}\\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return []
"""


def test_a_worker_lost_in_mid_run_costs_a_retry(crew, grader, course, class_, tmp_path):
    """Its submissions are graded by the others; nobody is missing, and nobody has another report."""
    grade_here(grader, class_, tmp_path / "here")
    mark = tmp_path / "mark"
    deadly = judged_by(grader, course, DEADLY.format(mark=str(mark), always=False))

    grade_on(crew.address, deadly, class_, tmp_path / "there")

    (lost,) = map(int, mark.read_text().split())
    assert crew.workers[lost].wait(START_SECONDS) == -signal.SIGKILL
    right = {name: text for name, text in written(tmp_path / "here").items() if "/root_not_taken/" not in name}
    assert right.items() <= written(tmp_path / "there").items() | {("lines/grades.csv", right["lines/grades.csv"])}
    assert len((tmp_path / "there/lines/grades.csv").read_text().splitlines()) == 13
    (run,) = stored(tmp_path / "there")["runs"]
    assert run[-1] == 1


def test_what_no_worker_survives_is_pending(crew, grader, course, tmp_path):
    """It is a fault of ours, told in the report; the next run tries it again."""
    mark = tmp_path / "mark"
    deadly = judged_by(grader, course, DEADLY.format(mark=str(mark), always=True))
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/line.py").write_text(REFERENCE)

    grade_on(crew.address, deadly, tmp_path / "class", tmp_path / "out")

    assert len(mark.read_text().split()) == 2
    report = json.loads((tmp_path / "out/lines/reports/ada/report.json").read_text())
    assert (report["score"], report["pending"], report["problems"][0]["code"]) == (0, 7, 3)
    assert "each worker that was to do it was lost" in report["problems"][0]["checks"][0]["message"]

    crew.settle(1)
    grade_on(crew.address, grader, tmp_path / "class", tmp_path / "out")

    assert json.loads((tmp_path / "out/lines/reports/ada/report.json").read_text())["problems"][0]["code"] == 0


def test_ctrl_c_keeps_what_is_graded_and_the_rest_is_run_the_next_time(crew, grader, class_, tmp_path):
    """As on one machine; and the workers are free for whoever comes next."""
    told = []

    def interrupt(report):
        told.append(report.student)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_on(crew.address, grader, class_, tmp_path / "out", interrupt)
    kept = stored(tmp_path / "out")
    grade_on(crew.address, grader, class_, tmp_path / "out")
    grade_here(grader, class_, tmp_path / "here")

    assert len(told) == 3
    assert len(kept["results"]) == len(kept["graded"]) == 3
    assert written(tmp_path / "out") == written(tmp_path / "here")
    assert stored(tmp_path / "out")["results"] == stored(tmp_path / "here")["results"]


def test_a_second_command_runs_nothing(crew, grader, class_, tmp_path, monkeypatch):
    """What the store has is not sent anywhere."""
    grade_on(crew.address, grader, class_, tmp_path / "out")
    sent = []
    monkeypatch.setattr(connection.Cluster, "_send", lambda *words: sent.append(words))

    grade_on(crew.address, grader, class_, tmp_path / "out")

    assert sent == []


class TestSight:
    """What a run on a worker's machine can find out of the worker."""

    SPY = """
import os
import socket
from pathlib import Path


def attempts():
    for port in {ports}:
        yield lambda: socket.create_connection(("127.0.0.1", port), 1)
    for path in {paths}:
        yield lambda: os.listdir(path)
        yield lambda: list(Path(path).rglob("*"))[0]
    yield lambda: Path("/proc", str({pid}), "environ").read_bytes()
    yield lambda: Path("/proc", str({pid}), "mem").open("rb")
    yield lambda: os.kill({pid}, 0)
    yield lambda: next(name for name in os.environ if name.startswith("DASK"))
    yield lambda: [name for name in __import__("sys").modules if name.partition(".")[0] in ("dask", "distributed")][0]


def predict(x, w, b):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except (OSError, StopIteration, IndexError):
            continue
        raise ValueError(f"attempt {{number}} got {{found!r:.200}}")
    return x @ w + b
"""

    def test_a_run_reaches_neither_ports_nor_files(self, crew, grader, tmp_path):
        """Not the scheduler's port, the workers', or the folder where dask keeps what it can't hold in memory."""
        if sandbox_lacks():
            pytest.skip("this machine can't confine student code")
        with crew.client() as client:
            ports = [int(address.rpartition(":")[2]) for address in (crew.address, *client.nthreads())]
            folders = client.run(lambda dask_worker: dask_worker.local_directory).values()
        (pid, *_) = crew.workers
        text = self.SPY.format(ports=ports, paths=[str(crew.home), *folders], pid=pid)
        (tmp_path / "class/eve").mkdir(parents=True)
        (tmp_path / "class/eve/line.py").write_text(f"{REFERENCE}\n\n{text}")

        grade_on(crew.address, grader, tmp_path / "class", tmp_path / "out")

        report = json.loads((tmp_path / "out/lines/reports/eve/report.json").read_text())
        assert [check["message"] for check in report["problems"][0]["checks"]] == ["", "", ""]
        # The folders are there to be found by whoever may.
        assert all(Path(folder).is_dir() for folder in folders)

    def test_neither_reference_nor_mistake_travels(self, grader):
        """What lies on a worker's disk is the check page, the predicate, what is handed out and the data."""
        payload = connection.pack(grader, MachineInfo({}), ())

        files = msgspec.msgpack.decode(payload, type=Payload).files
        assert set(files) == {
            "solutions/lines/line/checks.py",
            "solutions/lines/line/expect.py",
            "solutions/lines/given/given_noise.py",
            "data/points.npz",
        }
        assert not any(KEY.encode() in content or bytes.fromhex(KEY) in content for content in files.values())
        assert b"BEGIN SOLUTION" not in payload


def sandbox_lacks():
    """What this machine does not enforce."""
    from autograder.sandbox.observe import Sandbox

    with Sandbox() as sandbox:
        return sandbox.enforced().lacks


class TestRefused:
    """Who is not to grade, and how it is said: in a sentence, before a submission is sent."""

    def test_nobody_at_the_address(self, course, class_, tmp_path):
        """At once."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        outcome = call("grade", class_, "--course", course, "--out", tmp_path / "out", "--scheduler", address)

        assert outcome.exit_code == 64
        assert f"autograder: no scheduler answers at {address}" in outcome.output
        assert "Observing" not in outcome.output

    @pytest.mark.parametrize("address", ["nonsense", "tcp://", "http://127.0.0.1:80"])
    def test_no_address(self, course, class_, tmp_path, address):
        """The form is shown."""
        outcome = call("grade", class_, "--course", course, "--out", tmp_path / "out", "--scheduler", address)

        assert outcome.exit_code == 64
        assert f"no scheduler answers at {address}" in outcome.output

    def test_no_certificate(self, course, class_, tmp_path):
        """Where there has to be one, it is said where to name it."""
        words = ("--course", course, "--out", tmp_path / "out", "--scheduler", "tls://127.0.0.1:8786")
        outcome = call("grade", class_, *words)

        assert outcome.exit_code == 64
        assert "distributed.comm.tls" in outcome.output

    def test_a_course_without_the_extra(self, course, class_, tmp_path, monkeypatch):
        """What to install is named."""
        monkeypatch.setitem(sys.modules, "distributed", None)
        monkeypatch.delitem(sys.modules, "autograder.cluster.connection")
        outcome = call("grade", class_, "--course", course, "--out", tmp_path / "out", "--scheduler", "tcp://here:1")

        assert outcome.exit_code == 64
        assert "install the extra `cluster`" in outcome.output

    @pytest.mark.slow
    def test_no_worker_comes(self, course, class_, tmp_path, monkeypatch):
        """It isn't waited for ever."""
        monkeypatch.setattr(connection, "WORKER_SECONDS", 0.1)
        with processes(tmp_path) as empty:
            with empty.client():
                pass
            outcome = call("grade", class_, "--course", course, "--out", tmp_path / "out", "--scheduler", empty.address)

        assert outcome.exit_code == 64
        assert f"start some with `dask worker {empty.address}`" in outcome.output

    @pytest.fixture
    def other_engine(self, tmp_path):
        """The engine with one more comment, in a place where a worker finds it first."""
        there = tmp_path / "other/autograder"
        shutil.copytree(Path(autograder.__file__).parent, there, ignore=shutil.ignore_patterns("__pycache__"))
        with (there / "compare.py").open("a") as file:
            file.write("# another\n")
        return {"PYTHONPATH": str(there.parent)}

    @pytest.mark.parametrize("difference", ["engine", "threads", "nothing_installed"])
    def test_a_worker_that_differs(self, crew, course, class_, tmp_path, other_engine, difference):
        """Its results could be others."""
        (tmp_path / "none/autograder").mkdir(parents=True)
        (tmp_path / "none/autograder/__init__.py").write_text("raise ImportError('it is not here')")
        environment, said = {
            "engine": (other_engine, "the engine is"),
            "threads": ({"OPENBLAS_NUM_THREADS": "2"}, "OPENBLAS_NUM_THREADS is 2"),
            "nothing_installed": ({"PYTHONPATH": str(tmp_path / "none")}, "can't load the engine"),
        }[difference]
        before = set(crew.workers)
        crew.hire(1, **environment)
        (pid,) = set(crew.workers) - before
        try:
            words = ("--course", course, "--out", tmp_path / "out", "--weak-sandbox", "--scheduler", crew.address)
            outcome = call("grade", class_, *words)
        finally:
            crew.dismiss(pid)

        assert outcome.exit_code == 64
        assert said in outcome.output
        assert "worker tcp://127.0.0.1:" in outcome.output
        assert "the same environment and engine" in outcome.output
        assert "Observing" not in outcome.output

    @pytest.mark.slow
    def test_a_worker_that_differs_and_comes_late(self, crew, grader, class_, tmp_path, other_engine):
        """It says so itself when it is sent the first submission; what was graded is kept."""
        hired = []

        def hire(report):
            if not hired:
                for pid in list(crew.workers):
                    crew.workers.pop(pid).kill()
                crew.hire(1, **other_engine)
                hired.extend(crew.workers)

        try:
            with pytest.raises(connection.ClusterError, match=r"the engine is \w+ on the worker tcp://.*"):
                grade_on(crew.address, grader, class_, tmp_path / "out", hire)
        finally:
            crew.dismiss(*hired)
        kept = stored(tmp_path / "out")["results"]
        crew.settle(1)
        grade_on(crew.address, grader, class_, tmp_path / "out")

        assert 1 <= len(kept) < 12
        assert len(written(tmp_path / "out")) == 2 * 12 + 2

    def test_a_worker_that_confines_less(self, course, class_, tmp_path):
        """Unless the instructor insists; then each report says what was not enforced."""
        (tmp_path / "weak.py").write_text(WEAK)
        with processes(tmp_path) as weak:
            weak.hire(1, "--preload", tmp_path / "weak.py")
            words = ("--course", course, "--out", tmp_path / "out", "--scheduler", weak.address)
            refused = call("grade", class_, *words)
            insisted = call("grade", class_, *words, "--weak-sandbox")

        assert refused.exit_code == 64
        assert "student code can't be confined on the worker tcp://127.0.0.1:" in refused.output
        assert "it may reach the network and other processes" in refused.output
        assert insisted.exit_code == 0, insisted.output
        report = (tmp_path / "out/lines/reports/ada-0/report.txt").read_text()
        assert "this run was not fully confined: it may reach the network" in report

    def test_a_worker_whose_runs_could_read_the_course(self, crew, course, class_, tmp_path, monkeypatch):
        """Where machines share a disk, what is private here is private there."""
        shared = Path(autograder.__file__).parent
        with (
            pytest.raises(connection.ClusterError, match=r"it may read .*autograder, in a folder that runs see"),
            connection.connect(crew.address, problems_of(course), private=[shared]),
        ):
            pass

    @pytest.mark.slow
    def test_a_scheduler_that_is_lost(self, grader, class_, tmp_path):
        """A sentence, and what was graded is kept."""
        with processes(tmp_path) as mortal:
            mortal.hire(1)

            def lose(report):
                mortal.scheduler.kill()

            with pytest.raises(connection.ClusterError, match=r"the scheduler at tcp://.* was lost"):
                grade_on(mortal.address, grader, class_, tmp_path / "out", lose)
        kept = stored(tmp_path / "out")["results"]

        assert 1 <= len(kept) < 12


def test_nothing_else_loads_dask():
    """Who grades on one machine, or checks, waits for none of it and needs none of it."""
    code = (
        "import sys\n"
        "from autograder.cli import main, screen\n"
        "from autograder.gradebook import grading\n"
        "from autograder.release import files\n"
        "from autograder.student import check\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'dask', 'distributed', 'tornado'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said == "[]\n"
