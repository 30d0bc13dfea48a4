from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, time
from typing import Any

import pytest

from callrec.crypto.canonical import canonical, parse
from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.clause import Clause
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import (
    DIGITS,
    PARTIES,
    UNKNOWN,
    WITHHELD,
    Answers,
    Particulars,
    are_about_one_person,
    read_particulars,
    sought,
    with_changes,
)
from callrec.policy.purpose import Purpose
from house.particulars import answers, particulars, several
from policy.builders import REASON, TODAY
from policy.test_further import whole

SAID: dict[str, Any] = {
    "reason": REASON,
    "day": date(2024, 1, 4),
    "times": TimeRange(time(14, 0), time(14, 30)),
    "extension": "203",
    "number": "+447700900123",
    "parties": ("Siân O'Neill", "Reception"),
    "about": "She rang twice",
}

COMPLAINT = {FurtherParticular.COMPLAINT: "C-17", FurtherParticular.COMPLAINANT: "patient"}

UNSAID = {
    "date": {"day": None},
    "time": {"times": None},
    "extension": {"extension": None},
    "number": {"number": None},
    "party": {"parties": ()},
}

JSON = {
    "reason": REASON,
    "date": "2024-01-04",
    "time": ["14:00", "14:30"],
    "extension": "203",
    "number": "+447700900123",
    "parties": ["Siân O'Neill", "Reception"],
    "about": "She rang twice",
    "further": {},
}

JSON_UNKNOWN = {
    "reason": REASON,
    "about": "",
    "further": {},
    **dict.fromkeys(("date", "time", "extension", "number", "parties"), "unknown"),
}


JSON_PERSON = {**JSON, "person": "S-30"}


def take(purpose: Purpose = Purpose.PROTECT_PARTIES, **said: Any) -> Particulars:
    return read_particulars(
        purpose,
        answers(**{**several(**SAID), **several(**said)}),
        today=TODAY,
        logins=frozenset({"ann"}),
    )


def all_unknown() -> Particulars:
    return take(
        reason=REASON,
        day=UNKNOWN,
        times=UNKNOWN,
        extension="unknown",
        number="Unknown",
        parties=("unknown",),
        about="",
    )


def test_the_six_stand_in_the_policy_s_order() -> None:
    names = [field.name for field in fields(Particulars)]
    six = ["reason", "days", "times", "extensions", "numbers", "parties", "about"]
    assert names == [*six, "further", "names", "person"]


def test_each_of_them_is_said() -> None:
    for name in JSON:
        with pytest.raises(Tampered):
            Particulars.from_json({other: said for other, said in JSON.items() if other != name})


def test_what_is_said_is_taken() -> None:
    assert take() == particulars(**SAID)


def test_unknown_is_a_value_that_one_says() -> None:
    unknown = all_unknown()
    said = (unknown.days, unknown.times, unknown.extensions, unknown.numbers, unknown.parties)
    assert all(value is UNKNOWN for value in said)


@pytest.mark.parametrize(("name", "unsaid"), UNSAID.items(), ids=UNSAID)
def test_what_is_neither_given_nor_unknown_is_refused_by_name(
    name: str, unsaid: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=rf"does not say: {name} \[policy 4\(b\)\]") as refused:
        take(**unsaid)
    assert refused.value.hint.endswith(f": --{name} unknown")


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        take(Purpose.COMPLAINT, day=None, times=None, extension=" ", number=None, parties=(" ",))
    assert refused.value.message == (
        "the request does not say: date, time, extension, number, party, complaint, complainant"
        " [policy 4(b)]"
    )
    assert refused.value.hint == (
        "give what is known, and say of the rest that it is not: --date unknown --time unknown"
        " --extension unknown --number unknown --party unknown;"
        " give --complaint REF --complainant patient|staff"
    )


@pytest.mark.parametrize("purpose", PARTIES)
def test_where_a_party_is_missing_it_is_said_whose_name_is_wanted(purpose: Purpose) -> None:
    for missing in ({"parties": ()}, {"day": None}):
        with pytest.raises(Refused) as refused:
            take(purpose, **missing)
        whose = f"; --party is the name of {PARTIES[purpose]}"
        assert (whose in refused.value.hint) is ("parties" in missing)


@pytest.mark.parametrize("what", ["extension", "number", "party"])
def test_nothing_is_given_and_unknown_at_once(what: str) -> None:
    member = {"party": "parties"}.get(what, f"{what}s")
    said: dict[str, Any] = {member: ("+447700900123", "unknown")}
    with pytest.raises(Unusable, match=rf"^the {what} is given and unknown at once$") as unusable:
        take(**said)
    assert f"--{what} unknown" in unusable.value.hint


