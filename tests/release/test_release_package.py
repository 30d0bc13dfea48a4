"""What leaves the practice, judged by programs of other people."""

from __future__ import annotations

import hashlib
import threading
import wave
from pathlib import Path

import pytest

from callrec.errors import Refused
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.release.preparing import preparing_release
from callrec.requests.decide import revoke_grants
from house.packages import Package, a_package, seven_zip, ssh_keygen_accepts
from house.practices import House
from house.processes import children
from house.requests import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    approved,
    request_id,
    rows,
    signed_in,
    third_parties_checked,
)
from house.spool import NUMBER, a_call, a_wave, take_in

SOUNDS = Path(__file__).parents[1] / "vectors/telephone/sound"


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


def test_a_package_for_which_all_was_got_ready_is_whole_and_leaves_nothing_running(
    office: House,
) -> None:
    threads = threading.active_count()
    with preparing_release():
        assert len(children()) == 2
        package = a_package(office)
    for file in package.manifest["files"]:
        assert hashlib.sha256(package.read(file["path"])).hexdigest() == file["sha256"]
    assert children() == []
    assert threading.active_count() == threads


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


def test_every_file_is_as_the_manifest_says(package: Package) -> None:
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
    assert (manifest["purpose"], manifest["withheld"]) == ("protect-parties", [])
    assert manifest["request"] == {"id": request_id(package.house, "R-1"), "number": "R-1"}


def test_nobody_s_name_and_no_reason_or_number_is_in_a_package(package: Package) -> None:
    every = b"".join(package.files.values())
    for word in (REASON, NUMBER, NUMBER[1:], "O'Neill", "Turnbull", "Whitlock", "in-201"):
        assert word.encode() not in every, word


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


def test_what_is_withheld_for_crime_s_sake_is_not_told_to_whom_it_concerns(
    stocked: House,
) -> None:
    a_request(stocked, purpose=Purpose.PORTABILITY, recordings=[1, 2, 3])
    withheld = {1: Ground.CRIME, 3: Ground.THIRD_PARTY}
    approve(stocked, "R-1", "dora", withheld=withheld)
    third_parties_checked(stocked, "dora")
    package = a_package(stocked)
    assert package.manifest["withheld"] == [{"code": "third-party", "recording": 3}]
    assert "crime" not in package.read("READ-ME-FIRST.txt").decode()


def test_what_was_once_withheld_for_crime_s_sake_is_not_undecided_in_a_later_package(
    stocked: House,
) -> None:
    a_request(stocked, purpose=Purpose.PORTABILITY, recordings=[1, 2, 3])
    approve(stocked, "R-1", "dora", withheld={1: Ground.CRIME})
    dora = signed_in(stocked, "dora")
    revoke_grants(stocked.practice, dora, "R-1", reason=ANOTHER_REASON)
    approve(stocked, "R-1", "dora", recordings=(2,))
    third_parties_checked(stocked, "dora")
    package = a_package(stocked)
    assert package.manifest["withheld"] == [{"code": "not-approved", "recording": 3}]
    assert "One call is not decided yet." in package.read("READ-ME-FIRST.txt").decode()


def test_what_somebody_else_gives_is_neither_refused_nor_undecided(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.PORTABILITY, recordings=[1, 2, 3])
    approve(stocked, "R-1", "dora", to="max", recordings=(3,), withheld={2: Ground.THIRD_PARTY})
    approve(stocked, "R-1", "dora", to="sam", recordings=(1, 2))
    third_parties_checked(stocked, "dora")
    told = " ".join(a_package(stocked).read("READ-ME-FIRST.txt").decode().split())
    assert "Another answer is about one more call that you asked for." in told
    assert "could not be given" not in told
    assert "not decided" not in told
    later = " ".join(a_package(stocked, login="max").read("READ-ME-FIRST.txt").decode().split())
    assert "2 calls were given to you before." in later
    assert "could not be given" not in later


def test_what_a_later_approval_added_is_released_with_the_rest(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", recordings=(2,))
    approve(stocked, "R-1", recordings=(1,))
    manifest = a_package(stocked).manifest
    assert {file["recording"] for file in manifest["files"]} == {1, 2}
    assert manifest["withheld"] == []


def test_the_recipient_reads_how_to_reach_the_practice(office: House) -> None:
    office.decide(release={"contact": "recordings@hama.example"})
    told = a_package(office).read("READ-ME-FIRST.txt").decode()
    assert "Hama Medical Centre: recordings@hama.example." in told


def test_without_a_contact_nothing_is_released(office: House) -> None:
    office.decide(release={"contact": ""})
    with pytest.raises(Refused, match=r"could not reach the practice.*\[UK GDPR 12\(2\)\]"):
        a_package(office)
    office.decide(release={"contact": "recordings@hama.example"})
    assert a_package(office).manifest["files"]  # the grants were not used up


def test_sound_that_is_no_wave_file_has_a_listening_copy_too(house: House) -> None:
    path = a_call(house.folder / "spool").with_suffix(".mp3")
    path.write_bytes((SOUNDS / "cbr-8k.mp3").read_bytes())
    take_in(house, path)
    approved(house, recordings=[1])
    package = a_package(house)
    assert [file["path"] for file in package.manifest["files"]] == [
        "recordings/01-original.mp3",
        "recordings/01-listening.wav",
    ]
    assert package.read("recordings/01-original.mp3") == path.read_bytes()
    with wave.open(str(package.folder / "recordings/01-listening.wav")) as copy:
        assert copy.getnframes() / copy.getframerate() == pytest.approx(
            package.manifest["files"][0]["duration_ms"] / 1000
        )
