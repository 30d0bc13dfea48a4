from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from callrec.package.certificate import Certificate, hash_in_groups
from callrec.package.texts import WHAT_IT_PROVES
from callrec.paper.certificate_pdf import certificate_pdf
from package.builders import ROOT
from package.certificates import (
    CHECKPOINT,
    EDITED,
    PLAIN,
    hashes,
    in_one_line,
    judged,
    kept,
    pages,
    recordings,
    text_of,
)

ONE = text_of(certificate_pdf(PLAIN))

EVERYTHING = text_of(certificate_pdf(EDITED))


def test_the_hash_of_every_file_stands_in_groups_on_one_line() -> None:
    lines = [line.strip() for line in EVERYTHING.splitlines()]
    originals = [original.sha256 for original in EDITED.not_enclosed]
    assert {*map(hash_in_groups, [*hashes(EDITED.files), *originals])} <= set(lines)


@pytest.mark.parametrize(
    "said",
    [
        "Partners certifies that it released the sound of 2 telephone calls, in 3 files",
        f"This certificate {WHAT_IT_PROVES}.",
        "1 Green Lane, Llanfair, telephone 01632 960 000",
        "Request R-17",
        f"Release {'33' * 16}",
        "Purpose Subject access: a person asks for recordings of his own calls",
        "Legal basis the right of access, UK GDPR Article 15",
        "Approved by Data Controller, 3 August 2026, 00:15:00 (UTC+01:00); decided alone",
        "Released by Practice Manager, 3 August 2026, 00:15:00 (UTC+01:00)",
        "Exhibit DW/1 Medium's serial 4C530001230315 Case reference CR/12345/26",
        "Recording 1042 began 14 July 2026, 09:05:07 (UTC+01:00)",
        "recordings/01-original.wav original mu-law, 8,000 Hz 1.280 s 10,244 bytes",
        "recordings/02-listening.wav listening copy pcm16, 11,025 Hz 0.800 s 17,644 bytes",
        "Clipped: it holds the original from 0:00.100 to 0:00.900 only.",
        "tone in the left channel from 0:00.301 to 0:00.450 of the original, because it would tell",
        "Recording 1044 ulaw 30,244 bytes",
        "Not enclosed, because the copy leaves out something that the original would tell.",
        "Recording 1045 gsm 9,030,244 bytes",
        "Not enclosed, because the release would not fit where it has to go.",
        "Recording 1051 because it would tell of another person who has not agreed, and it is not",
        f"Signed with the key {PLAIN.signing_key}",
        "Audit log entry 1206 records this release",
        f"python3 callrec_verify.py --pin {ROOT}",
        "VERIFY.txt",
        "Signature Name and role Date",
    ],
)
def test_the_certificate_says(said: str) -> None:
    assert said in in_one_line(EVERYTHING)


def test_a_countersigned_approval_names_both_roles() -> None:
    assert "Data Controller, 1 August 2026, 14:02:11 (UTC+01:00), countersigned by Deputy" in ONE


def test_the_fingerprint_stands_in_two_lines_of_four_groups() -> None:
    groups = hash_in_groups(ROOT)
    lines = {line.strip() for line in ONE.splitlines()}
    assert {groups[:35], groups[36:]} <= lines


def test_the_checkpoint_is_there_line_by_line() -> None:
    lines = [line.strip() for line in ONE.splitlines()]
    assert set(CHECKPOINT.splitlines()) <= set(lines)


def test_a_camera_reads_the_fingerprint(tmp_path: Path) -> None:
    paper = kept(certificate_pdf(PLAIN), tmp_path)
    subprocess.run(["pdftoppm", "-r", "150", "-gray", "-png", paper, tmp_path / "page"], check=True)
    picture = tmp_path / "page-1.png"
    read = subprocess.run(
        ["zbarimg", "--nodbus", "--quiet", "--raw", picture], capture_output=True, check=True
    )
    assert read.stdout.decode().strip() == ROOT


def test_nobody_is_named_unless_it_was_asked_for() -> None:
    assert "Subject " not in ONE.replace("Subject access", "")
    named = text_of(certificate_pdf(replace(PLAIN, subject="Zofia Dąbrowska-Llewellyn")))
    assert "Subject Zofia Dąbrowska-Llewellyn" in in_one_line(named)


def test_a_release_that_lists_nothing_as_withheld_says_no_more_than_that() -> None:
    assert "No recording that was asked for is listed here." in ONE
    assert "entitled" not in ONE
    assert "not enclosed" not in ONE


def test_only_after_a_complete_gathering_everything_was_given() -> None:
    whole = text_of(certificate_pdf(replace(PLAIN, is_complete=True)))
    assert "Everything was given that the person who asked is entitled to." in in_one_line(whole)
    part = text_of(certificate_pdf(replace(PLAIN, is_complete=True, elsewhere=20)))
    assert "entitled to, but for 20 recordings: another answer is about them." in in_one_line(part)