def test_what_is_said_twice_is_taken_once() -> None:
    days = (DayRange(TODAY, TODAY),) * 2
    assert take(days=days, numbers=("+447700900123",) * 2) == replace(
        take(), days=days[:1], numbers=("+447700900123",)
    )


def test_the_days_of_a_withheld_number_are_past() -> None:
    assert take(number="withheld 2024-01-03/2024-01-04").numbers == (
        "withheld 2024-01-03/2024-01-04",
    )
    with pytest.raises(Refused, match="in the future"):
        take(number="withheld 2024-01-03/2024-01-05")


def test_of_a_purpose_s_own_alone_the_purpose_s_clause_is_cited() -> None:
    with pytest.raises(Refused) as refused:
        take(Purpose.COMPLAINT, further={FurtherParticular.COMPLAINT: "C-17"})
    assert refused.value.message == "the request does not say: complainant [policy 2 bullet 4]"
    assert refused.value.clause is Clause.COMPLAINT
    assert refused.value.hint == "give --complainant patient|staff"


def test_a_purpose_s_own_are_taken_with_the_six() -> None:
    taken = take(
        Purpose.COMPLAINT, further={**COMPLAINT, FurtherParticular.COMPLAINANT: "Patient "}
    )
    assert taken.further == {"complaint": "C-17", "complainant": "patient"}


def test_a_call_is_not_on_a_day_to_come() -> None:
    take(day=TODAY)
    with pytest.raises(
        Refused, match=r"the day of the call is in the future \[policy 4\(b\)\]"
    ) as refused:
        take(day=date(2024, 1, 5))
    assert refused.value.hint.endswith("or say unknown: --date D")


RIGHT = {
    FurtherParticular.SUBJECT: "Siân O'Neill",
    FurtherParticular.RECEIVED: "today",
    FurtherParticular.IDENTITY: "passport seen",
    FurtherParticular.AUTHORITY: "none",
}


def test_no_call_is_later_than_the_request_about_it() -> None:
    further = {**RIGHT, FurtherParticular.RECEIVED: "2024-01-03"}
    with pytest.raises(Refused, match="earlier than the call: received"):
        take(Purpose.PORTABILITY, further=further)
    assert take(Purpose.PORTABILITY, day=UNKNOWN, further=further).further["received"]


def test_the_people_whom_it_is_about_are_those_of_the_names_that_say_so() -> None:
    assert take(Purpose.ERASURE, further=RIGHT).subjects == ("Siân O'Neill",)
    assert take(Purpose.ABUSIVE_CALL, further={FurtherParticular.AFFECTED: "ann"}).subjects == (
        "ann",
    )
    assert take(Purpose.COMPLAINT, further=COMPLAINT).subjects == ()


def test_a_login_of_the_staff_is_found_among_what_else_is_said() -> None:
    further = {
        FurtherParticular.EMPLOYEE: "ann.lee, (reception)",
        FurtherParticular.ALLEGATION: "HR-7",
        FurtherParticular.AGREEMENT: f"text/plain 7 {'9f' * 32}",
        FurtherParticular.CONSULTED: "2024-01-04",
    }
    assert set(take(Purpose.DISCIPLINARY, further=further).subjects) == {
        "ann.lee, (reception)",
        "ann.lee",
        "reception",
    }


def test_a_request_without_a_reason_is_refused() -> None:
    with pytest.raises(Refused, match=r"no reason is given \[policy 4\(b\)\]"):
        take(reason=None)


def test_other_information_may_be_none() -> None:
    assert take(about="").about == take(about=None).about == ""


SOUGHT = {
    "number": ["+447700900123", "withheld"],
    "extension": ["203", "204"],
    "date": ["2024-01-04", "2023-03-01/2023-03-31"],
    "names": ["Siân O'Neill", "S Oneil"],
}


def test_of_several_each_is_said_and_comes_back() -> None:
    march = DayRange(date(2023, 3, 1), date(2023, 3, 31))
    taken = take(
        Purpose.PORTABILITY,
        numbers=("+447700900123", "withheld", "+447700900123"),
        extensions=("203", "204"),
        days=(DayRange(TODAY, TODAY), march),
        names=("Siân O'Neill", "S Oneil", " "),
        further={
            FurtherParticular.SUBJECT: "Ann Lee",
            FurtherParticular.RECEIVED: "today",
            FurtherParticular.IDENTITY: "unknown",
            FurtherParticular.AUTHORITY: "none",
        },
    )
    said = taken.as_json()
    assert {name: said[name] for name in SOUGHT} == SOUGHT
    assert Particulars.from_json(parse(canonical(said))) == taken
    assert taken.since == date(2023, 3, 1)
    assert taken.subjects == ("Ann Lee", "Siân O'Neill", "S Oneil")


