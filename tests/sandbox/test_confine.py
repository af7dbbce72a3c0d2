"""What is refused is refused by number: a name without one would be refused nobody."""

from __future__ import annotations

import errno
import struct

import pytest

from autograder.sandbox import kernel, refused
from autograder.sandbox.kernel import Rule

CALLS = {rule.call for rule in refused.rules(1)}
# What came before aarch64 did, and was never made for it.
X86_ALONE = {
    *("chmod", "chown", "fork", "futimesat", "inotify_init", "iopl", "ioperm", "lchown", "link", "mknod"),
    *("modify_ldt", "sysfs", "uselib", "ustat", "utime", "utimes", "vfork"),
}


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [pytest.param(kernel._X86_64, set(), id="x86_64"), pytest.param(kernel._AARCH64, X86_ALONE, id="aarch64")],
)
def test_every_call_that_is_refused_has_a_number(numbers, missing):
    """On each architecture; but for those that it never had."""
    assert CALLS - numbers.keys() == missing
    assert len(set(numbers.values())) == len(numbers)


def test_what_begins_a_process_a_program_or_a_connection_is_among_them():
    """Of each family, all that are known."""
    assert {"clone", "clone3", "fork", "vfork", "execve", "execveat", "socket", "connect", "bind", "ptrace"} < CALLS


@pytest.mark.parametrize("numbers", [kernel._X86_64, kernel._AARCH64], ids=["x86_64", "aarch64"])
def test_no_number_is_beyond_those_that_were_thought_about(numbers):
    """From there on every call is refused, whatever it is."""
    assert max(numbers.values()) < kernel._UNHEARD_OF


def jumps(program):
    """Where each instruction of a filter goes: the next ones, or nowhere when it returns."""
    for at, (code, true, false, _) in enumerate(struct.iter_unpack("<HBBI", program)):
        if code != kernel._RETURN:
            yield from {at + 1 + true, at + 1 + false} if code & 7 == 5 else {at + 1}


@pytest.mark.skipif(not kernel.SYSCALLS, reason="no system calls are known here")
def test_a_filter_ends_wherever_it_goes():
    """Every jump lands within it, and the last instruction decides."""
    program = kernel.seccomp_program(refused.rules(7))

    assert max(jumps(program)) < len(program) // 8
    assert program[-8:-6] == kernel._RETURN.to_bytes(2, "little")


def test_a_rule_without_a_call_that_exists_is_left_out():
    """A machine that never had it needs no rule."""
    assert kernel.seccomp_program([Rule("no_such_call", errno.EPERM)]) == kernel.seccomp_program([])
