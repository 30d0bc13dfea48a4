"""The texts that tell people of recording: each version for programs, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.notices import publication_stated, read_notices, stated_on
from callrec.policy.days import short_date
from callrec.policy.notice import NoticeGap, NoticeKind, NoticeVersion, notice_gaps
from callrec.practice import Practice, today
from callrec.views.words import as_words


@dataclass(frozen=True, slots=True)
class ListedNotice:
    """One version with what the record says of it."""

    notice: NoticeVersion
    since: date | None
    """Since when the record says that it was in force."""
    published: dict[str, object]
    in_force: bool
    """Today."""

    @property
    def as_item(self) -> dict[str, object]:
        """For programs."""
        of_it = notice_json(self.notice, self.since)
        return {**of_it, "in_force": self.in_force, **self.published}


def list_notices(practice: Practice) -> tuple[ListedNotice, ...]:
    """Every version, with its days."""
    day = today(practice)
    return tuple(
        ListedNotice(
            each,
            notice_since(practice, each.kind, each.first_on),
            _published(practice, each),
            each.in_force_on(day),
        )
        for each in read_notices(practice.settings)
    )


def gaps_of(listed: Iterable[ListedNotice]) -> tuple[NoticeGap, ...]:
    """The days for which there is none."""
    return tuple(notice_gaps(each.notice for each in listed))


def notices_json(listed: Sequence[ListedNotice], gaps: Iterable[NoticeGap]) -> dict[str, object]:
    """Every version, and the days that have none, for programs."""
    return {
        "items": [each.as_item for each in listed],
        "gaps": [{"kind": g.kind, "from": g.first_on, "until": g.last_on} for g in gaps],
    }


def _published(practice: Practice, notice: NoticeVersion) -> dict[str, object]:
    """When and where a notice was published, and who put that on record; each None if nobody."""
    zone = practice.settings.time_zone
    stated = publication_stated(practice.register.settings, notice, zone)
    return {
        "published_on": notice.published_on,
        "published_where": notice.published_where or None,
        "published_stated_on": stated and stated.on,
        "published_stated_by": stated and logins(practice).get(stated.by, stated.by),
    }


def published_lines(listed: Iterable[ListedNotice]) -> Iterator[str]:
    """When and where each was published, or that nobody said so."""
    for each in listed:
        notice, said = each.notice, each.published
        if notice.published_on:
            yield (
                f"{notice.kind} {notice.version}: published on {short_date(notice.published_on)},"
                f" {notice.published_where}; put on record by {said['published_stated_by']} on"
                f" {as_words(said['published_stated_on'])}"
            )
        elif each.in_force:
            yield f"{notice.kind} {notice.version}: nobody has put on record that it was published"


def notice_since(practice: Practice, kind: NoticeKind, day: date) -> date | None:
    """Since when the record says which notice of a kind was in force on a day."""
    return stated_on(practice.register.settings, kind, day, practice.settings.time_zone)


def notice_json(notice: NoticeVersion, since: date | None) -> dict[str, object]:
    """One version for programs."""
    return {
        "kind": notice.kind,
        "version": notice.version,
        "from": notice.first_on,
        "until": notice.last_on,
        "on_record_since": since,
    }


def gap_in_words(gap: NoticeGap) -> str:
    """The days for which there is none of a kind."""
    if gap.first_on is None:
        return f"no {gap.kind} notice was ever in force"
    until = f"until {short_date(gap.last_on)}" if gap.last_on else "on"
    return f"no {gap.kind} notice from {short_date(gap.first_on)} {until}"


def notice_remark(notice: NoticeVersion, since: date | None) -> str:
    """Which version it is, and since when."""
    days = f"from {short_date(notice.first_on)}"
    if notice.last_on:
        days += f" until {short_date(notice.last_on)}"
    return (
        f"{notice.kind} notice, version {notice.version}, in force {days};"
        f" on record since {as_words(since)}"
    )
