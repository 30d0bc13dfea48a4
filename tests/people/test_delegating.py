"""Powers that the Data Controller lends: with their keys, until a day, and back again [4(a)]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf, read_register, stored_head
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import NotFound, Refused, Tampered, Unusable
from callrec.intake.ingest import ingest_recordings
from callrec.keys.audit import audit_keys
from callrec.keys.kit_use import NewController, use_kit
from callrec.login.people import show_person
from callrec.office.status import read_status
from callrec.people.joining import add_person
from callrec.people.powers import disable_person, end_delegation, lapsed_delegations
from callrec.people.vouching import give_shares
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.role import Power, Role, VaultKey
from callrec.policy.search import Criteria
from callrec.practice import Actor, Practice, record, writing
from callrec.record.entitled import Powers
from callrec.requests.decide import Decision, approve_request
from callrec.requests.glass import outstanding_glass, review_glass
from callrec.retention.categories import set_category
from callrec.search.reviews import Sample, SearchReview, draw_searches, review_searches
from callrec.search.search import search_recordings
from house.holds import problems
from house.incidents import MILD, ON_RECORD, an_incident, closed, found, opened
from house.people import add_intake, change_role, lend_power
from house.practices import PEOPLE, House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    grants_of,
    last_leaf,
    pass_days,
    refused,
    rows,
    signed_in,
)
from house.spool import KEEP, a_call, recordings_of, take_in

TODAY = date(2026, 11, 24)

TOMORROW = TODAY + timedelta(days=1)

DECIDING = {VaultKey.RECORDINGS, VaultKey.CATALOGUE}


def lend(house: House, login: str, power: Power, *, until: date = TOMORROW) -> None:
    lend_power(house.open(), house.actor("dora"), login=login, power=power, until=until)
    house.open()


def end(house: House, login: str, power: Power) -> None:
    end_delegation(house.open(), house.actor("dora"), login=login, power=power)
    house.open()


def keys_of(house: House, login: str) -> set[VaultKey]:
    return {key for key, _ in house.actor(login).shares}


def leaves(house: House) -> list[Leaf]:
    with reading(house.practice.engine) as connection:
        return [read_leaf(connection, seq)[0] for seq in range(stored_head(connection).size)]


# --- lent ---------------------------------------------------------------------------------------


def test_with_a_power_go_the_keys_that_it_opens(stocked: House) -> None:
    assert keys_of(stocked, "sam") == set()
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    assert keys_of(stocked, "sam") == DECIDING
    assert audit_keys(stocked.practice) == ()


def test_a_delegate_decides_what_was_lent_to_him(stocked: House) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    lend(stocked, "pat", Power.DECIDE_RESERVED)
    approve(stocked, reference, "pat")
    assert len(grants_of(stocked, reference, "mia")) == 2


def test_staff_to_whom_deciding_was_lent_opens_what_he_approves(stocked: House) -> None:
    reference = a_request(stocked, "mia")
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    approve(stocked, reference, "sam")
    assert len(grants_of(stocked, reference, "mia")) == 2


def test_what_he_approved_stays_approved_after_it_has_ended(stocked: House) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    lend(stocked, "pat", Power.DECIDE_RESERVED)
    approve(stocked, reference, "pat")
    end(stocked, "pat", Power.DECIDE_RESERVED)
    pass_days(stocked, 2)
    assert len(grants_of(stocked, reference, "mia")) == 2


def test_the_log_says_who_lent_to_whom(stocked: House) -> None:
    lend(stocked, "sam", Power.SEARCH)
    dora, sam = (stocked.actor(login).person.id for login in ("dora", "sam"))
    (leaf,) = (leaf for leaf in leaves(stocked) if leaf.act == "person.delegated")
    assert (leaf.actor, leaf.subject) == (dora, (sam,))


def test_whoever_looks_a_person_up_sees_what_is_lent_and_until_when(stocked: House) -> None:
    lend(stocked, "pat", Power.DECIDE_RESERVED)
    shown = show_person(stocked.practice, stocked.actor("dora"), login="pat")
    lent = [(each.power, each.until) for each in shown.delegations]
    assert lent == [(Power.DECIDE_RESERVED, TOMORROW)]
    assert "decide-reserved" in shown.powers


REFUSED: dict[str, tuple[str, str, Power, date]] = {
    "by a partner": ("pat", "sam", Power.SEARCH, TOMORROW),
    "by a manager": ("max", "sam", Power.SEARCH, TOMORROW),
    "until yesterday": ("dora", "sam", Power.SEARCH, TODAY - timedelta(days=1)),
    "for more than a year": ("dora", "sam", Power.SEARCH, date(2027, 11, 27)),
    "to an intake service": ("dora", "door", Power.SEARCH, TOMORROW),
}


@pytest.mark.parametrize(("by", "to", "power", "until"), REFUSED.values(), ids=REFUSED)
def test_what_may_not_be_lent_is_refused_and_on_record(
    house: House, by: str, to: str, power: Power, until: date
) -> None:
    with pytest.raises(Refused, match=r"\[policy 4\(a\)\]"):
        lend_power(house.practice, house.actor(by), login=to, power=power, until=until)
    assert refused(house)
    assert last_leaf(house).act == "person.delegated"


def test_nobody_lends_on_what_was_lent_to_him(house: House) -> None:
    lend(house, "pat", Power.GOVERN)
    pat = house.actor("pat")
    for power in (Power.GOVERN, Power.SEARCH):
        with pytest.raises(Refused, match="may not say who may do what"):
            lend_power(house.practice, pat, login="sam", power=power, until=TOMORROW)
    with pytest.raises(Refused, match="may not say who may do what"):
        end_delegation(house.practice, pat, login="pat", power=Power.GOVERN)


def test_what_the_role_brings_needs_no_lending(house: House) -> None:
    with pytest.raises(Unusable, match="brings that power already"):
        lend(house, "max", Power.SEARCH)


def test_nobody_is_lent_anything_who_is_not_there(house: House) -> None:
    with pytest.raises(NotFound):
        lend(house, "nobody", Power.SEARCH)
    with pytest.raises(NotFound, match="not lent to this person"):
        end(house, "sam", Power.SEARCH)


# --- taken back ---------------------------------------------------------------------------------


def test_what_is_taken_back_is_gone_at_once_with_its_keys(stocked: House) -> None:
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    end(stocked, "sam", Power.DECIDE_GENERAL)
    assert keys_of(stocked, "sam") == set()
    sam = stocked.actor("sam").person.id
    assert rows(stocked, "SELECT * FROM share WHERE person = :sam", sam=sam) == []
    register = stocked.practice.register
    assert {key for key in VaultKey if register.newest(key).version == 2} == DECIDING
    assert audit_keys(stocked.practice) == ()


def test_a_key_that_his_role_needs_stays_with_him(stocked: House) -> None:
    lend(stocked, "max", Power.READ_AUDIT)
    lend(stocked, "max", Power.DECIDE_RESERVED)
    end(stocked, "max", Power.DECIDE_RESERVED)
    assert keys_of(stocked, "max") == {*DECIDING, VaultKey.INDEX, VaultKey.AUDIT}
    end(stocked, "max", Power.READ_AUDIT)
    assert keys_of(stocked, "max") == {*DECIDING, VaultKey.INDEX}
    assert stocked.practice.register.newest(VaultKey.RECORDINGS).version == 1


def test_who_kept_the_keys_opens_nothing_that_is_written_afterwards(stocked: House) -> None:
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    kept = stocked.actor("sam").shares
    end(stocked, "sam", Power.DECIDE_GENERAL)
    take_in(stocked, a_call(stocked.folder / "spool", 7))
    with reading(stocked.practice.engine) as connection:
        batches = connection.execute(
            select(tables.batch)
            .join(tables.recording, tables.recording.c.batch == tables.batch.c.id)
            .where(tables.recording.c.id.in_([3, 4]))
            .order_by(tables.recording.c.id)
        )
        before, after = (dict(batch) for batch in batches.mappings())
    for key in DECIDING:
        assert len(opens(stocked, kept[key, 1], before, key)) == 32
        with pytest.raises(Tampered):
            opens(stocked, kept[key, 1], after, key)


def opens(house: House, secret: bytes, batch: dict[str, Any], key: VaultKey) -> bytes:
    version, sealed = batch[f"{key}_version"], bytes(batch[f"{key}_key"])
    info = context("batch", house.practice.vault, batch=batch["id"], key=key, version=version)
    return primitives.hpke_open(secret, sealed, info)


# --- lapsed -------------------------------------------------------------------------------------


def lapsed_for(house: House, login: str, power: Power) -> None:
    """Lent until tomorrow, and two days have gone by."""
    lend(house, login, power)
    pass_days(house, 2)
    house.open()


ENDED = {
    Purpose.SUBJECT_ACCESS: r"\[policy 4\(e\)\]",
    Purpose.OUTSIDE_BODY: r"\[policy 4\(f\)\]",
    Purpose.DISCIPLINARY: r"\[policy 4\(g\)\]",
    Purpose.PORTABILITY: r"\[policy 4\(a\)\]",
}


@pytest.mark.parametrize(("purpose", "clause"), ENDED.items())
def test_a_delegate_whose_power_has_ended_is_refused_under_the_clause_and_on_record(
    stocked: House, purpose: Purpose, clause: str
) -> None:
    reference = a_request(stocked, "mia", purpose=purpose)
    lapsed_for(stocked, "pat", Power.DECIDE_RESERVED)
    with pytest.raises(Refused, match="lent until Wed 25 Nov 2026 and has ended " + clause) as told:
        approve_request(stocked.practice, stocked.actor("pat"), reference, Decision())
    assert told.value.exit_status == 3
    pat = stocked.actor("pat").person.id
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.actor, leaf.outcome) == ("request.approved", pat, Outcome.REFUSED)


def clock_set_back(house: House) -> str:
    """A request; somebody wrote after mia's last day to decide, and it is that day again."""
    reference = a_request(house, "sam", purpose=Purpose.SUBJECT_ACCESS)
    lend(house, "mia", Power.DECIDE_RESERVED, until=TODAY)
    pass_days(house, 2)
    a_request(house, "sam")
    pass_days(house, -2)
    house.open()
    return reference


