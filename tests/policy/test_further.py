"""What a purpose asks for besides the six: the table, and the rules that the answers meet."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from callrec.errors import CallrecError, NotFound, Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import AnswerContext, missing_further, read_answer, read_further
from callrec.policy.further import (
    NAMES_STAFF,
    QUESTIONS,
    AnswerKind,
    FurtherParticular,
    Question,
    is_named,
)
from callrec.policy.purpose import TERMS, Purpose
from policy.builders import TODAY

KNOWN = AnswerContext(today=TODAY, logins=frozenset({"ann", "ben"}), call_on=date(2024, 1, 2))

SENTENCE = "The recording helps to tell who threatened whom"

GOOD: dict[AnswerKind, str] = {
    AnswerKind.TEXT: "As it stands in the file",
    AnswerKind.SENTENCE: SENTENCE,
    AnswerKind.DAY: "2024-01-03",
    AnswerKind.LOGIN: "ann",
    AnswerKind.FILE: f"application/pdf 48213 {'9f' * 32}",
}


def an_answer(field: FurtherParticular) -> str:
    asked = QUESTIONS[field]
    return next(iter(asked.choices)) if asked.choices else GOOD[asked.kind]


def whole(purpose: Purpose, **changes: str) -> dict[FurtherParticular, str]:
    """A good answer to each; a change by the member's name, in small letters."""
    given = {each: an_answer(each) for each in TERMS[purpose].further}
    given.pop(FurtherParticular.ANSWER_BY, None)
    return given | {FurtherParticular[name.upper()]: text for name, text in changes.items()}


def take(purpose: Purpose, **changes: str) -> dict[str, str]:
    return dict(read_further(purpose, whole(purpose, **changes), KNOWN))


# --- the table ----------------------------------------------------------------------------------


def test_each_is_asked_for_in_one_way() -> None:
    assert list(QUESTIONS) == list(FurtherParticular)


def test_each_belongs_to_some_purpose() -> None:
    assert {each for terms in TERMS.values() for each in terms.further} == set(FurtherParticular)


@pytest.mark.parametrize(("field", "asked"), QUESTIONS.items(), ids=map(str, QUESTIONS))
def test_each_has_a_question_and_a_line_of_help(field: FurtherParticular, asked: Question) -> None:
    assert not asked.question.endswith((":", "?", "."))
    assert asked.help.endswith(".")
    assert asked.option.startswith("--")
    shortened = {FurtherParticular.HEAR_OR_COPY: "--hear or --copy"}.get(field, f"--{field}")
    assert asked.option.startswith(shortened)


def test_choices_and_only_choices_have_choices() -> None:
    for asked in QUESTIONS.values():
        assert bool(asked.choices) == (asked.kind is AnswerKind.CHOICE)


def those(claim: str) -> set[FurtherParticular]:
    return {field for field, asked in QUESTIONS.items() if getattr(asked, claim)}


def test_what_may_not_be_there_yet_may_be_unknown() -> None:
    assert those("may_be_unknown") == {
        FurtherParticular.IDENTITY,
        FurtherParticular.AUTHORITY,
        FurtherParticular.EVIDENCE,
    }


def test_who_asks_himself_needs_no_authority() -> None:
    assert those("may_be_none") == {FurtherParticular.AUTHORITY}


def test_only_urgency_has_a_usual_answer() -> None:
    assert {field: QUESTIONS[field].usually for field in those("usually")} == {
        FurtherParticular.URGENT: "no"
    }


def test_those_whom_a_request_is_about_are_named_by_these() -> None:
    named = {
        FurtherParticular.SUBJECT,
        FurtherParticular.EMPLOYEE,
        FurtherParticular.AFFECTED,
        FurtherParticular.APPLICANT,
    }
    assert those("names_subject") == named
    assert (
        those("names_staff")
        == NAMES_STAFF
        == {FurtherParticular.EMPLOYEE, FurtherParticular.AFFECTED}
    )


