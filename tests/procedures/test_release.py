"""What is handed over, to whom, and what is left of it when that fails."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import practices
from callrec.audit.leaf import Outcome
from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.config import Release
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.errors import CallrecError, Failed, Locked, NotFound, Refused, Tampered, Unusable
from callrec.policy.handing_over import Channel, Delivery
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.role import VaultKey
from callrec.practice import vault_key
from callrec.procedures.release import release_recordings
from callrec.procedures.request_log import read_history
from callrec.procedures.revoke import revoke_grants
from callrec.release.compare import compare
from callrec.store.sealing import seal_stream
from cli.transcript import password_of
from procedures.asking import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    approved,
    by_sql,
    grants_of,
    last_leaf,
    logged_in,
    pass_days,
    request_id,
    rows,
    signed_in,
    state_of,
)
from procedures.packages import (
    Package,
    a_package,
    outbox,
    release,
    seven_zip,
    ssh_keygen_accepts,
)
from procedures.spool import NUMBER, a_call, a_wave, data_keys_of, recordings_of, take_in
from store.small_disk import small_disk

if TYPE_CHECKING:
    from callrec.audit.leaf import Leaf
    from practices import House

SOUNDS = Path(__file__).parents[1] / "vectors/telephone/sound"
LONG = 1_500_000
"""Bytes of a call whose package takes three times as much."""


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


@pytest.fixture(scope="module")
def package(granted_template: House, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """R-1, released and opened; it is only looked at."""
    return a_package(practices.copy(granted_template, tmp_path_factory.mktemp("package")))


@pytest.fixture
def long_call(house: House) -> House:
    """R-1 is sam's, for one long call, and max has approved it."""
    take_in(house, a_call(house.folder / "spool", size_bytes=LONG))
    approved(house, recordings=[1])
    return house


def acts_of(house: House, reference: str = "R-1") -> list[str]:
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, reference))
    return [leaf.act for leaf in history.leaves]


def details_of(house: House, leaf: Leaf) -> dict[str, object]:
    """What the auditor reads beside a leaf."""
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        found = read_detail(
            connection,
            leaf,
            lambda version: vault_key(ava, VaultKey.AUDIT, version),
            house.practice.vault,
        )
    return dict(found or {})


def sealed_file(house: House, number: int) -> Path:
    (name,) = rows(house, "SELECT ciphertext FROM recording WHERE id = :id", id=number)[0]
    return house.practice.store.path(name)


def nothing_is_released(house: House, kind: type[CallrecError], login: str = "sam") -> str:
    """What is said instead; and nothing lies in the outbox, not even something unfinished."""
    with pytest.raises(kind) as caught:
        release(house, login=login)
    assert list(outbox(house).iterdir()) == []
    return caught.value.message


# What leaves.


def test_seven_zip_opens_it_with_the_passphrase_and_with_no_other(
    package: Package, tmp_path: Path
) -> None:
    done = package.released
    assert seven_zip(done, tmp_path / "opened", done.passphrase) == 0
    assert seven_zip(done, tmp_path / "not", done.passphrase.replace(" ", "-")) != 0
    assert seven_zip(done, tmp_path / "nor", "") != 0


def test_ssh_keygen_accepts_the_manifest_and_no_changed_byte_of_it(package: Package) -> None:
    manifest = package.read("manifest.json")
    assert ssh_keygen_accepts(package, manifest)
    changed = bytes([*manifest[:70], manifest[70] ^ 1, *manifest[71:]])
    assert not ssh_keygen_accepts(package, changed)


def test_every_file_is_as_the_manifest_says_and_none_is_missing(package: Package) -> None:
    assert compare(package.folder) == ()
    for file in package.manifest["files"]:
        data = package.read(file["path"])
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])


def test_an_original_is_byte_for_byte_what_the_telephone_system_wrote(package: Package) -> None:
    for place in (1, 2):
        assert package.read(f"recordings/0{place}-original.wav") == a_wave(place - 1)


def test_a_listening_copy_is_what_python_reads_as_sixteen_bit_sound(package: Package) -> None:
    with wave.open(str(package.folder / "recordings/01-listening.wav")) as copy:
        assert copy.getparams()[:4] == (1, 2, 8000, 2000)


def test_the_manifest_says_what_a_file_is_and_when_the_call_began(package: Package) -> None:
    manifest = package.manifest
    original, copy, *_ = manifest["files"]
    (uid,) = rows(package.house, "SELECT uid FROM recording WHERE id = 1")[0]
    assert (original["recording"], original["uid"]) == (1, uid)
    assert (original["codec"], original["sample_rate"]) == ("ulaw", 8000)
    assert (copy["codec"], copy["made_from"]) == ("pcm16", original["sha256"])
    assert original["local_time"] == "2024-07-04T14:05:01.000+01:00"
    assert (manifest["purpose"], manifest["withheld"]) == ("complaint", [])
    assert manifest["request"] == {"id": request_id(package.house, "R-1"), "number": "R-1"}


