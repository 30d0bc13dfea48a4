"""What people try who may not: who acts, who lends, who reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from callrec.policy.authority import (
    check_in_force,
    check_may,
    check_may_be_opened_by_two,
    check_may_resume,
    check_may_vouch,
    check_opened_by_two,
    check_second,
    lend,
    take_back,
)
from callrec.policy.reviews import (
    RegisterName,
    ReviewVerdict,
    check_glass_verdict,
    check_may_read_dossier,
    check_may_read_register,
    check_may_report,
    check_may_review_glass,
    check_may_review_search,
    check_verdict,
    check_was_shown,
)
from callrec.policy.role import Power, Role, Standing, powers_restricted_to
from policy.builders import ANN, BEN, CAT, TODAY, a_person, a_request

A_DAY = timedelta(days=1)

DC, PARTNER, MANAGER, STAFF = Role.DATA_CONTROLLER, Role.PARTNER, Role.MANAGER, Role.STAFF

LENT_TILL_YESTERDAY = a_person(MANAGER, lent=Power.READ_AUDIT, until=TODAY - A_DAY)

DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # Acting.
    "somebody acts who was disabled": lambda: check_in_force(a_person(standing=Standing.DISABLED)),
    "somebody acts before his key is confirmed": lambda: check_in_force(
        a_person(standing=Standing.CLAIMED)
    ),
    "staff search": lambda: check_may(a_person(), Power.SEARCH, on=TODAY),
    "a manager reads the audit log, which was lent to him till yesterday": lambda: check_may(
        LENT_TILL_YESTERDAY, Power.READ_AUDIT, on=TODAY
    ),
    "a manager is to hold no more than reading the audit log": lambda: powers_restricted_to(
        MANAGER, frozenset({Power.READ_AUDIT})
    ),
    # Lending.
    "a partner says who may do what": lambda: check_may_vouch(a_person(PARTNER)),
    "a partner puts on record from where the audit record goes on": lambda: check_may_resume(
        a_person(PARTNER)
    ),
    "somebody joins on one person's word": lambda: check_second(
        None, by=ANN, about=BEN, is_needed=True
    ),
    "somebody countersigns what is said of themselves": lambda: check_second(
        a_person(MANAGER, id=BEN), by=ANN, about=BEN, is_needed=True
    ),
    "staff countersign that somebody joins": lambda: check_second(
        a_person(STAFF, id=CAT), by=ANN, about=BEN, is_needed=True
    ),
    "where two open recordings, somebody does what opens all of them alone": lambda: (
        check_opened_by_two(a_person(DC), None, on=TODAY, is_by_one=False)
    ),
    "where two open recordings, somebody is their own second": lambda: check_opened_by_two(
        a_person(DC), a_person(DC), on=TODAY, is_by_one=False
    ),
    "where two open recordings, the second is staff": lambda: check_opened_by_two(
        a_person(DC), a_person(id=BEN), on=TODAY, is_by_one=False
    ),
    "where two open recordings, one alone brought in the second": lambda: check_opened_by_two(
        a_person(DC), a_person(MANAGER, id=BEN), on=TODAY, is_by_one=True
    ),
    "two are to open recordings, and only one approves": lambda: check_may_be_opened_by_two(
        [a_person(DC), a_person(id=BEN)]
    ),
    "a power is lent to an intake service": lambda: lend(
        a_person(DC), a_person(Role.INTAKE, id=BEN), Power.SEARCH, until=TODAY, on=TODAY
    ),
    "a power is lent for more than a year": lambda: lend(
        a_person(DC), a_person(id=BEN), Power.SEARCH, until=TODAY + 367 * A_DAY, on=TODAY
    ),
    "a power is lent until yesterday": lambda: lend(
        a_person(DC), a_person(id=BEN), Power.SEARCH, until=TODAY - A_DAY, on=TODAY
    ),
    "a power is lent to a manager whose role brings it": lambda: lend(
        a_person(DC), a_person(MANAGER, id=BEN), Power.SEARCH, until=TODAY, on=TODAY
    ),
    "a manager is to hold by his role what it does not bring": lambda: powers_restricted_to(
        MANAGER, frozenset({Power.SEARCH, Power.GOVERN})
    ),
    "a power is taken back that was not lent": lambda: take_back(
        a_person(DC), a_person(id=BEN), Power.SEARCH
    ),
    # Reading.
    "staff read the dossier of somebody else's request": lambda: check_may_read_dossier(
        a_person(), a_request(), on=TODAY
    ),
    "a partner reads the dossier of a request about himself": lambda: check_may_read_dossier(
        a_person(PARTNER), a_request(subjects=frozenset({ANN})), on=TODAY
    ),
    "a manager reads the register of disclosures": lambda: check_may_read_register(
        a_person(MANAGER), RegisterName.DISCLOSURE, on=TODAY
    ),
    "staff read the register of subject access": lambda: check_may_read_register(
        a_person(), RegisterName.RIGHTS_REQUESTS, on=TODAY
    ),
    "staff read the register of outside bodies": lambda: check_may_read_register(
        a_person(), RegisterName.OUTSIDE_BODY, on=TODAY
    ),
    "a manager reads the register of incidents": lambda: check_may_read_register(
        a_person(MANAGER), RegisterName.INCIDENTS, on=TODAY
    ),
    "a manager has the report of a month made": lambda: check_may_report(
        a_person(MANAGER), on=TODAY
    ),
    # Reviewing.
    "whoever broke the glass reviews it": lambda: check_may_review_glass(
        a_person(DC), ANN, on=TODAY
    ),
    "a broken glass is queried without a reason": lambda: check_glass_verdict(
        ReviewVerdict.QUERIED, None
    ),
    "a Data Controller reviews his own search": lambda: check_may_review_search(
        a_person(DC), a_person(DC), on=TODAY
    ),
    "an auditor reviews a manager's search": lambda: check_may_review_search(
        a_person(Role.AUDITOR), a_person(MANAGER, id=BEN), on=TODAY
    ),
    "a search is queried without a reason": lambda: check_verdict(ReviewVerdict.QUERIED, None),
    "a search is reviewed that was not drawn": lambda: check_was_shown(7, {3, 5}),
}