def test_days_are_read_as_they_are_written_and_in_no_other_form() -> None:
    for text in ("2024-01-04/2024-01-04", "2024-01-05/2024-01-04", "2024-01-04/", "20240104"):
        with pytest.raises(Tampered):
            Particulars.from_json({**JSON, "date": text})


def test_text_is_composed_and_its_space_is_plain() -> None:
    taken = take(parties=(" Sia\u0302n\n O'Neill ",), extension=" 203 ")
    assert taken.parties == ("Si\u00e2n O'Neill",)
    assert taken.extensions == ("203",)


@pytest.mark.parametrize("name", ["reason", "extension", "number", "about"])
def test_space_around_and_within_is_plain_in_each_text(name: str) -> None:
    spaced: dict[str, Any] = {name: "  " + SAID[name].replace(" ", "   ") + " "}
    assert take(**spaced) == take()


def test_json_says_it_in_the_policy_s_order() -> None:
    assert list(take().as_json().items()) == list(JSON.items())
    assert all_unknown().as_json() == JSON_UNKNOWN


@pytest.mark.parametrize("said", [JSON, JSON_UNKNOWN, JSON_PERSON], ids=["known", "unknown", "who"])
def test_json_comes_back_through_its_canonical_form(said: dict[str, Any]) -> None:
    assert Particulars.from_json(parse(canonical(said))).as_json() == said


def test_what_was_taken_under_older_rules_can_still_be_read() -> None:
    short = replace(take(), reason="complaint")
    assert Particulars.from_json(short.as_json()) == short


OUT_OF_FORM: dict[str, dict[str, Any]] = {
    "a member more": {**JSON, "extra": ""},
    "a member less": {name: value for name, value in JSON.items() if name != "about"},
    "no text": {**JSON, "extension": 203},
    "no date": {**JSON, "date": "4/1/2024"},
    "a date in another form": {**JSON, "date": "20240104"},
    "a withheld number with more than its days": {**JSON, "number": "withheld 2024-01-04 x"},
    "a person of no number": {**JSON, "person": "S-0"},
    "a person in small letters": {**JSON, "person": "s-3"},
    "a null": {**JSON, "date": None},
    "no list of times": {**JSON, "time": "14:00"},
    "one time": {**JSON, "time": ["14:00"]},
    "times backwards": {**JSON, "time": ["14:30", "14:00"]},
    "a time with seconds": {**JSON, "time": ["14:00:00", "14:30"]},
    "a party that is no text": {**JSON, "parties": ["Siân O'Neill", 7]},
    "unknown in capitals": {**JSON, "number": "UNKNOWN"},
    "a list of further ones": {**JSON, "further": []},
    "a further one that is no text": {**JSON, "further": {"claim": 17}},
    "a further one that there is not": {**JSON, "further": {"horoscope": "Leo"}},
}


@pytest.mark.parametrize("value", OUT_OF_FORM.values(), ids=OUT_OF_FORM)
def test_particulars_out_of_their_form_are_tampered_with(value: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="particulars are not in their form"):
        Particulars.from_json(value)


# --- changing it --------------------------------------------------------------------------------


def changed(before: Particulars, purpose: Purpose, **changes: Any) -> Particulars:
    said = with_changes(before, answers(**changes))
    return read_particulars(purpose, said, today=TODAY, logins=frozenset())


def test_what_is_not_said_anew_stands() -> None:
    for before in (take(Purpose.COMPLAINT, further=COMPLAINT), all_unknown()):
        purpose = Purpose.COMPLAINT if before.further else Purpose.PROTECT_PARTIES
        assert changed(before, purpose) == before


