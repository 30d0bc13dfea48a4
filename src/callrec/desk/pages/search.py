"""Search for calls, for a reason or under a request; one recording, and the notes on it."""

from __future__ import annotations

from functools import partial
from typing import Final

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import (
    lines_of,
    no_page,
    number_in,
    password_of,
    read_if_given,
    text_of,
    why_of,
)
from callrec.desk.rendering import go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.notes.note import write_note
from callrec.policy.search import Direction, check_search_reason
from callrec.search.search import SearchResult, search_recordings
from callrec.search.show import show_recording
from callrec.views.calls import (
    CALL_HEADERS,
    NONE_FOUND,
    call_in_a_line,
    call_rows,
    calls_at,
    one_call,
    read_criteria,
    read_when,
    recording_facts,
    result_lines,
)
from callrec.views.requests.choosing import requests_to_change
from callrec.views.typed import read_call, read_note, read_recording, read_subject, read_word

A_PAGE: Final = 25
"""Calls on one page of what was found."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What a search found, and the request that it was for. Its repr shows nothing."""

    result: SearchResult
    request: str | None


def ask_search(seat: Seat, asked: Asked) -> Answered:
    """The form: why, then what is looked for."""
    return page(
        seat,
        "search.html",
        title="Search for calls",
        asked=asked,
        requests=requests_to_change(seat.practice, seat.actor),
        directions=[(each, str(each)) for each in Direction],
    )


def search(seat: Seat, asked: Asked) -> Answered:
    """Search, on record; what is found has a page of its own."""
    typed = (asked.first(name) or None for name in ("date", "from", "to", "time"))
    when = read_when(seat.practice, *typed)
    direction = read_if_given(asked, "direction", partial(read_word, Direction, "direction"))
    criteria = read_criteria(
        seat.practice,
        when,
        lines_of(asked, "number"),
        lines_of(asked, "extension"),
        lines_of(asked, "party"),
        directions=[direction] if direction else None,
    )
    why = why_of(asked)
    found = search_recordings(seat.practice, seat.actor, criteria=criteria, limit=None, **why)
    return to(f"/search/{seat.keep(Found(found, why['request']))}")


def show_found(seat: Seat, _asked: Asked, key: str, number: str = "1") -> Answered:
    """What was found, so many to a page: the record says of all of them that they were shown."""
    found = find_kept(seat, key, Found)
    calls, last = found.result.items, max(1, -(-len(found.result.items) // A_PAGE))
    which = number_in(number)
    if not 1 <= which <= last:
        raise no_page()
    shown = calls[(which - 1) * A_PAGE : which * A_PAGE]
    return page(
        seat,
        "search_found.html",
        title="Calls that were found",
        headers=CALL_HEADERS,
        rows=[(call.id, row) for call, row in zip(shown, call_rows(shown, seat.zone), strict=True)],
        nothing=NONE_FOUND,
        lines=tuple(result_lines(found.result)),
        request=found.request,
        key=key,
        number=which,
        last=last,
    )


def find_one(seat: Seat, asked: Asked) -> Answered:
    """Find it; to look for a call by its time is a search, which needs a reason."""
    named = read_call(text_of(asked, "recording"))
    if named.number is not None:
        return to(f"/recordings/{named.number}")
    reason = check_search_reason(asked.first("reason"))
    found = calls_at(seat.practice, seat.actor, named, reason=reason, request=None)
    if len(found) > 1:
        return to(f"/recordings/found/{seat.keep(tuple(found))}")
    return to(f"/recordings/{one_call(named, found)}")


def show_several(seat: Seat, _asked: Asked, key: str) -> Answered:
    """The calls that began in that minute."""
    calls = [(each.id, call_in_a_line(each, seat.zone)) for each in find_kept(seat, key, tuple)]
    return page(seat, "recordings_found.html", title="Which of these calls?", calls=calls)


def show(seat: Seat, _asked: Asked, recording: str) -> Answered:
    """What is known about one recording, once all of it is checked."""
    number = read_recording(recording)
    shown = show_recording(seat.practice, seat.actor, number)
    return page(
        seat,
        "recording.html",
        title=f"Recording {number}",
        number=number,
        facts=recording_facts(shown, seat.zone),
    )


def note(seat: Seat, asked: Asked, recording: str) -> Answered:
    """Write it; or write one of theirs anew."""
    return _write(seat, asked, recording, text=asked.first("text"))


def identify(seat: Seat, asked: Asked, recording: str) -> Answered:
    """Say that a person on the register is heard in it."""
    person = read_subject(text_of(asked, "subject"))
    return _write(seat, asked, recording, text=asked.first("how"), person=person)


def _form(seat: Seat, asked: Asked, recording: str, title: str, *, identifies: bool) -> Answered:
    number = read_recording(recording)
    return page(
        seat,
        "recording_note.html",
        title=title.format(number),
        asked=asked,
        number=number,
        identifies=identifies,
    )


ask_note: Final = partial(_form, title="Write a note on recording {}", identifies=False)
"""The form of a note."""

ask_who: Final = partial(_form, title="Who is heard in recording {}?", identifies=True)
"""The form by which it is said who is heard."""


def _write(seat: Seat, asked: Asked, recording: str, *, text: str, person: str = "") -> Answered:
    number, anew = read_recording(recording), read_if_given(asked, "note", read_note)
    actor = seat.signer(password_of(asked))
    written = write_note(seat.practice, actor, number, text=text, person=person, note=anew)
    return go_on(seat, "/recordings", f"{written.reference} is written on recording {number}")
