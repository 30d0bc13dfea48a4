"""Write to the person who asked; and the dossier of a request."""

from __future__ import annotations

from callrec.desk.documents import show_document
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import day_of, number_in, password_of, word_of
from callrec.desk.rendering import download, go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import Tampered
from callrec.letters.letter import (
    WrittenLetter,
    choose_written,
    list_letters,
    paper_of,
    record_letter_sent,
    write_letter,
)
from callrec.policy.handing_over import Channel
from callrec.policy.rights.letter import WITH_WORDS, LetterKind
from callrec.registers.dossier import Dossier, read_dossier
from callrec.registers.dossier_document import dossier_document
from callrec.views.registers import dossier_json
from callrec.views.requests.letters import QUESTIONS, changed_since, late_lines
from callrec.views.typed import read_request
from callrec.views.words import WAYS


def show_letters(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The letters about a request, and those that can be written now; that is on record."""
    which = read_request(reference)
    letters = list_letters(seat.practice, seat.reader(), which)
    return page(
        seat,
        "letters.html",
        title=f"Letters about {which}",
        asked=asked,
        reference=which,
        letters=letters,
        kinds=[(each.value, f"It says {each.meaning}") for each in letters.possible],
        questions=[each for each in letters.possible if each in WITH_WORDS],
        question=QUESTIONS,
    )


def write(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Write one."""
    kind = word_of(asked, "kind", LetterKind, "letter")
    words = asked.first(f"tell-{kind}")
    actor, which = seat.signer(password_of(asked)), read_request(reference)
    written = write_letter(seat.practice, actor, which, kind, words=words)
    lines = [f"letter {written.number} is on record; read it before you send it"]
    about, reached = seat.practice.settings.practice, seat.practice.settings.release.contact
    if not (about.data_protection_contact or reached):
        lines.append("it does not say how to reach you")
    return go_on(seat, f"/requests/{which}/letters/{written.number}", *lines)


def show_letter(seat: Seat, asked: Asked, reference: str, number: str) -> Answered:
    """One, as the person reads it."""
    written = _written(seat, reference, number)
    return page(
        seat,
        "letter.html",
        title=f"Letter {written.number} about {written.reference}",
        asked=asked,
        letter=written,
        ways=list(WAYS.items()),
    )


def say_sent(seat: Seat, asked: Asked, reference: str, number: str) -> Answered:
    """Put on record that it was sent."""
    on, how = day_of(seat, asked, "sent"), word_of(asked, "how", Channel, "way")
    actor, which = seat.signer(password_of(asked)), read_request(reference)
    sent = record_letter_sent(seat.practice, actor, which, on=on, how=how, number=number_in(number))
    line = f"it is on record that letter {sent.number} was sent"
    changed = (f"{note}: {command}" for note, command in changed_since(sent))
    return go_on(seat, f"/requests/{which}/letters", line, *late_lines(sent), *changed)


def send_paper(seat: Seat, _asked: Asked, reference: str, number: str) -> Answered:
    """The letter as PDF."""
    written = _written(seat, reference, number)
    name = f"letter-{written.reference}-{written.number}.pdf"
    return download(paper_of(seat.practice, written), "application/pdf", name)


def _written(seat: Seat, reference: str, number: str) -> WrittenLetter:
    letters = list_letters(seat.practice, seat.reader(), read_request(reference))
    return choose_written(letters, number_in(number))


def show_dossier(seat: Seat, _asked: Asked, reference: str) -> Answered:
    """Everything that ever happened to a request; reading it is on record."""
    found = read_dossier(seat.practice, seat.reader(), read_request(reference))
    return to(f"/requests/{found.reference}/dossier/{seat.keep(found)}")


def show_read_dossier(seat: Seat, asked: Asked, reference: str, key: str) -> Answered:
    """A dossier that was read: as a page, or as the file that is asked for."""
    again = f"read it again: callrec request dossier {read_request(reference)}"
    found = find_kept(seat, key, Dossier, again)
    if found.forged and not asked.query.get("as"):
        seat.problem = Tampered(
            f"entries that name somebody who is not shown to have made them: {found.forged}"
        )
    document, name = dossier_document(found, seat.zone), f"dossier-{found.reference}"
    return show_document(seat, asked, document, name, dossier_json(found))
