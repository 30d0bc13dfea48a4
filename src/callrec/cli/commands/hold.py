"""hold: place, lift, list, show."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli import options
from callrec.cli.commands.search import numbers_of
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    acting_person,
    acting_person_if_any,
    countersigning_person,
    practice_and_actor,
    practice_of,
    signing_person,
)
from callrec.cli.layout import Table
from callrec.cli.output import labelled
from callrec.policy.hold import HoldState
from callrec.views.typed import read_hold
from callrec.views.words import local_day

if TYPE_CHECKING:
    from callrec.requests.holding import ListedHold

hold_app = new_app()


@hold_app.command()
def place(
    ctx: Context, recordings: options.RecordingsToHold, *, reason: options.Reason = None
) -> None:
    """Hold recordings, so that nobody erases or disposes of them until two people agree.

    A request for subject access, a complaint, a claim or an outside body places a hold by itself.
    """
    from callrec.retention.holds import place_hold

    why = reason or ctx.obj.prompts.ask("Reason", option="--reason TEXT")
    practice, actor = practice_and_actor(ctx.obj)
    numbers = numbers_of(ctx.obj, practice, actor, recordings, reason=why)
    placed = place_hold(practice, actor, numbers, reason=why)
    reference, count = f"H-{placed.number}", len(placed.recordings)
    out = ctx.obj.out
    value = {"id": reference, "recordings": placed.recordings}
    out.show(value, f"{reference} is placed. Recordings held: {count}.")
    out.next_step(f"callrec hold show {reference}")


@hold_app.command()
def lift(
    ctx: Context,
    hold: HoldReference,
    *,
    reason: options.Reason = None,
    countersign: options.Countersign = None,
    yes: options.Yes = False,
) -> None:
    """End a hold. The Data Controller does this, and a second person countersigns.

    A hold that a request placed ends with that request, not by hand.
    """
    from callrec.retention.holds import check_hold_exists, lift_hold

    prompts, practice = ctx.obj.prompts, practice_of(ctx.obj)
    if someone := acting_person_if_any(ctx.obj, practice):
        check_hold_exists(practice, someone, hold)
    why = reason or prompts.ask("Reason", option="--reason TEXT")
    second = countersign or prompts.ask("Who countersigns", option="--countersign USER")
    prompts.confirm(f"lift H-{hold}", yes=yes)
    actor = signing_person(ctx.obj, practice)
    countersigner = countersigning_person(ctx.obj, practice, second)
    lift_hold(practice, actor, hold, reason=why, countersigner=countersigner)
    ctx.obj.out.show({"id": f"H-{hold}", "state": HoldState.LIFTED}, f"H-{hold} is lifted.")


@hold_app.command("list")
def list_(ctx: Context) -> None:
    """List holds, newest first: who placed each, and how many recordings it names."""
    from callrec.retention.holds import list_holds
    from callrec.views.holds import EXPLAINED, hold_json

    practice = practice_of(ctx.obj)
    listed = list_holds(practice, acting_person(ctx.obj, practice))
    out, zone = ctx.obj.out, practice.settings.time_zone
    headers = ("hold", "request", "state", "placed", "by", "recordings")
    rows = [_row(hold, zone) for hold in listed]
    out.show_items([hold_json(hold) for hold in listed], Table(headers, rows))
    for state, explained in EXPLAINED.items():
        if state in {hold.state for hold in listed}:
            out.note(explained)


@hold_app.command()
def show(ctx: Context, hold: HoldReference) -> None:
    """Show one hold: why it was placed, and which recordings it names. This is recorded."""
    from callrec.retention.holds import show_hold
    from callrec.views.holds import EXPLAINED, hold_facts, shown_hold_json

    practice = practice_of(ctx.obj)
    shown = show_hold(practice, acting_person(ctx.obj, practice), hold)
    out = ctx.obj.out
    lines = labelled(hold_facts(shown, practice.settings.time_zone), width=11)
    out.show(shown_hold_json(shown), lines)
    if shown.hold.state in EXPLAINED:
        out.note(EXPLAINED[shown.hold.state])


def _row(hold: ListedHold, zone: tzinfo) -> tuple[object, ...]:
    placed = local_day(hold.placed_at, zone)
    number = f"H-{hold.number}"
    return number, hold.request, hold.state, placed, hold.placed_by, hold.recordings


HoldReference = Annotated[
    int, typer.Argument(metavar="HOLD", parser=read_hold, help="Which hold: H-3, or 3 for short.")
]
