"""A person of the register as they are asked for and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.days import day_in_words
from callrec.policy.rights.subject import SubjectCriteria, read_birthday, read_nhs_number
from callrec.views.words import facts, local_time

if TYPE_CHECKING:
    from callrec.practice import Practice
    from callrec.search.subjects import ShownSubject
    from callrec.subjects.register import ListedSubject, SubjectAnswers

NONE: Final = "none"
"""The answer where somebody has no such number."""

SUBJECT_QUESTIONS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "names": (
        "What is their name?",
        {
            "option": "--name NAME",
            "help": "Add other spellings, and names they had before, with ; between them.",
        },
    ),
    "born": ("When were they born?", {"option": "--born DATE"}),
    "nhs_number": ("What is their NHS number?", {"option": "--nhs-number NUMBER", "default": NONE}),
    "numbers": (
        "Which telephone numbers do they use?",
        {"option": "--number NUMBER", "help": "Put ; between them.", "default": NONE},
    ),
    "proof": (
        "How was their identity proved?",
        {
            "option": "--proved TEXT",
            "help": "In a sentence: Driving licence and address, seen at the desk.",
        },
    ),
}
"""What is asked of somebody who is entered: the question, and how it is asked."""


def read_said(
    names: Sequence[str] | None,
    born: str | None,
    nhs_number: str | None,
    numbers: Sequence[str] | None,
    proved: str | None,
) -> SubjectAnswers:
    """What was typed of a person."""
    from callrec.subjects.register import SubjectAnswers

    nhs = nhs_number if is_given(nhs_number or "") else ""
    return SubjectAnswers(
        names=tuple(names or ()),
        born=born,
        nhs_number=nhs,
        numbers=tuple(numbers or ()),
        proof=proved,
    )


def is_given(text: str) -> bool:
    """Whether an answer says more than that there is none."""
    return text.casefold() != NONE


def read_criteria(
    practice: Practice,
    name: str | None,
    born: str | None,
    nhs_number: str | None,
    number: str | None,
) -> SubjectCriteria:
    """Whom to look for, as it was typed."""
    from callrec.practice import today
    from callrec.subjects.register import telephone_number

    return SubjectCriteria(
        name=name or "",
        born_on=read_birthday(born, today(practice)) if born else None,
        nhs_number=read_nhs_number(nhs_number) if nhs_number else "",
        number=telephone_number(practice, number) if number else "",
    )


def notes_on_others(shared: int, alike: Sequence[str]) -> Iterator[str]:
    """That numbers are a household's, where nobody is named; who may be the same person."""
    if shared:
        which = "one of these numbers is" if shared == 1 else f"{shared} of these numbers are"
        yield (
            f"{which} shared with another person on the register: listen before you give out a call"
        )
    for reference in alike:
        yield (
            f"{reference} has the same name and date of birth: if that is the same person, keep"
            " one of the two, with all their numbers, and have the other erased"
        )


def subject_facts(shown: ShownSubject, zone: tzinfo) -> Iterator[tuple[str, object]]:
    """What is known of a person, each fact with its label."""
    name, *others = shown.names
    yield "name", name
    for other in others:
        yield "also", other
    yield "born", day_in_words(shown.born_on)
    yield "NHS number", shown.nhs_number or "not known"
    for number in shown.numbers or ("none known",):
        yield "telephone", number
    yield "identity", shown.proof
    for each in shown.history:
        yield each.what.partition(".")[2], f"{local_time(each.at, zone)} by {each.by}"


def subject_json(listed: ListedSubject) -> Mapping[str, Any]:
    """A person in the list of the register, for other programs: nothing of the person."""
    return {"id": listed.reference, **facts(listed, "state", "version", "added_on", "added_by")}
