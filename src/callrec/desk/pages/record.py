"""The audit record: read it, check it, and review some of the searches that it tells of."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from callrec.dataclass import dataclass
from callrec.desk.beside import Beside
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import moment_of, number_of, password_of
from callrec.desk.listing import Column, Listing, show_listing
from callrec.desk.rendering import as_json, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice
from callrec.registers.audit import Entry, LogFilter, list_audit, open_all_details
from callrec.registers.verify import Verification, verify_audit
from callrec.views.audit import (
    about_in_words,
    act_of,
    entries_json,
    utc,
    verification_json,
    verification_lines,
    what_is_wrong,
    what_was_changed,
)

SHOWN_AT_ONCE: Final = 50
"""Entries that are shown unless more are asked for."""

MOST_SHOWN: Final = 100_000

WAITED_FOR: Final = 2.0
"""Seconds for which a page waits for a check to end."""


@dataclass(frozen=True, slots=True, repr=False)
class _Entries:
    """What was read of the record. Its repr shows nothing."""

    entries: tuple[Entry, ...]
    total: int
    subject: str | None


def list_entries(seat: Seat, asked: Asked) -> Answered:
    """Read entries, on record, and show them on a page of their own."""
    since, until = (moment_of(seat, asked, each) for each in ("since", "until"))
    by, action, subject = (asked.first(each) or None for each in ("by", "action", "subject"))
    limit = number_of(asked, "limit", 1, MOST_SHOWN) or SHOWN_AT_ONCE
    wanted = LogFilter(by, action, subject, since, until)
    reader = seat.reader(password_of(asked))
    entries, total = list_audit(seat.practice, reader, wanted, limit=limit)
    return to(f"/record/{seat.keep(_Entries(entries, total, subject))}")


def show_entries(seat: Seat, asked: Asked, key: str) -> Answered:
    """What was read, as a table."""
    found = find_kept(seat, key, _Entries, "read it again: callrec audit list")
    listing = Listing(
        caption="Entries of the record",
        columns=(
            Column("seq", "entry", is_number=True),
            Column("at", "at (UTC)", shown=lambda e: utc(e.at)),
            Column("actor", "who"),
            Column("action", "what", shown=act_of),
            Column("outcome", "how it ended", has_codes=True),
            Column("subject", "about", shown=lambda e: about_in_words(e.subject, found.subject)),
        ),
        rows=found.entries,
        document=lambda rows: entries_json(rows, found.total),
        save_as="audit-record",
        nothing="No entry is as you asked.",
    )
    malformed = [each.seq for each in found.entries if each.is_malformed]
    return show_listing(
        seat,
        asked,
        listing,
        "record.html",
        title="The record",
        found=found,
        changed=what_was_changed(found.entries),
        malformed=malformed,
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Check:
    """A check of the record that goes on, or that is done. Its repr shows nothing."""

    began_at: datetime
    is_full: bool
    entries: int
    """How many the record had as it began."""
    work: Beside
    """Comes to a `Verification`."""


def check(seat: Seat, asked: Asked) -> Answered:
    """Begin to check the record, beside this login's other pages, and show how it goes."""
    full, new = asked.first("how") == "full", asked.first("how") == "new"
    reader = seat.reader(password_of(asked)) if full else None
    entries, work = seat.practice.register_size, partial(_verify, seat, reader, full=full, new=new)
    begun = _Check(seat.practice.now(), full, entries, Beside(seat.open_vault, work))
    return to(f"/record/check/{seat.keep(begun)}")


def _verify(
    seat: Seat, reader: Actor | None, practice: Practice, *, full: bool, new: bool
) -> Verification:
    opened = None
    if reader is not None and reader.has_key(VaultKey.AUDIT):
        opened = open_all_details(practice, reader)
    return verify_audit(
        practice.config,
        environ=seat.environ,
        trusted_root=lambda _: seat.session.root,
        against=(),
        full=full,
        only_new=new,
        opened_details=opened,
        at=practice.now(),
    )


def show_check(seat: Seat, asked: Asked, key: str) -> Answered:
    """How far a check has come, or its verdict."""
    begun = find_kept(seat, key, _Check, "check it again: callrec audit verify")
    begun.work.wait(WAITED_FOR)
    if begun.work.problem is not None:
        raise begun.work.problem
    found: Verification | None = begun.work.result
    if found is not None and asked.query.get("as") == "json":
        return as_json(verification_json(found), "audit-verify.json")
    return page(
        seat,
        "check.html",
        title="Check the record",
        begun=begun,
        seconds=int((seat.practice.now() - begun.began_at).total_seconds()),
        lines=tuple(verification_lines(found, full=begun.is_full)) if found else (),
        wrong=what_is_wrong(found) if found else None,
    )
