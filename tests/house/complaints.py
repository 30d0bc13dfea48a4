"""Complaints about personal data in a practice: sam has opened a letter and enters it."""

from __future__ import annotations

from typing import Any

from callrec.catalogue.engine import reading
from callrec.complaints.complaint import (
    ComplaintStep,
    NewComplaint,
    add_to_complaint,
    receive_complaint,
)
from callrec.complaints.log import (
    COMPLAINTS,
    ComplaintBody,
    ComplaintVersion,
    OpenComplaint,
    read_complaint,
)
from callrec.crypto import primitives
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import ComplaintAct, Finding
from callrec.practice import today, writing
from callrec.record.versions import fresh_nonces
from house.practices import House
from house.requests import logged_in, signed_in

WRONG = "You told my employer that I had called the surgery"

COMPLAINANT, CONTACT = "Sian Roberts", "4 Mill Lane, Bangor"

DONE = "We asked the receptionist who took the call"

FOUND = "We should not have told the employer, and are sorry"


def a_complaint(house: House, login: str = "sam", **said: Any) -> str:
    """Its reference; received today, by somebody who is logged in, no more."""
    known = {
        "received_on": today(house.practice),
        "how": Channel.LETTER,
        "complainant": COMPLAINANT,
        "contact": CONTACT,
        "what": WRONG,
        **said,
    }
    return receive_complaint(
        house.practice, logged_in(house, login), NewComplaint(**known)
    ).reference


def _add(house: House, reference: str, act: ComplaintAct, login: str, **said: Any) -> None:
    known = {"act": act, "on": today(house.practice), "how": Channel.LETTER, **said}
    add_to_complaint(house.practice, signed_in(house, login), reference, ComplaintStep(**known))


def acknowledged(house: House, reference: str = "C-1", login: str = "sam", **said: Any) -> None:
    _add(house, reference, ComplaintAct.ACKNOWLEDGED, login, **said)


def progressed(house: House, reference: str = "C-1", login: str = "dora", **said: Any) -> None:
    _add(house, reference, ComplaintAct.PROGRESSED, login, **{"what": DONE, "how": None, **said})


def answered(house: House, reference: str = "C-1", login: str = "dora", **said: Any) -> None:
    known = {"what": FOUND, "finding": Finding.UPHELD, **said}
    _add(house, reference, ComplaintAct.ANSWERED, login, **known)


def opened(house: House, reference: str = "C-1", login: str = "dora") -> OpenComplaint:
    actor = signed_in(house, login)
    with reading(house.practice.engine) as connection:
        return read_complaint(house.practice, actor, connection, reference)


def own_version(
    house: House, login: str, act_: ComplaintAct, /, reference: str | None = "C-1", **said: Any
) -> str:
    """Its reference; by a program of their own, which checks nothing. None: a new complaint."""
    practice, actor = house.practice, signed_in(house, login)
    before = opened(house, reference) if reference else None
    with writing(practice, actor.signer) as act:
        if before is None:
            number = len(COMPLAINTS.every(act.connection)) + 1
            which = ComplaintVersion(practice.vault, primitives.random_id(), 1, actor.person.id)
        else:
            number, history = before.receipt.number, before.history
            which = history.version_id(practice.vault, history.version + 1)
        known = {"number": number, "on": today(practice), "how": Channel.LETTER, "what": DONE}
        COMPLAINTS.log_version(
            practice,
            act,
            actor,
            what=act_,
            body=ComplaintBody(**{**known, **fresh_nonces(), **said}),
            version_id=which,
            before=before.history.leaves if before else (),
        )
    return f"C-{number}"
