"""A class of adversaries, graded: none of them gains, learns, reaches or breaks anything, and nobody else notices.

Each file of ``tests/hostile/attacks`` is one submission with one attack. Its docstring says what it tries and what must
happen; where a function of it answers right, the attack was refused. ``raw_calls.py`` is handed in beside each that
imports it. Honest students' work, handed in together with them, must get the same report, to the byte, as in a class
without them.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.codes import FAULTS_OF_OURS, Code
from autograder.course.assignments import read_course
from autograder.course.problem import Implementation
from autograder.expected import observe_answers
from autograder.gradebook.export import GRADES_FILE, folder_of
from autograder.gradebook.store import STORE_FILE
from autograder.grading import grade
from autograder.report import ProblemReport, Verdict
from autograder.sandbox.confine import FIRST_USER, LAYERS
from autograder.sandbox.observe import Sandbox
from autograder.student.check import Checked
from autograder.submissions.reading import student_name

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="classes are graded on Linux")

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from situation import USER  # noqa: E402  it is a program, too

CHECKS = ("doubled", "totalled", "parts")
SECTION = re.compile(r"^# === (\w+\.py)\n", re.MULTILINE)
SECRET = "the-canary-sings"
MARK = f"mark-{os.getpid()}"
# Of shared memory, semaphores and queues; the attacks have it as a number, too.
KEY = 0x4D41524B
WORKERS = 2
# Far more than a class takes on a busy machine, so that a grader that hangs fails these tests.
PATIENCE = 600


@dataclass(frozen=True)
class Handed:
    """One student's work: files by name, and what must come of it."""

    name: str
    files: dict[str, str]
    must: dict[str, frozenset[int]]
    says: str = ""


def codes_of(text):
    """The codes that `0`, `0|1` or `!0` allow."""
    known = frozenset((0, 1, 2, 40, 50, 51, 52, 53, 54, 55, 60, 61, 62, 63))
    if text.startswith("!"):
        return known - {int(text[1:])}
    return frozenset(int(code) for code in text.split("|"))


def read(path, before=""):
    """A submission in a file; what stands before its text makes the rest of the module."""
    main, *others = SECTION.split(path.read_text(encoding="utf-8"))
    lines = dict(re.findall(r"^(Must|Says): (.*)$", ast.get_docstring(ast.parse(main)), re.MULTILINE))
    must = dict(item.split() for item in lines["Must"].split(", "))
    return Handed(
        path.stem,
        {
            "sums.py": f"{before}\n\n{main}",
            **({"raw_calls.py": RAW_CALLS} if "from raw_calls import" in main else {}),
            **dict(zip(others[::2], others[1::2], strict=True)),
        },
        {check: codes_of(must[check]) for check in CHECKS},
        lines.get("Says", ""),
    )


RAW_CALLS = (HERE / "raw_calls.py").read_text(encoding="utf-8")
RIGHT = (HERE / "honest" / "right.py").read_text(encoding="utf-8")
HONEST = [read(path) for path in sorted((HERE / "honest").glob("*.py"))]
ATTACKS = [read(path, RIGHT) for path in sorted((HERE / "attacks").glob("*.py"))]


def all_of(code):
    """The same codes for every check."""
    return dict.fromkeys(CHECKS, codes_of(code))


