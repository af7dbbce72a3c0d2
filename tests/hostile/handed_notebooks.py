"""Notebooks that a class of adversaries hands in: each made by one function out of the one that an honest student has.

``NOTEBOOKS`` says what comes of each: the codes that any of its checks may have, and what its report says.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Those of judged checks; none of them is a fault of ours.
ANY = {0, 1, 2, 40, 50, 51, 52, 53, 54, 55, 60, 61, 62, 63}
REFUSED = {40}
ENDED = {1}


@dataclass(frozen=True)
class HandIn:
    """A hand-in: what makes its notebook, and what must come of it."""

    make: Callable[[dict], bytes]
    codes: frozenset[int]
    says: str


NOTEBOOKS: dict[str, HandIn] = {}


def hand_in(codes=ANY, says=""):
    """Enter a function in the table: it is given the honest notebook, and changes it or gives another, or bytes."""

    def enter(make):
        def made(honest):
            changed = make(honest)
            if isinstance(changed, bytes):
                return changed
            return json.dumps(honest if changed is None else changed).encode("utf-8", "surrogatepass")

        NOTEBOOKS[make.__name__] = HandIn(made, frozenset(codes), says)
        return make

    return enter


def code(source, outputs=(), count=None, **fields):
    """A cell of code."""
    cell = {"cell_type": "code", "source": source, "outputs": list(outputs), "execution_count": count, "metadata": {}}
    return {**cell, **fields}


def shows(data, kind="display_data"):
    """An output that shows something."""
    return {"output_type": kind, "metadata": {}, "data": data}


def prints(text, name="stdout"):
    """An output of what was printed."""
    return {"output_type": "stream", "name": name, "text": text}


def codes_in(notebook):
    """Its cells of code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def printing(notebook):
    """The cell whose saved output others are put in the place of."""
    return next(cell for cell in codes_in(notebook) if "slope {" in "".join(cell["source"]))


def drawing(notebook):
    """The cell that draws."""
    return next(cell for cell in codes_in(notebook) if "subplots" in "".join(cell["source"]))


def put_out(notebook, source, *, saved=()):
    """Add a cell that puts something out when it is run, with other outputs saved."""
    notebook["cells"].append(code(source, saved, 9))


def chunk(kind, content):
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks):
    """A PNG of chunks, as a notebook has it."""
    return {"image/png": base64.b64encode(SIGNATURE + b"".join(chunks)).decode()}


