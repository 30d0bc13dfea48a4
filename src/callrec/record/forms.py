"""Forms of what is sealed, signed or remembered, each declared as a dataclass of its members.

What is written with a dataclass is read with the same one, strictly: no member is missing or
unknown, and none is of another type or written otherwise. Anybody with a key can seal or sign
anything with a program of their own, so what does not fit is refused, and the refusal tells nothing
of what stands there.

Laws: ``read(type(x), as_json(x), …) == x``; nothing is read but what ``as_json`` writes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from operator import not_
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, GetCoreSchemaHandler, StringConstraints, TypeAdapter
from pydantic_core import core_schema, to_json

from callrec.audit.checkpoint import decode_base64
from callrec.audit.log import Head
from callrec.crypto.canonical import canonical, format_instant, parse, parse_instant
from callrec.crypto.statement import Statement
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Tampered, Unusable

Form = TypeVar("Form")
NONCE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class InJson:
    """How a member is written in JSON, where that is not as pydantic writes its type."""

    decode: Callable[[Any], object]
    """Raises ValueError, LookupError, TypeError, Unusable or Tampered of anything else."""
    encode: Callable[[Any], object]
    form: Any = str
    """What stands in the JSON."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            self.decode,
            handler.generate_schema(self.form),
            serialization=core_schema.plain_serializer_function_ser_schema(self.encode),
        )


@dataclass(frozen=True, slots=True)
class _Head:
    root: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


Id = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Hex = Annotated[bytes, InJson(bytes.fromhex, bytes.hex)]
Base64 = Annotated[bytes, InJson(decode_base64, lambda data: b64encode(data).decode())]
Day = Annotated[date, InJson(date.fromisoformat, date.isoformat)]
Instant = Annotated[datetime, InJson(parse_instant, format_instant)]

LogHead = Annotated[
    Head,
    InJson(
        lambda members: Head(members.size, bytes.fromhex(members.root)),
        lambda head: {"root": head.root.hex(), "size": head.size},
        _Head,
    ),
]

WHERE_THERE: Final = Field(exclude_if=not_)
"""Of a member that is left out where it is empty."""

BESIDE: Final = Field(exclude=True)
"""Of what is not a member, and is given by the one who reads the form."""

Nonce = Annotated[Hex, BESIDE]
"""32 bytes before a body's canonical JSON, and no member of it."""

_HEAD: Final = frozenset({"at", "by", "kind", "vault"})
"""The members that each statement has."""

_adapter: Final[Callable[[Any], TypeAdapter[Any]]] = cache(TypeAdapter)
"""Made when it is first asked for: all of them would take longer than a command takes to begin."""


def as_json(value: object, form: Any = None) -> dict[str, Any]:
    """The members of a form, the value's own type if no other is named, as JSON has them."""
    adapter = _adapter(form or type(value))
    members: dict[str, Any] = adapter.dump_python(value, mode="json", by_alias=True)
    return members


def read(form: type[Form], value: object, otherwise: str, **beside: object) -> Form:
    """What stands in decoded JSON, and beside it."""
    whole = {**value, **beside} if isinstance(value, dict) else value
    try:
        found: Form = _adapter(form).validate_json(to_json(whole), strict=True, extra="forbid")
    except (ValueError, LookupError, TypeError, Unusable) as error:
        raise Tampered(otherwise) from error
    if as_json(found, form) != value:
        raise Tampered(otherwise)
    return found


def read_stated(form: type[Form], statement: Statement, otherwise: str, **beside: object) -> Form:
    """What a statement says beside its head."""
    members = {name: value for name, value in statement.fields.items() if name not in _HEAD}
    return read(form, members, otherwise, **beside)


def fits(form: Any, value: object) -> bool:
    """Whether decoded JSON is in that form, but for members that the form says nothing of."""
    try:
        _adapter(form).validate_json(to_json(value), strict=True, extra="ignore")
    except (ValueError, LookupError, TypeError, CallrecError):
        return False
    return True


def recall(form: type[Form], path: Path) -> Form | None:
    """What was remembered in a file; None where that is not known."""
    try:
        return read(form, json.loads(path.read_bytes()), "a memory is in no form")
    except (OSError, ValueError, RecursionError, Tampered):
        return None


def body_of(value: object, nonce: bytes) -> bytes:
    """What is sealed of a form: ``nonce[32] || canonical JSON``."""
    return nonce + canonical(as_json(value))


def read_body(form: type[Form], opened: bytes, otherwise: str) -> Form:
    """What `body_of` made of a form that has a ``nonce``."""
    nonce, body = opened[:NONCE_BYTES], parse(opened[NONCE_BYTES:])
    return read(form, body, otherwise, nonce=nonce.hex())
