"""Functions that a reader calls in tests: each does what hostile bytes may make one of ours do."""

from __future__ import annotations

import gc
import os
import socket
import sys
import time


def returns(files, grader):
    """Return what was given, in two parts."""
    yield files["given"]
    yield b"!"


def asks(files, grader):
    """Return two answers, and what is in a file that was asked for."""
    first, fd = grader.ask(b"file")
    second, _ = grader.more()
    with os.fdopen(fd, "rb") as file:
        yield first + second + file.read()


def loops(files, grader):
    """Use up the processor's time."""
    while True:
        pass


def sleeps(files, grader):
    """Say nothing."""
    time.sleep(600)


def hoards(files, grader):
    """Take a GiB."""
    return [bytes(1 << 30)]


def dies(files, grader):
    """End the process."""
    os._exit(3)


def raises(files, grader):
    """Fail, as a mistake of ours does."""
    return [1 / 0]


def floods(files, grader):
    """Say more than anybody reads."""
    while True:
        yield b"x"


def reaches(files, grader):
    """Return the names of what it could reach."""
    home = files["home"].decode()
    tried = {
        b"the home": lambda: os.scandir(home),
        b"a file": lambda: os.open(f"{home}/new", os.O_WRONLY | os.O_CREAT),
        b"a socket": socket.socket,
        b"a process": os.fork,
        b"a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    }
    for name, attempt in tried.items():
        try:
            attempt()
        except OSError:
            continue
        yield name


def holds(files, grader):
    """Return the names of the texts that are, turned round, in an object of this process."""
    gc.unfreeze()  # what a server held when it was ready is kept from the collector
    texts = [one for one in gc.get_objects() if isinstance(one, (dict, list, tuple))]
    strings = {one for each in texts for one in (each.values() if type(each) is dict else each) if type(one) is str}
    for name, turned in files.items():
        if any(turned[::-1].decode() in one for one in strings):
            yield name.encode()
