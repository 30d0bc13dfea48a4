"""Lay a further revision of a recording's metadata over what was known (formats/recording.md, 3).

What was known of a call never changes, whoever takes in: a call record, or another name, fills what
was not known, and no more (`intake_joining`, `intake_filling`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import parse_instant
from callrec.errors import Tampered
from callrec.telephone.call import Direction, TimeConfidence

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDED: Final = frozenset({"parties", "provenance"})

_HELD_AGAINST_THE_ROW: Final = frozenset({"ciphertext"})
"""The file that it leaves: only a re-encryption changes it, and the newest is the row's."""

_FILLED: Final = frozenset(
    {"callee", "caller", "direction", "extension", "number", "record", "unique_id"}
)

_HOUR: Final = frozenset(
    {"contradiction", "started_at", "time_confidence", "utc_offset_minutes", "zone"}
)
"""What a call record that proves the hour settles of a local time."""

_TIME: Final = _HOUR | {"local_time", "raw_time"}

_CONFIDENCES_OPEN: Final = (TimeConfidence.LOCAL_AMBIGUOUS, TimeConfidence.NONEXISTENT)


def apply_revision(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a recording with a further revision.

    Whoever joined it to a call record may not have been able to read what was known, so what such a
    revision says otherwise of the call is passed over.

    Law: what was known stands, but for a time that was not, or an hour that is proven.

    Args:
        known: what the revisions before say, every member of the first among it.
        said: what this one says.

    Raises:
        Tampered: it says otherwise what it could not, or of the sound, which nothing changes.
    """
    otherwise = {name for name in said if not _may_say(known, said, name)}
    if not otherwise <= (_FILLED | _TIME if "record" in said else set()):
        raise Tampered("a later revision says otherwise what was known")
    told = {name: value for name, value in said.items() if name not in otherwise}
    parties = dict.fromkeys((*known["parties"], *said.get("parties", ())))
    provenance = [*known["provenance"], *said.get("provenance", ())]
    return {**known, **told, "parties": [*parties], "provenance": provenance}


def _may_say(known: Mapping[str, Any], said: Mapping[str, Any], name: str) -> bool:
    was = known.get(name)
    if said[name] == was or name in _ADDED | _HELD_AGAINST_THE_ROW | _settled(known, said):
        return True
    if name == "contradiction":
        return was is None or str(said[name]).startswith(str(was))
    return name in _FILLED and was in (None, Direction.UNKNOWN)


def _settled(known: Mapping[str, Any], said: Mapping[str, Any]) -> frozenset[str]:
    """Which members of the time are not known yet."""
    if known["time_confidence"] == TimeConfidence.FILE_TIME:
        return _TIME
    if known["time_confidence"] not in _CONFIDENCES_OPEN:
        return frozenset()
    started_at = parse_instant(said.get("started_at", known["started_at"]))
    moved = abs(started_at - parse_instant(known["started_at"]))
    by_hours = moved < timedelta(days=1) and not moved % timedelta(hours=1)
    return _HOUR if by_hours else frozenset()
