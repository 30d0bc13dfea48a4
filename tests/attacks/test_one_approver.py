"""A thief who has one approver's password, and a program of their own.

It opens with hashlib, the bare ciphers and pycryptodome (vectors/crypto/by_hand.py) and knows
nothing of callrec but its formats. Where a practice has no such rule, or the thief has two
passwords, it opens everything: so it would with one, if one were enough.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callrec.login.machine import machine_file
from house.by_two import by_two
from house.drives import archive, drive, last
from house.practices import House, password_of
from house.spool import originals_of
from vectors.crypto import by_hand
from vectors.crypto.by_hand import context, hkdf, hpke_open

APPROVERS: Final = ("dora", "pat", "max", "mia")

Holder = tuple[str, bytes]
"""Id and X-Wing seed."""


def kem_of(seed: bytes, vault: str) -> bytes:
    return hkdf(seed, context("identity kem", vault, {}))


def seeds_by(passwords: Iterable[str], locks: Iterable[dict[str, Any]], vault: str) -> list[Holder]:
    """Whose locks these passwords open."""
    opened = []
    for lock in locks:
        kdf, person = lock["kdf"], lock["person"]
        sealed = base64.b64decode(lock["sealed"])
        for password in passwords:
            with suppress(InvalidTag):
                cost = {name: kdf[name] for name in ("lanes", "memory_kib", "passes")}
                key = by_hand.argon2id(password, bytes.fromhex(kdf["salt"]), cost)
                head = context("locked-seed", vault, {"kdf": kdf, "person": person})
                plain = AESGCM(key).decrypt(sealed[:12], sealed[12:], head)
                opened.append((person, kem_of(plain[:32], vault)))
    return opened


def tried(sealed: Iterable[tuple[Holder, bytes]], kinds: tuple[str, str], **of: Any) -> set[bytes]:
    """All that could be a key: what opens whole, each part by itself, and each two parts."""
    vault, whole, parts = of.pop("vault"), set[bytes](), list[tuple[int, bytes]]()
    for (person, kem), blob in sealed:
        id_ = person.removeprefix("machine ")
        with suppress(InvalidTag):
            whole.add(hpke_open(kem, blob, context(kinds[0], vault, {**of, "to": id_})))
        with suppress(InvalidTag):
            part = hpke_open(kem, blob, context(kinds[1], vault, {**of, "to": id_}))
            parts.append((int(id_, 16) if id_ == person else 1, part))
    both = {by_hand.joined(pair) for pair in combinations(parts, 2) if pair[0][0] != pair[1][0]}
    return whole | {value for _, value in parts} | both


def copy_on(at: Path, passwords: list[str], to: Path) -> tuple[Path, list[Holder]] | None:
    """The newest copy of the catalogue on a drive, opened; None: it does not open."""
    file = last(at / "catalogue", "*.keys.json")
    keys = json.loads(file.read_bytes())
    of = {name: keys[name] for name in ("vault", "volume", "time")}
    locks = [each["locked"] for each in keys["people"]]
    holders = seeds_by(passwords, locks, of["vault"])
    sealed_to = {each["to"]: base64.b64decode(each["sealed"]) for each in keys["keys"]}
    sealed = [(holder, sealed_to[holder[0]]) for holder in holders]
    copy = file.with_name(file.name.replace(".keys.json", ".sealed")).read_bytes()
    head = context("volume-copy", of["vault"], {"time": of["time"], "volume": of["volume"]})
    for key in tried(sealed, ("catalogue-copy", "catalogue-part"), **of):
        with suppress(InvalidTag):
            to.write_bytes(by_hand.open_stream(key, head, copy))
            return to, holders
    return None


def sound_in(catalogue: Path, holders: list[Holder], files: list[Path]) -> set[bytes]:
    """Every recording that the holders' shares open, with these sealed files."""
    found = {file.name: file for file in files}
    with closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as db:
        first = json.loads(db.execute("SELECT body FROM leaf WHERE seq = 0").fetchone()[0])
        vault = first["founders"]["vault"]
        query = "SELECT version, person, sealed FROM share WHERE key = 'recordings'"
        shares = db.execute(query).fetchall()
        batches = db.execute("SELECT id, recordings_version, recordings_key FROM batch").fetchall()
        query = "SELECT uid, batch, ciphertext, data_key FROM recording"
        recordings = db.execute(query).fetchall()
    by_person = {person.removeprefix("machine "): (person, kem) for person, kem in holders}
    keys = {
        version: tried(
            (
                (by_person[who], blob)
                for v, who, blob in shares
                if v == version and who in by_person
            ),
            ("share", "share-part"),
            vault=vault,
            key="recordings",
            version=version,
        )
        for version in {each[0] for each in shares}
    }
    opened: dict[str, bytes] = {}
    for batch, version, sealed in batches:
        info = context("batch", vault, {"batch": batch, "key": "recordings", "version": version})
        for key in keys[version]:
            with suppress(InvalidTag):
                opened[batch] = hpke_open(key, sealed, info)
    return {*_sound(recordings, opened, found, vault)}