KINDS = {
    AnswerKind.SENTENCE: {
        FurtherParticular.LEARNING,
        FurtherParticular.NECESSITY,
        FurtherParticular.PREJUDICE,
        FurtherParticular.CORRECTION,
        FurtherParticular.SITUATION,
    },
    AnswerKind.DAY: {
        FurtherParticular.CONSULTED,
        FurtherParticular.RECEIVED,
        FurtherParticular.ANSWER_BY,
    },
    AnswerKind.LOGIN: {FurtherParticular.AFFECTED},
    AnswerKind.FILE: {FurtherParticular.AGREEMENT},
    AnswerKind.CHOICE: {
        FurtherParticular.COMPLAINANT,
        FurtherParticular.RECEIVED_HOW,
        FurtherParticular.HEAR_OR_COPY,
        FurtherParticular.LEGAL_BASIS,
        FurtherParticular.CONFIDENTIALITY,
        FurtherParticular.URGENT,
        FurtherParticular.SUBJECT_MAY_BE_TOLD,
        FurtherParticular.STANDING,
        FurtherParticular.WHY_RESTRICTED,
    },
}


@pytest.mark.parametrize(("kind", "those_"), KINDS.items(), ids=map(str, KINDS))
def test_each_takes_its_kind_of_answer(kind: AnswerKind, those_: set[FurtherParticular]) -> None:
    assert {field for field, asked in QUESTIONS.items() if asked.kind is kind} == those_


CODES = {
    FurtherParticular.COMPLAINANT: ["patient", "staff"],
    FurtherParticular.RECEIVED_HOW: ["written", "spoken"],
    FurtherParticular.HEAR_OR_COPY: ["hear", "copy"],
    FurtherParticular.LEGAL_BASIS: ["crime", "legal-proceedings", "court-order", "other"],
    FurtherParticular.CONFIDENTIALITY: ["consent", "law", "public-interest"],
    FurtherParticular.URGENT: ["yes", "no"],
    FurtherParticular.SUBJECT_MAY_BE_TOLD: ["yes", "no"],
    FurtherParticular.STANDING: ["personal-representative", "claimant"],
    FurtherParticular.WHY_RESTRICTED: ["accuracy", "unlawful", "claims", "objection"],
}


@pytest.mark.parametrize(("field", "codes"), CODES.items(), ids=map(str, CODES))
def test_the_answers_are_these_codes(field: FurtherParticular, codes: list[str]) -> None:
    assert list(QUESTIONS[field].choices) == codes


def test_a_basis_in_the_act_cites_its_paragraph() -> None:
    meanings = QUESTIONS[FurtherParticular.LEGAL_BASIS].choices
    assert "DPA 2018 Sch 2 Pt 1 para 2" in meanings["crime"]
    assert "DPA 2018 Sch 2 Pt 1 para 5" in meanings["legal-proceedings"]


# --- all of it, and nothing else ----------------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
def test_what_a_purpose_asks_for_is_taken_in_its_order(purpose: Purpose) -> None:
    asked = [
        str(each) for each in TERMS[purpose].further if each is not FurtherParticular.ANSWER_BY
    ]
    assert list(take(purpose)) == asked
    assert missing_further(purpose, whole(purpose)) == ()


@pytest.mark.parametrize("purpose", Purpose)
def test_each_that_is_left_out_is_missing(purpose: Purpose) -> None:
    for each in whole(purpose).keys() - {FurtherParticular.URGENT}:
        given = {name: text for name, text in whole(purpose).items() if name is not each}
        assert missing_further(purpose, given) == (each,)


@pytest.mark.parametrize("text", ["", " \n", ".", " -- "])
def test_a_full_stop_says_nothing(text: str) -> None:
    assert missing_further(Purpose.MEDICO_LEGAL, {FurtherParticular.CLAIM: text}) == (
        FurtherParticular.CLAIM,
    )


def test_a_digit_says_something() -> None:
    assert missing_further(Purpose.MEDICO_LEGAL, {FurtherParticular.CLAIM: "7"}) == ()


def test_what_nobody_says_is_urgent_is_not() -> None:
    given = whole(Purpose.OUTSIDE_BODY)
    del given[FurtherParticular.URGENT]
    assert missing_further(Purpose.OUTSIDE_BODY, given) == ()
    assert read_further(Purpose.OUTSIDE_BODY, given, KNOWN)["urgent"] == "no"
    assert take(Purpose.OUTSIDE_BODY, urgent="yes")["urgent"] == "yes"


def test_a_particular_of_another_purpose_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        take(Purpose.COMPLAINT, claim="MDU 17", employee="ann")
    assert refused.value.message == "you do not need --claim, --employee for complaint [policy 1]"
    assert refused.value.clause is Clause.SPECIFIC_PURPOSES


# --- each answer --------------------------------------------------------------------------------


