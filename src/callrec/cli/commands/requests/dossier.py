"""``callrec request dossier``: everything that ever happened to a request, in order."""

from __future__ import annotations

from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from callrec.cli import options
from callrec.cli.commands import register as register_options
from callrec.cli.facts import facts
from callrec.cli.invocation import Context, check_destination, practice_of, signing_person
from callrec.cli.output import WIDTH, as_json, escape_controls, local_time
from callrec.errors import Tampered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.registers.dossier import Dossier, DossierEntry

_INDENT: Final = " " * 7


def dossier(
    ctx: Context,
    request: options.Reference,
    *,
    to: register_options.DossierFile = None,
    yes: options.Yes = False,
) -> None:
    """Print everything that ever happened to a request, in order.

    Every version of it, each search under it, who decided what and why, who heard it or handed it
    over, and what was tried and refused. Reading it is itself on record.
    """
    from callrec.registers.dossier import read_dossier
    from callrec.system.files import write_whole

    call = ctx.obj
    practice = practice_of(call)
    zone = practice.config.time_zone
    replace = to is not None and check_destination(call, to, yes=yes)
    found = read_dossier(practice, signing_person(call, practice), request)
    if to is None:
        call.out.show(_json(found), lambda: _say(call.out, found, zone))
    else:
        write_whole(to, _written(to, found, zone), replace=replace)
        count = len(found.entries)
        written = {"path": to, "id": found.reference, "events": count}
        call.out.show(written, lambda: call.out.say(f'"{to}" is written, entries: {count}'))
    if found.forged:
        raise Tampered(
            f"entries that name somebody who is not shown to have made them: {found.forged}"
        )


def _say(out: Output, found: Dossier, zone: tzinfo) -> None:
    for line in _lines(found, zone):
        out.say(line)


def _written(to: Path, found: Dossier, zone: tzinfo) -> bytes:
    if to.suffix.lower() == ".json":
        return f"{as_json(_json(found))}\n".encode()
    return "".join(f"{escape_controls(line)}\n" for line in _lines(found, zone)).encode()


def _lines(found: Dossier, zone: tzinfo) -> Iterator[str]:
    """A dossier as people read it, 80 columns wide."""
    yield f"{found.reference}  {found.purpose}  {found.state}"
    yield f"all that the record says of it, read on {local_time(found.read_at, zone)}"
    if not found.in_full:
        yield "what the request says is not shown in full, as it does not concern the reader"
    for entry in found.entries:
        yield ""
        yield from _entry_lines(entry, zone)


def _entry_lines(entry: DossierEntry, zone: tzinfo) -> Iterator[str]:
    number = "" if entry.seq is None else str(entry.seq)
    words = [local_time(entry.at, zone), entry.what]
    if entry.by:
        words.append(f"{entry.by} ({entry.role})")
    if entry.outcome != "done":
        words.append(entry.outcome.upper())
    if entry.attested is False:
        words.append("NOT ATTESTED")
    yield f"{number:>5}  {'  '.join(words)}"
    if entry.version:
        yield f"{_INDENT}version {entry.version.version}"
        yield from _told({"digest": entry.version.digest}, zone)
        yield from _told(entry.version.particulars or {}, zone)
    yield from _told({"recordings": list(entry.recordings), **entry.told}, zone)


def _told(told: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    for name, value in told.items():
        if name == "further":
            yield from _told(value, zone)
        elif value not in (None, "", [], False):
            between = " to " if name == "time" else ", "
            yield from _labelled(name.replace("_", " "), _in_words(value, between, zone))


def _labelled(label: str, text: str) -> Iterator[str]:
    further = f"{_INDENT}  "
    yield from wrap(f"{label}: {text}", WIDTH, initial_indent=_INDENT, subsequent_indent=further)


def _in_words(value: object, between: str, zone: tzinfo) -> str:
    match value:
        case True:
            return "yes"
        case datetime():
            return local_time(value, zone)
        case list():
            return between.join(_in_words(each, between, zone) for each in value)
        case dict():
            parts = (f"{name} {_in_words(each, between, zone)}" for name, each in value.items())
            return " ".join(parts)
        case _:
            return str(value)


def _json(found: Dossier) -> dict[str, Any]:
    return {
        "id": found.reference,
        **facts(found, "purpose", "state", "read_at", "in_full"),
        "events": [_event(entry) for entry in found.entries],
    }


def _event(entry: DossierEntry) -> dict[str, Any]:
    version = entry.version
    return {
        **facts(entry, "at", "seq", "by", "role", "what", "outcome", "attested", "recordings"),
        "details": dict(entry.told),
        "version": version
        and {
            "version": version.version,
            "digest": version.digest,
            "particulars": version.particulars and dict(version.particulars),
        },
    }
