"""How a released copy reaches its recipient: wrapped, and its passphrase by another way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callrec.policy.edits import Edits


class Form(StrEnum):
    """What a copy is wrapped in."""

    ZIP = "zip"
    """For 7-Zip and its like."""
    HTML = "html"
    """A page that opens in any browser."""


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Directions:
    """What whoever releases says. Its repr shows nothing."""

    delivery: Delivery = field(default_factory=Delivery)
    """How package and passphrase will reach the recipient."""
    form: Form = Form.ZIP
    edits: Mapping[int, Edits] = field(default_factory=dict)
    """By number of the recording."""
    most_bytes: int | None = None
    """What the package may take; None: whatever it takes."""
    exhibit: str = ""
    """The exhibit's reference, for an outside body; empty: made of the request's."""
    medium_serial: str = ""
    """Of the drive or disc that goes to an outside body; empty: to be filled in by hand."""
    names_subject: bool = False
    """Whether the certificate names the person whom the request is about."""


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
