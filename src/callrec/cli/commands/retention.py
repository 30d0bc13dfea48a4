"""retention: review, set, dispose, undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.register import write_report
from callrec.cli.commands.requests.erase import DISPOSING, destroy_as_approved
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    check_destination,
    practice_and_actor,
    practice_of,
)
from callrec.cli.layout import Table
from callrec.errors import Unusable
from callrec.policy.retention import DueGroup
from callrec.system.shell import quoted
from callrec.system.spreadsheet import to_csv
from callrec.views.typed import read_request
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.retention.erase import DisposalProposal
    from callrec.retention.review import RetentionReview

retention_app = new_app()


@retention_app.command()
def review(ctx: Context, *, to: options.RegisterFile = None, yes: options.Yes = False) -> None:
    """Count what is due to be destroyed, by category and month, and what stops it.

    Nothing is destroyed, and only counts are shown. That you looked is recorded.
    """
    from callrec.retention.review import review_retention
    from callrec.views.retention import REVIEW_COLUMNS, review_cells, review_json

    practice = practice_of(ctx.obj)
    replace = to is not None and check_destination(ctx.obj, to, yes=yes, suffixes=(".csv", ".json"))
    found = review_retention(practice, acting_person(ctx.obj, practice))
    if to is None:
        ctx.obj.out.show(review_json(found), _words(found))
        if found.free:
            ctx.obj.out.next_step("callrec retention dispose")
    else:
        rows, lines = map(review_cells, found.due), len(found.due)
        table = partial(to_csv, REVIEW_COLUMNS, rows, practice.settings.time_zone)
        write_report(to, review_json(found), table, replace=replace)
        ctx.obj.out.show({"path": to, "lines": lines}, f'"{to}" is written, lines: {lines}')


@retention_app.command()
def dispose(
    ctx: Context,
    request: Approved = None,
    *,
    volumes: options.OnVolumes = None,
    to: options.CertificateTo = None,
    sources: SourceFolders = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> None:
    """Propose to destroy what is due and nothing stops; with an approved request, destroy it.

    The Data Controller decides about each recording, and carries it out. If an archive drive is not
    attached, attach it later and run the same command again, or archive to it. When every drive is
    done, --to writes the certificate.
    """
    from callrec.retention.erase import preview_destruction

    if request is None:
        if volumes or to or sources:
            misplaced = "--drive, --to and --sources go with a request that was approved"
            raise Unusable(misplaced, hint="callrec retention dispose REQUEST")
        _propose(ctx.obj, dry_run=dry_run)
        return
    preview = partial(preview_destruction, sources=sources or [])
    destroy = partial(destroy_as_approved, ctx.obj, request, DISPOSING, preview)
    destroy(volumes=volumes, to=to, dry_run=dry_run, yes=yes)


def _propose(invocation: Invocation, *, dry_run: bool) -> None:
    from callrec.retention.erase import preview_disposal, propose_disposal
    from callrec.views.retention import due_json

    practice, out = practice_of(invocation), invocation.out
    propose = preview_disposal if dry_run else propose_disposal
    made = propose(practice, acting_person(invocation, practice))
    value = {
        "id": made.reference or None,
        **facts(made, "recordings"),
        "items": [due_json(due) for due in made.due],
        **facts(made, "left"),
    }
    out.show(value, _proposed_words(made))
    if made.reference:
        out.next_step(f"callrec request show {made.reference}")


@retention_app.command("set")
def set_(
    ctx: Context,
    recordings: options.RecordingIds,
    category: CategoryName,
    *,
    reason: options.Reason = None,
) -> None:
    """Set the category of recordings, which says how long they are kept.

    A recording without one is routine. If a medico-legal request is or was about it, it is kept at
    least as long as a claim.
    """
    from callrec.retention.categories import set_category

    why = reason or ctx.obj.prompts.ask("Reason", option="--reason TEXT")
    practice, actor = practice_and_actor(ctx.obj)
    done = set_category(practice, actor, recordings, category=category, reason=why)
    out, chosen, longer = ctx.obj.out, done.category, done.kept_as_claims
    numbers = list(dict.fromkeys(recordings))
    value = {"category": chosen.name, **facts(chosen, "rule"), "recordings": numbers}
    kept = len(numbers) - len(longer)
    out.show(value | facts(done, "kept_as_claims"), f"Recordings kept as {chosen.rule}: {kept}.")
    if longer:
        out.note(
            f"kept as a claim all the same, which is longer: {', '.join(map(str, longer))};"
            " a medico-legal request is or was about that"
        )
    out.next_step(f"callrec show {numbers[0]}")


@retention_app.command()
def undo(
    ctx: Context,
    batch: Batch,
    *,
    reason: options.Reason = None,
    sources: SourceFolders = None,
    dry_run: options.DryRun = False,
) -> None:
    """Propose to take back what came in with a batch by mistake.

    Nothing is destroyed yet: the Data Controller approves it, and carries it out as a disposal.
    This works only if nobody has used any of the recordings. The files that came in must still
    exist, so that no call is lost. You can take them in again afterwards.
    """
    from callrec.retention.undo import preview_undo, propose_undo
    from callrec.views.retention import undo_lines

    practice, actor = practice_and_actor(ctx.obj)
    folders = sources or []
    if dry_run:
        made = preview_undo(practice, actor, batch, sources=folders)
    else:
        why = reason or ctx.obj.prompts.ask("Why is it taken back", option="--reason TEXT")
        made = propose_undo(practice, actor, batch, reason=why, sources=folders)
    out = ctx.obj.out
    value = {"id": made.reference or None, **facts(made, "batch", "recordings", "left")}
    out.show(value, undo_lines(made))
    if made.reference:
        named = "".join(f" --sources {quoted(folder)}" for folder in folders)
        out.note(f"once it is approved: callrec retention dispose {made.reference}{named}")
        out.next_step(f"callrec request show {made.reference}")


def _words(found: RetentionReview) -> Iterator[str | Table]:
    rows = [
        (
            *(held.category.name, held.category.keeps or "no end"),
            *(held.recordings, held.due, held.free, held.next_due_on),
        )
        for held in found.stock
    ]
    yield Table(("category", "kept for", "recordings", "due", "free", "next due"), rows)
    if found.due:
        yield ""
        yield _due_table(found.due)
    if found.stubs:
        yield ""
        yield f"Records of recordings that were destroyed: {found.stubs}."


def _proposed_words(made: DisposalProposal) -> Iterator[str | Table]:
    from callrec.views.retention import proposed_lines

    if made.recordings:
        yield _due_table(made.due)
    yield from proposed_lines(made)


def _due_table(every: Iterable[DueGroup]) -> Table:
    from callrec.views.retention import stops

    rows = [
        (f"{d.month:%b %Y}", d.category.name, d.recordings, d.free, "; ".join(stops(d)))
        for d in every
    ]
    return Table(("month", "category", "due", "free", "stopped by"), rows)


CategoryName = Annotated[
    str,
    options.named(
        "CATEGORY", "Which category, of those in the settings: routine, health-record, claim."
    ),
]

Approved = Annotated[
    str | None,
    options.named(
        "[REQUEST]",
        "The approved request to carry out; without it, a request is made.",
        read_request,
    ),
]

SourceFolders = Annotated[
    list[Path] | None,
    options.valued(
        "--sources", "DIR", "For a mistaken intake: the folder that its files were moved to."
    ),
]

Batch = Annotated[
    str,
    options.named("BATCH", "Which batch: at least 8 digits of its id, as callrec show names it."),
]
