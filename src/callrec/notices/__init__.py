"""How people are told that calls are recorded: the text of a day, and the versions [policy 3].

All of its code is this file, and all of it comes from the practice's settings: nothing is opened
and nothing is written to the log. A version says itself from when on it was in force; since when
the record says so is another fact, which the log dates, and both are shown.

The words are in one text for each kind beside this module. They are a start: the person responsible
for data protection in the practice reads them before they are used, and may replace them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final
from zoneinfo import ZoneInfo

from callrec.audit.register import SettingsVersion
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Failed, NotFound, Unusable
from callrec.policy.days import day_in_words, short_date
from callrec.policy.notice import (
    NoticeKind,
    NoticeVersion,
    check_versions,
    in_force,
    officers_in_words,
    stated_since,
    storage_in_words,
)
from callrec.policy.rights.lawful_basis import reasons_in_words
from callrec.settings import Settings

COLUMNS: Final = 76
"""Width of the lines."""


def read_notices(settings: Settings) -> tuple[NoticeVersion, ...]:
    """Every version of every notice, in the order of kinds and days.

    Raises:
        Misconfigured: they contradict each other.
    """
    versions = [
        NoticeVersion(
            kind=NoticeKind(each.kind),
            version=each.version,
            first_on=each.first_on,
            last_on=each.last_on,
            text=each.text,
            published_on=each.published,
            published_where=each.where,
        )
        for each in settings.notices
    ]
    check_versions(versions)
    kinds = list(NoticeKind)
    return tuple(sorted(versions, key=lambda each: (kinds.index(each.kind), each.first_on)))


def notice_on(settings: Settings, kind: NoticeKind, day: date) -> tuple[NoticeVersion, str]:
    """The notice of a kind that is in force on a day of the practice, and its words.

    Raises:
        NotFound: none is.
        Misconfigured: the versions contradict each other.
    """
    notice = in_force(read_notices(settings), kind, day)
    if notice is None:
        raise NotFound(
            f"no {kind} notice is in force on {short_date(day)}",
            hint="the Data Controller adds it to the settings with"
            " callrec practice settings apply FILE:"
            f' [[notices]] kind = "{kind}" version = "1" from = {day}',
        )
    return notice, notice_text(notice, settings)


def versions_on(
    versions: Sequence[NoticeVersion], day: date
) -> Mapping[NoticeKind, NoticeVersion | None]:
    """Of each kind the version in force on a day."""
    return {kind: in_force(versions, kind, day) for kind in NoticeKind}


def stated_on(
    history: Iterable[SettingsVersion], kind: NoticeKind, day: date, zone: ZoneInfo
) -> date | None:
    """Since when the record says what it says of a kind of notice on a day; None in a gap.

    ``history`` is every version of the settings, the oldest first; a day begins in ``zone``.
    """
    said = [
        (parse_instant(each.at).astimezone(zone).date(), read_notices(each.settings))
        for each in history
    ]
    return stated_since(said, kind, day)


@dataclass(frozen=True, slots=True)
class PublicationStated:
    """Who put on record that a notice was published, and when."""

    on: date
    by: str
    """Id."""


def publication_stated(
    history: Iterable[SettingsVersion], notice: NoticeVersion, zone: ZoneInfo
) -> PublicationStated | None:
    """The first time that the record said what it says now of a notice's publication."""
    said = (notice.kind, notice.version, notice.published_on, notice.published_where)
    for each in history if notice.published_on else ():
        for known in each.settings.notices:
            if (known.kind, known.version, known.published, known.where) == said:
                on = parse_instant(each.at).astimezone(zone).date()
                return PublicationStated(on, each.by)
    return None


def notice_text(notice: NoticeVersion, settings: Settings) -> str:
    """The words of a notice: the practice's own, else ours with its facts; ends in a new line."""
    if notice.text:
        return notice.text.strip("\n") + "\n"
    return _filled(
        notice.kind, settings, version=notice.version, first_on=day_in_words(notice.first_on)
    )


def complaint_form(settings: Settings) -> str:
    """The form for a complaint about how the practice handles personal data [DPA 2018 s.164A(2)].

    It is no notice of section 3, and has no versions.
    """
    return _filled("complaints", settings)


def _filled(name: str, settings: Settings, **more: str) -> str:
    about, practice = settings.practice, settings.practice.name or "this practice"
    reasons = reasons_in_words(settings.bases)
    template = resources.files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    filled = Template(template).substitute(
        practice=practice,
        Practice=practice[0].upper() + practice[1:],
        contact=about.data_protection_contact or "please ask at reception",
        kept_for=about.kept_for,
        regulator=about.regulator,
        regulator_contact=about.regulator_contact,
        officers=officers_in_words(
            about.ico_registration, about.data_protection_officer, about.caldicott_guardian
        ),
        storage=storage_in_words(about.telephone_supplier),
        other_countries=about.other_countries,
        purposes="\n".join(_bullets(reasons)),
        **more,
    )
    return "\n\n".join(map(_wrapped, filled.strip("\n").split("\n\n"))) + "\n"


def _bullets(lines: Iterable[str]) -> Iterable[str]:
    *others, last = lines
    for line in (*(f"{other};" for other in others), f"{last}."):
        yield textwrap.fill(line, COLUMNS, initial_indent="- ", subsequent_indent="  ")


def _wrapped(paragraph: str) -> str:
    if paragraph.startswith("- "):
        return paragraph
    one_line = " ".join(paragraph.split())  # what is empty leaves two spaces
    return textwrap.fill(one_line, COLUMNS, break_long_words=False, break_on_hyphens=False)


def write_text(text: str, to: Path) -> None:
    """Write a new file of text, UTF-8.

    Raises:
        Unusable: there is such a file already.
        Failed: it cannot be written.
    """
    try:
        with to.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise Unusable(f'"{to}" exists already', hint="name a new file") from error
    except OSError as error:
        raise Failed(f'"{to}" cannot be written: {error.strerror}') from error
