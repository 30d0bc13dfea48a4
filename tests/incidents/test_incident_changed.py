"""What somebody changes of an incident who can write the database is found (incidents.md, 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callrec.catalogue.tables import to_millis
from callrec.errors import CallrecError, Tampered
from callrec.incidents.incident import update_incident
from callrec.incidents.log import INCIDENT_VAULT_KEYS, INCIDENTS
from callrec.incidents.show import incident_warnings, list_incidents, show_incident
from callrec.office.inbox import read_inbox
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import IncidentAct, IncidentState, Outcome
from callrec.practice import today, writing
from callrec.record.versions import seal_key
from callrec.registers.verify import Verdict
from house.commands import done, type_in
from house.holds import problems, verdict
from house.incidents import GRAVE, MILD, WHY, an_incident, closed, found, opened, own_report
from house.practices import House
from house.requests import by_sql, rows, signed_in
from house.stages import Stage, copied


def report(house: House) -> None:
    """I-1, with a finding of mia's; and I-2, which ava reported."""
    found(house, an_incident(house), Findings(nature="disclosure"), "mia")
    an_incident(house, "ava")


reported = copied(Stage("reported", report))


def show(house: House, login: str = "dora") -> None:
    show_incident(house.practice, signed_in(house, login), "I-1")


def test_where_nothing_was_changed_nothing_is_found(reported: House) -> None:
    show(reported)
    assert problems(reported) == []


MAX = "(SELECT id FROM person WHERE login = 'max')"

OF_1 = "WHERE incident = (SELECT id FROM incident WHERE number = 1)"

OF_2 = "WHERE incident = (SELECT id FROM incident WHERE number = 2)"

COLUMNS = {
    "reporter": f"UPDATE incident SET reporter = {MAX} WHERE number = 1",
    "told": f"UPDATE incident SET told = {MAX} WHERE number = 1",
    "state": "UPDATE incident SET state = 'closed' WHERE number = 1",
    "version": "UPDATE incident SET version = 1 WHERE number = 1",
}

SEALED = {
    "the time": "UPDATE incident SET aware_at = aware_at + 3600000 WHERE number = 1",
    "the number": "UPDATE incident SET number = number - 1",
    "bytes": f"UPDATE incident_version SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    f" || substr(sealed, 49) AS BLOB) {OF_1} AND version = 1",
    "a version missing": f"DELETE FROM incident_version {OF_1} AND version = 1",
    "a version of another": f"UPDATE incident_version SET sealed = (SELECT sealed FROM"
    f" incident_version {OF_2}) {OF_1} AND version = 1",
    "a key of another": f"UPDATE incident_key SET sealed = (SELECT sealed FROM incident_key {OF_2}"
    f" AND holder = 'catalogue') {OF_1} AND version = 1",
}


def warned(house: House) -> list[str]:
    return list(incident_warnings(house.practice))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_is_what_the_log_says(reported: House, column: str) -> None:
    by_sql(reported, COLUMNS[column])
    with pytest.raises(Tampered, match=f"the {column} of incident I-1 is not what the log says"):
        show(reported)
    assert problems(reported) == [f"the {column} of incident I-1 is not what the log says"]


@pytest.mark.parametrize("time", [253_402_300_799_999, -62_135_596_800_000, 2**62, 0])
def test_another_time_is_named_and_takes_no_list_away(reported: House, time: int) -> None:
    by_sql(reported, "UPDATE incident SET aware_at = :time WHERE number = 1", time=time)
    dora = signed_in(reported, "dora")
    other, listed = list_incidents(reported.practice, dora)
    assert (other.reference, listed.reference) == ("I-2", "I-1")
    assert (listed.noticed_at, listed.due_at, listed.left(reported.now())) == (None, None, None)
    assert [item.due_on is None for item in read_inbox(reported.practice, dora)] == [False, True]
    assert warned(reported)[0] == "incident I-1 is not as it was reported: callrec audit verify"
    assert "unknown" in done(reported, "dora", "incident", "list")
    assert verdict(reported) is Verdict.TAMPERED