def test_unknown_is_said_of_what_may_be_unknown() -> None:
    unknown = {"identity": "Unknown", "authority": " unknown "}
    taken = take(Purpose.SUBJECT_ACCESS, **unknown)
    assert (taken["identity"], taken["authority"]) == ("unknown", "unknown")


@pytest.mark.parametrize("name", ["subject", "received", "received_how", "hear_or_copy"])
def test_what_has_to_be_known_is_not_unknown(name: str) -> None:
    with pytest.raises(Refused, match=r"cannot be unknown: .* \[policy 4\(e\)\]") as refused:
        take(Purpose.SUBJECT_ACCESS, **{name: "unknown"})
    assert refused.value.hint.startswith("give --")


def test_none_is_said_of_an_authority_alone() -> None:
    assert take(Purpose.SUBJECT_ACCESS, authority="None")["authority"] == "none"
    with pytest.raises(Refused, match="that proves nothing: identity"):
        take(Purpose.SUBJECT_ACCESS, identity="None")


@pytest.mark.parametrize("text", ["none.", "not checked", "Not  yet", "no", "n/a"])
@pytest.mark.parametrize(
    ("purpose", "name"),
    [
        *(
            (each, "identity")
            for each in Purpose
            if FurtherParticular.IDENTITY in TERMS[each].further
        ),
        (Purpose.ERASURE, "authority"),
        (Purpose.DECEASED, "evidence"),
    ],
)
def test_what_says_that_there_is_no_proof_is_no_proof(
    purpose: Purpose, name: str, text: str
) -> None:
    with pytest.raises(Refused, match=f"that proves nothing: {name}") as refused:
        take(purpose, **{name: text})
    assert "unknown" in refused.value.hint


def test_text_has_one_space_between_its_words() -> None:
    assert take(Purpose.MEDICO_LEGAL, claim=" MDU \n 17 ")["claim"] == "MDU 17"


@pytest.mark.parametrize(
    ("purpose", "name"),
    [
        (Purpose.TRAINING, "learning"),
        (Purpose.OUTSIDE_BODY, "necessity"),
        (Purpose.OUTSIDE_BODY, "prejudice"),
    ],
)
def test_a_sentence_is_no_word(purpose: Purpose, name: str) -> None:
    with pytest.raises(Refused, match=f"the {name} is not a sentence") as refused:
        take(purpose, **{name: "investigation"})
    assert refused.value.clause is TERMS[purpose].asked_under
    assert refused.value.hint == (
        f"say it in at least 20 characters and 3 different words: --{name} TEXT"
    )


def test_a_sentence_has_one_space_between_its_words() -> None:
    assert take(Purpose.TRAINING, learning=f" {SENTENCE}\n")["learning"] == SENTENCE


def test_a_day_is_taken_as_it_is_typed_and_kept_in_iso_8601() -> None:
    assert take(Purpose.ERASURE, received=" 3/1/2024 ")["received"] == "2024-01-03"
    assert take(Purpose.ERASURE, received="today")["received"] == "2024-01-04"


def test_what_is_no_day_is_unusable() -> None:
    with pytest.raises(Unusable, match="that is not a date"):
        take(Purpose.ERASURE, received="last week")


def test_who_was_affected_has_a_login() -> None:
    assert take(Purpose.ABUSIVE_CALL, affected=" ben ")["affected"] == "ben"
    with pytest.raises(NotFound, match="nobody has that login") as unknown:
        take(Purpose.ABUSIVE_CALL, affected="zoe")
    assert "zoe" not in unknown.value.message + unknown.value.hint
    assert unknown.value.hint == "callrec user list shows the logins: --affected USER"


def test_a_code_is_taken_in_any_case_and_no_other_is() -> None:
    assert take(Purpose.DECEASED, standing="Claimant")["standing"] == "claimant"
    with pytest.raises(Unusable, match="not one of the answers: standing") as unusable:
        take(Purpose.DECEASED, standing="next of kin")
    assert unusable.value.hint == "one of: personal-representative, claimant"


def agreed(size: int) -> str:
    return f"application/pdf {size} {'9f' * 32}"


def test_an_agreement_has_10_mib_at_most() -> None:
    longest = agreed(10 * 1024 * 1024)
    assert take(Purpose.DISCIPLINARY, agreement=longest)["agreement"] == longest
    with pytest.raises(Unusable, match="larger than 10 MiB") as unusable:
        take(Purpose.DISCIPLINARY, agreement=agreed(10 * 1024 * 1024 + 1))
    assert "in grey" in unusable.value.hint


