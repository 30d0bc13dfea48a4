"""Whether ``docs/.well-known/security.txt`` (RFC 9116) still says how to report a weakness.

As a program, beside ``make docs``: put it into the site, if it does.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

FILE: Final = Path(".well-known", "security.txt")

LEAST: Final = timedelta(days=60)
"""How long it must hold at a release, so that the next one is out before it ends."""
MOST: Final = timedelta(days=366)
"""Source: RFC 9116, 2.5.5, recommends less than a year."""
URI: Final = re.compile(r"mailto:[^@\s]+@\S+|https://\S+|tel:\+\d+")


def faults(text: str, now: datetime, least: timedelta = LEAST) -> list[str]:
    """What is wrong with it for those who would report something, a sentence each."""
    fields = [
        (name.lower(), value.strip())
        for name, _, value in (line.partition(":") for line in text.splitlines())
        if name and not name.startswith("#")
    ]
    contacts = [value for name, value in fields if name == "contact"]
    expires = [value for name, value in fields if name == "expires"]
    return [*_of_contacts(contacts), *_of_expiry(expires, now, least)]


def _of_contacts(contacts: list[str]) -> list[str]:
    wrong = [each for each in contacts if not URI.fullmatch(each)]
    nowhere = [each for each in contacts if each.endswith(".invalid")]
    if not contacts:
        return ["it has no Contact"]
    return [f"Contact: {each} is not mailto:, https:// or tel:+" for each in wrong] + [
        f"Contact: {each} reaches nobody; put in one that somebody reads" for each in nowhere
    ]


def _of_expiry(expires: list[str], now: datetime, least: timedelta) -> list[str]:
    if len(expires) != 1:
        return ["it needs one Expires"]
    try:
        until = datetime.strptime(expires[0], "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return [f"Expires: {expires[0]} is not written like 2027-11-30T00:00:00Z"]
    if until - now < least:
        return [f"Expires: {expires[0]} is near or past; see that all of it is true and move it"]
    if until - now > MOST:
        return [f"Expires: {expires[0]} is more than a year away"]
    return []


def publish(docs: Path, site: Path, now: datetime) -> list[str]:
    """Put it into the site while it is true. Returns why it was not, a sentence each."""
    text = (docs / FILE).read_text(encoding="utf-8")
    wrong = faults(text, now, least=timedelta())
    if not wrong:
        (site / FILE).parent.mkdir()
        (site / FILE).write_text(text, encoding="utf-8")
    return wrong


if __name__ == "__main__":
    for fault in publish(Path("docs"), Path(sys.argv[1]), datetime.now(UTC)):
        print(f"The site is without {FILE}: {fault}.")
