"""The call record that is sealed with a recording (docs/formats/recording.md, 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from callrec.crypto.canonical import format_instant, parse_instant
from callrec.errors import Tampered
from callrec.telephone.call import Call, Direction, Leg, System, outside_numbers
from callrec.telephone.joining_facts import Joined

_NO_FORM: Final = "the call record of a recording is not in its form"

_NOT_OF_A_LEG: Final = frozenset({"contradiction", "sides", "system", "utc_offset_minutes", "zone"})
"""Members of a call that its record says once, or not at all."""


def as_record(joined: Joined) -> dict[str, Any]:
    """A call as it is sealed with its recording."""
    return {
        "joined_by": joined.joined_by,
        "key": joined.call.key,
        "leg": joined.leg_index,
        "legs": [_leg_members(leg) for leg in joined.call.legs],
        "system": joined.call.legs[0].call.system,
    }


def _leg_members(leg: Leg) -> dict[str, Any]:
    members = leg.call.as_members()
    return {name: members[name] for name in members.keys() - _NOT_OF_A_LEG} | {
        "answered": leg.answered,
        "answered_at": leg.answered_at and format_instant(leg.answered_at),
        "recording": leg.recording,
        "talk_ms": leg.talk_ms,
    }


class NamedParties(NamedTuple):
    """The people in a recording's metadata: of its own call, and of all legs of its call record."""

    numbers: frozenset[str]
    """Numbers that an outside party has, or may have."""
    extensions: frozenset[str]
    parties: tuple[str, ...]


def parties_named_in(fields: Mapping[str, Any]) -> NamedParties:
    """The people in a recording's metadata."""
    ends = (fields["caller"], fields["callee"])
    numbers = outside_numbers(fields["direction"], fields["number"], *ends)
    return parties_named(numbers, fields["extension"], fields["parties"], fields)


def parties_named(
    numbers: frozenset[str],
    extension: str | None,
    parties: Iterable[str],
    fields: Mapping[str, Any],
) -> NamedParties:
    """The people in a recording's own call, and in the call record in ``fields``, if any.

    A call between extensions has one at each end.
    """
    extensions = {extension} if extension else set[str]()
    calls = [leg.call for leg in sealed_legs(fields)]
    if not calls:
        return NamedParties(numbers, frozenset(extensions), tuple(parties))
    for call in calls:
        ends = (call.caller, call.callee) if call.direction is Direction.INTERNAL else ()
        extensions |= {end for end in ends if end and not end.startswith("+")}
        extensions |= {call.extension} if call.extension else set()
    of_legs = [party for leg in fields["record"]["legs"] for party in leg.get("parties", ())]
    if not all(isinstance(party, str) for party in of_legs):
        raise Tampered(_NO_FORM)
    return NamedParties(
        numbers.union(*(call.numbers for call in calls)),
        frozenset(extensions),
        (*parties, *dict.fromkeys(of_legs)),
    )


def sealed_legs(fields: Mapping[str, Any]) -> list[Leg]:
    """The legs of the call record in a recording's metadata, with their essence alone."""
    record = fields.get("record")
    if record is None:
        return []
    from callrec.telephone.reconciling import comparable_leg  # noqa: PLC0415  # where there is one only

    try:
        system, key = System(record["system"]), str(record["key"])
        return [comparable_leg(_leg(leg, system, key)) for leg in record["legs"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Tampered(_NO_FORM) from error


def _leg(members: Mapping[str, Any], system: System, key: str) -> Leg:
    unsealed = dict.fromkeys(_NOT_OF_A_LEG)  # of no account for a leg (`comparable_leg`)
    answered_at = None if members["answered_at"] is None else parse_instant(members["answered_at"])
    return Leg(
        call=Call.from_members({**members, **unsealed, "parties": (), "system": system}),
        key=key,
        recording=str(members["recording"]),
        answered=members["answered"] is True,
        answered_at=answered_at,
        talk_ms=None if members["talk_ms"] is None else int(members["talk_ms"]),
    )
