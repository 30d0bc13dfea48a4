"""Other users of the machine: what they can write to is not relied on, and they read nothing."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.catalogue.engine import open_any_schema
from callrec.errors import Misconfigured
from callrec.system.rights import check_only_we_can_change
from callrec.system.runtime import runtime_folder
from house.commands import type_in
from house.practices import House
from house.spool import a_wave

pytestmark = pytest.mark.root

STRANGER = 54321

NOBODY = 0xFFFFFFFF

WHAT_OTHERS_WRITE = (
    *("vault", "vault/catalogue.sqlite", "vault/recordings", "vault/incoming"),
    *("config", "config/callrec/config.toml", "state", "state/callrec", "."),
)
"""Of a practice; the last is the folder in which the vault lies."""


def the_list_that_lets_in(user: int, rights: int) -> bytes:
    entries = [(1, 7, NOBODY), (2, rights, user), (4, 0, NOBODY), (16, 7, NOBODY), (32, 0, NOBODY)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def of_its_group(rights: int) -> bytes:
    entries = [(1, 7, NOBODY), (4, rights, NOBODY), (16, 7, NOBODY), (32, 0, NOBODY)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.fixture
def configured(house: House) -> House:
    assert (house.folder / "config" / "callrec" / "config.toml").exists()
    for name in ("vault/recordings", "vault/incoming", "state/callrec"):
        (house.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    assert type_in(house, "max", "whoami").status == 0
    return house


@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH], ids=["group", "everybody"])
@pytest.mark.parametrize("what", WHAT_OTHERS_WRITE)
def test_what_others_can_write_to_is_not_used(configured: House, what: str, bit: int) -> None:
    path = configured.folder / what
    os.chown(path, -1, STRANGER)
    path.chmod(path.stat().st_mode | bit)
    answer = type_in(configured, "max", "whoami")
    assert answer.status == Misconfigured.exit_status
    assert "others can change" in answer.err
    assert f'run chmod go-w "{path}"' in answer.err


def as_a_user(user: int, group: int, act: Callable[[], object]) -> str:
    """What comes of it in a process of another account, as text."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            os.write(writing, str(act()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as said:  # noqa: PTH123 - of a descriptor
        told = said.read()
    os.wait()
    return told


def whether_it_is_used(folder: Path) -> str:
    try:
        check_only_we_can_change(folder)
    except Misconfigured as error:
        return error.message
    return "it is"


def test_a_group_that_is_the_users_own_may_write() -> None:
    """On most systems everybody has one, called like him, and makes folders that it may change."""
    games, users = pwd.getpwnam("games"), grp.getgrnam("users").gr_gid
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        folder = Path(memory, "folder")
        folder.mkdir()
        Path(memory).chmod(0o755)
        for listed in (b"", of_its_group(7)):
            os.chown(folder, games.pw_uid, games.pw_gid)
            folder.chmod(0o770)
            if listed:
                os.setxattr(folder, "system.posix_acl_access", listed)
            told = as_a_user(games.pw_uid, games.pw_gid, lambda: whether_it_is_used(folder))
            assert told == "it is"
            os.chown(folder, -1, users)
            told = as_a_user(games.pw_uid, games.pw_gid, lambda: whether_it_is_used(folder))
            assert "others can change what is in" in told


def test_an_access_list_counts_as_the_mode_does(configured: House) -> None:
    vault = configured.folder / "vault"
    os.setxattr(vault, "system.posix_acl_access", the_list_that_lets_in(STRANGER, 7))
    assert "others can change" in type_in(configured, "max", "whoami").err
    os.setxattr(vault, "system.posix_acl_access", the_list_that_lets_in(STRANGER, 5))
    assert type_in(configured, "max", "whoami").status == 0


def whether_it_is_opened(vault: Path) -> str:
    try:
        open_any_schema(vault)
    except Misconfigured as error:
        return error.message
    return "it is"


def test_a_vault_that_may_not_be_looked_into_is_told() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        told = as_a_user(STRANGER, STRANGER, lambda: whether_it_is_opened(Path(memory, "vault")))
    assert told.endswith('vault" cannot be looked into: permission denied')


