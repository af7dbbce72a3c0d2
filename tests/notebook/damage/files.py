"""Files that are no notebook that could be judged."""

from __future__ import annotations

from damage.edits import UNREADABLE, Row, as_bytes, both, outputs, stream
from damage.notebook import NUMBERS


def in_r(notebook):
    notebook["metadata"] = {
        "kernelspec": {"display_name": "R", "language": "R", "name": "ir"},
        "language_info": {"name": "R"},
    }


def nested(depth):
    return b'{"nbformat": 4, "cells": ' + b"[" * depth + b"]" * depth + b"}"


DAMAGE = {
    "broken": Row(as_bytes(lambda text: text[: len(text) // 2]), UNREADABLE, "broken JSON at line"),
    "merge_conflict": Row(
        as_bytes(lambda text: text.replace(b'\n "cells"', b'\n<<<<<<< HEAD\n "cells"', 1)),
        UNREADABLE,
        "merge conflict",
    ),
    "empty_file": Row(as_bytes(lambda _: b" \n"), UNREADABLE, "is an empty file"),
    "a_list": Row(as_bytes(lambda _: b"[]"), UNREADABLE, "no notebook"),
    "nested": Row(as_bytes(lambda _: nested(200_000)), UNREADABLE, "is JSON of a kind"),
    "a_web_page": Row(as_bytes(lambda _: b"<!DOCTYPE html><html>"), UNREADABLE, "it is a web page"),
    "an_archive": Row(as_bytes(lambda _: b"PK\x03\x04..."), UNREADABLE, "it is an archive"),
    "a_script": Row(as_bytes(lambda _: b"#!/usr/bin/env python\n"), UNREADABLE, "a Python file"),
    "not_text": Row(as_bytes(lambda _: b"\x80\x81{}"), UNREADABLE, "is no text"),
    "in_r": Row(in_r, UNREADABLE, "is written in R"),
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
