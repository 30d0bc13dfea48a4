"""What letters are made from, for every purpose, kind and ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from callrec.letters.wording import (
    AboutRecordings,
    Audience,
    LetterContent,
    Letterhead,
    ToldCall,
    audience_of,
)
from callrec.policy.clock_events import Awaited
from callrec.policy.edits import SILENCING_GROUNDS
from callrec.policy.further import CLAIMANT, NO_AUTHORITY
from callrec.policy.notice import storage_in_words
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground, OnlyIf
from callrec.policy.rights.lawful_basis import reasons_in_words
from callrec.policy.rights.letter import LetterKind, letters_for
from callrec.release.packing import sought_in_words
from house.requests import FURTHER

HEAD: Final = Letterhead(
    practice="Hama Medical Centre",
    contact="telephone 01632 960000",
    complain_to="Ann Hall, 01632 960001",
    regulator=(
        "Information Commissioner's Office",
        "Wycliffe House, Water Lane, Wilmslow, Cheshire SK9 5AF",
        "telephone 0303 123 1113, ico.org.uk",
    ),
)

CALLS: Final = (
    ToldCall(datetime(2024, 7, 4, 14, 5, tzinfo=UTC), "3 years", date(2027, 7, 4)),
    ToldCall(datetime(2025, 1, 9, 8, 30, tzinfo=UTC), "6 years", date(2031, 1, 9)),
    ToldCall(datetime(2025, 2, 1, 9, 0, tzinfo=UTC)),
)

WORDS: Final = {
    LetterKind.CLARIFY: "Please tell us which telephone numbers you used to ring us in 2024.",
    LetterKind.EXTEND: "You had many calls with us, and we have to listen to each of them.",
    LetterKind.LIFT: "You told us that the note beside the recordings is right as it is now.",
}

ABOUT: Final = AboutRecordings(
    reasons_in_words({}),
    storage_in_words(""),
    "We do not send recordings to other countries.",
)
"""Of the answer to somebody who hears their calls, and takes no package home."""

_TO: Final = {
    Audience.PERSON: ("Siân O'Neill",),
    Audience.APPLICANT: ("Owen O'Neill",),
    Audience.BODY: ("Jo Penhale", "Inspector", "Avon and Somerset Police", "jo@police.example"),
    Audience.COLLEAGUE: ("Sam Turnbull",),
}

_FOR_ANOTHER: Final[Mapping[str, Any]] = {
    "to": ("The person who acts for Siân O'Neill",),
    "greeting": "",
    "of_whom": "Siân O'Neill",
}

_A_REGULATOR: Final[Mapping[str, Any]] = {
    "to": ("Care Quality Commission",),
    "greeting": "",
    "target_on": None,
}

_DUE: Final = {
    LetterKind.EXTEND: date(2027, 2, 22),
    LetterKind.ACKNOWLEDGE: date(2026, 12, 21),
}
"""One month, or three, after its receipt, and on a working day."""

_DUE_AFTER_DEATH: Final = date(2026, 12, 29)
"""The fortieth day, its receipt the first."""


def content(purpose: Purpose, kind: LetterKind, **changes: Any) -> LetterContent:
    """One letter, with all that such a letter can tell."""
    audience, terms = audience_of(purpose), TERMS[purpose]
    is_access = purpose is Purpose.SUBJECT_ACCESS
    answers = kind is LetterKind.ANSWER and not terms.takes_effect
    told: dict[str, Any] = {
        "kind": kind,
        "purpose": purpose,
        "reference": "R-17",
        "head": HEAD,
        "on": date(2026, 11, 24),
        "received_on": date(2026, 11, 20),
        "to": _TO[audience],
        "greeting": _TO[audience][0],
        "further": {str(name): FURTHER[name] for name in terms.further if name in FURTHER},
        "target_on": date(2026, 11, 27) if audience is Audience.BODY else None,
        "due_on": _due_on(purpose, kind) if terms.has_statutory_clock else None,
        "asked_on": date(2026, 11, 23),
        "words": WORDS.get(kind, ""),
        "given": CALLS if answers else (),
        "is_whole": answers and terms.is_owed_whole,
        "searched_on": date(2026, 11, 23) if answers and terms.is_owed_whole else None,
        "sought": _sought(purpose) if answers and terms.is_owed_whole else (),
        "recipients": ("the Care Quality Commission, on 3 March 2025",)
        if kind in (LetterKind.ERASED, LetterKind.RESTRICTED)
        or (kind is LetterKind.ANSWER and purpose in _TOLD_WHO_HAS_THEM)
        else (),
        "staff_heard": answers and is_access,
        "noted": 2,
        "since": date(2026, 11, 23),
        "erased": CALLS,
        "certificate": "C-3",
        "erased_on": date(2026, 11, 23),
        "refused_on": _refused_on(purpose) if kind is LetterKind.REFUSE else None,
    }
    if purpose is Purpose.REGULATORY:
        told |= _A_REGULATOR
    return LetterContent(**{**told, **changes})


def _due_on(purpose: Purpose, kind: LetterKind) -> date:
    is_deceased = purpose is Purpose.DECEASED
    return _DUE_AFTER_DEATH if is_deceased else _DUE.get(kind, _DUE[LetterKind.ACKNOWLEDGE])


def _sought(purpose: Purpose, **authority: str) -> tuple[str, ...]:
    """As a request tells what was looked for."""
    whose = "applicant" if purpose is Purpose.DECEASED else "authority"
    particulars = Particulars(
        reason="They asked for it in a letter",
        days=UNKNOWN,
        times=UNKNOWN,
        extensions=UNKNOWN,
        numbers=("+441632960123",),
        parties=UNKNOWN,
        about="",
        further={whose: NO_AUTHORITY, **authority},
        names=("Siân O'Neill",),
    )
    return tuple(sought_in_words(particulars))


_TOLD_WHO_HAS_THEM: Final = (Purpose.SUBJECT_ACCESS, Purpose.RECTIFICATION)


def _refused_on(purpose: Purpose) -> Ground:
    return next(iter(grounds_of(purpose)))


def grounds_of(purpose: Purpose) -> tuple[Ground, ...]:
    """Those on which somebody may be refused: what a law gives a right to, on one of a law's."""
    is_right = TERMS[purpose].has_statutory_clock
    return tuple(g for g in GROUNDS_FOR[purpose] if not (is_right and g is Ground.NOT_APPROVED))


