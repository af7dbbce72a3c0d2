"""Files of one submission, kept on disk until they are asked for: a class of large ones takes no more memory."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

PART_BYTES = 1 << 20


class Spool(Mapping[str, bytes]):
    """Files by name; the first MiB of them in memory, and all of them on disk where there is more."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=PART_BYTES)  # noqa: SIM115  it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._contents: dict[str, Spooled] = {}
        self._end = 0

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file, part by part."""
        whole = hashlib.sha256()
        began = self._end
        for part in parts:
            whole.update(part)
            self._file.write(part)
            self._end += len(part)
        self._contents[name] = Spooled(self, began, self._end - began, whole.hexdigest())

    def content(self, name: str) -> Spooled:
        """A file that is read part by part."""
        return self._contents[name]

    def read(self, offset: int, size: int) -> bytes:
        """Some of the bytes of all files."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def __getitem__(self, name: str) -> bytes:
        return b"".join(self._contents[name].parts())

    def __contains__(self, name: object) -> bool:
        return name in self._contents  # a mapping's own way is to read the file

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)


@dataclass(frozen=True)
class Spooled:
    """A file in a spool: where, how many bytes, and the SHA-256 of them."""

    spool: Spool
    offset: int
    size: int
    digest: str

    def __len__(self) -> int:
        return self.size

    def parts(self) -> Iterator[bytes]:
        """Its bytes, part by part."""
        for done in range(0, self.size, PART_BYTES):
            yield self.spool.read(self.offset + done, min(PART_BYTES, self.size - done))


def content_of(files: Mapping[str, bytes], name: str) -> bytes | Spooled:
    """A file as it is best handed on: part by part, where it is in a spool."""
    return files.content(name) if isinstance(files, Spool) else files[name]


def digest_of(files: Mapping[str, bytes], name: str) -> str:
    """The SHA-256 of a file."""
    return files.content(name).digest if isinstance(files, Spool) else hashlib.sha256(files[name]).hexdigest()