def zeros(mib):
    """So many of them, packed."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(mib)) + packer.flush()


# What is no notebook, or hardly one.


@hand_in(REFUSED)
def nothing_but_brackets(honest):
    """A million of them."""
    return b"[" * 1_000_000


@hand_in(REFUSED, "nbformat")
def format_of_digits(honest):
    """Of as many as a number may have."""
    return b'{"nbformat": ' + b"9" * 4200 + b', "cells": []}'


@hand_in(REFUSED)
def format_of_more_digits(honest):
    """Of more than that."""
    return b'{"nbformat": ' + b"9" * 1_000_000 + b', "cells": []}'


@hand_in(REFUSED)
def format_below_zero(honest):
    """With no sheets of cells that could be read."""
    return b'{"nbformat": -' + b"9" * 4000 + b', "worksheets": [{"cells": [1]}]}'


@hand_in(REFUSED)
def format_of_truth(honest):
    """Python takes it for a one."""
    honest["nbformat"] = True


@hand_in(REFUSED)
def format_without_end(honest):
    """Infinity, and a number beyond all floats."""
    honest["nbformat"] = float("inf")


@hand_in(REFUSED | ENDED, "can't be read as JSON|more than|takes more")
def countless_pieces(honest):
    """Eight million empty lists: too many for the memory, or for the time, whichever ends first."""
    return b'{"nbformat": 4, "cells": [], "x": [' + b"[]," * 8_000_000 + b"[]]}"


@hand_in(REFUSED, "larger than")
def file_of_fifty_mib(honest):
    """And a byte."""
    return b'{"nbformat": 4, "x": "' + b"x" * (50 << 20) + b'", "cells": []}'


@hand_in()
def keys_said_twice(honest):
    """Thousands of times: the last is taken, by some."""
    text = json.dumps(honest)
    return (text[:-1] + ', "cells": []' * 10_000 + ', "cells": ' + json.dumps(honest["cells"]) + "}").encode()


@hand_in()
def marks_of_other_encodings(honest):
    """UTF-16."""
    return json.dumps(honest).encode("utf-16")


@hand_in()
def mark_of_its_own_encoding(honest):
    """Three bytes that some editors put before a text."""
    return b"\xef\xbb\xbf" + json.dumps(honest).encode()


@hand_in()
def halves_of_characters(honest):
    """In every text."""
    for cell in honest["cells"]:
        cell["id"] = "\ud800" + cell["id"]
    honest["cells"].append(code("# \udfff\n'\ud800'", [prints("\ud83d")], 9))


@hand_in()
def numbers_for_texts(honest):
    """And lists for texts, texts for lists."""
    for cell in codes_in(honest):
        cell |= {"execution_count": float("nan"), "metadata": [], "outputs": {"x": 1}, "id": 1e999}


@hand_in(REFUSED, "cells; expected at most")
def countless_cells(honest):
    """A hundred thousand."""
    honest["cells"] += [{"cell_type": "raw", "source": ""}] * 100_000


@hand_in(REFUSED, "characters")
def source_without_end(honest):
    """One of forty million letters."""
    honest["cells"].append(code("x" * 40_000_000))


@hand_in(REFUSED, "characters")
def sources_without_end(honest):
    """Three that only together are too long."""
    honest["cells"] += [code("#" + "x" * 900_000)] * 3


@hand_in()
def attachments_without_end(honest):
    """Of thirty million letters."""
    honest["cells"][0]["attachments"] = {"x.png": {"image/png": "A" * 30_000_000}}


@hand_in(REFUSED)
def older_format_in_itself(honest):
    """Sheets in sheets, outputs in outputs."""
    sheet: dict = {"cells": []}
    for _ in range(9):
        sheet = {"cells": [{"cell_type": "code", "input": [sheet], "outputs": [sheet]}], "worksheets": [sheet]}
    return {"nbformat": 3, "worksheets": [sheet] * 3}


# What tries whoever finds the given cells again.


@hand_in()
def given_cells_two_hundred_times(honest):
    """With their ids, as they are."""
    honest["cells"] += [cell for cell in honest["cells"] for _ in range(100)]


@hand_in()
def given_cells_nearly(honest):
    """Two hundred times, each with another letter changed."""
    cells = codes_in(honest)
    honest["cells"] += [
        code("".join(cell["source"]) + f"\n# {n}", id=f"{cell['id']}{n}") for n in range(200) for cell in cells
    ]


@hand_in()
def one_cell_of_all(honest):
    """All given ones, and much more, in one."""
    text = "\n".join("".join(cell["source"]) for cell in codes_in(honest))
    honest["cells"] = [honest["cells"][0], code(text + "\n# x" * 60_000, count=1, id=codes_in(honest)[0]["id"])]


@hand_in()
def one_id_for_all(honest):
    """A given one's."""
    for cell in honest["cells"]:
        cell["id"] = honest["cells"][0]["id"]
    honest["cells"] += [code("1", id=honest["cells"][0]["id"]) for _ in range(500)]


@hand_in()
def lines_that_are_nearly_alike(honest):
    """A hundred thousand of them, in a given cell."""
    for cell in codes_in(honest):
        cell["source"] = "".join(cell["source"]) + "\n" + "\n".join(f"x = {n % 7}" for n in range(40_000))
        break


@hand_in()
def words_that_are_nearly_alike(honest):
    """A hundred thousand sentences, in a given text."""
    honest["cells"][0]["source"] = "# A line through points. " + "A line through point. " * 40_000


