"""The letters of a request, read from its leaves (docs/formats/grant.md, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf, detail_commitment
from callrec.audit.log import LogTransaction
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.dataclass import dataclass, replace
from callrec.errors import NotFound, Tampered
from callrec.policy.handing_over import Channel
from callrec.policy.request import RequestAct
from callrec.policy.rights.letter import RANDOM_BYTES, LetterKind, kind_of, letter_id
from callrec.practice import Actor, Practice
from callrec.record.forms import NONCE_BYTES, Day, Hex, as_json, read
from callrec.requests.history import log_request_event, open_words, read_words, store_words
from callrec.requests.model import OpenRequest


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterBody:
    """A letter as it lies under the request key. Its repr shows nothing."""

    letter: str
    """Its text."""
    on: Day
    pdf: Hex
    """SHA-256 of its paper."""
    text: Hex
    """SHA-256 of its text."""

    @property
    def details(self) -> Mapping[str, Any]:
        """What the log itself has of it: no word of it, and no name."""
        return {name: value for name, value in as_json(self).items() if name != "letter"}


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A letter that was written. Its repr shows nothing."""

    id: str
    number: int
    """Of those about its request, from 1."""
    kind: LetterKind
    written: Leaf
    body: LetterBody | None
    """None for who may not open the version that stood then."""
    sent: tuple[tuple[date, Channel], ...] = ()
    """When and how, as it was written down; the newest counts."""


def log_letter(
    act: LogTransaction, actor: Actor, request: OpenRequest, kind: LetterKind, body: LetterBody
) -> Leaf:
    """Put a letter on record: its hashes by its leaf, itself sealed with the request."""
    nonce = primitives.random_bytes(NONCE_BYTES)
    after = log_request_event(
        act,
        actor,
        request.history,
        RequestAct.LETTER_WRITTEN,
        subject=[letter_id(kind, primitives.random_bytes(RANDOM_BYTES))],
        details=body.details,
        nonce=nonce,
    )
    leaf, plain = after.leaves[-1], nonce + canonical(dict(as_json(body)))
    store_words(act.connection, request.version_id, request.key, leaf.seq, plain)
    return leaf


def read_letters(
    practice: Practice, connection: Connection, request: OpenRequest
) -> tuple[Letter, ...]:
    """The letters about a request, oldest first.

    Raises:
        Tampered: one is not as it was written, or was sent and never written.
    """
    found: dict[str, Letter] = {}
    opened, said = open_words(connection, request), read_words(connection, request)
    for leaf in request.history.leaves:
        if leaf.act not in (RequestAct.LETTER_WRITTEN, RequestAct.LETTER_SENT):
            continue
        id_, kind = leaf.subject[1], kind_of(leaf.subject[1])
        if leaf.act == RequestAct.LETTER_WRITTEN and kind is not None and id_ not in found:
            body = None
            if request.history.versions[leaf.seq] in request.keys:
                body = _read_body(practice.vault, leaf, opened.get(leaf.seq))
            found[id_] = Letter(id_, len(found) + 1, kind, leaf, body)
        elif leaf.act == RequestAct.LETTER_SENT and id_ in found:
            sent = (*found[id_].sent, *_sent(said.get(leaf.seq)))
            found[id_] = replace(found[id_], sent=sent)
        else:
            raise Tampered("a letter was sent that was not written, or written twice")
    return tuple(found.values())


def choose_letter(letters: tuple[Letter, ...], number: int | None, reference: str) -> Letter:
    """The letter of a number; the newest where none is given."""
    for letter in reversed(letters):
        if number in (None, letter.number):
            return letter
    raise letter_not_found(number, reference)


def letter_not_found(number: int | None, reference: str) -> NotFound:
    """The error for a letter that does not exist."""
    which = "letter" if number is None else f"letter {number}"
    return NotFound(
        f"there is no {which} about {reference}",
        hint=f"callrec request letter {reference} lists what there is, and what can be written",
    )


def paper_time(practice: Practice, on: date) -> datetime:
    """When a letter's paper says that it was made: its day begins, wherever it is printed again."""
    return datetime.combine(on, time(), practice.settings.time_zone)


def _read_body(vault: str, leaf: Leaf, kept: tuple[bytes, bytes] | None) -> LetterBody:
    if kept is None:
        raise Tampered(f"the letter that leaf {leaf.seq} commits to is missing")
    nonce, plain = kept
    body = read(LetterBody, parse(plain), "a letter is in no form")
    committed = detail_commitment(vault, leaf.seq, nonce, canonical(dict(body.details)))
    if committed != leaf.detail or primitives.sha256(body.letter.encode()) != body.text:
        raise Tampered(f"the letter of leaf {leaf.seq} is not the one that was written")
    return body


def _sent(words: Mapping[str, Any] | None) -> tuple[tuple[date, Channel], ...]:
    if words is None:
        return ()
    try:
        return ((date.fromisoformat(words["on"]), Channel(words["channel"])),)
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered("it is in no form when a letter was sent") from error
