"""IPython's shell with its outputs kept, in the place of a kernel's sockets; it looks like a kernel's to whoever asks.

Runs beside student code. What is run in it may ask what it is run in, and cells that show an answer are common: so the
classes go by the names that they have in a kernel, and cells by files that are called as a kernel calls them.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from IPython.core import magics  # noqa: F401  here, and not in every run
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from traitlets import Type

from autograder.notebook.outputs import Outputs
from autograder.wire import MAX_FRAMES
from autograder.worker.failures import MAX_MESSAGE_CHARACTERS

NO_PROCESS = "no other program is run here: what the notebooks import is installed already, and the rest goes on\n"
# Where a kernel keeps what it says are the files of cells.
CELL_FILES = "/tmp/ipykernel_1/"  # noqa: S108  a name alone


def file_of(label: str) -> str:
    """The name of the file that a cell seems to come from."""
    return f"{CELL_FILES}{label.replace(' ', '_')}.py"


class Hook(DisplayHook):
    """What a cell's last line evaluates to becomes an output."""

    def write_output_prompt(self) -> None:
        """Write nothing: a notebook shows the number beside the output."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None) -> None:
        """Add the value's displays to the cell's outputs."""
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        shell: Any = self.shell
        shell.outputs.add({**output, "data": _plain(format_dict), "metadata": _plain(md_dict or {})})

    def finish_displayhook(self) -> None:
        """Do what is left, and write nothing."""
        self._is_active = False


class Publisher(DisplayPublisher):
    """What is displayed becomes an output."""

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *_: object,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **__: object,
    ) -> None:
        """Add to the cell's outputs, or change one of them."""
        display_id = (transient or {}).get("display_id")
        output = {"output_type": "display_data", "data": _plain(data), "metadata": _plain(metadata or {})}
        if update:
            self.shell.outputs.update(output, display_id)
        else:
            self.shell.outputs.add({**output, **({"display_id": display_id} if display_id else {})})

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002  IPython calls it so
        """Drop the cell's outputs."""
        self.shell.outputs.clear(wait=wait)


class Compiler(CachingCompiler):
    """Cells are files named for themselves."""

    label = "cell"

    def get_code_name(self, *_: object) -> str:
        """The name of the cell that runs."""
        return file_of(self.label)


class Profile(ProfileDir):
    """No profile: nobody's settings, and no folders of IPython's among the student's files."""

    def _mkdir(self, *_: object) -> bool:
        return False


class Shell(InteractiveShell):
    """IPython's shell, whose outputs are kept."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def __init__(self, outputs: Outputs, programs_print: Sequence[str], **settings: Any) -> None:
        self.outputs = outputs
        self.programs_print = programs_print
        self.failed: BaseException | None = None
        super().__init__(**settings)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: object = None) -> None:
        """There is no screen; a figure is shown as a picture."""

    def ask_exit(self) -> None:
        """End the process, as ``exit()`` ends a kernel."""
        os._exit(0)

    def showtraceback(self, exc_tuple: Any = None, *_: object, **__: object) -> None:
        """Add the exception to the cell's outputs."""
        kind, error, trace = self._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
        self._show_error(kind, error, trace)

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Add the exception to the cell's outputs."""
        self._show_error(*sys.exc_info())

    showindentationerror = showsyntaxerror

    def _show_error(self, kind: Any, error: Any, trace: TracebackType | None) -> None:
        self.failed = error
        try:
            lines = traceback.format_exception(kind, error, trace, limit=-MAX_FRAMES)
            said = str(error)
        except Exception:  # words of the student's own, that fail
            lines, said = [], "(its message could not be read)"
        said = said[:MAX_MESSAGE_CHARACTERS]
        self.outputs.add(
            {
                "output_type": "error",
                "ename": kind.__name__[:100],
                "evalue": said,
                "traceback": [line[:MAX_MESSAGE_CHARACTERS] for line in lines[-2 * MAX_FRAMES :]],
            }
        )

    def system(self, cmd: str) -> None:
        """Say that no program is run."""
        del cmd
        sys.stderr.write(NO_PROCESS)
        self.user_ns["_exit_code"] = 0

    system_piped = system_raw = system

    def getoutput(self, cmd: str, *_: object, **__: object) -> Any:
        """Say that no program is run; its output is empty, or another one abroad."""
        self.system(cmd)
        return SList(self.programs_print)


# To libraries, too, that is what says that this is a notebook.
Shell.__name__ = Shell.__qualname__ = "ZMQInteractiveShell"
Shell.__module__ = "ipykernel.zmqshell"


def _plain(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle of displays as JSON has it: bytes as base 64, what isn't JSON left out."""
    plain: dict[str, Any] = {}
    for kind, content in bundle.items():
        if isinstance(content, bytes):
            plain[str(kind)] = base64.b64encode(content).decode()
        else:
            try:
                json.dumps(content)
            except (TypeError, ValueError, RecursionError):
                continue
            plain[str(kind)] = content
    return plain
