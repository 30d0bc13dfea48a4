"""Other users of the machine: what they can write to is not relied on, and they read nothing."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attacks.typed import type_in
from callrec.errors import Misconfigured
from callrec.file_rights import check_only_ours
from procedures.spool import a_wave

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House

STRANGER = 54321
NOBODY = 0xFFFFFFFF
WHAT_OTHERS_WRITE = ("vault", "vault/catalogue.sqlite", "config", "config/callrec/config.toml", ".")
"""Of a practice; the last is the folder in which the vault lies."""


def the_list_that_lets_in(user: int, rights: int) -> bytes:
    entries = [(1, 7, NOBODY), (2, rights, user), (4, 0, NOBODY), (16, 7, NOBODY), (32, 0, NOBODY)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.fixture
def configured(house: House) -> House:
    file = house.folder / "config" / "callrec" / "config.toml"
    file.write_text('region = "GB"\n')
    assert type_in(house, "max", "whoami").status == 0
    return house


@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH], ids=["group", "everybody"])
@pytest.mark.parametrize("what", WHAT_OTHERS_WRITE)
def test_what_others_can_write_to_is_not_used(configured: House, what: str, bit: int) -> None:
    path = configured.folder / what
    path.chmod(path.stat().st_mode | bit)
    answer = type_in(configured, "max", "whoami")
    assert answer.status == Misconfigured.exit_status
    assert "others can change" in answer.err
    assert f'run chmod go-w "{path}"' in answer.err


def test_an_access_list_counts_as_the_mode_does(configured: House) -> None:
    vault = configured.folder / "vault"
    os.setxattr(vault, "system.posix_acl_access", the_list_that_lets_in(STRANGER, 7))
    assert "others can change" in type_in(configured, "max", "whoami").err
    os.setxattr(vault, "system.posix_acl_access", the_list_that_lets_in(STRANGER, 5))
    assert type_in(configured, "max", "whoami").status == 0


@pytest.mark.parametrize("what", ["vault", "vault/catalogue.sqlite", "config/callrec/config.toml"])
def test_what_belongs_to_another_account_is_not_used(configured: House, what: str) -> None:
    os.chown(configured.folder / what, STRANGER, STRANGER)
    answer = type_in(configured, "max", "whoami")
    assert answer.status == Misconfigured.exit_status
    assert "belongs to another account" in answer.err


def test_no_vault_is_founded_where_others_could_exchange_it(configured: House) -> None:
    shared, kit = configured.folder / "shared", configured.folder / "kit"
    shared.mkdir()
    words = ("init", "--practice", "Elm", "--user", "eve", "--name", "Eve Marsh")
    to_found = (*words, "--recovery-file", str(kit))
    place = {"CALLREC_VAULT": shared / "vault"}
    shared.chmod(0o777)
    answer = type_in(configured, "max", *to_found, **place)
    assert answer.status == Misconfigured.exit_status
    assert f'others can change what is in "{shared}"' in answer.err
    assert list(shared.iterdir()) == []
    shared.chmod(0o1777)  # as in /tmp, nobody can exchange what is ours
    assert type_in(configured, "max", *to_found, **place).status == 0


def test_a_link_is_as_safe_as_the_folders_that_it_leads_through(tmp_path: Path) -> None:
    safe, loose, target = tmp_path / "safe", tmp_path / "loose", tmp_path / "target"
    for folder in (safe, loose, target):
        folder.mkdir(mode=0o700)
    loose.chmod(0o777)
    (safe / "vault").symlink_to("../target")
    check_only_ours(safe / "vault")
    (loose / "hop").symlink_to(target)
    (safe / "through").symlink_to(loose / "hop")
    with pytest.raises(Misconfigured, match=r'"[^"]*loose"'):
        check_only_ours(safe / "through")
    (safe / "round").symlink_to("round")
    with pytest.raises(Misconfigured, match="too many links"):
        check_only_ours(safe / "round")


@pytest.mark.parametrize("secret", ["password", "credential"])
def test_a_secret_that_others_can_read_is_not_used(configured: House, secret: str) -> None:
    login, file = {
        "password": ("max", configured.folder / "people" / "max.password"),
        "credential": ("door", configured.credential),
    }[secret]
    file.chmod(0o640)
    answer = type_in(configured, login, "status")
    assert answer.status == Misconfigured.exit_status
    assert "others can read" in answer.err


def test_whatever_the_callers_umask_all_that_is_written_is_ours_alone(house: House) -> None:
    spool, drive = house.folder / "spool", house.folder / "drive"
    spool.mkdir()
    (spool / "in-201-07700900461-20240704-140501-1720098301.1.wav").write_bytes(a_wave(1))
    drive.mkdir(mode=0o700)
    assert type_in(house, "max", "whoami").status == 0  # writes the password's file
    before = set(house.folder.rglob("*"))
    environ = {
        **os.environ,
        **house.environ,
        "CALLREC_VAULT": str(house.folder / "vault"),
        "XDG_CONFIG_HOME": str(house.folder / "config"),
        "XDG_RUNTIME_DIR": str(house.folder),
    }
    by_max = {
        "CALLREC_USER": "max",
        "CALLREC_PASSWORD_FILE": str(house.folder / "people" / "max.password"),
    }
    for who, words in (
        ({"CALLREC_CREDENTIAL": str(house.credential)}, ["ingest", str(spool)]),
        (by_max, ["archive", "--to", str(drive)]),
        (by_max, ["backup", "--to", str(house.folder / "copies")]),
    ):
        if words[0] == "backup":
            (house.folder / "copies").mkdir(mode=0o700)
        done = subprocess.run(
            ["sh", "-c", 'umask 0; exec "$0" -m callrec "$@"', sys.executable, *words],
            env={**environ, **who},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    written = set(house.folder.rglob("*")) - before
    assert len(written) > 20
    assert [path for path in written if path.lstat().st_mode & 0o077] == []


def test_no_other_process_reads_the_memory_and_no_core_is_dumped() -> None:
    program = """
import ctypes, resource, sys
from callrec.__main__ import main
sys.argv = ["callrec", "--version"]
main()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    shell = ["sh", "-c", 'ulimit -c unlimited; exec "$0" -c "$1"', sys.executable, program]
    said = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "(0, 0) 0"
