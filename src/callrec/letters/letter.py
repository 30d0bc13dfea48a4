"""Write a letter, print it again, say that it was sent [UK GDPR 12; policy 4(e), 4(f)]."""

from __future__ import annotations

from datetime import date

from callrec.catalogue.engine import reading
from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass, replace
from callrec.errors import Refused
from callrec.letters.facts import LetterSource, recipients_unseen, tells_recipients
from callrec.letters.log import (
    Letter,
    LetterBody,
    choose_letter,
    letter_not_found,
    log_letter,
    paper_time,
    read_letters,
)
from callrec.letters.wording import letter_text
from callrec.login.people import logins
from callrec.policy.clause import Clause
from callrec.policy.handing_over import Channel
from callrec.policy.handling import check_may_record_event
from callrec.policy.request import RequestAct
from callrec.policy.rights.letter import (
    LetterKind,
    check_is_true,
    check_was_sent,
    check_words,
    ended_by,
    is_sent_late,
    possible_letters,
)
from callrec.practice import Actor, Practice, record, today
from callrec.release.rights import sees_recipients
from callrec.requests.clock import day_of_leaf, first_month_ends_on
from callrec.requests.history import log_with_words
from callrec.requests.lapse import attempt_on, signing_on
from callrec.requests.model import OpenRequest
from callrec.requests.open import check_readable, read_request, sees_in_full
from callrec.requests.show import REQUEST_SHOWN


@dataclass(frozen=True, slots=True, repr=False)
class WrittenLetter:
    """A letter about a request, as it is on record. Its repr shows nothing."""

    reference: str
    number: int
    kind: LetterKind
    on: date
    by: str
    """Login of who wrote it."""
    sent_on: date | None
    sent_by: Channel | None
    """By which way."""
    text: str | None
    """None where the reader may not read it."""
    text_sha256: str | None
    """In hex, as `pdf_sha256`."""
    pdf_sha256: str | None
    ended_on: date | None = None
    """When what it tells of ended after it was sent, as that is put on record; None: it stands."""
    late_since: date | None = None
    """The last day on which it would have been in time, as that it was sent is put on record."""


@dataclass(frozen=True, slots=True, repr=False)
class Letters:
    """The letters about a request, and which can be written now. Its repr shows nothing."""

    reference: str
    written: tuple[WrittenLetter, ...]
    possible: tuple[LetterKind, ...]
    unseen: frozenset[LetterKind] = frozenset()
    """Kinds that tell who else has the recordings, where the reader does not see that."""


