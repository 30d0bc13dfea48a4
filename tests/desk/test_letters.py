"""Letters, the dossier and an erasure at the desk: as by the commands."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from callrec.desk.exchange import Upload
from callrec.policy.purpose import Purpose
from callrec.requests.gather import gather_recordings
from house.commands import done, type_in
from house.desks import visit, written
from house.erasures import approved_erasure
from house.holds import ANN, ask
from house.practices import House
from house.requests import further_of, signed_in, state_of
from house.stages import CALLERS, TO_BE_ERASED, copied

house = copied(CALLERS)

erasure = copied(TO_BE_ERASED)

PAGE = "/requests/R-1/letters"


@pytest.fixture
def asked(house: House) -> House:
    """Ann asks for a copy of her calls."""
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20")
    reference = ask(house, purpose=Purpose.SUBJECT_ACCESS, number=ANN, further=further)
    gather_recordings(house.practice, signed_in(house, "max"), reference, leave_out={})
    return house


def test_a_letter_is_written_read_and_recorded_as_sent_as_by_commands(asked: House) -> None:
    dora = visit(asked, "dora")
    dora.fill_in("/unlock")

    def at_the_desk() -> None:
        dora.fill_in(PAGE, kind="acknowledge")
        dora.fill_in(f"{PAGE}/1", sent="today", how="letter")

    def typed() -> None:
        done(asked, "dora", "request", "letter", "R-1", "--kind", "acknowledge")
        done(asked, "dora", "request", "letter", "R-1", "--sent", "today", "--how", "letter")

    shown = written(asked, at_the_desk)
    of_the_desk = [each for each in shown if each.act != "request.shown"]
    assert of_the_desk == written(asked, typed)
    assert "sent on" in dora.open(f"{PAGE}/1").words


def test_a_letter_reads_as_the_command_prints_it_and_is_saved_as_paper(asked: House) -> None:
    dora = visit(asked, "dora")
    read = dora.fill_in(PAGE, kind="acknowledge").words
    printed = done(asked, "dora", "request", "letter", "R-1", "--letter", "1")
    assert all(line in read for line in map(" ".join, map(str.split, printed.splitlines())))
    paper = dora.open(f"{PAGE}/1/pdf").answered
    assert paper.body.startswith(b"%PDF-")
    assert paper.save_as == "letter-R-1-1.pdf"


def test_what_a_letter_may_not_say_is_refused_in_the_same_words(asked: House) -> None:
    dora = visit(asked, "dora")
    shown = dora.fill_in(PAGE, kind="answer")
    typed = type_in(asked, "dora", "request", "letter", "R-1", "--kind", "answer")
    said = typed.err.split("error: ")[1].splitlines()[0]
    assert shown.status == 403
    assert said[1:] in shown.words


def test_the_dossier_says_what_the_command_says_and_reading_it_is_on_record(asked: House) -> None:
    dora = visit(asked, "dora")
    dora.fill_in("/unlock")
    at_the_desk = written(asked, lambda: dora.open("/requests/R-1/dossier"))
    assert at_the_desk == written(asked, lambda: done(asked, "dora", "request", "dossier", "R-1"))
    shown = dora.open("/requests/R-1/dossier")
    printed = done(asked, "dora", "request", "dossier", "R-1")
    words = " ".join(shown.words.split())
    told = {word.strip(":") for word in printed.split()} - {"", "callrec"}  # a command is a link
    assert {word for word in told if word not in words and word.strip("-")} == set()
    (saved,) = (link for link in shown.links if link.endswith("as=json"))
    assert saved


def test_an_erasure_is_carried_out_as_by_the_command(erasure: House) -> None:
    # Else it looks for its drives where those are that other tests copy.
    (erasure.practice.state_folder / "places.json").unlink()
    dora = visit(erasure, "dora")
    page = "/requests/R-1/erase"
    foreseen = dora.fill_in(page)
    assert "Would destroy 3 recordings" in foreseen.words
    dora.fill_in(foreseen.address, typed="R-2")
    assert state_of(erasure, "R-1") == "approved"
    shown = dora.fill_in(foreseen.address, typed="R-1")
    assert "3 recordings are destroyed" in shown.words


def test_a_certificate_is_given_out_by_the_browser_and_verifies(
    house: House, tmp_path: Path
) -> None:
    approved_erasure(house, 1, 2)
    dora = visit(house, "dora")
    foreseen = dora.fill_in("/requests/R-1/erase")
    done_page = dora.fill_in(foreseen.address, typed="R-1", certificate="yes")
    (link,) = (link for link in done_page.links if link.startswith("/certificate/"))
    saved = dora.open(link).answered
    assert saved.save_as == "C-1.zip"
    with zipfile.ZipFile(io.BytesIO(saved.body)) as opened:
        opened.extractall(tmp_path)
    checked = type_in(house, "nobody", "audit", "verify-release", str(tmp_path / "C-1"))
    assert "TRUST: first-use" in checked.out
    here = dora.fill_in("/check-package", files={"file": Upload("C-1.zip", saved.body)})
    assert "TRUST: first-use" in here.words
