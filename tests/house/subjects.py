"""People on a practice's register: max has seen their papers and enters them.

Their NHS numbers are of the range 999, which is never given to anybody.
"""

from __future__ import annotations

from typing import Any

from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.notes.note import write_note
from callrec.policy.rights.subject import SubjectAct
from callrec.practice import writing
from callrec.record.versions import fresh_nonces
from callrec.subjects.log import (
    SUBJECTS,
    OpenSubject,
    SubjectBody,
    SubjectVersion,
    read_subject,
)
from callrec.subjects.register import SubjectAnswers, add_subject
from house.practices import House
from house.requests import logged_in, signed_in

NAME, BORN, NHS_NUMBER, NUMBER = "Siân Roberts", "14/3/1961", "999 000 0018", "07700 900123"

PROOF = "Driving licence and address, seen at the desk"

HOW = "She gives her name and the first line of her address"

WHY = "She asks at the desk for all her calls"


def nhs_number(nine: int) -> str:
    """Nine digits with their check digit, if there is one, by the steps of the Data Dictionary."""
    digits = f"{nine:09d}"
    left = 11 - sum(int(each) * (10 - place) for place, each in enumerate(digits)) % 11
    assert left != 10, "there is no such number"
    return digits + str(left % 11)


def a_person(house: House, login: str = "max", **said: Any) -> str:
    """The reference."""
    known = {
        "names": (NAME,),
        "born": BORN,
        "nhs_number": NHS_NUMBER,
        "numbers": (NUMBER,),
        "proof": PROOF,
        **said,
    }
    return add_subject(house.practice, logged_in(house, login), SubjectAnswers(**known)).reference


def a_note(house: House, recording: int = 1, login: str = "max", **said: str) -> str:
    """That S-1 is heard in a recording, by somebody who may decide a request for it."""
    known = {"text": HOW, "person": "S-1", **said}
    return write_note(house.practice, signed_in(house, login), recording, **known).reference


def opened_person(house: House, reference: str = "S-1", login: str = "max") -> OpenSubject:
    with reading(house.practice.engine) as connection:
        return read_subject(house.practice, logged_in(house, login), connection, reference)


def own_version(
    house: House, login: str, act_: SubjectAct, reference: str | None, **said: Any
) -> str:
    """Its reference; by a program of their own, which checks nothing. None: a new person."""
    practice, actor = house.practice, signed_in(house, login)
    before = opened_person(house, reference) if reference else None
    with writing(practice, actor.signer) as act:
        number = before.number if before else len(SUBJECTS.every(act.connection)) + 1
        which = (
            before.history.version_id(practice.vault, before.history.version + 1)
            if before
            else SubjectVersion(practice.vault, primitives.random_id(), 1)
        )
        record = opened_person(house).record if before is None else before.record
        known = {name: getattr(record, name) for name in record.__slots__}
        SUBJECTS.log_version(
            practice,
            act,
            actor,
            what=act_,
            body=SubjectBody(**{"number": number, **known, **fresh_nonces(), **said}),
            version_id=which,
            before=before.history.leaves if before else (),
        )
    return f"S-{number}"
