"""What witnesses answered: for programs and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from callrec.errors import CallrecError, Failed, Tampered, Unchecked
from callrec.registers.cosigning import Cosigned, WitnessAnswer, WitnessState
from callrec.views.words import counted, facts, local_time


def cosigned_json(found: Cosigned) -> dict[str, Any]:
    """What came of asking the witnesses, for programs."""
    return {
        **facts(found, "size", "entry", "needed", "seen"),
        "witnesses": [facts(each, "witness", "state", "at", "why") for each in found.answers],
    }


def cosigned_lines(found: Cosigned) -> Iterator[str]:
    """The same in words, a line for each witness."""
    for each in found.answers:
        yield _line(each, found.size)
        if each.hint:
            yield f"  {each.hint}"
    if found.entry is not None:
        yield f"Their cosignatures are on record as entry {found.entry}."


def _line(each: WitnessAnswer, size: int) -> str:
    if each.state is WitnessState.SEEN and each.at is not None:
        when = local_time(each.at, UTC)
        return f"seen by {each.witness}: {counted(size, 'entry', 'entries')}, on {when} UTC"
    if each.state in (WitnessState.REFUSES, WitnessState.CONTRADICTS):
        return f"REFUSED by {each.witness}: {each.why}"
    return f"not seen by {each.witness}: {each.why}"


def what_is_wrong_with(found: Cosigned) -> CallrecError | None:
    """What a command ends with: a record that a witness has seen otherwise, or too few saw it."""
    for each in found.answers:
        if each.state is WitnessState.CONTRADICTS:
            return Tampered(
                f"{each.witness} has seen another record under this one's name: {each.why}",
                hint="change nothing, keep a copy of the vault, tell the Data Controller, and run"
                " callrec audit verify; the witness has the proof",
            )
    for each in found.answers:
        if each.state is WitnessState.REFUSES:
            return Unchecked(
                f"{each.witness} refuses this record, and shows no proof of another",
                hint="run callrec audit verify, and ask the people of the witness what it has seen",
            )
    if found.seen < found.needed:
        return Failed(
            f"{found.seen} of the witnesses saw the record, and {found.needed} must",
            hint="callrec audit cosign asks them again; nothing else waits for it",
        )
    return None
