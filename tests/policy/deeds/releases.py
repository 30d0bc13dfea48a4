"""What people say of packages that were released, and cannot have been so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import (
    Channel,
    Delivery,
    ReleaseInstructions,
    awaits_handing_over,
    check_acknowledged,
    check_can_be_reached,
    check_handed_over,
    check_instructions,
    check_sent_separately,
    choose_release,
)
from callrec.policy.handling import check_may_record
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from policy.builders import BEN, CAT, NOW, TODAY, a_person, a_release, a_request, handed_over

THERE: dict[str, Any] = {"handed_over_on": date(2024, 1, 3)}

TWO = (a_release(), a_release(id="7f" * 16))


def says(**said: Any) -> None:
    check_handed_over(a_release(), handed_over(**said), now=NOW)


def acknowledged(on: date, reason: str = "", **release: Any) -> None:
    check_acknowledged(a_release(**release), on, reason, now=NOW)


def meant(*releases: Any, named: str = "") -> None:
    choose_release(releases, named, waits=awaits_handing_over)


def directed(**said: Any) -> None:
    check_instructions(
        ReleaseInstructions(**said), Purpose.COMPLAINT, (FurtherParticular.COMPLAINT,)
    )


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "a package and its passphrase go by the same way": lambda: check_sent_separately(
        Delivery(Channel.EMAIL, Channel.EMAIL)
    ),
    "a package was handed over and none was released": meant,
    "a package was handed over that nobody released": lambda: meant(*TWO, named="80"),
    "one of two packages was handed over": lambda: meant(*TWO),
    "it was handed over to nobody": lambda: says(to_whom="-"),
    "it will be handed over tomorrow": lambda: says(on=date(2024, 1, 5)),
    "it was handed over the day before it was released": lambda: says(on=date(2024, 1, 1)),
    "it went the way of its passphrase": lambda: says(channel=Channel.PHONE),
    "it went another way than was said": lambda: says(channel=Channel.PERSON),
    "it went another way, and the reason is a word": lambda: says(
        channel=Channel.PERSON, reason="post"
    ),
    "it was acknowledged and nobody handed it over": lambda: acknowledged(TODAY),
    "it will be acknowledged tomorrow": lambda: acknowledged(date(2024, 1, 5), **THERE),
    "it was acknowledged before it was there": lambda: acknowledged(date(2024, 1, 2), **THERE),
    "it was acknowledged with a word": lambda: acknowledged(TODAY, "thanks", **THERE),
    "staff say of somebody else's release who has it": lambda: check_may_record(
        a_person(Role.STAFF), a_request(requester=CAT), released_by=BEN, on=TODAY
    ),
    "a complaint's certificate names its data subject": lambda: directed(names_subject=True),
    "a recipient could not reach the practice": lambda: check_can_be_reached(""),
    "a complaint is an exhibit": lambda: directed(exhibit="DW/1"),
    "a drive with a complaint has its serial told": lambda: directed(medium_serial="4711"),
}
