"""The decisions of the filter, and the user of a run, who hangs on the record of what is enforced."""

from __future__ import annotations

import errno
import json
import os
import struct
from dataclasses import asdict, replace

import msgspec
import pytest

from autograder.sandbox import syscalls
from autograder.sandbox.confine import (
    LAYERS,
    NOBODY,
    SHARED_THREADS,
    Confinement,
    Enforced,
    Identity,
    Namespaces,
    sentences,
)
from autograder.sandbox.syscalls import Rule

CALLS = {*syscalls.ALLOWED, *(rule.call for rule in syscalls.rules(1))}
# What came before aarch64 did, and was never made for it.
X86_ALONE = {
    *("access", "alarm", "arch_prctl", "creat", "dup2", "epoll_create", "epoll_wait", "eventfd", "fork", "getdents"),
    *("getpgrp", "lstat", "mkdir", "open", "pause", "pipe", "poll", "readlink", "rename", "rmdir", "select", "stat"),
    *("symlink", "time", "unlink", "vfork"),
}
MACHINES = {"x86_64": (syscalls.X86_64, 0xC000003E), "aarch64": (syscalls.AARCH64, 0xC00000B7)}
PID = 7
ALLOW = "allowed"


@pytest.fixture(params=MACHINES)
def decide(request, monkeypatch):
    """The decision of a machine's filter about a call: allowed, killed, or the name of the error."""
    numbers, architecture = MACHINES[request.param]
    monkeypatch.setattr(syscalls, "SYSCALLS", numbers)
    monkeypatch.setattr(syscalls, "MACHINE", request.param)
    monkeypatch.setattr(syscalls, "_AUDIT_ARCH", architecture)
    program = [*struct.iter_unpack("<HBBI", syscalls.seccomp_program(syscalls.rules(PID), syscalls.ALLOWED))]

    def decided(call, *args, architecture=architecture):
        if isinstance(call, str) and call not in numbers:
            pytest.skip(f"{request.param} has no {call}")
        number = numbers[call] if isinstance(call, str) else call
        words = [number, architecture, 0, 0]
        words += [
            word for arg in (*args, *(0,) * (6 - len(args))) for word in (arg & 0xFFFFFFFF, arg >> 32 & 0xFFFFFFFF)
        ]
        at, held = 0, 0
        while True:
            code, true, false, value = program[at]
            if code == syscalls._RETURN:
                break
            if code == syscalls._LOAD:
                held, step = words[value // 4], 0
            else:
                tests = {syscalls._JEQ: held == value, syscalls._JSET: held & value, syscalls._JGE: held >= value}
                step = true if tests[code] else false
            at += 1 + step
        if value & 0xFFFF0000 == syscalls._ERRNO:
            return errno.errorcode[value & 0xFFFF]
        return {syscalls._ALLOW: ALLOW, syscalls._KILL: "killed"}[value]

    return decided


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [pytest.param(syscalls.X86_64, set(), id="x86_64"), pytest.param(syscalls.AARCH64, X86_ALONE, id="aarch64")],
)
def test_every_call_that_is_allowed_has_a_number(numbers, missing):
    """On each architecture; but for those that it never had. None is allowed and ruled as well."""
    assert CALLS - numbers.keys() == missing
    assert len(set(numbers.values())) == len(numbers)
    assert len(CALLS) == len(syscalls.ALLOWED) + len({rule.call for rule in syscalls.rules(1)})


