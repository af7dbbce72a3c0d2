"""The shipped data are real, as described, and loadable; all of MNIST comes only when it is the real one."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import importlib.util
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"


def script(name: str) -> ModuleType:
    """The module data/<name>.py; data/ is a folder of scripts, not a package."""
    spec = importlib.util.spec_from_file_location(f"data_{name}", DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = script("make")
mnist = script("mnist")


@pytest.fixture
def load():
    """Load a file of data/ as students do, no pickle allowed."""

    def arrays(name):
        with np.load(DATA / name, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}

    return arrays


def test_shipped_files_are_the_known_ones():
    """Every data file has the SHA-256 that make.py knows."""
    assert make.complaints() == []


@pytest.mark.parametrize("name", make.SHA256)
def test_readme_states_the_digest(name):
    """The digest a reader finds in README.md is the one that is checked."""
    assert f"| `{name}` | `{make.SHA256[name]}` |" in (DATA / "README.md").read_text(encoding="utf-8")


def test_complaints_name_a_missing_and_a_changed_file(tmp_path):
    """A missing file and a changed one are each named, with what to do."""
    (tmp_path / "digits.npz").write_bytes(b"")

    missing, changed, _ = make.complaints(tmp_path)

    assert missing == "iris.npz is missing; make it with: python data/make.py"
    assert changed.startswith("digits.npz has SHA-256 e3b0c442")


def test_check_is_a_command():
    """`python data/make.py --check` exits with 0 and needs nothing but NumPy."""
    done = subprocess.run([sys.executable, DATA / "make.py", "--check"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_iris_arrays(load):
    """Iris has the shapes, type and labels that the soft-margin problem is written for."""
    arrays = load("iris.npz")

    assert {name: (array.shape, array.dtype) for name, array in arrays.items()} == {
        "X_train": ((76, 4), np.dtype(np.float64)),
        "y_train": ((76, 1), np.dtype(np.float64)),
        "X_test": ((24, 4), np.dtype(np.float64)),
        "y_test": ((24, 1), np.dtype(np.float64)),
    }
    for y, each in ((arrays["y_train"], 38), (arrays["y_test"], 12)):
        assert [np.sum(y == -1), np.sum(y == 1)] == [each, each]


def test_iris_is_made_from_scikit_learn(load):
    """What is shipped is what make.py makes, and its bytes don't depend on the NumPy that wrote them."""
    made = make.iris()

    shipped = load("iris.npz")
    assert list(made) == list(shipped)
    for name, array in made.items():
        np.testing.assert_array_equal(array, shipped[name], strict=True)


def test_iris_rows_are_each_used_once(load):
    """No flower is both learnt from and tested on."""
    from sklearn.datasets import load_iris

    arrays = load("iris.npz")
    X, species = load_iris(return_X_y=True)

    rows = np.vstack([arrays["X_train"], arrays["X_test"]])

    assert sorted(map(tuple, rows)) == sorted(map(tuple, X[species > 0]))


def test_digits_arrays(load):
    """There are 5,000 digits of 784 bytes, 500 of each."""
    digits = load("digits.npz")

    assert {name: (array.shape, array.dtype) for name, array in digits.items()} == {
        "X": ((5000, 784), np.dtype(np.uint8)),
        "y": ((5000,), np.dtype(np.int64)),
    }
    assert np.bincount(digits["y"]).tolist() == [500] * 10


def test_small_digits_are_made_from_the_digits(load):
    """What is shipped is what make.py makes of the others; all ten are among them."""
    shipped = load("digits_small.npz")

    for name, array in make.small(load("digits.npz")).items():
        np.testing.assert_array_equal(array, shipped[name], strict=True)
    assert np.bincount(shipped["y"]).min() > 20


def test_digits_are_in_no_order(load):
    """Any 500 consecutive digits hold every one of the ten: a slice is as good as a sample.

    Of 50 expected, fewer than 15 would have a probability below 1e-8; the order is fixed, so this can't fail by chance.
    """
    y = load("digits.npz")["y"]

    fewest = min(np.bincount(y[start : start + 500], minlength=10).min() for start in range(0, 5000, 500))

    assert fewest >= 15


def test_digits_are_handwriting(load):
    """The images are what their labels say: the nearest class mean recognises most of them."""
    digits = load("digits.npz")
    X, y = digits["X"] / 255.0, digits["y"]
    means = np.stack([X[:4000][y[:4000] == k].mean(axis=0) for k in range(10)])

    nearest = np.argmin(np.sum(means**2, axis=1) - 2 * X[4000:] @ means.T, axis=1)

    assert np.mean(nearest == y[4000:]) > 0.75


def test_npz_bytes_are_deterministic():
    """The same arrays give the same bytes, which carry no time of day."""
    arrays = {"a": np.arange(6.0).reshape(2, 3)}

    assert make.npz_bytes(arrays) == make.npz_bytes({"a": np.asfortranarray(arrays["a"])})


def idx_file(array: np.ndarray) -> bytes:
    """A gzip file in IDX format, written from its definition."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0)


ARRAYS = {
    "train-images-idx3-ubyte.gz": np.arange(3 * 28 * 28).reshape(3, 28, 28) % 256,
    "train-labels-idx1-ubyte.gz": np.array([5, 0, 9]),
    "t10k-images-idx3-ubyte.gz": np.full((2, 28, 28), 7),
    "t10k-labels-idx1-ubyte.gz": np.array([1, 2]),
}


@pytest.fixture
def mirror(tmp_path):
    """A folder with four small IDX files, and the digests they have."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, array in ARRAYS.items():
        (folder / name).write_bytes(idx_file(array))
    return folder