def _on(purpose: Purpose, ground: Ground) -> Mapping[str, Any]:
    """Who asks, where a ground holds against some people alone."""
    match GROUNDS_FOR[purpose][ground].only_if:
        case OnlyIf.ANOTHER_ASKS:
            return _FOR_ANOTHER
        case OnlyIf.CLAIMANT:
            return {"further": {"standing": CLAIMANT}}
        case _:
            return {}


def every_letter() -> Iterator[tuple[str, LetterContent]]:
    """One of each purpose and kind, and for each ground on which something is withheld."""
    for purpose in Purpose:
        kinds = letters_for(purpose)
        for kind in kinds:
            if kind is not LetterKind.REFUSE:
                yield f"{purpose}-{kind}", content(purpose, kind)
        if not kinds:
            continue
        for ground in grounds_of(purpose):
            on = _on(purpose, ground)
            refused = content(purpose, LetterKind.REFUSE, refused_on=ground, **on)
            yield f"{purpose}-refuse-{ground}", refused
        telling = next(each for each in _TELLING if each in kinds)
        for ground in grounds_of(purpose):
            if ground.is_disclosed and ground is not Ground.NOT_HELD:
                yield (
                    f"{purpose}-withheld-{ground}",
                    content(purpose, telling, withheld={ground: 2}, **_on(purpose, ground)),
                )
    yield from _special()


_TELLING: Final = (LetterKind.ANSWER, LetterKind.ERASED, LetterKind.RESTRICTED)


def _special() -> Iterator[tuple[str, LetterContent]]:
    access, kind = Purpose.SUBJECT_ACCESS, LetterKind.ANSWER
    hears: dict[str, Any] = {"further": {"hear-or-copy": "hear"}, "given": (), "about": ABOUT}
    yield "heard", content(access, kind, heard=CALLS[:1], **hears)
    yield "to-hear", content(access, kind, granted=CALLS[:1], **hears)
    yield "to-give", content(access, kind, given=(), granted=CALLS, recipients=())
    theirs = {"sought": _sought(access, authority="her mother's"), **_FOR_ANOTHER}
    yield "for-another", content(access, kind, **theirs)
    yield "many-calls", content(access, kind, given=CALLS * 40)
    yield "not-all-decided", content(access, kind, undecided=1, elsewhere=2)
    kept: dict[str, Any] = {"beyond_reach": "until 28 December 2026"}
    yield "erased-in-backups", content(Purpose.ERASURE, LetterKind.ERASED, **kept)
    kept["on_lost_drives"] = True
    yield "erased-but-astray", content(Purpose.ERASURE, LetterKind.ERASED, **kept)
    yield "silenced", content(access, kind, is_clipped=True, cut=dict.fromkeys(_SILENCED, 1))
    proofs = (Awaited.IDENTITY, Awaited.AUTHORITY, Awaited.FEE)
    acknowledged = LetterKind.ACKNOWLEDGE
    waits: dict[str, Any] = {"missing": proofs, "clock_waits": True, **_FOR_ANOTHER}
    yield "without-proof", content(access, acknowledged, **waits)
    dead = Purpose.DECEASED
    yield "without-probate", content(dead, acknowledged, missing=proofs[:2])
    left_out = {Ground.THIRD_PARTY: 2, Ground.PRIVILEGE: 1}
    refused: dict[str, Any] = {"refused_on": Ground.THIRD_PARTY, "withheld": left_out}
    yield "refused-on-two-grounds", content(access, LetterKind.REFUSE, **refused)
    yield "not-asked-for-proof", content(access, acknowledged, missing=proofs[:1])
    order = {"legal-basis": "court-order", "reference": "CO/17/2026"}
    body = Purpose.OUTSIDE_BODY
    yield "court-order", content(body, acknowledged, further=order, due_on=date(2026, 12, 1))
    no_contact = Letterhead(
        practice="Hama Medical Centre", contact="", complain_to="", regulator=("ICO",)
    )
    yield "no-contact", content(access, acknowledged, head=no_contact)
    yield "claimant", content(dead, acknowledged, **_on(dead, Ground.NOT_RELEVANT))


_SILENCED: Final = sorted(SILENCING_GROUNDS)
