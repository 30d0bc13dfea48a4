"""How a release goes out, as whoever releases says it [policy 4(e)-(g)]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import Delivery, PackageForm, check_sent_separately
from callrec.policy.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection

    from callrec.policy.edits_said import TypedEdit


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReleaseInstructions:
    """What whoever releases says. Its repr shows nothing."""

    delivery: Delivery = field(default_factory=Delivery)
    """How package and passphrase will reach the recipient."""
    form: PackageForm = PackageForm.ZIP
    edits: tuple[TypedEdit, ...] = ()
    """What is left out, where that is the releaser's to say."""
    max_bytes: int | None = None
    """What the package may take; None: whatever it takes."""
    exhibit: str = ""
    """The exhibit's reference, for an outside body; empty: made of the request's."""
    medium_serial: str = ""
    """Of the drive or disc that goes to an outside body; empty: to be filled in by hand."""
    names_subject: bool = False
    """Whether the certificate names the data subject."""


def max_content_bytes(directions: ReleaseInstructions) -> int | None:
    """What the files of a package may take together; None: whatever they take.

    A page holds them as base64, in which three bytes are four.
    """
    if directions.max_bytes is None or directions.form is not PackageForm.HTML:
        return directions.max_bytes
    return directions.max_bytes * 3 // 4


def check_instructions(
    directions: ReleaseInstructions, purpose: Purpose, further: Collection[str]
) -> None:
    """Whether a request of that purpose can go out so.

    Args:
        directions: what whoever releases says.
        purpose: of the request.
        further: what it says besides the six particulars.

    Raises:
        Refused: package and passphrase go the same way.
        Unusable: there is nobody to name on the certificate, or no exhibit.
    """
    check_sent_separately(directions.delivery)
    if directions.names_subject and FurtherParticular.SUBJECT not in further:
        raise Unusable("the request names no data subject", hint="leave out --name-subject")
    marked = directions.exhibit or directions.medium_serial
    if marked and purpose is not Purpose.OUTSIDE_BODY:
        raise Unusable(
            "only what goes to an outside body is an exhibit",
            hint="leave out --exhibit and --medium-serial",
        )
