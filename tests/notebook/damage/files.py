"""Files that are no notebook that could be judged."""

from __future__ import annotations

from damage.edits import UNREADABLE, Row, as_bytes, both, outputs, stream
from damage.notebook import NUMBERS


def nested(depth):
    return b'{"nbformat": 4, "cells": ' + b"[" * depth + b"]" * depth + b"}"


DAMAGE = {
    "broken": Row(as_bytes(lambda text: text[: len(text) // 2]), UNREADABLE, "broken JSON at line"),
    "empty_file": Row(as_bytes(lambda _: b" \n"), UNREADABLE, "is an empty file"),
    "a_list": Row(as_bytes(lambda _: b"[]"), UNREADABLE, "no notebook"),
    "nested": Row(as_bytes(lambda _: nested(200_000)), UNREADABLE, "can't be read as JSON"),
    "a_web_page": Row(as_bytes(lambda _: b"<!DOCTYPE html><html>"), UNREADABLE, "broken JSON at line 1"),
    "not_text": Row(as_bytes(lambda _: b"\x80\x81{}"), UNREADABLE, "can't be read as JSON"),
    "format_3": Row(lambda notebook: notebook.update(nbformat=3), UNREADABLE, "has nbformat 3; expected 4"),
    "format_5": Row(lambda notebook: notebook.update(nbformat=5), UNREADABLE, "has nbformat 5"),
    "sixty_megabytes": Row(
        both(outputs(NUMBERS, lambda _: [stream("x" * 1_000_000)] * 60)), UNREADABLE, "MiB; expected at most"
    ),
    "thousands_of_cells": Row(
        lambda notebook: notebook["cells"].extend({"cell_type": "raw", "source": ""} for _ in range(5000)),
        UNREADABLE,
        "cells; expected at most",
    ),
}