def write_letter(
    practice: Practice, actor: Actor, reference: str, kind: LetterKind, *, words: str = ""
) -> WrittenLetter:
    """Write a letter from what is on record; its hashes are in the log, itself lies sealed.

    Args:
        practice: the open vault.
        actor: who handles the request.
        reference: ``R-17``.
        kind: what it is for.
        words: why it takes longer, or what has to be known; of those two kinds alone.

    Raises:
        NotFound: there is no such request.
        Refused: it is not the actor's to write, or what it would say is not so, or the words name
            what is kept from the person.
        Unusable: words are given that have no place in it.
        Locked: it takes the actor's password.
        Tampered: the request is not as it was made.
    """
    from callrec.paper.letter_pdf import letter_pdf  # noqa: PLC0415  # fpdf2: 200 ms

    with signing_on(practice, actor, RequestAct.LETTER_WRITTEN, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_may_record_event(actor.person, request.facts, on=today(practice))
        source = LetterSource(practice, actor, act.connection, request)
        check_is_true(kind, source.facts())
        check_words(kind, words)
        if words:
            source.check_tells_nothing_kept(words)
        content = source.content(kind, words=words)
        text = letter_text(content)
        pdf = letter_pdf(text, reference=reference, at=paper_time(practice, content.on))
        body = LetterBody(letter=text, on=content.on, pdf=sha256(pdf), text=sha256(text.encode()))
        number = len(read_letters(practice, act.connection, request)) + 1
        leaf = log_letter(act, actor, request, kind, body)
    return _written(practice, reference, Letter(leaf.subject[1], number, kind, leaf, body))


def record_letter_sent(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    on: date,
    how: Channel,
    number: int | None = None,
) -> WrittenLetter:
    """Write down that a letter was sent, when and by which way; said again, the newest counts.

    ``number``: which of the letters about the request; the newest where none is given.

    Raises:
        NotFound: there is no such request, or no such letter.
        Refused: it is not the actor's to say, or cannot have been on that day, or is true no more.
        Locked, Tampered: as `write_letter`.
    """
    with signing_on(practice, actor, RequestAct.LETTER_SENT, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_may_record_event(actor.person, request.facts, on=today(practice))
        written = read_letters(practice, act.connection, request)
        letter = choose_letter(written, number, reference)
        written_on = day_of_leaf(practice, letter.written)
        end = ended_by(letter.id, request.history.events)
        ended_on = end.at.astimezone(practice.settings.time_zone).date() if end else None
        check_was_sent(
            on,
            reference,
            letter.number,
            letter.kind,
            written_on=written_on,
            ended_on=ended_on,
            today=today(practice),
        )
        words = {"channel": str(how), "on": on.isoformat()}
        what = RequestAct.LETTER_SENT
        log_with_words(act, actor, request, what, words, subject=[letter.id])
        seen = _as_seen(letter, _unseen(actor, request))
    sent = _written(practice, reference, replace(seen, sent=((on, how),)))
    month_ends_on = first_month_ends_on(practice, request.clock) if request.clock else None
    is_late = is_sent_late(letter.kind, on, month_ends_on)
    return replace(sent, ended_on=ended_on, late_since=month_ends_on if is_late else None)


def list_letters(practice: Practice, actor: Actor, reference: str) -> Letters:
    """The letters about a request, and their texts for those who see it in full.

    One that tells who else has the recordings has its text only for those who could write it.

    That they were shown is logged first.

    Raises:
        NotFound, Refused, Locked, Tampered: as `requests.show.show_request`.
    """
    with attempt_on(practice, actor, REQUEST_SHOWN, reference) as row:
        with reading(practice.engine) as connection:
            check_readable(actor, connection, row)
        record(practice, actor, REQUEST_SHOWN, subject=[row.id])
        unseen: frozenset[LetterKind] = frozenset()
        with reading(practice.engine) as connection:
            request = read_request(practice, actor, connection, reference)
            letters = read_letters(practice, connection, request)
            if not sees_in_full(practice, actor, request):  # a letter names people
                letters = tuple(replace(each, body=None) for each in letters)
            else:
                unseen = _unseen(actor, request)
                letters = tuple(_as_seen(each, unseen) for each in letters)
            facts = LetterSource(practice, actor, connection, request).facts()
    written = tuple(_written(practice, reference, letter) for letter in letters)
    return Letters(reference, written, possible_letters(facts), unseen)


def _unseen(actor: Actor, request: OpenRequest) -> frozenset[LetterKind]:
    """The kinds that the actor could not write, and so does not read."""
    if sees_recipients(actor):
        return frozenset()
    return frozenset(kind for kind in LetterKind if tells_recipients(kind, request.purpose))


def _as_seen(letter: Letter, unseen: frozenset[LetterKind]) -> Letter:
    return replace(letter, body=None) if letter.kind in unseen else letter


def choose_written(letters: Letters, number: int | None) -> WrittenLetter:
    """The letter of a number, or the newest, to be printed again.

    Raises:
        NotFound: there is none.
        Refused: it is not theirs to read, or tells who else has the recordings.
    """
    for each in reversed(letters.written):
        if number in (None, each.number):
            if each.text is None and each.kind in letters.unseen:
                raise recipients_unseen(letters.reference, f"--letter {each.number}")
            if each.text is None:
                raise Refused(
                    "a letter is read by those who handle its request",
                    clause=Clause.CONTROLLED_ACCESS,
                    hint=f"callrec request show {letters.reference} says who they are",
                )
            return each
    raise letter_not_found(number, letters.reference)


def paper_of(practice: Practice, letter: WrittenLetter) -> bytes:
    """The paper of a letter, as PDF: the same bytes each time that it is printed.

    A later callrec may set its words otherwise than the one that wrote it: then its hash is another
    than the letter's `pdf_sha256`.
    """
    from callrec.paper.letter_pdf import letter_pdf  # noqa: PLC0415  # a list needs none

    at = paper_time(practice, letter.on)
    return letter_pdf(letter.text or "", reference=letter.reference, at=at)


def _written(practice: Practice, reference: str, letter: Letter) -> WrittenLetter:
    body, sent = letter.body, letter.sent[-1:]
    return WrittenLetter(
        reference=reference,
        number=letter.number,
        kind=letter.kind,
        on=day_of_leaf(practice, letter.written),
        by=logins(practice)[letter.written.actor],
        sent_on=sent[0][0] if sent else None,
        sent_by=sent[0][1] if sent else None,
        text=body.letter if body else None,
        text_sha256=body.text.hex() if body else None,
        pdf_sha256=body.pdf.hex() if body else None,
    )