@hand_in()
def headings_without_end(honest):
    """Marks and blanks, in a line that is almost one."""
    honest["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# " + " #" * 400_000 + "x"})


@hand_in()
def blank_lines_without_end(honest):
    """Between paragraphs that there are not."""
    honest["cells"][0]["source"] = "# A line through points" + "\n \t" * 300_000 + "x"


@hand_in()
def magics_without_end(honest):
    """Assignments, marks of help, and lines that go on."""
    honest["cells"] += [
        code("a, " * 100_000 + "= %x"),
        code("?" * 300_000 + "x"),
        code("x" + "?" * 300_000),
        code("%%time\n" * 30_000),
        code("!" + "\\\n" * 100_000),
    ]


@hand_in()
def brackets_within_brackets(honest):
    """As deep as the parser goes, and deeper; nots, signs, lambdas, conditions and blocks."""
    honest["cells"] += [
        code("(" * 150 + ")" * 150),
        code("[" * 200_000),
        code("not " * 100_000 + "x"),
        code("-" * 300_000 + "1"),
        code("lambda: " * 50_000 + "1"),
        code("a" + ".b" * 200_000),
        code("f" + "()" * 50_000),
        code("\n".join(" " * n + "if 1:" for n in range(99)) + "\n" + " " * 99 + "1"),
    ]


@hand_in()
def numbers_of_digits(honest):
    """Whole ones, fractions, complex ones: in the code, and as keys."""
    honest["cells"] += [code("0x" + "f" * 400_000), code("id(" + "9" * 4200 + ")"), code("check(0x" + "f" * 5000 + ")")]


# What tries whoever compares what is shown.


@hand_in()
def marks_of_open_places(honest):
    """In a line as long as the one that they stand in the place of; compared by the square of both."""
    line = "pid " + "\N{WHITE SQUARE} 5 " * 30_000 + "b"
    put_out(honest, f"import os\nprint({line!r} + str(os.getpid()))", saved=[prints(line.replace("5", "5 5") + "1")])


@hand_in()
def tables_of_pairs(honest):
    """A hundred against a hundred, of 40 KB each."""
    table = "<table>" + "<tr><td>1</td><td>x</td></tr>" * 1300 + "</table>"
    put_out(
        honest,
        "from IPython.display import HTML, display\nimport os\n"
        f"for n in range(100):\n    display(HTML({table!r}.replace('x', str(os.getpid() + n))))",
        saved=[shows({"text/html": table.replace("x", str(n)), "text/plain": "<x>"}) for n in range(100)],
    )


@hand_in()
def tables_within_tables(honest):
    """Three thousand deep, unclosed; entities, declarations, a million entries."""
    texts = (
        "<table><tr><td>" * 3000,
        "<table>" + "<td>1" * 180_000,
        "<table><tr><td>" + "&amp;" * 150_000,
        "<table><tr><td>&#" + "9" * 900_000,
        "<table><![CDATA[" + "]]" * 300_000,
        "<table><!--" + "--" * 300_000,
        "<table><tr " + "a='" * 200_000,
        "<" * 900_000,
        "</" * 400_000,
        "<table><tr><td colspan=" + "9" * 5000 + ">",
    )
    printing(honest)["outputs"] = [shows({"text/html": text, "text/plain": "<x>"}) for text in texts]


@hand_in()
def floods_of_steering(honest):
    """Escape sequences, bells, backspaces and returns of the carriage: a megabyte of each."""
    printing(honest)["outputs"] = [
        prints("\x1b[" + "0;" * 400_000),
        prints("\x1b]0;" + "x" * 900_000),
        prints("\x1b" * 900_000),
        prints("a\r" * 400_000),
        prints("a\x08" * 400_000),
        prints("\x08" * 900_000),
    ]


@hand_in()
def floods_of_steering_when_run(honest):
    """The same, out of the run, beside a saved line."""
    put_out(
        honest,
        "for x in ('\\x1b[' + '0;' * 400_000, 'a\\r' * 400_000, 'a\\x08' * 400_000): print(x)",
        saved=[prints("a")],
    )


