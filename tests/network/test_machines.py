"""Two machines write one vault: whatever both do at once, each finds the log whole afterwards."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from callrec.errors import Failed, Misconfigured, Tampered
from callrec.mail.outbox import queue_mail
from callrec.mail.sending import send_waiting
from callrec.people.powers import change_role
from callrec.policy.role import Role
from callrec.practice import record, writing
from callrec.requests.decide import Decision, approve_request
from house import objects
from house.commands import done
from house.drives import archive, drive
from house.erasures import erase, found_in, secrets_of
from house.interrupted import wrong_with_vault
from house.mailbox import mail_server, use_mail
from house.postgres import beside, configure, owned, there
from house.practices import House
from house.processes import begin
from house.requests import a_request, last_leaf, rows, signed_in, state_of
from house.spool import a_call, a_wave, originals_of, take_in
from house.stages import GRANTED, TO_BE_ERASED
from machines import standby
from machines.killed import ACTS, restarted_under_load
from machines.pair import check_remembered
from machines.rounds import CALLS, check_both, take_in_at_once
from machines.standby import fail_over, set_back

founded = there(None)

granted = there(GRANTED)

to_be_erased = there(TO_BE_ERASED)


def both_find_it_whole(*houses: House) -> None:
    for house in houses:
        check_remembered(house)
        assert "INTACT" in done(house, "dora", "audit", "verify")
        house.close()


def test_one_spool_is_taken_in_once_even_where_a_machine_loses_its_lock(founded: House) -> None:
    houses = (founded, beside(founded))
    take_in_at_once(houses, 0, loses_lock=False)
    assert take_in_at_once(houses, 1, loses_lock=True)
    check_both(houses, 2 * CALLS)


def test_one_archives_while_the_other_erases(to_be_erased: House) -> None:
    """The new drive holds what is left, or owes what goes."""
    configure(to_be_erased, owned(to_be_erased.config.catalogue))  # which may rewrite tables
    other, secrets = beside(to_be_erased), secrets_of(to_be_erased, 1, 2, 5)
    drives = [drive(to_be_erased, name) for name in ("drive-a", "drive-b", "drive-c")]
    to_be_erased.close()

    def repeated(do: Callable[[], object]) -> None:
        while True:
            try:
                do()
            except Failed as refusal:
                assert "on another machine" in refusal.message, refusal  # noqa: PT017
            else:
                return

    deeds = (partial(archive, other, drives[2]), partial(erase, to_be_erased, "R-1", *drives[:2]))
    both = [begin(partial(repeated, each)) for each in deeds]
    assert [child.ended().failure for child in both] == ["", ""]
    assert state_of(to_be_erased, "R-1") == "closed"
    for each in drives:
        archive(to_be_erased, each)  # what it owes, if it was in use, goes first
    assert found_in(secrets, to_be_erased.config.vault, *drives) == []
    both_find_it_whole(to_be_erased, other)


def test_what_one_brings_into_a_bucket_the_other_opens_and_destroys(
    to_be_erased: House, tmp_path: Path
) -> None:
    """Neither finds anything missing, and nothing is left of what either destroyed."""
    configure(to_be_erased, owned(to_be_erased.config.catalogue))
    objects.move(to_be_erased)
    other = beside(to_be_erased)
    take_in(other, a_call(tmp_path / "spool", 77))
    assert a_wave(77) in originals_of(to_be_erased)
    gone = rows(other, "SELECT ciphertext FROM recording WHERE id IN (1, 2, 5)")
    drives = [drive(to_be_erased, name) for name in ("drive-a", "drive-b")]
    assert erase(other, "R-1", *drives).is_done
    to_be_erased.open()
    assert not any(to_be_erased.practice.store.has(name) for (name,) in gone)
    for house in (to_be_erased, other):
        assert [*wrong_with_vault(house)] == []
        house.close()
    both_find_it_whole(to_be_erased, other)


def test_one_takes_a_power_back_while_the_other_uses_it(granted: House) -> None:
    other, reference = beside(granted), a_request(granted)
    max_there = other.actor("max")
    change_role(granted.practice, granted.actor("dora"), login="max", role=Role.STAFF)
    size = last_leaf(granted).seq
    with pytest.raises(Failed, match="what you may do was changed a moment ago"):
        approve_request(other.practice, max_there, reference, Decision())
    assert state_of(granted, reference) == "submitted"
    assert last_leaf(granted).seq == size + 1
    both_find_it_whole(granted, other)


def test_one_moves_the_catalogue_while_the_other_writes(founded: House) -> None:
    """What was acknowledged came along; from then on it is told that it was moved."""
    other = beside(founded)
    configure(founded, owned(founded.config.catalogue))

    def write() -> list[int]:
        actor, told = other.actor("mia"), list[int]()
        while True:
            try:
                told.append(record(other.practice, actor, "user.shown"))
            except Misconfigured as refusal:
                return [*told, "was moved away" in refusal.message]

    writer = begin(write)
    while last_leaf(founded).act != "user.shown":
        founded.close()
    done(founded, "nobody", "practice", "migrate", "--to", "sqlite")
    ended = writer.ended()
    assert ended.failure == ""
    configure(founded, "")
    size = last_leaf(founded).seq
    assert ended.told == [*range(ended.told[0], size), True]
    assert last_leaf(founded).act == "vault.migrated"
    other.config, other.practice = founded.config, founded.practice  # it knows by now where it is
    check_remembered(other)
    assert "INTACT" in done(founded, "dora", "audit", "verify")


def test_mail_from_both_is_one_letter(founded: House) -> None:
    with mail_server(asks=True) as server:
        use_mail(founded, server.mail())
        sam = signed_in(founded, "sam")
        with writing(founded.practice, sam.signer) as act:
            to, line = [sam.person.id], "R-17 was denied"
            queue_mail(founded.practice, act.connection, to=to, about="R-17", line=line)
        other = beside(founded)
        founded.close()

        def send(house: House) -> int:
            return send_waiting(house.practice, "").taken

        both = [begin(partial(send, house)) for house in (founded, other)]
        assert server.message()["To"] == "sam@practice.test"
        server.go_on()
        assert sorted(child.ended().told for child in both) == [0, 1]
        assert server.is_quiet
    both_find_it_whole(founded, other)


# --- a server that is killed -----------------------------------------------------------------


def test_nothing_that_was_acknowledged_is_missing_once_the_server_was_stopped_at_once(
    template: House, tmp_path: Path
) -> None:
    """It was started again, and both machines went on."""
    found = restarted_under_load(tmp_path, template)
    acknowledged, kept, begun = (found[name] for name in ("acknowledged", "found", "begun"))
    assert 4 * ACTS <= acknowledged <= kept <= begun
    assert found["calls"]


def test_nothing_that_was_acknowledged_is_missing_once_a_standby_took_over(
    template: House, tmp_path: Path
) -> None:
    """The primary is killed under the load of both machines."""
    found = fail_over(tmp_path, Namespace(rounds=1, pause=0, founded=template))
    assert found["acknowledged"] >= 2 * standby.ACTS
    assert found["acknowledged"] <= found["found"] <= found["begun"]


def test_a_standby_that_takes_over_without_the_last_leaves_is_tampered(
    template: House, tmp_path: Path
) -> None:
    """To the operator who has seen them, and to no other."""
    knows_more, knows_less = set_back(tmp_path, template)
    assert knows_more.status == Tampered.exit_status
    assert knows_more.out.startswith("TAMPERED")
    assert knows_less.out.startswith("INTACT")
