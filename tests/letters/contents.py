"""What letters are made from, for every purpose, kind and ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from callrec.letters.wording import Audience, LetterContent, Letterhead, ToldCall, audience_of
from callrec.policy.clock_events import Awaited
from callrec.policy.edits import SILENCING_GROUNDS
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.letter import LetterKind, letters_for
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

WORDS: Final = "Please tell us which telephone numbers you used to ring us in 2024."

_TO: Final = {
    Audience.PERSON: ("Siân O'Neill",),
    Audience.APPLICANT: ("Owen O'Neill",),
    Audience.BODY: ("Jo Penhale", "Inspector", "Avon and Somerset Police", "jo@police.example"),
    Audience.COLLEAGUE: ("Sam Turnbull",),
}

_SOUGHT: Final = ("a number that ends in 0123", "the name that you are known by")


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
        "due_on": date(2026, 12, 21) if terms.has_statutory_clock else None,
        "asked_on": date(2026, 11, 23),
        "words": WORDS if kind in (LetterKind.CLARIFY, LetterKind.EXTEND) else "",
        "given": CALLS if answers else (),
        "is_whole": answers and terms.is_owed_whole,
        "searched_on": date(2026, 11, 23) if answers and terms.is_owed_whole else None,
        "sought": _SOUGHT if answers and terms.is_owed_whole else (),
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
    return LetterContent(**{**told, **changes})


_TOLD_WHO_HAS_THEM: Final = (Purpose.SUBJECT_ACCESS, Purpose.RECTIFICATION)


def _refused_on(purpose: Purpose) -> Ground:
    return next(iter(GROUNDS_FOR[purpose]))


def every_letter() -> Iterator[tuple[str, LetterContent]]:
    """One of each purpose and kind, and for each ground on which something is withheld."""
    for purpose in Purpose:
        kinds = letters_for(purpose)
        for kind in kinds:
            if kind is not LetterKind.REFUSE:
                yield f"{purpose}-{kind}", content(purpose, kind)
        if not kinds:
            continue
        for ground in GROUNDS_FOR[purpose]:
            refused = content(purpose, LetterKind.REFUSE, refused_on=ground)
            yield f"{purpose}-refuse-{ground}", refused
        telling = next(each for each in _TELLING if each in kinds)
        for ground in GROUNDS_FOR[purpose]:
            if ground.is_disclosed and ground is not Ground.NOT_HELD:
                yield (
                    f"{purpose}-withheld-{ground}",
                    content(purpose, telling, withheld={ground: 2}),
                )
    yield from _special()


_TELLING: Final = (LetterKind.ANSWER, LetterKind.ERASED, LetterKind.RESTRICTED)


def _special() -> Iterator[tuple[str, LetterContent]]:
    access, kind = Purpose.SUBJECT_ACCESS, LetterKind.ANSWER
    for_another = {"to": ("The person who acts for Siân O'Neill",), "greeting": ""}
    hears = {"hear-or-copy": "hear"}
    yield "heard", content(access, kind, given=(), heard=CALLS[:1], further=hears)
    yield "to-hear", content(access, kind, given=(), granted=CALLS[:1], further=hears)
    yield "to-give", content(access, kind, given=(), granted=CALLS, recipients=())
    yield "for-another", content(access, kind, of_whom="Siân O'Neill", **for_another)
    yield "many-calls", content(access, kind, given=CALLS * 40)
    yield "not-all-decided", content(access, kind, undecided=1, elsewhere=2)
    yield "silenced", content(access, kind, is_clipped=True, cut=dict.fromkeys(_SILENCED, 1))
    proofs = (Awaited.IDENTITY, Awaited.AUTHORITY, Awaited.FEE)
    acknowledged = LetterKind.ACKNOWLEDGE
    yield "without-proof", content(access, acknowledged, missing=proofs, clock_waits=True)
    yield "not-asked-for-proof", content(access, acknowledged, missing=proofs[:1])
    order = {"legal-basis": "court-order", "reference": "CO/17/2026"}
    body = Purpose.OUTSIDE_BODY
    yield "court-order", content(body, acknowledged, further=order, due_on=date(2026, 12, 1))
    no_contact = Letterhead(
        practice="Hama Medical Centre", contact="", complain_to="", regulator=("ICO",)
    )
    yield "no-contact", content(access, acknowledged, head=no_contact)
    claimant = {"standing": "claimant"}
    yield "claimant", content(Purpose.DECEASED, acknowledged, further=claimant)


_SILENCED: Final = sorted(SILENCING_GROUNDS)
