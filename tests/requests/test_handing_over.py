"""Who has a released package, and that he says so, on a real vault [policy 4(a)]."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from callrec.audit.leaf import Leaf, Outcome
from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Refused, Tampered, Unusable
from callrec.office.status import read_status
from callrec.policy.handing_over import Channel, Delivery
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.reviews import RegisterName
from callrec.practice import writing
from callrec.registers.dossier import read_dossier
from callrec.registers.registers import read_register
from callrec.release.listen import record_hearing
from callrec.requests.event import close_request
from callrec.requests.history import log_request_event, read_history
from callrec.requests.packages import ShownRelease, missing_handovers
from callrec.requests.show import show_request
from house.handed_over import THANKS, TODAY, WHOM, WHY, acknowledge, hand_over, released
from house.practices import House
from house.requests import (
    a_request,
    approve,
    by_sql,
    grants_of,
    last_leaf,
    refused,
    request_id,
    signed_in,
    state_of,
)


def shown(house: House, login: str = "sam", reference: str = "R-1") -> tuple[ShownRelease, ...]:
    return show_request(house.practice, signed_in(house, login), reference).releases


def leaves(house: House) -> tuple[Leaf, ...]:
    with reading(house.practice.engine) as connection:
        return read_history(house.practice, connection, request_id(house, "R-1")).leaves


def test_who_has_it_is_shown_to_whoever_made_the_request(granted: House) -> None:
    id_ = released(granted)
    done = hand_over(granted, clock="12:00")
    acknowledge(granted)
    (release,) = shown(granted)
    assert (done.release, done.released_on) == (release.id, TODAY) == (id_, TODAY)
    assert (release.deliver_by, release.passphrase_by, release.by) == ("letter", "phone", "sam")
    ((over,), (answer,)) = release.handed_over, release.acknowledged
    assert (over.on, over.time, over.channel, over.to_whom, over.reason, over.by) == (
        *(TODAY, "12:00", "letter", WHOM, None),
        "sam",
    )
    assert (answer.on, answer.reason, answer.by) == (TODAY, THANKS, "sam")


def test_it_is_handed_over_then_till_another_package_goes_out(granted: House) -> None:
    released(granted)
    hand_over(granted)
    acknowledge(granted)
    assert state_of(granted, "R-1") == "handed-over"
    approve(granted, "R-1")
    released(granted)
    assert state_of(granted, "R-1") == "released"


def test_its_leaf_names_the_release_and_each_recording(granted: House) -> None:
    released(granted)
    hand_over(granted)
    acknowledge(granted)
    *_, delivered, handed_over, acknowledged = leaves(granted)
    assert handed_over.act == "release.handed-over"
    assert acknowledged.act == "release.acknowledged"
    assert handed_over.subject == acknowledged.subject == delivered.subject
    assert len(delivered.subject) == len(["request", "release", "recording 1", "recording 2"])


def test_to_whom_lies_in_no_clear_byte(granted: House) -> None:
    released(granted)
    hand_over(granted, channel=Channel.PERSON, reason=WHY)
    acknowledge(granted)
    for file in (granted.folder / "vault").rglob("catalogue.sqlite*"):
        for said in (WHOM, WHY, THANKS):
            assert said.encode() not in file.read_bytes()


def test_who_is_not_concerned_sees_when_and_not_to_whom(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora")
    released(stocked)
    hand_over(stocked, channel=Channel.PERSON, reason=WHY)
    acknowledge(stocked)
    (release,) = shown(stocked, "max")
    ((over,), (answer,)) = release.handed_over, release.acknowledged
    assert (over.on, over.channel, over.to_whom, over.reason) == (TODAY, "person", None, None)
    assert (answer.on, answer.reason) == (TODAY, None)


def test_what_was_wrong_is_said_again_and_both_stay(granted: House) -> None:
    released(granted)
    hand_over(granted, to_whom="Her sister")
    hand_over(granted)
    (release,) = shown(granted)
    assert [each.to_whom for each in release.handed_over] == ["Her sister", WHOM]


def test_whoever_decides_it_says_so_too(granted: House) -> None:
    released(granted)
    hand_over(granted, login="max")
    assert (last_leaf(granted).act, last_leaf(granted).outcome) == (
        "release.handed-over",
        Outcome.DONE,
    )


def test_who_neither_released_nor_handles_it_says_nothing(granted: House) -> None:
    released(granted)
    with pytest.raises(Refused, match="is read by who made it"):
        hand_over(granted, login="ava")
    assert refused(granted)


def test_who_may_search_and_decides_nothing_of_it_says_nothing_either(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora")
    released(stocked)
    with pytest.raises(Refused, match="the role manager may not decide"):
        hand_over(stocked, login="max")
    assert refused(stocked)


NOT_SO = {
    "tomorrow": ({"on": date(2026, 11, 25)}, "in the future"),
    "in an hour": ({"clock": "13:00"}, "in the future"),
    "the day before": ({"on": date(2026, 11, 23)}, "before the package was released"),
    "the passphrase's way": ({"channel": Channel.PHONE}, "the passphrase of this package"),
    "another way": ({"channel": Channel.EMAIL}, "goes by letter"),
}


@pytest.mark.parametrize(("said", "why"), NOT_SO.values(), ids=NOT_SO)
def test_what_cannot_have_been_is_refused_and_that_is_on_record(
    granted: House, said: dict[str, Any], why: str
) -> None:
    released(granted)
    with pytest.raises(Refused, match=why) as caught:
        hand_over(granted, **said)
    assert refused(granted)
    assert WHOM not in str(caught.value)
    assert shown(granted)[0].handed_over == ()


def test_nothing_is_said_of_a_request_under_which_nothing_was_released(granted: House) -> None:
    with pytest.raises(Refused, match="the request is approved and cannot be recorded as handed"):
        hand_over(granted)
    (grant, *_), sam = grants_of(granted, "R-1"), signed_in(granted, "sam")
    record_hearing(granted.practice, sam, grant, [], ("ear",))
    with pytest.raises(Refused, match="the request is heard and cannot be recorded as"):
        hand_over(granted)


def test_nothing_is_said_of_a_request_that_was_closed(granted: House) -> None:
    released(granted)
    hand_over(granted)
    close_request(granted.practice, signed_in(granted, "sam"), "R-1")
    with pytest.raises(Refused, match="the request is closed and cannot be recorded as acknow"):
        acknowledge(granted)


def test_it_is_handed_over_before_it_is_acknowledged(granted: House) -> None:
    released(granted)
    with pytest.raises(Refused, match="nobody has said that this package was handed over"):
        acknowledge(granted)


def test_a_second_copy_is_handed_over_on_its_own(granted: House) -> None:
    first = released(granted)
    approve(granted, "R-1")
    second = released(granted, delivery=Delivery(Channel.EMAIL, Channel.PHONE))
    with pytest.raises(Unusable, match="several packages"):
        hand_over(granted)
    with pytest.raises(NotFound):
        hand_over(granted, release="zz")
    assert hand_over(granted, release=first[:8]).release == first
    assert hand_over(granted, channel=Channel.EMAIL).release == second
    acknowledge(granted, release=first)
    assert [len(release.acknowledged) for release in shown(granted)] == [1, 0]


def test_who_writes_the_database_puts_no_other_name_in(granted: House) -> None:
    released(granted)
    hand_over(granted)
    hand_over(granted, to_whom="Her sister")
    seqs = [leaf.seq for leaf in leaves(granted) if leaf.act == "release.handed-over"]
    by_sql(
        granted,
        "UPDATE request_words SET sealed = (SELECT sealed FROM request_words WHERE seq = :other)"
        " WHERE seq = :one",
        one=seqs[0],
        other=seqs[1],
    )
    with pytest.raises(Tampered):
        shown(granted)


@pytest.mark.parametrize(
    ("what", "of_another"),
    [
        (RequestAct.HANDED_OVER, True),
        (RequestAct.ACKNOWLEDGED, True),
        (RequestAct.ACKNOWLEDGED, False),
    ],
    ids=["handed over, another", "acknowledged, another", "acknowledged and not handed over"],
)
def test_what_is_said_of_no_release_or_too_early_is_tampering(
    granted: House, what: RequestAct, *, of_another: bool
) -> None:
    """By somebody who has a key and a program of his own."""
    release = "ab" * 16 if of_another else released(granted)
    if of_another:
        released(granted)
    sam, practice = signed_in(granted, "sam"), granted.practice
    with writing(practice, sam.signer) as act:
        history = read_history(practice, act.connection, request_id(granted, "R-1"))
        log_request_event(act, sam, history, what, subject=[release])
    with pytest.raises(Tampered, match="a release that was not made, or not handed over"):
        shown(granted)


# Who had it when: the dossier, the registers, status.


def test_the_dossier_says_who_had_it_when(granted: House) -> None:
    released(granted)
    hand_over(granted, clock="12:00")
    acknowledge(granted)
    found = read_dossier(granted.practice, signed_in(granted, "sam"), "R-1")
    *_, delivered, over, answer, _ = found.entries
    assert (delivered.what, delivered.details["deliver_by"]) == ("release.delivered", "letter")
    assert (over.what, over.by, over.recordings) == ("release.handed-over", "sam", (1, 2))
    assert over.details["release"] == answer.details["release"] == delivered.details["release"]
    assert list(over.details)[:5] == ["release", "on", "time", "channel", "to_whom"]
    assert (
        over.details["on"],
        over.details["time"],
        over.details["channel"],
        over.details["to_whom"],
    ) == (
        *("2026-11-24", "12:00", "letter"),
        WHOM,
    )
    assert (answer.what, answer.details["reason"]) == ("release.acknowledged", THANKS)


def test_the_register_of_disclosures_says_who_has_each_package(granted: House) -> None:
    first = released(granted)
    approve(granted, "R-1")
    released(granted)
    hand_over(granted, release=first, clock="12:00")
    acknowledge(granted, release=first)
    register = RegisterName.DISCLOSURE
    dora = signed_in(granted, "dora")
    found = read_register(granted.practice, dora, register, since=None, until=None).entries
    over = [
        [entry[f"handed_over_{what}"] for what in ("on", "time", "channel", "to")]
        for entry in found
    ]
    assert over == [[TODAY, "12:00", "letter", WHOM], [None, None, None, None]]
    assert [entry["acknowledged_on"] for entry in found] == [TODAY, None]
    assert [entry["how"] for entry in found] == ["handed-over", "released"]


def entry_of(house: House, register: RegisterName, login: str) -> Mapping[str, object]:
    """The only one."""
    reader = signed_in(house, login)
    found = read_register(house.practice, reader, register, since=None, until=None)
    (entry,) = found.entries
    return entry


OF_RIGHTS = {
    Purpose.SUBJECT_ACCESS: RegisterName.RIGHTS_REQUESTS,
    Purpose.OUTSIDE_BODY: RegisterName.OUTSIDE_BODY,
}


@pytest.mark.parametrize(("purpose", "register"), OF_RIGHTS.items())
def test_so_do_the_registers_of_requests_masked_for_others(
    stocked: House, purpose: Purpose, register: RegisterName
) -> None:
    a_request(stocked, purpose=purpose)
    approve(stocked, "R-1", "dora")
    assert entry_of(stocked, register, "dora")["handed_over_on"] is None
    released(stocked)
    hand_over(stocked)
    acknowledge(stocked)
    for login, whom in {
        "dora": WHOM,
        "pat": "S•••• O•••• o•••• •••• G•••• L••••",
        "ava": None,
    }.items():
        entry = entry_of(stocked, register, login)
        assert entry["handed_over_to"] == whom
        assert (entry["handed_over_channel"], entry["acknowledged_on"]) == ("letter", TODAY)


def unrecorded(house: House) -> tuple[str, ...]:
    return read_status(house.practice, None).handover_not_recorded


def test_status_says_which_releases_nobody_has_said_were_handed_over(granted: House) -> None:
    first = released(granted)
    approve(granted, "R-1")
    second = released(granted)
    assert unrecorded(granted) == ("R-1",)
    hand_over(granted, release=first)
    assert (unrecorded(granted), state_of(granted, "R-1")) == (("R-1",), "released")
    assert (
        missing_handovers(granted.practice, signed_in(granted, "dora"), "R-1")
        == "1 release is not recorded as handed over"
    )
    hand_over(granted, release=second)
    assert (unrecorded(granted), state_of(granted, "R-1")) == ((), "handed-over")
    assert missing_handovers(granted.practice, signed_in(granted, "dora"), "R-1") == ""


def test_status_says_nothing_of_releases_of_a_closed_request(granted: House) -> None:
    released(granted)
    close_request(granted.practice, signed_in(granted, "sam"), "R-1")
    assert unrecorded(granted) == ()
