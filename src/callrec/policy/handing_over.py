"""How a released copy reaches its recipient: wrapped, and its passphrase by another way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callrec.errors import Refused


class Form(StrEnum):
    """What a copy is wrapped in."""

    ZIP = "zip"


class Channel(StrEnum):
    """A way to hand something over."""

    LETTER = "letter"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How package and passphrase go out; None where nobody said."""

    package_by: Channel | None = None
    passphrase_by: Channel | None = None


def check_parted(delivery: Delivery) -> None:
    """Whoever comes by the package has not come by its passphrase as well.

    Raises:
        Refused: both go the same way.

    Source: docs/formats/release.md, 6.
    """
    if delivery.package_by is not None and delivery.package_by is delivery.passphrase_by:
        raise Refused(
            "the package and its passphrase may not go the same way",
            hint="give --deliver-by and --passphrase-by two different ways",
        )
