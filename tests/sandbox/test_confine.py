"""What is refused has a number, and what is decided hangs on the record of what is enforced."""

from __future__ import annotations

import errno
import json
import os
import struct
from dataclasses import asdict, replace

import msgspec
import pytest

from autograder.sandbox import confine, kernel, refused
from autograder.sandbox.confine import NOBODY, SHARED_THREADS, Confinement
from autograder.sandbox.enforced import LAYERS, Bounds, Enforced, Identity, Landlock, Namespaces, Seccomp, sentences
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


WHOLE = Enforced(Namespaces(of_users=False), Landlock(7), Seccomp(400), Identity(1 << 30, alone=True), Bounds())


@pytest.mark.parametrize(
    "enforced",
    [
        pytest.param(WHOLE, id="whole"),
        pytest.param(replace(WHOLE, namespaces=Namespaces(of_users=True), limits=Bounds(4096)), id="other"),
        pytest.param(Enforced(missing=dict.fromkeys(LAYERS, "switched off")), id="nothing"),
    ],
)
def test_what_is_enforced_arrives_as_it_was_sent(enforced):
    """From server to grader it goes as data, and is the same record there."""
    assert msgspec.json.decode(json.dumps(asdict(enforced)), type=Enforced) == enforced


CHOICES = {
    "alone": (Namespaces(of_users=False), 0, 77, Identity(77, alone=True), Bounds()),
    "nobody": (Namespaces(of_users=False), 0, NOBODY, Identity(NOBODY, alone=False), Bounds(SHARED_THREADS)),
    "one_user_in_the_namespace": (Namespaces(of_users=True), 0, 77, Identity(0, alone=False), Bounds(counted=False)),
    "no_other_user": (Namespaces(of_users=False), 0, 0, Identity(0, alone=False), Bounds(counted=False)),
    "bare": (None, 0, 77, Identity(77, alone=True), Bounds()),
    "ordinary": (Namespaces(of_users=True), 5, 0, Identity(5, alone=False), Bounds()),
    "ordinary_and_bare": (None, 5, 0, Identity(5, alone=False), Bounds(SHARED_THREADS + 3)),
}


@pytest.mark.skipif(not kernel.LINUX, reason="runs are confined on Linux")
@pytest.mark.parametrize(("namespaces", "me", "another", "identity", "bounds"), CHOICES.values(), ids=CHOICES.keys())
def test_who_a_run_is_hangs_on_the_record(monkeypatch, namespaces, me, another, identity, bounds):
    """And on no word that anybody is told: the user, and what bounds its threads."""
    monkeypatch.setattr(os, "getuid", lambda: me)
    monkeypatch.setattr(confine, "_threads_of", lambda _: 3)
    confinement = Confinement((), "/nowhere")
    confinement._root, confinement._another = me == 0, another
    confinement.enforced = Enforced(namespaces=namespaces)
    confinement.enforced = replace(confinement.enforced, identity=confinement._choose_identity())

    assert confinement.enforced.identity == identity
    assert confinement._user == (identity.user if me == 0 else 0)
    assert confinement._choose_limits() == bounds


def test_every_layer_has_its_own_sentence_there_or_not():
    """Made of the record, and of nothing else."""
    here, gone = sentences(WHOLE), sentences(Enforced(missing=dict.fromkeys(LAYERS, "switched off")))

    assert [*here] == [*gone] == [*LAYERS]
    assert all("switched off" in gone[layer] and "switched off" not in here[layer] for layer in LAYERS)
    assert len({*here.values(), *gone.values()}) == 2 * len(LAYERS)
