"""A class is read whatever its students hand in: each gets files or a sentence, and none stops the others."""

from __future__ import annotations

import io
import json
import os
import random
import stat
import tarfile
import zipfile

import pytest
from handed_in import read_class

from autograder.submissions import unpack
from autograder.submissions.reading import ClassError
from autograder.submissions.selection import MAX_ATTACHMENTS, MAX_EXTRA_NAMES, Submission, named_in

WANTED = ("attention.py", "two_layer_net.py")
CODE = b"def softmax(S):\n    return S\n"


def write(folder, files):
    """Write files by relative path below a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(files):
    """A zip archive of files by name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name, content in files.items():
            members.writestr(name, content)
    return archive.getvalue()


class Nameless(zipfile.ZipInfo):
    """A member of a zip archive whose name is empty, as no tool writes one."""

    def is_dir(self):
        """It has no last letter that could say so."""
        return False


def with_a_nameless_file(archive):
    """A zip archive with such a member more."""
    content = io.BytesIO(archive)
    with zipfile.ZipFile(content, "a") as members:
        members.writestr(Nameless(""), b"x")
    return content.getvalue()


def tarred(members, mode="w:gz"):
    """A tar archive of files by name, or of `TarInfo` that have no content."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode=mode) as tar:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def special(name, kind, target=""):
    """A member of a tar archive that is no ordinary file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def only(folder, wanted=WANTED):
    """The one submission of a class of one."""
    (submission,) = read_class(folder, wanted)
    return submission


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("ada.zip", zipped({"attention.py": CODE}), id="zip"),
        pytest.param("ada.zip", zipped({"hw2/": b"", "hw2/attention.py": CODE}), id="zip_wrapper"),
        pytest.param("ada.ZIP", zipped({"./attention.py": CODE}), id="zip_dot"),
        pytest.param("ada.zip", zipped({"hw2\\attention.py": CODE}), id="zip_backslash"),
        pytest.param("ada.zip", with_a_nameless_file(zipped({"attention.py": CODE})), id="zip_nameless"),
        pytest.param("ada.zip", zipped({"attention.py": CODE, "__MACOSX/._attention.py": b"\0"}), id="zip_mac"),
        pytest.param("ada.zip", tarred([("attention.py", CODE)]), id="tar_named_zip"),
        pytest.param("ada.tar.gz", tarred([("attention.py", CODE)]), id="tar_gz"),
        pytest.param("ada.tgz", tarred([("./hw2/attention.py", CODE)]), id="tgz_wrapper"),
        pytest.param("ada.tar", tarred([("attention.py", CODE)], "w"), id="tar"),
        pytest.param("ada.tar.gz", tarred([("attention.py", CODE)], "w"), id="tar_not_gz"),
        pytest.param(
            "ada.tar", tarred([(special("hw2", tarfile.DIRTYPE), b""), ("hw2/attention.py", CODE)]), id="tar_dir"
        ),
    ],
)
def test_archives(tmp_path, name, content):
    """A file is found at an archive's top or in its one folder, whatever the archive is called."""
    write(tmp_path, {name: content})

    assert only(tmp_path) == Submission("ada", {"attention.py": CODE})


@pytest.mark.parametrize("place", ["", "hw2/"])
def test_folders(tmp_path, place):
    """A file is found at a folder's top or in its one folder; what machines leave behind is not even named."""
    names = ["attention.py", ".DS_Store", ".git/config", "__pycache__/attention.py", ".ipynb_checkpoints/attention.py"]
    write(tmp_path / "ada", {place + name: CODE for name in names})

    assert only(tmp_path) == Submission("ada", {"attention.py": CODE})


def test_a_class_is_in_order_of_names(tmp_path):
    """Students come in the order of their names; a list or a hidden file beside them is nobody's work."""
    write(tmp_path, {"bob/attention.py": CODE, "ada.zip": zipped({}), "roster.csv": b"", "README.md": b"", ".x/y": b""})
    (tmp_path / "cy").mkdir()

    found = read_class(tmp_path, WANTED)

    assert found == [Submission("ada"), Submission("bob", {"attention.py": CODE}), Submission("cy")]


