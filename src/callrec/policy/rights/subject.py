"""The register of people whose identity was proved [policy 4(c), 4(d), 4(e)].

    4(d)  their calls are found under all their numbers and names     check_record
    4(e)  it is said how their identity was proved                    check_record
    4(c)  looking somebody up is a search: for a reason, and not      check_not_browsing_people
          by a name alone
    4(c)  people who may search keep it, and look people up           check_may_keep
    4(c)  numbers are whole under a request about this person         is_asked_about
    17    the Data Controller erases somebody nobody asks about       check_may_erase_subject

It is optional: a practice may work by number alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.authority import check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.days import parse_day
from callrec.policy.particulars import Particulars, Unknown
from callrec.policy.role import Person, Power
from callrec.policy.search import check_search_reason
from callrec.policy.words import is_sentence, words

_YEAR: Final = re.compile("[0-9]{4}")

MAX_NAMES: Final = 12
MAX_NUMBERS: Final = 24
"""In one record."""

_FIRST_BIRTH: Final = 1900
"""Nobody who rings is older; a year before it is a typing mistake."""

_NHS_DIGITS: Final = 10


class SubjectState(StrEnum):
    """Where a record stands."""

    REGISTERED = "registered"
    ERASED = "erased"


class SubjectAct(StrEnum):
    """What happens to a record, as leaves name it; all but the last make a version."""

    ADDED = "subject.added"
    CHANGED = "subject.changed"
    ERASED = "subject.erased"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubjectRecord:
    """What is known of a person. Its repr shows nothing."""

    names: tuple[str, ...]
    """The first is their name; the others are spellings, and names they had before."""
    born_on: date
    nhs_number: str
    """Ten digits; empty: not known, or they have none."""
    numbers: tuple[str, ...]
    """Telephone numbers, E.164 where they are public ones; may be empty."""
    proof: str
    """How their identity was proved, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubjectCriteria:
    """By what somebody is looked up; all that is given has to be so. Its repr shows nothing."""

    name: str = ""
    born_on: date | None = None
    nhs_number: str = ""
    number: str = ""

    @property
    def names_one(self) -> bool:
        """Whether it asks for one person, and does not look through the register."""
        return bool(self.nhs_number or self.number or (self.name and self.born_on))

    def fits(self, record: SubjectRecord) -> bool:
        """Whether a record is of such a person; the words of a name in any order."""
        return (
            (not self.nhs_number or self.nhs_number == record.nhs_number)
            and (not self.number or self.number in record.numbers)
            and (self.born_on is None or self.born_on == record.born_on)
            and words(self.name) <= words(" ".join(record.names))
        )


def state_after(acts: Sequence[SubjectAct]) -> SubjectState:
    """Where a record stands after its acts, oldest first; Tampered if that cannot be."""
    first, later = acts[:1], acts[1:]
    if (
        [*first] != [SubjectAct.ADDED]
        or SubjectAct.ADDED in later
        or SubjectAct.ERASED in later[:-1]
    ):
        raise Tampered("what happened to a person's record cannot have happened in this order")
    return SubjectState.ERASED if SubjectAct.ERASED in later else SubjectState.REGISTERED


def read_nhs_number(text: str) -> str:
    """An NHS number in any spelling as its ten digits; Unusable if its check digit is wrong.

    The first nine digits, weighted 10 down to 2, are summed; 11 less the remainder by 11 is the
    tenth, 0 where that is 11. Where it is 10 there is no such number.

    Source: NHS Data Dictionary, NHS NUMBER. Law: one wrong digit, or two that changed places, is
    never taken for another number.
    """
    digits = "".join(char for char in text if not (char.isspace() or char == "-"))
    if not (len(digits) == _NHS_DIGITS and digits.isascii() and digits.isdecimal()):
        raise Unusable(
            "an NHS number has ten digits",
            hint="type it as on the card: --nhs-number '401 023 2137'",
        )
    total = sum(int(digit) * (_NHS_DIGITS - n) for n, digit in enumerate(digits[:-1]))
    if (11 - total % 11) % 11 != int(digits[-1]):  # 10 is no digit, so that it is refused as well
        raise Unusable(
            "that is not an NHS number: its last digit, which checks the others, does not fit",
            hint="compare it with the card or the record, digit by digit",
        )
    return digits


def read_birthday(text: str, today: date) -> date:
    """The day on which somebody was born, as `parse_day` reads one; Unusable if it cannot be.

    With its whole year: nobody's age is guessed.
    """
    if not _YEAR.search(text):
        raise Unusable("the year of birth is not whole", hint="type it as in 14/3/1961")
    day = parse_day(text, today, first_year=_FIRST_BIRTH, option="--born 14/3/1961")
    if day > today:
        raise Unusable("nobody was born on that day yet", hint="check the year: --born 14/3/1961")
    return day


