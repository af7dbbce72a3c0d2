"""Fetch all of MNIST: 60,000 training and 10,000 test images, for whom 5,000 are not enough.

``python data/mnist.py [--url URL]`` writes ``data/mnist.npz`` beside this file. Only files with the known SHA-256 are
taken, so it doesn't matter whose copy they are.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import http.client
import os
import sys
import tempfile
import urllib.request
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"

SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

# The largest of the four has 9.9 MB; whoever sends more sends something else.
MAX_DOWNLOAD_BYTES = 16 * 2**20


class MnistError(Exception):
    """MNIST could not be had: the download failed, or what came is not MNIST. The message says what to do."""


def fetch(folder: Path = HERE, url: str | None = None, digests: Mapping[str, str] = SHA256) -> Path:
    """Download MNIST unless it is there already.

    Parameters
    ----------
    folder : Path
        Where ``mnist.npz`` is to be written.
    url : str, optional
        The place that has the four files, http(s) or file; by default the environment variable ``MNIST_URL``, or else
        `URL`.
    digests : mapping
        The SHA-256 of each of the four files.

    Returns
    -------
    Path
        ``folder/mnist.npz``: ``X_train`` (n, 784) uint8, ``y_train`` (n,) int64, ``X_test``, ``y_test``.

    Raises
    ------
    MnistError
        If a file can't be had, or is not the known one. Nothing is written then.
    """
    target = Path(folder) / "mnist.npz"
    if target.exists():
        return target
    url = url or os.environ.get("MNIST_URL") or URL
    raw = {name: download(url.rstrip("/") + "/" + name, digest) for name, digest in digests.items()}
    arrays = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        X = idx(raw[f"{prefix}-images-idx3-ubyte.gz"], f"{prefix}-images")
        y = idx(raw[f"{prefix}-labels-idx1-ubyte.gz"], f"{prefix}-labels")
        if X.ndim != 3 or y.shape != X.shape[:1]:
            raise MnistError(
                f"the {part} images have shape {X.shape} and their labels {y.shape}; expected (n, 28, 28), (n,)"
            )
        arrays[f"X_{part}"] = X.reshape(len(X), -1)
        arrays[f"y_{part}"] = y.astype(np.int64)
    write_npz(target, arrays)
    return target


def download(address: str, digest: str) -> bytes:
    """The content of the gzip file at `address`, once its SHA-256 is found to be `digest`."""
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            content = response.read(MAX_DOWNLOAD_BYTES + 1)
    # URLError is an OSError; a malformed address is a ValueError; a connection that ends early is an HTTPException.
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise MnistError(
            f"{address} could not be read: {reason}; name another place with --url or MNIST_URL"
        ) from error
    if len(content) > MAX_DOWNLOAD_BYTES:
        raise MnistError(f"{address} has more than {MAX_DOWNLOAD_BYTES:,} bytes; this is not MNIST")
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise MnistError(
            f"{address} has SHA-256 {found}; expected {digest}; name another place with --url or MNIST_URL"
        )
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise MnistError(f"{address} is not a gzip file: {error}") from error


def idx(content: bytes, name: str) -> np.ndarray:
    """The array of unsigned bytes in an IDX file.

    The format is two zero bytes, a type code (8 for unsigned bytes), the number of dimensions, each dimension as a
    big-endian 32-bit integer, and the entries, last dimension fastest.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise MnistError(f"{name} starts with {content[:4].hex(' ')}; expected 00 00 08: unsigned bytes in IDX format")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise MnistError(f"{name} ends within its header, after {len(content)} bytes; expected {start}")
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], dtype=">u4"))
    entries = np.frombuffer(content[start:], dtype=np.uint8)
    if entries.size != np.prod(shape, dtype=object):
        raise MnistError(f"{name} has {entries.size} entries; expected {shape} by its header")
    return entries.reshape(shape)


def write_npz(target: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write `target` in one step: whoever looks sees the whole file or none, even if this process is killed."""
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".mnist-", suffix=".npz")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide a shared course folder's copy from everybody else
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def main() -> int:
    """Fetch, and say where it is; a failure is one line and exit status 1."""
    parser = argparse.ArgumentParser(description="Download all of MNIST to data/mnist.npz (12 MB).")
    parser.add_argument("--url", help=f"the place that has the four files (default: $MNIST_URL, or {URL})")
    try:
        print(fetch(url=parser.parse_args().url))
    except MnistError as error:
        print(f"mnist: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