DECIDED = {
    "reading": (("read",), ALLOW),
    "waking_a_thread": (("futex", 0, 1 | 128), ALLOW),
    "waiting_by_the_clock": (("futex", 0, 9 | 128 | 256), ALLOW),
    "joining": (("futex", 0, 0), "EAGAIN"),
    "joining_until": (("futex", 0, 9 | 256), "EAGAIN"),
    "waking_others": (("futex", 0, 1), "EINVAL"),
    "waking_others_by_bits": (("futex", 0, 10), "EINVAL"),
    "moving_others": (("futex", 0, 3), "EINVAL"),
    "moving_others_if": (("futex", 0, 4), "EINVAL"),
    "waking_others_and_more": (("futex", 0, 5), "EINVAL"),
    "unlocking_others": (("futex", 0, 7), "EINVAL"),
    "futexes_at_once": ((449,), "ENOSYS"),
    "waking_anew": ((454,), "ENOSYS"),
    "waiting_anew": ((455,), "ENOSYS"),
    "moving_anew": ((456,), "ENOSYS"),
    "memory": (("mmap", 0, 1, 3, 0x22), ALLOW),
    "shared_memory_of_nobody_else": (("mmap", 0, 1, 3, 0x21), ALLOW),
    "memory_loaded_at_once": (("mmap", 0, 1, 3, 0x8022), ALLOW),
    "file": (("mmap", 0, 1, 5, 0x02), ALLOW),
    "own_file": (("mmap", 0, 1, 3, 0x01), ALLOW),
    "shared_file": (("mmap", 0, 1, 1, 0x01), "EPERM"),
    "shared_file_validated": (("mmap", 0, 1, 1, 0x03), "EPERM"),
    "shared_file_to_run": (("mmap", 0, 1, 5, 0x01), "EPERM"),
    "file_loaded_at_once": (("mmap", 0, 1, 1, 0x8002), "EPERM"),
    "own_file_loaded_at_once": (("mmap", 0, 1, 3, 0x8001), "EPERM"),
    "locked": (("mmap", 0, 1, 3, 0x2022), "EPERM"),
    "huge_pages": (("mmap", 0, 1, 3, 0x40022), "EPERM"),
    "given_back": (("madvise", 0, 1, 4), ALLOW),
    "large_pages": (("madvise", 0, 1, 14), ALLOW),
    **{
        f"advice_{advice}": (("madvise", 0, 1, advice), "EPERM") for advice in (1, 2, 3, 9, 12, 13, *range(20, 26), 100)
    },
    "positioned": (("preadv2", 0, 0, 0, 0, 0, 0), ALLOW),
    "only_if_it_is_there": (("preadv2", 0, 0, 0, 0, 0, 8), "ENOTSUP"),
    "uncached": (("preadv2", 0, 0, 0, 0, 0, 0x80), "ENOTSUP"),
    "written_uncached": (("pwritev2", 0, 0, 0, 0, 0, 0x80), "ENOTSUP"),
    "flushed": (("msync", 0, 1, 4), ALLOW),
    "invalidated": (("msync", 0, 1, 2), "EPERM"),
    "clock": (("clock_gettime", 1), ALLOW),
    "clock_of_another": (("clock_gettime", ~5 << 3 | 2), "EPERM"),
    "clock_of_another_waited_for": (("clock_nanosleep", ~5 << 3 | 2), "EPERM"),
    "clock_of_a_device": (("clock_gettime", ~5 << 3 | 3), "EPERM"),
    "own_cores": (("sched_getaffinity", 0), ALLOW),
    "own_cores_by_number": (("sched_getaffinity", PID), ALLOW),
    "cores_of_another": (("sched_getaffinity", 5), "EPERM"),
    "group_of_another": (("getpgid", 5), "EPERM"),
    "priority": (("getpriority", 0, PID), ALLOW),
    "priority_of_another": (("getpriority", 0, 5), "EPERM"),
    "priority_of_a_user": (("getpriority", 2, 0), "EPERM"),
    "name": (("prctl", 15), ALLOW),
    "pages_merged": (("prctl", 67), "EPERM"),
    "thread": (("clone", 0x3D0F00), ALLOW),
    "process": (("clone", 17), "EAGAIN"),
    "new_process": ((435,), "ENOSYS"),
    "another_process": (("fork",), "EAGAIN"),
    "pair": (("socketpair", 1, 1), ALLOW),
    "pair_of_datagrams": (("socketpair", 1, 2), "EPERM"),
    "kind_of_a_socket": (("getsockopt", 3, 1, 3), ALLOW),
    "who_has_the_other_end": (("getsockopt", 3, 1, 17), "EPERM"),
    "process_at_the_other_end": (("getsockopt", 3, 1, 77), "EPERM"),
    "no_call": ((600,), "ENOSYS"),
    "a_call_of_yore": ((400,), "EPERM"),
}


@pytest.mark.parametrize(("call", "decision"), DECIDED.values(), ids=DECIDED.keys())
def test_what_is_decided_about_a_call(decide, call, decision):
    """On both architectures; on one that is not here by the same instructions, carried out by this test."""
    assert decide(*call) == decision


def test_calls_of_another_kind_end_the_process(decide):
    """Those of another architecture, whose numbers mean something else."""
    assert decide("read", architecture=0x40000003) == "killed"


