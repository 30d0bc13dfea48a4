"""Packages that are on record as released, and what is said of them; none is written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

from callrec.crypto import primitives
from callrec.policy.handing_over import Channel, Delivery, Handover
from callrec.release.record import record_delivered, record_prepared
from callrec.requests.packages import NotedPackage, record_acknowledged, record_handed_over
from house.practices import House
from house.requests import grants_of, signed_in
from package.builders import a_file, a_manifest

TODAY = date(2026, 11, 24)
"""Of every practice that nobody has let grow older."""

BY_LETTER = Delivery(Channel.LETTER, Channel.PHONE)

WHOM = "Siân O'Neill of 4 Green Lane"

WHY = "She came to the desk and took it with her"

THANKS = "She rang and said that she can hear it"


def released(
    house: House, reference: str = "R-1", login: str = "sam", *, delivery: Delivery = BY_LETTER
) -> str:
    """The release's id: everything granted to somebody, on record as one package."""
    grants, actor = grants_of(house, reference, login), signed_in(house, login)
    request = grants[0].request
    files = [
        replace(a_file(place=place), uid=grant.uid) for place, grant in enumerate(grants, start=1)
    ]
    manifest = replace(
        a_manifest(*files),
        vault=house.practice.vault,
        release=primitives.random_id(),
        request_number=reference,
        request=request.id,
        released_by=actor.person.id,
    )
    record_prepared(house.practice, actor, manifest, grants)
    said = {"deliver_by": delivery.package_by, "passphrase_by": delivery.passphrase_by}
    record_delivered(house.practice, actor, request, manifest, said)
    return manifest.release


def hand_over(
    house: House, reference: str = "R-1", login: str = "sam", *, release: str = "", **said: Any
) -> NotedPackage:
    """Say that it was handed over today, by letter."""
    told = {"on": TODAY, "clock": None, "channel": Channel.LETTER, "to_whom": WHOM, **said}
    if told["clock"]:
        told["clock"] = time.fromisoformat(told["clock"])
    actor = signed_in(house, login)
    return record_handed_over(house.practice, actor, reference, Handover(**told), release=release)


def acknowledge(
    house: House,
    reference: str = "R-1",
    login: str = "sam",
    *,
    on: date = TODAY,
    reason: str = THANKS,
    release: str = "",
) -> NotedPackage:
    """Say that its recipient acknowledged it."""
    actor = signed_in(house, login)
    return record_acknowledged(
        house.practice, actor, reference, on=on, reason=reason, release=release
    )
