"""Say how files, or names alone, would be read; no vault is needed and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final

from callrec.dataclass import dataclass, replace
from callrec.intake.joining import UNRECOGNISED, is_unrecognised, joining_facts
from callrec.intake.reading import doubts_of, open_source, or_quarantined
from callrec.intake.records import AvailableCallRecords
from callrec.intake.sources import (
    Found,
    NotRecording,
    Quarantined,
    Source,
    find_sources,
    is_plainly_none,
)
from callrec.telephone.call import CALL_FIELDS, Call, Direction, System
from callrec.telephone.filled import filled_from_record
from callrec.telephone.joining_facts import JoinedBy
from callrec.telephone.reading import read_id, read_name
from callrec.telephone.sound.sound import Sound
from callrec.telephone.written import Identified, Setup

_LEFT: Final = (
    f"{UNRECOGNISED}; JSON beside it or call records would tell, or --unrecognised; but sound that"
    " the vault has already is not taken in again"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """How one file would be taken in, or why it would not."""

    path: str
    """As it was given, or found."""
    accepted: bool
    why: str
    call: Call | None = None
    sound: Sound | None = None
    joined_by: JoinedBy | None = None
    """None: there are no call records, or none of it."""
    known: Identified | None = None
    """What a name tells that holds no time."""

    def as_json(self) -> dict[str, Any]:
        """As docs/reference/json.md has it; what is not known is null."""
        call, sound, named = self.call, self.sound, self.call or self.known
        fields = {name: getattr(call, name, None) for name in CALL_FIELDS}
        return {
            "path": self.path,
            "accepted": self.accepted,
            "why": self.why,
            "system": named.system if named and named.system is not System.NONE else None,
            "template": call and call.said.get("template"),
            **fields,
            "direction": None if fields["direction"] is Direction.UNKNOWN else fields["direction"],
            "parties": call and list(call.parties),
            "unique_id": named and named.unique_id,
            "codec": sound and sound.codec,
            "sample_rate": sound and sound.sample_rate,
            "channels": sound and sound.channels,
            "duration_s": sound and sound.duration_ms / 1000,
            "sides": list(call.sides) if call and sound else None,
            "findings": sound and sorted(sound.findings),
            "joined_by": self.joined_by,
        }


def find_by_name(paths: Iterable[Path]) -> list[Found]:
    """Everything under the paths, by name: a person looks."""
    return sorted(find_sources(paths), key=_name_of)


def _name_of(found: Found) -> tuple[Sequence[str], str]:
    return ((), "") if isinstance(found, NotRecording) else (found.path.parts[:-1], found.path.name)


def preview_found(
    found: Iterable[Found],
    setup: Setup,
    records: AvailableCallRecords | None = None,
    *,
    now: datetime,
    unrecognised: bool = False,
) -> Iterator[Preview]:
    """Each file that was found and is not plainly something else."""
    for one in found:
        match one:
            case Source():
                each = _of_source(one, setup, records, now)
                is_left = each.call is not None and is_unrecognised(each.call, each.joined_by)
                yield (
                    replace(each, accepted=False, why=_LEFT)
                    if is_left and not unrecognised
                    else each
                )
            case Quarantined():
                yield Preview(str(one.path), accepted=False, why=one.why)
            case NotRecording():
                pass


def preview_rows(found: Iterable[Found], setup: Setup) -> Iterator[Preview]:
    """Each row of an export's list, and what it leaves; no sound is read."""
    for one in found:
        match one:
            case Source() if one.member:
                call = or_quarantined(one, partial(one.member.call, setup))
                told = None if isinstance(call, Quarantined) else call
                yield Preview(str(one.path), accepted=told is not None, why=call.why, call=told)
            case Quarantined():
                yield Preview(str(one.path), accepted=False, why=one.why)
            case _:
                pass


def preview_names(names: Iterable[str], setup: Setup) -> Iterator[Preview]:
    """Each name, as if a recording were called so, with what folders are written before it.

    Instead of the name of a template, its examples; without any name, those of all templates.
    """
    examples = {template.name: template.examples for template in setup.templates}
    for name in names or examples:
        for each in examples.get(name, (name,)):
            yield _of_name(each, setup)


def _of_name(name: str, setup: Setup) -> Preview:
    path = PurePath(name)
    call = read_name(path, setup)
    if is_plainly_none(path.name):
        return Preview(name, accepted=False, why="by its name it is not a recording")
    if call is not None:
        return Preview(name, accepted=True, why=call.why, call=call)
    known = read_id(path, setup)
    asked = setup.templates[0].name if setup.system == System.TEMPLATE else setup.system
    how = f"{asked} writes no such name" if asked else "no system that is known writes such a name"
    why = f"{known.how if known else how}; JSON beside it, call records, or its own time would tell"
    return Preview(name, accepted=True, why=why, known=known)


def _of_source(
    source: Source, setup: Setup, records: AvailableCallRecords | None, now: datetime
) -> Preview:
    def read() -> tuple[Call, Sound]:
        with open_source(source) as opened:
            return opened.understand(setup)[:2]

    understood = or_quarantined(source, read)
    if isinstance(understood, Quarantined):
        return Preview(str(source.path), accepted=False, why=understood.why)
    call, sound = understood
    facts = joining_facts(call, [source.path], sound.duration_ms)
    joined = records.join([facts])[0] if records else None
    call = filled_from_record(call, joined) if joined else call
    sound = sound.with_findings(doubts_of(call, now))
    path, by = str(source.path), joined.joined_by if joined else None
    return Preview(path, accepted=True, why=call.why, call=call, sound=sound, joined_by=by)
