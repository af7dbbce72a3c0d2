"""The rules of the official run in a run at home, which nothing confines.

They keep nobody from anything. They raise what the official run raises, so that a student reads it before handing in.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

# Audit events before a process is started.
_PROCESSES = frozenset((
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.startfile", "pty.spawn"),
    *("subprocess.Popen", "_winapi.CreateProcess"),
))  # fmt: skip
_LOOKED_UP = frozenset(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"))
# AF_INET, and AF_INET6 of Linux, Windows and macOS.
_INTERNET = frozenset((2, 10, 23, 30))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What pools of processes are made of, which no audit event tells, and the error of each.
_TAKEN = {
    ("_multiprocessing", "SemLock"): errno.ENOENT,
    ("_posixshmem", "shm_open"): errno.ENOENT,
    ("_posixsubprocess", "fork_exec"): errno.EAGAIN,
}
# Of matplotlib: these need a window. On Linux it refuses them itself where there is no screen.
_WINDOWS = ("gtk", "macosx", "qt", "tk", "wx")
_FONTS = (".ttf", ".otf", ".ttc", ".afm", ".pfb")


def rules(folder: str, hidden: Iterable[str]) -> Callable[[str, tuple[Any, ...]], None]:
    """Make the audit hook of a run in a folder.

    Parameters
    ----------
    hidden : iterable of str
        Folders of the user, which the official run doesn't have; Python's own in them are there.
    """
    config = os.environ.get("MPLCONFIGDIR", folder)
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(__file__), *filter(None, sys.path)}
    readable = tuple(_inside(path) for path in (folder, config, *python, *map(os.path.realpath, python)))
    writable = tuple(_inside(path) for path in (folder, config, "/dev", os.path.realpath(folder)))
    elsewhere = tuple(_inside(path) for path in hidden)
    for (module, name), code in _TAKEN.items():
        with suppress(ImportError):  # not everywhere
            found = import_module(module)
            setattr(found, name, _refusing(getattr(found, name), code))
    os.system = lambda *_: -1  # it says so, and raises nothing

    def opened(path: Any, flags: int) -> None:
        name = _inside(os.fsdecode(path))
        if name.startswith(elsewhere) and not name.startswith(readable) and not name.endswith(_FONTS, 0, -1):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(path))
        if flags & _WRITES and not name.startswith(writable) and name != _inside(os.devnull):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and not isinstance(args[0], int):
            opened(args[0], args[2])
        elif event in _PROCESSES:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        elif event in _LOOKED_UP:
            from socket import gaierror  # noqa: PLC0415  most modules need no network

            raise gaierror(-3, "Temporary failure in name resolution")
        elif event == "socket.__new__" and args[1] in _INTERNET:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        elif event == "import" and sys.platform != "linux" and args[0].startswith("matplotlib.backends.backend_"):
            name = args[0].removeprefix("matplotlib.backends.backend_")
            if name.startswith(_WINDOWS):
                raise ImportError(f"Cannot load backend {name!r}: the official run has no screen")

    return hook


def _inside(path: str) -> str:
    return os.path.join(os.path.abspath(path), "")


def _refusing(real: object, code: int) -> Callable[..., object]:
    def refuse(*args: Any, **more: Any) -> object:
        # When the official run is confined, joblib has been imported, and has found what it asks for then.
        if callable(real) and sys._getframe(1).f_globals.get("__name__") == "joblib._multiprocessing_helpers":  # noqa: SLF001
            return real(*args, **more)
        name = (args[0],) if args and isinstance(args[0], str) else ()
        raise OSError(code, os.strerror(code), *name)

    vars(refuse).update(
        {name: value for name, value in vars(real).items() if name.isupper()} if isinstance(real, type) else {}
    )
    return refuse