def test_nobody_s_name_and_no_reason_or_number_is_in_a_package(package: Package) -> None:
    every = b"".join(package.files.values())
    for text in (REASON, NUMBER, NUMBER[1:], "O'Neill", "Turnbull", "Whitlock", "in-201"):
        assert text.encode() not in every, text


def test_the_passphrase_is_kept_nowhere(package: Package) -> None:
    words = package.released.passphrase.encode()
    kept = [path for path in package.house.folder.rglob("*") if path.is_file()]
    assert [path for path in kept if words in path.read_bytes()] == []


def test_only_its_owner_can_read_a_package(package: Package) -> None:
    assert package.released.path.stat().st_mode & 0o777 == 0o600


def test_what_was_asked_for_and_not_approved_is_said_to_be_withheld(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", recordings=(2,))
    manifest = a_package(stocked).manifest
    assert [file["recording"] for file in manifest["files"]] == [2, 2]
    assert manifest["withheld"] == [{"code": "not-approved", "recording": 1}]


def test_what_a_later_approval_added_is_released_with_the_rest(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", recordings=(2,))
    approve(stocked, "R-1", recordings=(1,))
    manifest = a_package(stocked).manifest
    assert {file["recording"] for file in manifest["files"]} == {1, 2}
    assert manifest["withheld"] == []


def test_the_recipient_reads_how_to_reach_the_practice(office: House) -> None:
    contact = Release(contact="telephone 01632 960000")
    config = office.config.model_copy(update={"release": contact})
    office.practice = replace(office.practice, config=config)
    text = a_package(office).read("READ-ME-FIRST.txt").decode()
    assert "Hama Medical Centre: telephone 01632 960000." in text


def test_without_a_contact_whoever_sent_it_is_to_be_asked(package: Package) -> None:
    text = package.read("READ-ME-FIRST.txt").decode()
    assert "Hama Medical Centre: whoever sent you this." in text


def test_sound_that_is_no_wave_file_goes_out_as_it_is(house: House) -> None:
    path = a_call(house.folder / "spool").with_suffix(".mp3")
    path.write_bytes((SOUNDS / "cbr-8k.mp3").read_bytes())
    take_in(house, path)
    approved(house, recordings=[1])
    package = a_package(house)
    assert [file["path"] for file in package.manifest["files"]] == ["recordings/01-original.mp3"]
    assert package.read("recordings/01-original.mp3") == path.read_bytes()


# What the log says.


def test_it_is_on_record_before_and_after_with_the_ways_it_went(office: House) -> None:
    done = release(office, delivery=Delivery(Channel.LETTER, Channel.PHONE))
    assert acts_of(office)[-2:] == ["release.prepared", "release.delivered"]
    delivered = last_leaf(office)
    assert delivered.seq == done.seq + 1
    assert details_of(office, delivered) == {"deliver_by": "letter", "passphrase_by": "phone"}
    uids = [row.uid for row in rows(office, "SELECT uid FROM recording WHERE id < 3 ORDER BY id")]
    assert list(delivered.subject) == [request_id(office, "R-1"), done.manifest.release, *uids]


def test_a_way_that_nobody_named_is_recorded_as_unsaid(office: House) -> None:
    release(office)
    assert details_of(office, last_leaf(office)) == {"deliver_by": None, "passphrase_by": None}


def test_what_was_released_is_destroyed_and_cannot_be_released_again(office: House) -> None:
    release(office)
    assert state_of(office, "R-1") == "released"
    assert rows(office, "SELECT * FROM grant_") == []
    for path in outbox(office).iterdir():
        path.unlink()
    assert "has been released" in nothing_is_released(office, Refused)
    assert last_leaf(office).outcome is Outcome.REFUSED


def test_a_second_copy_is_a_second_approval(office: House) -> None:
    first = release(office)
    approve(office, "R-1")
    second = release(office)
    assert first.path != second.path
    assert acts_of(office).count("release.delivered") == 2


def test_whoever_was_granted_a_request_of_somebody_else_keeps_no_key_of_it(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", to="pat")
    release(stocked, login="pat")
    holders = [row.holder for row in rows(stocked, "SELECT holder FROM request_key")]
    assert sorted(holders) == sorted(["catalogue", signed_in(stocked, "sam").person.id])


def test_one_person_s_release_leaves_another_s_grants(office: House) -> None:
    approve(office, "R-1", to="pat")
    release(office)
    assert len(grants_of(office, "R-1", "pat")) == 2


# Who may.


def test_nobody_releases_what_was_granted_to_somebody_else(office: House) -> None:
    nothing_is_released(office, Refused, "max")
    assert last_leaf(office).outcome is Outcome.REFUSED


def test_what_was_revoked_is_not_released(office: House) -> None:
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    nothing_is_released(office, Refused)


def test_what_has_lapsed_is_not_released(office: House) -> None:
    pass_days(office, 15)
    nothing_is_released(office, Refused)
    assert "grant.lapsed" in acts_of(office)


def test_what_nobody_approved_is_not_released_whatever_its_state_says(stocked: House) -> None:
    a_request(stocked)
    by_sql(stocked, "UPDATE request SET state = 'approved'")
    nothing_is_released(stocked, Tampered)


def test_whoever_alone_approved_subject_access_does_not_release_it(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora", to="dora")
    assert "whoever alone approved" in nothing_is_released(stocked, Refused, "dora")


def test_it_takes_the_password(office: House) -> None:
    with pytest.raises(Locked):
        release_recordings(
            office.practice,
            logged_in(office, "sam"),
            "R-1",
            to=outbox(office),
            delivery=Delivery(),
        )


def test_a_package_and_its_passphrase_never_go_the_same_way(office: House) -> None:
    with pytest.raises(Refused, match="the same way"):
        release(office, delivery=Delivery(Channel.EMAIL, Channel.EMAIL))
    assert list(outbox(office).iterdir()) == []
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("release.prepared", Outcome.REFUSED)
    assert len(grants_of(office, "R-1")) == 2


def test_there_is_no_release_of_a_request_that_is_not_there(office: House) -> None:
    with pytest.raises(NotFound):
        release(office, "R-7")


# Where to.


def test_a_release_goes_to_a_folder_that_is_there_and_outside_the_vault(office: House) -> None:
    file = office.folder / "file"
    file.touch()
    inside = office.folder / "way-in"
    inside.symlink_to(office.practice.folder / "recordings")
    before = last_leaf(office)
    for place in (office.folder / "none", file, office.practice.folder, inside, file / "below"):
        with pytest.raises(Unusable):
            release(office, to=place)
    assert last_leaf(office) == before
    assert len(grants_of(office, "R-1")) == 2


# What may be wrong with a recording.


@pytest.mark.parametrize("at", [3, 50, -1])
def test_a_changed_byte_in_a_recording_is_named_and_nothing_is_written(
    office: House, at: int
) -> None:
    path = sealed_file(office, 2)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    said = nothing_is_released(office, Tampered)
    assert said == "the sealed file of recording 2 is not as it was sealed"
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("release.prepared", Outcome.FAILED)
    assert details_of(office, leaf) == {"why": said}
    assert len(grants_of(office, "R-1")) == 2


def test_a_recording_that_is_gone_is_named(office: House) -> None:
    sealed_file(office, 1).unlink()
    assert nothing_is_released(office, Tampered) == "the sealed file of recording 1 is missing"


def test_other_sound_under_the_recording_s_own_key_is_found(office: House) -> None:
    first = recordings_of(office)[0]
    info = context("recording", office.practice.vault, uid=first.uid)
    with sealed_file(office, 1).open("wb") as file:
        invented = io.BytesIO(a_wave(99))
        seal_stream(invented, file, StreamSealer(data_keys_of(office)[first.uid], info))
    assert "recording 1" in nothing_is_released(office, Tampered)


# What may go wrong on the way.


def test_a_full_drive_leaves_nothing_and_the_grant(long_call: House, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    with small_disk(drive):
        with pytest.raises(Failed, match="could not be written"):
            release(long_call, to=drive)
        assert list(drive.iterdir()) == []
    failed = last_leaf(long_call)
    assert (failed.act, failed.outcome) == ("release.failed", Outcome.DONE)
    assert "could not be written" in str(details_of(long_call, failed)["why"])
    assert release(long_call).path.exists()


KILLED_WHILE_WRITING = """
import resource, signal, sys
from datetime import datetime
from callrec.cli.app import run
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
sys.exit(run(sys.argv[2:], now=lambda: datetime.fromisoformat(sys.argv[1])))
"""
"""The system kills whoever makes a file of more than 3 MiB, which is within the package."""


def kill_while_writing(house: House) -> None:
    password = house.folder / "password"
    password.touch(mode=0o600)
    password.write_text(password_of("sam"))
    words = ["release", "R-1", "--to", str(outbox(house)), "--vault", str(house.practice.folder)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, house.at.isoformat(), *words],
        env={
            **os.environ,
            **house.environ,
            "CALLREC_USER": "sam",
            "CALLREC_PASSWORD_FILE": str(password),
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGXFSZ, done.stderr


def test_after_a_kill_the_grant_stays_out_of_use_until_it_is_approved_again(
    long_call: House,
) -> None:
    kill_while_writing(long_call)
    assert last_leaf(long_call).act == RequestAct.PREPARED
    (left,) = outbox(long_call).iterdir()
    assert left.name.startswith(".callrec-release-")
    with pytest.raises(Refused, match="is being prepared") as caught:
        release(long_call)
    assert "decide again" in caught.value.hint
    approve(long_call, "R-1")
    assert release(long_call).path.exists()


def test_a_kill_leaves_no_sound_that_anybody_could_hear(long_call: House) -> None:
    kill_while_writing(long_call)
    (left,) = outbox(long_call).iterdir()
    data, original = left.read_bytes(), a_wave(0, LONG)
    places = random.Random(1).sample(range(58, len(original) - 16), 200)  # noqa: S311
    assert not any(original[at : at + 16] in data for at in places)
