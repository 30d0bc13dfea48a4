"""A practice with something under every vault key, and what can still be done with it."""

from __future__ import annotations

from datetime import date

from callrec.catalogue.engine import reading
from callrec.login.people import list_people
from callrec.policy.days import DayRange
from callrec.policy.search import Criteria
from callrec.registers.audit import LogFilter, list_audit
from callrec.requests.open import read_request
from callrec.retention.holds import show_hold
from callrec.search.search import search_recordings
from callrec.search.show import show_recording
from house import complaints
from house.holds import by_hand
from house.incidents import an_incident, opened
from house.practices import House
from house.requests import REASON, a_request, rows
from house.spool import originals_of
from house.subjects import a_note, a_person, opened_person

DAY = DayRange(date(2024, 7, 4), date(2024, 7, 4))


def busy(granted: House) -> House:
    """What `granted` has, with an incident, a complaint, a hold, a person, another request."""
    an_incident(granted)
    complaints.a_complaint(granted)
    by_hand(granted, 3)
    a_person(granted)
    a_note(granted)
    a_request(granted, "mia")
    return granted


def versions(house: House) -> dict[str, set[int]]:
    """Under which versions of the vault keys there is anything, by what names them."""
    columns = {
        "batch, recordings": "SELECT recordings_version FROM batch",
        "batch, catalogue": "SELECT catalogue_version FROM batch",
        "person": "SELECT name_version FROM person",
        "request": "SELECT key_version FROM request_key WHERE holder = 'catalogue'",
        "incident": "SELECT key_version FROM incident_key WHERE holder IN ('catalogue', 'audit')",
        "complaint": "SELECT key_version FROM complaint_key WHERE holder IN ('catalogue', 'audit')",
        "subject": "SELECT key_version FROM subject_key",
        "note": "SELECT key_version FROM note_key",
        "hold": "SELECT key_version FROM hold",
        "detail": "SELECT key_version FROM detail",
    }
    return {name: {row[0] for row in rows(house, query)} for name, query in columns.items()}


def all_opens(house: House) -> None:
    """Everything that is sealed to a vault key opens, and is what it was."""
    house.open()
    dora = house.actor("dora")
    assert len(originals_of(house)) == 3
    assert "Max Harding" in {each.full_name for each in list_people(house.practice, dora)}
    with reading(house.practice.engine) as connection:
        for reference in ("R-1", "R-2"):
            assert read_request(house.practice, dora, connection, reference).recordings
    assert opened(house, "I-1").body.what
    assert complaints.opened(house, "C-1").receipt.what
    assert opened_person(house).record.names
    assert show_recording(house.practice, house.session("dora"), 1).notes
    assert show_hold(house.practice, dora, 1).reason
    list_audit(house.practice, dora, LogFilter(), limit=500)  # which opens the details of each
    assert found(house) == [1, 2, 3]


def found(house: House, login: str = "dora") -> list[int]:
    """The recordings that a search by extension and day finds."""
    got = search_recordings(
        house.practice,
        house.session(login),
        criteria=[Criteria(extension="201", days=DAY)],
        reason=REASON,
        request=None,
        limit=None,
    )
    return sorted(call.id for call in got.items)
