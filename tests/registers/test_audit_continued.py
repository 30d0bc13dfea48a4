"""What was verified before is edited since: what the plain check finds, and what ``--new`` leaves.

The plain check reads all entries and rows each time, so what was found sound once is no less safe.
What is new is read alone on request, and says so: INTACT-SINCE is never said of what lies before.
"""

from __future__ import annotations

import base64
import json
from functools import partial

import pytest

from callrec.audit.remembered import VERIFIED_FILE
from callrec.login.people import list_people
from callrec.registers.verify import Verdict
from house import holds
from house.practices import House
from registers.test_audit_verify import edit

again = partial(holds.verified, full=False)

newly = partial(holds.verified, full=False, only_new=True)

OF_THE_LOG = {
    "an old entry is another": "UPDATE leaf SET body = replace(body, 'done', 'fail') WHERE seq = 2",
    "an old entry is gone": "DELETE FROM leaf WHERE seq = 3",
    "two old entries are exchanged": "UPDATE leaf SET body ="
    " (SELECT body FROM leaf AS other WHERE other.seq = 5 - leaf.seq) WHERE seq IN (2, 3)",
    "an old checkpoint is gone": "DELETE FROM checkpoint WHERE size = (SELECT min(size)"
    " FROM checkpoint)",
    "old sealed details are gone": "DELETE FROM detail WHERE seq = (SELECT min(seq) FROM detail)",
    "old sealed details are wiped": "UPDATE detail SET sealed = X''",
}

OF_ROWS = {
    "a recording is another": "UPDATE recording SET started_at = started_at + 1 WHERE id = 1",
    "a recording's file is another's": "UPDATE recording SET ciphertext ="
    " (SELECT ciphertext FROM recording WHERE id = 2) WHERE id = 1",
    "a recording is gone": "DELETE FROM recording WHERE id = 1",
    "a recording is said to be on drives alone": "UPDATE recording SET state = 'archived'"
    " WHERE id = 1",
    "two recordings exchange their keys": "UPDATE recording SET data_key ="
    " (SELECT data_key FROM recording AS other WHERE other.id = 3 - recording.id) WHERE id < 3",
    "what is known of a recording is gone": "DELETE FROM metadata WHERE recording = 1",
    "a recording is not found by search": "DELETE FROM token WHERE recording = 1",
    "a recording is found by another search": "INSERT INTO token SELECT part, kind, token + 1,"
    " recording FROM token WHERE recording = 1 LIMIT 1",
    "a recording has a category": "INSERT INTO category VALUES (1, 'complaint', 1)",
    "what was signed for a recording is gone": "DELETE FROM written WHERE name = 'recording'"
    " AND key = '1'",
    "somebody's lock is another": "UPDATE person SET locked = x'00' WHERE login = 'max'",
}


@pytest.fixture
def watched(stocked: House) -> House:
    """Verified whole; something came in since."""
    assert again(stocked).verdict is Verdict.INTACT
    list_people(stocked.practice, stocked.actor("max"))
    return stocked


@pytest.mark.parametrize("statement", [pytest.param(v, id=k) for k, v in OF_THE_LOG.items()])
def test_an_edit_of_old_entries_is_found_by_the_plain_check(watched: House, statement: str) -> None:
    edit(watched, statement)
    assert again(watched).verdict is Verdict.TAMPERED


@pytest.mark.parametrize("statement", [pytest.param(v, id=k) for k, v in OF_ROWS.items()])
def test_an_edit_of_old_rows_is_found_by_the_plain_check(watched: House, statement: str) -> None:
    edit(watched, statement)
    assert again(watched).verdict is Verdict.TAMPERED


@pytest.mark.parametrize("statement", [pytest.param(v, id=k) for k, v in OF_ROWS.items()])
def test_what_is_new_is_said_to_be_intact_and_nothing_else(watched: House, statement: str) -> None:
    """It does not read rows: so it never says INTACT, and leaves what the plain check finds."""
    edit(watched, statement)
    found = newly(watched)
    assert found.verdict in (Verdict.SINCE, Verdict.TAMPERED)
    assert again(watched).verdict is Verdict.TAMPERED


def test_rows_are_read_too_where_the_check_of_what_is_new_reads_all(watched: House) -> None:
    """A second signature is in order, but takes reading leaf by leaf, from the beginning."""
    line = f"\u2014 other.example/witness {base64.b64encode(bytes(68)).decode()}\n".encode()
    edit(
        watched,
        f"UPDATE checkpoint SET note = CAST(note || CAST(x'{line.hex()}' AS TEXT) AS BLOB)"
        " WHERE size = (SELECT max(size) FROM checkpoint)",
    )
    found = newly(watched)
    assert (found.verdict, found.read_from) == (Verdict.INTACT, 0)
    edit(watched, OF_ROWS["a recording is another"])
    assert newly(watched).verdict is Verdict.TAMPERED


def test_the_next_check_is_whole_after_one_of_what_is_new(watched: House) -> None:
    assert newly(watched).verdict is Verdict.SINCE
    edit(watched, OF_ROWS["a recording is another"])
    assert again(watched).verdict is Verdict.TAMPERED


@pytest.mark.parametrize(
    "forged",
    [{"root": "ab" * 32}, {"size": 10_000}, {"stated": "ab" * 32}],
    ids=["root", "size", "stated"],
)
def test_a_note_of_what_was_verified_that_is_another_makes_nothing_intact(
    watched: House, forged: dict[str, object]
) -> None:
    note = watched.practice.state_folder / VERIFIED_FILE
    was = json.loads(note.read_bytes())
    note.write_text(json.dumps(was | forged), encoding="utf-8")
    edit(watched, OF_THE_LOG["two old entries are exchanged"])
    assert newly(watched).verdict is Verdict.TAMPERED
    note.write_text(json.dumps(was | forged), encoding="utf-8")
    assert again(watched).verdict is Verdict.TAMPERED


def test_a_note_of_what_was_verified_that_was_put_back_reads_more(watched: House) -> None:
    note = watched.practice.state_folder / VERIFIED_FILE
    older = note.read_bytes()
    began = json.loads(older)["size"]
    assert again(watched).verdict is Verdict.INTACT
    note.write_bytes(older)
    found = newly(watched)
    assert (found.verdict, found.read_from) == (Verdict.SINCE, began)
