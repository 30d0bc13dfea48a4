"""One changed byte in the vault or on a drive is found and named, and the command ends with 5.

The vault is that of office.py: R-3 waits for a decision on recording 1, R-4 grants recording 2 to
sam. Each case changes one byte, or the least that a column can be changed by, and types commands.
Which change of the log itself is found how: tests/registers/test_audit_verify.py.

What no command finds yet, as it changes nothing that is opened, granted or proven:
    password_try    a wrong password may be tried sooner, or later
    person.failures the access register's count of wrong passwords
    grant_.state    whether a grant may be used is read from the log's leaves alone
    volume.written_at, .seen_at, .serial, bag   what `status` and `archive list` say of a volume
    outbox          who is told what by mail (ADR 11)
"""

from __future__ import annotations

import sqlite3
from contextlib import chdir
from pathlib import Path

import pytest

from house.commands import Answer, type_in
from house.drives import flip, last
from house.practices import House
from house.requests import rows

SHOW = ("pat", "show", "1")

SEARCH = ("pat", "search", "--party", "featherstonehaugh", "--reason", "A complaint about a call")

SHOW_REQUEST = ("max", "request", "show", "R-3")

SHOW_DENIED = ("sam", "request", "show", "R-2")

LIST = ("max", "request", "list")

APPROVE = ("max", "approve", "R-3", "--yes")

RELEASE = ("sam", "release", "R-4", "--to", "outbox")

LISTEN = ("sam", "listen", "R-4")

ARCHIVE = ("max", "archive", "--to", "drive-a")

DRIVE = ("nobody", "archive", "verify", "drive-a")

DOCTOR = ("nobody", "doctor", "--full")

SHARES = ("nobody", "keys", "audit")

VERIFY = ("dora", "audit", "verify")

READ = ("ava", "audit", "list")

RECONCILE = ("max", "reconcile")

PEOPLE = ("dora", "user", "list")

FIRST = "recording = 1"

DENIED = "request = (SELECT id FROM request WHERE number = 2)"

WAITING = "request = (SELECT id FROM request WHERE number = 3)"

GRANTED = "request = (SELECT id FROM request WHERE number = 4)"

A_BATCH = "digest = (SELECT statement FROM batch)"

THE_APPROVAL = f"digest = (SELECT approval FROM grant_ WHERE {GRANTED})"

TO_MAX = "key = 'recordings' AND person = (SELECT id FROM person WHERE login = 'max')"

