"""What the cell that runs puts out, kept in the form of nbformat and in bounds. Runs beside student code."""

from __future__ import annotations

import io
import json
from typing import Any

CLIPPED = " […]"


class Outputs:
    """The outputs of the cell that runs, as nbformat has them, up to a number of characters."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.begin()

    def begin(self) -> None:
        """Forget all, for the next cell."""
        self.items: list[dict[str, Any]] = []
        self.room = self.limit
        self.clipped = False
        self._clear = False

    def add(self, output: dict[str, Any]) -> None:
        """Add an output, if there is room for it."""
        self._cleared()
        size = len(json.dumps(output, default=str))
        if size > self.room:
            self.clipped = True
            return
        self.room -= size
        self.items.append(output)

    def write(self, name: str, text: str) -> None:
        """Add to a stream; what is written in a row becomes one output."""
        self._cleared()
        if len(text) > self.room:
            self.clipped = True
            text = text[: self.room] + CLIPPED if self.room > 0 else ""
        if not text:
            return
        self.room -= len(text)
        # Two streams that take turns are two outputs, not thousands: which came first is a matter of time in a kernel.
        for item in self.items[:-3:-1]:
            if item["output_type"] != "stream":
                break
            if item["name"] == name:
                item["parts"].append(text)
                return
        self.items.append({"output_type": "stream", "name": name, "parts": [text]})

    def clear(self, *, wait: bool) -> None:
        """Drop what has been put out, now or when there is something new."""
        self._clear = True
        if not wait:
            self._cleared()

    def update(self, output: dict[str, Any], display_id: object) -> None:
        """Put an output in the place of the one with that id."""
        for item in self.items:
            if item.get("display_id") == display_id:
                item.update(output)

    def take(self) -> list[dict[str, Any]]:
        """The outputs."""
        taken = []
        for item in self.items:
            parts = item.pop("parts", None)
            item.pop("display_id", None)
            taken.append(item if parts is None else {**item, "text": "".join(parts)})
        return taken

    def _cleared(self) -> None:
        if self._clear:
            self.items, self.room, self._clear = [], self.limit, False


class Stream(io.TextIOBase):
    """Standard output or standard error."""

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs = outputs
        self._name = name

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """UTF-8, as a kernel's."""
        return "UTF-8"

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The number that it has in a kernel, too."""
        return 1 if self._name == "stdout" else 2

    def write(self, text: str) -> int:
        """Add to the cell's outputs."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._outputs.write(self._name, text)
        return len(text)


# As in a kernel, for whoever shows what it writes to.
Stream.__name__ = Stream.__qualname__ = "OutStream"
Stream.__module__ = "ipykernel.iostream"
