"""A pattern of the practice's own for its recordings' names: what may be in it, and what it finds.

Patterns are RE2's (github.com/google/re2, syntax), which take time that grows with the name and
with nothing else: no pattern can hang the intake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from callrec.dataclass import dataclass

GROUPS: Final = (
    *("date", "time", "epoch", "direction", "caller", "callee", "number", "extension"),
    *("party", "party_2", "queue", "unique_id"),
)
"""The names that a group may have, each of them once."""

_CODES: Final = frozenset("YymbBdHIpMSfz%")
_NEEDED_OF_A_DAY: Final = {"year": "Yy", "month": "mbB", "day": "d"}
_NEEDED: Final = _NEEDED_OF_A_DAY | {"hour": "HI", "minute": "M"}
_TIMED: Final = frozenset({"date", "time", "epoch"})
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_MILLISECONDS: Final = 13
"""Digits of an epoch in milliseconds, from 2001 to 2286; in seconds it has ten, or nine."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """What a name holds."""

    groups: Mapping[str, str]
    """As written; a group that is not there is empty."""
    raw_time: str
    local: datetime | None
    """Naive."""
    instant: datetime | None
    """Aware."""
    day: date | None = None
    """Where no time of day is in it."""

    @property
    def has_time(self) -> bool:
        """Whether it says when, and not only on which day, or nothing of it."""
        return self.local is not None or self.instant is not None


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern, and how the times in it are written."""

    pattern: str
    times: tuple[str, ...]
    """Formats as strptime has them, tried in their order: of date, a space and time where the
    pattern has both groups, else of the one."""

    def find(self, name: str) -> NameMatch | None:
        """What a name holds, or None where the pattern is not all of it, or a time in it is none.

        Law: never raises, for a pattern that was checked.
        """
        if not name.isprintable():  # so it is UTF-8, too
            return None
        match = _compiled(self.pattern).fullmatch(name)
        if not match:
            return None
        groups = {name: text or "" for name, text in match.groupdict().items()}
        if _TIMED.isdisjoint(groups):
            return NameMatch(groups, "", None, None)
        return timed(groups, self.times)


def timed(groups: Mapping[str, str], times: Iterable[str]) -> NameMatch | None:
    """What ``date``, ``time`` and ``epoch`` among some texts say; None: no time is in them.

    ``times``: formats as strptime has them, tried in their order.

    Law: never raises, for formats that were checked.
    """
    written = " ".join(groups[part] for part in ("date", "time") if groups.get(part))
    read = ((form, _time(written, form)) for form in times)
    form, at = next((each for each in read if each[1]), ("", None))
    day = at.date() if at and "%H" not in form and "%I" not in form else None
    at = None if day else at
    epoch = groups.get("epoch", "")
    instant = _instant(epoch)
    if at is not None and at.tzinfo is not None:
        return NameMatch(groups, written, None, at)
    if at is None and instant is None:
        return NameMatch(groups, written, None, None, day) if day else None
    return NameMatch(groups, written if at else epoch, at, instant)


def check_pattern(pattern: str) -> None:
    """Check what a pattern may be."""
    try:
        named = set(_compiled(pattern).groupindex)
    except ValueError as problem:
        raise ValueError(f"it is not a pattern of RE2's: {problem}") from None
    unknown = sorted(named - set(GROUPS))
    if unknown:
        raise ValueError(f'it has a group "{unknown[0]}"; there are {", ".join(GROUPS)}')
    if not named & {*_TIMED, "unique_id"}:
        raise ValueError(
            'it has no time: name a group "date", "time" or "epoch", or at least a "unique_id"'
        )


def check_times(times: Iterable[str], *, with_clock: bool = False) -> None:
    """Check how times may be written; a time of day may be left out, unless ``with_clock``."""
    for form in times:
        found = re.findall("%(.?)", form)
        codes = set(found)
        unknown = sorted(codes - _CODES)
        if unknown:
            raise ValueError(
                f'"%{unknown[0]}" is not known; there are %Y %y %m %b %B %d %H %I %p %M %S %f %z'
            )
        if twice := [code for code in found if found.count(code) > 1]:
            raise ValueError(f'"{form}" has %{twice[0]} twice')
        needed = _NEEDED if with_clock or codes & set("HIMSfp") else _NEEDED_OF_A_DAY
        lacking = [part for part, letters in needed.items() if not codes & set(letters)]
        if lacking:
            raise ValueError(f'"{form}" has no {lacking[0]}')


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    """Raises: ValueError, in RE2's words."""
    import re2  # noqa: PLC0415  # few practices have a pattern, and it takes 10 ms

    options = re2.Options()
    options.log_errors = False  # it would write to the terminal by itself
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        text = problem.args[0] if problem.args else ""
        raise ValueError(text.decode() if isinstance(text, bytes) else str(text)) from None


def _time(text: str, form: str) -> datetime | None:
    try:
        at = datetime.strptime(text, form)  # noqa: DTZ007  # with %z it is aware
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def _instant(epoch: str) -> datetime | None:
    if not re.fullmatch("[0-9]{9,10}|[0-9]{13}", epoch):
        return None
    whole, rest = divmod(int(epoch), 1000) if len(epoch) == _MILLISECONDS else (int(epoch), 0)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest * 1000)
