"""notice: the texts of section 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.output import Table
from callrec.policy.days import parse_day
from callrec.policy.notice import NoticeGap, NoticeKind, NoticeVersion, notice_gaps

notice_app = new_app()


@notice_app.command()
def website(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """The summary of the policy that the practice publishes."""
    _give(ctx.obj, NoticeKind.WEBSITE, on, to)


@notice_app.command()
def announcement(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """What is played at the beginning of an incoming call."""
    _give(ctx.obj, NoticeKind.ANNOUNCEMENT, on, to)


@notice_app.command()
def outbound(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """What the caller says first when the practice rings somebody."""
    _give(ctx.obj, NoticeKind.OUTBOUND, on, to)


@notice_app.command()
def staff(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """What staff are told about their own calls, and what is asked of them."""
    _give(ctx.obj, NoticeKind.STAFF, on, to)


@notice_app.command("list")
def list_(ctx: Context) -> None:
    """Every version with its days, and the days that have none."""
    from callrec.notices import read_notices

    today = ctx.obj.today()
    versions = read_notices(ctx.obj.config)
    without = notice_gaps(versions)
    value = {
        "items": [{**_json(each), "in_force": each.in_force_on(today)} for each in versions],
        "gaps": [{"kind": g.kind, "from": g.first_on, "until": g.last_on} for g in without],
    }
    ctx.obj.out.show(value, _list_words(versions, without, today))


def _list_words(
    versions: Sequence[NoticeVersion], without: Iterable[NoticeGap], today: date
) -> Iterator[str | Table]:
    rows = [
        (v.kind, v.version, v.first_on, v.last_on or "", "today" if v.in_force_on(today) else "")
        for v in versions
    ]
    if rows:
        yield Table(("notice", "version", "from", "until", "in force"), rows)
    for gap in without:
        yield f"none: {_in_words(gap)}"


def _give(invocation: Invocation, kind: NoticeKind, on: str, to: Path | None) -> None:
    from callrec.notices import notice_on, write_text

    day = parse_day(on, invocation.today())
    notice, text = notice_on(invocation.config, kind, day)
    if to is not None:
        write_text(text, to)
    words = text.splitlines() if to is None else f'written to "{to}"'
    invocation.out.show({**_json(notice), "on": day, "text": text}, words)
    until = f" until {notice.last_on}" if notice.last_on else ""
    invocation.out.note(
        f"{kind} notice, version {notice.version}, in force from {notice.first_on}{until}"
    )


def _json(notice: NoticeVersion) -> dict[str, object]:
    return {
        "kind": notice.kind,
        "version": notice.version,
        "from": notice.first_on,
        "until": notice.last_on,
    }


def _in_words(gap: NoticeGap) -> str:
    if gap.first_on is None:
        return f"no {gap.kind} notice was ever in force"
    until = f"until {gap.last_on}" if gap.last_on else "on"
    return f"no {gap.kind} notice from {gap.first_on} {until}"


InForceOn = Annotated[
    str, typer.Option("--on", metavar="DATE", help="The day whose notice is meant; else today.")
]

NoticeFile = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write the notice to this new file.")
]
