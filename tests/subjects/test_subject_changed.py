"""What somebody changes on the register who can write the database is found (subjects.md, 3)."""

from __future__ import annotations

from datetime import date

import pytest

from callrec.errors import Tampered
from callrec.policy.rights.subject import SubjectAct
from callrec.policy.role import VaultKey
from callrec.practice import writing
from callrec.record.versions import fresh_nonces, seal_key
from callrec.registers.verify import Verdict
from callrec.subjects.log import SUBJECTS, SubjectBody
from callrec.subjects.register import SubjectAnswers, change_subject, list_subjects
from house.holds import problems, verdict
from house.practices import House
from house.requests import by_sql, logged_in, rows, signed_in
from house.stages import Stage, copied
from house.subjects import NHS_NUMBER, a_person, opened_person, own_version


def entered(house: House) -> None:
    """S-1, changed once; and S-2."""
    a_person(house)
    change_subject(
        house.practice, logged_in(house, "mia"), "S-1", SubjectAnswers(numbers=("0117 496 0123",))
    )
    a_person(house, names=("Ada Wren",), nhs_number="999 000 0026")


registered = copied(Stage("registered", entered))


def test_where_nothing_was_changed_nothing_is_found(registered: House) -> None:
    assert opened_person(registered).record.numbers == ("+441174960123",)
    assert problems(registered) == []
    assert verdict(registered) is Verdict.INTACT


OF_1 = "WHERE subject = (SELECT id FROM subject WHERE number = 1)"

OF_2 = "WHERE subject = (SELECT id FROM subject WHERE number = 2)"

PAT = "(SELECT id FROM person WHERE login = 'pat')"

COLUMNS = {
    "entered_by": f"UPDATE subject SET entered_by = {PAT} WHERE number = 1",
    "state": "UPDATE subject SET state = 'erased' WHERE number = 1",
    "version": "UPDATE subject SET version = 1 WHERE number = 1",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_is_what_the_log_says(registered: House, column: str) -> None:
    by_sql(registered, COLUMNS[column])
    wrong = f"the {column} of subject S-1 is not what the log says"
    with pytest.raises(Tampered, match=wrong):
        opened_person(registered)
    with pytest.raises(Tampered, match=wrong):
        list_subjects(registered.practice, logged_in(registered, "max"))
    assert problems(registered) == [wrong]


SEALED = {
    "the number": "UPDATE subject SET number = 3 - number",
    "bytes": "UPDATE subject_version SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    f" || substr(sealed, 49) AS BLOB) {OF_1} AND version = 2",
    "a version missing": f"DELETE FROM subject_version {OF_1} AND version = 2",
    "an older version": f"UPDATE subject_version SET sealed = (SELECT sealed FROM subject_version"
    f" {OF_1} AND version = 1) {OF_1} AND version = 2",
    "another person": "UPDATE subject_version SET sealed = (SELECT sealed FROM subject_version"
    f" {OF_2}) {OF_1} AND version = 2",
    "another's key": f"UPDATE subject_key SET sealed = (SELECT sealed FROM subject_key {OF_2})"
    f" {OF_1} AND version = 2",
    "no key": f"DELETE FROM subject_key {OF_1} AND version = 2",
}


@pytest.mark.parametrize("change", SEALED.values(), ids=SEALED)
def test_what_is_sealed_is_what_was_entered(registered: House, change: str) -> None:
    if "3 - number" in change:
        by_sql(registered, "UPDATE subject SET number = 9 WHERE number = 2")
        change = "UPDATE subject SET number = 2 WHERE number = 1"
    by_sql(registered, change)
    with pytest.raises(Tampered):
        opened_person(registered, "S-2" if "number = 2 WHERE" in change else "S-1")
    assert verdict(registered) is Verdict.TAMPERED


INDEX = {
    "a token missing": f"DELETE FROM subject_token {OF_1} AND kind = 3",
    "a token of another": f"UPDATE subject_token SET token = 15 - token {OF_1} AND kind = 3",
    "another part": f"UPDATE subject_token SET part = 1 {OF_1} AND kind = 3",
    "a token more": "INSERT INTO subject_token SELECT part, 4, 15 - token, subject FROM"
    f" subject_token {OF_1} AND kind = 4",
}