CHANGES: dict[tuple[str, str, str], dict[tuple[str, ...], str]] = {
    ("recording", "started_at", "id = 1"): dict.fromkeys((SHOW, APPROVE, RECONCILE), "recording 1"),
    ("recording", "duration_ms", "id = 1"): {SHOW: "recording 1", SEARCH: "recording 1"},
    ("recording", "direction", "id = 1"): {SHOW: "recording 1", APPROVE: "recording 1"},
    ("recording", "size_bytes", "id = 1"): {DOCTOR: "recording 1", SHOW: "recording 1"},
    ("recording", "format", "id = 1"): {SHOW: "recording 1", SEARCH: "recording 1"},
    ("recording", "ciphertext", "id = 1"): {VERIFY: "recording 1", DOCTOR: "recording 1"},
    ("recording", "data_key", "id = 1"): {APPROVE: ""},
    ("recording", "state", "id = 1"): {VERIFY: "recording 1"},
    ("recording", "uid", "id = 1"): {VERIFY: "recording 1"},
    ("metadata", "sealed", FIRST): {SHOW: "metadata of recording 1", SEARCH: "recording 1"},
    ("token", "token", "recording = 1 AND kind = 1"): {RECONCILE: "should find: 1"},
    ("token", "recording", "recording = 1 AND kind = 3"): {RECONCILE: "should find: 1"},
    ("token", "kind", "recording = 1 AND kind = 3"): {RECONCILE: "should find: 1"},
    ("part", "part", "1"): dict.fromkeys((SEARCH, RECONCILE, VERIFY), "record of a month"),
    ("part", "bits", "1"): {RECONCILE: "should find: "},
    ("part", "normalising", "1"): dict.fromkeys((SEARCH, VERIFY), "none of ours"),
    ("batch", "catalogue_version", "1"): {SHOW: "metadata of recording 1"},
    ("batch", "recordings_version", "1"): {APPROVE: "batch"},
    ("batch", "catalogue_key", "1"): {SHOW: "metadata of recording 1"},
    ("batch", "recordings_key", "1"): {APPROVE: ""},
    ("statement", "body", A_BATCH): {SHOW: "recording 1", VERIFY: "statement"},
    ("statement", "signature", A_BATCH): {SHOW: "recording 1", VERIFY: "statement"},
    ("request", "purpose", "number = 3"): {
        **dict.fromkeys((VERIFY, SHOW_REQUEST, APPROVE), "Purpose"),
        LIST: 'of the table "request"',
    },
    ("request", "state", "number = 3"): {
        **dict.fromkeys((VERIFY, APPROVE), "State"),
        LIST: 'of the table "request"',
    },
    ("request", "requester", "number = 3"): {VERIFY: "R-3", SHOW_REQUEST: "R-3", LIST: ""},
    ("request", "id", "number = 3"): {VERIFY: "", LIST: 'of the table "request"'},
    ("request", "created_at", "number = 3"): {VERIFY: "R-3", APPROVE: "R-3"},
    ("request_version", "sealed", WAITING): {SHOW_REQUEST: "R-3", APPROVE: "R-3"},
    ("request_key", "sealed", f"{WAITING} AND holder = 'catalogue'"): {SHOW_REQUEST: "R-3"},
    ("request_version", "sealed", GRANTED): {LISTEN: "R-4", RELEASE: "R-4"},
    ("grant_", "sealed", GRANTED): {LISTEN: "grant", RELEASE: "grant", VERIFY: "grant"},
    ("grant_", "lapses_at", GRANTED): {LISTEN: "grant", RELEASE: "grant"},
    ("statement", "body", THE_APPROVAL): {LISTEN: "", VERIFY: "statement"},
    ("leaf", "body", "seq = 20"): {VERIFY: "20", RELEASE: ""},
    ("checkpoint", "note", "size = 20"): {VERIFY: "20"},
    ("detail", "sealed", "seq = (SELECT max(seq) FROM detail)"): {READ: ""},
    ("share", "sealed", TO_MAX): {SHARES: "", DOCTOR: "share", VERIFY: "", APPROVE: ""},
    ("share", "key", TO_MAX): {SHARES: "", DOCTOR: "", VERIFY: ""},
    ("share", "person", TO_MAX): {SHARES: "", DOCTOR: "", VERIFY: ""},
    ("person", "name_sealed", "login = 'sam'"): {PEOPLE: ""},
    ("person", "name_version", "login = 'sam'"): {PEOPLE: "a name"},
    ("person", "login", "login = 'sam'"): {PEOPLE: "a login"},
    ("person", "id", "login = 'ava'"): {VERIFY: "a person"},
    ("volume", "head_root", "1"): {DRIVE: "", ARCHIVE: ""},
    ("volume", "standing", "1"): {VERIFY: "a drive"},
    ("volume", "label", "1"): {DRIVE: "label"},
    ("archived", "bag", FIRST): {DRIVE: "", ARCHIVE: ""},
    ("hold", "state", "number = 1"): {VERIFY: "HoldState"},
    ("hold", "seq", "number = 1"): {VERIFY: "hold H-1"},
    ("hold", "request", "number = 1"): {VERIFY: "hold H-1"},
    ("hold", "matched_to", "number = 1"): {VERIFY: "hold H-1"},
    ("held", "hold", FIRST): {VERIFY: "hold H-"},
    ("held", "recording", FIRST): {VERIFY: "hold H-"},
    ("request_words", "sealed", DENIED): {SHOW_DENIED: ""},
    ("request_words", "version", DENIED): {SHOW_DENIED: "words", VERIFY: "words"},
    ("request_words", "seq", DENIED): {SHOW_DENIED: "words", VERIFY: "words"},
    ("request_words", "request", DENIED): {VERIFY: "words"},
    ("node", "hash", "level = 1 AND position = 3"): {VERIFY: "", RELEASE: ""},
}
"""Table, column and row; the commands that must find the change, and what they must name."""

CASES = [
    (change, command, named)
    for change, found in CHANGES.items()
    for command, named in found.items()
]


