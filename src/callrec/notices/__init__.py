"""How people are told that calls are recorded: the text of a day, and the versions [policy 3].

All of its code is this file, and all of it comes from the configuration: no vault is needed,
nothing is opened and nothing is written to the log. A version is only as reliable as the
configuration, which the practice keeps.

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

from callrec.config import AboutPractice, Config
from callrec.errors import Failed, NotFound, Unusable
from callrec.policy.notice import (
    PURPOSES_IN_WORDS,
    NoticeKind,
    NoticeVersion,
    check_versions,
    in_force,
)

COLUMNS: Final = 76
"""Width of the lines."""


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


def notice_on(config: Config, kind: NoticeKind, day: date) -> tuple[NoticeVersion, str]:
    """The notice of a kind that is in force on a day of the practice, and its words.

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
    return notice, notice_text(notice, config.practice)


def versions_on(
    versions: Sequence[NoticeVersion], day: date
) -> Mapping[NoticeKind, NoticeVersion | None]:
    """Of each kind the version in force on a day."""
    return {kind: in_force(versions, kind, day) for kind in NoticeKind}


def notice_text(notice: NoticeVersion, about: AboutPractice) -> str:
    """The words of a notice: the practice's own, else ours with its facts; ends in a new line."""
    if notice.text:
        return notice.text.strip("\n") + "\n"
    practice = about.name or "this practice"
    template = resources.files(__package__).joinpath(f"{notice.kind}.txt").read_text("utf-8")
    filled = Template(template).substitute(
        practice=practice,
        Practice=practice[0].upper() + practice[1:],
        contact=about.data_protection_contact or "please ask at reception",
        kept_for=about.kept_for,
        purposes="\n".join(_bullets(PURPOSES_IN_WORDS.values())),
        version=notice.version,
        first_on=f"{notice.first_on.day} {notice.first_on:%B %Y}",
    )
    return "\n\n".join(map(_wrapped, filled.strip("\n").split("\n\n"))) + "\n"


def _bullets(lines: Iterable[str]) -> Iterable[str]:
    *others, last = lines
    for line in (*(f"{other};" for other in others), f"{last}."):
        yield textwrap.fill(line, COLUMNS, initial_indent="- ", subsequent_indent="  ")


def _wrapped(paragraph: str) -> str:
    if paragraph.startswith("- "):
        return paragraph
    return textwrap.fill(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=False)


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
