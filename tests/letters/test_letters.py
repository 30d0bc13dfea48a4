"""Letters about real requests: what they say is so; what must not be told is in none of them."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.errors import Failed, NotFound, Refused, Tampered
from callrec.letters.letter import (
    WrittenLetter,
    choose_written,
    list_letters,
    paper_of,
    record_letter_sent,
    write_letter,
)
from callrec.letters.wording import letter_text
from callrec.paper.letter_pdf import letter_pdf
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.edits import read_silence
from callrec.policy.handing_over import Channel
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.letter import WITH_WORDS, LetterKind
from callrec.record.versions import open_details
from callrec.release.listen import Player
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import close_request, date_request
from callrec.requests.gather import gather_recordings
from callrec.requests.history import read_history
from house.commands import done, type_in
from house.erasures import approved_erasure, erase
from house.handed_over import released
from house.holds import ANN, BOB, ask, contradictions, verified
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    approve,
    by_sql,
    further_of,
    pass_days,
    request_id,
    rows,
    signed_in,
    third_parties_checked,
)
from house.retention import AFTERWARDS, approved_disposal, dispose
from house.stages import CALLERS, copied
from house.subjects import a_person, nhs_number
from letters.contents import every_letter

house = copied(CALLERS)

LETTERS = {
    name: content
    for name, content in every_letter()
    if content.purpose in (Purpose.ERASURE, Purpose.SUBJECT_ACCESS)
}

WORDS = "There are many calls, and we have to listen to each of them"

TODAY = date(2026, 11, 24)


def access(house: House, *recordings: int, **changed: str) -> str:
    """Ann asks for a copy of her calls; max has gathered them unless some are named."""
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20", **changed)
    told: dict[str, Any] = {"number": ANN, "further": further, "recordings": recordings}
    reference = ask(house, purpose=Purpose.SUBJECT_ACCESS, **told)
    if not recordings:
        gather_recordings(house.practice, signed_in(house, "max"), reference, leave_out={})
    return reference


def write(
    house: House, kind: LetterKind, reference: str = "R-1", login: str = "dora", words: str = ""
) -> WrittenLetter:
    return write_letter(house.practice, signed_in(house, login), reference, kind, words=words)


def send(house: House, reference: str = "R-1", login: str = "dora", **when: Any) -> WrittenLetter:
    told = {"on": house.at.date(), "how": Channel.LETTER, **when}
    return record_letter_sent(house.practice, signed_in(house, login), reference, **told)


def text_of(letter: WrittenLetter) -> str:
    assert letter.text is not None
    return " ".join(letter.text.split())


def every_byte(house: House, letter: WrittenLetter) -> str:
    """What a letter tells in any way: its text, and its paper as other programs take it apart."""
    pdf = paper_of(house.practice, letter)
    path = house.folder / "letter.pdf"
    path.write_bytes(pdf)
    commands = (["pdftotext", str(path), "-"], ["qpdf", "--qdf", str(path), "-"])
    words, objects = (subprocess.run(each, capture_output=True, check=True) for each in commands)
    return "\n".join(
        [letter.text or "", *(each.decode("latin-1") for each in (words.stdout, objects.stdout))]
    )


def given(house: House, reference: str, **decision: Any) -> None:
    approve(house, reference, "dora", to="sam", **decision)
    third_parties_checked(house, "sam", reference)
    release(house, reference)


# --- what must not be told ---------------------------------------------------------------------


def test_what_is_withheld_for_a_crime_is_in_no_byte_of_a_letter_and_in_no_count(
    house: House,
) -> None:
    reference = access(house)
    approve(house, reference, "dora", to="sam", withheld={2: Ground.CRIME}, note="Police asked")
    letter = write(house, LetterKind.ANSWER)
    told = every_byte(house, letter)
    assert "We will give you a copy of 1 call:" in text_of(letter)
    assert "We give you everything that you are entitled to." in text_of(letter)
    hidden = ("crime", "offender", "Police", "5 January 2024", "DPA 2018 Sch 2", "not give you")
    assert [word for word in hidden if word.casefold() in told.casefold()] == []


def test_what_a_gathering_leaves_out_for_a_crime_is_told_of_like_what_is_not_there(
    house: House,
) -> None:
    reference = access(house, 1)
    left_out = {2: Ground.CRIME}
    gather_recordings(house.practice, signed_in(house, "max"), reference, leave_out=left_out)
    approve(house, reference, "dora", to="sam")
    letter = write(house, LetterKind.ANSWER)
    assert "1 call:" in text_of(letter)
    assert "everything that you are entitled to" in text_of(letter)
    assert "5 January" not in every_byte(house, letter)


def test_a_refusal_for_a_crime_reads_like_one_of_what_is_not_held(house: House) -> None:
    texts = []
    for ground, recordings in ((Ground.CRIME, (1, 2)), (Ground.NOT_HELD, ())):
        number = {"number": ANN if recordings else "+441144960111"}
        further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20")
        told: dict[str, Any] = {"further": further, "recordings": recordings, **number}
        reference = ask(house, purpose=Purpose.SUBJECT_ACCESS, **told)
        dora = signed_in(house, "dora")
        if not recordings:
            gather_recordings(house.practice, dora, reference, leave_out={})
        why = "The police look into threats of this caller"
        deny_request(house.practice, dora, reference, reason=why, ground=ground)
        letter = write(house, LetterKind.REFUSE, reference)
        assert "police" not in every_byte(house, letter).casefold()
        texts.append((letter.text or "").replace(reference, "R"))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("may_be_told", "is_told"), [("no", 0), ("yes", 1)])
def test_a_body_that_got_a_call_is_named_only_if_the_person_may_learn_of_it(
    house: House, may_be_told: str, is_told: int
) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told=may_be_told)
    ask(house, purpose=Purpose.OUTSIDE_BODY, number=ANN, recordings=(1,), further=further)
    approve(house, "R-1", "dora", to="sam")
    hear(house, "R-1", attended=("nobody",))
    release(house, "R-1")
    approve(house, access(house), "dora", to="sam")
    letter = write(house, LetterKind.ANSWER, "R-2")
    body = "Avon and Somerset Police, on 24 November 2026"
    assert text_of(letter).count(body) == is_told
    assert ("Avon and Somerset" in every_byte(house, letter)) == is_told
    assert ("nobody else outside this practice of whom we can" in text_of(letter)) != is_told
    assert "People who work here have listened" not in text_of(letter)


@pytest.mark.parametrize(("may_be_told", "is_told"), [("no", 0), ("yes", 1)])
def test_a_body_that_came_and_heard_a_call_is_named_only_if_the_person_may_learn_of_it(
    house: House, may_be_told: str, is_told: int
) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told=may_be_told)
    ask(house, purpose=Purpose.OUTSIDE_BODY, number=ANN, recordings=(1,), further=further)
    approve(house, "R-1", "dora", to="sam")
    third_parties_checked(house, "sam")
    hear(house, "R-1", attended=("Sergeant Pascoe",))
    approve(house, access(house), "dora", to="sam")
    letter = write(house, LetterKind.ANSWER, "R-2")
    body = "Avon and Somerset Police, who heard it on 24 November 2026"
    assert text_of(letter).count(body) == is_told
    assert ("Avon and Somerset" in every_byte(house, letter)) == is_told
    assert ("nobody else outside this practice of whom we can" in text_of(letter)) != is_told
    assert "People who work here have listened" not in text_of(letter)
    assert "Pascoe" not in every_byte(house, letter)


def test_who_came_and_heard_their_calls_before_reads_it_as_theirs(house: House) -> None:
    first = access(house, hear_or_copy="hear")
    approve(house, first, "dora", to="sam")
    third_parties_checked(house, "sam")
    hear(house, first, attended=("Ann herself",))
    approve(house, access(house), "dora", to="sam")
    letter = text_of(write(house, LetterKind.ANSWER, "R-2"))
    assert "- you, in answer to R-1, who heard it on 24 November 2026." in letter
    assert "People who work here have listened" not in letter


def test_what_staff_heard_is_told_without_who_and_a_hearing_that_failed_is_none(
    house: House,
) -> None:
    ask(house, number=ANN, recordings=(1, 2))
    approve(house, "R-1", "dora", to="sam")
    with pytest.raises(Failed, match="before anything could be heard"):
        hear(house, "R-1", player=lambda _: Player(("ear",), lambda _: False))
    approve(house, access(house), "dora", to="sam")
    assert "People who work here" not in text_of(write(house, LetterKind.ANSWER, "R-2"))
    hear(house, "R-1")
    letter = text_of(write(house, LetterKind.ANSWER, "R-2"))
    assert "People who work here have listened as well." in letter
    assert "nobody else outside this practice of whom we can tell you" in letter


def test_a_namesake_who_got_a_call_is_another_person(house: House) -> None:
    names: dict[str, Any] = {"names": ("Jean Alder",)}
    mother = a_person(house, numbers=(ANN,), **names)
    daughter = a_person(house, born="1/2/1990", nhs_number=nhs_number(999000002), **names)
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20", subject="Jean Alder")
    told: dict[str, Any] = {"purpose": Purpose.SUBJECT_ACCESS, "number": ANN, "further": further}
    for person in (mother, daughter, mother):
        reference = ask(house, recordings=(1, 2), person=person, **told)
        approve(house, reference, "dora", to="sam")
        if reference == "R-1":
            third_parties_checked(house, "sam", reference)
            release(house, reference)
    hers = write(house, LetterKind.ANSWER, "R-2")
    assert "- another person who has a right to it by law, on 24 November 2026." in text_of(hers)
    assert "R-1" not in every_byte(house, hers)
    own = text_of(write(house, LetterKind.ANSWER, "R-3"))
    assert "- you, in answer to R-1, on 24 November 2026." in own


def test_who_asks_for_a_correction_is_told_who_has_the_recordings(house: House) -> None:
    given(house, access(house, 1, 2))
    further = further_of(Purpose.RECTIFICATION, received="2026-11-20")
    told: dict[str, Any] = {"number": ANN, "recordings": (1,), "further": further}
    ask(house, purpose=Purpose.RECTIFICATION, **told)
    approve(house, "R-2", "dora", to="dora")
    letter = text_of(write(house, LetterKind.ANSWER, "R-2"))
    assert (
        "- you, in answer to R-1, on 24 November 2026. The law asks us to tell everyone" in letter
    )


def test_another_person_who_got_a_call_is_not_named(house: House) -> None:
    given(house, access(house, 1, 2, subject="Bob Tregenza", authority="none"))
    approve(house, access(house), "dora", to="sam")
    letter = write(house, LetterKind.ANSWER, "R-2")
    assert "another person who has a right to it by law, on 24 November 2026" in text_of(letter)
    assert "Tregenza" not in every_byte(house, letter)


def test_what_is_withheld_of_others_is_told_by_its_ground_without_a_name_a_day_or_a_number(
    house: House,
) -> None:
    reference = access(house)
    withheld = {2: Ground.THIRD_PARTY}
    approve(house, reference, "dora", to="sam", withheld=withheld, note="Her neighbour Tom rang")
    letter = write(house, LetterKind.ANSWER)
    assert "- 1 call, because it would tell of another person" in text_of(letter)
    assert "everything else that you are entitled to" in text_of(letter)
    told = every_byte(house, letter)
    hidden = ("Tom", "neighbour", "5 January", ANN, ANN[1:], BOB, "Reception", "recording 2")
    assert [word for word in hidden if word in told] == []


def test_what_a_child_said_in_confidence_is_not_told_to_a_parent_nor_that_there_is_any(
    house: House,
) -> None:
    reference = access(house, authority="the mother's, birth certificate seen")
    note = "She asked that her mother does not hear of it"
    approve(house, reference, "dora", to="sam", withheld={2: Ground.EXPECTATIONS}, note=note)
    letter = write(house, LetterKind.ANSWER)
    assert "We will give you a copy of 1 call:" in text_of(letter)
    assert "We give you everything that you are entitled to." in text_of(letter)
    told = every_byte(house, letter)
    hidden = ("expected", "confidence", "5 January 2024", "Schedule 3", "not give you")
    assert [word for word in hidden if word.casefold() in told.casefold()] == []


def test_what_is_typed_into_a_letter_names_nobody_who_is_kept_from_its_reader(
    house: House,
) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    told: dict[str, Any] = {"number": ANN, "recordings": (1,), "further": further}
    ask(house, "dora", purpose=Purpose.OUTSIDE_BODY, **told)
    reference = access(house, 1)
    left_out = {2: Ground.THIRD_PARTY}
    gather_recordings(house.practice, signed_in(house, "max"), reference, leave_out=left_out)
    dora = signed_in(house, "dora")
    date_request(
        house.practice,
        dora,
        reference,
        ClockEvent(event=ClockEventKind.EXTENDED, on=TODAY),
        reason=ANOTHER_REASON,
    )
    for words in (
        "We wait for a word from the police about one of your calls",
        f"We have to ask whose number {BOB} is before we can answer",
        "We have to answer R-1 before we can answer you",
    ):
        with pytest.raises(Refused, match="the letter would tell"):
            write(house, LetterKind.EXTEND, reference, words=words)
    write(house, LetterKind.EXTEND, reference, words=WORDS)


# --- what is not so ----------------------------------------------------------------------------


def test_an_answer_says_what_was_done_and_no_more_than_that(house: House) -> None:
    reference = access(house)
    with pytest.raises(Refused, match="nothing was granted that could be given"):
        write(house, LetterKind.ANSWER)
    approve(house, reference, "dora", to="sam")
    decided = text_of(write(house, LetterKind.ANSWER))
    assert "We will give you a copy of 2 calls:" in decided
    assert "We have made you a copy" not in decided
    third_parties_checked(house, "sam")
    release(house)
    released = text_of(write(house, LetterKind.ANSWER))
    assert "We have made you a copy of 2 calls:" in released
    assert "WHY WE RECORD CALLS" not in released  # YOUR-RIGHTS.txt says it
    assert "We will give you" not in released
    assert "4 January 2024, 09:00. We keep it until 4 January 2027." in released


def test_what_was_cut_from_a_copy_that_went_out_is_told_of_after_all_was_revoked(
    house: House,
) -> None:
    reference = access(house)
    approve(house, reference, "dora", to="sam", edits=(read_silence("1@0-0.05=third-party"),))
    released(house)
    told = "In 1 call a part is silent"
    assert told in text_of(write(house, LetterKind.ANSWER))
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=ANOTHER_REASON)
    assert told in text_of(write(house, LetterKind.ANSWER))
    approve(house, reference, "dora", to="sam", recordings=(1,))
    assert told in text_of(write(house, LetterKind.ANSWER))


def test_everything_is_promised_only_of_what_was_gathered_and_decided(house: House) -> None:
    reference = access(house)
    approve(house, reference, "dora", to="sam", recordings=(1,))
    letter = text_of(write(house, LetterKind.ANSWER))
    assert "1 call is not decided yet" in letter
    assert "everything" not in letter


def test_a_call_that_visitors_heard_is_told_as_heard_and_one_that_staff_heard_is_not(
    house: House,
) -> None:
    reference = access(house, hear_or_copy="hear")
    approve(house, reference, "dora", to="sam")
    hear(house, reference, attended=("nobody",))
    to_hear = text_of(write(house, LetterKind.ANSWER))
    assert "You can come to us and hear 2 calls:" in to_hear
    assert "WHY WE RECORD CALLS" in to_hear  # no package says it
    third_parties_checked(house, "sam")
    hear(house, reference, attended=("Ann herself",))
    letter = text_of(write(house, LetterKind.ANSWER))
    assert "You came to us and heard 1 call: - 4 January 2024, 09:00." in letter
    assert "You can come to us and hear 1 call: - 5 January 2024, 09:00." in letter


def test_an_extension_and_a_question_are_written_of_once_they_are_on_record(house: House) -> None:
    access(house, 1)
    kinds = {
        LetterKind.EXTEND: ClockEvent(event=ClockEventKind.EXTENDED, on=TODAY),
        LetterKind.CLARIFY: ClockEvent(
            event=ClockEventKind.ASKED, on=TODAY, awaited=Awaited.CLARIFICATION
        ),
    }
    for kind, event in kinds.items():
        with pytest.raises(Refused, match="on record"):
            write(house, kind, words=WORDS)
        dora = signed_in(house, "dora")
        dated = date_request(house.practice, dora, "R-1", event, reason="Which of the numbers")
        assert dated.letter is kind
        letter = text_of(write(house, kind, words=WORDS))
        assert WORDS in letter
        assert "Which of the numbers" not in letter


def test_what_took_effect_is_told_of_by_the_letter_that_fits_it(house: House) -> None:
    for n, (purpose, kind, said) in enumerate(
        [
            (Purpose.RECTIFICATION, LetterKind.ANSWER, "Beside 1 recording we have put a note"),
            (Purpose.RESTRICTION, LetterKind.RESTRICTED, "we only keep 1 recording. Nobody"),
            (Purpose.OBJECTION, LetterKind.LIFT, "we have only kept 1 recording, and not used it"),
        ],
        start=1,
    ):
        further = further_of(purpose, received="2026-11-20")
        reference = ask(house, purpose=purpose, number=ANN, recordings=(1,), further=further)
        assert reference == f"R-{n}"
        approve(house, reference, "dora", to="dora", recordings=(1,))
        words = WORDS if kind in WITH_WORDS else ""
        assert said in text_of(write(house, kind, reference, words=words))


# --- on record ---------------------------------------------------------------------------------


def test_a_letter_is_printed_again_to_the_byte_whatever_the_settings_say_by_then(
    house: House,
) -> None:
    access(house, 1)
    first = write(house, LetterKind.ACKNOWLEDGE, login="sam")
    paper = paper_of(house.practice, first)
    rules = house.folder / "rules.toml"
    rules.write_text('[practice]\nname = "Another name"\nregulator = "Somebody else"\n')
    done(house, "dora", "practice", "settings", "apply", str(rules), "--yes")
    house.open()
    pass_days(house, 30)
    found = list_letters(house.practice, signed_in(house, "dora"), "R-1").written
    assert [(each.number, each.text, each.by) for each in found] == [(1, first.text, "sam")]
    assert paper_of(house.practice, found[0]) == paper
    assert "Another name" in text_of(write(house, LetterKind.ACKNOWLEDGE))


def test_the_log_has_a_letter_s_kind_and_hashes_and_no_word_of_it(house: House) -> None:
    access(house, 1)
    letter = write(house, LetterKind.ACKNOWLEDGE)
    leaf = newest(house, RequestAct.LETTER_WRITTEN)
    dora = signed_in(house, "dora")
    with reading(house.practice.engine) as connection:
        details = open_details(house.practice, dora, connection, leaf)
    hashes = {"pdf": letter.pdf_sha256, "text": letter.text_sha256}
    assert details == {"on": "2026-11-24", **hashes}
    assert leaf.subject[1][:6] == b"lt".hex() + "01"


def newest(house: House, act: RequestAct) -> Leaf:
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, "R-1"))
    return [leaf for leaf in history.leaves if leaf.act == act][-1]


def test_a_letter_that_somebody_put_in_the_place_of_another_is_found(house: House) -> None:
    access(house, 1)
    write(house, LetterKind.ACKNOWLEDGE)
    house.at = house.at.replace(hour=13)
    write(house, LetterKind.ACKNOWLEDGE)
    first, second = (row.seq for row in rows(house, "SELECT seq FROM request_words ORDER BY seq"))
    by_sql(
        house,
        "UPDATE request_words SET sealed = (SELECT sealed FROM request_words WHERE seq = :b)"
        " WHERE seq = :a",
        a=first,
        b=second,
    )
    with pytest.raises(Tampered):
        list_letters(house.practice, signed_in(house, "dora"), "R-1")
    assert any("request_words" in problem.what for problem in verified(house).problems)


def test_a_letter_that_was_taken_away_is_not_printed_and_is_missed(house: House) -> None:
    access(house, 1)
    write(house, LetterKind.ACKNOWLEDGE)
    by_sql(house, "DELETE FROM request_words")
    with pytest.raises(Tampered, match="is missing"):
        list_letters(house.practice, signed_in(house, "dora"), "R-1")
    assert any("request_words" in problem.what for problem in verified(house).problems)


def test_a_letter_is_for_who_handles_its_request(house: House) -> None:
    access(house, 1)
    for login in ("max", "pat", "ava"):
        with pytest.raises(Refused):
            write(house, LetterKind.ACKNOWLEDGE, login=login)
        with pytest.raises(Refused):
            send(house, login=login)
    assert list_letters(house.practice, signed_in(house, "dora"), "R-1").written == ()


def test_who_only_searches_sees_that_there_is_a_letter_and_reads_no_word_of_it(
    house: House,
) -> None:
    access(house, 1)
    write(house, LetterKind.ACKNOWLEDGE)
    letters = list_letters(house.practice, signed_in(house, "max"), "R-1")
    assert [(each.kind, each.text) for each in letters.written] == [(LetterKind.ACKNOWLEDGE, None)]
    with pytest.raises(Refused, match="by those who handle its request"):
        choose_written(letters, 1)


def test_what_was_once_withheld_for_a_crime_is_not_undecided_later(house: House) -> None:
    reference = access(house, hear_or_copy="hear")
    approve(house, reference, "dora", to="sam", withheld={2: Ground.CRIME})
    third_parties_checked(house, "sam")
    hear(house, reference, attended=("Ann herself",))
    dora = signed_in(house, "dora")
    revoke_grants(house.practice, dora, reference, reason=ANOTHER_REASON)
    letter = text_of(write(house, LetterKind.ANSWER))
    assert "You came to us and heard 1 call:" in letter
    assert "not decided" not in letter
    assert "5 January" not in letter


def test_what_one_part_withholds_for_a_crime_is_not_counted_by_another(house: House) -> None:
    access(house, 1, 2)
    approve(house, "R-1", "dora", to="sam", withheld={2: Ground.CRIME})
    part = access(house, 3)
    approve(house, part, "dora", to="sam")
    letter = text_of(write(house, LetterKind.ANSWER, part))
    assert "Another answer is about 1 more call that you asked for." in letter


def test_of_a_request_that_was_closed_nothing_more_is_promised(house: House) -> None:
    reference = access(house)
    given(house, reference, recordings=(1,))
    dora = signed_in(house, "dora")
    close_request(house.practice, dora, reference, reason=ANOTHER_REASON)
    letter = text_of(write(house, LetterKind.ANSWER))
    assert "1 call that you asked for was neither given nor refused when your request" in letter
    assert "write to you again" not in letter


def test_of_a_call_that_was_erased_since_it_is_not_said_that_it_is_kept(house: House) -> None:
    reference = access(house)
    given(house, reference)
    close_request(house.practice, signed_in(house, "dora"), reference, reason=ANOTHER_REASON)
    erase(house, approved_erasure(house, 1))
    letter = text_of(write(house, LetterKind.ANSWER, reference))
    assert letter.count("We have erased it since") == 1
    assert letter.count("We keep it until") == 1


def test_of_a_call_that_should_be_gone_by_now_it_is_said_that_it_is_held(house: House) -> None:
    reference = access(house)
    pass_days(house, 5 * 366)
    approve(house, reference, "dora", to="sam")
    letter = text_of(write(house, LetterKind.ANSWER))
    assert "It was to be kept until" in letter
    assert "we still hold it" in letter
    assert "We keep it until" not in letter


def test_a_request_that_is_kept_from_somebody_has_no_letters_for_them(house: House) -> None:
    further = further_of(Purpose.OUTSIDE_BODY)
    told: dict[str, Any] = {"parties": ("Max Harding",), "further": further, "number": ANN}
    ask(house, "dora", purpose=Purpose.OUTSIDE_BODY, recordings=(1,), **told)
    with pytest.raises(NotFound, match="there is no request R-1"):
        write(house, LetterKind.ACKNOWLEDGE, login="max")
    with pytest.raises(NotFound, match="there is no request R-1"):
        list_letters(house.practice, signed_in(house, "max"), "R-1")


def test_who_cannot_see_who_else_has_the_calls_does_not_write_that_nobody_has(
    house: House,
) -> None:
    approve(house, access(house), "dora", to="sam")
    with pytest.raises(Refused, match="which you cannot see"):
        write(house, LetterKind.ANSWER, login="sam")


def test_of_an_extension_nobody_is_written_to_once_the_first_month_is_over(house: House) -> None:
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-09-01")
    ask(house, purpose=Purpose.SUBJECT_ACCESS, number=ANN, further=further)
    extended = ClockEvent(event=ClockEventKind.EXTENDED, on=date(2026, 9, 25))
    dora = signed_in(house, "dora")
    dated = date_request(house.practice, dora, "R-1", extended, reason=ANOTHER_REASON)
    assert dated.letter is None
    with pytest.raises(Refused, match="the month is over"):
        write(house, LetterKind.EXTEND, words=WORDS)
    assert LetterKind.EXTEND not in list_letters(house.practice, dora, "R-1").possible


def test_who_could_not_write_who_else_has_the_calls_does_not_print_it_again(house: House) -> None:
    approve(house, access(house), "dora", to="sam")
    write(house, LetterKind.ANSWER)
    letters = list_letters(house.practice, signed_in(house, "sam"), "R-1")
    assert [(each.kind, each.text) for each in letters.written] == [(LetterKind.ANSWER, None)]
    assert send(house, login="sam").text is None
    with pytest.raises(Refused, match="which you cannot see") as refusal:
        choose_written(letters, 1)
    assert "ask the Data Controller to run callrec request letter R-1 --letter 1" in str(
        refusal.value.hint
    )


# --- sent, and closed --------------------------------------------------------------------------


def test_a_letter_is_sent_after_it_was_written_and_the_newest_word_counts(house: House) -> None:
    access(house, 1)
    with pytest.raises(NotFound, match="there is no letter about R-1"):
        send(house)
    write(house, LetterKind.ACKNOWLEDGE)
    with pytest.raises(Refused, match="was written later"):
        send(house, on=date(2026, 11, 23))
    pass_days(house, 2)
    send(house, how=Channel.EMAIL)
    send(house, on=date(2026, 11, 25), number=1)
    (found,) = list_letters(house.practice, signed_in(house, "dora"), "R-1").written
    assert (found.sent_on, found.sent_by) == (date(2026, 11, 25), Channel.LETTER)
    assert contradictions(house) == []


def test_a_letter_that_is_true_no_more_is_not_sent_but_may_have_been_before(house: House) -> None:
    reference, dora = access(house), signed_in(house, "dora")
    approve(house, reference, "dora", to="sam")
    write(house, LetterKind.ANSWER)
    pass_days(house, 2)
    revoke_grants(house.practice, dora, reference, reason=ANOTHER_REASON)
    for on in (date(2026, 11, 26), date(2026, 11, 27)):
        house.at = house.at.replace(day=on.day)
        with pytest.raises(Refused, match="letter 1 tells of an approval that no longer stands"):
            send(house, on=on)
    assert send(house, on=date(2026, 11, 25)).ended_on == date(2026, 11, 26)
    words = "request", "letter", "R-1", "--sent", "25/11/2026", "--how", "letter"
    told = type_in(house, "dora", *words)
    assert "since Thu 26 Nov 2026: write to them again" in told.err
    house.open()
    approve(house, reference, "dora", to="sam")
    write(house, LetterKind.ANSWER)
    assert send(house).ended_on is None
    assert contradictions(house) == []


def test_that_it_takes_longer_is_not_sent_once_it_was_answered(house: House) -> None:
    reference, dora = access(house), signed_in(house, "dora")
    extended = ClockEvent(event=ClockEventKind.EXTENDED, on=TODAY)
    date_request(house.practice, dora, reference, extended, reason=ANOTHER_REASON)
    write(house, LetterKind.EXTEND, words=WORDS)
    assert send(house).ended_on is None
    pass_days(house, 2)
    approve(house, reference, "dora", to="sam")
    assert send(house, how=Channel.EMAIL).ended_on == date(2026, 11, 26)  # in the morning, say
    pass_days(house, 1)
    with pytest.raises(Refused, match="what letter 1 says is true no more"):
        send(house)
    assert contradictions(house) == []


def test_that_it_takes_longer_was_told_late_is_put_on_record_and_said(house: House) -> None:
    reference, dora = access(house), signed_in(house, "dora")
    extended = ClockEvent(event=ClockEventKind.EXTENDED, on=TODAY)
    date_request(house.practice, dora, reference, extended, reason=ANOTHER_REASON)
    write(house, LetterKind.EXTEND, words=WORDS)
    house.at = house.at.replace(month=12, day=30)
    house.open()
    last = date(2026, 12, 21)
    assert send(house, on=last).late_since is None
    assert send(house, on=last + timedelta(days=1)).late_since == last
    words = "request", "letter", "R-1", "--sent", "30/12/2026", "--how", "letter"
    told = type_in(house, "dora", *words).err
    assert "they had to be told by Mon 21 Dec 2026 that it takes longer" in told
    assert contradictions(house) == []


def test_a_request_is_closed_once_the_letter_that_says_what_was_given_was_sent(
    house: House,
) -> None:
    reference = access(house)
    sam = signed_in(house, "sam")
    approve(house, reference, "dora", to="sam")
    write(house, LetterKind.ANSWER)  # it says what will be given
    third_parties_checked(house, "sam")
    release(house)
    send(house)
    write(house, LetterKind.ANSWER)
    with pytest.raises(Refused, match="no letter was sent"):
        close_request(house.practice, sam, reference)
    send(house)
    assert close_request(house.practice, sam, reference) is RequestState.CLOSED
    assert contradictions(house) == []


def test_a_restriction_is_lifted_once_the_person_was_written_to(house: House) -> None:
    further = further_of(Purpose.RESTRICTION, received="2026-11-20")
    ask(house, purpose=Purpose.RESTRICTION, number=ANN, recordings=(1,), further=further)
    approve(house, "R-1", "dora", to="dora")
    dora = signed_in(house, "dora")
    write(house, LetterKind.RESTRICTED)
    send(house)
    with pytest.raises(Refused, match="told before that"):
        close_request(house.practice, dora, "R-1")
    with pytest.raises(Refused, match="does not say why the restriction ends"):
        write(house, LetterKind.LIFT)
    assert WORDS in text_of(write(house, LetterKind.LIFT, words=WORDS))
    send(house)
    assert close_request(house.practice, dora, "R-1") is RequestState.CLOSED


@pytest.mark.parametrize(
    ("destroyed", "said"), [((1,), "destroyed 1 of them."), ((1, 3), "destroyed them.")]
)
def test_what_was_destroyed_since_is_not_said_to_be_kept(
    house: House, destroyed: tuple[int, ...], said: str
) -> None:
    situation = "He is afraid of his former wife"
    further = further_of(Purpose.OBJECTION, received="2026-11-20", situation=situation)
    ask(house, purpose=Purpose.OBJECTION, number=ANN, recordings=(1, 3), further=further)
    approve(house, "R-1", "dora", to="dora")
    house.at = AFTERWARDS
    assert "destroyed" not in text_of(write(house, LetterKind.RESTRICTED))
    dispose(house, approved_disposal(house, *destroyed, note=ANOTHER_REASON))
    for kind, words in ((LetterKind.RESTRICTED, ""), (LetterKind.LIFT, WORDS)):
        text = " ".join(text_of(write(house, kind, words=words)).split())
        assert "2 recordings" in text
        assert f". Since then we have {said} " in text
    assert contradictions(house) == []


def test_a_reason_says_why_no_letter_is_sent(house: House) -> None:
    given(house, access(house))
    sam = signed_in(house, "sam")
    assert close_request(house.practice, sam, "R-1", reason=ANOTHER_REASON) is RequestState.CLOSED


# --- its paper ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_nobody_signs_a_page_on_which_nothing_else_stands(name: str) -> None:
    text = letter_text(LETTERS[name])
    pdf = letter_pdf(text, reference="R-17", at=datetime(2026, 11, 24, tzinfo=UTC))
    read = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    last = read.stdout.decode().strip("\f\n").split("\f")[-1]
    before = last.split("Yours sincerely,")[0].split()
    assert len(before) > 3


def test_the_paper_has_every_word_of_the_text_and_is_sound(house: House) -> None:
    given(house, access(house))
    letter = write(house, LetterKind.ANSWER)
    pdf = paper_of(house.practice, letter)
    path = house.folder / "letter.pdf"
    path.write_bytes(pdf)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
    read = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True)
    on_paper = re.findall(r"\w+", read.stdout.decode().casefold())
    in_text = re.findall(r"\w+", (letter.text or "").casefold())
    assert [word for word in in_text if word not in on_paper] == []