@pytest.mark.skipif(not syscalls.SYSCALLS, reason="no system calls are known here")
def test_a_filter_fits_and_ends_wherever_it_goes():
    """Every jump lands within it, the last instruction decides, and the kernel takes 4096."""
    program = syscalls.seccomp_program(syscalls.rules(7), syscalls.ALLOWED)

    assert max(jumps(program)) < len(program) // 8 <= 4096
    assert program[-8:-6] == syscalls._RETURN.to_bytes(2, "little")


def jumps(program):
    """Where each instruction of a filter goes: the next ones, or nowhere when it returns."""
    for at, (code, true, false, _) in enumerate(struct.iter_unpack("<HBBI", program)):
        if code != syscalls._RETURN:
            yield from {at + 1 + true, at + 1 + false} if code & 7 == 5 else {at + 1}


def test_every_number_is_decided(decide):
    """Those that are allowed, those with a rule, and all others, old and new."""
    named = {number: call for call, number in syscalls.SYSCALLS.items()}
    ruled = {rule.call for rule in syscalls.rules(PID)}

    for number in range(1000):
        if (call := named.get(number)) not in ruled:
            no = "ENOSYS" if number >= syscalls._NEW else "EPERM"
            assert decide(number) == (ALLOW if call in syscalls.ALLOWED else no), call or number


def test_a_rule_comes_before_the_list():
    """A call that is allowed and ruled is ruled."""
    rule = Rule("read", errno.EPERM)

    assert syscalls.seccomp_program([rule], ["read"]) == syscalls.seccomp_program([rule], [])


def test_a_rule_without_a_call_that_exists_is_left_out():
    """A machine that never had it needs no rule."""
    assert syscalls.seccomp_program([Rule("no_such_call", errno.EPERM)]) == syscalls.seccomp_program([])


WHOLE = Enforced(Namespaces(of_users=False), 7, 400, Identity(1 << 30, alone=True), 0)


@pytest.mark.parametrize(
    "enforced",
    [
        pytest.param(WHOLE, id="whole"),
        pytest.param(replace(WHOLE, namespaces=Namespaces(of_users=True), limits=4096), id="other"),
        pytest.param(Enforced(missing=dict.fromkeys(LAYERS, "switched off")), id="nothing"),
    ],
)
def test_what_is_enforced_arrives_as_it_was_sent(enforced):
    """From server to grader it goes as data, and is the same record there."""
    assert msgspec.json.decode(json.dumps(asdict(enforced)), type=Enforced) == enforced


APART = 0
# Namespaces; the grader's number, and that of another user it can be; what follows.
CHOICES = {
    "alone": (Namespaces(of_users=False), 0, 77, Identity(77, alone=True), APART),
    "nobody": (Namespaces(of_users=False), 0, NOBODY, Identity(NOBODY, alone=False), SHARED_THREADS),
    "one_user_in_the_namespace": (Namespaces(of_users=True), 0, 77, Identity(0, alone=False), SHARED_THREADS),
    "no_other_user": (Namespaces(of_users=False), 0, 0, Identity(0, alone=False), SHARED_THREADS),
    "bare": (None, 0, 77, Identity(77, alone=True), APART),
    "ordinary": (Namespaces(of_users=True), 5, 0, Identity(5, alone=False), APART),
    "ordinary_and_bare": (None, 5, 0, Identity(5, alone=False), SHARED_THREADS),
}


@pytest.mark.skipif(not syscalls.LINUX, reason="runs are confined on Linux")
@pytest.mark.parametrize(("namespaces", "me", "another", "identity", "threads"), CHOICES.values(), ids=CHOICES.keys())
def test_who_a_run_is_hangs_on_the_record(monkeypatch, namespaces, me, another, identity, threads):
    """And on no word that anybody is told: the user, and what bounds its threads."""
    monkeypatch.setattr(os, "getuid", lambda: me)
    confinement = Confinement((), "/nowhere")
    confinement._root, confinement._another = me == 0, another
    confinement.enforced = Enforced(namespaces=namespaces)
    confinement.enforced = replace(confinement.enforced, identity=confinement._choose_identity())

    assert confinement.enforced.identity == identity
    assert confinement._user == (another if identity.user == another else 0)
    assert confinement._choose_limits() == threads


def test_every_layer_has_its_own_sentence_there_or_not():
    """Made of the record, and of nothing else."""
    here, gone = sentences(WHOLE), sentences(Enforced(missing=dict.fromkeys(LAYERS, "switched off")))

    assert [*here] == [*gone] == [*LAYERS]
    assert all("switched off" in gone[layer] and "switched off" not in here[layer] for layer in LAYERS)
    assert len({*here.values(), *gone.values()}) == 2 * len(LAYERS)