def test_two_folders_each_with_a_wanted_file(tmp_path):
    """Problems may lie in folders of their own, as long as each file is there once."""
    write(tmp_path / "ada", {"a/attention.py": CODE, "b/two_layer_net.py": CODE})

    assert only(tmp_path) == Submission("ada", {"attention.py": CODE, "two_layer_net.py": CODE})


def test_other_modules_beside_a_wanted_file_are_taken_along(tmp_path):
    """A module that a student's file may import comes with it; everything not asked for is named."""
    names = ["attention.py", "layers.py", "notes.txt", "attention.ipynb", "not-a-module.py", "a/layers.py", "a/b/c.py"]
    write(tmp_path / "ada", dict.fromkeys(names, CODE))

    found = only(tmp_path)

    assert found.files == {"attention.py": CODE, "layers.py": CODE}
    assert found.extra == ("a/b/", "a/layers.py", "attention.ipynb", "layers.py", "not-a-module.py", "notes.txt")
    assert found.problems == {}


def test_notebooks_are_taken_when_wanted(tmp_path):
    """A wanted notebook may be larger than a module."""
    notebook = b'{"cells": ["' + b"x" * (2 * unpack.MIB) + b'"]}'
    write(tmp_path / "ada", {"attention.ipynb": notebook})

    assert only(tmp_path, ["attention.ipynb"]).files == {"attention.ipynb": notebook}


def test_syntax_is_not_judged(tmp_path):
    """A byte order mark and a syntax error are for Python to judge, not for us."""
    content = b"\xef\xbb\xbfdef softmax(S:\n"
    write(tmp_path / "ada", {"attention.py": content})

    assert only(tmp_path) == Submission("ada", {"attention.py": content})


def linked(folder):
    """Put a link where the file should be, and a folder's link that leads in a circle."""
    (folder / "hw2").symlink_to("..")
    write(folder.parent.parent / "elsewhere", {"attention.py": CODE})
    (folder / "attention.py").symlink_to("../../elsewhere/attention.py")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(
            lambda folder: write(folder, {"attention.py": "# é\n".encode("latin-1")}),
            "attention.py is not UTF-8 (byte 0xe9 in line 1); save it as UTF-8",
            id="latin_1",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention.py": "x = 1\n".encode("utf-16")}),
            "attention.py is not UTF-8 (byte 0xff in line 1); save it as UTF-8",
            id="utf_16",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention.py": b"x = 1\0"}),
            "attention.py has a NUL byte, so it is not text; hand in the source",
            id="nul",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention.py": b"#" * (unpack.MIB + 1)}),
            "attention.py is larger than 1 MiB; hand in the file without data or outputs",
            id="enormous",
        ),
        pytest.param(
            linked,
            "attention.py is a link, or not an ordinary file; hand in the file itself",
            id="link",
        ),
        pytest.param(
            lambda folder: os.mkfifo(folder / "attention.py"),
            "attention.py is a link, or not an ordinary file; hand in the file itself",
            id="fifo",
        ),
        pytest.param(
            lambda folder: (folder / "attention.py").mkdir(),
            "attention.py is a folder; hand in a file of that name",
            id="folder",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention.py": CODE, "hw2/attention.py": CODE + b"# draft\n"}),
            "attention.py was handed in 2 times (attention.py, hw2/attention.py); hand in one",
            id="top_and_wrapper",
        ),
        pytest.param(
            lambda folder: write(folder, {"Attention.py": CODE}),
            "found Attention.py; expected attention.py; rename it",
            id="case",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention (1).py": CODE}),
            "found attention (1).py; expected attention.py; rename it",
            id="second_download",
        ),
        pytest.param(
            lambda folder: write(folder, {"hw2/attention_final.py.txt": CODE}),
            "found hw2/attention_final.py.txt; expected attention.py; rename it",
            id="nearly_right",
        ),
        pytest.param(
            lambda folder: write(folder, {"attention_1.py": CODE, "attention_2.py": CODE}),
            "found attention_1.py and attention_2.py; expected attention.py; hand in one",
            id="two_nearly_right",
        ),
        pytest.param(
            lambda folder: write(folder, {"a/b/attention.py": CODE}),
            "found a/b/attention.py; expected attention.py at the top or in one folder; hand it in there",
            id="too_deep",
        ),
        pytest.param(
            lambda folder: write(folder, {"hw2.zip": b"PK"}),
            "found hw2.zip, which is not looked into; hand attention.py in unpacked",
            id="packed_within",
        ),
    ],
)
def test_a_file_that_cannot_be_taken(tmp_path, make, problem):
    """A wanted file that can't be taken is told in a sentence, and the student's other file is taken."""
    folder = write(tmp_path / "class" / "ada", {"two_layer_net.py": CODE})
    make(folder)

    found = only(tmp_path / "class")

    assert found.problems == {"attention.py": problem}
    assert found.files["two_layer_net.py"] == CODE
    assert "attention.py" not in found.files
    assert found.refused == ""


