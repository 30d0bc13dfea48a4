"""Which registers the practice keeps, and who reads them [policy 4(a)].

A register is read whole by whoever reads the audit log, and by whoever decides everything that is
listed in it. What a request says is shown in it as `callrec request show` would show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from callrec.errors import Refused
from callrec.policy.authority import check_in_force
from callrec.policy.clause import Clause
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Power, powers_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from callrec.policy.role import Person, PersonId


class RegisterName(StrEnum):
    """A register, as it is typed."""

    SUBJECT_ACCESS = "subject-access"
    OUTSIDE_BODY = "outside-body"
    DISCLOSURE = "disclosure"
    HOLDS = "holds"
    INCIDENTS = "incidents"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What a register lists, and where the policy has it from."""

    purposes: frozenset[Purpose]
    """Of the requests that it lists; none where it lists something else."""
    kept_under: Clause


RIGHTS_PURPOSES: Final = frozenset(
    {Purpose.SUBJECT_ACCESS, Purpose.DECEASED, Purpose.ERASURE, Purpose.PORTABILITY}
)
"""What a person, or who stands for him, asks for himself: the register of subject access."""

REGISTERS: Final[Mapping[RegisterName, RegisterTerms]] = MappingProxyType(
    {
        RegisterName.SUBJECT_ACCESS: RegisterTerms(RIGHTS_PURPOSES, Clause.SUBJECT_ACCESS),
        RegisterName.OUTSIDE_BODY: RegisterTerms(
            frozenset({Purpose.OUTSIDE_BODY}), Clause.OUTSIDE_BODY
        ),
        RegisterName.DISCLOSURE: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
        RegisterName.HOLDS: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
        RegisterName.INCIDENTS: RegisterTerms(frozenset(), Clause.INFRINGEMENT),
        RegisterName.ACCESS: RegisterTerms(frozenset(), Clause.CONTROLLED_ACCESS),
    }
)
"""One row for each register."""


def check_may_read_register(person: Person, register: RegisterName, *, on: date) -> None:
    """Who reads the audit log reads every register, and who decides all that is listed in one.

    What lists no requests is for whoever governs.

    Raises:
        Refused: the person does neither.
    """
    check_in_force(person)
    terms, powers = REGISTERS[register], powers_of(person, on)
    deciding = {TERMS[purpose].decided_with for purpose in terms.purposes} or {Power.GOVERN}
    if Power.READ_AUDIT not in powers and not deciding <= powers:
        raise Refused(
            f"the role {person.role} may not read the {register} register",
            clause=terms.kept_under,
            hint="ask the Data Controller, or whoever may read the audit log",
        )


def is_hidden_from(
    person: Person, subjects: frozenset[PersonId], *, may_be_told: bool | None
) -> bool:
    """Whether somebody is not to learn of a request.

    Where an outside body asked that somebody is not told, he does not read of it anywhere; nor
    where it is not known whether he may be.

    Args:
        person: who reads a list, a register or the request.
        subjects: the people of the practice whom it is about.
        may_be_told: whether they may be told of it; None if it is not said.

    Source: DPA 2018 Sch 2 Pt 1 para 2: to the extent that telling would be likely to prejudice.
    """
    return person.id in subjects and may_be_told is not True
