"""A JSON file beside a recording, for whatever its telephone system's names do not say.

The format is docs/formats/sidecar.md; it is strict, because a key misspelt would be a fact lost.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callrec.errors import Unusable
from callrec.policy import search as criteria
from callrec.policy.notice import CallerTold, is_possible_for
from callrec.telephone.call import Call, Direction, System
from callrec.telephone.written import Written, WrittenTime

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from callrec.telephone.setup import Setup

MAX_SIDECAR_BYTES = 64 * 1024
"""Bytes."""

_HINT = "docs/formats/sidecar.md lists the keys of a sidecar and what each may hold"

_INSTANT = re.compile(
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)

_WENT = {Direction(str(way)): way for way in criteria.Direction}
"""The ways that the policy's rules know of; any other is not known."""

_Text = Annotated[str, StringConstraints(max_length=200)]


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
    def _told_as_it_went(self) -> _Sidecar:
        if not is_possible_for(self.caller_told, _WENT.get(self.direction)):
            raise PydanticCustomError("caller_told", "no such call is told so")
        return self


def sidecar_for(path: Path) -> Path | None:
    """The sidecar that lies beside a recording: ``call.wav.json``, else ``call.json``.

    Only a file of its own counts: no link, which might lead out of the folder, and no pipe.
    """
    # As text: of most files there is none, and two more paths for each cost more than the look.
    text = str(path)
    for candidate in (f"{text}.json", f"{text.removesuffix(path.suffix)}.json"):
        if candidate != text and _is_plain_file(candidate):
            return Path(candidate)
    return None


def _is_plain_file(path: str) -> bool:
    try:
        return S_ISREG(os.lstat(path).st_mode)
    except OSError:  # missing, or its name has grown too long
        return False


def read_sidecar(data: bytes, setup: Setup) -> Call:
    """The call that a sidecar tells of.

    Args:
        data: the whole file, UTF-8 with or without a byte order mark.
        setup: how this practice's telephone systems are read.

    Raises:
        Unusable: it is too large, no JSON, or holds a key or a value that is not in the format.
    """
    if len(data) > MAX_SIDECAR_BYTES:
        raise Unusable(f"the sidecar is larger than {MAX_SIDECAR_BYTES // 1024} KiB", hint=_HINT)
    try:
        said = _Sidecar.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _explained(first) from None
    return Written(
        system=System.SIDECAR,
        how="told by its sidecar",
        time=_written_time(said.started_at),
        direction=said.direction if "direction" in said.model_fields_set else None,
        calling=said.caller,
        called=said.callee,
        extension=said.extension or None,
        parties=said.parties,
        unique_id=said.unique_id or None,
        said=_raw(said),
    ).to_call(setup)


def _explained(error: ErrorDetails) -> Unusable:
    """Names the key; the value is the caller's business, and pydantic's own words may hold it."""
    key = ascii(error["loc"][0])[1:-1][:40] if error["loc"] else ""
    match error["type"]:
        case "json_invalid":
            return Unusable("the sidecar is not JSON in UTF-8", hint=_HINT)
        case "extra_forbidden":
            return Unusable(f'the sidecar holds an unknown key "{key}"', hint=_HINT)
        case "missing":
            return Unusable(f'the sidecar lacks "{key}"', hint=_HINT)
        case "caller_told":
            return Unusable('the sidecar\'s "caller_told" goes with no such direction', hint=_HINT)
        case _ if key:
            return Unusable(f'the sidecar\'s "{key}" cannot be used', hint=_HINT)
        case _:
            return Unusable("the sidecar is no JSON object", hint=_HINT)


def _written_time(text: str) -> WrittenTime:
    try:
        if _INSTANT.fullmatch(text):
            return _as_written(text, datetime.fromisoformat(text))
    except ValueError:
        pass
    raise Unusable(
        'the sidecar\'s "started_at" is no date and time', hint='write "2024-10-27T01:30:00+01:00"'
    )


def _as_written(raw: str, at: datetime) -> WrittenTime:
    if at.tzinfo is None:
        return WrittenTime(raw=raw, local=at)
    return WrittenTime(raw=raw, instant=at, proof="the offset that is written with it")


def _raw(said: _Sidecar) -> dict[str, str]:
    written = said.model_dump(mode="json", exclude={"parties"}, exclude_unset=True)
    return {key: str(value) for key, value in written.items()}
