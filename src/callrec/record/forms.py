"""Forms of what is sealed, signed or remembered, each declared as a dataclass of its members.

What is written with a dataclass is read with the same one, strictly: no member is missing or
unknown, and none is of another type or written otherwise. Anybody with a key can seal or sign
anything with a program of their own, so what does not fit is refused, and the refusal tells nothing
of what stands there.

Laws: ``read(type(x), as_json(x), …) == x``; nothing is read but what ``as_json`` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import not_
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import core_schema, to_json

from callrec.crypto.canonical import canonical, instant, parse, parse_instant
from callrec.errors import CallrecError, Tampered, Unusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler

Form = TypeVar("Form")

NONCE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Written:
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


Id = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Hex = Annotated[bytes, Written(bytes.fromhex, bytes.hex)]
Day = Annotated[date, Written(date.fromisoformat, date.isoformat)]
Instant = Annotated[datetime, Written(parse_instant, instant)]
Nonce = Annotated[Hex, Field(exclude=True)]
"""32 bytes before a body's canonical JSON, and no member of it."""
WHERE_THERE: Final = Field(exclude_if=not_)
"""Of a member that is left out where it is empty."""


_adapter: Final[Callable[[Any], TypeAdapter[Any]]] = cache(TypeAdapter)
"""Made when it is first asked for: all of them would take longer than a command takes to begin."""


def as_json(value: object) -> dict[str, Any]:
    """The members of a form, as `canonical` writes them."""
    said: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json", by_alias=True)
    return said


def read(form: type[Form], said: object, otherwise: str, **beside: str) -> Form:
    """What stands in decoded JSON, and beside it.

    Raises:
        Tampered: it is not in that form, in the words of ``otherwise`` or of what decodes a member.
    """
    whole = {**said, **beside} if isinstance(said, dict) else said
    try:
        found: Form = _adapter(form).validate_json(to_json(whole), strict=True, extra="forbid")
    except (ValidationError, LookupError, TypeError, Unusable) as error:
        raise Tampered(otherwise) from error
    if as_json(found) != said:
        raise Tampered(otherwise)
    return found


def fits(form: Any, said: object) -> bool:
    """Whether decoded JSON is in that form, but for members that the form says nothing of."""
    try:
        _adapter(form).validate_json(to_json(said), strict=True, extra="ignore")
    except (ValidationError, LookupError, TypeError, CallrecError):
        return False
    return True


def body(value: object, nonce: bytes) -> bytes:
    """What is sealed of a form: ``nonce[32] || canonical JSON``."""
    return nonce + canonical(as_json(value))


def read_body(form: type[Form], opened: bytes, otherwise: str) -> Form:
    """What `body` made of a form that has a ``nonce``.

    Raises:
        Tampered: it is not in that form.
    """
    nonce, said = opened[:NONCE_BYTES], parse(opened[NONCE_BYTES:])
    return read(form, said, otherwise, nonce=nonce.hex())
