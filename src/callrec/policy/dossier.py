"""Who reads everything that ever happened to a request [policy 4(a), 4(b)]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.authority import check_in_force
from callrec.policy.clause import Clause
from callrec.policy.purpose import TERMS
from callrec.policy.role import Power, powers_of

if TYPE_CHECKING:
    from datetime import date

    from callrec.policy.authority import RequestFacts
    from callrec.policy.role import Person


def check_may_read_dossier(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever made a request reads its dossier, who decides its purpose, and who reads the log.

    What was said in it is shown to each as `callrec request show` would show it.

    Raises:
        Refused: the person is none of these, or the request is about him and not his own.
    """
    check_in_force(person)
    if person.id in request.makers:
        return
    if not powers_of(person, on) & {Power.READ_AUDIT, TERMS[request.purpose].decided_with}:
        raise Refused(
            "a dossier is read by who made the request, who decides it and who reads the audit log",
            clause=Clause.CONTROLLED_ACCESS,
            hint="callrec request list --mine shows yours",
        )
    if person.id in request.subjects:
        raise Refused(
            "nobody reads the dossier of a request about himself",
            clause=Clause.CONTROLLED_ACCESS,
            hint="what one may know of it comes by a subject access request",
        )
