from __future__ import annotations

import pytest

from callrec.errors import Refused
from callrec.policy.handing_over import Channel, Delivery, check_parted


@pytest.mark.parametrize("channel", Channel)
def test_package_and_passphrase_never_go_the_same_way(channel: Channel) -> None:
    with pytest.raises(Refused, match="may not go the same way"):
        check_parted(Delivery(channel, channel))


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
    check_parted(delivery)
