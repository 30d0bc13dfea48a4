"""Who may hand over what was granted, what the log says of it, and what is left of the grant."""

from __future__ import annotations

import hashlib

import pytest

from callrec.audit.leaf import Outcome
from callrec.errors import Locked, NotFound, Refused, Tampered
from callrec.policy.handing_over import Channel, Delivery, ReleaseInstructions
from callrec.policy.purpose import Purpose
from callrec.release.release import release_recordings
from callrec.requests.decide import revoke_grants
from house.packages import acts_of, details_of, nothing_is_released, outbox, release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    grants_of,
    last_leaf,
    logged_in,
    pass_days,
    request_id,
    rows,
    signed_in,
    state_of,
)


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


# What the log says.


def test_it_is_on_record_before_and_after_with_the_ways_it_went(office: House) -> None:
    done = release(office, delivery=Delivery(Channel.LETTER, Channel.PHONE))
    assert acts_of(office)[-2:] == ["release.prepared", "release.delivered"]
    delivered = last_leaf(office)
    assert delivered.seq == done.audit_seq + 1
    assert details_of(office, delivered) == {
        "deliver_by": "letter",
        "form": "zip",
        "passphrase_by": "phone",
        "sha256": hashlib.sha256(done.path.read_bytes()).hexdigest(),
    }
    uids = [row.uid for row in rows(office, "SELECT uid FROM recording WHERE id < 3 ORDER BY id")]
    assert list(delivered.subject) == [request_id(office, "R-1"), done.manifest.release, *uids]


def test_a_way_that_nobody_named_is_recorded_as_unsaid(office: House) -> None:
    release(office)
    told = details_of(office, last_leaf(office))
    assert (told["deliver_by"], told["passphrase_by"]) == (None, None)


def test_what_was_released_is_destroyed_and_cannot_be_released_again(office: House) -> None:
    release(office)
    assert state_of(office, "R-1") == "released"
    assert rows(office, "SELECT * FROM grant_") == []
    for path in outbox(office).iterdir():
        path.unlink()
    assert "has been released" in nothing_is_released(office, Refused)
    assert last_leaf(office).outcome is Outcome.REFUSED


def test_a_second_copy_is_a_second_approval(office: House) -> None:
    first = release(office)
    approve(office, "R-1")
    second = release(office)
    assert first.path != second.path
    assert acts_of(office).count("release.delivered") == 2


def test_whoever_was_granted_a_request_of_somebody_else_keeps_no_key_of_it(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", to="pat")
    release(stocked, login="pat")
    holders = [row.holder for row in rows(stocked, "SELECT holder FROM request_key")]
    assert sorted(holders) == sorted(["catalogue", signed_in(stocked, "sam").person.id])


def test_one_person_s_release_leaves_another_s_grants(office: House) -> None:
    approve(office, "R-1", to="pat")
    release(office)
    assert len(grants_of(office, "R-1", "pat")) == 2


# Who may.


def test_nobody_releases_what_was_granted_to_somebody_else(office: House) -> None:
    nothing_is_released(office, Refused, "max")
    assert last_leaf(office).outcome is Outcome.REFUSED


def test_what_was_revoked_is_not_released(office: House) -> None:
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    nothing_is_released(office, Refused)


def test_what_has_lapsed_is_not_released(office: House) -> None:
    pass_days(office, 15)
    nothing_is_released(office, Refused)
    assert "grant.lapsed" in acts_of(office)


def test_what_nobody_approved_is_not_released_whatever_its_state_says(stocked: House) -> None:
    a_request(stocked)
    by_sql(stocked, "UPDATE request SET state = 'approved'")
    nothing_is_released(stocked, Tampered)


def test_whoever_alone_approved_subject_access_does_not_release_it(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora", to="dora")
    assert "the person who alone approved" in nothing_is_released(stocked, Refused, "dora")


def test_it_takes_the_password(office: House) -> None:
    with pytest.raises(Locked):
        release_recordings(
            office.practice,
            logged_in(office, "sam"),
            "R-1",
            to=outbox(office),
            directions=ReleaseInstructions(),
        )


def test_a_package_and_its_passphrase_never_go_the_same_way(office: House) -> None:
    with pytest.raises(Refused, match="the same way"):
        release(office, delivery=Delivery(Channel.EMAIL, Channel.EMAIL))
    assert list(outbox(office).iterdir()) == []
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("release.prepared", Outcome.REFUSED)
    assert len(grants_of(office, "R-1")) == 2


def test_there_is_no_release_of_a_request_that_is_not_there(office: House) -> None:
    with pytest.raises(NotFound):
        release(office, "R-7")
