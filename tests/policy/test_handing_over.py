from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.handing_over import (
    Channel,
    Delivery,
    ReleaseFacts,
    awaits_acknowledgement,
    awaits_handing_over,
    check_acknowledged,
    check_handed_over,
    check_sent_separately,
    choose_release,
)
from policy.builders import LONDON, TODAY, a_release, handed_over

NOW = datetime(2024, 1, 4, 12, 0, 59, tzinfo=LONDON)

WHY = "The officer came to the desk and took it with him"


@pytest.mark.parametrize("channel", Channel)
def test_package_and_passphrase_never_go_the_same_way(channel: Channel) -> None:
    with pytest.raises(Refused, match="may not go the same way"):
        check_sent_separately(Delivery(channel, channel))


@pytest.mark.parametrize(
    "delivery",
    [
        Delivery(),
        Delivery(Channel.EMAIL),
        Delivery(None, Channel.PHONE),
        Delivery(Channel.EMAIL, Channel.PHONE),
    ],
)
def test_two_ways_or_what_nobody_said_may_be(delivery: Delivery) -> None:
    check_sent_separately(delivery)


# Which package is meant.

FIRST, SECOND = a_release(id="7e" * 16), a_release(id="7f" * 16)

THERE = a_release(id="aa" * 16, handed_over_on=TODAY)

ANSWERED = a_release(id="bb" * 16, handed_over_on=TODAY, acknowledged_on=TODAY)


def to_be_handed_over(*releases: ReleaseFacts, named: str = "") -> ReleaseFacts:
    return choose_release(releases, named, waits=awaits_handing_over)


def to_be_acknowledged(*releases: ReleaseFacts) -> ReleaseFacts:
    return choose_release(releases, "", waits=awaits_acknowledgement)


MEANT: dict[str, tuple[Callable[[], ReleaseFacts], ReleaseFacts]] = {
    "the only one": (lambda: to_be_handed_over(FIRST), FIRST),
    "the only one, again": (lambda: to_be_handed_over(THERE), THERE),
    "the only one that is not there": (lambda: to_be_handed_over(THERE, SECOND), SECOND),
    "the one that was named": (lambda: to_be_handed_over(FIRST, SECOND, named="7f"), SECOND),
    "the one that was named, again": (lambda: to_be_handed_over(THERE, FIRST, named="aa"), THERE),
    "the one that is there": (lambda: to_be_acknowledged(FIRST, THERE, ANSWERED), THERE),
}


@pytest.mark.parametrize(("meant", "release"), MEANT.values(), ids=MEANT)
def test_what_is_said_is_said_of_this_package(
    meant: Callable[[], ReleaseFacts], release: ReleaseFacts
) -> None:
    assert meant() is release


def test_it_is_asked_which_package_where_that_is_not_clear() -> None:
    with pytest.raises(Unusable, match="several packages"):
        to_be_handed_over(FIRST, SECOND)
    with pytest.raises(Unusable, match="several packages"):
        to_be_handed_over(THERE, ANSWERED)
    with pytest.raises(Unusable, match="several packages"):
        to_be_handed_over(FIRST, SECOND, named="7")
    with pytest.raises(NotFound):
        to_be_handed_over(FIRST, SECOND, named="bb")


def test_nothing_is_said_of_what_was_not_released() -> None:
    with pytest.raises(Refused, match=r"no package was released .* \[policy 4\(a\)\]"):
        to_be_handed_over(named="7e")


# It was handed over.

