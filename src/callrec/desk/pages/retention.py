"""Retention: what is due to be destroyed, proposed and carried out; and an intake taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from markupsafe import Markup

from callrec.archive.attached import attached_volumes
from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_typed, password_of
from callrec.desk.listing import Column, Listing, items, show_listing
from callrec.desk.memory import folder_in_memory, zipped
from callrec.desk.rendering import download, go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.package.destroyed import DestructionCertificate
from callrec.policy.clause import Law
from callrec.practice import Actor, Practice
from callrec.registers.verify import check_vault
from callrec.retention.certificate import certify, kept_under
from callrec.retention.certified import issue_certificate
from callrec.retention.destroy import DestructionItem
from callrec.retention.erase import (
    carry_out,
    is_carried_out,
    preview_destruction,
    preview_disposal,
    preview_erasure,
    propose_disposal,
)
from callrec.retention.review import review_retention
from callrec.retention.undo import preview_undo, propose_undo
from callrec.views.destroyed import destroyed_lines, disposal_lines, erasure_lines
from callrec.views.retention import (
    REVIEW_COLUMNS,
    due_json,
    proposed_lines,
    review_cells,
    review_json,
    stops,
    undo_lines,
)
from callrec.views.typed import read_request

_COLUMNS = (
    Column("month", "Month of the calls", shown=lambda due: f"{due.month:%b %Y}"),
    Column("category", "Category", value=lambda due: due.category.name, has_codes=True),
    Column("due", "Due", value=lambda due: due.recordings, is_number=True),
    Column("free", "Free", is_number=True),
    Column("stopped_by", "Stopped by", value=lambda due: tuple(stops(due))),
)


def show_review(seat: Seat, asked: Asked) -> Answered:
    """What is due, by category and month, and what stops it. That you looked is recorded."""
    found = review_retention(seat.practice, seat.actor)
    listing = Listing(
        caption="Due to be destroyed",
        columns=_COLUMNS,
        rows=found.due,
        document=lambda due: review_json(found, due),
        save_as="retention-review",
        nothing="Nothing is due.",
        spreadsheet=(REVIEW_COLUMNS, review_cells),
    )
    return show_listing(seat, asked, listing, "retention.html", title="Retention", found=found)


def ask_propose(seat: Seat, asked: Asked) -> Answered:
    """What would be proposed for disposal."""
    made = preview_disposal(seat.practice, seat.actor)
    listing = Listing(
        caption="Would be proposed for disposal",
        columns=_COLUMNS,
        rows=made.due,
        document=items(due_json),
        save_as="disposal",
        spreadsheet=(REVIEW_COLUMNS, review_cells),
    )
    return show_listing(
        seat,
        asked,
        listing,
        "dispose_propose.html",
        title="Propose a disposal",
        made=made,
        lines=tuple(proposed_lines(made)),
    )


def propose(seat: Seat, _asked: Asked) -> Answered:
    """Make a request for the disposal of what is due and stopped by nothing."""
    made = propose_disposal(seat.practice, seat.actor)
    return go_on(seat, "/", *proposed_lines(made))


@dataclass(frozen=True, slots=True)
class Destroying:
    """How what was approved is destroyed."""

    command: str
    """What does it at a terminal, but for the request."""
    address: str
    """What does it here; the request stands in it."""
    preview: Callable[[Practice, Actor, str], Sequence[DestructionItem]]
    lines: Callable[[Sequence[DestructionItem]], Iterator[str]]
    law: Law
    """By what is kept that was asked for."""


DISPOSING: Final = Destroying(
    "callrec retention dispose",
    "/retention/dispose/{}",
    preview_destruction,
    disposal_lines,
    Law.RECORDS_CODE,
)

ERASING: Final = Destroying(
    "callrec request erase", "/requests/{}/erase", preview_erasure, erasure_lines, Law.ERASURE
)


@dataclass(frozen=True, slots=True, repr=False)
class _Foreseen:
    """What would be destroyed, as it was shown. Its repr shows nothing."""

    reference: str
    items: Sequence[DestructionItem]


def ask_dispose(seat: Seat, asked: Asked, request: str) -> Answered:
    """The password, to see what would be destroyed as it was approved."""
    reference = read_request(request)
    return _dispose(
        seat, asked, reference, carried_out=is_carried_out(seat.practice, seat.actor, reference)
    )


def _dispose(
    seat: Seat, asked: Asked, reference: str, lines: Iterable[str] = (), *, carried_out: bool
) -> Answered:
    return page(
        seat,
        "dispose.html",
        title=f"Carry out {reference}",
        asked=asked,
        reference=reference,
        carried_out=carried_out,
        lines=tuple(lines),
    )


def foresee(seat: Seat, asked: Asked, request: str, how: Destroying = DISPOSING) -> Answered:
    """Show what would be destroyed; or go on with what is owed of what was destroyed before."""
    reference = read_request(request)
    if is_carried_out(seat.practice, seat.actor, reference):
        return _carry_out(seat, asked, reference, how)
    reader = seat.reader(password_of(asked))
    items = how.preview(seat.practice, reader, reference)
    return to(f"{how.address.format(reference)}/{seat.keep(_Foreseen(reference, items))}")


def _foreseen(seat: Seat, request: str, key: str, how: Destroying) -> _Foreseen:
    again = f"look at it again: {how.command} {read_request(request)}"
    return find_kept(seat, key, _Foreseen, again)


def ask_destroy(
    seat: Seat, asked: Asked, request: str, key: str, how: Destroying = DISPOSING
) -> Answered:
    """What would be destroyed, and whether it is to be."""
    foreseen = _foreseen(seat, request, key, how)
    lines = how.lines(foreseen.items)
    return _dispose(seat, asked, foreseen.reference, lines, carried_out=False)


def destroy(
    seat: Seat, asked: Asked, request: str, key: str, how: Destroying = DISPOSING
) -> Answered:
    """Destroy what was foreseen, once its reference was typed."""
    foreseen = _foreseen(seat, request, key, how)
    check_typed(asked, foreseen.reference)
    return _carry_out(seat, asked, foreseen.reference, how)


def _carry_out(seat: Seat, asked: Asked, reference: str, how: Destroying) -> Answered:
    practice, actor = seat.practice, seat.signer(password_of(asked))
    done = carry_out(
        practice,
        actor,
        reference,
        how.preview,
        volumes=[volume.at for volume in attached_volumes(practice).values()],
        check=check_vault,
        advance=lambda _: None,
    )
    kept = kept_under(practice, reference)
    lines = [*destroyed_lines(reference, done, kept, how.law)]
    if asked.ticked("certificate"):
        certificate = certify(practice, reference, done)
        if certificate is None:
            lines.append("no certificate is given out yet: that is done once nothing is owed")
        else:
            key = seat.keep(_issued(seat, actor, certificate))
            lines.append(_LINK.format(f"/certificate/{key}", "Save the certificate"))
    if how is ERASING:
        lines.append(_LINK.format(f"/requests/{reference}/letters", f"Letters about {reference}"))
    return go_on(seat, "/", *lines)


_LINK: Final = Markup('<a href="{}">{}</a>')


@dataclass(frozen=True, slots=True, repr=False)
class _Certificate:
    """A certificate that was given out, as one file. Its repr shows nothing."""

    name: str
    data: bytes


def _issued(seat: Seat, actor: Actor, certificate: DestructionCertificate) -> _Certificate:
    with folder_in_memory(seat.environ) as folder:
        written = issue_certificate(seat.practice, actor, certificate, folder)
        return _Certificate(f"{written.name}.zip", zipped(written))


def send_certificate(seat: Seat, _asked: Asked, key: str) -> Answered:
    """The certificate that was given out, for the browser to save."""
    again = "carry it out again with the box ticked: another one is given out"
    issued = find_kept(seat, key, _Certificate, again)
    return download(issued.data, "application/zip", issued.name)


def undo(seat: Seat, asked: Asked) -> Answered:
    """Say what would be taken back, or propose it."""
    practice, actor, batch = seat.practice, seat.actor, asked.first("batch")
    if asked.first("how") == "propose":
        made = propose_undo(practice, actor, batch, reason=asked.first("reason"), sources=[])
        return go_on(seat, "/", *undo_lines(made))
    lines = tuple(undo_lines(preview_undo(practice, actor, batch, sources=[])))
    return page(seat, "undo.html", title="Take back an intake", asked=asked, lines=lines)