def test_copies_of_one_file_are_one(tmp_path):
    """Where the same bytes were handed in twice there is nothing to choose."""
    write(tmp_path / "class" / "ada", {"attention.py": CODE, "hw2/attention.py": CODE})

    found = only(tmp_path / "class")

    assert found.problems == {}
    assert found.files["attention.py"] == CODE


def zip_member(name, mode, content):
    """A zip archive of one member with a Unix mode, and a good file beside it."""
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    return zipped({member: content, "two_layer_net.py": CODE})


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "make", "problem"),
    [
        pytest.param(
            "ada.zip",
            lambda: zip_member("attention.py", stat.S_IFLNK | 0o777, b"/etc/passwd"),
            "is a link",
            id="zip_link",
        ),
        pytest.param("ada.zip", lambda: zip_member("attention.py", stat.S_IFIFO, b""), "ordinary file", id="zip_fifo"),
        pytest.param(
            "ada.zip",
            lambda: zipped(
                {zipfile.ZipInfo("attention.py"): CODE, zipfile.ZipInfo("attention.py"): b"", WANTED[1]: CODE}
            ),
            "was handed in 2 times (attention.py, attention.py)",
            id="zip_twice",
        ),
        pytest.param(
            "ada.zip",
            lambda: zipped({"attention.py": b"#" * 2**21, WANTED[1]: CODE}),
            "larger than 1 MiB",
            id="zip_large",
        ),
        pytest.param(
            "ada.tar.gz",
            lambda: tarred([(special("attention.py", tarfile.SYMTYPE, "/etc/passwd"), b""), (WANTED[1], CODE)]),
            "is a link",
            id="tar_symlink",
        ),
        pytest.param(
            "ada.tar.gz",
            lambda: tarred([(WANTED[1], CODE), (special("attention.py", tarfile.LNKTYPE, WANTED[1]), b"")]),
            "is a link",
            id="tar_hard_link",
        ),
        pytest.param(
            "ada.tar.gz",
            lambda: tarred([(special("attention.py", tarfile.CHRTYPE), b""), (WANTED[1], CODE)]),
            "not an ordinary file",
            id="tar_device",
        ),
        pytest.param(
            "ada.tar.gz",
            lambda: tarred([("attention.py", b"#" * 2**21), (WANTED[1], CODE)]),
            "is larger than 1 MiB",
            id="tar_large",
        ),
    ],
)
def test_a_member_that_cannot_be_taken(tmp_path, name, make, problem):
    """The same holds for what is in archives: no link is followed, no device made, no second copy preferred."""
    write(tmp_path, {name: make()})

    found = only(tmp_path)

    assert problem in found.problems["attention.py"]
    assert found.files == {"two_layer_net.py": CODE}


def locked(content):
    """A zip archive whose first member says that it is encrypted."""
    content = bytearray(content)
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def wrong_checksum(content):
    """A zip archive whose member was changed after it was packed."""
    return content.replace(CODE, CODE.replace(b"S", b"T"))


