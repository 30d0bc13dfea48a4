"""How people are told that calls are recorded: the text of a day, and the versions [policy 3].

All of it comes from the configuration: no vault is needed, nothing is opened and nothing is written
to the log. A version is only as reliable as that file, which the practice keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from callrec.config import Config
from callrec.errors import Failed, NotFound, Unusable
from callrec.notices import PracticeFacts, notice_text
from callrec.policy.notice import NoticeKind, NoticeVersion, check_versions, in_force


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A version of a notice, with its words."""

    notice: NoticeVersion
    text: str
    """Lines; the last one ends, too."""


def read_notices(config: Config) -> tuple[NoticeVersion, ...]:
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
        )
        for each in config.notices
    ]
    check_versions(versions)
    kinds = list(NoticeKind)
    return tuple(sorted(versions, key=lambda each: (kinds.index(each.kind), each.first_on)))


def notice_on(config: Config, kind: NoticeKind, day: date) -> NoticeText:
    """The notice of a kind that is in force on a day of the practice.

    Raises:
        NotFound: none is.
        Misconfigured: the versions contradict each other.
    """
    notice = in_force(read_notices(config), kind, day)
    if notice is None:
        raise NotFound(
            f"no {kind} notice is in force on {day}",
            hint=f'put [[notices]] with kind = "{kind}", version and from into the configuration',
        )
    about = config.practice
    facts = PracticeFacts(
        practice=about.name, contact=about.data_protection_contact, kept_for=about.kept_for
    )
    return NoticeText(notice, notice_text(notice, facts))


def versions_on(
    versions: Sequence[NoticeVersion], day: date
) -> Mapping[NoticeKind, NoticeVersion | None]:
    """Of each kind the version in force on a day."""
    return {kind: in_force(versions, kind, day) for kind in NoticeKind}


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