def test_audit_verify_convicts_whoever_changed_one(reported: House) -> None:
    by_sql(reported, COLUMNS["told"])
    assert verdict(reported) is Verdict.TAMPERED


@pytest.mark.parametrize("change", SEALED.values(), ids=SEALED)
def test_what_is_sealed_is_what_was_reported(reported: House, change: str) -> None:
    by_sql(reported, change)
    with pytest.raises(Tampered, match="incident I-"):
        show(reported)


def test_another_account_sealed_in_its_place_is_found(reported: House) -> None:
    """Sealing to public keys takes no private one."""
    incident = opened(reported, "I-1")
    which, key = incident.history.version_id(reported.practice.vault, 1), bytes(32)
    told = incident.versions[0].changed(what="Nothing at all has happened that day")
    by_sql(
        reported,
        f"UPDATE incident_version SET sealed = :sealed {OF_1} AND version = 1",
        sealed=told.seal(key, which),
    )
    for vault_key in INCIDENT_VAULT_KEYS:
        public = reported.practice.register.newest(vault_key).public
        by_sql(
            reported,
            f"UPDATE incident_key SET sealed = :sealed {OF_1} AND version = 1 AND holder = :holder",
            sealed=seal_key(key, which, public),
            holder=str(vault_key),
        )
    with pytest.raises(Tampered, match="its version 1 is not the one that was made"):
        show(reported)


def test_an_incident_that_is_in_no_leaf_is_found(reported: House) -> None:
    by_sql(
        reported,
        "INSERT INTO incident SELECT :id, 9, version, reporter, told, aware_at, state"
        " FROM incident WHERE number = 1",
        id="9" * 32,
    )
    assert problems(reported) == ["incident I-9 is in no leaf"]


def delete_2(house: House) -> None:
    for table in ("incident_key", "incident_version"):
        by_sql(house, f"DELETE FROM {table} {OF_2}")
    by_sql(house, "DELETE FROM incident WHERE number = 2")


def seen(house: House) -> list[tuple[str, str, bool]]:
    listed = list_incidents(house.practice, signed_in(house, "dora"))
    return [(each.reference, str(each.state), each.noticed_at is None) for each in listed]


def test_a_deleted_incident_leaves_no_list_and_the_register_ends_with_5(reported: House) -> None:
    delete_2(reported)
    assert seen(reported) == [("I-2", "open", True), ("I-1", "open", False)]
    assert warned(reported)[0] == "incident I-2 is not as it was reported: callrec audit verify"
    items = read_inbox(reported.practice, signed_in(reported, "dora"))
    assert {item.reference for item in items} == {"I-1", "I-2"}
    told = type_in(reported, "dora", "practice", "register", "incidents")
    assert told.status == 5
    assert "I-2 by " in told.err


def test_an_incident_that_a_row_calls_closed_waits_as_before(reported: House) -> None:
    by_sql(reported, COLUMNS["state"])
    assert seen(reported) == [("I-2", "open", False), ("I-1", "open", True)]


def test_an_incident_that_is_in_no_row_is_found(reported: House) -> None:
    delete_2(reported)
    assert problems(reported) == ["1 incidents of the log are in no row"]
    with pytest.raises(Tampered, match="incident I-2 is on record, and its row is gone"):
        opened(reported, "I-2")


def write(house: House, login: str, act_: IncidentAct, /, **changes: Any) -> None:
    """What a member of staff writes who has a tool of his own, attested by his own key."""
    incident = opened(house, "I-1")
    which = incident.history.version_id(house.practice.vault, incident.history.version + 1)
    actor = signed_in(house, login)
    with writing(house.practice, actor.signer) as act:
        body = incident.body.changed(**changes)
        INCIDENTS.log_version(
            house.practice,
            act,
            actor,
            what=act_,
            body=body,
            version_id=which,
            before=incident.history.leaves,
        )
    state = IncidentState.CLOSED if act_ is IncidentAct.CLOSED else incident.facts.state
    by_sql(
        house,
        "UPDATE incident SET version = :version, state = :state, aware_at = :at WHERE number = 1",
        version=which.version,
        state=state,
        at=to_millis(body.noticed_at),
    )