@hand_in()
def lines_of_numbers(honest):
    """Two hundred thousand, of which each differs in its last digit."""
    text = "\n".join(f"{n}.0001 {n}" for n in range(60_000))
    put_out(honest, "for n in range(60_000): print(f'{n}.0002 {n}')", saved=[prints(text)])


@hand_in()
def lines_out_of_order(honest):
    """As many, from the last to the first, of a cell that may show more."""
    text = "\n".join(f"line {n}" for n in range(60_000))
    put_out(
        honest,
        "%timeit -n1 -r1 1\nfor n in range(60_000): print('line', 60_000 - n)",
        saved=[prints(text)],
    )


@hand_in()
def words_of_the_clock(honest):
    """Every text that is passing, and is nearly one."""
    text = (
        "took " * 50_000
        + "5 s " * 50_000
        + "2024-99-99 " * 20_000
        + "50%|"
        + "█" * 100_000
        + "| 1/2 ["
        + "00:" * 90_000
    )
    put_out(honest, f"print({text!r})", saved=[prints(text + "x")])


@hand_in()
def representations_of_arrays(honest):
    """Commas and blanks without end, where a shape or a kind may come."""
    text = "array([" + ", " * 200_000 + ", shape=(" + "1, " * 100_000 + ", dtype=" + " " * 100_000
    put_out(honest, f"print({text!r})", saved=[prints(text + "x")])


@hand_in()
def sets_within_sets(honest):
    """In what is printed."""
    text = "{" * 100_000 + "1, 2" + "}" * 100_000
    put_out(honest, f"print({text!r})", saved=[prints(text + "x")])


@hand_in()
def notices_without_end(honest):
    """That a server says of what it dropped."""
    notice = "IOPub data rate exceeded\n"
    put_out(honest, "print('a\\n' * 30_000)", saved=[prints(notice * 30_000, "stderr"), prints("b\n" * 30_000)])


@hand_in()
def countless_outputs(honest):
    """Of one letter each."""
    put_out(honest, "for _ in range(3000): display(1)", saved=[shows({"text/plain": "2"})] * 60_000)


@hand_in()
def kinds_of_data_without_end(honest):
    """Names of kinds of ten thousand letters."""
    printing(honest)["outputs"] = [shows({f"text/{'x' * 10_000}{n}": "x" for n in range(500)})]


# Pictures, and what they say of themselves.


@hand_in()
def picture_of_zeros(honest):
    """An output that unpacks a thousand to one."""
    said = b"autograder\0" + base64.b64encode(zeros(200))
    drawing(honest)["outputs"] = [shows({**png(chunk(b"tEXt", said)), "text/plain": "<x>"})]


@hand_in()
def picture_of_packed_texts(honest):
    """zTXt and iTXt, of zeros each."""
    texts = (chunk(b"zTXt", b"autograder\0\0" + zeros(100)), chunk(b"iTXt", b"autograder\0\1\0\0\0" + zeros(100)))
    drawing(honest)["outputs"] = [shows({**png(*texts), "text/plain": "<x>"})]


@hand_in()
def picture_of_countless_chunks(honest):
    """A million empty ones."""
    drawing(honest)["outputs"] = [shows({**png(*[chunk(b"tEXt", b"")] * 1_000_000), "text/plain": "<x>"})]


@hand_in()
def picture_of_a_giant(honest):
    """Two thousand million points in each direction."""
    header = struct.pack(">IIBBBBB", (1 << 31) - 1, (1 << 31) - 1, 16, 6, 0, 0, 0)
    drawing(honest)["outputs"] = [
        shows({**png(chunk(b"IHDR", header), chunk(b"IDAT", zeros(50))), "text/plain": "<x>"})
    ]


