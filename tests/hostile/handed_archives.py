"""Archives and folders that a class of adversaries hands in: each written by one function, in as few bytes as it takes.

``ARCHIVES`` says what comes of each: the codes that its module may have, and what its report says.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BLOCK = 512
MODULE = "line.py"
IN_ZIP = MODULE.encode()
# EITHER hangs on the version of Python's readers; a module that is taken may be cut short, and then raises (2).
REFUSED, TAKEN, EITHER = {40}, {0}, {0, 2, 40}


@dataclass(frozen=True)
class HandIn:
    """A hand-in: what writes it at a place without a suffix, what it is called, and what must come of it."""

    write: Callable[[Path, bytes], None]
    codes: frozenset[int]
    says: str


ARCHIVES: dict[str, HandIn] = {}


def hand_in(codes, says=""):
    """Enter a function in the table: it writes a hand-in at a path, and is given the right module."""

    def enter(write):
        ARCHIVES[write.__name__] = HandIn(write, frozenset(codes), says)
        return write

    return enter


def of_bytes(codes, says="", suffix=".tar"):
    """Enter a function that gives the bytes of an archive, as one or in parts."""

    def enter(make):
        def write(path, module):
            made = make(module)
            with path.with_name(path.name + suffix).open("wb") as file:
                file.writelines([made] if isinstance(made, bytes) else made)

        ARCHIVES[make.__name__] = HandIn(write, frozenset(codes), says)
        return make

    return enter


def padded(content):
    """Content up to the end of a tar's block."""
    return content + bytes(-len(content) % BLOCK)


def header(name=MODULE, size=0, kind=b"0", **fields):
    """The header of a tar's member, its checksum right unless it is given; fields as octal numbers or as bytes."""
    values = {"mode": 0o644, "uid": 0, "gid": 0, "size": size, "mtime": 0, **fields}
    octal = {
        key: value if isinstance(value, bytes) else b"%0*o\0" % ((11 if key in ("size", "mtime") else 7), value)
        for key, value in values.items()
    }
    encoded = name if isinstance(name, bytes) else name.encode()
    block = bytearray(BLOCK)

    def put(at, content, room):
        block[at : at + room] = content[:room].ljust(room, b"\0")

    put(0, encoded, 100)
    for at, key, room in ((100, "mode", 8), (108, "uid", 8), (116, "gid", 8), (124, "size", 12), (136, "mtime", 12)):
        put(at, octal[key], room)
    put(148, b" " * 8, 8)
    put(156, kind, 1)
    put(157, octal.get("linkname", b""), 100)
    put(257, b"ustar\x0000", 8)
    put(345, octal.get("prefix", b""), 155)
    put(148, octal.get("checksum", b"%06o\0 " % sum(block)), 8)
    return bytes(block)


def member(content, name=MODULE, kind=b"0", **fields):
    """A tar's member, as it lies in it."""
    return header(name, len(content), kind, **fields) + padded(content)


def pax(records, kind=b"x"):
    """A pax header of records as they are, or of keys and values."""
    if isinstance(records, dict):
        records = b"".join(record(key, value) for key, value in records.items())
    return member(records, "pax", kind)


def record(key, value):
    """A record of a pax header, with its own length before it."""
    said = b" %s=%s\n" % (key, value)
    length = len(said) + 1
    while length != len(b"%d" % length) + len(said):
        length = len(b"%d" % length) + len(said)
    return b"%d%s" % (length, said)


END = bytes(2 * BLOCK)


# Headers of tars: each is text that the standard library believes, searches or counts by.


@of_bytes(REFUSED, "could not be read")
def pax_header_of_digits(module):
    """No end to the number at its beginning; Python 3.11 looks for it by the square, and more."""
    return pax(b"1" * 2_000_000) + member(module) + END


@of_bytes(EITHER)
def pax_headers_one_in_another(module):
    """Each is about the next, which is one, too."""
    return pax({b"comment": b"x"}) * 30_000 + member(module) + END