def change_one_byte(house: House, table: str, column: str, where: str) -> None:
    """Change the middle byte of a value, or add one to a number; with no eye to foreign keys."""
    catalogue = sqlite3.connect(house.folder / "vault" / "catalogue.sqlite")
    with catalogue:
        found = catalogue.execute(f'SELECT {column} FROM "{table}" WHERE {where}').fetchall()
        assert len(found) == 1
        catalogue.execute(
            f'UPDATE OR REPLACE "{table}" SET {column} = ? WHERE {where}', _changed(*found[0])
        )
    catalogue.close()


def _changed(value: bytes | str | int) -> tuple[bytes | str | int]:
    if isinstance(value, int):
        return (value + 1,)
    middle = len(value) // 2
    if isinstance(value, str):
        return (value[:middle] + ("0" if value[middle] != "0" else "1") + value[middle + 1 :],)
    return (bytes([*value[:middle], value[middle] ^ 1, *value[middle + 1 :]]),)


def types(house: House, command: tuple[str, ...]) -> Answer:
    """The command, in the folder of the practice."""
    configuration = house.folder / "callrec.toml"
    passwords = (
        "[passwords]\napprover_memory_mib = 64\n"  # or each would be locked anew, and stronger
    )
    configuration.write_text(f'{passwords}[listen]\nplayer = ["cat"]\n')
    with chdir(house.folder):
        return type_in(house, *command, CALLREC_CONFIG=configuration)


def is_found(answer: Answer, named: str) -> bool:
    """Whether what was changed is told on stderr or shown, and the command ended with 5."""
    assert answer.status == 5, answer
    assert answer.err.splitlines()[-2].startswith("callrec: error: ")
    assert named in answer.out + answer.err
    return True


@pytest.mark.parametrize(
    ("change", "command", "named"),
    CASES,
    ids=[f"{table}.{column}: {' '.join(command[1:3])}" for (table, column, _), command, _ in CASES],
)
def test_a_changed_row_is_found(
    change: tuple[str, str, str], command: tuple[str, ...], named: str, worked: House
) -> None:
    change_one_byte(worked, *change)
    assert is_found(types(worked, command), named)


@pytest.mark.parametrize("command", sorted({command for _, command, _ in CASES}))
def test_where_nothing_was_changed_nothing_is_found(
    command: tuple[str, ...], worked: House
) -> None:
    assert types(worked, command).status == 0


def sealed_file(house: House, recording: int) -> Path:
    ((name,),) = rows(house, "SELECT ciphertext FROM recording WHERE id = :id", id=recording)
    return house.folder.joinpath("vault", "recordings", name[:2], name)


@pytest.mark.parametrize("place", [0, 20, 1000, -1], ids=["header", "salt", "sound", "tag"])
@pytest.mark.parametrize(
    ("recording", "command"),
    [(1, SHOW), (1, DOCTOR), (2, LISTEN), (2, RELEASE)],
    ids=["show", "doctor", "listen", "release"],
)
def test_a_changed_byte_of_a_sealed_recording_is_found(
    place: int, recording: int, command: tuple[str, ...], worked: House
) -> None:
    flip(sealed_file(worked, recording), at=place)
    assert is_found(types(worked, command), f"recording {recording}")


def test_archive_leaves_a_recording_out_that_was_changed_and_names_it(worked: House) -> None:
    (worked.folder / "drive-b").mkdir()
    changed = sealed_file(worked, 1)
    flip(changed)
    answer = types(worked, ("max", "archive", "--to", "drive-b"))
    assert answer.status == 8
    assert "not copied: recording 1\n" in answer.err
    names = {each.name for each in (worked.folder / "drive-b").glob("bags/*/data/recordings/**/*")}
    assert names
    assert changed.name not in names


ON_A_DRIVE = {
    "a recording": "bags/*/data/recordings/*",
    "the manifest": "bags/*/manifest-sha256.txt",
    "the manifest of manifests": "bags/*/tagmanifest-sha256.txt",
    "the declaration": "bags/*/bagit.txt",
    "the bag's information": "bags/*/bag-info.txt",
    "the head's proof": "heads/*",
    "the catalogue's copy": "catalogue/*.sealed",
    "its keys": "catalogue/*.keys.json",
    "the marker": "CALLREC-VOLUME.json",
}


@pytest.mark.parametrize("file", ON_A_DRIVE.values(), ids=ON_A_DRIVE)
def test_a_changed_byte_on_a_volume_is_found(file: str, worked: House) -> None:
    path: Path = last(worked.folder / "drive-a", file)
    flip(path, at=path.stat().st_size // 2)
    assert is_found(types(worked, DRIVE), path.name)
