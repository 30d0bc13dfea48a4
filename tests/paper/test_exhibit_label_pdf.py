from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from callrec.package.certificate import hash_in_groups
from callrec.paper.certificate_pdf import exhibit_label_pdf
from package.certificates import (
    EDITED,
    EXHIBIT,
    PLAIN,
    hashes,
    in_one_line,
    kept,
    pages,
    recordings,
    text_of,
)

LABEL = text_of(exhibit_label_pdf(EDITED))


@pytest.mark.parametrize(
    "said",
    [
        "Dr Müller & Partners",
        "Exhibit DW/1",
        "The sound of 2 telephone calls, in 3 files",
        "Case reference CR/12345/26",
        "Medium's serial 4C530001230315",
        "Request R-17",
        f"Release {'33' * 16}",
        "Put together 3 August 2026, 00:15:00 (UTC+01:00)",
        "Produced by (name) Role",
        "Signature Date and time",
        "Continuity",
        "Taken over by (name, role) From Date and time Signature",
    ],
)
def test_the_label_says(said: str) -> None:
    assert said in in_one_line(LABEL)


def test_the_hashes_of_one_recording_are_on_the_label_those_of_many_in_the_certificate() -> None:
    one = text_of(exhibit_label_pdf(replace(PLAIN, exhibit=EXHIBIT)))
    for digest in hashes(PLAIN.files):
        assert hash_in_groups(digest) in one
    assert "of each file: in the certificate of this release" in LABEL
    assert hash_in_groups(EDITED.files[0].sha256) not in LABEL


def test_the_label_names_no_patient() -> None:
    label = text_of(exhibit_label_pdf(replace(EDITED, subject="Zofia Dąbrowska")))
    assert "Dąbrowska" not in label


def test_a_body_that_gave_no_reference_is_said_to_have_given_none() -> None:
    label = text_of(exhibit_label_pdf(replace(EDITED, exhibit=replace(EXHIBIT, reference=""))))
    assert "Case reference none given" in in_one_line(label)


def test_it_is_one_page_however_much_is_released_and_however_long_the_names() -> None:
    long = replace(
        EXHIBIT, label="DW/" + "1" * 500, medium_serial="4C " * 500, reference="x " * 500
    )
    certificate = replace(EDITED, practice="Surgery " * 100, exhibit=long, files=recordings(200))
    (page,) = pages(exhibit_label_pdf(certificate))
    assert "page 1 of 1" in page
    assert page.count("…") == 4


def test_what_is_no_exhibit_gets_no_label() -> None:
    with pytest.raises(ValueError, match="exhibit"):
        exhibit_label_pdf(PLAIN)


def test_the_label_is_well_formed_and_the_same_bytes_twice(tmp_path: Path) -> None:
    pdf = exhibit_label_pdf(EDITED)
    assert pdf == exhibit_label_pdf(EDITED)
    subprocess.run(["qpdf", "--check", kept(pdf, tmp_path)], check=True, capture_output=True)