def test_a_report_to_nobody_is_tampering(reported: House) -> None:
    actor, id_ = signed_in(reported, "sam"), "7" * 32
    with writing(reported.practice, actor.signer) as act:
        act.leaf("incident.reported", actor=actor.person.id, subject=[id_])
    by_sql(reported, "UPDATE incident SET number = 7 WHERE number = 2")
    by_sql(
        reported,
        "INSERT INTO incident SELECT :id, 2, 1, reporter, told, aware_at, state"
        " FROM incident WHERE number = 1",
        id=id_,
    )
    assert any("does not name what that was done to; sam" in each for each in problems(reported))


TOLD = {
    "a friend of the lowest role": ("sam", "ava"),
    "himself": ("sam", "sam"),
    "herself, though she manages": ("mia", "mia"),
}


@pytest.mark.parametrize(("reporter", "told"), TOLD.values(), ids=TOLD)
def test_whoever_is_told_is_a_line_manager_and_somebody_else(
    reported: House, reporter: str, told: str
) -> None:
    reference = own_report(reported, reporter, told=told)
    said = "an incident was reported by somebody who may not, or to nobody's line manager"
    with pytest.raises(Tampered, match=said):
        opened(reported, reference)
    assert problems(reported) == [said]


def closing_of(house: House, **said: Any) -> Closing:
    known = {"outcome": Outcome.NOT_REPORTED, "on": today(house.practice), "reason": WHY, **said}
    return Closing(**known)


def test_a_version_by_somebody_who_may_not_add_to_it_is_tampering(reported: House) -> None:
    write(reported, "max", IncidentAct.UPDATED, findings=Findings(nature="nothing at all"))
    with pytest.raises(Tampered, match="changed by somebody who may not"):
        show(reported)


@pytest.mark.parametrize("findings", [MILD, GRAVE], ids=["mild", "grave"])
def test_a_degree_by_who_reported_it_is_tampering(reported: House, findings: Findings) -> None:
    write(reported, "sam", IncidentAct.UPDATED, findings=findings)
    with pytest.raises(Tampered, match="changed by somebody who may not"):
        show(reported)


def test_a_word_by_who_reported_it_after_somebody_assessed_it_is_none(reported: House) -> None:
    found(reported, "I-1", MILD, "mia")
    before = opened(reported, "I-1").body.findings
    write(reported, "sam", IncidentAct.UPDATED, findings=replace(before, facts="It played."))
    show(reported)


def test_a_closing_by_somebody_who_does_not_govern_is_tampering(reported: House) -> None:
    write(reported, "mia", IncidentAct.CLOSED, closing=closing_of(reported))
    with pytest.raises(Tampered, match="changed by somebody who may not"):
        show(reported)


WHO_MIGHT_NOT = {
    "staff close their own": ("sam", IncidentAct.CLOSED),
    "who was told closes it": ("mia", IncidentAct.CLOSED),
    "somebody else adds to it": ("max", IncidentAct.UPDATED),
}


@pytest.mark.parametrize(("login", "what"), WHO_MIGHT_NOT.values(), ids=WHO_MIGHT_NOT)
def test_the_audit_names_what_somebody_did_who_might_not(
    reported: House, login: str, what: IncidentAct
) -> None:
    write(reported, login, what)
    assert problems(reported) == [f"the history of an incident has {what} by somebody who may not"]


def test_a_closing_that_says_nothing_is_tampering(reported: House) -> None:
    write(reported, "dora", IncidentAct.CLOSED, closing=None)
    with pytest.raises(Tampered, match="closed in one place and open in another"):
        show(reported)


OTHERWISE: dict[str, dict[str, Any]] = {
    "when it was noticed": {"noticed_at": datetime(2026, 11, 24, 8, tzinfo=UTC)},
    "what happened": {"what": "Nothing happened that day that anybody need know of"},
    "which recordings": {"recordings": ("7" * 32,)},
    "which request": {"request": "R-99"},
}