def hand_in_oddities(folder, course):
    """Write submissions that no Python file can be: links, archives, bytes, names; what must come of them, by name."""
    solution = course / "solutions/wall/sums"
    (folder / "link_to_the_solution").mkdir()
    (folder / "link_to_the_solution/sums.py").symlink_to(solution / "sums.py")
    (folder / "link_to_its_folder").symlink_to(solution)
    (folder / "hard_link_to_the_solution").mkdir()
    (folder / "hard_link_to_the_solution/sums.py").hardlink_to(solution / "sums.py")
    with tarfile.open(folder / "links_in_a_tar.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            member = tarfile.TarInfo("sums.py")
            member.type, member.linkname = kind, str(solution / "sums.py")
            archive.addfile(member)
    with zipfile.ZipFile(folder / "link_in_a_zip.zip", "w") as archive:
        member = zipfile.ZipInfo("sums.py")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, str(solution / "sums.py"))
    with zipfile.ZipFile(folder / "out_of_its_folder.zip", "w") as archive:
        archive.writestr("../../solutions/wall/sums/sums.py", "")
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe/sums.py")
    raw = {
        "nul_bytes": {"sums.py": RIGHT.encode() + b"\0"},
        "no_utf8": {"sums.py": RIGHT.encode() + b"# \xff\xfe\n"},
        "countless_modules": {"sums.py": RIGHT.encode(), **{f"m{number}.py": b"" for number in range(300)}},
        "more_than_fits": {
            "sums.py": f"{RIGHT}\n# {' '.join(f'm{number}' for number in range(150))}\n".encode(),
            **{f"m{number}.py": b"#" * 26_000 for number in range(150)},
        },
        "package_of_ours": {
            "sums.py": RIGHT.encode(),
            "autograder/__init__.py": b"raise SystemExit",
            "autograder/worker/run.py": b"raise SystemExit",
            "numpy/__init__.py": b"raise SystemExit",
        },
        "files_of_odd_names": dict.fromkeys(("sums.py", *ODD_FILES), RIGHT.encode()),
        **{name: {"sums.py": RIGHT.encode()} for name in ODD_NAMES},
    }
    for student, files in raw.items():
        for name, content in files.items():
            path = folder / student / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return ODDITIES


ODD_NAMES = (
    GRADES_FILE,
    STORE_FILE,
    "\x1b[2J\x1b]0;mine\x07",
    "\u202eeman",
    "=1+1",
    "＝1+1",
    "x;=1+1",
    "<script>alert(1)<",
    "up\\..\\..",
    "two\nlines",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "HYPERLINK,1\r\n=2",
)
ODD_FILES = ("=1+1.py", "\x1b[2Jx.py", "two\nlines.txt", "\u202eyp.x", "<b>.ipynb", "@sum.csv", "x" * 200)
ODDITIES = {
    "link_to_the_solution": all_of("40"),
    "link_to_its_folder": all_of("40"),
    "hard_link_to_the_solution": all_of("40"),
    "links_in_a_tar": all_of("40"),
    "link_in_a_zip": all_of("40"),
    "out_of_its_folder": all_of("40"),
    "pipe": all_of("40"),
    "nul_bytes": all_of("40"),
    "no_utf8": all_of("40"),
    "countless_modules": all_of("40"),
    "more_than_fits": all_of("0|1"),
    "package_of_ours": all_of("0"),
    "files_of_odd_names": all_of("0"),
    **{folder_of(student_name(name)): all_of("0") for name in ODD_NAMES},
}


