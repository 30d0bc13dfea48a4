"""The filter, run step by step as the kernel does, for machines that this one is not."""

from __future__ import annotations

import struct

import pytest

from callrec.system.posix.confinement import MACHINES, filter_program

ALLOW, EPERM, KILL = 0x7FFF0000, 0x00050001, 0x80000000

ALWAYS = {
    "x86_64": {11, 12, 13, 14, 15, 24, 25, 28, 60, 96, 202, 228, 231},
    "aarch64": {93, 94, 98, 113, 124, 134, 135, 139, 169, 214, 215, 216, 233},
}

READ, WRITE = {"x86_64": 0, "aarch64": 63}, {"x86_64": 1, "aarch64": 64}

MAPS = {"x86_64": (9, 10), "aarch64": (222, 226)}


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """``struct seccomp_data`` run through the filter: seccomp_filter.rst, bpf_common.h."""
    padded = (*arguments, *([0] * (6 - len(arguments))))
    data = struct.pack("<II7Q", number, audit or MACHINES[machine], 0, *padded)
    steps = list(struct.iter_unpack("HBBI", filter_program(machine)))
    at = held = 0
    while True:
        what, so, otherwise, value = steps[at]
        at += 1
        if what == 0x06:
            return int(value)
        if what == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        else:
            holds = held == value if what == 0x15 else bool(held & value)
            at += so if holds else otherwise


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_is_allowed_but_what_computing_needs(machine: str) -> None:
    special = {READ[machine], WRITE[machine], *MAPS[machine]}
    allowed = {number for number in range(1024) if verdict(machine, number) == ALLOW}
    assert allowed - special == ALWAYS[machine]
    assert {verdict(machine, number) for number in range(1024)} == {ALLOW, EPERM}


@pytest.mark.parametrize("machine", MACHINES)
def test_reading_is_from_its_input_and_writing_to_its_output(machine: str) -> None:
    assert [verdict(machine, READ[machine], fd) for fd in (0, 1, 2)] == [ALLOW, EPERM, EPERM]
    assert [verdict(machine, WRITE[machine], fd) for fd in (0, 1, 2)] == [EPERM, ALLOW, EPERM]


@pytest.mark.parametrize("machine", MACHINES)
def test_no_memory_becomes_executable(machine: str) -> None:
    for number in MAPS[machine]:
        assert verdict(machine, number, 0, 4096, 3) == ALLOW
        assert verdict(machine, number, 0, 4096, 7) == EPERM
        assert verdict(machine, number, 0, 4096, 4) == EPERM


def test_calls_of_another_architecture_end_the_process() -> None:
    assert verdict("x86_64", 0, audit=0x40000003) == KILL
    assert verdict("x86_64", 0x40000000) == EPERM  # x32