@of_bytes(EITHER)
def pax_header_of_many_keys(module):
    """A hundred thousand of them."""
    return pax({b"k%d" % n: b"v" for n in range(100_000)}) + member(module) + END


@of_bytes(EITHER)
def pax_headers_for_all(module):
    """Global ones, each of which every later member has to itself."""
    return b"".join(pax({b"k%d" % n: b"v" * 400}, b"g") + member(b"", f"a{n}") for n in range(3000)) + member(module)


@of_bytes(EITHER)
def pax_size_of_digits(module):
    """A size of five thousand digits."""
    return pax({b"size": b"9" * 5000}) + member(module) + END


@of_bytes(EITHER)
def pax_size_below_zero(module):
    """Going back, to read the same again."""
    return pax({b"size": b"-1024"}) + member(module) + END


@of_bytes(EITHER)
def pax_time_without_end(module):
    """No clock has it."""
    return pax({b"mtime": b"1e999", b"atime": b"nan", b"uid": b"9" * 400}) + member(module) + END


@of_bytes(EITHER)
def pax_record_without_length(module):
    """Of no length, so that the next is the same one."""
    return pax(b"0 path=x\n" * 1000) + member(module) + END


@of_bytes(EITHER)
def pax_record_too_long(module):
    """Longer than what there is of it."""
    return pax(b"99999999 path=line.py\n") + member(module) + END


@of_bytes(EITHER)
def pax_encoding_of_nothing(module):
    """In a character set that there is not."""
    return pax({b"hdrcharset": b"BINARY", b"path": b"\xff\xfe\0line.py"}) + member(module) + END


@of_bytes(EITHER)
def pax_path_is_an_archive(module):
    """A whole one, within a name."""
    inner = member(module) + END
    return pax({b"path": inner}) + member(module) + END


@of_bytes(EITHER)
def pax_path_of_megabytes(module):
    """Fifty of them."""
    return pax({b"path": b"a/" * 25_000_000 + b"line.py"}) + member(module) + END


@of_bytes(EITHER)
def long_name_of_megabytes(module):
    """A hundred, of the kind that GNU's tar writes."""
    yield header("././@LongLink", 90 << 20, b"L")
    yield from (b"x" * (1 << 20) for _ in range(90))
    yield member(module) + END


@of_bytes(EITHER)
def long_names_one_after_another(module):
    """Each is about the next, which is one, too."""
    return member(b"x" * 120, "././@LongLink", b"L") * 5000 + member(module) + END


