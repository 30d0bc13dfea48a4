"""The register of people whose identity was proved: each look at it says why."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from callrec.archive.attached import attached_volumes
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_confirmed, lines_of, password_of, why_of
from callrec.desk.listing import Column, Listing, by_reference, items, show_listing
from callrec.desk.rendering import go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.registers.verify import check_vault
from callrec.retention.people import erase_subject
from callrec.search.subjects import (
    ShownSubject,
    change_person,
    enter_person,
    look_up_subjects,
    show_subject,
)
from callrec.subjects.register import SubjectAnswers, list_subjects
from callrec.views.requests.choosing import requests_to_change
from callrec.views.subjects import (
    SUBJECT_QUESTIONS,
    notes_on_others,
    read_criteria,
    read_said,
    subject_facts,
    subject_json,
)
from callrec.views.typed import read_subject

_SEEN = "/subjects/{}/seen/{}"


_COLUMNS: Final = (
    by_reference("Person", "/subjects"),
    Column("state", "State", has_codes=True),
    Column("version", "Version", is_number=True),
    Column("added_on", "Added"),
    Column("added_by", "By"),
)


def show_list(seat: Seat, asked: Asked) -> Answered:
    """How many are on the register, and who entered each; nothing of the people themselves."""
    listing = Listing(
        caption="Everybody who was entered, newest first",
        columns=_COLUMNS,
        rows=list_subjects(seat.practice, seat.actor),
        document=items(subject_json),
        save_as="people-on-the-register",
        nothing="Nobody is on the register.",
        day="added_on",
    )
    title = "People whose identity was proved"
    return show_listing(seat, asked, listing, "subjects.html", title=title)


def _form(seat: Seat, asked: Asked, template: str, title: str, **values: Any) -> Answered:
    requests = requests_to_change(seat.practice, seat.actor)
    return page(seat, template, title=title, asked=asked, requests=requests, **values)


ask_whom: Final = partial(_form, template="subject_find.html", title="Look a person up")
"""The form by which somebody is looked up."""


def find(seat: Seat, asked: Asked) -> Answered:
    """Look them up."""
    given = (asked.first(name) or None for name in ("name", "born", "nhs_number", "number"))
    criteria = read_criteria(seat.practice, *given)
    found = look_up_subjects(seat.practice, seat.actor, criteria, **why_of(asked))
    return to(f"/subjects/found/{seat.keep(found)}")


def show_found(seat: Seat, _asked: Asked, key: str) -> Answered:
    """Who was found."""
    found = find_kept(seat, key, tuple)
    return page(seat, "subjects_found.html", title="People who were found", people=found)


def ask_new(seat: Seat, asked: Asked) -> Answered:
    """The form by which somebody is entered."""
    title = "Enter a person whose identity was proved"
    return _form(seat, asked, "subject_new.html", title, questions=SUBJECT_QUESTIONS)


def enter(seat: Seat, asked: Asked) -> Answered:
    """Enter them."""
    kept = enter_person(seat.practice, seat.actor, _said(asked), **why_of(asked))
    others = notes_on_others(kept.shared, kept.alike)
    then = f"callrec request create subject-access --subject {kept.reference}"
    line = f"{kept.reference} is on the register"
    return go_on(seat, "/subjects", line, *others, f"To ask for their calls: {then}")


def _said(asked: Asked) -> SubjectAnswers:
    return read_said(
        lines_of(asked, "name"),
        asked.first("born") or None,
        asked.first("nhs_number") or None,
        lines_of(asked, "number"),
        asked.first("proved") or None,
    )


def ask_why(seat: Seat, asked: Asked, subject: str) -> Answered:
    """Why somebody looks at a person: each look is on record with it."""
    return _form(seat, asked, "subject_why.html", f"Why do you look at {read_subject(subject)}?")


def look(seat: Seat, asked: Asked, subject: str) -> Answered:
    """Look at them."""
    reference = read_subject(subject)
    shown = show_subject(seat.practice, seat.actor, reference, **why_of(asked))
    return to(_SEEN.format(reference, seat.keep(shown)))


def show(seat: Seat, _asked: Asked, subject: str, key: str) -> Answered:
    """What is known of them, as it was then."""
    shown = find_kept(seat, key, ShownSubject)
    return page(
        seat,
        "subject.html",
        title=f"Person {read_subject(subject)}",
        shown=shown,
        facts=subject_facts(shown, seat.zone),
        others=[*notes_on_others(shown.shared, shown.alike)],
    )


def ask_change(seat: Seat, asked: Asked, subject: str) -> Answered:
    """The form by which what is known of them is changed."""
    reference = read_subject(subject)
    return _form(
        seat,
        asked,
        "subject_change.html",
        f"Change what is known of {reference}",
        questions=SUBJECT_QUESTIONS,
        reference=reference,
    )


def change(seat: Seat, asked: Asked, subject: str) -> Answered:
    """Change it; what was left empty stands."""
    reference = read_subject(subject)
    kept = change_person(seat.practice, seat.actor, reference, _said(asked), **why_of(asked))
    others = notes_on_others(kept.shared, kept.alike)
    return go_on(seat, "/subjects", f"{reference} is changed", *others)


def ask_erasure(seat: Seat, asked: Asked, subject: str) -> Answered:
    """Ask whether to erase them from the register."""
    reference = read_subject(subject)
    title = f"Erase {reference} from the register"
    return page(seat, "subject_erase.html", title=title, asked=asked, reference=reference)


def erase(seat: Seat, asked: Asked, subject: str) -> Answered:
    """Erase them."""
    reference = read_subject(subject)
    check_confirmed(asked)
    actor = seat.signer(password_of(asked))
    drives = [each.at for each in attached_volumes(seat.practice).values()]
    erased = erase_subject(seat.practice, actor, reference, volumes=drives, check=check_vault)
    owed = [
        f'owed: the copy of the catalogue on "{label}" still has the record: attach it, then'
        f" callrec request subject erase {reference}"
        for label in erased.owed
    ]
    undone = [f'drive "{label}" stays as it is: {why}' for label, why in erased.undone]
    return go_on(seat, "/subjects", f"{reference} is erased from the register", *owed, *undone)
