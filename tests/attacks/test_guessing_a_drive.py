"""Guesses at a weak password on a drive's own bytes, by a program that is not callrec's.

A drive's catalogue copy carries the lock of each approver (docs/formats/archive.md). What opens it
here is `vectors.crypto.by_hand`, which was written from docs/formats/keys.md alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callrec.login.locks import relock
from house.drives import archive, drive, last
from house.factors import at_work, with_printed
from house.practices import House
from vectors.crypto.by_hand import argon2id, context, hkdf

WEAK = "HamaMedical2026!!"
"""What an approver once chose: it is made of what everybody knows of the practice."""

FIRST_TRIED = 74
"""How many guesses a program makes until it comes to that."""


def guesses() -> list[str]:
    """What a program tries of a practice called Hama Medical Centre, the likeliest first."""
    names = ("Hama", "HamaMedical", "HamaMedicalCentre", "hama", "hamamedical", "Surgery")
    endings = ("", "1", "!", "123", "!!")
    by_ending = [
        f"{name}{year}{end}" for end in endings for year in (2026, 2025, 2024) for name in names
    ]
    return by_ending[: by_ending.index(WEAK) + 1]


def locks_on(house: House, name: str) -> Mapping[str, Any]:
    """The locks on a drive, by person: what its thief reads without any key."""
    said = json.loads(last(drive(house, name) / "catalogue", "*.keys.json").read_bytes())
    return {each["person"]: each["locked"] for each in said["people"]}


def keys_to_try(
    lock: Mapping[str, Any], stretched: bytes, vault: str
) -> Iterator[tuple[bytes, bytes]]:
    """Keys that a thief makes of a guess alone, with the associated data that goes with each."""
    person, kdf = lock["person"], lock["kdf"]
    yield stretched, context("locked-seed", vault, {"kdf": kdf, "person": person})
    about = {"factors": lock.get("factors", []), "kdf": kdf, "person": person}
    head = context("factored-lock", vault, about)
    for factor_key in (b"", bytes(32), stretched):
        yield hkdf(stretched + factor_key, head), head
    for slot in lock.get("factors", []):
        info = {"id": slot["id"], "kind": slot["kind"], "person": person, "public": {}}
        for secret in (stretched, stretched[:16], bytes(16)):
            of_slot = context("factor", vault, info)
            if factor_key := opened(hkdf(secret, of_slot), slot["sealed"], of_slot):
                yield hkdf(stretched + factor_key, head), head


def opened(key: bytes, sealed: str, head: bytes) -> bytes:
    data = base64.b64decode(sealed)
    try:
        return AESGCM(key).decrypt(data[:12], data[12:], head)
    except InvalidTag:
        return b""


def opening(lock: Mapping[str, Any], guess: str, vault: str, secret: bytes = b"") -> bytes:
    """The seed and root, if a guess opens it; ``secret``: what the page of its printed key says."""
    kdf = lock["kdf"]
    stretched = argon2id(guess, bytes.fromhex(kdf["salt"]), kdf)
    for key, head in keys_to_try(lock, stretched, vault):
        if found := opened(key, lock["sealed"], head):
            return found
    for slot in lock.get("factors", []) if secret else []:
        info = {"id": slot["id"], "kind": slot["kind"], "person": lock["person"], "public": {}}
        of_slot = context("factor", vault, info)
        factor_key = opened(hkdf(secret, of_slot), slot["sealed"], of_slot)
        head = context(
            "factored-lock",
            vault,
            {"factors": lock["factors"], "kdf": kdf, "person": lock["person"]},
        )
        if found := opened(hkdf(stretched + factor_key, head), lock["sealed"], head):
            return found
    return b""


def test_the_guesses_that_open_a_weak_password_open_nothing_with_a_second_factor(
    granted: House,
) -> None:
    """On a drive of before, the last of them opens; on one of after, none does without the page."""
    house, tried = granted, guesses()
    assert len(tried) == FIRST_TRIED
    max_, vault = house.actor("max").person.id, house.practice.vault
    relock(house.practice, house.actor("max"), WEAK, "password.relocked")
    archive(house, drive(house, "drive-before"))
    _, words = with_printed(house, "max", password=WEAK, keeps=False)
    archive(house, drive(house, "drive-after"))

    before, after = (locks_on(house, name)[max_] for name in ("drive-before", "drive-after"))
    seed = house.seeds["max"]
    assert opening(before, tried[-1], vault) == seed + house.practice.root
    assert [opening(after, guess, vault) for guess in tried] == [b""] * FIRST_TRIED
    page = base64.b32decode("".join(group[:4] for group in words.split()))[:16]
    assert opening(after, WEAK, vault, page) == seed + house.practice.root
    assert at_work(house, "max", words, password=WEAK).identity is not None