def test_an_agreement_is_no_empty_file() -> None:
    with pytest.raises(Unusable, match="an empty file"):
        take(Purpose.DISCIPLINARY, agreement=agreed(0))


@pytest.mark.parametrize(
    "text", ["I agree.", "application/pdf 1 9f", agreed(7).upper(), f"video/mp4 1 {'9f' * 32}"]
)
def test_of_an_agreement_the_request_says_what_file_it_is(text: str) -> None:
    with pytest.raises(Unusable, match="not what is said of a file"):
        take(Purpose.DISCIPLINARY, agreement=text)


# --- dates --------------------------------------------------------------------------------------


CONTRADICTIONS: dict[str, tuple[Purpose, dict[str, str], str]] = {
    "received on a day to come": (
        Purpose.SUBJECT_ACCESS,
        {"received": "2024-01-05"},
        r"this day is in the future: received \[policy 4\(e\)\]",
    ),
    "received before the call": (
        Purpose.SUBJECT_ACCESS,
        {"received": "2024-01-01"},
        r"earlier than the call: received \[policy 4\(e\)\]",
    ),
    "received before the law by which it is due": (
        Purpose.SUBJECT_ACCESS,
        {"received": "2017-12-31"},
        r"before 2018, and no clock here is as old as that: received \[policy 4\(e\)\]",
    ),
    "received in the first year of that law, before the call": (
        Purpose.SUBJECT_ACCESS,
        {"received": "2018-12-31"},
        r"earlier than the call: received \[policy 4\(e\)\]",
    ),
    "agreed on a day to come": (
        Purpose.DISCIPLINARY,
        {"consulted": "2024-01-05"},
        r"this day is in the future: consulted \[policy 4\(g\)\]",
    ),
    "agreed before the call": (
        Purpose.DISCIPLINARY,
        {"consulted": "2024-01-01"},
        r"earlier than the call: consulted \[policy 4\(g\)\]",
    ),
    "an answer due before the request came": (
        Purpose.OUTSIDE_BODY,
        {"legal_basis": "court-order", "received": "2024-01-03", "answer_by": "2024-01-02"},
        r"no answer is due before the request was received \[policy 4\(f\)\]",
    ),
    "a day that no court set": (
        Purpose.OUTSIDE_BODY,
        {"legal_basis": "crime", "answer_by": "2024-01-20"},
        r"only a court's order sets the day of the answer \[policy 4\(f\)\]",
    ),
    "received on a day to come, of the dead": (
        Purpose.DECEASED,
        {"received": "2024-01-05"},
        r"this day is in the future: received \[Access to Health Records Act 1990\]",
    ),
}