class Canary:
    """What is there to be found and reached: secrets, servers, and a process of the same user."""

    def __init__(self, base, stack, *, ordinary=False):
        self.home = base / "home"
        self.home.mkdir()
        (self.home / "secret.txt").write_text(SECRET, encoding="utf-8")
        (self.home / ".ssh").mkdir()
        (self.home / ".ssh/id_ed25519").write_text(SECRET, encoding="utf-8")
        user = {"user": USER, "group": USER, "extra_groups": []} if ordinary else {}
        self.peer = subprocess.Popen(["sleep", "3600"], **user)
        stack.callback(self.peer.wait)
        stack.callback(self.peer.kill)
        self.stream, self.datagram = base / "stream", base / "datagram"
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = tcp.getsockname()[1]
        self.servers = {"tcp": tcp}
        kinds = (
            ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", self.port)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", self.port)),
            ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(self.stream)),
            ("unix datagram", socket.AF_UNIX, socket.SOCK_DGRAM, str(self.datagram)),
            ("abstract", socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{MARK}"),
            ("abstract stream", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{MARK}-stream"),
        )
        for name, family, kind, address in kinds:
            server = stack.enter_context(socket.socket(family, kind))
            try:
                server.bind(address)
            except OSError:
                continue  # a machine without IPv6, or a path that is too long
            if kind == socket.SOCK_STREAM:
                server.listen()
            self.servers[name] = server
        for server in self.servers.values():
            server.setblocking(False)
        self.state = self.of_the_peer()

    def names(self):
        """What attacks are told of it."""
        return {
            "HOME": str(self.home),
            "PORT": str(self.port),
            "STREAM": str(self.stream),
            "SOCKET": str(self.datagram),
            "ABSTRACT": MARK,
            "PEER": str(self.peer.pid),
            "MARK": MARK,
            "TERCES": SECRET[::-1],
        }

    def of_the_peer(self):
        """What others could have changed about the process."""
        process = psutil.Process(self.peer.pid)
        limits = Path(f"/proc/{self.peer.pid}/limits").read_text(encoding="ascii")
        return process.nice(), process.cpu_affinity(), process.ionice(), limits

    def reached(self):
        """The servers that somebody has reached."""
        found = []
        for name, server in self.servers.items():
            try:
                server.accept() if server.type == socket.SOCK_STREAM else server.recv(1)
            except BlockingIOError:
                continue
            found.append(name)
        return found


def digest(folder):
    """Everything about the files below a folder, but for when they were read."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        is_ = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() and not path.is_fifo() else b""
        target = str(path.readlink()) if path.is_symlink() else ""
        attributes = os.listxattr(path, follow_symlinks=False)
        found[str(path.relative_to(folder))] = (
            *(is_.st_mode, is_.st_uid, is_.st_gid, is_.st_size, is_.st_mtime_ns, is_.st_nlink),
            *(hashlib.sha256(content).hexdigest(), target, tuple(attributes)),
        )
    return found


@dataclass
class Graded:
    """What came of a class."""

    status: int
    said: str
    out: Path
    canary: Canary
    alone: Path
    strays: list[str]
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    temporary: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def verdicts(self, student):
        """The verdicts of a student, by check."""
        report = json.loads((self.out / "wall/reports" / student / "report.json").read_bytes())
        return {verdict["check"]: verdict for verdict in report["problems"][0]["checks"]}


def write_course(base):
    """The course the attacks are tried on, with a secret in it."""
    course = shutil.copytree(HERE / "course", base / "course")
    (course / "secret.txt").write_text(SECRET, encoding="utf-8")
    (course / "data").mkdir()
    np.savez(course / "data/offsets.npz", offsets=np.arange(12.0).reshape(6, 2))
    return course


def places(base):
    """What attacks are told of the grader's folders."""
    return {
        "COURSE": str(base / "course"),
        "SUBMISSIONS": str(base / "class"),
        "OUT": str(base / "out"),
        "TEMPORARY": str(base / "tmp"),
    }


def hand_in(folder, submissions, names):
    """Write submissions, with the names of this machine's secrets in their places."""
    for handed in submissions:
        (folder / handed.name).mkdir(parents=True)
        for name, written in handed.files.items():
            text = written
            for place, value in names.items():
                text = text.replace(f"@@{place}@@", value)
            (folder / handed.name / name).write_text(text, encoding="utf-8")


@contextmanager
def room(situation):
    """A folder for a class, that is removed in the end; and what hands it over to the user of a situation."""
    # Not pytest's own, which other users can't reach.
    base = Path(tempfile.mkdtemp(prefix="hostile-")).resolve()
    owner = USER if "ordinary" in situation and os.geteuid() == 0 else os.geteuid()

    def hand_over():
        for path in (base, *base.rglob("*")):
            os.chown(path, owner, owner if owner == USER else -1, follow_symlinks=False)

    try:
        yield base, hand_over
    finally:
        shutil.rmtree(base)


def python_for_all(base):
    """This interpreter, or one of the system's with the same packages, where only this user can read this one."""
    real = Path(sys.executable).resolve()
    others = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    if all(part.stat().st_mode & stat.S_IXOTH for part in (real, *real.parents)) or not others.exists():
        return sys.executable
    packages = base / f"python/lib/python3.{sys.version_info.minor}/site-packages"
    packages.mkdir(parents=True)
    paths = [path for path in sys.path if "-packages" in path]
    (packages / "same.pth").write_text("\n".join([*paths, str(HERE.parents[1])]), encoding="utf-8")
    (base / "python/pyvenv.cfg").write_text(f"home = {others.parent}\n", encoding="utf-8")
    (base / "python/bin").mkdir()
    (base / "python/bin/python").symlink_to(others)
    return base / "python/bin/python"


def in_situation(situation, base, *options):
    """The command that runs the grader in a situation, and the environment it is run in."""
    python = base / "python/bin/python"
    if "ordinary" not in situation:
        python = sys.executable
    elif not python.exists():
        python = python_for_all(base)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(base / "home"),
        "TMPDIR": str(base / "tmp"),
        "LANG": "C.UTF-8",
        "AUTOGRADER_CANARY": SECRET,
        # Libraries that count on threads when they are loaded by the grader.
        "OPENBLAS_NUM_THREADS": "1",
    }
    launched = [python, HERE / "situation.py", situation, base / "strays", python, "-m", "autograder"]
    return [*launched, *options, "--workers", str(WORKERS)], environment


