"""No number, surname, reason or file name of a call is in any byte that callrec leaves on a disk.

The raw bytes are searched after a day's work by real commands (office.py): the vault's folder, the
archive volume, the operator's state folder, and the names in the released package.
"""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest

from attacks.office import CALLS, NUMBERS, REASONS, work_a_day
from callrec.mail.sending import send_waiting
from house.mailbox import mail_server, use_mail
from house.practices import PEOPLE, House
from house.raw_bytes import forms, spellings, where_found

BEFORE_A_NUMBER = ("0", "44", "+44", "0044")

SURNAMES = (
    "Featherstonehaugh",
    "O'Shaughnessy",
    "O\N{RIGHT SINGLE QUOTATION MARK}Shaughnessy",
    "Shaughnessy",
    "D'Arcy-Brontë",
    "D'Arcy",
    "Brontë",
    "Quackenbush",
    *(full_name.split()[-1] for full_name, _ in PEOPLE.values()),
)

TELLING = ("tonsillectomy", "Mitel-in-the-cupboard", "Telephoned", "voicemail", "Rückruf")

SHORTEST = 6
"""Letters: shorter words may turn up in random bytes by chance."""


def _spelt(number: str) -> set[str]:
    """A number as it may be written: whole in several ways, and its last seven digits."""
    grouped = (f"0{number[:4]} {number[4:]}", f"0{number[:4]} {number[4:7]} {number[7:]}")
    return {*(before + number for before in BEFORE_A_NUMBER), *grouped, number, number[-7:]}


def _personal() -> set[str]:
    words = {word.strip(",") for reason in REASONS for word in reason.split()}
    numbers = {spelling for number in NUMBERS for spelling in _spelt(number)}
    files = {*CALLS, *(Path(name).stem for name in CALLS)}
    every = {*numbers, *words, *SURNAMES, *TELLING, *files}
    return {word for word in every if len(word) >= SHORTEST} - {"transcript", "Transcript"}


PERSONAL = _personal()


def test_the_vault_tells_nothing(worked: House) -> None:
    assert where_found(PERSONAL, worked.folder / "vault") == []


def test_a_volume_tells_nothing(worked: House) -> None:
    assert where_found(PERSONAL, worked.folder / "drive-a") == []


def test_what_an_operator_keeps_outside_the_vault_tells_nothing(worked: House) -> None:
    assert (worked.folder / "state").is_dir()
    assert where_found(PERSONAL, worked.folder / "state") == []


def test_the_listing_of_a_package_tells_nothing(worked: House, tmp_path: Path) -> None:
    (package,) = (worked.folder / "outbox").iterdir()
    with zipfile.ZipFile(package) as opened:
        names = [package.name, *opened.namelist()]
        comments = [opened.comment, *(each.comment + each.extra for each in opened.infolist())]
    listing = tmp_path / "listing"
    listing.mkdir()
    (listing / "names").write_bytes("\n".join(names).encode() + b"".join(comments))
    assert where_found(PERSONAL, listing) == []


def test_no_message_that_is_sent_tells_anything(house: House, tmp_path: Path) -> None:
    """Of that day, with everybody's address in the configuration."""
    people = "\n".join(f'{login} = "{login}@practice.test"' for login in PEOPLE)
    with (house.folder / "config" / "callrec" / "config.toml").open("a") as configuration:
        configuration.write(
            '[mail]\nhost = "mail.practice.test"\nsender = "callrec@practice.test"\n'
            f"[mail.people]\n{people}\n"
        )
    work_a_day(house)
    with mail_server() as server:
        use_mail(house, server.mail(people={login: f"{login}@practice.test" for login in PEOPLE}))
        sent = send_waiting(house.practice, "")
        letters = [server.event()["text"] for _ in range(sent.taken)]
    (tmp_path / "mailbox").mkdir()
    (tmp_path / "mailbox" / "all").write_text("\n".join(letters), encoding="utf-8")
    assert where_found(PERSONAL, tmp_path / "mailbox") == []
    about = {word for letter in letters for word in letter.split() if word[:2] == "R-"}
    assert {"R-1", "R-2", "R-3", "R-4"} <= about


def test_there_was_something_to_find(worked: House) -> None:
    """The same search, where it is all written: the spool that the calls came from."""
    found = {word for _, word, _ in where_found(PERSONAL, worked.folder / "spool")}
    assert found >= {"Featherstonehaugh", "Shaughnessy", "D'Arcy-Brontë", "Mitel-in-the-cupboard"}
    assert found >= {"7700900461", "1632960183", "0900461", *CALLS}


@pytest.mark.parametrize("word", ["Brontë", "7700900461", "receptionist"])
def test_a_canary_is_found_in_every_form(word: str, tmp_path: Path) -> None:
    missed = []
    for spelt in spellings(word):
        for form, needle in forms(spelt).items():
            (tmp_path / "vault").mkdir(exist_ok=True)
            (tmp_path / "vault" / "catalogue").write_bytes(b"\x00\x01" + needle + b"\xff")
            if ("vault/catalogue", word, form) not in where_found([word], tmp_path / "vault"):
                missed.append(form)
    assert missed == []


def test_a_canary_in_a_row_of_the_catalogue_is_found(worked: House) -> None:
    catalogue = sqlite3.connect(worked.folder / "vault" / "catalogue.sqlite")
    with catalogue:
        catalogue.execute("UPDATE recording SET format = 'Shaughnessy' WHERE id = 3")
    catalogue.close()
    found = where_found(PERSONAL, worked.folder / "vault")
    assert found == [("vault/catalogue.sqlite", "Shaughnessy", "utf-8")]


def test_a_canary_in_a_file_name_is_found(worked: House) -> None:
    (worked.folder / "vault" / "incoming" / "07700900461.part").touch()
    words = {word for _, word, _ in where_found(PERSONAL, worked.folder / "vault")}
    assert words == {"07700900461", "7700900461", "0900461"}