@pytest.mark.parametrize(("purpose", "changes", "why"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_dates_do_not_contradict_each_other(
    purpose: Purpose, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        take(purpose, **changes)


AGREEING: dict[str, tuple[Purpose, dict[str, str]]] = {
    "received today": (Purpose.SUBJECT_ACCESS, {"received": "2024-01-04"}),
    "received on the day of the call": (Purpose.SUBJECT_ACCESS, {"received": "2024-01-02"}),
    "agreed today": (Purpose.DISCIPLINARY, {"consulted": "2024-01-04"}),
    "agreed on the day of the call": (Purpose.DISCIPLINARY, {"consulted": "2024-01-02"}),
    "due on the day on which it came": (
        Purpose.OUTSIDE_BODY,
        {"legal_basis": "court-order", "received": "2024-01-03", "answer_by": "2024-01-03"},
    ),
    "due on a day to come": (
        Purpose.OUTSIDE_BODY,
        {"legal_basis": "Court-Order ", "received": "2024-01-03", "answer_by": "2025-01-03"},
    ),
}


@pytest.mark.parametrize(("purpose", "changes"), AGREEING.values(), ids=AGREEING)
def test_dates_that_agree_are_taken(purpose: Purpose, changes: dict[str, str]) -> None:
    taken = take(purpose, **changes)
    day = changes.get("received") or changes["consulted"]
    assert day in (taken.get("received"), taken.get("consulted"))
    assert taken.get("answer-by") == changes.get("answer_by")


def test_of_a_call_whose_day_is_unknown_none_is_too_early() -> None:
    known = AnswerContext(today=TODAY, logins=())
    given = whole(Purpose.ERASURE, received="2020-01-01")
    assert read_further(Purpose.ERASURE, given, known)["received"] == "2020-01-01"


def test_dates_that_contradict_each_other_say_what_to_type() -> None:
    with pytest.raises(Refused) as refused:
        take(Purpose.ERASURE, received="2024-01-05")
    assert refused.value.hint == "look at the dates again: --received DATE"


def test_a_court_s_order_sets_the_day_of_the_answer() -> None:
    given = whole(Purpose.OUTSIDE_BODY, legal_basis="court-order")
    assert missing_further(Purpose.OUTSIDE_BODY, given) == (FurtherParticular.ANSWER_BY,)


def test_one_answer_is_held_against_those_before_it() -> None:
    said = {FurtherParticular.RECEIVED: "2024-01-03", FurtherParticular.LEGAL_BASIS: "court-order"}

    def due(text: str) -> Any:
        field, purpose = FurtherParticular.ANSWER_BY, Purpose.OUTSIDE_BODY
        return read_answer(purpose, field, text, answers=said, known=KNOWN)

    assert due("4/1/2024") == "2024-01-04"
    with pytest.raises(Refused):
        due("2/1/2024")


# --- whom it names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "sturnbull",
        " STurnbull ",
        "Sam Turnbull",
        "turnbull, sam",
        "Dr Sam TURNBULL",
        "Prof. Sám Turnbull",
        "Sam Turnbull (reception)",
        "reception: Mr Turnbull, Sam",
    ],
)
def test_a_person_is_named_by_login_or_by_the_words_of_the_name(text: str) -> None:
    assert is_named(text, login="sturnbull", full_name="Sam Turnbull")


@pytest.mark.parametrize(
    "title", ["Dr", "Mr", "Mrs", "Ms", "Miss", "Mx", "Prof", "Professor", "Sister"]
)
def test_a_title_is_no_part_of_a_name(title: str) -> None:
    assert is_named(f"{title} Turnbull", login="sturnbull", full_name="Turnbull")
    assert is_named("Turnbull", login="sturnbull", full_name=f"{title} Turnbull")


@pytest.mark.parametrize("text", ["Sam", "Turnbull", "Sam Turnbullson", "sturn", "", "Dr", "S"])
def test_another_is_not_named(text: str) -> None:
    assert not is_named(text, login="sturnbull", full_name="Sam Turnbull")


def test_who_bears_a_part_of_a_longer_name_is_rather_named_too() -> None:
    assert is_named("Sam Turnbull Jones", login="sturnbull", full_name="Sam Turnbull")
    assert is_named("Sam Turnbull", login="turnbull2", full_name="Turnbull")
    assert not is_named("Sam Turnbull", login="sjones", full_name="Sam Turnbull Jones")


@pytest.mark.parametrize("name", ["", "Dr", "S.", "-"])
def test_what_has_no_words_is_nobody_s_name(name: str) -> None:
    assert not is_named("Sam Turnbull", login="x", full_name=name)


def test_where_the_name_is_not_known_only_the_login_names() -> None:
    for text in ("", "Dr", "Sam Turnbull"):
        assert not is_named(text, login="sturnbull", full_name="")
    assert is_named("sturnbull", login="sturnbull", full_name="")


@pytest.mark.parametrize("field", FurtherParticular)
def test_what_is_wrong_with_an_answer_names_its_option_to_a_line_alone(
    field: FurtherParticular,
) -> None:
    purpose = next(each for each, terms in TERMS.items() if field in terms.further)
    told = []
    for text in ("", ".", "unknown", "x", "31/2/2024", "1/1/1999", "1/1/2100"):
        try:
            read_answer(purpose, field, text, answers=whole(purpose), known=KNOWN)
        except CallrecError as error:
            told.append(error)
    assert all("--" not in f"{error.message} {error.advice}" for error in told)
    assert any(QUESTIONS[field].option in error.hint for error in told)


@pytest.mark.parametrize(
    "field", [each for each in QUESTIONS if QUESTIONS[each].kind is AnswerKind.DAY]
)
def test_what_is_no_day_is_unusable_and_the_option_is_named(field: FurtherParticular) -> None:
    purpose = next(each for each in Purpose if field in TERMS[each].further)
    with pytest.raises(Unusable, match="that is not a date") as unusable:
        read_answer(purpose, field, "soon", answers={}, known=KNOWN)
    assert unusable.value.option == QUESTIONS[field].option
    day = "next Friday" if field is FurtherParticular.ANSWER_BY else "yesterday"
    assert unusable.value.advice == f"type 4/1/2024 (day first), 4 Jan 2024, today or {day}"
