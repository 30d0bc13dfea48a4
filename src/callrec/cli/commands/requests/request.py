"""``callrec request``: ask for recordings, and see what became of it."""

from __future__ import annotations

from callrec.cli import options
from callrec.cli.commands.requests.ask import amend, create, show_amended
from callrec.cli.commands.requests.dossier import dossier
from callrec.cli.commands.requests.event import event
from callrec.cli.commands.requests.view import reader, request_json, request_lines, show_state
from callrec.cli.facts import facts
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, acting_person, practice_of
from callrec.cli.output import Table

request_app = new_app()

request_app.command("create")(create)


@request_app.command("list")
def list_(ctx: Context, *, state: options.State = None, mine: options.Mine = False) -> None:
    """What was asked for, the newest first; nothing personal."""
    from callrec.requests.show import list_requests

    practice = practice_of(ctx.obj)
    listed = list_requests(practice, acting_person(ctx.obj, practice), state=state, mine=mine)
    days = [each.created_at.astimezone(practice.config.time_zone).date() for each in listed]
    rows = [
        (each.reference, each.purpose, each.state, day, each.created_by, each.recordings)
        for each, day in zip(listed, days, strict=True)
    ]
    table = Table(("request", "purpose", "state", "made", "by", "recordings"), rows)
    values = [
        {"id": each.reference, **{n: v for n, v in facts(each).items() if n != "reference"}}
        for each in listed
    ]
    ctx.obj.out.show_items(values, table)


@request_app.command()
def show(ctx: Context, request: options.Reference) -> None:
    """One request: what it says, what was decided, what happened."""
    from callrec.requests.show import show_request

    practice = practice_of(ctx.obj)
    shown = show_request(practice, reader(ctx.obj, practice), request)
    ctx.obj.out.show(request_json(shown), request_lines(shown, practice))


@request_app.command()
def attach(ctx: Context, request: options.Reference, recordings: options.RecordingIds) -> None:
    """Ask for these recordings too. What was approved before must be approved again."""
    from callrec.requests.amend import attach_recordings

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice)
    show_amended(ctx.obj, attach_recordings(practice, actor, request, recordings))


@request_app.command()
def detach(ctx: Context, request: options.Reference, recordings: options.RecordingIds) -> None:
    """Ask no longer for these recordings. What was approved before must be approved again."""
    from callrec.requests.amend import detach_recordings

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice)
    show_amended(ctx.obj, detach_recordings(practice, actor, request, recordings))


request_app.command("amend")(amend)

request_app.command("event")(event)

request_app.command("dossier")(dossier)


@request_app.command()
def withdraw(ctx: Context, request: options.Reference, *, yes: options.Yes = False) -> None:
    """Take back a request of your own that nobody has decided."""
    from callrec.requests.event import withdraw_request

    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    ctx.obj.prompts.confirm(f"withdraw {request}", yes=yes)
    show_state(ctx.obj, request, withdraw_request(practice, actor, request))


@request_app.command()
def close(
    ctx: Context,
    request: options.Reference,
    *,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Close a request whose recordings were heard or released.

    Afterwards nothing more is recorded of who has them. Where somebody outside asked, and no
    package went out, say how he was answered, or why not.
    """
    from callrec.requests.event import close_request
    from callrec.requests.packages import missing_handovers

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice) if reason else acting_person(ctx.obj, practice)
    unrecorded = missing_handovers(practice, request)
    if yes and unrecorded:
        ctx.obj.out.note(f"{unrecorded}; once {request} is closed nobody can record it")
    ctx.obj.prompts.confirm(f"close {request}{unrecorded and f', where {unrecorded}'}", yes=yes)
    show_state(ctx.obj, request, close_request(practice, actor, request, reason=reason or ""))
