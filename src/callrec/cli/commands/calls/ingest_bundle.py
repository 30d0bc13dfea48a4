"""ingest --bundle: a supplier's export is taken in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.cli.commands.calls.ingest_view import ingested_lines, run_json, show_previews
from callrec.cli.invocation import Invocation, check_destination, practice_and_signer
from callrec.cli.layout import Table
from callrec.dataclass import dataclass, replace
from callrec.errors import DoneInPart, Tampered, Unusable
from callrec.policy.days import as_typed
from callrec.system.shell import quoted
from callrec.views.words import counted

if TYPE_CHECKING:
    from callrec.intake.bundle import Bundle
    from callrec.intake.records import AvailableCallRecords
    from callrec.intake.summary import Ingested
    from callrec.practice import Actor, Practice
    from callrec.retention.instructing import InstructionOrder

ROWS_TRIED: Final = 10


@dataclass(frozen=True, slots=True)
class BundleOrder:
    """What is to be taken in, and how, as it was typed."""

    file: Path
    map_file: Path
    cdr: Sequence[Path]
    instruction: InstructionOrder | None
    """What the supplier is asked afterwards; None: nothing."""
    rows: int
    """How many `try_rows` shows."""


def read_order(
    file: Path | None,
    map_file: Path | None,
    cdr: Sequence[Path],
    others: Mapping[str, object],
    instruction: InstructionOrder | None,
    *,
    rows: int,
) -> BundleOrder:
    """What was typed; ``others``: by its name what goes with no export, if it was typed.

    Raises:
        Unusable: it does not go together.
    """
    if file is None or map_file is None:
        raise Unusable(
            "--bundle and --map go together: the export, and how its list is read",
            hint="give both: --bundle EXPORT.zip --map MAP.toml",
        )
    for name in filter(others.get, others):
        hint = "an export is taken in whole, and stays as it is"
        raise Unusable(f"--bundle does not go with {name}", hint=hint)
    return BundleOrder(file, map_file, cdr, instruction, rows)


def read_instruction(
    to: Path | None, supplier: str | None, within_days: int, *, archived: bool
) -> InstructionOrder | None:
    """What a supplier is to be asked, as typed.

    Raises:
        Unusable: it does not go together.
    """
    if to is None and (supplier or archived):
        typed = "--supplier" if supplier else "--archived"
        raise Unusable(f"{typed} goes with --instruction", hint="add --instruction FILE.pdf")
    if to is None:
        return None
    from callrec.retention.instructing import InstructionOrder

    if not supplier or not supplier.strip() or not supplier.isprintable():
        raise Unusable("name who is to delete the recordings", option="--supplier NAME")
    return InstructionOrder(to, supplier.strip(), within_days, archived)


def try_rows(invocation: Invocation, order: BundleOrder) -> None:
    """Show how the first rows are read; no sound is."""
    from callrec.intake.bundle import open_bundle
    from callrec.intake.bundle_map import read_bundle_map
    from callrec.intake.preview import preview_rows
    from callrec.intake.reading import telephone_setup

    form = read_bundle_map(order.map_file)
    with open_bundle(order.file, form, today=invocation.today()) as bundle:
        previews = preview_rows(bundle.found, telephone_setup(invocation.settings))
        show_previews(invocation.out, list(islice(previews, order.rows)))


def rehearse_bundle(invocation: Invocation, order: BundleOrder) -> None:
    """Show how all of it would be taken in."""
    from callrec.intake.bundle import open_bundle
    from callrec.intake.bundle_map import read_bundle_map
    from callrec.intake.preview import preview_found
    from callrec.intake.reading import telephone_setup
    from callrec.intake.records import open_call_records

    form, setup = read_bundle_map(order.map_file), telephone_setup(invocation.settings)
    with (
        open_bundle(order.file, form, today=invocation.today()) as bundle,
        open_call_records(order.cdr, invocation.settings) as records,
    ):
        previews = preview_found(bundle.found, setup, records, now=invocation.now())
        show_previews(invocation.out, list(previews))


def ingest_bundle(invocation: Invocation, order: BundleOrder) -> None:
    """Take it in; what was taken in is read back before it is told."""
    from callrec.intake.bundle import open_bundle
    from callrec.intake.bundle_map import read_bundle_map
    from callrec.intake.records import open_call_records

    form = read_bundle_map(order.map_file)
    practice, actor = practice_and_signer(invocation)
    order = _checked(invocation, practice, actor, order)
    with (
        open_bundle(order.file, form, today=invocation.today()) as bundle,
        open_call_records(order.cdr, practice.settings) as records,
    ):
        done = _take_in(invocation, practice, actor, bundle, records)
        if order.instruction is not None and not done.damaged:
            _instruct(invocation, practice, actor, done, order.instruction)
    if done.damaged:
        raise Tampered(f"{counted(done.damaged, 'sealed copy')} in the vault cannot be read back")
    if done.quarantined:
        left = counted(len(done.quarantined), "row or sound", "rows or sounds")
        hint = "the list says why; correct the map, or ask the supplier, and run the same again"
        raise DoneInPart(f"{left} of the export not taken in", hint=hint)


def _checked(
    invocation: Invocation, practice: Practice, actor: Actor, order: BundleOrder
) -> BundleOrder:
    """The same, once it is clear that what is to be asked may be, and where it goes."""
    if order.instruction is None:
        return order
    from callrec.retention.instructing import check_may_instruct

    check_may_instruct(practice, actor)
    to = order.instruction.to
    replaces = check_destination(invocation, to, yes=False, suffixes=(".pdf", ".txt"))
    return replace(order, instruction=replace(order.instruction, replaces=replaces))


def _instruct(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    done: Ingested,
    order: InstructionOrder,
) -> None:
    from callrec.retention.instructing import write_instruction

    written = write_instruction(practice, actor, done.read_back, order)
    out, path = invocation.out, quoted(written.path)
    out.note(
        f"{counted(written.recordings, 'recording')} to be deleted by {order.supplier} until"
        f" {as_typed(written.until)}: the instruction is in {path}"
    )
    if written.left_out:
        out.note(f"{counted(written.left_out, 'recording')} not listed there")
    out.next_step(f"print {path}, have it signed, and send it")


def _take_in(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    bundle: Bundle,
    records: AvailableCallRecords | None,
) -> Ingested:
    from callrec.intake.clearing import parse_after
    from callrec.intake.ingest import ingest_recordings
    from callrec.intake.records import UnusedRows

    out, began = invocation.out, time.perf_counter()
    with out.progress("sealing", total=bundle.size_bytes, in_bytes=True) as advance:
        done = ingest_recordings(
            practice,
            actor,
            [bundle.path],
            after=parse_after("keep"),
            advance=advance,
            records=records,
            bundle=bundle,
        )
    unused, seconds = records.unused if records else UnusedRows(), time.perf_counter() - began
    same = sum(each.problem is None for each in done.read_back)
    value = {
        **run_json(done, unused, seconds),
        "read_back": same,
        "not_read_back": len(done.read_back) - same,
    }
    within, zone = f"{bundle.path}{os.sep}", practice.settings.time_zone
    lines = ingested_lines(done, unused, seconds, zone, within=within)
    out.show(value, [*lines, *_read_back_lines(done, same, within)])
    return done


def _read_back_lines(done: Ingested, same: int, within: str) -> Iterator[str | Table]:
    from callrec.intake.clearing import why_left

    if same:
        yield f"{counted(same, 'recording')} read back from the vault, the same as in the export."
    if others := [each for each in done.read_back if each.problem is not None]:
        yield f"{counted(len(others), 'recording')} not read back:"
        named = [(str(each.source.path).removeprefix(within), each.problem) for each in others]
        rows = [(name, why_left(problem)) for name, problem in named if problem]
        yield Table(("file", "why"), rows)
