"""Instruct a supplier to delete what came in as its export [policy 2], on record.

Only what was read back and is the same is listed; if the practice wants that, only what lies on as
many drives as the practice keeps (`archive.copies`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

from callrec.archive.log import uids_with_enough_copies
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import ReadBack
from callrec.package.instruction import InstructedItem, SupplierInstruction, instruction_text
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.system.files import write_whole
from callrec.telephone.call import Call

INSTRUCTED = "supplier.instructed"

_LEAST_DIGITS = 6
"""So many digits in a row that a number ends in, and a reference holds, may name whose it is."""


@dataclass(frozen=True, slots=True)
class InstructionOrder:
    """What is to be asked, of whom, and where it is written."""

    to: Path
    """A file that ends in .pdf or .txt."""
    supplier: str
    within_days: int
    archived: bool
    """Whether only what lies on enough drives is listed."""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class WrittenInstruction:
    """An instruction that was written to its file and is on record."""

    path: Path
    recordings: int
    left_out: int
    """Recordings of the export that are not listed: not read back, or on too few drives."""
    sha256: str
    """SHA-256 of the file, in hex."""
    until: date


def check_may_instruct(practice: Practice, actor: Actor) -> None:
    """Check that a person may say that copies elsewhere are to be deleted.

    Raises:
        Refused: they may not.
    """
    with attempt(practice, actor, INSTRUCTED):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))


def write_instruction(
    practice: Practice, actor: Actor, compared: Iterable[ReadBack], order: InstructionOrder
) -> WrittenInstruction:
    """Write down what its supplier is to delete, and put that on record before it is there.

    Raises:
        Refused: the actor may not.
        Unusable: nothing can be listed.
    """
    check_may_instruct(practice, actor)
    compared = list(compared)
    same = [each for each in compared if each.problem is None]
    if order.archived:
        enough = uids_with_enough_copies(practice, {each.uid for each in same})
        same = [each for each in same if each.uid in enough]
    items, copies = _items(practice, same), practice.settings.archive.copies
    if not items:
        lacking = f" and lies on {copies} drives" if order.archived else ""
        raise Unusable(
            f"nothing of the export was read back{lacking}, so no deletion can be asked for",
            hint="archive it first, or leave out --archived"
            if order.archived
            else "run the same as somebody who may open recordings",
        )
    on = today(practice)
    said = SupplierInstruction(
        practice=practice.name,
        supplier=order.supplier,
        contact=practice.settings.practice.data_protection_contact,
        on=on,
        until=on + timedelta(days=order.within_days),
        items=items,
    )
    data = _maker(order.to)(said, practice)
    left_out, sha256 = len(compared) - len(items), hashlib.sha256(data).hexdigest()
    written = WrittenInstruction(order.to, len(items), left_out, sha256, said.until)
    listed = "".join(f"{each.sha256}\n" for each in items)
    details = {
        "archived": copies if order.archived else None,
        "listed": hashlib.sha256(listed.encode()).hexdigest(),
        "recordings": len(items),
        "sha256": sha256,
        "until": said.until.isoformat(),
    }
    record(practice, actor, INSTRUCTED, details=details)
    write_whole(order.to, data, replace=order.replaces)
    return written


def _maker(to: Path) -> Callable[[SupplierInstruction, Practice], bytes]:
    if to.suffix.lower() == ".txt":
        return lambda said, _: instruction_text(said).encode()
    from callrec.paper.instruction_pdf import instruction_pdf  # noqa: PLC0415  # fpdf2: 200 ms

    return lambda said, practice: instruction_pdf(said, at=practice.now())


def _items(practice: Practice, same: Iterable[ReadBack]) -> list[InstructedItem]:
    setup, zone = telephone_setup(practice.settings), practice.settings.time_zone
    items = []
    for each in same:
        member = each.source.member
        assert member is not None  # noqa: S101  # it is of an export
        call = member.call(setup)
        reference = call.unique_id or ""
        is_said = is_call_id(reference, call.started_at) and not names_somebody(reference, call)
        items.append(
            InstructedItem(
                line=member.line,
                day=call.started_at.astimezone(zone).date(),
                reference=reference if is_said else "",
                sha256=each.sha256,
            )
        )
    return sorted(items, key=lambda item: item.line)


_SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_SEPARATORS = re.compile(r"[_.:-]")
_HEX = re.compile(
    r"(?:[A-Za-z]{1,2}[_.:-]?)?"
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,64}"
    r"|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-9A-F]{16,64})"
)
_EPOCH = re.compile(r"([0-9]{10})\.[0-9]{1,6}")
"""As Asterisk and its relatives write a unique id: when it began, and which it was."""

_LETTERS = re.compile(r"[A-Za-z]{3}")
_NUMBER = re.compile(r"[0-9]{9}")
"""An NHS number has ten digits, a telephone number nine or more without its 0."""


def is_call_id(reference: str, began: datetime) -> bool:
    """Whether what a supplier calls a call is made as programs make such ids.

    No spaces, no three letters together outside a long hexadecimal number or UUID, and no nine
    digits together, whatever parts them, but an instant within a day of the call. Any other may
    be somebody's name or number.
    """
    if not _SHAPE.fullmatch(reference):
        return False
    if epoch := _EPOCH.fullmatch(reference):
        return abs(int(epoch[1]) - began.timestamp()) < timedelta(days=1).total_seconds()
    if _NUMBER.search(_SEPARATORS.sub("", reference)):
        return False
    return not _LETTERS.search(reference) or _HEX.fullmatch(reference) is not None


def names_somebody(reference: str, call: Call) -> bool:
    """Whether what a supplier calls a call shows a number of it, or a name of who spoke."""
    digits = re.sub(r"[^0-9]", "", reference)
    numbers = (re.sub(r"[^0-9]", "", end or "") for end in (call.caller, call.callee, call.number))
    ends = [number[-_LEAST_DIGITS:] for number in numbers if len(number) >= _LEAST_DIGITS]
    words = {word.casefold() for party in call.parties for word in re.findall(r"\w{3,}", party)}
    return any(end in digits for end in ends) or any(word in reference.casefold() for word in words)