def test_what_an_outside_body_relies_on_stands_beside_the_basis() -> None:
    body = replace(PLAIN, exemption="prevent or detect crime", confidentiality="it weighs more")
    text = in_one_line(text_of(certificate_pdf(body)))
    assert "Exemption relied on prevent or detect crime Confidentiality it weighs more" in text
    assert "Exemption" not in ONE


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (20, 3), (200, 20)])
def test_every_page_says_which_it_is_and_of_which_release(number: int, expected: int) -> None:
    read = pages(certificate_pdf(replace(PLAIN, files=recordings(number))))
    assert len(read) == expected
    for place, page in enumerate(read, 1):
        foot = in_one_line(page.strip().splitlines()[-1])
        release = f"Certificate of release · R-17 · release {'33' * 16}"
        assert foot == f"{release} page {place} of {expected}"


def test_of_200_recordings_every_file_is_whole_on_one_page() -> None:
    files = recordings(200)
    read = [in_one_line(page) for page in pages(certificate_pdf(replace(PLAIN, files=files)))]
    for file in files:
        whole = re.compile(rf"{re.escape(file.path)} .{{30,90}} {hash_in_groups(file.sha256)}")
        assert sum(bool(whole.search(page)) for page in read) == 1, file.path


HEADINGS = re.compile(
    r"The release|What is enclosed|Originals that are not enclosed|What is withheld"
    r"|The practice's fingerprint|The record|How to check all this|Signed for the practice"
    r"|Recording \d+ began .*"
)


@pytest.mark.parametrize("approvals", range(1, 22, 2))  # each moves all that follows
def test_no_heading_stands_last_on_its_page(approvals: int) -> None:
    files = (*recordings(12), EDITED.files[-1])
    certificate = replace(EDITED, approvals=PLAIN.approvals * approvals, files=files)
    for page in pages(certificate_pdf(certificate)):
        *_, last, _foot = [line.strip() for line in page.splitlines() if line.strip()]
        assert not HEADINGS.fullmatch(in_one_line(last))


def test_whoever_signs_has_the_record_on_the_same_page() -> None:
    for number in range(1, 8):
        last = pages(certificate_pdf(replace(PLAIN, files=recordings(number))))[-1]
        assert "Signed for the practice" in last
        assert "The record" in last


def test_names_in_the_scripts_of_europe_print_as_they_are_written() -> None:
    practice = "Meddygfa Tŷ Gŵyl, Łąkowa, Ιατρείο Ελπίδα, Клініка Ґанок"
    read = text_of(certificate_pdf(replace(PLAIN, practice=practice)))
    assert practice in read
    assert "[U+" not in read


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Surgery \u202ecba", "Surgery [U+202E]cba"),
        ("Sur\u00adgery", "Sur[U+00AD]gery"),
        ("Sur\x00gery", "Sur[U+0000]gery"),
        ("診療所", "[U+8A3A][U+7642][U+6240]"),
        ("Surgery \U0001f9b7", "Surgery [U+1F9B7]"),
        ("Surgery \ud800", "Surgery [U+D800]"),
        ("Green\nLane\tSurgery", "Green Lane Surgery"),
        ("Dr Mu\u0308ller", "Dr Müller"),
    ],
)
def test_what_cannot_print_is_shown_by_its_number(name: str, printed: str) -> None:
    read = text_of(certificate_pdf(replace(PLAIN, practice=name)))
    assert read.splitlines()[0].strip() == printed


@pytest.mark.parametrize("certificate", [PLAIN, EDITED], ids=["plain", "edited"])
def test_the_file_is_well_formed_and_carries_its_fonts(
    certificate: Certificate, tmp_path: Path
) -> None:
    paper = kept(certificate_pdf(certificate), tmp_path)
    subprocess.run(["qpdf", "--check", paper], check=True, capture_output=True)
    fonts = subprocess.run(["pdffonts", paper], check=True, capture_output=True, text=True).stdout
    embedded = [line.split()[-5] for line in fonts.splitlines()[2:]]
    assert embedded == ["yes"] * 4


def test_the_file_says_what_it_is_in_which_language_and_nothing_else_of_today() -> None:
    pdf = certificate_pdf(replace(PLAIN, practice="A & <B>"))
    said = judged(["pdfinfo", "-meta", "-"], pdf)
    assert "<pdfaid:part>2</pdfaid:part>" in said
    assert "Certificate of release, request R-17<" in said
    assert ">A &amp; &lt;B&gt;<" in said
    assert re.findall(r"20\d\d-\d\d-\d\d", said) == ["2026-08-03"]
    assert b"/Lang (en-GB)" in pdf
    assert b"/DisplayDocTitle true" in pdf


def test_a_reader_shows_the_sections_beside_the_page() -> None:
    pdf = certificate_pdf(EDITED)
    assert pdf.count(b"/Dest ") == 8


IN_ANOTHER_PROCESS = """
import hashlib
from callrec.paper.certificate_pdf import certificate_pdf
from package.certificates import EDITED
print(hashlib.sha256(certificate_pdf(EDITED)).hexdigest())
"""


def test_the_same_facts_are_the_same_bytes_wherever_and_whenever() -> None:
    def run(**environment: str) -> str:
        path = ":".join(each for each in sys.path if each)
        return subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env={"PYTHONPATH": path, **environment},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    first = run(PYTHONHASHSEED="1", TZ="UTC")
    assert first == run(PYTHONHASHSEED="2", TZ="Asia/Tokyo", LANG="C")