def _sound(
    recordings: list[Any], batch_keys: dict[str, bytes], found: dict[str, Path], vault: str
) -> Iterator[bytes]:
    for uid, batch, name, sealed in recordings:
        if batch in batch_keys and name in found:
            head = context("data-key", vault, {"batch": batch, "uid": uid})
            key = AESGCM(batch_keys[batch]).decrypt(sealed[:12], sealed[12:], head)
            head = context("recording", vault, {"uid": uid})
            yield by_hand.open_stream(key, head, found[name].read_bytes())


def from_drive(house: House, *logins: str) -> set[bytes]:
    """What somebody hears who has the drive and these people's passwords."""
    at = drive(house)
    passwords = [password_of(login) for login in logins]
    copy = copy_on(at, passwords, house.folder / "opened.sqlite")
    return set() if copy is None else sound_in(*copy, [*at.glob("bags/*/data/recordings/*")])


def from_server(house: House, *logins: str, machine: Path | None = None) -> set[bytes]:
    """What somebody hears who has the vault's folder, and perhaps this computer's own file."""
    catalogue = house.folder / "vault" / "catalogue.sqlite"
    with closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT locked FROM person WHERE locked IS NOT NULL").fetchall()
    vault = house.practice.vault
    locks = [json.loads(row[0]) for row in rows]
    holders = seeds_by([password_of(login) for login in logins], locks, vault)
    if machine is not None:
        value = json.loads(machine.read_bytes())
        kem = kem_of(bytes.fromhex(value["seed"]), vault)
        holders.append((f"machine {value['person']}", kem))
    return sound_in(catalogue, holders, [*(house.folder / "vault").glob("recordings/*/*")])


def test_with_no_such_rule_one_password_and_the_drive_open_every_call(archived: House) -> None:
    everything = {*originals_of(archived)}
    assert from_drive(archived, "max") == from_server(archived, "max") == everything != set()
    assert from_drive(archived) == from_drive(archived, "sam") == set()


def test_where_it_takes_two_one_password_and_the_drive_open_nothing(archived: House) -> None:
    by_two(archived)
    archive(archived, drive(archived))
    everything = {*originals_of(archived)}
    for login in APPROVERS:
        assert from_drive(archived, login, "sam", "ava") == set()
    assert from_drive(archived, "max", "pat") == everything


def test_nor_one_password_and_the_server_s_disk_without_the_machine_s_own_file(
    archived: House,
) -> None:
    by_two(archived)
    everything = {*originals_of(archived)}
    for login in APPROVERS:
        assert from_server(archived, login, "sam", "ava") == set()
    assert from_server(archived, "max", "pat") == everything


def test_with_that_file_one_password_does_and_the_file_alone_does_not(archived: House) -> None:
    by_two(archived)
    everything = {*originals_of(archived)}
    file = machine_file(archived.practice)
    assert from_server(archived, machine=file) == set()
    assert from_server(archived, "max", machine=file) == everything  # docs/threat-model.md


@pytest.mark.parametrize("login", ["dora", "mia"])
def test_a_drive_of_before_opens_until_it_is_written_to_again(archived: House, login: str) -> None:
    by_two(archived)
    assert from_drive(archived, login) == {*originals_of(archived)}
    archive(archived, drive(archived))
    assert from_drive(archived, login) == set()
