"""What is lent serves every rule until its last day, and none after it [policy 4(a)]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import pytest

from callrec.errors import Refused
from callrec.policy import incident
from callrec.policy.authority import (
    check_decides_purpose,
    check_is_decider,
    check_may,
    check_may_approve,
    check_may_break_glass,
    check_may_countersign,
    check_may_decide,
    check_may_lift,
    check_may_request,
)
from callrec.policy.handling import (
    check_may_change,
    check_may_close,
    check_may_gather,
    check_may_record_event,
    is_shown_in_full,
    is_shown_recordings,
)
from callrec.policy.hearing import check_may_be_granted, check_may_listen, check_may_release
from callrec.policy.hold import (
    check_may_countersign_lifting,
    check_may_lift_hold,
    check_may_place_hold,
    check_may_read_hold,
)
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.reviews import (
    RegisterName,
    check_may_read_dossier,
    check_may_read_register,
    check_may_report,
    check_may_review_glass,
    check_may_review_search,
    may_review_glass,
    may_review_search,
)
from callrec.policy.rights.note import NoteFacts, check_may_erase_note, check_may_note
from callrec.policy.rights.subject import check_may_erase_subject, check_may_keep
from callrec.policy.role import Delegation, Person, Power, Role
from policy.builders import ANN, BEN, CAT, DAN, NOW, REASON, TODAY, a_grant, a_person, a_request

Rule = Callable[[Person, date], Any]

NOBODY: Final = Person(ANN, Role.AUDITOR, frozenset())  # holds no power of his own

CONTROLLER: Final = Person(ANN, Role.DATA_CONTROLLER, frozenset())

MANAGER: Final = Person(ANN, Role.MANAGER, frozenset())

OTHER: Final = a_person(Role.MANAGER, id=BEN)

COMPLAINT, ACCESS = a_request(), a_request(Purpose.SUBJECT_ACCESS)

CHECKED = a_request(Purpose.SUBJECT_ACCESS, third_parties_checked=True)

RESTRICTED = a_request(Purpose.RESTRICTION, state=RequestState.IN_EFFECT)

A_NOTE: Final = NoteFacts(heard=False, makes=False, decided_with=Power.DECIDE_GENERAL)

AN_INCIDENT: Final = incident.IncidentFacts(
    reference="I-3", state=incident.IncidentState.OPEN, reporter=BEN, told=CAT
)

RULES: Final[dict[str, tuple[Person, Power, Rule]]] = {
    "does something": (NOBODY, Power.INGEST, lambda p, on: check_may(p, Power.INGEST, on=on)),
    "asks": (
        NOBODY,
        Power.MAKE_REQUEST,
        lambda p, on: check_may_request(p, Purpose.COMPLAINT, on=on),
    ),
    "decides": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_decides_purpose(p, ACCESS, on=on),
    ),
    "denies": (NOBODY, Power.DECIDE_GENERAL, lambda p, on: check_may_decide(p, COMPLAINT, on=on)),
    "approves": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_approve(p, ACCESS, on=on),
    ),
    "countersigns": (
        NOBODY,
        Power.DECIDE_GENERAL,
        lambda p, on: check_may_countersign(p, ACCESS, decider=CAT, grantee=DAN, on=on),
    ),
    "breaks the glass": (
        CONTROLLER,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_break_glass(p, ACCESS, reason=REASON, on=on),
    ),
    "revokes, extends": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_is_decider(p, ACCESS, on=on),
    ),
    "changes": (NOBODY, Power.SEARCH, lambda p, on: check_may_change(p, ACCESS, on=on)),
    "closes": (NOBODY, Power.DECIDE_RESERVED, lambda p, on: check_may_close(p, ACCESS, on=on)),
    "lifts": (NOBODY, Power.DECIDE_RESERVED, lambda p, on: check_may_lift(p, RESTRICTED, on=on)),
    "closes what it lifts": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_close(p, RESTRICTED, on=on),
    ),
    "gathers": (NOBODY, Power.SEARCH, lambda p, on: check_may_gather(p, ACCESS, on=on)),
    "dates": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_record_event(p, ACCESS, on=on),
    ),
    "sees a search in full": (
        NOBODY,
        Power.DECIDE_GENERAL,
        lambda p, on: is_shown_in_full(p, COMPLAINT, on=on),
    ),
    "sees what its recordings are": (
        NOBODY,
        Power.SEARCH,
        lambda p, on: is_shown_recordings(p, Purpose.COMPLAINT, on=on),
    ),
    "is granted": (NOBODY, Power.HEAR, lambda p, on: check_may_be_granted(p, COMPLAINT, on=on)),
    "is granted about discipline": (
        MANAGER,
        Power.HEAR,
        lambda p, on: check_may_be_granted(p, a_request(Purpose.DISCIPLINARY), on=on),
    ),
    "hears": (
        NOBODY,
        Power.HEAR,
        lambda p, on: check_may_listen(p, COMPLAINT, a_grant(), on=on, now=NOW),
    ),
    "releases": (
        NOBODY,
        Power.HEAR,
        lambda p, on: check_may_release(p, CHECKED, a_grant(), on=on, now=NOW),
    ),
    "places a hold": (NOBODY, Power.SEARCH, lambda p, on: check_may_place_hold(p, on=on)),
    "reads a hold": (NOBODY, Power.SEARCH, lambda p, on: check_may_read_hold(p, on=on)),
    "lifts a hold": (NOBODY, Power.GOVERN, lambda p, on: check_may_lift_hold(p, on=on)),
    "countersigns the end of a hold": (
        NOBODY,
        Power.DECIDE_GENERAL,
        lambda p, on: check_may_countersign_lifting(p, lifter=BEN, on=on),
    ),
    "reads an incident": (
        NOBODY,
        Power.READ_AUDIT,
        lambda p, on: incident.check_may_read(p, AN_INCIDENT, on=on),
    ),
    "adds to an incident": (
        NOBODY,
        Power.GOVERN,
        lambda p, on: incident.check_may_update(p, AN_INCIDENT, assesses=True, on=on),
    ),
    "closes an incident": (
        NOBODY,
        Power.GOVERN,
        lambda p, on: incident.check_may_close(p, AN_INCIDENT, on=on),
    ),
    "reads a dossier": (
        NOBODY,
        Power.READ_AUDIT,
        lambda p, on: check_may_read_dossier(p, ACCESS, on=on),
    ),
    "keeps the register of people": (NOBODY, Power.SEARCH, lambda p, on: check_may_keep(p, on=on)),
    "erases somebody": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_erase_subject(p, on=on),
    ),
    "writes a note": (
        NOBODY,
        Power.DECIDE_GENERAL,
        lambda p, on: check_may_note(p, [A_NOTE], on=on),
    ),
    "erases a note": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_erase_note(p, on=on),
    ),
    "has a report made": (NOBODY, Power.READ_AUDIT, lambda p, on: check_may_report(p, on=on)),
    "reads a register": (
        NOBODY,
        Power.DECIDE_RESERVED,
        lambda p, on: check_may_read_register(p, RegisterName.OUTSIDE_BODY, on=on),
    ),
    "reviews a broken glass": (
        NOBODY,
        Power.READ_AUDIT,
        lambda p, on: check_may_review_glass(p, BEN, on=on),
    ),
    "has a broken glass to review": (
        NOBODY,
        Power.READ_AUDIT,
        lambda p, on: may_review_glass(p, BEN, on=on),
    ),
    "reviews the Data Controller's search": (
        NOBODY,
        Power.READ_AUDIT,
        lambda p, on: check_may_review_search(p, a_person(Role.DATA_CONTROLLER, id=BEN), on=on),
    ),
    "reviews a manager's search": (
        Person(ANN, Role.AUDITOR, frozenset({Power.READ_AUDIT})),
        Power.GOVERN,
        lambda p, on: may_review_search(p, OTHER, on=on),
    ),
}


def allows(rule: Rule, person: Person, on: date) -> bool:
    try:
        return rule(person, on) is not False
    except Refused:
        return False


@pytest.mark.parametrize(("person", "power", "rule"), RULES.values(), ids=RULES)
def test_a_lent_power_serves_until_its_last_day_and_not_after_it(
    person: Person, power: Power, rule: Rule
) -> None:
    lent = Person(person.id, person.role, person.powers, (Delegation(power, TODAY),))
    assert not allows(rule, person, TODAY)
    assert allows(rule, lent, TODAY)
    assert not allows(rule, lent, TODAY + timedelta(days=1))
