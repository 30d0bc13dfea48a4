"""notice: the texts of section 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.layout import Table
from callrec.cli.output import Output
from callrec.policy.days import parse_day, short_date
from callrec.policy.notice import NoticeGap, NoticeKind, NoticeVersion, notice_gaps
from callrec.views.words import as_words

if TYPE_CHECKING:
    from callrec.practice import Practice

notice_app = new_app()


@notice_app.command()
def website(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """Write the summary of the policy that the practice publishes."""
    _give(ctx.obj, NoticeKind.WEBSITE, on, to)


@notice_app.command()
def announcement(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """Write what is played at the beginning of an incoming call."""
    _give(ctx.obj, NoticeKind.ANNOUNCEMENT, on, to)


@notice_app.command()
def outbound(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """Write what staff say first when the practice rings someone."""
    _give(ctx.obj, NoticeKind.OUTBOUND, on, to)


@notice_app.command()
def staff(ctx: Context, *, on: InForceOn = "today", to: NoticeFile = None) -> None:
    """Write what staff are told about their own calls, and what they are asked to do."""
    _give(ctx.obj, NoticeKind.STAFF, on, to)


@notice_app.command()
def complaints(ctx: Context, *, to: NoticeFile = None) -> None:
    """Write the form for a complaint about how the practice handles personal data."""
    from callrec.notices import complaint_form

    text = complaint_form(practice_of(ctx.obj).settings)
    ctx.obj.out.show({"text": text}, _written(text, to))
    ctx.obj.out.next_step("callrec complaint receive")


@notice_app.command("list")
def list_(ctx: Context) -> None:
    """List every version with its days, and the days that have none."""
    from callrec.notices import read_notices
    from callrec.practice import today

    practice = practice_of(ctx.obj)
    versions = [
        (each, _since(practice, each.kind, each.first_on))
        for each in read_notices(practice.settings)
    ]
    published = [_published(practice, each) for each, _ in versions]
    _show_list(ctx.obj.out, versions, published, today(practice))


def _show_list(
    out: Output,
    versions: Sequence[tuple[NoticeVersion, date | None]],
    published: Sequence[dict[str, object]],
    day: date,
) -> None:
    without = notice_gaps(each for each, _ in versions)
    value = {
        "items": [
            {**_json(each, since), "in_force": each.in_force_on(day), **of_it}
            for (each, since), of_it in zip(versions, published, strict=True)
        ],
        "gaps": [{"kind": g.kind, "from": g.first_on, "until": g.last_on} for g in without],
    }
    words = _list_words(versions, without, day)
    out.show(value, [*words, *_published_words(versions, published, day)])


def _list_words(
    versions: Sequence[tuple[NoticeVersion, date | None]], without: Iterable[NoticeGap], today: date
) -> Iterator[str | Table]:
    rows = [
        (
            *(v.kind, v.version, v.first_on, v.last_on or "", since),
            "today" if v.in_force_on(today) else "",
        )
        for v, since in versions
    ]
    if rows:
        yield Table(("notice", "version", "from", "until", "on record since", "in force"), rows)
    for gap in without:
        yield f"none: {_in_words(gap)}"


def _published(practice: Practice, notice: NoticeVersion) -> dict[str, object]:
    """When and where a notice was published, and who put that on record; each None if nobody."""
    from callrec.login.people import logins
    from callrec.notices import publication_stated

    zone = practice.settings.time_zone
    stated = publication_stated(practice.register.settings, notice, zone)
    return {
        "published_on": notice.published_on,
        "published_where": notice.published_where or None,
        "published_stated_on": stated and stated.on,
        "published_stated_by": stated and logins(practice).get(stated.by, stated.by),
    }


def _published_words(
    versions: Iterable[tuple[NoticeVersion, date | None]],
    published: Iterable[dict[str, object]],
    today: date,
) -> Iterator[str]:
    for (notice, _), said in zip(versions, published, strict=True):
        if notice.published_on:
            yield (
                f"{notice.kind} {notice.version}: published on {short_date(notice.published_on)},"
                f" {notice.published_where}; put on record by {said['published_stated_by']} on"
                f" {as_words(said['published_stated_on'])}"
            )
        elif notice.in_force_on(today):
            yield f"{notice.kind} {notice.version}: nobody has put on record that it was published"


def _give(invocation: Invocation, kind: NoticeKind, on: str, to: Path | None) -> None:
    from callrec.notices import notice_on
    from callrec.practice import today

    practice = practice_of(invocation)
    day = parse_day(on, today(practice))
    notice, text = notice_on(practice.settings, kind, day)
    since = _since(practice, kind, day)
    words = _written(text, to)
    invocation.out.show({**_json(notice, since), "on": day, "text": text}, words)
    days = f"from {short_date(notice.first_on)}"
    if notice.last_on:
        days += f" until {short_date(notice.last_on)}"
    invocation.out.note(
        f"{kind} notice, version {notice.version}, in force {days};"
        f" on record since {as_words(since)}"
    )


def _written(text: str, to: Path | None) -> list[str]:
    """The lines of a text; if it is to go to a file, that it is there."""
    from callrec.notices import write_text

    if to is None:
        return text.splitlines()
    write_text(text, to)
    return [f'written to "{to}"']


def _since(practice: Practice, kind: NoticeKind, day: date) -> date | None:
    """Since when the record says which notice of a kind was in force on a day."""
    from callrec.notices import stated_on

    return stated_on(practice.register.settings, kind, day, practice.settings.time_zone)


def _json(notice: NoticeVersion, since: date | None) -> dict[str, object]:
    return {
        "kind": notice.kind,
        "version": notice.version,
        "from": notice.first_on,
        "until": notice.last_on,
        "on_record_since": since,
    }


def _in_words(gap: NoticeGap) -> str:
    if gap.first_on is None:
        return f"no {gap.kind} notice was ever in force"
    until = f"until {short_date(gap.last_on)}" if gap.last_on else "on"
    return f"no {gap.kind} notice from {short_date(gap.first_on)} {until}"


InForceOn = Annotated[
    str,
    typer.Option("--on", metavar="DATE", help="The day whose notice you want; otherwise today."),
]

NoticeFile = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write the notice to this new file.")
]