def test_a_delegate_whose_day_is_over_does_not_act_by_a_clock_set_back(stocked: House) -> None:
    reference = clock_set_back(stocked)
    with pytest.raises(Refused, match="may not decide"):
        approve(stocked, reference, "mia", to="max")


def test_nor_by_a_program_of_her_own(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = clock_set_back(stocked)
    monkeypatch.setattr("callrec.login.unlock.without_lapsed_powers", lambda *said: said[-1])
    approve(stocked, reference, "mia", to="max")
    with pytest.raises(Refused, match="was lent until Tue 24 Nov 2026 and has ended"):
        grants_of(stocked, reference, "max")


def test_nor_countersigns_by_it(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = a_request(stocked, "max")
    lend(stocked, "sam", Power.DECIDE_GENERAL, until=TODAY)
    pass_days(stocked, 2)
    a_request(stocked, "max")
    pass_days(stocked, -2)
    monkeypatch.setattr("callrec.login.unlock.without_lapsed_powers", lambda *said: said[-1])
    second = signed_in(stocked, "sam")
    approve(stocked, reference, "dora", second=second)
    with pytest.raises(Refused, match="may not countersign"):
        grants_of(stocked, reference, "max")


def lent_till_then(
    house: House, power: Power, patch: pytest.MonkeyPatch, login: str = "mia"
) -> None:
    """Her day is over by the log, her clock is set back, and her program asks nothing."""
    lend(house, login, power, until=TODAY)
    pass_days(house, 2)
    a_request(house, "sam")
    pass_days(house, -2)
    house.open()
    patch.setattr("callrec.login.unlock.without_lapsed_powers", lambda *said: said[-1])


def test_nor_accepts_a_broken_glass(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    lent_till_then(stocked, Power.READ_AUDIT, monkeypatch)
    review_glass(stocked.practice, signed_in(stocked, "mia"), "R-1", verdict=ReviewVerdict.ACCEPTED)
    assert [each.standing for each in outstanding_glass(stocked.practice)] == ["unreviewed"]


def test_nor_closes_an_incident(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = an_incident(stocked)
    found(stocked, incident, MILD, "mia")
    found(stocked, incident, ON_RECORD)
    lent_till_then(stocked, Power.GOVERN, monkeypatch)
    closed(stocked, incident, "mia")
    with pytest.raises(Tampered, match="changed by somebody who may not"):
        opened(stocked, incident)
    said = "the history of an incident has incident.closed by somebody who may not"
    assert problems(stocked) == [said]


def test_nor_reviews_a_search(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    criteria, reason = Criteria(number="01632 960111"), "She says that nobody rang her back"
    practice, every = stocked.practice, Sample(count=0, percent=100)
    seq = search_recordings(
        practice,
        signed_in(stocked, "dora"),
        criteria=[criteria],
        reason=reason,
        request=None,
        limit=None,
    ).seq
    lent_till_then(stocked, Power.READ_AUDIT, monkeypatch)
    mia = signed_in(stocked, "mia")
    assert draw_searches(stocked.practice, mia, every, since=None).waiting == 1
    review_searches(stocked.practice, mia, {seq: SearchReview(ReviewVerdict.ACCEPTED)})
    ava = signed_in(stocked, "ava")
    assert draw_searches(stocked.practice, ava, every, since=None).waiting == 1


def test_nor_gives_a_category(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lent_till_then(stocked, Power.ARCHIVE, monkeypatch, "sam")
    sam, category = signed_in(stocked, "sam"), stocked.practice.settings.retention.category[0].name
    set_category(stocked.practice, sam, [1], category=category, reason=ANOTHER_REASON)
    assert problems(stocked) == ["a recording was given a category by somebody who may not"]


@pytest.mark.parametrize(("minutes", "counts_as"), [(59, TODAY), (61, TODAY + timedelta(days=1))])
def test_what_began_before_midnight_may_be_signed_after_it(
    stocked: House, minutes: int, counts_as: date
) -> None:
    """A command waits for a password, and it is the next day."""
    lend(stocked, "mia", Power.DECIDE_RESERVED, until=TODAY)
    stocked.at = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(minutes=minutes)
    record(stocked.practice, stocked.actor("mia"), "search")
    with reading(stocked.practice.engine) as connection:
        register, zone = read_register(connection), stocked.practice.settings.time_zone
        assert Powers(connection, register, zone).day_of(last_leaf(stocked)) == counts_as


def test_calls_that_come_in_at_midnight_of_the_last_day_open(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He was asked what he may do a second before it, and signs a second after it."""
    lend(stocked, "sam", Power.INGEST, until=TODAY)
    sam, call = stocked.actor("sam"), a_call(stocked.folder / "spool", 7)
    stocked.at = datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC)
    for asked in ("ingest", "batch"):
        monkeypatch.setattr(f"callrec.intake.{asked}.check_may", lambda *_, on: on)
    ingest_recordings(stocked.practice, sam, [call], after=KEEP, advance=lambda _: None)
    assert len(recordings_of(stocked)) == 4


def test_a_clock_that_stood_ahead_before_it_was_lent_takes_nothing(stocked: House) -> None:
    pass_days(stocked, 3000)
    a_request(stocked, "sam")
    pass_days(stocked, -3000)
    reference = a_request(stocked, "sam", purpose=Purpose.SUBJECT_ACCESS)
    lend(stocked, "mia", Power.DECIDE_RESERVED, until=TODAY)
    approve(stocked, reference, "mia", to="max")
    assert grants_of(stocked, reference, "max")


def test_what_has_lapsed_opens_nothing_though_its_share_lies_there_still(stocked: House) -> None:
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    session = stocked.session("sam")
    assert session.shares
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    sam = stocked.actor("sam")
    assert rows(stocked, "SELECT * FROM share WHERE person = :sam", sam=sam.person.id) != []
    assert sam.shares == stocked.session("sam").shares == {}


def test_what_has_lapsed_is_told_of_until_its_keys_are_renewed(stocked: House) -> None:
    lend(stocked, "sam", Power.DECIDE_GENERAL)
    assert lapsed_delegations(stocked.practice) == ()
    pass_days(stocked, 2)
    (problem, other) = audit_keys(stocked.open())
    assert {problem.of, other.of} == {f"{key} 1" for key in DECIDING}
    assert {problem.login, problem.is_tampering, other.is_tampering} == {"sam", False}
    warnings = read_status(stocked.practice, None).warnings
    hint = "callrec user delegate sam --power decide-general --end"
    assert any(hint in warning for warning in warnings)
    end(stocked, "sam", Power.DECIDE_GENERAL)
    assert audit_keys(stocked.practice) == ()
    assert lapsed_delegations(stocked.practice) == ()
    assert not any(
        "decide-general" in each for each in read_status(stocked.practice, None).warnings
    )


def test_each_share_that_outlived_its_power_names_the_one_to_be_ended(stocked: House) -> None:
    for power in (Power.ARCHIVE, Power.READ_AUDIT, Power.SEARCH):
        lend(stocked, "sam", power)
    pass_days(stocked, 2)
    ended = {"audit 1": "read-audit", "catalogue 1": "search", "index 1": "search"}
    assert {problem.of: problem.mend for problem in audit_keys(stocked.open())} == {
        of: f"callrec user delegate sam --power {power} --end" for of, power in ended.items()
    }


def test_a_share_that_no_power_ever_needed_is_not_excused_as_lapsed(stocked: House) -> None:
    lapsed_for(stocked, "sam", Power.READ_AUDIT)
    dora, sam = stocked.actor("dora"), stocked.actor("sam").person
    public = stocked.practice.register.public_keys(sam.id)
    more = replace(sam, powers=frozenset({Power.DECIDE_GENERAL}))
    with writing(stocked.practice, dora.signer) as act:
        give_shares(stocked.practice, act, dora, more, public)
    found = {problem.of: problem.is_tampering for problem in audit_keys(stocked.practice)}
    assert found == {"audit 1": False, "recordings 1": True, "catalogue 1": True}


def test_what_opened_no_key_lapses_without_a_word(house: House) -> None:
    lapsed_for(house, "ava", Power.HEAR)
    assert lapsed_delegations(house.practice) == ()
    assert audit_keys(house.practice) == ()


def _lend_another(practice: Practice, dora: Actor) -> None:
    lend_power(practice, dora, login="mia", power=Power.READ_AUDIT, until=date(2026, 12, 1))


def _add(practice: Practice, dora: Actor) -> None:
    add_person(practice, dora, login="new", full_name="N", role=Role.STAFF, password="")


def _add_intake(practice: Practice, dora: Actor) -> None:
    credential = practice.folder.parent / "second.credential"
    add_intake(practice, dora, login="hatch", full_name="Hatch", credential=credential)


def _demote(practice: Practice, dora: Actor) -> None:
    change_role(practice, dora, login="mia", role=Role.STAFF)


def _disable(practice: Practice, dora: Actor) -> None:
    disable_person(practice, dora, login="mia")


@pytest.mark.parametrize("command", [_lend_another, _add, _add_intake, _demote, _disable])
def test_the_next_command_about_people_ends_it_and_renews_its_keys(
    stocked: House, command: Callable[[Practice, Actor], None]
) -> None:
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    command(stocked.practice, stocked.actor("dora"))
    register = stocked.open().register
    sam = stocked.actor("sam").person
    assert sam.delegations == ()
    assert register.newest(VaultKey.RECORDINGS).version >= 2
    assert register.ignored == []
    assert rows(stocked, "SELECT * FROM share WHERE person = :sam", sam=sam.id) == []
    assert audit_keys(stocked.practice) == ()
    ended = [leaf for leaf in leaves(stocked) if leaf.act == "person.undelegated"]
    assert [leaf.subject for leaf in ended] == [(sam.id,)]


def test_what_had_lapsed_when_the_kit_was_used_is_lent_again(stocked: House) -> None:
    """The kit renews every key, and gives none to somebody whose power has lapsed."""
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    nina = NewController("nina", "Nina Brandt", "seven purple otters dance slowly")
    use_kit(stocked.open(), stocked.kit, nina, split=False, keep=lambda _: None)
    lend(stocked, "sam", Power.DECIDE_GENERAL, until=stocked.at.date())
    assert {v for key, v in stocked.actor("sam").shares if key in DECIDING} == {1, 2}
    assert audit_keys(stocked.practice) == ()


def test_whoever_joins_meanwhile_has_the_renewed_keys(stocked: House) -> None:
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    change_role(stocked.practice, stocked.actor("dora"), login="ava", role=Role.MANAGER)
    versions = {version for key, version in stocked.actor("ava").shares if key in DECIDING}
    assert versions == {1, 2}
    assert audit_keys(stocked.open()) == ()


@pytest.mark.parametrize("change", [change_role, disable_person])
def test_his_own_next_voucher_leaves_out_what_has_lapsed(
    stocked: House, change: Callable[..., object]
) -> None:
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    role = {"role": Role.AUDITOR} if change is change_role else {}
    change(stocked.practice, stocked.actor("dora"), login="sam", **role)
    register = stocked.open().register
    (sam,) = (v.person for v in register.people() if v.person.id == id_of_sam(stocked))
    assert sam.delegations == ()
    assert register.newest(VaultKey.CATALOGUE).version == 2
    assert [leaf for leaf in leaves(stocked) if leaf.act == "person.undelegated"] == []
    assert audit_keys(stocked.practice) == ()


def id_of_sam(house: House) -> str:
    (row,) = rows(house, "SELECT id FROM person WHERE login = 'sam'")
    return str(row.id)


def test_who_has_just_ceased_to_govern_ends_nothing(stocked: House) -> None:
    change_role(stocked.practice, stocked.actor("dora"), login="pat", role=Role.DATA_CONTROLLER)
    lapsed_for(stocked, "sam", Power.DECIDE_GENERAL)
    change_role(stocked.practice, stocked.actor("dora"), login="dora", role=Role.PARTNER)
    assert stocked.open().register.ignored == []
    assert len(lapsed_delegations(stocked.practice)) == 1
    end_delegation(stocked.practice, stocked.actor("pat"), login="sam", power=Power.DECIDE_GENERAL)
    assert lapsed_delegations(stocked.open()) == ()


@pytest.mark.parametrize("login", sorted(set(PEOPLE) - {"dora"}))
def test_a_power_can_be_lent_to_everybody_who_works_here(house: House, login: str) -> None:
    lend(house, login, Power.GOVERN)
    assert Power.GOVERN in {d.power for d in house.actor(login).person.delegations}
