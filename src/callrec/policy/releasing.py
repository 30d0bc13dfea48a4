"""How a release goes out, as whoever releases says it [policy 4(e)-(g)]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.policy.further import Further
from callrec.policy.handing_over import Delivery, Form

if TYPE_CHECKING:
    from callrec.policy.edits_said import SaidEdit
    from callrec.policy.particulars import Particulars


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Directions:
    """What whoever releases says. Its repr shows nothing."""

    delivery: Delivery = field(default_factory=Delivery)
    """How package and passphrase will reach the recipient."""
    form: Form = Form.ZIP
    edits: tuple[SaidEdit, ...] = ()
    """What is left out, where that is the releaser's to say."""
    most_bytes: int | None = None
    """What the package may take; None: whatever it takes."""
    exhibit: str = ""
    """The exhibit's reference, for an outside body; empty: made of the request's."""
    medium_serial: str = ""
    """Of the drive or disc that goes to an outside body; empty: to be filled in by hand."""
    names_subject: bool = False
    """Whether the certificate names the data subject."""


def content_bytes(directions: Directions) -> int | None:
    """What the files of a package may take together; None: whatever they take.

    A page holds them as base64, in which three bytes are four.
    """
    if directions.most_bytes is None or directions.form is not Form.HTML:
        return directions.most_bytes
    return directions.most_bytes * 3 // 4


def check_names_subject(directions: Directions, particulars: Particulars) -> None:
    """Whether there is somebody for the certificate to name.

    Raises:
        Unusable: the request names no subject, and he is to be named.
    """
    if directions.names_subject and Further.SUBJECT not in particulars.further:
        raise Unusable("the request names no data subject", hint="leave out --name-subject")
