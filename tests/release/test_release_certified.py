"""What goes with a release by its purpose, as pdftotext and other people's programs read it."""

from __future__ import annotations

import csv
import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from callrec.package.callrec_verify import check, files_in
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.requests.gather import gather_recordings
from house.packages import Package, release, seven_zip
from house.practices import House
from house.requests import (
    FURTHER,
    a_request,
    approve,
    logged_in,
    signed_in,
    third_parties_checked,
)
from house.spool import a_call, take_in

SUBJECT = "O'Neill"


def released(
    house: House,
    purpose: Purpose,
    *,
    recordings: tuple[int, ...] = (1, 2),
    second: str = "",
    **directions: Any,
) -> Package:
    """Asked for by sam, approved by dora, checked for third parties, released and opened."""
    a_request(house, purpose=purpose, recordings=recordings)
    approve(house, "R-1", "dora", second=signed_in(house, second) if second else None)
    if TERMS[purpose].needs_third_party_check:
        third_parties_checked(house, "sam")
    return opened(house, **directions)


def opened(house: House, **directions: Any) -> Package:
    done = release(house, **directions)
    folder = house.folder / "opened"
    assert seven_zip(done, folder, done.passphrase) == 0
    return Package(house, done, folder)


def text_of(package: Package, name: str) -> str:
    words = ["pdftotext", "-layout", str(package.folder / name), "-"]
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout


def in_one_line(package: Package, name: str = "certificate.pdf") -> str:
    return " ".join(text_of(package, name).split())


def groups(sha256: str) -> str:
    return " ".join(sha256[at : at + 8] for at in range(0, 64, 8))


def test_the_certificate_says_what_is_enclosed_and_where_it_stands_on_record(
    stocked: House,
) -> None:
    package = released(stocked, Purpose.COMPLAINT)
    told = in_one_line(package)
    for file in package.manifest["files"]:
        assert groups(file["sha256"]) in told
    assert "not who speaks" in told
    assert f"entry {package.released.audit_seq} records this release" in told
    fingerprint = stocked.practice.root.hex()
    assert all(group in told for group in groups(fingerprint).split())
    assert f"callrec/{stocked.practice.vault}" in told


def test_it_names_who_decided_and_who_released_by_role_alone(stocked: House) -> None:
    told = in_one_line(released(stocked, Purpose.COMPLAINT, second="max"))
    assert "Data Controller" in told
    assert "countersigned by" in told
    assert "Manager" in told
    for name in ("Dora", "Whitlock", "Harding", "Turnbull"):
        assert name not in told


@pytest.mark.parametrize(
    ("purpose", "basis"),
    [
        (Purpose.COMPLAINT, "call recording policy, 2 bullet 4"),
        (Purpose.SUBJECT_ACCESS, "the data subject's right of access, UK GDPR 15"),
        (Purpose.PORTABILITY, "UK GDPR 20"),
        (Purpose.OUTSIDE_BODY, "DPA 2018 Sch 2 Pt 1 para 2"),
    ],
)
def test_it_says_on_what_the_release_rests(stocked: House, purpose: Purpose, basis: str) -> None:
    assert basis in in_one_line(released(stocked, purpose))


def test_a_patient_is_named_where_that_was_asked_for_and_nowhere_else(
    stocked: House,
) -> None:
    package = released(stocked, Purpose.SUBJECT_ACCESS, names_subject=True)
    assert SUBJECT in in_one_line(package)
    elsewhere = [path for path, data in package.files.items() if SUBJECT.encode() in data]
    assert elsewhere == []


def test_nobody_is_named_unasked(stocked: House) -> None:
    package = released(stocked, Purpose.SUBJECT_ACCESS)
    assert SUBJECT not in in_one_line(package)


def test_a_data_subject_has_the_information_of_article_15_with_it(stocked: House) -> None:
    package = released(stocked, Purpose.SUBJECT_ACCESS)
    assert "Information Commissioner" in package.read("YOUR-RIGHTS.txt").decode()


def test_in_the_practice_s_own_words_where_it_has_any(stocked: House) -> None:
    stocked.decide(release={"rights": "Ask at the desk."})
    package = released(stocked, Purpose.SUBJECT_ACCESS)
    assert package.read("YOUR-RIGHTS.txt") == b"Ask at the desk.\n"