def check_record(record: SubjectRecord) -> None:
    """A record names the person, says when they were born and how they proved who they are [4(e)].

    Raises:
        Unusable: it is not a person's, or names too much.
        Refused: how their identity was proved is not said in a sentence.
    """
    if not record.names or not all(map(words, record.names)):
        raise Unusable("a person has a name of two letters or more", hint="give it by --name NAME")
    if len(record.names) > MAX_NAMES or len(record.numbers) > MAX_NUMBERS:
        raise Unusable(
            f"a record has {MAX_NAMES} names and {MAX_NUMBERS} numbers at the most",
            hint="leave out the oldest",
        )
    if record.nhs_number:
        read_nhs_number(record.nhs_number)
    check_proof(record.proof)


def check_name(name: str) -> str:
    """A name has a word to find somebody by; Unusable if not. As it was typed."""
    if not words(name):
        raise Unusable("a name has two letters or more", hint="give it by --name NAME")
    return name


def check_proof(proof: str) -> str:
    """How somebody's identity was proved is said in a sentence [policy 4(e)]; as it was typed."""
    if not is_sentence(proof):
        raise Refused(
            "it is not said how this person's identity was proved",
            clause=Clause.SUBJECT_ACCESS,
            hint='say it in a sentence: --proved "Driving licence and address, seen at the desk"',
        )
    return proof


def check_may_keep(person: Person, *, on: date) -> None:
    """People who may search keep the register, and look people up [policy 4(c)]."""
    check_may(person, Power.SEARCH, on=on)


def check_may_erase_subject(person: Person, *, on: date) -> None:
    """The Data Controller, or whom they authorised, erases a person from the register [17(1)]."""
    check_may(person, Power.DECIDE_RESERVED, on=on)


def check_not_browsing_people(
    criteria: SubjectCriteria, *, reason: str | None, request: str | None
) -> None:
    """A person is looked up for a reason or under a request, and not by a name alone [4(c)].

    Else the register could be read through, or asked who is in it.
    """
    if not criteria.names_one:
        raise Refused(
            "a person is looked up by NHS number, telephone number, or name and date of birth",
            clause=Clause.NO_BROWSING,
            hint="add --nhs-number, --number, or --name with --born",
        )
    if criteria.name:
        check_name(criteria.name)
    check_reason_or_request(reason, request)


def check_reason_or_request(reason: str | None, request: str | None) -> None:
    """People who read of a person on the register say why, or under which request [4(c)]."""
    if request is None and not reason:
        raise Refused(
            "a look at the register needs a reason or a request",
            clause=Clause.NO_BROWSING,
            hint='add --reason "…", or --request R',
        )
    if reason:
        check_search_reason(reason)


def is_asked_about(record: SubjectRecord, reference: str, asked: Particulars) -> bool:
    """Whether a request names this person: by reference, one of their numbers, or a whole name.

    Only then does it say why their numbers are needed [policy 4(c)].
    """
    numbers = () if isinstance(asked.numbers, Unknown) else asked.numbers
    parties = () if isinstance(asked.parties, Unknown) else asked.parties
    names = [words(name) for name in (*asked.subjects, *parties)]
    return (
        asked.person == reference
        or not {*numbers}.isdisjoint(record.numbers)
        or any(words(name) in names for name in record.names)
    )


def check_registered(state: SubjectState, reference: str) -> None:
    """Nothing is done with a person who was erased."""
    if state is SubjectState.ERASED:
        raise Refused(
            f"{reference} was erased from the register, and nothing of that person is kept",
            clause=Law.TO_ERASE,
            hint="enter the person anew if they must be: callrec request subject add",
        )


def check_is_new(others: int) -> None:
    """No two people have one NHS number."""
    if others:
        raise Refused(
            "a person with that NHS number is on the register already",
            clause=Clause.RETRIEVABLE,
            hint="look for them by it: callrec request subject find",
        )


def may_be_one(record: SubjectRecord, other: SubjectRecord) -> bool:
    """Whether two records may be of one person: born on one day, with a name of theirs in common.

    Not where both have NHS numbers, which then are two. Law: it is symmetric.
    """
    names, others = ({words(name) for name in each.names} for each in (record, other))
    return (
        record.born_on == other.born_on
        and not names.isdisjoint(others)
        and not (record.nhs_number and other.nhs_number)
    )


def check_nothing_needs(reference: str, requests: Sequence[str]) -> None:
    """A person is erased once no request that is open names them [4(e)-(g)]."""
    if requests:
        raise Refused(
            f"{reference} is needed: {', '.join(requests)} {'is' if len(requests) == 1 else 'are'}"
            " about that person and not closed",
            clause=Clause.SUBJECT_ACCESS,
            hint=f"answer and close that first: callrec request show {requests[0]}",
        )