def stored(files):
    """A zip archive that is not compressed."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for name, content in files.items():
            members.writestr(name, content)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param(
            "ada.zip", zipped({"../attention.py": CODE}), "../attention.py would be written outside", id="zip_climbs"
        ),
        pytest.param("ada.zip", zipped({"a/../../b.py": CODE}), "would be written outside", id="zip_climbs_within"),
        pytest.param(
            "ada.zip", zipped({"..\\attention.py": CODE}), "would be written outside", id="zip_climbs_backwards"
        ),
        pytest.param("ada.zip", zipped({"C:\\attention.py": CODE}), "would be written outside", id="zip_drive"),
        pytest.param("ada.tgz", tarred([("/etc/attention.py", CODE)]), "would be written outside", id="tar_absolute"),
        pytest.param("ada.tar", tarred([("../ada", CODE)], "w"), "would be written outside", id="tar_climbs"),
        pytest.param("ada.zip", b"", "ada.zip could not be read", id="empty_zip"),
        pytest.param("ada.zip", b"PK", "ada.zip could not be read", id="two_bytes"),
        pytest.param("ada.zip", zipped({"attention.py": CODE})[:-30], "ada.zip could not be read", id="cut_zip"),
        pytest.param("ada.zip", wrong_checksum(stored({"attention.py": CODE})), "Bad CRC-32", id="changed_zip"),
        pytest.param("ada.zip", locked(zipped({"attention.py": CODE})), "password required", id="locked"),
        pytest.param("ada.tar.gz", tarred([("attention.py", CODE * 99)])[:-30], "could not be read", id="cut_tar_gz"),
        pytest.param("ada.tar", b"not an archive" * 99, "ada.tar could not be read", id="not_a_tar"),
        pytest.param("ada.rar", b"Rar!", "ada.rar is not a .zip or .tar.gz; hand in one of these", id="rar"),
    ],
)
def test_an_archive_that_cannot_be_read(tmp_path, name, content, sentence):
    """A damaged or hostile archive is refused in one line; the next student's is read."""
    write(tmp_path, {name: content, "bob/attention.py": CODE})

    ada, bob = read_class(tmp_path, WANTED)

    assert sentence in ada.refused
    assert ada.refused.isprintable()
    assert (ada.student, ada.files) == ("ada", {})
    assert bob == Submission("bob", {"attention.py": CODE})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "bob"])


