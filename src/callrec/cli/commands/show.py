"""``callrec show``: one recording."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from callrec.cli.commands.ingest_view import utc_offset
from callrec.cli.commands.search import call_json, call_length, only_on_volumes, outside_number
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options.volumes import OnVolume
from callrec.cli.who import acting_person, practice_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from callrec.calls.find import ShownCall
    from callrec.search.show import CheckedRecording, StartClock

show_app = new_app()


@show_app.command()
def show(ctx: Context, recording: options.RecordingId, *, on_volume: OnVolume = None) -> None:
    """Say what is known about one recording, and check all of it.

    Its columns, its sealed details and its sealed file are compared with what was signed when it
    came in. Number, names and file names are masked.
    """
    from callrec.search.show import show_recording

    practice = practice_of(ctx.obj, on_volume)
    shown = show_recording(practice, acting_person(ctx.obj, practice), recording)
    out = ctx.obj.out
    sources = [{"name": s.name, "modified_at": s.modified_at} for s in shown.provenance]

    def text() -> None:
        for label, value in _lines(shown, practice.config.time_zone):
            out.say(f"{label:<11}{value}")

    value = {
        **call_json(shown.call),
        **asdict(shown.clock),
        "sides": list(shown.sides),
        "findings": list(shown.findings),
        "provenance": sources,
        "notices": dict(shown.notices),
        "caller_told": shown.caller_told,
        "file_checked": shown.is_file_checked,
        "category": shown.category.name,
        "rule": shown.category.rule,
        "due_on": shown.due_on,
    }
    out.show(value, text)
    out.next_step(f"callrec request create --recording {recording}")


def _lines(shown: CheckedRecording, zone: tzinfo) -> Iterator[tuple[str, str]]:
    call = shown.call
    yield "recording", f"{call.id}  ({call.uid})"
    yield "began", f"{call.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}, {call.time_confidence}"
    if shown.clock.zone is not None:
        yield "clock", _clock(shown.clock, call, zone)
    if shown.clock.contradiction:
        yield "but", shown.clock.contradiction
    yield "length", call_length(call)
    yield "direction", call.direction
    yield "extension", call.extension or "unknown"
    yield "number", outside_number(call) or "none"
    yield "parties", ", ".join(call.parties) or "unknown"
    yield "sound", f"{call.format}, {call.size_bytes:,} bytes"
    if shown.sides:
        yield "channels", ", ".join(shown.sides)
    if shown.findings:
        yield "found", ", ".join(shown.findings)
    yield "sha-256", call.sha256
    yield "state", f"{call.state}, held" if call.held else call.state
    if call.is_on_volumes_only:
        yield "kept", only_on_volumes(call)
    yield "retention", _retention(shown)
    yield "told", shown.caller_told
    in_force = [f"{kind} {version}" for kind, version in shown.notices.items() if version]
    yield "notices", ", ".join(in_force) or "none in force that day"
    for source in shown.provenance:
        yield "came in as", f"{source.name}  (written {source.modified_at})"
    if shown.is_file_checked:
        yield "checked", "columns, details and sealed file are as they were sealed"
    else:
        yield "checked", "columns and details; attach the volume to check the sealed file"


def _retention(shown: CheckedRecording) -> str:
    return f"{shown.category.rule}" + (f"; due on {shown.due_on}" if shown.due_on else "")


def _clock(clock: StartClock, call: ShownCall, zone: tzinfo) -> str:
    """Where it stood, and what it showed if that is not what the practice's own would have."""
    stood = clock.zone or ""
    if clock.utc_offset_minutes is not None:
        stood += f", {utc_offset(clock.utc_offset_minutes)}"
    local = call.started_at.astimezone(zone).isoformat()
    showed = call.local_time.replace("T", " ")[: len("2024-07-04 14:05:01")]
    return stood if local.startswith(call.local_time[:19]) else f"{stood}; it showed {showed}"
