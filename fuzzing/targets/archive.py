"""What lies on an archive volume: anyone who holds the drive can write to it."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

from callrec.crypto.canonical import canonical
from callrec.errors import Tampered, Unusable
from callrec.restore.copy import read_copy
from callrec.volume.bag import (
    DECLARATION,
    DECLARED,
    INFO,
    MANIFEST,
    RECORDINGS,
    TAG_MANIFEST,
    validate_bag,
    write_tags,
)
from callrec.volume.erasing import ERASED_LIST, erased_uids, names_in_manifest, repair_erased_list
from callrec.volume.volume import MARKER, create_volume, open_volume
from fuzzing.place import laid, place
from fuzzing.target import Target, in_one_form
from vectors.crypto.cases import read_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from callrec.volume.volume import Volume

VAULT: Final = "22" * 16

VOLUME: Final = "33" * 16

RECORDED: Final = (b"one sealed recording", b"another")

NAMES: Final = tuple(hashlib.sha256(each).hexdigest() for each in RECORDED)

TAGS: Final = (MANIFEST, TAG_MANIFEST, INFO, DECLARATION)

TIME: Final = "20260807T101500Z"

PARTED: Final = b"\0"


@cache
def _bag() -> Path:
    """A bag of two recordings."""
    bag = place("bag")
    (bag / RECORDINGS).mkdir(parents=True)
    for name, content in zip(NAMES, RECORDED, strict=True):
        laid(bag / RECORDINGS / name, content)
    write_tags(bag, NAMES, {"Bagging-Date": "2026-08-07", "Payload-Oxum": "27.2"})
    return bag


@cache
def _tags() -> dict[str, bytes]:
    return {name: (_bag() / name).read_bytes() for name in TAGS}


def _tag_files(data: bytes) -> None:
    """The four files that describe a bag, each but the last up to a zero byte."""
    told = dict(zip(_tags(), [*data.split(PARTED, 3), *[b""] * 3], strict=False))
    for name, content in told.items():
        laid(_bag() / name, content)
    report = validate_bag(_bag())
    assert report.damaged or report.missing or report.extra or _is_right(told)
    with suppress(Tampered):
        assert all(name.encode() in told[MANIFEST] for name in names_in_manifest(_bag()))


def _bags() -> Iterator[bytes]:
    yield PARTED.join(_tags().values())
    later = DECLARED.replace("1.0", "2.0").encode()
    ours, theirs = (hashlib.sha256(each).hexdigest() for each in (DECLARED.encode(), later))
    sums = _tags()[TAG_MANIFEST].replace(ours.encode(), theirs.encode())
    yield PARTED.join({**_tags(), TAG_MANIFEST: sums, DECLARATION: later}.values())


def _is_right(told: Mapping[str, bytes]) -> bool:
    """Whether both recordings are listed, the other files each under its hash, and no more."""
    recordings = sorted(f"{name}  {RECORDINGS}/{name}" for name in NAMES)
    others = sorted(
        f"{hashlib.sha256(told[name]).hexdigest()}  {name}"
        for name in (DECLARATION, INFO, MANIFEST)
    )
    return (
        told[DECLARATION] == DECLARED.encode()
        and sorted(told[MANIFEST].decode().splitlines()) == recordings
        and sorted(told[TAG_MANIFEST].decode().splitlines()) == others
    )


def _erased(data: bytes) -> None:
    volume = place("erased")
    laid(volume / ERASED_LIST, data)
    with suppress(Tampered):
        assert all(uid.encode() in data for uid in erased_uids(volume))
    repair_erased_list(volume)
    assert data.startswith((volume / ERASED_LIST).read_bytes())


@cache
def _volume() -> Volume:
    return create_volume(place("volume"), volume=VOLUME, vault=VAULT, label="archive-a")


def _marker(data: bytes) -> None:
    data = in_one_form(data)
    laid(_volume().at / MARKER, data)
    with suppress(Tampered, Unusable):
        read = open_volume(_volume().at)
        assert (
            canonical(
                {"format": 1, "label": read.label, "vault": read.vault, "volume": read.volume}
            )
            == data
        )


def _keys(data: bytes) -> None:
    """What says who may open a volume's copy of the catalogue."""
    copy = _volume().copy_of(TIME)
    laid(copy.sealed, b"")
    laid(copy.keys, in_one_form(data))
    with suppress(Tampered, Unusable):
        found = read_copy(_volume(), copy)
        assert {type(holder) for holder in found.sealed_to} <= {str}
        assert all(each.kdf.memory_kib <= 1 << 20 for each in found.locked.values())


def _keys_files() -> Iterator[bytes]:
    locked = json.loads(read_case("locked/second_choice_of_rfc_9106.txt").body)
    said = {"format": 1, "keys": [{"to": "11" * 16, "sealed": "AAAA"}], "vault": VAULT}
    yield canonical({**said, "people": [{"person": "11" * 16, "locked": locked}]})
    yield canonical({**said, "people": [{"person": "11" * 16, "locked": None}]})


TARGETS: Final = (
    Target(
        name="bags",
        reads="the manifests of a bag, and what else describes it",
        holds="a bag is right only with the recordings that it holds, each under its own hash",
        one=_tag_files,
        seeds=_bags,
        longest=2000,
        words=(b"data/recordings/", b"../", b"  ", b"\r", b"\xc2\x85", b"\x1c"),
    ),
    Target(
        name="erased-lists",
        reads="the list of what was taken off a volume",
        holds="an id that is read stands there; mending takes off its end alone",
        one=_erased,
        seeds=lambda: (b"", f"{VAULT}\n{VOLUME}\n".encode(), f"{VAULT}\n22".encode()),
        longest=400,
        words=(b"\r\n", b"\xc2\x85", b"\x1c", b"\n"),
    ),
    Target(
        name="volume-markers",
        reads="what makes a folder a volume",
        holds="only what callrec writes is read",
        one=_marker,
        seeds=lambda: (
            canonical({"format": 1, "label": "archive-a", "vault": VAULT, "volume": VOLUME}),
            canonical({"format": 2}),
        ),
        longest=600,
        words=(b'"format":', b'"label":', b"true"),
    ),
    Target(
        name="catalogue-keys",
        reads="who may open the copy of the catalogue on a volume, and their locked seeds",
        holds="parameters of passwords are within their bounds",
        one=_keys,
        seeds=_keys_files,
        words=(b'"locked":', b'"keys":[', b'"people":[', b"null", b"[]", b'"kdf":{'),
    ),
)
