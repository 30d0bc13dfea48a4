"""``callrec practice mail``: messages to people, and their sending (docs/reference/mail.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.prompts import read_password
from callrec.errors import DoneInPart
from callrec.views.words import facts, local_time

if TYPE_CHECKING:
    from callrec.mail.outbox import ListedMessage
    from callrec.practice import Practice

MAX_SENT_SHOWN = 20
"""Messages that were taken, in the list for people; ``--json`` has them all."""

mail_app = new_app()


@mail_app.command("list")
def list_(ctx: Context) -> None:
    """List for whom something waits to be sent, since when, and what the mail server took.

    Needs no login, so it does not say what a message is about.
    """
    from callrec.mail.outbox import list_messages

    practice = _practice(ctx.obj)
    messages = list_messages(practice)
    ctx.obj.out.show_items(
        [_json(each) for each in messages], _lines(messages, practice.settings.time_zone)
    )
    if any(each.message.taken_at is None and each.has_address for each in messages):
        ctx.obj.out.next_step("callrec practice mail send")


@mail_app.command()
def send(ctx: Context) -> None:
    """Send what waits, now. Every command that leaves something to send does this by itself."""
    _send(ctx.obj, _practice(ctx.obj), {})


@mail_app.command()
def remind(ctx: Context) -> None:
    """Remind people of what is urgent, once a day each, and send it; for a timer to run."""
    from callrec.office.reminding import queue_reminders

    practice = _practice(ctx.obj)
    queued, problem = queue_reminders(practice)
    _send(ctx.obj, practice, {"reminders": queued})
    if problem:
        raise problem


def _json(each: ListedMessage) -> dict[str, Any]:
    times = facts(each.message, "made_at", "tried_at", "taken_at")
    return {"to": each.login, **times, **facts(each, "has_address")}


def _practice(invocation: Invocation) -> Practice:
    """Not invocation.practice_of: what sends the mail is not to start another to send it."""
    from callrec.practice import open_practice

    return open_practice(invocation.config, invocation.now, invocation.environ)


def _send(invocation: Invocation, practice: Practice, before: Mapping[str, int]) -> None:
    from callrec.mail.sending import send_waiting

    mail = practice.config.mail
    password = read_password(mail.password_file) if mail.user and mail.password_file else ""
    sent = send_waiting(practice, password)
    counts = {**before, **facts(sent, "taken", "waiting")}
    line = ", ".join(f"{what}: {count}" for what, count in counts.items())
    invocation.out.show({**counts, **facts(sent, "refused")}, line)
    if sent.refused:
        codes = ", ".join(map(str, sorted(set(sent.refused))))
        raise DoneInPart(
            f"the mail server did not take {len(sent.refused)} of the messages: it said {codes}",
            hint="callrec practice mail list shows which; see their addresses under [mail.people]",
        )


def _lines(messages: Sequence[ListedMessage], zone: tzinfo) -> Iterator[str]:
    waiting = [each for each in messages if each.message.taken_at is None]
    if not waiting:
        yield "Nothing waits to be sent."
    taken = [each for each in messages if each.message.taken_at is not None]
    for each in (*waiting, *taken[-MAX_SENT_SHOWN:]):
        queued = local_time(each.message.made_at, zone)
        yield f"{each.login}: queued {queued}, {_since(each, zone)}"


def _since(each: ListedMessage, zone: tzinfo) -> str:
    if each.message.taken_at is not None:
        return f"taken {local_time(each.message.taken_at, zone)}"
    if not each.has_address:
        return "waiting: no address under [mail.people]"
    if each.message.tried_at is not None:
        return f"waiting, last tried {local_time(each.message.tried_at, zone)}"
    return "waiting, not tried yet"