def grade_as(situation, base, submissions, out):
    """Grade a folder as an instructor does, in a situation; the process and what it leaves behind."""
    command, environment = in_situation(
        situation, base, "grade", submissions, "--course", base / "course", "--out", out
    )
    done = subprocess.run(
        command, env=environment, cwd=base / "cwd", capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if "no other user can be had here" in done.stderr:
        pytest.skip("this machine lets this user be no other")
    return done, (base / "strays").read_text(encoding="utf-8").splitlines()


# As whoever runs the tests and, where that is root, as an ordinary user, too; with namespaces, where the machine gives
# any, and without.
SITUATIONS = [
    pytest.param("here", id="root" if os.geteuid() == 0 else "ordinary_user"),
    pytest.param("here+bare", id="no_namespaces", marks=pytest.mark.slow),
    *(
        [
            pytest.param("ordinary", id="ordinary_user", marks=pytest.mark.slow),
            pytest.param("ordinary+bare", id="ordinary_user_no_namespaces", marks=pytest.mark.slow),
        ]
        if os.geteuid() == 0
        else []
    ),
]


@pytest.fixture(scope="module", params=SITUATIONS)
def graded(request):
    """A class of everybody, graded in a situation, and the honest ones of it graded alone."""
    situation = request.param
    with ExitStack() as stack:
        base, hand_over = stack.enter_context(room(situation))
        canary = Canary(base, stack, ordinary="ordinary" in situation)
        course = write_course(base)
        for name in ("cwd", "tmp"):
            (base / name).mkdir()
        names = {**canary.names(), **places(base)}
        hand_in(base / "alone", HONEST, names)
        hand_in(base / "class", [*HONEST, *ATTACKS], names)
        hand_in_oddities(base / "class", course)
        hand_over()
        grade_as(situation, base, base / "alone", base / "out-alone")
        watched = [course, base / "class", canary.home, base / "cwd"]
        before = {str(folder): digest(folder) for folder in watched}
        beside = places_of_all()
        done, strays = grade_as(situation, base, base / "class", base / "out")
        yield Graded(
            status=done.returncode,
            said=done.stdout + done.stderr,
            out=base / "out",
            canary=canary,
            alone=base / "out-alone",
            strays=strays,
            before=before,
            after={str(folder): digest(folder) for folder in watched},
            temporary=sorted(path.name for path in (base / "tmp").iterdir()),
            left=left_by_runs(places_of_all() - beside),
        )


def places_of_all():
    """What lies where everybody may leave something: files, shared memory, semaphores, queues, keys."""
    files = set()
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/run/shm"):
        for path in Path(folder).glob("*"):
            with suppress(FileNotFoundError):  # others leave things there, too, and take them away
                files.add((str(path), path.lstat().st_uid))
    tables = [Path("/proc/sysvipc", kind) for kind in ("shm", "sem", "msg")]
    rows = {(f"{table}: {row}", -1) for table in tables if table.exists() for row in table.read_text().splitlines()}
    return files | rows


def left_by_runs(new):
    """Of what is new there, what a run can have left: by name, by key, or by being of a user whom only runs are."""
    return sorted(what for what, owner in new if MARK in what or str(KEY) in what or owner >= FIRST_USER)


# What still holds without a layer: that is what there are several for.
WITHOUT = {
    "namespaces": (
        *("reads_the_course", "reads_other_submissions", "reads_the_home", "reads_by_the_way_up", "reads_by_proc"),
        *("writes_elsewhere", "beside_its_folder", "network", "sockets_in_pairs", "kills_others", "looks_into_others"),
        *("many_files", "deep_folders", "closed_folders", "dies_of_a_nameless_signal", "leaves_something_behind"),
        *("unlinked_files", "restless_folders", "reserved_space", "quotas_of_the_user", "memory_of_the_kernel"),
        *("memory_of_others", "worlds_within", "out_of_band", "descriptors_to_the_grader"),
    ),
    "landlock": (
        *("reads_the_course", "reads_other_submissions", "reads_the_home", "reads_by_the_way_up", "reads_by_proc"),
        *("writes_elsewhere", "beside_its_folder", "network", "sockets_in_pairs", "kills_others", "shared_memory"),
        *("memory_of_others", "worlds_within", "quotas_of_the_user"),
    ),
    "seccomp": ("reads_the_course", "reads_other_submissions", "reads_the_home", "reads_by_the_way_up"),
    "identity": ("reads_the_course", "writes_elsewhere", "network", "kills_others", "programs", "new_rights"),
    "limits": ("reads_the_course", "writes_elsewhere", "network", "kills_others", "sleeps", "endless_loop"),
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_a_layer_less_leaves_the_others(tmp_path, tmp_path_factory, missing):
    """What a layer holds, others hold too: without it attacks on files, network and processes end as they must."""
    with ExitStack() as stack:
        canary = Canary(tmp_path_factory.mktemp("c"), stack)
        (assignment,) = read_course(write_course(tmp_path).parent / "course")
        (problem,) = assignment.problems
        sandbox = stack.enter_context(Sandbox(layers=[layer for layer in LAYERS if layer != missing], weak=True))
        held = sandbox.enforced().held
        if absent := [layer for layer in LAYERS if layer != missing and layer not in held]:
            pytest.skip(f"this machine lacks another layer: {', '.join(absent)}")
        answers = observe_answers(sandbox.observe, problem, problem.seed)
        names = {**canary.names(), **places(tmp_path)}
        hand_in(tmp_path / "class", [attack for attack in ATTACKS if attack.name in WITHOUT[missing]], names)
        for attack in ATTACKS:
            if attack.name not in WITHOUT[missing]:
                continue
            files = {path.name: path.read_bytes() for path in (tmp_path / "class" / attack.name).iterdir()}
            report = grade(sandbox.observe, problem, Implementation.of("sums.py", files), answers, problem.seed)
            for verdict in report.checks:
                assert verdict.code in attack.must[verdict.check], f"{attack.name}: {verdict.message}"

        assert canary.reached() == []
        assert canary.peer.poll() is None


def test_there_are_attacks_of_every_kind():
    """At least 60; each says what it tries, and what must happen."""
    assert len(ATTACKS) >= 60
    assert {check for one in ATTACKS for check, codes in one.must.items() if codes != {0}} == set(CHECKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_ends_as_it_must(graded, attack):
    """It costs the check that it was tried in, and gains nothing; where it was refused the answer is right."""
    verdicts = graded.verdicts(attack.name)

    for check, codes in attack.must.items():
        assert verdicts[check]["code"] in codes, verdicts[check]["message"]
        if verdicts[check]["code"] == Code.DTYPE:  # right numbers in another dtype cost a share of the problem, once
            assert sum(verdict["points"] for verdict in verdicts.values()) < len(verdicts)
        else:
            assert verdicts[check]["points"] == (1.0 if verdicts[check]["code"] == 0 else 0.0)
    if attack.says:
        assert re.search(attack.says, "\n".join(verdict["message"] for verdict in verdicts.values()))


@pytest.mark.parametrize(("name", "must"), ODDITIES.items(), ids=range(len(ODDITIES)))
def test_odd_submissions_end_as_they_must(graded, name, must):
    """Links are not followed, names lead nowhere, and what is no text is said to be none."""
    for check, verdict in graded.verdicts(name).items():
        assert verdict["code"] in must[check], verdict["message"]


@pytest.mark.parametrize("student", HONEST, ids=lambda student: student.name)
def test_honest_reports_are_the_same_without_the_attacks(graded, student):
    """To the byte, and as they must be."""
    for name in ("report.json", "report.txt"):
        found, alone = (out / "wall/reports" / student.name / name for out in (graded.out, graded.alone))
        assert found.read_bytes() == alone.read_bytes()
    verdicts = graded.verdicts(student.name)
    assert {check: frozenset({verdict["code"]}) for check, verdict in verdicts.items()} == student.must


def test_nothing_is_taken_for_the_graders_fault(graded):
    """No attack ends in a fault of ours, which would be pending: not one verdict, and not the whole run."""
    found = {path.parent.name: graded.verdicts(path.parent.name) for path in graded.out.glob("*/reports/*/report.json")}

    assert {
        (student, check): verdict["message"]
        for student, verdicts in found.items()
        for check, verdict in verdicts.items()
        if verdict["code"] in FAULTS_OF_OURS
    } == {}
    assert len(found) == len(HONEST) + len(ATTACKS) + len(ODDITIES)
    assert graded.status == 0, graded.said


def test_nobody_has_reached_anything(graded):
    """No server has had a visitor; the process of the same user is alive, and as it was."""
    assert graded.canary.reached() == []
    assert graded.canary.peer.poll() is None
    assert graded.canary.of_the_peer() == graded.canary.state


def test_no_secret_is_in_what_was_written(graded):
    """Neither in reports, nor in the store, nor in what was printed."""
    written = [path for path in graded.out.rglob("*") if path.is_file()]

    assert [str(path) for path in written if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in graded.said


def test_every_file_is_as_it_was(graded):
    """Course, submissions, home and working directory: content, mode, owner, time, attributes; and none more."""
    assert graded.after == graded.before


def test_nothing_is_left_behind(graded):
    """No process, no temporary file, nothing in shared memory or where everybody may write."""
    assert graded.strays == []
    assert graded.temporary == []
    assert graded.left == []


# Controls but for line ends, and what hides or reorders text.
UNSAFE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def test_what_is_shown_is_safe(graded):
    """No escape sequence, no control or reordering character, in any report, the table, and the terminal."""
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in graded.out.glob("*/reports/*/report.*")}
    for report in graded.out.glob("*/reports/*/report.json"):
        decoded = json.loads(report.read_bytes())
        texts[f"{report.parent.name} decoded"] = "\n".join(strings(decoded))
    texts |= {"table": (graded.out / "wall" / GRADES_FILE).read_text(encoding="utf-8"), "terminal": graded.said}

    assert {name: UNSAFE.findall(text) for name, text in texts.items() if UNSAFE.search(text)} == {}


def strings(value):
    """All texts in a decoded JSON value."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(part)


def test_no_report_is_large(graded):
    """However much a process has said."""
    assert {
        path.parent.name for path in graded.out.glob("*/reports/*/report.*") if path.stat().st_size > 100_000
    } == set()


def test_no_report_tells_where_the_grader_is(graded):
    """A traceback shows the student's frames, and no folder of the grader's, the course's or the interpreter's."""
    engine, folders = str(HERE.parents[1]), {sys.prefix, sys.base_prefix, str(Path(os.__file__).parent)}
    # Python of the system lies in /usr, on every machine.
    python = {folder for folder in folders if len(Path(folder).parts) > 2}
    home = str(Path.home())
    inside = (str(graded.out.parent), "site-packages", engine, *python, f"{home}/", f"{home}'", "/scratch")
    showing = {
        path.parent.name
        for path in graded.out.glob("*/reports/*/report.json")
        for text in strings(json.loads(path.read_bytes()))
        if any(folder in text for folder in inside)
    }

    assert showing == set()


@pytest.mark.parametrize("name", ["shows_verdicts", "shows_verdicts_in_names"])
def test_no_verdict_can_be_written_by_a_student(graded, name):
    """No line looks like a verdict but the grader's own, in whatever the student has put such words."""
    text = (graded.out / "wall/reports" / name / "report.txt").read_text(encoding="utf-8")
    marked = [line.strip() for line in text.splitlines() if line.strip().startswith(("✓", "✗", "·"))]

    assert [line[0] for line in marked] == ["✓", "✗", "✓"]


def test_markup_is_escaped_where_it_is_shown_as_a_page(graded):
    """The report of a notebook shows a student's text as text."""
    verdicts = tuple(Verdict(**verdict) for verdict in graded.verdicts("shows_html").values())
    page = Checked(ProblemReport.of("wall/sums", verdicts))._repr_html_()

    assert "alert(1)" in page
    assert "<script" not in page
    assert "<img" not in page


def test_no_cell_of_the_table_is_a_formula(graded):
    """Nor is it one where spreadsheets split cells at semicolons."""
    text = (graded.out / "wall" / GRADES_FILE).read_text(encoding="utf-8")
    for delimiter in (",", ";"):
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))] == []


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    "victims",
    [pytest.param("grader", id="grader"), pytest.param("server", id="server"), pytest.param("both", id="both")],
)
def test_killing_the_grader_ends_the_runs(situation, victims):
    """With SIGKILL, while students' code hangs: no process of it is left, and no file."""
    with ExitStack() as stack:
        base, hand_over = stack.enter_context(room(situation))
        write_course(base)
        for name in ("home", "cwd", "tmp"):
            (base / name).mkdir()
        for number in range(4):
            hand_in(base / "class", [Handed(f"hangs{number}", {"sums.py": f"{RIGHT}\n{HANGS}"}, {})], {})
        toml = base / "course/solutions/wall/assignment.toml"
        toml.write_text(toml.read_text().replace("wall_seconds = 2.0", "wall_seconds = 600.0"))
        command, environment = in_situation(
            situation, base, "grade", base / "class", "--course", base / "course", "--out", base / "out"
        )
        hand_over()
        launcher = stack.enter_context(
            subprocess.Popen(
                command,
                env=environment,
                cwd=base / "cwd",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(end, launcher)
        grader, servers, runs = hanging(launcher)
        if launcher.poll() is not None and "no other user can be had here" in launcher.stderr.read():
            pytest.skip("this machine lets this user be no other")
        assert len(runs) == WORKERS
        others = [process for process in below(launcher.pid) if process != grader]
        for victim in {"grader": [grader], "server": servers, "both": [grader, *servers]}[victims]:
            kill(victim)
        ended = runs if victims == "server" else others
        until = time.monotonic() + 10
        while (alive := [process for process in ended if running(process)]) and time.monotonic() < until:
            time.sleep(0.02)

        assert alive == []
        if victims != "server":
            launcher.wait(30)
            assert (base / "strays").read_text() == ""
            assert [path.name for path in (base / "tmp").iterdir()] == []


# What is seen of it from outside, so that it is known to run, is its name.
HANGS = f"""
import ctypes
import time


def doubled(x):
    ctypes.CDLL(None).prctl(15, b"{MARK}"[:15], 0, 0, 0)
    time.sleep(600)
"""


def end(launcher):
    """End a launcher and all below it, however a test ends."""
    for process in below(launcher.pid):
        kill(process)
    launcher.kill()


def kill(process):
    """Kill a process, if its parent's end hasn't taken it along."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def below(pid):
    """The processes below a process; none if it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def hanging(launcher):
    """The grader that a launcher has started, its servers, and the runs, once students' code hangs in all of them."""
    until = time.monotonic() + 60
    while time.monotonic() < until and launcher.poll() is None:
        tree = below(launcher.pid)
        runs = [process for process in tree if named(process) == MARK[:15]]
        if len(runs) == WORKERS:
            (grader,) = psutil.Process(launcher.pid).children()
            parents = [run.parents() for run in runs]
            # The last one below the grader is the loader, which no run depends on.
            servers = {parent for line in parents for parent in line[: line.index(grader) - 1]}
            return grader, [*servers], runs
        time.sleep(0.02)
    return None, [], []


def running(process):
    """Whether a process has not ended; one that is dead, and nobody has asked for, has."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def named(process):
    """The name of a process; None if it is gone."""
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return None


def test_a_course_that_runs_could_read_is_not_graded(tmp_path):
    """Where the solutions lie in a folder that is shown to runs, grading stops and says so."""
    with ExitStack() as stack:
        Canary(tmp_path, stack)
        course = write_course(tmp_path)
        for name in ("cwd", "tmp"):
            (tmp_path / name).mkdir()
        hand_in(tmp_path / "course/data/class", HONEST[:1], {})
        done, _ = grade_as("here", tmp_path, course / "data/class", tmp_path / "out")

        assert done.returncode == 64
        assert f"it may read {course / 'data/class'}" in done.stderr
        assert not (tmp_path / "out/wall" / GRADES_FILE).exists()
