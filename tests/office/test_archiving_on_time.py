"""Calls are archived, and drives read back, as often as the practice says [policy 4(h)]."""

from __future__ import annotations

from datetime import date

import pytest

from callrec.archive.volumes import LossReport, report_lost
from callrec.errors import Misconfigured
from callrec.mail.outbox import list_messages
from callrec.office.inbox import read_inbox
from callrec.office.reminding import queue_reminders
from callrec.office.status import read_status
from house.commands import done
from house.drives import archive, drive, one_more_call, stand_alone, verify
from house.mailbox import use_mail
from house.practices import House
from house.requests import logged_in, pass_days
from mail.test_outbox import MAIL


def waits(house: House, login: str = "max") -> list[tuple[str, str, int]]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [(item.reference, str(item.waits_to), item.recordings) for item in items]


def warned(house: House, of: str) -> list[str]:
    return [each for each in read_status(house.open(), None).warnings if of in each]


def test_calls_are_archived_as_often_as_the_practice_says(stocked: House) -> None:
    stocked.decide(archive={"every": "2 weeks"})
    pass_days(stocked, 13)
    assert (waits(stocked), warned(stocked, "to be archived")) == ([], [])
    pass_days(stocked, 1)
    assert waits(stocked) == [("calls", "archive", 3)]
    (warning,) = warned(stocked, "to be archived")
    assert "since 8 December 2026" in warning


@pytest.fixture
def kept(stocked: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Three recordings, on drive-a since 24 November 2026."""
    stand_alone(monkeypatch)
    stocked.decide(archive={"every": "2 years"})
    archive(stocked, drive(stocked))
    stocked.open()
    return stocked


def test_a_drive_is_read_back_half_a_year_after_its_first_copy(kept: House) -> None:
    pass_days(kept, 180)  # 23 May 2027
    assert (waits(kept), warned(kept, "read back")) == ([], [])
    pass_days(kept, 1)
    assert waits(kept) == [("drives", "verify", 3)]
    assert waits(kept, "sam") == []
    assert warned(kept, "read back") == [
        '"drive-a" is to be read back since Mon 24 May 2027: callrec archive verify'
    ]
    assert "to verify  archiving" in done(kept, "max", "inbox")


def test_what_is_added_to_it_meanwhile_moves_nothing(kept: House) -> None:
    pass_days(kept, 170)
    one_more_call(kept)
    archive(kept, drive(kept))
    kept.open()
    pass_days(kept, 11)
    assert waits(kept) == [("drives", "verify", 4)]


def test_once_it_was_found_sound_the_time_begins_anew(kept: House) -> None:
    kept.decide(archive={"verify_every": "10 days"})
    pass_days(kept, 10)
    assert waits(kept) == [("drives", "verify", 3)]
    assert verify(kept, drive(kept)).faults == ()
    kept.open()
    assert waits(kept) == []
    pass_days(kept, 10)
    assert waits(kept) == [("drives", "verify", 3)]


def test_a_lost_drive_is_read_back_by_nobody(kept: House) -> None:
    report_lost(
        kept.practice, kept.actor("max"), LossReport(label="drive-a", noticed_at=kept.now())
    )
    kept.open()
    pass_days(kept, 400)
    assert warned(kept, "read back") == []
    assert ("drives", "verify", 3) not in waits(kept)


def test_who_archives_is_reminded_by_mail_once_a_day(stocked: House) -> None:
    use_mail(stocked, MAIL)
    pass_days(stocked, 7)
    before = len(list_messages(stocked.practice))
    assert queue_reminders(stocked.practice).queued == len({"dora", "max", "mia"})
    assert queue_reminders(stocked.practice).queued == 0
    said = list_messages(stocked.practice)[before:]
    line = "calls wait to be archived, due 1 December 2026"
    assert {each.message.line for each in said} == {line}
    assert sorted(each.login for each in said) == ["dora", "max", "mia"]


@pytest.mark.parametrize("every", ["7", "0 days", "often", "1 hour", "7 days "])
@pytest.mark.parametrize("key", ["every", "verify_every"])
def test_what_is_no_length_of_time_is_refused(house: House, key: str, every: str) -> None:
    with pytest.raises(Misconfigured, match="it is not a span of time") as refused:
        house.decide(archive={key: every})
    assert "2 weeks" in (refused.value.hint or "")


def test_drives_are_listed_with_the_day_by_which_they_are_read_back(kept: House) -> None:
    (volume,) = read_status(kept.practice, None).volumes
    assert volume.verify_on == date(2027, 5, 24)
