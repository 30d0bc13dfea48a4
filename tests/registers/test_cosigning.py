"""The practice's witnesses: what they saw is kept, and what they saw otherwise is told loudly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from callrec.audit.cosignature import check_cosignatures
from callrec.catalogue.engine import reading
from callrec.errors import Failed, Locked, Unusable
from callrec.office.status import read_status
from callrec.practice import record
from callrec.record.cosigned import CosignedHead, read_cosigned
from callrec.registers.cosigning import Cosigned, ask_witness, cosign
from callrec.registers.verify import Verdict
from callrec.system.web import Answered
from house import holds
from house.practices import House
from house.witnesses import Outside, a_witness

verified = partial(holds.verified, full=False)


@pytest.fixture
def lmc(tmp_path: Path) -> Iterator[Outside]:
    with a_witness(tmp_path / "lmc") as outside:
        yield outside


@pytest.fixture
def oak(tmp_path: Path) -> Iterator[Outside]:
    with a_witness(tmp_path / "oak", "oak.example/witness") as outside:
        yield outside


def named(house: House, lmc: Outside, *others: Outside, needed: int = 1) -> None:
    """The settings name them, and they know the keys of dora and of the intake service."""
    names = ["the LMC", "Oak Surgery"]
    pairs = zip(names, [lmc, *others], strict=False)
    house.decide(witness=[each.setting(name) for name, each in pairs], cosigning={"needed": needed})
    for each in (lmc, *others):
        each.knows(house, "dora", "door")


def asked(house: House, login: str = "door") -> Cosigned:
    return cosign(house.practice, house.actor(login))


def states(found: Cosigned) -> list[str]:
    return [each.state for each in found.answers]


def kept(house: House) -> list[CosignedHead]:
    practice = house.open()
    with reading(practice.engine) as connection:
        return [*read_cosigned(connection, practice.vault, practice.settings.witness)]


def at_work(house: House, times: int = 3) -> None:
    """Entries of an ordinary day."""
    for _ in range(times):
        record(house.practice, house.actor("max"), "people.listed")


def set_back(house: House, copy: Path) -> None:
    """Put an older copy of everything here: the vault, and what its operators remember."""
    house.close()
    for name in ("vault", "state"):
        shutil.rmtree(house.folder / name)
        shutil.copytree(copy / name, house.folder / name)


def copied(house: House, to: Path) -> Path:
    house.close()
    for name in ("vault", "state"):
        shutil.copytree(house.folder / name, to / name)
    return to


def test_two_witnesses_see_the_newest_head_and_the_record_keeps_it(
    house: House, lmc: Outside, oak: Outside
) -> None:
    named(house, lmc, oak, needed=2)
    found = asked(house)
    assert states(found) == ["seen", "seen"]
    (head,) = kept(house)
    assert head.by == {"the LMC": house.at, "Oak Surgery": house.at}
    assert head.checkpoint.size == found.size == head.entry
    seen = verified(house)
    assert seen.verdict is Verdict.INTACT
    assert [(each.witness, each.size) for each in seen.witnesses] == [
        ("the LMC", found.size),
        ("Oak Surgery", found.size),
    ]


def test_it_is_asked_again_from_what_it_saw_last(house: House, lmc: Outside) -> None:
    named(house, lmc)
    first = asked(house)
    at_work(house)
    lmc.at += 86_400
    second = asked(house, "dora")
    assert states(second) == ["seen"]
    assert second.size > first.size
    assert [each.checkpoint.size for each in kept(house)] == [second.size, first.size]


def test_a_witness_that_saw_more_than_the_record_says_is_asked_from_there(
    house: House, lmc: Outside
) -> None:
    def lost(url: str, body: bytes | None) -> Answered:
        ask_witness(url, body)
        raise Failed("the way back broke off")

    named(house, lmc)
    assert states(cosign(house.practice, house.actor("door"), ask=lost)) == ["waits"]
    at_work(house)
    assert states(asked(house)) == ["seen"]


@pytest.mark.parametrize("days", [-1.01, 1.01, 400])
def test_a_cosignature_far_from_this_machines_clock_is_not_counted_and_asked_for_again(
    house: House, lmc: Outside, days: float
) -> None:
    named(house, lmc)
    lmc.at = house.at.timestamp() + days * 86_400
    found = asked(house)
    assert states(found) == ["waits"]
    assert found.entry is None
    why = found.answers[0].why
    assert "one of two clocks is wrong: it says" in why
    assert "and this machine Tue 24 Nov 2026, 12:00 UTC" in why
    lmc.at = house.at.timestamp() + 86_000
    assert states(asked(house)) == ["seen"]
    assert [each.by for each in kept(house)] == [{"the LMC": house.at + timedelta(seconds=86_000)}]


@pytest.mark.parametrize("said", [b"-1\n", b"none\n", b"", b"3 entries\n"])
def test_an_answer_that_is_not_understood_accuses_nobody(
    house: House, lmc: Outside, said: bytes
) -> None:
    named(house, lmc)
    found = cosign(house.practice, house.actor("door"), ask=lambda *_: Answered(409, said))
    assert states(found) == ["waits"]
    assert found.answers[0].why == "it answers what is not understood"


def test_where_a_record_is_unknown_the_address_may_be_wrong(house: House, lmc: Outside) -> None:
    named(house, lmc)
    house.decide(witness=[{**lmc.setting("the LMC"), "url": f"{lmc.url}elsewhere"}])
    (answer,) = asked(house).answers
    assert answer.state == "waits"
    assert "--keys" in answer.hint
    assert "the url is wrong" in answer.hint


def test_without_a_network_it_waits_and_nothing_else_does(house: House, lmc: Outside) -> None:
    named(house, lmc)
    house.decide(witness=[{**lmc.setting("the LMC"), "url": "http://127.0.0.1:9/"}])
    found = asked(house)
    assert states(found) == ["waits"]
    assert found.entry is None
    at_work(house)
    assert "of the witnesses" in " ".join(read_status(house.open(), None).warnings)
    house.decide(witness=[lmc.setting("the LMC")])
    assert states(asked(house)) == ["seen"]
    assert "of the witnesses" not in " ".join(read_status(house.open(), None).warnings)


def test_a_witness_that_was_gone_for_a_month_sees_all_that_came_meanwhile(
    house: House, lmc: Outside, oak: Outside
) -> None:
    named(house, lmc, oak)
    asked(house)
    house.decide(
        witness=[{**lmc.setting("the LMC"), "url": "http://127.0.0.1:9/"}, oak.setting("Oak")]
    )
    for _ in range(4):
        house.at += timedelta(days=7)
        oak.at = lmc.at = house.at.timestamp()
        at_work(house)
        assert states(asked(house)) == ["waits", "seen"]
    house.decide(witness=[lmc.setting("the LMC"), oak.setting("Oak")])
    assert states(asked(house)) == ["seen", "seen"]


def test_a_witness_whose_key_was_lost_begins_anew_under_its_new_one(
    house: House, lmc: Outside, oak: Outside
) -> None:
    named(house, lmc)
    asked(house)
    house.decide(witness=[oak.setting("the LMC")])
    oak.knows(house, "door")
    at_work(house)
    assert states(asked(house)) == ["seen"]
    assert len(kept(house)) == 1  # what the lost key saw counts for nothing from now on
    assert verified(house).verdict is Verdict.INTACT


def test_a_record_set_back_with_all_memories_is_caught_by_the_next_witness(
    house: House, lmc: Outside, tmp_path: Path
) -> None:
    named(house, lmc)
    asked(house)
    week_ago = copied(house, tmp_path / "week-ago")
    at_work(house, 5)
    asked(house)
    set_back(house, week_ago)
    assert verified(house).verdict is Verdict.INTACT  # nothing here shows it
    found = asked(house)
    assert states(found) == ["contradicts"]
    assert "entries" in found.answers[0].why
    told = verified(house)
    assert told.verdict is Verdict.TAMPERED
    assert "beside what the LMC saw" in told.problems[0].what
    warned = " ".join(read_status(house.open(), None).warnings)
    assert "the audit log is not what the LMC saw" in warned


def test_what_a_witness_has_instead_stands_on_record_for_everybody(
    house: House, lmc: Outside, tmp_path: Path
) -> None:
    """On other accounts, after the asker's memory is gone, and after the rules name it no more."""
    with a_witness(tmp_path / "oak", "oak.example/w") as oak:
        house.decide(witness=[lmc.setting("the LMC"), oak.setting("Oak")])
        for each in (lmc, oak):
            each.knows(house, "door")
        asked(house)
        week_ago = copied(house, tmp_path / "week-ago")
        at_work(house, 5)
        asked(house)
        set_back(house, week_ago)
        assert states(asked(house)) == ["contradicts", "contradicts"]
        shutil.rmtree(house.folder / "state")
        said = [each.what for each in verified(house).problems]
        assert [said.count(each) for each in said] == [1, 1]
        assert ["beside what Oak saw" in said[0], "beside what the LMC saw" in said[1]] == [
            True
        ] * 2
        for head in (oak.witness.folder / "heads").iterdir():
            head.unlink()  # its operator puts it aside, for whatever reason
        house.decide(witness=[oak.setting("Oak")])
        assert states(asked(house)) == ["seen"]
    told = verified(house)
    assert told.verdict is Verdict.TAMPERED
    assert ["the LMC" in each.what for each in told.problems] == [True]