CHANGES: dict[str, dict[str, Any]] = {
    "reason": {"reason": "The caller complains that he was cut off"},
    "day": {"day": UNKNOWN},
    "times": {"times": UNKNOWN},
    "extension": {"extension": "204"},
    "number": {"number": "+442079460123"},
    "parties": {"parties": ("Reception",)},
    "about": {"about": "He rang once"},
    "nothing more about it": {"about": ""},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_what_is_said_anew_changes(change: dict[str, Any]) -> None:
    before = take(Purpose.COMPLAINT, further=COMPLAINT)
    assert changed(before, Purpose.COMPLAINT, **change) == replace(before, **several(**change))


def test_of_a_purpose_s_own_only_what_is_said_anew_changes() -> None:
    before = take(Purpose.COMPLAINT, further=COMPLAINT)
    after = changed(before, Purpose.COMPLAINT, further={FurtherParticular.COMPLAINT: "C-18"})
    assert after.further == {"complaint": "C-18", "complainant": "patient"}


BY_ORDER = {
    FurtherParticular.BODY: "County Court",
    FurtherParticular.OFFICER: "J Penhale",
    FurtherParticular.RANK: "Clerk",
    FurtherParticular.CONTACT: "court@example.org",
    FurtherParticular.REFERENCE: "CC 24/17",
    FurtherParticular.RECEIVED: "2024-01-04",
    FurtherParticular.LEGAL_BASIS: "court-order",
    FurtherParticular.CONFIDENTIALITY: "law",
    FurtherParticular.ANSWER_BY: "2024-01-20",
    FurtherParticular.NECESSITY: "The court has ordered that it be produced",
    FurtherParticular.PREJUDICE: "The hearing would have to be put off",
    FurtherParticular.SUBJECT_MAY_BE_TOLD: "yes",
}


def test_the_day_that_a_court_set_goes_with_its_order() -> None:
    before = take(Purpose.OUTSIDE_BODY, further=BY_ORDER)
    assert before.further["answer-by"] == "2024-01-20"
    assert changed(before, Purpose.OUTSIDE_BODY).further == before.further
    after = changed(before, Purpose.OUTSIDE_BODY, further={FurtherParticular.LEGAL_BASIS: "other"})
    assert "answer-by" not in after.further


def test_a_day_that_no_court_set_cannot_be_put_there_by_a_change() -> None:
    before = take(Purpose.OUTSIDE_BODY, further=BY_ORDER)
    without = {FurtherParticular.LEGAL_BASIS: "other", FurtherParticular.ANSWER_BY: "2024-01-21"}
    with pytest.raises(Refused, match="only a court's order sets the day"):
        changed(before, Purpose.OUTSIDE_BODY, further=without)


MOTHER = particulars(
    **{**SAID, "number": "+441632960001"}, further={"subject": "Jean Alder"}, person="S-1"
)

NAMELESS = replace(MOTHER, person="")

PAIRS = {
    "the same on the register, whatever else they say": (
        MOTHER,
        replace(MOTHER, further={"subject": "J. Alder"}, numbers=UNKNOWN),
        True,
    ),
    "a namesake on the register": (MOTHER, replace(MOTHER, person="S-4"), False),
    "one says who on the register, one does not": (MOTHER, NAMELESS, False),
    "the same name and a number of several": (
        NAMELESS,
        replace(NAMELESS, numbers=("+441632960002", "+441632960001")),
        True,
    ),
    "another number": (NAMELESS, replace(NAMELESS, numbers=("+441632960002",)), False),
    "another name": (NAMELESS, replace(NAMELESS, further={"subject": "Ada Wren"}), False),
    "no number is known": (replace(NAMELESS, numbers=UNKNOWN),) * 2 + (False,),
    "both showed no number": (replace(NAMELESS, numbers=(WITHHELD,)),) * 2 + (False,),
    "one says no name": (NAMELESS, replace(NAMELESS, further={}), False),
    "no name is said": (replace(NAMELESS, further={}),) * 2 + (False,),
}


@pytest.mark.parametrize(("one", "other", "are_one"), PAIRS.values(), ids=PAIRS)
def test_two_requests_are_about_one_person_only_if_that_is_sure(
    one: Particulars, other: Particulars, are_one: object
) -> None:
    assert are_about_one_person(one, other) is are_about_one_person(other, one) is are_one


CALLED = replace(MOTHER, names=("Jean Alder",))

WHO: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "nothing": ({}, ("Jean Alder",), "S-1"),
    "another name": ({"names": ("Jean Wren",)}, ("Jean Wren",), "S-1"),
    "another person": ({"person": "S-4"}, ("Jean Alder",), "S-4"),
    "another subject": (
        {"further": {FurtherParticular.SUBJECT: "Ada Wren"}},
        *(("Jean Alder",), ""),
    ),
    "another subject, who is on the register": (
        {"person": "S-4", "further": {FurtherParticular.SUBJECT: "Ada Wren"}},
        *(("Jean Alder",), "S-4"),
    ),
}


@pytest.mark.parametrize(("change", "names", "person"), WHO.values(), ids=WHO)
def test_whom_it_is_about_stands_until_the_person_or_the_subject_is_said_anew(
    change: dict[str, Any], names: tuple[str, ...], person: str
) -> None:
    after = with_changes(CALLED, Answers(**change))
    assert (after.names, after.person) == (names, person)


def test_an_agreement_is_handed_in_anew() -> None:
    assert with_changes(CALLED, Answers(agreement=b"signed")).agreement == b"signed"
    assert with_changes(CALLED, Answers()).agreement is None


def test_the_person_on_the_register_is_kept() -> None:
    asked = take(Purpose.ERASURE, day=UNKNOWN, person="S-3", further=whole(Purpose.ERASURE))
    assert asked.person == "S-3"


def test_a_number_that_is_no_public_one_is_sought_by_its_digits() -> None:
    assert sought(f"{DIGITS} 55512") == "55512"
    assert sought("+447700900123") == "+447700900123"
