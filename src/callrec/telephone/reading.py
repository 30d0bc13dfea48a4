"""What is known of a recording by its sidecar, else by its name, else by the file's own time.

A sidecar is a JSON file beside the recording, for what its telephone system's names do not say. Its
format is docs/formats/sidecar.md; it is strict, because a key misspelt would be a fact lost.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePath
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callrec.dataclass import replace
from callrec.errors import Failed, Unusable
from callrec.policy import search as criteria
from callrec.policy.notice import CallerTold, is_possible_for
from callrec.system.paths import plain_file
from callrec.telephone.call import Call, Direction, System
from callrec.telephone.names import ID_READERS, NAME_READERS, SYSTEMS_NAMING_PEOPLE
from callrec.telephone.records.reading import MAX_DESCRIPTION_BYTES, read_description
from callrec.telephone.written import NOT_IDENTIFIED, Identified, Setup, Written, WrittenTime

_LONGEST_NAME: Final = 255
"""Bytes of a file name (NAME_MAX), so characters at most."""

_NO_UTF_8: Final = range(0x80, 0x100)
"""What a byte may be that stands in a name as half a surrogate (PEP 383)."""


def read_call(path: Path, setup: Setup, sidecar: Path | None) -> Call:
    """The call whose recording this is, with its sidecar if any; its sound is not looked at."""
    try:
        if sidecar is not None:
            with sidecar.open("rb") as opened:
                data = opened.read(MAX_DESCRIPTION_BYTES + 1)  # one more is enough to refuse it
            # A cloud system's own description says itself whose it is.
            return read_description(data, replace(setup, system=None)) or read_sidecar(data, setup)
        call = read_name(path, setup)
        if call is not None:
            return call
        known = read_id(path, setup) or NOT_IDENTIFIED
        return known.to_call(int(path.stat().st_mtime), setup.zone)
    except OSError as problem:
        raise Failed(f"the recording's description cannot be read: {problem.strerror}") from None


def read_name(path: PurePath, setup: Setup) -> Call | None:
    """The call that a recording's name tells of, or None where no system writes such a name.

    Law: never raises.
    """
    if len(path.name) > _LONGEST_NAME:
        return None
    shown = path if path.name.isprintable() else path.with_name("".join(map(_printable, path.name)))
    for template in setup.templates:
        is_asked = setup.system is None or setup.system == System.TEMPLATE
        call = template.read(shown, setup) if is_asked else None
        if call is not None:
            return call
    for system, read in NAME_READERS.items():
        is_asked = (setup.system is None or setup.system == system) and (
            shown is path or system in SYSTEMS_NAMING_PEOPLE
        )
        written = read(shown, setup) if is_asked else None
        if written is not None:
            return written.to_call(setup)
    return None


def read_id(path: PurePath, setup: Setup) -> Identified | None:
    """What a name tells that holds no time, or a day alone; None: no system writes such a name.

    Law: never raises.
    """
    if len(path.name) > _LONGEST_NAME or not path.name.isprintable():
        return None
    templates = setup.templates if setup.system in {None, System.TEMPLATE} else ()
    systems = (each for system, each in ID_READERS.items() if setup.system in {None, system})
    asked = chain((template.identify for template in templates), systems)
    return next(filter(None, (identify(path, setup) for identify in asked)), None)


def _printable(sign: str) -> str:
    """A character of a name that holds a person's name.

    A byte that is not UTF-8 is read as Windows-1252 has it, which shares and exports leave; every
    space is a plain one, and what cannot be shown is U+FFFD.
    """
    byte = ord(sign) - 0xDC00
    shown = bytes([byte]).decode("cp1252", "replace") if byte in _NO_UTF_8 else sign
    if unicodedata.category(shown) == "Zs":
        return " "
    return shown if shown.isprintable() else "\ufffd"


_MAX_SIDECAR_BYTES = 64 * 1024
_HINT = "docs/formats/sidecar.md lists the keys of a sidecar and what each may hold"

_PROBLEMS: Final = {
    "json_invalid": "the sidecar is not JSON in UTF-8",
    "extra_forbidden": 'the sidecar holds an unknown key "{key}"',
    "missing": 'the sidecar lacks "{key}"',
    "caller_told": 'the sidecar\'s "caller_told" goes with no such direction',
}
"""By pydantic's word for it."""

_INSTANT = re.compile(
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)

_WENT = {Direction(str(way)): way for way in criteria.Direction}
"""The ways that the policy's rules know of; any other is not known."""

_Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]


class _Sidecar(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    started_at: str
    direction: Direction = Direction.UNKNOWN
    caller: _Text = ""
    callee: _Text = ""
    extension: _Text = ""
    parties: Annotated[tuple[_Text, ...], Field(max_length=50)] = ()
    unique_id: _Text = ""
    system: _Text = ""
    caller_told: CallerTold = CallerTold.UNKNOWN

    @model_validator(mode="after")
    def _possible_for_direction(self) -> _Sidecar:
        if not is_possible_for(self.caller_told, _WENT.get(self.direction)):
            raise PydanticCustomError("caller_told", "no such call is told so")
        return self


def sidecar_for(path: Path) -> Path | None:
    """The sidecar that lies beside a recording: ``call.wav.json``, else ``call.json``.

    Only a file of its own counts: no link, which might lead out of the folder, and no pipe.
    """
    # As text: of most files there is none, and two more paths for each cost more than the look.
    text = str(path)
    names = (f"{text}.json", f"{text.removesuffix(path.suffix)}.json")
    return next((Path(name) for name in names if name != text and plain_file(name)), None)


def read_sidecar(data: bytes, setup: Setup) -> Call:
    """The call that a sidecar tells of."""
    if len(data) > _MAX_SIDECAR_BYTES:
        raise Unusable(f"the sidecar is larger than {_MAX_SIDECAR_BYTES // 1024} KiB", hint=_HINT)
    try:
        sidecar = _Sidecar.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        # Names the key; the value is the caller's business, and pydantic's own words may hold it.
        key = ascii(first["loc"][0])[1:-1][:40] if first["loc"] else ""
        other = 'the sidecar\'s "{key}" cannot be used' if key else "the sidecar is no JSON object"
        message = _PROBLEMS.get(first["type"], other).format(key=key)
        raise Unusable(message, hint=_HINT) from None
    raw = sidecar.model_dump(mode="json", exclude={"parties"}, exclude_unset=True)
    return Written(
        system=System.SIDECAR,
        how="told by its sidecar",
        time=_written_time(sidecar.started_at),
        direction=sidecar.direction if "direction" in sidecar.model_fields_set else None,
        calling=sidecar.caller,
        called=sidecar.callee,
        extension=sidecar.extension or None,
        parties=sidecar.parties,
        unique_id=sidecar.unique_id or None,
        said={key: str(value) for key, value in raw.items()},
    ).to_call(setup)


def _written_time(text: str) -> WrittenTime:
    try:
        if _INSTANT.fullmatch(text):
            return WrittenTime.of(text, datetime.fromisoformat(text))
    except ValueError:
        pass
    raise Unusable(
        'the sidecar\'s "started_at" is no date and time', hint='write "2024-10-27T01:30:00+01:00"'
    )
