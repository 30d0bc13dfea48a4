"""Whatever number somebody writes into a row, the next is the one that follows in the log."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callrec.errors import Tampered
from callrec.mail.outbox import list_messages
from callrec.office.reminding import queue_reminders
from callrec.registers.verify import Verdict
from callrec.retention.certificate import certify_destruction
from house.commands import type_in
from house.complaints import a_complaint
from house.erasures import approved_erasure, erase
from house.holds import by_hand, verified
from house.incidents import WHAT, an_incident
from house.mailbox import use_mail
from house.practices import House
from house.requests import a_request, by_sql, pass_days, rows
from house.stages import CALLERS, copied
from mail.test_outbox import MAIL

MADE: dict[str, Callable[[House, int], str]] = {
    "request": lambda house, _: a_request(house),
    "incident": lambda house, _: an_incident(house),
    "complaint": lambda house, _: a_complaint(house),
    "hold": lambda house, which: f"H-{by_hand(house, which)}",
}
"""By its table, what has a number: made of the recording, if it is of one."""

house = copied(CALLERS)


def written(house: House, table: str, number: int, was: int = 1) -> None:
    by_sql(house, f"UPDATE {table} SET number = :to WHERE number = :was", to=number, was=was)
    house.open()


@pytest.mark.parametrize("table", MADE)
@pytest.mark.parametrize("number", [-1, 0, 3, 999_999_999])
def test_what_is_written_into_a_row_is_found_and_spoils_no_number(
    house: House, table: str, number: int
) -> None:
    make = MADE[table]
    first = make(house, 1)
    written(house, table, number)
    assert verified(house).verdict is Verdict.TAMPERED
    assert make(house, 2) == first.replace("1", "2")


@pytest.mark.parametrize("table", MADE)
def test_a_row_that_was_given_the_next_number_gets_its_own_again(house: House, table: str) -> None:
    make = MADE[table]
    first = make(house, 1)
    written(house, table, 2)
    assert verified(house).verdict is Verdict.TAMPERED
    assert make(house, 2) == first.replace("1", "2")
    assert verified(house).verdict is Verdict.INTACT


def test_rows_that_were_moved_on_by_one_get_their_own_again(house: House) -> None:
    for _ in range(3):
        a_request(house)
    for was in (3, 2, 1):
        written(house, "request", was + 1, was)
    assert a_request(house) == "R-4"
    found = rows(house, "SELECT number FROM request ORDER BY created_at, rowid")
    assert [row.number for row in found] == [1, 2, 3, 4]
    assert verified(house).verdict is Verdict.INTACT


def test_a_row_of_which_the_log_does_not_tell_is_given_no_number(house: House) -> None:
    a_request(house)
    columns = "version, requester, purpose, created_at, state"
    by_sql(
        house,
        f"INSERT INTO request (id, number, {columns})"
        f" SELECT '{'e' * 32}', 2, {columns} FROM request",
    )
    house.open()
    with pytest.raises(Tampered, match="a request of which the log does not tell"):
        a_request(house)


@pytest.mark.parametrize("number", [0, 999_999_999])
def test_a_number_that_was_written_keeps_nobody_from_being_asked_or_told(
    house: House, number: int
) -> None:
    an_incident(house)
    a_request(house)
    written(house, "incident", number)
    written(house, "request", number)
    for words in (
        ("incident", "report", "--noticed", "now", "--what", WHAT, "--tell", "mia"),
        ("request", "show", a_request(house)),
    ):
        assert type_in(house, "sam", *words).status == 0, words
    inbox = type_in(house, "sam", "inbox")  # which follows no row that was changed
    assert (inbox.status, "row " in inbox.err) == (Tampered.exit_status, True)
    use_mail(house, MAIL)
    told = {an_incident(house), a_request(house)}
    pass_days(house, 13)
    before = len(list_messages(house.practice))
    queued, _ = queue_reminders(house.practice)
    found = list_messages(house.practice)[before:]
    assert queued == len(found)
    assert {each.message.about for each in found} >= told


def test_nothing_is_erased_while_the_number_of_a_certificate_is_another(house: House) -> None:
    erase(house, approved_erasure(house, 1))
    reference = approved_erasure(house, 2)
    written(house, "certificate", 2)
    with pytest.raises(Tampered, match='of the table "certificate" is not as'):
        erase(house, reference)
    written(house, "certificate", 1, 2)
    assert erase(house, reference).certificate == "C-2"


def test_a_certificate_names_no_other_request_than_the_log(house: House) -> None:
    erase(house, approved_erasure(house, 1))
    second = a_request(house, recordings=(3,))
    written(house, "request", 3)
    written(house, "request", 1, 2)
    written(house, "request", 2, 3)
    with pytest.raises(Tampered, match="the number of request R-2"):
        certify_destruction(house.practice, second, released_to=())
