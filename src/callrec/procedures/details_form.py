"""Which form the members of details have (docs/formats/audit-log.md, 2).

A leaf commits to its details, in whatever form they are: whoever has a key seals what he likes with
a program of his own. What is read from them is held against this before anything is made of it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.log import IN_NO_FORM
from callrec.errors import Unusable
from callrec.policy.edits import read_edits
from callrec.policy.handing_over import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEEPEST: Final = 8
"""Lists and objects within each other; our own are within four."""


def in_form(details: Any) -> Mapping[str, Any]:
    """Details whose members are in their form; `IN_NO_FORM` in the place of others."""
    if not isinstance(details, dict) or _is_deep(details):
        return IN_NO_FORM
    if all(_FORMS[name](value) for name, value in details.items() if name in _FORMS):
        return details
    return IN_NO_FORM


def _is_deep(value: object, left: int = _DEEPEST) -> bool:
    if not isinstance(value, dict | list):
        return False
    within = value.values() if isinstance(value, dict) else value
    return not left or any(_is_deep(each, left - 1) for each in within)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_whole(value: object) -> bool:
    return value is None or type(value) is int  # not isinstance: true is no number


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_whole(value: object) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_channel(value: object) -> bool:
    return not value or value in _CHANNELS


def _are_edits(value: Any) -> bool:
    try:
        read_edits(value)
    except (KeyError, TypeError, ValueError, Unusable):
        return False
    return True


def _are_criteria(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


_CHANNELS: Final = tuple(map(str, Channel))
_FORMS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "attended": _are_texts,
    "channel": _is_text,
    "code": _is_text,
    "criteria": _are_criteria,
    "deliver_by": _is_channel,
    "edits": _are_edits,
    "found": _is_whole,
    "further": lambda _: False,  # of a request's particulars, which lie elsewhere
    "how": _is_text,
    "manifest": _is_text,
    "medium_serial": _is_text,
    "note": _is_text,
    "on": _is_day,
    "passphrase_by": _is_channel,
    "reason": _is_text,
    "request": _is_text,
    "search": _is_whole,
    "seqs": _are_whole,
    "sha256": _is_text,
    "time": _is_text,
    "to_whom": _is_text,
    "verdict": _is_text,
    "why": _is_text,
}
"""Of the members that something is read from, whatever act they are of."""
