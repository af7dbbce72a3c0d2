"""The limits of a run, overridable for a problem by ``[problems.limits]`` in ``assignment.toml``."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The limits of one run; going past one is code 1, and costs the check it happened in.

    Attributes
    ----------
    import_seconds : float
        Time of the module's import, charged as :mod:`autograder.sandbox.deadline` says.
    wall_seconds : float
        Time of one draw of a check that does not set its own.
    module_seconds : float
        Time of a module's import and all draws, in all their processes; by the clock at most twice as long.
    cpu_seconds : int
        CPU time of one process, over all its checks.
    memory_bytes : int
        Address space, beyond what the libraries take.
    threads : int
        Threads of the process; it can't start other processes.
    file_bytes : int
        Size of one file written.
    scratch_bytes : int
        Size of all files written.
    output_characters : int
        Printed text that is kept; the rest is dropped, and costs nothing.
    returned_bytes : int
        Size of the values of one draw.
    module_bytes : int
        Size of the values of all draws together.
    cell_seconds : float
        Time of one cell of a notebook.
    notebook_seconds : float
        Time of all cells, as of a module; also the CPU time of each process.
    cell_bytes : int
        Outputs of one cell that are kept; the rest is dropped, and costs nothing.
    reading_seconds : int
        CPU time of a reader (:mod:`autograder.worker.reader`), and its time between two messages.
    reading_memory_bytes : int
        Address space of a reader, beyond what the libraries take.
    """

    import_seconds: float = 20.0
    wall_seconds: float = 10.0
    module_seconds: float = 90.0
    cpu_seconds: int = 60
    memory_bytes: int = 2048 * MIB
    threads: int = 64
    file_bytes: int = 16 * MIB
    scratch_bytes: int = 64 * MIB
    output_characters: int = 4_000
    returned_bytes: int = 4 * MIB
    module_bytes: int = 8 * MIB
    cell_seconds: float = 60.0
    notebook_seconds: float = 240.0
    cell_bytes: int = 4 * MIB
    reading_seconds: int = 20
    reading_memory_bytes: int = 1024 * MIB
