from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.volume.volume import (
    Volume,
    check_target,
    create_volume,
    is_volume,
    open_volume,
    write_label,
)
from house.small_disk import read_only, small_disk
from volume.vault_files import snapshot

VOLUME, VAULT = "1e" * 16, "0f" * 16


def begin(at: Path, label: str = "archive-a") -> Volume:
    return create_volume(at, volume=VOLUME, vault=VAULT, label=label)


def test_a_volume_that_was_begun_opens_as_itself(tmp_path: Path) -> None:
    assert not is_volume(tmp_path)
    begun = begin(tmp_path)
    assert is_volume(tmp_path)
    assert open_volume(tmp_path) == begun
    assert (begun.volume, begun.vault, begun.label) == (VOLUME, VAULT, "archive-a")


def test_the_marker_is_json_that_anybody_can_read(tmp_path: Path) -> None:
    begin(tmp_path)
    says = json.loads((tmp_path / "CALLREC-VOLUME.json").read_bytes())
    assert says == {"format": 1, "label": "archive-a", "vault": VAULT, "volume": VOLUME}


def test_a_volume_takes_another_label_and_is_otherwise_the_same(tmp_path: Path) -> None:
    called = replace(begin(tmp_path), label="archive-b")
    write_label(called)
    assert open_volume(tmp_path) == called


def test_another_volume_that_lies_there_keeps_its_label(tmp_path: Path) -> None:
    begun = begin(tmp_path)
    write_label(replace(begun, volume="2d" * 16, label="archive-b"))
    assert open_volume(tmp_path) == begun


def test_what_else_lies_on_the_drive_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "1.jpg").write_bytes(b"a photograph")
    begin(tmp_path)
    assert snapshot(tmp_path).keys() == {"photographs/1.jpg", "CALLREC-VOLUME.json"}


def test_a_label_like_a_name_is_refused_and_makes_no_volume(tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        begin(tmp_path, label="Mary Smith")
    assert list(tmp_path.iterdir()) == []


def test_a_drive_that_does_not_take_the_marker_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "CALLREC-VOLUME.json").mkdir()  # nothing can be renamed to it
    (tmp_path / "bags").mkdir()
    before = set(tmp_path.iterdir())
    with pytest.raises(Failed, match="the drive: "):
        begin(tmp_path)
    assert set(tmp_path.iterdir()) == before


def a_marker(**changes: object) -> bytes:
    says = {"format": 1, "label": "archive-a", "vault": VAULT, "volume": VOLUME, **changes}
    return json.dumps(says, separators=(",", ":"), sort_keys=True).encode()


ALTERED = {
    "nothing": b"",
    "no JSON": b"callrec",
    "a list": b"[]",
    "spaces": a_marker().replace(b",", b", "),
    "no vault": a_marker().replace(b'"vault"', b'"fault"'),
    "a vault that is no id": a_marker(vault="../.."),
    "a volume that is no id": a_marker(volume=VOLUME.upper()),
    "a number for a label": a_marker(label=7),
    "a label with an escape": a_marker(label="\x1b[2J"),
    "true for a format": a_marker(format=True),
    "one thing more": a_marker(more=1),
    "format 0": a_marker(format=0),
    "a format that is no number": a_marker(format="1"),
}


@pytest.mark.parametrize("marker", ALTERED.values(), ids=ALTERED.keys())
def test_a_marker_is_refused_that_says(tmp_path: Path, marker: bytes) -> None:
    begin(tmp_path)
    (tmp_path / "CALLREC-VOLUME.json").write_bytes(marker)
    with pytest.raises(Tampered, match="as callrec wrote it"):
        open_volume(tmp_path)


def test_a_marker_of_a_later_format_asks_for_a_later_callrec(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "CALLREC-VOLUME.json").write_bytes(a_marker(format=2, more="unheard of"))
    with pytest.raises(Unusable, match="newer callrec"):
        open_volume(tmp_path)


@pytest.mark.parametrize("name", ["bags", "heads", "catalogue"])
def test_a_folder_that_is_gone_or_leads_off_the_drive_is_found(tmp_path: Path, name: str) -> None:
    begin(tmp_path)
    (tmp_path / name).rmdir()
    with pytest.raises(Tampered, match=name):
        open_volume(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Tampered, match=name):
        open_volume(tmp_path)


def test_a_folder_that_is_no_volume_is_not_found(tmp_path: Path) -> None:
    for at in (tmp_path, tmp_path / "none"):
        with pytest.raises(NotFound, match="not a callrec drive"):
            open_volume(at)


def test_a_folder_of_a_drive_will_do_as_a_target(tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    check_target(tmp_path / "drive", tmp_path / "vault")
    assert list((tmp_path / "drive").iterdir()) == []


def test_what_a_run_that_was_cut_off_tried_the_drive_with_goes(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / ".callrec.partial").symlink_to(tmp_path / "elsewhere")
    check_target(tmp_path, tmp_path / "vault")
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_a_folder_around_the_vault_will_do_as_a_target(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    check_target(tmp_path, tmp_path / "vault")


def test_a_target_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for at in (tmp_path / "none", tmp_path / "file", tmp_path / "loop"):
        with pytest.raises(Unusable, match="no such folder"):
            check_target(at, tmp_path / "vault")


def test_a_target_inside_the_vault_is_refused_by_whatever_way(tmp_path: Path) -> None:
    inside = tmp_path / "vault" / "recordings"
    inside.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inside)
    for at in (tmp_path / "vault", inside, tmp_path / "link", inside / ".." / "recordings"):
        with pytest.raises(Unusable, match="inside the vault"):
            check_target(at, tmp_path / "vault")


def test_a_target_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    words = r"the drive can only be read|may not use that folder"
    with small_disk(drive), read_only(drive), pytest.raises(Failed, match=words):
        check_target(drive, tmp_path / "vault")