@of_bytes(EITHER)
def sparse_map_of_pax_1_0(module):
    """Eight million entries, which are kept as pairs."""
    return gzip.compress(
        pax({b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": b"line.py"})
        + member(b"8000000\n" + b"0\n0\n" * 8_000_000, "s")
        + END,
        1,
    )


@of_bytes(EITHER)
def sparse_map_of_pax_0_1(module):
    """Half a million of them, in one record."""
    records = {b"GNU.sparse.map": b",".join([b"0,1"] * 500_000), b"GNU.sparse.size": b"9", b"GNU.sparse.name": b"a.py"}
    return pax(records) + member(module) + END


@of_bytes(EITHER)
def sparse_map_of_pax_0_0(module):
    """A record for each of a hundred thousand."""
    records = b"".join(
        record(b"GNU.sparse.offset", b"%d" % n) + record(b"GNU.sparse.numbytes", b"1") for n in range(10**5)
    )
    return pax(record(b"GNU.sparse.size", b"9") + records) + member(module) + END


@of_bytes(EITHER)
def sparse_map_of_words(module):
    """No numbers where numbers are expected."""
    said = {b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": b"line.py"}
    return pax(said) + member(b"x\ny\nz\n", "s") + END


@of_bytes(EITHER)
def sparse_map_of_old_gnu(module):
    """Headers that say that there is another, without end."""
    more = b"".join(b"%011o\0%011o\0" % (n, 1) for n in range(21)).ljust(504, b"\0") + b"\1" + bytes(7)
    first = bytearray(header(size=len(module), kind=b"S"))
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    return bytes(first) + more * 20_000 + padded(module) + END


@of_bytes(EITHER)
def sparse_file_of_terabytes(module):
    """That is nothing but a hole."""
    said = {b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": b"line.py"}
    return (
        pax({**said, b"GNU.sparse.realsize": b"%d" % (1 << 42)}) + member(padded(b"1\n%d\n0\n" % (1 << 42)), "s") + END
    )


@of_bytes(EITHER)
def size_in_base_256(module):
    """Of eleven bytes."""
    return header(size=b"\x80" + b"\xff" * 11) + padded(module) + END


@of_bytes(EITHER)
def size_below_zero_in_base_256(module):
    """Going back, so that the archive has no end."""
    back = header("a", size=b"\xff" * 10 + b"\xfe\x00")
    return member(module) + back + END


@of_bytes(EITHER)
def checksum_that_lies(module):
    """Of a header in the middle."""
    return member(module) + header("a", checksum=b"777777\0 ") + member(b"", "b") + END


@of_bytes(EITHER)
def checksum_of_words(module):
    """No number."""
    return member(module) + header("a", checksum=b"\xff" * 8) + END


@of_bytes(EITHER)
def numbers_of_words(module):
    """In every field of numbers."""
    return header(size=b"zzzzzzzzzzz", mode=b"\xff" * 7, uid=b"x" * 8, mtime=b"-1") + padded(module) + END


@of_bytes(EITHER)
def cut_in_its_header(module):
    """In the middle of it."""
    return member(module) + header("a")[:300]


@of_bytes(EITHER)
def cut_in_its_content(module):
    """As it is while it is still being written."""
    return header(size=1 << 19) + padded(module)


@of_bytes(REFUSED)
def names_of_every_kind(module):
    """Links, pipes, devices: no ordinary file is among them."""
    kinds = (b"1", b"2", b"3", b"4", b"6", b"7", b"S", b"K", b"V", b"M", b"N", b"D", b"A", b"\xff")
    return b"".join(header(f"{n}/{MODULE}", kind=kind, linkname=b"/etc/passwd") for n, kind in enumerate(kinds)) + END


@of_bytes(REFUSED, "times")
def countless_modules_of_one_name(module):
    """In as many folders, with long names: which is meant?"""
    copies = (pax({b"path": b"%s%d/line.py" % (b"x" * 700, n)}) + member(b"#%d" % n) for n in range(9000))
    return gzip.compress(b"".join(copies) + END, 1)


@of_bytes(REFUSED, "times")
def two_modules_of_one_name(module):
    """That are not the same."""
    return member(module) + member(b"#", f"./{MODULE}") + END


@of_bytes(TAKEN)
def names_that_differ_in_case(module):
    """One file, on some disks."""
    return member(module) + member(b"#", "LINE.PY") + member(b"#", "Line.py") + END


@of_bytes(TAKEN)
def names_in_two_unicode_forms(module):
    """Composed, and decomposed; full width, and ligatures."""
    names = ("é.py", "e\u0301.py", "ｌｉｎｅ.py", "ﬁle.py", "ſ.py", "K.py")
    return member(module) + b"".join(member(b"#", name) for name in names) + END


@of_bytes(EITHER)
def name_with_nul(module):
    """Where another language ends it."""
    return pax({b"path": b"line.py\0.txt"}) + member(module) + END


@of_bytes(EITHER)
def name_of_no_text(module):
    """In no encoding."""
    return member(module, b"\xff\xfe\xed\xa0\x80/line.py") + END


@of_bytes(REFUSED, "outside")
def name_that_leads_out(module):
    """With the way up in the middle of a name of a hundred thousand characters."""
    return pax({b"path": b"a/" * 50_000 + b"../" * 50_001 + b"line.py"}) + member(module) + END


@of_bytes(TAKEN)
def names_that_python_runs(module):
    """By itself, from wherever they lie."""
    names = ("__main__.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "__init__.py", "x.pth", "numpy.py")
    return member(module) + b"".join(member(b"raise SystemExit\n", name) for name in names) + END


@of_bytes(EITHER)
def endless_folders(module):
    """Ten thousand of them, and no file but one."""
    return gzip.compress(b"".join(header(f"d{n}/", kind=b"5") for n in range(9_990)) + member(module) + END)


@of_bytes(REFUSED, "more than 10,000 files")
def countless_empty_files(module):
    """A few more than there may be."""
    return gzip.compress(member(module) + b"".join(header(f"f{n}") for n in range(10_001)) + END)


# What is packed: bombs, quines, streams within streams.


@of_bytes(REFUSED, "unpacks to more than", suffix=".tar.gz")
def zeros_in_gzip(module):
    """A thousand to one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(header("zeros.bin", 2 << 30))
    for _ in range(320):
        yield packer.compress(bytes(1 << 20))
    yield packer.flush()


@of_bytes(EITHER, suffix=".tgz")
def members_of_gzip_without_content(module):
    """A million of them before there is any."""
    return gzip.compress(b"") * 1_000_000 + gzip.compress(member(module) + END)


@of_bytes(EITHER, suffix=".tar.gz")
def gzip_with_a_long_name(module):
    """In its own header, without an end."""
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"x" * (40 << 20)


@of_bytes(REFUSED, suffix=".tar.gz")
def gzip_in_gzip(module):
    """A hundred times over."""
    packed = member(module) + END
    for _ in range(100):
        packed = gzip.compress(packed)
    return packed


@of_bytes(REFUSED, "could not be read", suffix=".tar.gz")
def gzip_of_a_wrong_sum(module):
    """Its last bytes say another."""
    packed = bytearray(gzip.compress(member(module) + END))
    packed[-8] ^= 0xFF
    return bytes(packed)


@of_bytes(REFUSED, suffix=".tar.gz")
def gzip_with_noise_after_it(module):
    """That is no other member of it."""
    return gzip.compress(bytes(1 << 16)) + b"noise" * 1000


def zipped(files, **options):
    """A zip of files by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return bytearray(stream.getvalue())


def directory(name=IN_ZIP, *, flags=0, method=0, size=0, packed=0, offset=0, extra=b"", made=20, comment=b""):
    """An entry of a zip's list of files."""
    numbers = (0x02014B50, made, 20, flags, method, 0xFFFF, 0xFFFF, 0, packed, size)
    lengths = (len(name), len(extra), len(comment), 0, 0, 0, offset)
    return struct.pack("<IHHHHHHIII", *numbers) + struct.pack("<HHHHHII", *lengths) + name + extra + comment


def ended(entries, before=b"", count=None, comment=b""):
    """A zip of what lies before its list of files, and the list."""
    count = min(count if count is not None else entries.count(b"PK\1\2"), 0xFFFF)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), len(before), len(comment))
    return before + entries + end + comment


def local(name=IN_ZIP, content=b"", method=0, size=None, extra=b""):
    """A file within a zip, as it lies in it."""
    numbers = (20, 0, method, 0, 0, zlib.crc32(content), len(content), len(content) if size is None else size)
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, *numbers, len(name), len(extra)) + name + extra + content


@of_bytes(REFUSED, "more than 10,000 files", suffix=".zip")
def list_of_countless_files(module):
    """As many as four MiB hold."""
    return ended(directory(b"a") * 85_000, count=0xFFFF)


@of_bytes(REFUSED, "was not handed in", suffix=".zip")
def list_of_files_of_megabytes(module):
    """With long comments."""
    return ended(directory(b"a", comment=b"c" * 60_000) * 100)


@of_bytes(EITHER, suffix=".zip")
def files_that_overlap(module):
    """Thousands of entries for the same bytes, each of which unpacks to a MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(1 << 20)) + packer.flush()
    before = local(b"m0000.py", packed, 8, 1 << 20)
    entries = b"".join(directory(b"m%04d.py" % n, method=8, size=1 << 20, packed=len(packed)) for n in range(290))
    return ended(entries, before)


@of_bytes(EITHER, suffix=".zip")
def files_of_a_lying_size(module):
    """A byte each, they say."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(64 << 20)) + packer.flush()
    before = local(b"line.py", packed, 8, 1)
    return ended(directory(b"line.py", method=8, size=1, packed=len(packed)) * 500, before)


@of_bytes(EITHER, suffix=".zip")
def zip64_that_lies(module):
    """Sizes and places of 64 bits, in all that can have them."""
    extra = struct.pack("<HHQQQ", 1, 24, (1 << 64) - 1, (1 << 64) - 1, (1 << 63) + 5)
    entries = directory(extra=extra, size=0xFFFFFFFF, packed=0xFFFFFFFF, offset=0xFFFFFFFF)
    locator = struct.pack("<IIQI", 0x07064B50, 0, (1 << 64) - 1, 1)
    return ended(entries, local(content=module) + locator)


@of_bytes(EITHER, suffix=".zip")
def zip64_cut_short(module):
    """Of an extra field that says more than it has."""
    entries = directory(extra=struct.pack("<HH", 1, 60000), size=0xFFFFFFFF, packed=0xFFFFFFFF)
    return ended(entries, local(content=module))


@of_bytes(EITHER, suffix=".zip")
def list_of_files_before_its_beginning(module):
    """Its place is below zero."""
    return ended(directory(offset=0xFFFFFFF0), local(content=module))[20:]


@of_bytes(REFUSED, "password", suffix=".zip")
def zip_with_a_password(module):
    """By a bit alone."""
    return ended(directory(flags=1, size=len(module), packed=len(module)), local(content=module))


@of_bytes(EITHER, suffix=".zip")
def zip_of_patched_data(module):
    """Strong encryption, a masked list, data that is a patch."""
    return ended(directory(flags=0x2060, size=len(module), packed=len(module)), local(content=module))


@of_bytes(EITHER, suffix=".zip")
def zip_by_every_method(module):
    """That there is a number for."""
    before = local(content=module)
    methods = (*range(21), 93, 95, 98, 99, 0xFFFF)
    return ended(b"".join(directory(b"%d/line.py" % n, method=n, size=9, packed=9) for n in methods), before)


@of_bytes(EITHER, suffix=".zip")
def zip_of_a_long_comment(module):
    """With many beginnings of an end in it."""
    return bytes(zipped({MODULE: module})[:-2]) + b"\xff\xff" + (b"PK\5\6" * 16384)[:65535]


@of_bytes(EITHER, suffix=".zip")
def zip_of_times_that_are_none(module):
    """The 31st of the 15th month, at 31:63:62."""
    return ended(directory(size=len(module), packed=len(module)), local(content=module))


@of_bytes(EITHER, suffix=".zip")
def zip_of_a_later_version(module):
    """By a tool of the year 2100."""
    entry = bytearray(directory(made=255, size=len(module), packed=len(module)))
    entry[6:8] = b"\xff\xff"
    return ended(bytes(entry), local(content=module))


@of_bytes(REFUSED, suffix=".zip")
def zip_names_of_64_kib(module):
    """Sixty of them, of letters that take three bytes."""
    entries = b"".join(directory("ｘ".encode() * 21_000 + b"%d/line.py" % n, flags=0x800) for n in range(60))
    return ended(entries, local(content=module))


@of_bytes(EITHER, suffix=".zip")
def zip_names_of_two_kinds(module):
    """One in the list, another where the file lies; half a character; an extra field that has a third."""
    extra = struct.pack("<HHBI", 0x7075, 12, 1, 0) + b"line.py"
    return ended(directory(b"\xed\xa0\x80.py", flags=0x800, extra=extra), local(content=module))


@of_bytes(REFUSED, "link", suffix=".zip")
def zip_of_links(module):
    """To the reference, by its mode."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo(MODULE)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


@of_bytes(EITHER, suffix=".zip")
def zip_and_tar_in_one(module):
    """As a zip it holds the one, as a tar the other."""
    return member(b"#\n") + END + bytes(zipped({MODULE: module}))


@of_bytes(REFUSED, "not looked into", suffix=".zip")
def zip_in_zip(module):
    """A hundred times over."""
    packed = bytes(zipped({MODULE: module}))
    for _ in range(100):
        packed = bytes(zipped({f"{MODULE}.zip": packed}))
    return packed


@of_bytes(REFUSED, suffix=".zip")
def nothing_in_an_archive(module):
    """Not a byte."""
    return b""


@of_bytes(REFUSED, suffix=".tar.gz")
def one_byte_in_an_archive(module):
    """Half of what tells its kind."""
    return b"\x1f"


# What is no archive, and no ordinary folder.


@hand_in(REFUSED)
def archive_that_is_a_pipe(path, module):
    """Nobody writes into it."""
    os.mkfifo(path.with_name(f"{path.name}.zip"))


@hand_in(REFUSED)
def archive_that_is_a_link(path, module):
    """To itself."""
    path.with_name(f"{path.name}.zip").symlink_to(f"{path.name}.zip")


@hand_in(REFUSED, "MiB")
def archive_of_terabytes(path, module):
    """That is nothing but a hole."""
    with path.with_name(f"{path.name}.tar").open("wb") as file:
        file.write(member(module))
        file.truncate(1 << 42)


@hand_in(EITHER)
def folder_of_countless_folders(path, module):
    """With nothing in them."""
    for number in range(11_000):
        (path / f"d{number}").mkdir(parents=True)
    (path / MODULE).write_bytes(module)


@hand_in(EITHER)
def folder_of_hidden_files(path, module):
    """That nobody has asked for."""
    path.mkdir()
    for number in range(11_000):
        (path / f".{number}").touch()
    (path / MODULE).write_bytes(module)


@hand_in(EITHER)
def folder_of_long_names(path, module):
    """Of 255 bytes each."""
    path.mkdir()
    for number in range(9_900):
        (path / f"{number:04}{'n' * 251}").touch()
    (path / MODULE).write_bytes(module)


@hand_in(REFUSED, "not an ordinary file")
def folder_with_a_pipe(path, module):
    """Where the module should be."""
    path.mkdir()
    os.mkfifo(path / MODULE)


@hand_in(REFUSED, "larger than")
def folder_with_a_hole(path, module):
    """Of a terabyte."""
    path.mkdir()
    with (path / MODULE).open("wb") as file:
        file.truncate(1 << 42)


@hand_in(REFUSED)
def folder_that_links_to_itself(path, module):
    """By each name that is looked for."""
    path.mkdir()
    for name in (MODULE, "line.ipynb", "sub"):
        (path / name).symlink_to(path)


@hand_in(REFUSED, "not UTF-8")
def folder_of_another_encoding(path, module):
    """UTF-16, with its mark."""
    path.mkdir()
    (path / MODULE).write_bytes(module.decode().encode("utf-16"))


@hand_in({0, 1, 2})
def folder_of_countless_helpers(path, module):
    """Two hundred modules, each of which names all others."""
    path.mkdir()
    names = [f"m{number:03}" for number in range(199)]
    for name in names:
        (path / f"{name}.py").write_text(f"# {' '.join(names)}\n" * 20, encoding="utf-8")
    (path / MODULE).write_bytes(module + f"\n# {' '.join(names)}\n".encode())