@pytest.mark.parametrize("changes", OTHERWISE.values(), ids=OTHERWISE)
def test_who_reported_it_says_nothing_else_afterwards(
    reported: House, changes: dict[str, Any]
) -> None:
    write(reported, "sam", IncidentAct.UPDATED, **changes)
    with pytest.raises(Tampered, match="reported or closed otherwise than it says now"):
        show(reported)


@pytest.mark.parametrize("said", ["findings", "closing"])
def test_a_report_neither_assesses_nor_closes(reported: House, said: str) -> None:
    says: Mapping[str, Any] = {"findings": MILD, "closing": closing_of(reported)}
    reference = own_report(reported, told="mia", **{said: says[said]})
    with pytest.raises(Tampered, match=r"by its report|closed in one place and open in another"):
        opened(reported, reference)


def told_late(house: House) -> None:
    """The Commissioner was told of I-1 after the 72 hours had ended."""
    found(house, "I-1", GRAVE)
    house.at += timedelta(days=5)
    closed(house, "I-1", outcome=Outcome.REPORTED, at=house.now(), delay_reason=WHY)


def test_how_it_was_closed_stays_as_it_was_though_it_is_added_to(reported: House) -> None:
    told_late(reported)
    early = closing_of(reported, outcome=Outcome.REPORTED, at=reported.now() - timedelta(days=4))
    write(reported, "sam", IncidentAct.UPDATED, closing=early)
    with pytest.raises(Tampered, match="reported or closed otherwise than it says now"):
        show(reported)


def test_what_is_learned_after_the_commissioner_was_told_is_still_added(reported: House) -> None:
    told_late(reported)
    before = opened(reported, "I-1").body.findings
    findings = replace(before, effects="Two heard it.")
    write(reported, "sam", IncidentAct.UPDATED, findings=findings)
    show(reported)


@pytest.mark.parametrize(
    "changes",
    [{"noticed_at": datetime(2026, 11, 24, 8, tzinfo=UTC)}, {"findings": MILD}],
    ids=["when it was noticed", "what was found"],
)
def test_who_closes_it_changes_nothing_else(reported: House, changes: dict[str, Any]) -> None:
    found(reported, "I-1", GRAVE)
    closing = closing_of(reported, outcome=Outcome.REPORTED, at=reported.now())
    write(reported, "dora", IncidentAct.CLOSED, closing=closing, **changes)
    with pytest.raises(Tampered, match="reported or closed otherwise than it says now"):
        show(reported)


def test_whoever_may_not_have_told_in_time_was_late(reported: House) -> None:
    """Our own commands ask for the time where the 72 hours end on that day."""
    due_at = opened(reported, "I-1").body.noticed_at + timedelta(hours=72)
    on = due_at.astimezone(reported.practice.settings.time_zone).date()
    closing = closing_of(reported, outcome=Outcome.REPORTED, on=on)
    write(reported, "dora", IncidentAct.CLOSED, closing=closing)
    assert show_incident(reported.practice, signed_in(reported, "dora"), "I-1").was_late


def test_an_update_that_closes_is_tampering(reported: House) -> None:
    write(reported, "mia", IncidentAct.UPDATED, closing=closing_of(reported))
    with pytest.raises(Tampered, match="closed in one place and open in another"):
        show(reported)


def test_nothing_is_added_to_what_was_changed(reported: House) -> None:
    by_sql(reported, SEALED["the time"])
    leaves = "SELECT count(*) FROM leaf WHERE instr(body, 'incident.updated') > 0"
    before = rows(reported, leaves)
    with pytest.raises(CallrecError, match="not what was sealed with it"):
        update_incident(reported.practice, signed_in(reported, "dora"), "I-1", MILD)
    assert rows(reported, "SELECT max(version) FROM incident_version") == [(2,)]
    assert rows(reported, leaves)[0][0] == before[0][0] + 1  # that it failed