SAID_AND_TRUE = {
    "on a day since": (a_release(), {"on": date(2024, 1, 3)}),
    "today": (a_release(), {"on": TODAY}),
    "this very minute": (a_release(), {"on": TODAY, "clock": "12:00"}),
    "on the day of the release": (a_release(), {"on": date(2024, 1, 2)}),
    "in the minute of the release": (a_release(), {"on": date(2024, 1, 2), "clock": "09:30"}),
    "in the minute of a release within it": (
        a_release(released_at=datetime(2024, 1, 2, 9, 30, 59, 999, tzinfo=LONDON)),
        {"on": date(2024, 1, 2), "clock": "09:30"},
    ),
    "in the minute of a release at its beginning": (
        a_release(released_at=datetime(2024, 1, 2, 9, 30, 0, 999, tzinfo=LONDON)),
        {"on": date(2024, 1, 2), "clock": "09:30"},
    ),
    "another way, and why": (a_release(), {"channel": Channel.PERSON, "reason": WHY}),
    "the way that was said, and why": (a_release(), {"reason": WHY}),
    "some way, where nobody had said one": (
        a_release(delivery=Delivery(None, Channel.PHONE)),
        {"channel": Channel.PERSON},
    ),
    "some way, where nobody had said a thing": (
        a_release(delivery=Delivery()),
        {"channel": Channel.PHONE},
    ),
    "once more": (a_release(handed_over_on=TODAY), {"on": date(2024, 1, 3)}),
}


@pytest.mark.parametrize(("release", "said"), SAID_AND_TRUE.values(), ids=SAID_AND_TRUE)
def test_a_package_was_handed_over(release: ReleaseFacts, said: dict[str, Any]) -> None:
    check_handed_over(release, handed_over(**said), now=NOW)


NEVER = {
    "to nobody": ({"to_whom": " . "}, "to whom"),
    "tomorrow": ({"on": date(2024, 1, 5)}, "in the future"),
    "in a minute": ({"on": TODAY, "clock": "12:01"}, "in the future"),
    "the day before the release": ({"on": date(2024, 1, 1)}, "before the package was released"),
    "the minute before the release": (
        {"on": date(2024, 1, 2), "clock": "09:29"},
        "before the package was released",
    ),
    "the passphrase's way": ({"channel": Channel.PHONE}, "the passphrase of this package"),
    "the passphrase's way, and why": (
        {"channel": Channel.PHONE, "reason": WHY},
        "the passphrase of this package",
    ),
    "another way": ({"channel": Channel.EMAIL}, "goes by letter"),
    "another way, said in a word": ({"channel": Channel.EMAIL, "reason": "-"}, "not a sentence"),
}


@pytest.mark.parametrize(("said", "refused"), NEVER.values(), ids=NEVER)
def test_a_package_was_not_handed_over(said: dict[str, Any], refused: str) -> None:
    with pytest.raises(Refused, match=refused) as caught:
        check_handed_over(a_release(), handed_over(**said), now=NOW)
    assert "4(a)" in caught.value.message
    assert "Siân" not in caught.value.message


def test_a_time_is_the_practices_own() -> None:
    """Half past nine in July is half past eight at Greenwich."""
    july = datetime(2024, 7, 2, 9, 30, tzinfo=LONDON)
    said = handed_over(on=july.date(), clock="09:30")
    check_handed_over(a_release(released_at=july), said, now=july)
    with pytest.raises(Refused, match="in the future"):
        check_handed_over(a_release(released_at=july), said, now=july.astimezone(UTC))


# It was acknowledged.


@pytest.mark.parametrize("on", [date(2024, 1, 3), TODAY], ids=str)
@pytest.mark.parametrize("reason", ["", WHY], ids=["in silence", "in a sentence"])
def test_a_package_is_acknowledged_from_the_day_on_which_it_was_there(
    on: date, reason: str
) -> None:
    release = a_release(handed_over_on=date(2024, 1, 3), acknowledged_on=TODAY)
    check_acknowledged(release, on, reason, now=NOW)


NOT_ACKNOWLEDGED = {
    "nobody handed it over": (None, TODAY, "", "nobody has said that this package"),
    "it is tomorrow": (TODAY, date(2024, 1, 5), "", "in the future"),
    "it was not there yet": (TODAY, date(2024, 1, 3), "", "before the package was handed over"),
    "in a word": (TODAY, TODAY, "thanks", "not a sentence"),
}


@pytest.mark.parametrize(
    ("there", "on", "reason", "refused"), NOT_ACKNOWLEDGED.values(), ids=NOT_ACKNOWLEDGED
)
def test_a_package_is_not_acknowledged(
    there: date | None, on: date, reason: str, refused: str
) -> None:
    with pytest.raises(Refused, match=refused):
        check_acknowledged(a_release(handed_over_on=there), on, reason, now=NOW)
