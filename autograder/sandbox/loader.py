"""The process that loads libraries, once, and forks a server whenever one is ordered.

Servers differ in what they are confined to, and in the libraries that their runs want. Loading these takes a second, so
it is done once for all servers that want the same; what all of them want is loaded before that, and inherited.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from autograder.sandbox.confine import remove
from autograder.sandbox.server import serve
from autograder.sandbox.substitutes import substitute
from autograder.worker.job import load as load_function
from autograder.worker.run import hear_signals

# What NumPy asks for when it opens its first file.
OF_NUMPY = ("zipfile", "encodings.cp437")
# Of an order: names of libraries and of folders.
ORDER_BYTES = 1 << 16


def load(asked_fd: int) -> None:
    """Fork a server for each order, until the other side is gone.

    An order is JSON: ``preload``, names of modules, and of functions that load something; and the arguments of
    :func:`autograder.sandbox.server.serve`. With it come the server's end of its control socket, and that of a pipe
    for what it says until it is ready.
    """
    hear_signals()
    substitute()
    _import(OF_NUMPY)
    _fill(socket.socket(fileno=asked_fd), ())


def _fill(asked: socket.socket, loaded: tuple[str, ...]) -> None:
    """Fill the orders for servers with these libraries; a loader forked from this one fills those for others."""
    others: dict[tuple[str, ...], socket.socket] = {}
    folders = []
    while True:
        message, fds, _, _ = socket.recv_fds(asked, ORDER_BYTES, 2)
        if not message:
            break
        _wait(os.WNOHANG)
        order = json.loads(message)
        preload = tuple(order.pop("preload"))
        folders.append(Path(order["scratch"]))
        if preload == loaded:
            if os.fork() == 0:
                message = b""  # what is known of folders is no run's business
                folders.clear()
                _become_server(order, fds, (asked, *others.values()))
        # Not forked where an exception is handled: whatever is raised in a run would be said to come of it.
        elif not _sent(others.get(preload), message, fds):
            others[preload], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            socket.send_fds(others[preload], [message], fds)
            if os.fork() == 0:
                message = b""
                folders.clear()
                order.clear()
                _become_loader(theirs, preload, fds, (asked, *others.values()))
            theirs.close()
        for fd in fds:
            os.close(fd)
    for loader in others.values():
        loader.close()
    _wait()
    for folder in folders:
        remove(folder)  # still there if whoever asked was killed


def _sent(loader: socket.socket | None, message: bytes, fds: Sequence[int]) -> bool:
    """Whether there is that loader, and it has got an order."""
    try:
        return loader is not None and socket.send_fds(loader, [message], fds) > 0
    except OSError:  # it is gone
        return False


def _wait(options: int = 0) -> None:
    """Wait for what was forked here, so that its CPU time counts; each ends when nobody has anything to ask it."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _become_server(order: dict[str, Any], fds: Sequence[int], inherited: Sequence[socket.socket]) -> None:
    control, said = fds
    with _fork_of(inherited, said):
        os.setsid()
        os.chdir(order["scratch"])
        serve(control, **{name: order.pop(name) for name in [*order]})


def _become_loader(
    asked: socket.socket, preload: tuple[str, ...], fds: Sequence[int], inherited: Sequence[socket.socket]
) -> None:
    control, said = fds
    with _fork_of(inherited, said):
        # They come again, with the order. Nobody hears of the end of a pipe that is held open elsewhere.
        os.close(control)
        os.close(said)
        _import(preload)
        os.dup2(0, 2)
        _fill(asked, preload)


@contextmanager
def _fork_of(inherited: Sequence[socket.socket], said: int) -> Iterator[None]:
    """The life of a fork of this process, which says what ends it and never comes back."""
    try:
        for end in inherited:
            end.close()
        os.dup2(said, 2)
        yield
    except BaseException:  # noqa: BLE001  there is nobody to raise it to
        traceback.print_exc()
    finally:
        os._exit(0)


def _import(names: Sequence[str]) -> None:
    # Matplotlib wants its cache of fonts, so libraries come before namespaces. They must have started no thread, or the
    # kernel makes no namespace for this process; that is why the environment says one thread to all of them.
    for name in names:
        if ":" in name:
            load_function(name)()
        else:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