OF_A_STRANGER = ("vault", "vault/catalogue.sqlite", "vault/recordings", "state/callrec")


@pytest.mark.parametrize("what", [*OF_A_STRANGER, "config/callrec/config.toml"])
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
    check_only_we_can_change(safe / "vault")
    (loose / "hop").symlink_to(target)
    (safe / "through").symlink_to(loose / "hop")
    with pytest.raises(Misconfigured, match=r'"[^"]*loose"'):
        check_only_we_can_change(safe / "through")
    (safe / "round").symlink_to("round")
    with pytest.raises(Misconfigured, match="too many links"):
        check_only_we_can_change(safe / "round")


def test_a_link_that_another_user_laid_is_not_followed(tmp_path: Path) -> None:
    """In a folder as /tmp anybody can, and lead it elsewhere once it was looked at."""
    shared, target = tmp_path / "shared", tmp_path / "target"
    shared.mkdir()
    shared.chmod(0o1777)
    target.mkdir(mode=0o700)
    (shared / "vault").symlink_to(target)
    check_only_we_can_change(shared / "vault")
    os.lchown(shared / "vault", STRANGER, STRANGER)
    with pytest.raises(Misconfigured, match="belongs to another account"):
        check_only_we_can_change(shared / "vault")


def test_a_vault_to_which_others_can_add_a_journal_is_not_used(configured: House) -> None:
    """With the sticky bit they exchange nothing; SQLite would roll back by what they add."""
    (configured.folder / "vault").chmod(0o1777)
    answer = type_in(configured, "max", "whoami")
    assert answer.status == Misconfigured.exit_status
    assert "others can change what is in" in answer.err


@pytest.mark.parametrize("change", [0o640, 0o604, 0o620, 0o602, STRANGER], ids=oct)
@pytest.mark.parametrize("secret", ["password", "credential", "session"])
def test_a_secret_that_others_can_read_or_write_or_own_is_not_used(
    configured: House, secret: str, change: int
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert type_in(configured, "max", "login", XDG_RUNTIME_DIR=memory).status == 0
        (session,) = Path(memory, "callrec").iterdir()
        login, file = {
            "password": ("max", configured.folder / "people" / "max.password"),
            "credential": ("door", configured.credential),
            "session": ("nobody", session),
        }[secret]
        if change == STRANGER:
            os.chown(file, STRANGER, STRANGER)
        else:
            file.chmod(change)
        answer = type_in(configured, login, "inbox", XDG_RUNTIME_DIR=memory)
    assert answer.status == Misconfigured.exit_status
    assert "others can read" in answer.err


def as_a_stranger(act: Callable[[], object]) -> str:
    """What comes of it in a process of another account, as text."""
    return as_a_user(STRANGER, STRANGER, act)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o777], ids=oct)
def test_no_login_is_kept_in_another_user_s_runtime_folder(mode: int) -> None:
    """As ``sudo -u`` may leave the environment; where anybody writes, anybody exchanges."""
    own = Path("/dev", "shm", f"callrec-{STRANGER}")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as another:
        Path(another).chmod(mode)
        told = as_a_stranger(lambda: runtime_folder({"XDG_RUNTIME_DIR": another}))
        assert list(Path(another).iterdir()) == []
    assert told == str(own)
    own.rmdir()


def test_nobody_s_login_lies_where_somebody_laid_a_link_or_opened_the_folder() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        environ, folder = {"XDG_RUNTIME_DIR": memory}, Path(memory, "callrec")
        assert runtime_folder(environ) == folder
        folder.chmod(0o750)
        assert runtime_folder(environ) != folder
        folder.rename(folder.with_name("elsewhere"))
        folder.symlink_to("elsewhere")
        assert runtime_folder(environ) != folder


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
        (by_max, ["archive", "--to", str(drive), "--yes"]),
        (by_max, ["backup", "--to", str(house.folder / "copies"), "--yes"]),
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