def test_the_police_have_an_exhibit_label_with_the_serial_of_the_medium(stocked: House) -> None:
    package = released(stocked, Purpose.OUTSIDE_BODY, exhibit="DW/1", medium_serial="SN 4711-0815")
    label = in_one_line(package, "exhibit-label.pdf")
    for told in ("DW/1", "SN 4711-0815", FURTHER[FurtherParticular.REFERENCE], "R-1"):
        assert told in label


def test_an_exhibit_that_nobody_named_is_called_by_request_and_release(stocked: House) -> None:
    package = released(stocked, Purpose.OUTSIDE_BODY)
    release_id = package.manifest["release"][:8]
    assert f"R-1/{release_id}" in in_one_line(package, "exhibit-label.pdf")


def test_nobody_else_has_rights_a_label_or_call_data_with_it(stocked: House) -> None:
    package = released(stocked, Purpose.COMPLAINT)
    assert not {"YOUR-RIGHTS.txt", "exhibit-label.pdf", "calls.json", "calls.csv"} & set(
        package.files
    )


def test_portability_brings_what_is_known_of_each_call(stocked: House) -> None:
    package = released(stocked, Purpose.PORTABILITY)
    calls = json.loads(package.read("calls.json"))["calls"]
    assert [call["recording"] for call in calls] == [1, 2]
    assert {call["number"] for call in calls} == {"+447700900123"}
    listed = {data["path"]: data["sha256"] for data in package.manifest["call_data"]}
    assert listed.keys() == {"calls.json", "calls.csv"}
    for call in calls:
        for file in call["files"]:
            assert file["path"] in package.files


IN_DOUBT: Final = {
    "by the file's own time": (
        "rec0001.wav",
        "nothing is known but the file's own time, or its folder's day",
    ),
    "an hour that came twice": (
        "[Ann Other]_07700900123-201_20241027013000(3).wav",
        "this hour came twice; the other would be 27 October 2024, 01:30:00 (UTC+00:00)",
    ),
    "an hour that was skipped": (
        "[Ann Other]_07700900123-201_20240331013000(3).wav",
        "the clocks skipped the time that was written",
    ),
    "contradicted": (
        "in-201-07700900123-20240704-153501-1720098301.0.wav",
        "the unique id contradicts it by 90 minutes",
    ),
}


@pytest.mark.parametrize(("name", "why"), IN_DOUBT.values(), ids=IN_DOUBT)
def test_what_is_not_certain_of_a_time_is_said_wherever_the_time_is(
    house: House, tmp_path: Path, name: str, why: str
) -> None:
    take_in(house, a_call(tmp_path / "201", name=name))
    package = released(house, Purpose.PORTABILITY, recordings=(1,))
    said = f"Not certain: {why}."
    assert said in in_one_line(package)
    assert said in " ".join(package.read("READ-ME-FIRST.txt").decode().split())
    (call,) = json.loads(package.read("calls.json"))["calls"]
    assert call["time_doubt"] == why
    table = package.read("calls.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(table, newline=""))
    assert row["time_doubt"] == why
    pin = house.practice.root.hex()
    assert check(files_in(str(package.folder)), pin).verdict == "VERIFIED"


def test_of_a_time_that_is_certain_nothing_is_added(stocked: House) -> None:
    package = released(stocked, Purpose.PORTABILITY)
    assert "Not certain" not in in_one_line(package)
    assert b"Not certain" not in package.read("READ-ME-FIRST.txt")
    assert b"time_doubt" not in package.read("calls.json") + package.read("calls.csv")


def test_what_sha256sum_checks_is_every_file(stocked: House) -> None:
    package = released(stocked, Purpose.PORTABILITY)
    words = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(words, cwd=package.folder, capture_output=True, check=True, text=True)
    checked = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
    assert checked == package.files.keys() - {"SHA256SUMS", "SHA256SUMS.sig"}


def test_an_approval_that_another_replaced_is_not_certified(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", "max")
    approve(stocked, "R-1", "pat")
    told = in_one_line(opened(stocked))
    assert "Approved by Partner" in told
    assert "Manager" not in told


def test_of_one_part_of_a_request_it_does_not_certify_that_everything_was_given(
    house: House,
) -> None:
    take_in(house, *(a_call(house.folder / "spool", call) for call in range(2)))
    a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(1,))
    a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(2,))
    gather_recordings(house.practice, logged_in(house, "max"), "R-1", leave_out={})
    approve(house, "R-1", "dora")
    third_parties_checked(house, "sam")
    told = in_one_line(opened(house))
    assert "entitled to, but for 1 recording: another answer is about it." in told