def test_a_fork_that_grew_longer_than_what_was_seen_is_refused_too(
    house: House, lmc: Outside, tmp_path: Path
) -> None:
    named(house, lmc)
    asked(house)
    week_ago = copied(house, tmp_path / "week-ago")
    at_work(house, 2)
    asked(house)
    set_back(house, week_ago)
    at_work(house, 9)
    found = asked(house)
    assert states(found) == ["contradicts"]
    assert "not the first of this record" in found.answers[0].why
    assert verified(house).verdict is Verdict.TAMPERED
    assert [*(lmc.witness.folder / "refused").iterdir()]


def test_a_witness_that_lies_about_a_record_is_not_believed_without_proof(
    house: House, lmc: Outside
) -> None:
    named(house, lmc)
    asked(house)
    (head,) = (lmc.witness.folder / "heads").iterdir()
    head.write_bytes(head.read_bytes().replace(b"\n", b"9\n", 2).replace(b"9\n", b"\n", 1))
    at_work(house)
    found = asked(house)
    assert states(found) == ["refuses"]
    assert verified(house).verdict is Verdict.INCONCLUSIVE


def test_it_takes_a_witness_and_a_password(house: House, lmc: Outside) -> None:
    with pytest.raises(Unusable, match="no witness"):
        asked(house)
    named(house, lmc)
    with pytest.raises(Locked):
        cosign(house.practice, house.session("dora"))


def test_a_witness_that_does_not_know_who_asks_is_told_of(house: House, lmc: Outside) -> None:
    named(house, lmc)
    found = asked(house, "max")
    assert states(found) == ["waits"]
    assert "--keys" in found.answers[0].hint


def test_what_is_kept_can_be_checked_by_the_witnesses_key_alone(house: House, lmc: Outside) -> None:
    named(house, lmc)
    asked(house)
    (head,) = kept(house)
    (found,) = check_cosignatures(head.note, [lmc.witness.key])
    assert found.at == house.at