@pytest.mark.parametrize("change", INDEX.values(), ids=INDEX)
def test_a_changed_index_is_found_by_audit_verify(registered: House, change: str) -> None:
    """Else a person could be hidden from a look-up, and entered a second time."""
    by_sql(registered, change)
    assert verdict(registered) is Verdict.TAMPERED


def test_somebody_else_sealed_in_their_place_is_found(registered: House) -> None:
    """Sealing to public keys takes no private one."""
    known, key = opened_person(registered), bytes(32)
    which = known.history.version_id(registered.practice.vault, 2)
    body = SubjectBody(
        number=1,
        names=("Somebody Else",),
        born_on=date(1990, 1, 1),
        nhs_number="",
        numbers=(),
        proof="Nobody has seen anything at all",
        **fresh_nonces(),
    )
    by_sql(
        registered,
        f"UPDATE subject_version SET sealed = :sealed {OF_1} AND version = 2",
        sealed=body.seal(key, which),
    )
    public = registered.practice.register.newest(VaultKey.CATALOGUE).public
    by_sql(
        registered,
        f"UPDATE subject_key SET sealed = :sealed {OF_1} AND version = 2",
        sealed=seal_key(key, which, public),
    )
    with pytest.raises(Tampered, match="its version 2 is not the one that was made"):
        opened_person(registered)


def test_a_person_that_is_in_no_leaf_or_in_no_row_is_found(registered: House) -> None:
    by_sql(
        registered,
        "INSERT INTO subject SELECT :id, 9, version, entered_by, state, erased FROM subject"
        " WHERE number = 1",
        id="9" * 32,
    )
    assert problems(registered) == ["subject S-9 is in no leaf"]
    with pytest.raises(Tampered, match="subject S-9 is in no leaf"):
        list_subjects(registered.practice, logged_in(registered, "max"))
    by_sql(registered, "DELETE FROM subject WHERE number = 9")
    for table in ("subject_key", "subject_version", "subject_token"):
        by_sql(registered, f"DELETE FROM {table} {OF_2}")
    by_sql(registered, "DELETE FROM subject WHERE number = 2")
    assert problems(registered) == ["1 subjects of the log are in no row"]
    with pytest.raises(Tampered, match="subject S-2 is on record, and its row is gone"):
        opened_person(registered, "S-2")
    with pytest.raises(Tampered, match="subject S-2 is on record, and its row is gone"):
        list_subjects(registered.practice, logged_in(registered, "max"))


@pytest.mark.parametrize(
    ("login", "act", "reference"),
    [
        ("sam", SubjectAct.ADDED, None),
        ("ava", SubjectAct.ADDED, None),
        ("door", SubjectAct.ADDED, None),
    ],
)
def test_what_somebody_entered_who_may_not_is_tampering(
    registered: House, login: str, act: SubjectAct, reference: str | None
) -> None:
    made = own_version(registered, login, act, reference)
    wrong = f"the history of a person's record has {act} by somebody who may not"
    assert problems(registered) == [wrong]
    with pytest.raises(Tampered, match=wrong):
        opened_person(registered, made)


def test_a_record_about_nobody_is_tampering(registered: House) -> None:
    actor = signed_in(registered, "max")
    with writing(registered.practice, actor.signer) as act:
        act.leaf(SubjectAct.ADDED, actor=actor.person.id, subject=[])
    assert any("does not name what that was done to; max" in each for each in problems(registered))


def test_the_log_in_the_clear_says_nothing_of_the_person(registered: House) -> None:
    bodies = b"".join(bytes(body) for (body,) in rows(registered, "SELECT body FROM leaf"))
    for secret in ("Roberts", "Wren", "1961", NHS_NUMBER.replace(" ", ""), "900123", "4960123"):
        assert secret.encode() not in bodies
    assert len(SUBJECTS.acts & {b.decode() for b in bodies.split(b'"')}) == 2
