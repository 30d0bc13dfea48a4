"""notice: the texts of section 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.layout import Table
from callrec.cli.options import valued
from callrec.policy.days import parse_day
from callrec.policy.notice import NoticeGap, NoticeKind

if TYPE_CHECKING:
    from callrec.views.notices import ListedNotice

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
    from callrec.views.notices import gaps_of, list_notices, notices_json

    listed = list_notices(practice_of(ctx.obj))
    gaps = gaps_of(listed)
    ctx.obj.out.show(notices_json(listed, gaps), _list_words(listed, gaps))


def _list_words(listed: Sequence[ListedNotice], gaps: Iterable[NoticeGap]) -> Iterator[str | Table]:
    from callrec.views.notices import gap_in_words, published_lines

    rows = [
        (
            *(v.kind, v.version, v.first_on, v.last_on or "", each.since),
            "today" if each.in_force else "",
        )
        for each in listed
        for v in [each.notice]
    ]
    if rows:
        yield Table(("notice", "version", "from", "until", "on record since", "in force"), rows)
    for gap in gaps:
        yield f"none: {gap_in_words(gap)}"
    yield from published_lines(listed)


def _give(invocation: Invocation, kind: NoticeKind, on: str, to: Path | None) -> None:
    from callrec.notices import notice_on
    from callrec.practice import today
    from callrec.views.notices import notice_json, notice_remark, notice_since

    practice = practice_of(invocation)
    day = parse_day(on, today(practice))
    notice, text = notice_on(practice.settings, kind, day)
    since = notice_since(practice, kind, day)
    words = _written(text, to)
    invocation.out.show({**notice_json(notice, since), "on": day, "text": text}, words)
    invocation.out.note(notice_remark(notice, since))


def _written(text: str, to: Path | None) -> list[str]:
    """The lines of a text; if it is to go to a file, that it is there."""
    from callrec.notices import write_text

    if to is None:
        return text.splitlines()
    write_text(text, to)
    return [f'written to "{to}"']


InForceOn = Annotated[
    str, valued("--on", "DATE", "The day whose notice you want; otherwise today.")
]

NoticeFile = Annotated[Path | None, valued("--to", "FILE", "Write the notice to this new file.")]