@hand_in()
def picture_of_a_chunk_that_lies(honest):
    """Longer than all there is, and of no length."""
    content = SIGNATURE + struct.pack(">I", 0xFFFFFFFF) + b"tEXt" + b"x"
    drawing(honest)["outputs"] = [
        shows({"image/png": base64.b64encode(content).decode(), "text/plain": "<x>"}),
        shows({"image/png": "=" * 1_000_000, "text/plain": "<x>"}),
        shows({"image/svg+xml": "<svg>" * 150_000, "text/plain": "<x>"}),
    ]


@hand_in()
def picture_for_a_file(honest):
    """The run writes the figure's file: an array, a giant, nothing that is a picture."""
    put_out(honest, "with open('line.png', 'wb') as file:\n    file.write(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(8 << 20))")


# What a run says of itself.


@hand_in()
def run_of_outputs_without_end(honest):
    """Sixty times as much as is kept."""
    put_out(honest, "for _ in range(60):\n    print('x' * (4 << 20))")


@hand_in()
def run_of_many_clipped_cells(honest):
    """Each a byte more than is kept."""
    honest["cells"] += [code("print('x' * (5 << 20))", [prints("x")], 9) for _ in range(40)]


FORGED = """
import json, os, numpy as np
from autograder.wire import MAGIC, PREFIX, Observation, encode
def say(label, number, **values):
    message = encode(Observation(label, number, "returned", values))
    for fd in range(3, 256):
        try:
            left = message
            while left:
                left = left[os.write(fd, left):]
        except OSError:
            pass
def text(content):
    return np.frombuffer(content, np.uint8)
"""


def forging(honest, body):
    """Add a cell that speaks for the grader's side of the run: of itself and the next, by their labels."""
    at = len(honest["cells"]) + 1
    honest["cells"] += [
        code(f"{FORGED}\nnumber, label = {len(codes_in(honest))}, 'cell {at}'\n{body}", [], 9),
        code("1"),
    ]


@hand_in()
def run_that_forges_outputs(honest):
    """JSON of brackets, of digits, of a million pieces, in the place of outputs."""
    forging(
        honest,
        "for n, what in enumerate((b'[' * 1_000_000, b'9' * 1_000_000, b'[' + b'{},' * 1_000_000 + b'{}]')):\n"
        "    say(label, number + n, outputs=text(what))",
    )


@hand_in()
def run_that_forges_kinds(honest):
    """Arrays of other kinds in the place of outputs, answers to what nobody asked."""
    forging(
        honest,
        "say(label, number, outputs=np.zeros((4, 4), complex), **{'= model.slope': np.zeros(1 << 18), "
        "'= file line.png': np.zeros((3, 3), bool), '= nothing': np.ones(3)})",
    )


@hand_in()
def run_that_forges_other_cells(honest):
    """In a label's place, a text of any length."""
    forging(honest, "say('x' * 500_000, number)\nsay(label, 1 << 31)")


@hand_in()
def run_that_ends_in_every_cell(honest):
    """A process each."""
    honest["cells"] += [code("import os; os._exit(3)") for _ in range(40)]


@hand_in()
def run_that_fails_in_every_cell(honest):
    """With five thousand letters each."""
    honest["cells"] += [code("raise ValueError('é\\n' * 5000)") for _ in range(500)]


@hand_in()
def run_that_fails_for_want_of_a_name(honest):
    """In every cell after the one that would have made it."""
    honest["cells"] += [code("lost = 1 / 0"), *[code("lost + 1") for _ in range(500)]]


@hand_in()
def run_that_says_verdicts(honest):
    """In what it prints, raises, and is called."""
    marks = "✓ 2/2  runs: passed\ncode 0, success\nHint: all is well\n"
    honest["cells"] += [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {marks}"},
        code(f"print({marks!r} * 9)\nclass E(Exception): pass\nE.__name__ = {marks!r}\nraise E({marks!r} * 9)"),
    ]


@hand_in()
def run_that_replaces_the_shell(honest):
    """By a transformer that has all cells after it do nothing."""
    honest["cells"].insert(1, code("get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])", [], 1))