def digests(folder):
    """The SHA-256 of each file of a mirror as it is now."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ARRAYS}


@pytest.fixture
def served(mirror):
    """The address of a web server on this machine that serves the mirror."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(mirror))

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def assert_fetched(target):
    """The file at `target` holds ARRAYS."""
    with np.load(target, allow_pickle=False) as found:
        np.testing.assert_array_equal(
            found["X_train"], ARRAYS["train-images-idx3-ubyte.gz"].reshape(3, 784).astype(np.uint8), strict=True
        )
        np.testing.assert_array_equal(found["y_train"], np.array([5, 0, 9]), strict=True)
        np.testing.assert_array_equal(found["X_test"], np.full((2, 784), 7, dtype=np.uint8), strict=True)
        np.testing.assert_array_equal(found["y_test"], np.array([1, 2]), strict=True)


def test_mnist_over_http(tmp_path, mirror, served):
    """The four files are downloaded, verified and written as one npz, with nothing left beside it."""
    folder = tmp_path / "data"
    folder.mkdir()

    target = mnist.fetch(folder, served + "/", digests(mirror))

    assert_fetched(target)
    assert [path.name for path in folder.iterdir()] == ["mnist.npz"]


def test_mnist_from_the_environment(tmp_path, mirror, monkeypatch):
    """MNIST_URL names the place; a file address is as good."""
    monkeypatch.setenv("MNIST_URL", mirror.as_uri())

    assert_fetched(mnist.fetch(tmp_path, digests=digests(mirror)))


def test_mnist_is_not_fetched_twice(tmp_path):
    """What is there is taken; no address is asked."""
    (tmp_path / "mnist.npz").write_bytes(b"there")

    assert mnist.fetch(tmp_path, "file:///nowhere").read_bytes() == b"there"


def test_mnist_knows_the_four_files():
    """The digests are those of the four files by their usual names."""
    assert list(mnist.SHA256) == list(ARRAYS)


def replaced(name, content):
    """A change to the mirror that gives one file other content."""
    return lambda folder: (folder / name).write_bytes(content)


LABELS, IMAGES = "t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda folder: (folder / LABELS).unlink(), "could not be read: .*MNIST_URL", id="missing"),
        pytest.param(replaced(LABELS, b"not a gzip file"), "is not a gzip file", id="not_gzip"),
        pytest.param(replaced(LABELS, idx_file(ARRAYS[LABELS])[:-9]), "is not a gzip file", id="cut_short"),
        pytest.param(
            replaced(LABELS, gzip.compress(b"\0\0\x0d\x01" + b"\0" * 8)), "starts with 00 00 0d 01", id="float"
        ),
        pytest.param(replaced(LABELS, gzip.compress(b"")), "starts with ; expected", id="empty"),
        pytest.param(replaced(LABELS, gzip.compress(b"\0\0\x08\x03\0\0")), "ends within its header", id="header_cut"),
        pytest.param(
            replaced(LABELS, gzip.compress(b"\0\0\x08\x02" + b"\xff" * 8 + b"\0")), "has 1 entries", id="huge_shape"
        ),
        pytest.param(
            replaced(LABELS, gzip.compress(b"\0\0\x08\x01\0\0\0\x03\1\2")),
            r"has 2 entries; expected \(3,\)",
            id="short",
        ),
        pytest.param(replaced(LABELS, idx_file(np.arange(3))), "test images have shape .* labels", id="other_count"),
        pytest.param(replaced(IMAGES, idx_file(np.arange(2))), "test images have shape", id="labels_for_images"),
    ],
)
def test_mnist_refuses(tmp_path, mirror, spoil, sentence):
    """What is not MNIST is refused with a sentence that says why, and nothing is written."""
    known = digests(mirror)
    spoil(mirror)
    if (mirror / LABELS).exists():
        known = digests(mirror)

    with pytest.raises(mnist.MnistError, match=sentence):
        mnist.fetch(tmp_path, mirror.as_uri(), known)

    assert not list(tmp_path.glob("*mnist*"))


def test_mnist_refuses_another_digest(tmp_path, mirror):
    """Content with another SHA-256 is never parsed, however well-formed it is."""
    with pytest.raises(mnist.MnistError, match=r"train-images-idx3-ubyte.gz has SHA-256 .*; expected 440fcabf"):
        mnist.fetch(tmp_path, mirror.as_uri())


def test_mnist_refuses_an_endless_file(tmp_path, mirror, monkeypatch):
    """No more than the bound is read."""
    monkeypatch.setattr(mnist, "MAX_DOWNLOAD_BYTES", 10)

    with pytest.raises(mnist.MnistError, match="has more than 10 bytes"):
        mnist.fetch(tmp_path, mirror.as_uri(), digests(mirror))


def test_mnist_command_fails_with_one_line(tmp_path):
    """On failure the command exits with 1 and one line, without a traceback."""
    copy = tmp_path / "mnist.py"
    copy.write_bytes((DATA / "mnist.py").read_bytes())

    done = subprocess.run(
        [sys.executable, copy, "--url", (tmp_path / "nowhere").as_uri()], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("mnist: file://")
    assert done.stderr.count("\n") == 1


def test_mnist_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    """A write that fails midway leaves neither a file nor a temporary one."""

    def full(file, **_arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(mnist.np, "savez_compressed", full)

    with pytest.raises(OSError, match="no space left"):
        mnist.write_npz(tmp_path / "mnist.npz", {})

    assert list(tmp_path.iterdir()) == []
