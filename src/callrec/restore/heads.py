"""What lies on attached volumes beside their bags: who said what was written, at which head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from callrec.archive.heads import KnownHeads, WrittenRun, known_heads, read_head, read_unverified
from callrec.audit.checkpoint import decode_base64
from callrec.audit.log import Head, stored_head
from callrec.audit.register import Voucher, read_newer_voucher
from callrec.catalogue.engine import reading
from callrec.crypto.statement import Statement, read_statement
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.practice import Practice
from callrec.restore.copy import read_copy
from callrec.volume.volume import Volume


@dataclass(frozen=True, slots=True)
class VolumeHeads:
    """What the proofs on volumes say."""

    said: tuple[tuple[Volume, WrittenRun, Head], ...]
    """What was written, as somebody entitled stated it, and at which head of the log."""
    claimed: tuple[tuple[Volume, WrittenRun], ...]
    """What proofs say that count for nothing: perhaps by somebody whom the log does not know."""
    passed_over: tuple[tuple[str, str], ...]
    """Labels of volumes on which a proof counts for nothing, and why: it cannot be read, or its
    maker might not."""
    untold: Mapping[str, Failed]
    """By its id, what a drive failed with that does not give all its proofs."""


def heads_on(practice: Practice, volumes: Sequence[Volume]) -> VolumeHeads:
    """What lies on the volumes, by whom it was stated, and at which head of the log.

    People whom the log does not know count by the voucher that comes with a copy of the catalogue,
    if somebody made it who governs.
    """
    said, claimed, passed_over = [], [], []
    untold: dict[str, Failed] = {}
    later = _later(practice, volumes)
    with reading(practice.engine) as connection:
        known = known_heads(practice, connection, later)
        for volume in volumes:
            try:
                names = volume.heads()
            except Failed as problem:
                untold[volume.volume] = problem
                passed_over.append((volume.label, f"its proofs: {problem.message}"))
                continue
            for name in names:
                try:
                    said.append((volume, *_said_by(practice, volume, name, known)))
                except (Tampered, NotFound, Failed) as problem:
                    why = f"its proof {name} counts for nothing: {problem.message}"
                    passed_over.append((volume.label, why))
                    if isinstance(problem, Failed):
                        untold[volume.volume] = problem
                    with suppress(Tampered, NotFound, Failed):
                        claimed.append((volume, read_unverified(practice, volume.head_of(name))))
    return VolumeHeads(tuple(said), tuple(claimed), tuple(passed_over), untold)


def _said_by(
    practice: Practice, volume: Volume, name: str, known: KnownHeads
) -> tuple[WrittenRun, Head]:
    written, head = read_head(practice, volume.head_of(name), known)
    if written.volume != volume.volume:
        raise Tampered("it is of another volume")
    return written, head


def _later(practice: Practice, volumes: Sequence[Volume]) -> Mapping[str, Voucher]:
    """The newest voucher of each person of whom the volumes know more than the log."""
    newest: dict[str, Voucher] = {}
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
    for statement in _vouchers_on(volumes, practice.vault):
        with suppress(Tampered):
            voucher = read_newer_voucher(practice.register, statement, size)
            if voucher is None:
                continue
            before = newest.setdefault(voucher.person.id, voucher)
            if before.serial < voucher.serial:
                newest[voucher.person.id] = voucher
    return newest


def _vouchers_on(volumes: Sequence[Volume], vault: str) -> Iterator[Statement]:
    """As they lie there; nothing of them is known to be true."""
    for volume in volumes:
        for voucher in _listed(volume):
            match voucher:
                case {"body": str(body), "signature": str(signature)}:
                    with suppress(Tampered):
                        yield read_statement(decode_base64(body), decode_base64(signature), vault)
                case _:
                    pass


def _listed(volume: Volume) -> Iterator[Any]:
    with suppress(Failed):
        for copy in volume.copies():
            with suppress(NotFound, Tampered, Unusable, Failed):
                yield from read_copy(volume, copy).vouchers