class TestBounds:
    """What a submission costs is bounded by us, not by what it says of itself."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        """Bounds that a test reaches at once."""
        monkeypatch.setattr(unpack, "MAX_MEMBERS", 20)
        monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 3 * unpack.MIB)
        monkeypatch.setattr(unpack, "MAX_ARCHIVE_BYTES", unpack.MIB)

    @pytest.mark.parametrize(
        ("name", "make", "sentence"),
        [
            pytest.param(
                "ada.zip", lambda: zipped({f"{n}": b"" for n in range(21)}), "more than 20 files", id="zip_members"
            ),
            pytest.param(
                "ada.tgz", lambda: tarred([(f"{n}", b"") for n in range(21)]), "more than 20 files", id="tar_members"
            ),
            pytest.param("ada.zip", lambda: zipped({"x": bytes(2**22)}), "unpacks to more than 3 MiB", id="zip_bomb"),
            pytest.param("ada.tgz", lambda: tarred([("x", bytes(2**22))]), "unpacks to more than 3 MiB", id="tar_bomb"),
            pytest.param(
                "ada.zip", lambda: stored({"x": bytes(2**20)}), "ada.zip has 1 MiB; expected at most 1", id="large"
            ),
        ],
    )
    def test_archives(self, tmp_path, name, make, sentence):
        """An archive of too many files or too many bytes is refused."""
        write(tmp_path, {name: make()})

        assert sentence in only(tmp_path).refused

    def test_folders(self, tmp_path):
        """A folder of too many files is refused."""
        write(tmp_path / "ada", {f"{n}.txt": b"" for n in range(21)})

        assert "more than 20 files" in only(tmp_path).refused

    def test_data_that_nobody_reads(self, tmp_path):
        """A large file that was not asked for costs nothing, so it is no reason to refuse a folder."""
        write(tmp_path / "ada", {"attention.py": CODE, "mnist.npz": bytes(2**22)})

        assert only(tmp_path) == Submission("ada", {"attention.py": CODE}, ("mnist.npz",))


def test_a_zip_member_that_belies_its_size(tmp_path):
    """A member that is longer than the archive's list says is not read beyond what it says."""
    content = bytearray(zipped({"attention.py": b"#" * 2**22}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (5).to_bytes(4, "little")
    write(tmp_path, {"ada.zip": bytes(content)})

    assert only(tmp_path).files.get("attention.py", b"#####") == b"#####"


@pytest.mark.parametrize("make", [lambda: stored({"attention.py": CODE}), lambda: tarred([("attention.py", CODE)])])
def test_damage_anywhere_is_a_sentence(tmp_path, make):
    """Whatever bytes of an archive are broken, the class is read: no exception leaves `read_class`."""
    content, rng = make(), random.Random(0)
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        write(tmp_path, {"ada.zip": bytes(broken[: rng.randint(len(broken) // 2, len(broken))])})

        found = only(tmp_path)

        assert found.student == "ada"
        assert found.refused.isprintable()


@pytest.mark.parametrize("name", ["ada", "ada.zip"])
def test_a_link_in_place_of_a_submission(tmp_path, name):
    """A link is not followed even where the whole folder or archive should be."""
    target = write(tmp_path / "elsewhere", {"attention.py": CODE, "a.zip": zipped({"attention.py": CODE})})
    folder = write(tmp_path / "class", {})
    (folder / name).symlink_to(target if name == "ada" else target / "a.zip")

    assert only(folder) == Submission("ada", refused=f"{name} is a link; hand in the folder or archive itself")


def test_a_link_to_itself_in_place_of_a_submission(tmp_path):
    """It leads nowhere, and stops nobody else."""
    write(tmp_path, {"bob/attention.py": CODE})
    (tmp_path / "ada.zip").symlink_to("ada.zip")
    (tmp_path / "loose.py").symlink_to("loose.py")

    ada, bob = read_class(tmp_path, WANTED)

    assert ada.refused == "ada.zip is a link; hand in the folder or archive itself"
    assert bob.files


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path, number: path.mkdir(), id="folders"),
        pytest.param(lambda path, number: path.touch(), id="files"),
        pytest.param(lambda path, number: path.with_name(f".{number}").touch(), id="hidden"),
    ],
)
def test_all_that_lies_in_a_folder_is_counted(tmp_path, monkeypatch, make):
    """Listing takes time and memory, whatever the kind of entry."""
    monkeypatch.setattr(unpack, "MAX_MEMBERS", 100)
    write(tmp_path / "ada", {"attention.py": CODE})
    for number in range(100):
        make(tmp_path / "ada" / f"{number}", number)

    assert only(tmp_path).refused == "the submission holds more than 100 files; hand in only what was asked for"


@pytest.mark.parametrize(
    "long", [pytest.param(f"{'x' * 60_000}", id="one"), pytest.param(f"{'x/' * 30_000}", id="deep")]
)
@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"{n}{{}}/attention.py" for n in range(2000)], id="many_of_one_name"),
        pytest.param([f"{{}}/attention_{n}.py" for n in range(50)], id="many_nearly_right"),
        pytest.param(["../{}/attention.py"], id="outside"),
        pytest.param(["{}/attention.py.zip"], id="packed_within"),
        pytest.param(["{}_attention.py"], id="long_itself"),
    ],
)
def test_no_sentence_is_long(tmp_path, names, long):
    """However many files there are, and however long their names."""
    members = [(name.format(long[: 3_000_000 // len(names)]), b"%d" % n) for n, name in enumerate(names)]
    write(tmp_path, {"ada.tar.gz": tarred(members)})

    found = only(tmp_path)

    said = [found.refused, *found.problems.values(), *found.extra]
    assert any(said)
    assert max(map(len, said)) < 2_000


def test_a_pipe_in_place_of_an_archive(tmp_path):
    """Nobody waits for a pipe."""
    os.mkfifo(tmp_path / "ada.zip")

    assert only(tmp_path).refused == "ada.zip could not be read: not an ordinary file, or not yours; hand it in again"


def test_two_submissions_of_one_name(tmp_path):
    """A folder and an archive of one name: nobody knows which is meant, so neither is graded, and that is told."""
    write(tmp_path, {"ada/attention.py": CODE, "ada.zip": zipped({"attention.py": CODE}), "bob/attention.py": CODE})

    ada, bob = read_class(tmp_path, WANTED)

    sentence = "ada and ada.zip are of one name; keep the one to be graded"
    assert ada == Submission("ada", refused=sentence)
    assert bob.files


def test_a_name_in_two_forms_of_unicode(tmp_path):
    """Is one name, whichever system wrote it, and that is told."""
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    write(tmp_path, {f"{composed}/attention.py": CODE, f"{decomposed}/attention.py": CODE})

    found = read_class(tmp_path, WANTED)

    ((student, refused),) = ((one.student, one.refused) for one in found)
    assert student == composed
    assert refused.endswith("are of one name; keep the one to be graded")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_names_of_files_in_another_form_of_unicode(tmp_path, packed):
    """A module has the name that imports it; a picture the one that the notebook calls it by."""
    notebook = json.dumps({"cells": ["![](Skizze_a\u0308.png)", "![](Bild_\u00f6.png)"]}, ensure_ascii=False).encode()
    files = {
        "attention.py": CODE,
        "attention.ipynb": notebook,
        "schla\u0308ge.py": CODE,
        "Skizze_a\u0308.png": b"1",
        "Bild_o\u0308.png": b"2",
    }
    write(tmp_path, {"ada.zip": zipped(files)} if packed else {f"ada/{name}": text for name, text in files.items()})

    found = only(tmp_path, {*WANTED, "attention.ipynb"}).files

    assert found == {
        "attention.py": CODE,
        "attention.ipynb": notebook,
        "schl\u00e4ge.py": CODE,
        "Skizze_a\u0308.png": b"1",
        "Bild_\u00f6.png": b"2",
    }


@pytest.mark.parametrize(
    ("names", "students"),
    [
        pytest.param(["Ada", "ada"], ["Ada", "ada"], id="case"),
        pytest.param(["a:b", "a?b"], ["a:b", "a?b"], id="separators"),
        pytest.param(["Zoe\u0308"], ["Zo\u00eb"], id="one_form"),
        pytest.param(["a\u2713", "b" + "\u0301" * 90], ["a_", "b" + "\u0301" * 4], id="signs"),
        pytest.param(["x\x1b[31m\n"], ["x_[31m_"], id="control"),
        pytest.param(["a\u202eb", "a\u202db"], ["a_b", "a_b"], id="right_to_left"),
        pytest.param(["Zoë Ångström 李"], ["Zoë Ångström 李"], id="letters_of_all_kinds"),
        pytest.param([" "], ["unnamed"], id="nothing_left"),
        pytest.param(["a" * 200], ["a" * 200], id="long"),
        pytest.param(["trailing. ."], ["trailing. ."], id="trailing_dots"),
    ],
)
def test_student_names(tmp_path, names, students):
    """A name is whole; one that had to be changed to be shown has a digest, so that no two are the same."""
    for name in names:
        (tmp_path / name).mkdir()

    found = [submission.student for submission in read_class(tmp_path, WANTED)]

    assert sorted(name.partition("~")[0] for name in found) == sorted(students)
    assert len({*found}) == len(names)


def test_names_that_are_no_text(tmp_path):
    """A file name that is not UTF-8, or steers a terminal, is named in plain letters."""
    folder = write(tmp_path / "ada", {"attention.py": CODE, "\x1b[2J.txt": b""})
    (folder / os.fsdecode(b"caf\xe9.py")).write_bytes(CODE)

    assert only(tmp_path).extra == ("?[2J.txt", "caf?.py")


def test_a_long_list_of_extra_files_is_cut(tmp_path):
    """A report names some of many extra files and says how many more there are."""
    write(tmp_path / "ada", {f"{n:02}.txt": b"" for n in range(60)})

    *names, rest = only(tmp_path).extra

    assert (names[0], len(names), rest) == ("00.txt", MAX_EXTRA_NAMES, "and 10 more")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(lambda path: None, "No such file or directory; name the folder", id="missing"),
        pytest.param(lambda path: path.write_bytes(b""), "Not a directory; name the folder", id="file"),
        pytest.param(lambda path: path.mkdir(), "class holds nothing; expected one folder, .zip", id="empty"),
        pytest.param(
            lambda path: write(path, {"a.txt": b"", ".b/c": b""}), "class holds a.txt; expected", id="no_work"
        ),
    ],
)
def test_no_class(tmp_path, make, sentence):
    """A folder that can't be a class is an error of whoever named it, told in one sentence."""
    make(tmp_path / "class")

    with pytest.raises(ClassError, match=sentence):
        read_class(tmp_path / "class", WANTED)


NOTEBOOK = (
    b'{"cells": ["a.png, b.csv, img/c.png, deep/er/d.png, e.py, answers.bin, .f.txt, attention.py, B\\u00e4r.txt"]}'
)


def test_files_that_a_notebook_names_are_taken_along(tmp_path):
    """From beside it or one folder below, under the names they have there; nothing else of their kind is read."""
    there = ("a.png", "b.csv", "img/c.png", "deep/er/d.png", "answers.bin", ".f.txt", "unnamed.png", "Bär.txt")
    files = {f"hw/{name}": b"\0\xff" for name in there}
    write(tmp_path / "class/ada", {**files, "hw/attention.py": CODE, "hw/attention.ipynb": NOTEBOOK, "a.png": b"no"})

    taken = only(tmp_path / "class", ("attention.py", "attention.ipynb")).files

    assert taken.keys() == {"attention.py", "attention.ipynb", "a.png", "b.csv", "img/c.png", "Bär.txt"}
    assert taken["a.png"] == b"\0\xff"


def test_as_many_files_as_are_small_are_taken_along(tmp_path):
    """What is too large, or too many, is left where it is."""
    notebook = b'["big.bin", "small.bin", ' + b", ".join(b'"%d.txt"' % k for k in range(99)) + b"]"
    files = {f"{k}.txt": b"x" for k in range(99)}
    big = {"big.bin": b"x" * (unpack.MAX_ATTACHMENT_BYTES + 1), "attention.ipynb": notebook}
    write(tmp_path / "class/ada", {**files, **big, "attention.py": CODE})

    taken = only(tmp_path / "class", ("attention.py", "attention.ipynb")).files

    assert "big.bin" not in taken
    assert len(taken) == 2 + MAX_ATTACHMENTS


def test_without_a_notebook_nothing_is_taken_along(tmp_path):
    """Then nothing would be run beside it."""
    write(tmp_path / "class/ada", {"attention.py": b'open("a.csv")', "a.csv": b"1"})

    assert only(tmp_path / "class", ("attention.py", "attention.ipynb")).files.keys() == {"attention.py"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(b"open('my own.csv')", ["my own.csv"], id="by_name"),
        pytest.param(b"![](sketch_\\u00f6.png)", ["sketch_\u00f6.png"], id="as_json"),
        pytest.param(b"glob('*.png')", ["a.png", "sketch_\u00f6.png"], id="by_pattern"),
        pytest.param(b"glob('scans/**/?*.png')", ["a.png", "sketch_\u00f6.png"], id="by_a_longer_one"),
        pytest.param(b"glob('sk*.png')", ["sketch_\u00f6.png"], id="by_a_beginning"),
        pytest.param(b"A" * 998 + b" my own.csv " + b"A" * 998, ["my own.csv"], id="between_runs_that_are_no_picture"),
        pytest.param(b"A" * 500 + b"a.png" + b"A" * 500, ["a.png"], id="within_such_a_run"),
        pytest.param(b"x" * 3_000 + b"/" * 3_000, [], id="a_picture"),
        pytest.param(b"*" * 3_000 + b".png?*.*", [], id="stars"),
    ],
)
def test_files_that_a_text_names(text, found):
    """Each run of letters is looked at once: a text of runs that are nearly pictures is read in its own length."""
    assert named_in([text], ["a.png", "my own.csv", "sketch_\u00f6.png", "notes.txt"]) == found
