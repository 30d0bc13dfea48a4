"""The practice's rules, shown and decided; and the notices that tell people of recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_confirmed, number_of, password_of
from callrec.desk.listing import Column, Listing, show_listing
from callrec.desk.rendering import as_json, download, go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import Failed, NotFound, Unusable
from callrec.notices import complaint_form, notice_on
from callrec.office.settings import (
    ProposedSettings,
    apply_settings,
    propose_settings,
    show_settings,
)
from callrec.policy.days import parse_day
from callrec.policy.notice import NoticeKind
from callrec.policy.role import Power
from callrec.practice import today
from callrec.system.toml import parse_toml
from callrec.views.notices import (
    ListedNotice,
    gap_in_words,
    gaps_of,
    list_notices,
    notice_remark,
    notice_since,
    notices_json,
    published_lines,
)
from callrec.views.settings import change_lines, in_force_line, settings_file, settings_json


def show_rules(seat: Seat, asked: Asked) -> Answered:
    """The rules in force, or those of an entry of the record."""
    typed = Asked("GET", asked.path, {}, {"entry": [asked.query.get("entry", "")]})
    shown = show_settings(seat.practice, number_of(typed, "entry", 0, 10**12))
    text = settings_file(shown)
    match asked.query.get("as", ""):
        case "json":
            return as_json(settings_json(shown), "settings.json")
        case "toml":
            kind = "application/toml; charset=utf-8"
            return download(f"{text}\n".encode(), kind, "settings.toml")
        case _:
            return page(
                seat,
                "rules.html",
                title="The practice's rules",
                shown=shown,
                text=text,
                governs=Power.GOVERN in seat.actor.person.powers,
            )


@dataclass(frozen=True, slots=True, repr=False)
class _Proposed:
    """What a file says, and what it would change. Its repr shows nothing."""

    values: Mapping[str, Any]
    proposed: ProposedSettings


def check_file(seat: Seat, asked: Asked) -> Answered:
    """Show what a file would change, and change nothing."""
    if (file := asked.files.get("file")) is None:
        raise Unusable("there is no file", hint="choose one, as this page saves it")
    values = parse_toml(file.data, "the file")
    proposed = propose_settings(seat.practice, values)
    return to(f"/settings/apply/{seat.keep(_Proposed(values, proposed))}")


_AGAIN = "give the file again: callrec practice settings apply"


def ask_apply(seat: Seat, asked: Asked, key: str) -> Answered:
    """What would change, and whether it is to."""
    kept = find_kept(seat, key, _Proposed, _AGAIN)
    return page(
        seat,
        "rules_apply.html",
        title="Change the practice's rules",
        asked=asked,
        lines=tuple(change_lines(kept.proposed)),
        proposed=kept.proposed,
    )


def apply(seat: Seat, asked: Asked, key: str) -> Answered:
    """Put the file's rules into force, as they were shown."""
    kept = find_kept(seat, key, _Proposed, _AGAIN)
    check_confirmed(asked)

    def agree(proposed: ProposedSettings) -> None:
        if proposed != kept.proposed:
            raise Failed("the rules were changed meanwhile, by another", hint=_AGAIN)

    actor = seat.signer(password_of(asked))
    applied = apply_settings(seat.practice, actor, kept.values, agree)
    line = in_force_line(applied) if applied else "It changes nothing."
    return go_on(seat, "/settings", line)


def show_notices(seat: Seat, asked: Asked) -> Answered:
    """Every version of every notice, and the days that have none."""
    listed = list_notices(seat.practice)
    gaps = gaps_of(listed)

    def notice(name: str, heading: str, *, has_codes: bool = False) -> Column:
        def value(each: ListedNotice) -> Any:
            return getattr(each.notice, name)

        return Column(name=name, heading=heading, value=value, has_codes=has_codes)

    listing = Listing(
        caption="Notices",
        columns=(
            notice("kind", "Notice", has_codes=True),
            notice("version", "Version"),
            notice("first_on", "From"),
            notice("last_on", "Until"),
            Column("since", "On record since"),
            Column("in_force", "In force today"),
        ),
        rows=listed,
        document=lambda rows: notices_json(rows, gaps),
        save_as="notices",
        nothing="The practice's rules name no notice.",
    )
    return show_listing(
        seat,
        asked,
        listing,
        "notices.html",
        title="Notices",
        gaps=tuple(map(gap_in_words, gaps)),
        published=tuple(published_lines(listed)),
        kinds=[each.notice.kind for each in listed if each.in_force],
    )


def show_notice(seat: Seat, asked: Asked, kind: str) -> Answered:
    """The words of one notice, or of the form for complaints."""
    practice = seat.practice
    if kind == "complaints":
        text, remark, title = complaint_form(practice.settings), "", "Form for complaints"
    else:
        try:
            of_kind = NoticeKind(kind)
        except ValueError:
            raise NotFound("there is no such notice", hint="callrec notice list") from None
        on = today(practice)
        day = parse_day(asked.query["on"], on) if asked.query.get("on") else on
        notice, text = notice_on(practice.settings, of_kind, day)
        remark = notice_remark(notice, notice_since(practice, of_kind, day))
        title = f"Notice: {kind}"
    if asked.query.get("as") == "txt":
        return download(text.encode(), "text/plain; charset=utf-8", f"notice-{kind}.txt")
    return page(seat, "notice.html", title=title, text=text, remark=remark)
