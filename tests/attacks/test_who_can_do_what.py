"""FORMATS 8, cell by cell: what each adversary can do, and what he cannot.

Each test stands beside a row of docs/threat-model.md. Cells that other tests hold, in
the folder of its noun:

    who                     what                                    test
    database writer         may not act in another's name           audit/test_attested.py
                                                    test_nobody_puts_an_act_in_anothers_name
                            may not gain a power    test_audit_verify.py
                                                    test_nobody_promotes_himself_with_a_voucher_...
                            may not set one back    test_audit_verify.py
                                                    test_an_old_voucher_put_back_is_older
                            may not release by a state              test_granted.py
                                                    test_a_state_written_by_hand_opens_nothing
                            may not move a grant    test_granted.py
                                                    test_a_grant_copied_to_another_person_...
                                                    test_a_grant_copied_to_another_recording_...
                                                    test_a_grant_copied_to_a_twin_request_...
                            may not change what was approved        test_granted.py
                                                    test_a_request_changed_after_approval_...
                            may drop a tail; it shows               test_audit_verify.py
                                                    test_a_cut_tail_is_shown_by_...
    operator of one drive   may not remove or plant         test_archive_verify.py test_it_names
                            may not set it back             test_archive.py
                                                    test_a_volume_that_was_set_back_gets_nothing
                            finds nothing in the clear      test_archive.py
                                                    test_no_byte_of_the_drive_tells_of_...
    thief of a session      may not approve         test_approve.py test_a_login_is_not_enough
                            may not hear, release   test_listen.py, test_release.py
                                                    test_it_takes_the_password
                            may not archive         test_archive.py
                                                    test_a_login_without_its_password_signs_...
    former approver         loses the newer keys    test_people.py
                                                    test_whoever_loses_a_power_never_sees_...
    requester               may not approve his own test_approve.py test_nobody_approves_his_own
                            hears until it lapses   test_granted.py
                                                    test_a_grant_lapses_on_its_day_though_...
    approver                is on record inside     test_show.py test_it_is_on_record_that_...
                                                    test_listen.py test_the_log_says_it_before_...
    holder of the kit       opens a volume's copy   test_archive_copy.py
                                                    test_the_recovery_kit_opens_the_copy
"""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from attacks.office import REASONS
from attacks.reach import reach
from callrec.audit.log import read_leaf, stored_head
from callrec.calls.custody import Opening, find_recording
from callrec.catalogue.engine import reading
from callrec.catalogue.index import candidates
from callrec.crypto.identity import Identity
from callrec.crypto.kit import read_kit_words
from callrec.errors import Locked, Refused
from callrec.policy.role import VaultKey
from callrec.policy.search import Criteria
from callrec.registers.audit import LogFilter, list_audit
from callrec.system.files import write_private
from house.commands import done, type_in
from house.practices import House
from house.raw_bytes import files_of
from house.requests import by_sql, last_leaf, rows
from house.spool import a_call, data_keys_of, take_in


def kem(house: House, login: str) -> bytes:
    return Identity.from_seed(house.seeds[login], house.practice.vault).kem


def kinds(reached: set[str]) -> set[str]:
    """Without whose they are."""
    return {what.split(" to ")[0] for what in reached}


# --- who has the disk, or may write to the database ------------------------------------------


COMMANDS = {
    "search": ["search", "--number", "07700900461", "--reason", REASONS[0]],
    "show": ["show", "1"],
    "request create": ["request", "create", "complaint", "--reason", REASONS[0]]
    + [
        word
        for name in ("number", "date", "time", "extension")
        for word in (f"--{name}", "unknown")
    ]
    + ["--party", "unknown", "--recording", "1"]
    + ["--complaint", "C-7", "--complainant", "patient"],
    "request show": ["request", "show", "R-1"],
    "approve": ["approve", "R-3", "--yes"],
    "deny": ["deny", "R-3", "--reason", REASONS[2], "--yes"],
    "revoke": ["revoke", "R-4", "--reason", REASONS[2], "--yes"],
    "listen": ["listen", "R-4"],
    "release": ["release", "R-4", "--to", "{house}/outbox"],
    "archive": ["archive", "--to", "{house}/drive-a"],
    "ingest": ["ingest", "{house}/spool"],
    "practice reconcile": ["practice", "reconcile"],
    "audit list": ["audit", "list"],
    "audit review-searches": ["audit", "review-searches"],
    "practice register": ["practice", "register", "access"],
    "request dossier": ["request", "dossier", "R-1"],
    "user add": [
        *("user", "add", "eve", "--name", "Eve Underwood", "--role", "staff"),
        *("--password-file", "{house}/people/eve.given"),
    ],
    "user role": ["user", "role", "sam", "partner"],
}


def words(house: House, command: str) -> list[str]:
    return [word.format(house=house.folder) for word in COMMANDS[command]]


def give_eve_a_password(house: House) -> None:
    write_private(house.folder / "people" / "eve.given", b"seven purple otters dance slowly\n")


def test_a_wrong_password_opens_nothing_of_a_copied_vault(worked: House, tmp_path: Path) -> None:
    shutil.copytree(worked.folder / "vault", tmp_path / "stolen")
    (worked.folder / "people" / "max.password").write_text("a password that somebody guessed\n")
    answer = type_in(worked, "max", *words(worked, "show"), CALLREC_VAULT=tmp_path / "stolen")
    assert (answer.status, answer.out) == (6, "")


def test_no_key_lies_in_the_clear(worked: House) -> None:
    dora = worked.actor("dora")
    secrets = [*worked.seeds.values(), *dora.shares.values(), *data_keys_of(worked).values()]
    secrets += [read_kit_words(worked.kit), *(kem(worked, login) for login in worked.seeds)]
    forms = {form for secret in secrets for form in _written(secret)}
    folders = [worked.folder / name for name in ("vault", "drive-a", "state")]
    told = [name for name, data in files_of(*folders) if any(form in data for form in forms)]
    assert told == []
    credential = [
        data for name, data in files_of(worked.folder) if name.endswith("door.credential")
    ]
    assert any(form in credential[0] for form in _written(worked.seeds["door"]))


def _written(secret: bytes) -> set[bytes]:
    return {
        secret,
        secret.hex().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        base64.b32encode(secret).rstrip(b"="),
    }


def test_another_persons_login_name_brings_none_of_his_powers(worked: House) -> None:
    by_sql(worked, "UPDATE person SET login = 'x' WHERE login = 'pat'")
    by_sql(worked, "UPDATE person SET login = 'pat' WHERE login = 'sam'")
    by_sql(worked, "UPDATE person SET login = 'sam' WHERE login = 'x'")
    password = worked.folder / "people" / "sam.password"
    answer = type_in(worked, "pat", "approve", "R-3", "--yes", CALLREC_PASSWORD_FILE=password)
    assert (answer.status, answer.out) == (3, "")


def test_a_seed_under_ones_own_password_is_nobody_elses(worked: House) -> None:
    """What sam's password opens is put where max's was: nobody vouched for it there."""
    by_sql(
        worked,
        "UPDATE person SET locked = (SELECT locked FROM person WHERE login = 'sam')"
        " WHERE login = 'max'",
    )
    password = worked.folder / "people" / "sam.password"
    answer = type_in(worked, "max", "show", "1", CALLREC_PASSWORD_FILE=password)
    assert (answer.status, answer.out) == (5, "")


def test_a_share_copied_to_oneself_is_found_and_opens_nothing(worked: House) -> None:
    by_sql(
        worked,
        "INSERT INTO share SELECT key, version, (SELECT id FROM person WHERE login = 'sam'), sealed"
        " FROM share WHERE key = 'recordings'"
        " AND person = (SELECT id FROM person WHERE login = 'max')",
    )
    assert not any(what.startswith("batch") for what in reach(worked, kem(worked, "sam")))
    assert type_in(worked, "sam", "request", "show", "R-3").status == 5
    assert type_in(worked, "nobody", "doctor").status == 5


# --- the thief of the intake credential -------------------------------------------------------


def stored(house: House) -> dict[str, int]:
    """How many rows there are of what matters."""
    names = ("recording", "request", "grant_", "person", "batch", "volume", "bag")
    return {name: rows(house, f"SELECT COUNT(*) FROM {name}")[0][0] for name in names}


def test_it_opens_no_sound_no_metadata_and_no_details(worked: House) -> None:
    """Not even of what it took in itself: the batch's keys went with the run."""
    assert reach(worked, kem(worked, "door")) == {"share of index 1 to door"}
    door = worked.actor("door")
    with reading(worked.practice.engine) as connection:
        opening = Opening(worked.practice, door, connection)
        with pytest.raises(Locked):
            opening.metadata(find_recording(connection, 1))
        with pytest.raises(Locked):
            opening.data_key(find_recording(connection, 1))


def test_it_can_test_whether_a_guessed_number_called(worked: House) -> None:
    """Said plainly in the threat model; the cut tokens answer maybe for others as well."""
    index_key = worked.actor("door").shares[VaultKey.INDEX, 1]
    zone = worked.practice.settings.time_zone
    with reading(worked.practice.engine) as connection:
        maybe = candidates(
            connection,
            [index_key],
            worked.practice.vault,
            Criteria(number="+447700900461"),
            zone,
        )
    assert 3 in maybe


def test_what_it_invents_bears_its_name(worked: House) -> None:
    invented = a_call(worked.folder / "more", 77)
    done(worked, "door", "ingest", str(invented))
    assert last_leaf(worked).actor == worked.actor("door").person.id


def test_an_intake_service_that_was_disabled_brings_nothing_in(worked: House) -> None:
    done(worked, "dora", "user", "disable", "door", "--yes")
    before = stored(worked)
    assert type_in(worked, "door", "ingest", str(a_call(worked.folder / "more", 78))).status == 6
    assert stored(worked) == before


# --- the former approver ----------------------------------------------------------------------


def test_who_was_demoted_opens_what_he_copied_and_nothing_since(worked: House) -> None:
    copied = dict(worked.actor("max").shares)
    done(worked, "dora", "user", "role", "max", "staff")
    worked.open()
    take_in(worked, a_call(worked.folder / "more", 80), login="mia")
    reached = kinds(reach(worked, kem(worked, "max"), *copied.values()))
    assert {"batch key: recordings 1", "batch key: catalogue 1"} <= reached
    assert not {"batch key: recordings 2", "batch key: catalogue 2"} & reached
    assert "batch key: recordings 2" in kinds(reach(worked, kem(worked, "mia")))


@pytest.mark.parametrize("command", ["approve", "search", "show", "archive", "ingest", "deny"])
def test_who_was_demoted_is_refused(command: str, worked: House) -> None:
    done(worked, "dora", "user", "role", "max", "staff")
    assert type_in(worked, "max", *words(worked, command)).status == 3


def test_shares_put_back_by_hand_give_no_power_back(worked: House) -> None:
    kept = rows(worked, "SELECT * FROM share s JOIN person p ON p.id = s.person AND login = 'max'")
    done(worked, "dora", "user", "role", "max", "staff")
    have = rows(worked, "SELECT * FROM share s JOIN person p ON p.id = s.person AND login = 'max'")
    for row in {(row.key, row.version): row for row in kept if row not in have}.values():
        by_sql(
            worked,
            "INSERT INTO share VALUES (:key, :version, :person, :sealed)"
            " ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
            key=row.key,
            version=row.version,
            person=row.person,
            sealed=row.sealed,
        )
    assert type_in(worked, "max", *words(worked, "approve")).status == 3


# --- the thief of an open session -------------------------------------------------------------


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder of one's own in memory, where a login is kept."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.mark.parametrize(("waits_minutes", "lasts_minutes"), [(11, 0), (9, 54)])
def test_it_ends_after_ten_idle_minutes_and_after_sixty_in_all(
    waits_minutes: int, lasts_minutes: int, worked: House, memory: Path
) -> None:
    assert type_in(worked, "dora", "login", XDG_RUNTIME_DIR=memory).status == 0
    statuses = []
    for _ in range(lasts_minutes // waits_minutes + 1):
        worked.at += timedelta(minutes=waits_minutes)
        answer = type_in(worked, "nobody", *words(worked, "show"), XDG_RUNTIME_DIR=memory)
        statuses.append(answer.status)
    assert statuses == [0] * (len(statuses) - 1) + [6]


def test_an_open_session_opens_metadata_and_no_sound(worked: House) -> None:
    kept = worked.session("pat").shares
    reached = kinds(reach(worked, *kept.values()))
    assert reached == {"batch key: catalogue 1", *(f"key of R-{number}" for number in range(1, 5))}


# --- requester and staff ----------------------------------------------------------------------


def test_staff_open_what_they_asked_for_and_were_granted(worked: House) -> None:
    """R-1 was released and R-2 denied: what is left is his requests and the one grant."""
    assert reach(worked, kem(worked, "sam")) == {
        "key of R-1",
        "key of R-2",
        "key of R-3",
        "key of R-4",
        "grant under R-4",
    }


@pytest.mark.parametrize("reference", ["R-1", "R-2", "R-3"])
@pytest.mark.parametrize("command", ["listen", "release"])
def test_nothing_but_what_was_granted_is_heard(command: str, reference: str, worked: House) -> None:
    to = ["--to", str(worked.folder / "outbox")] if command == "release" else []
    assert type_in(worked, "sam", command, reference, *to).status == 3


def test_an_auditor_reads_the_record_and_nothing_else(worked: House) -> None:
    reached = kinds(reach(worked, kem(worked, "ava")))
    assert reached == {"share of audit 1", "details of leaves"}


def test_a_manager_reads_no_details_of_the_record(worked: House) -> None:
    assert "details of leaves" not in reach(worked, kem(worked, "max"))
    with pytest.raises(Refused):
        list_audit(worked.practice, worked.actor("max"), LogFilter(), limit=10)


# --- approvers and the kit --------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["pat", "the kit"])
def test_a_key_is_a_key_and_opens_all_outside_the_tool_unseen(holder: str, worked: House) -> None:
    """The honest limit: bound by rules and record, not by cryptography."""
    before = _log_size(worked)
    key = _kit(worked).kem if holder == "the kit" else kem(worked, holder)
    reached = kinds(reach(worked, key))
    assert {"batch key: recordings 1", "batch key: catalogue 1", "details of leaves"} <= reached
    assert _log_size(worked) == before


def _kit(house: House) -> Identity:
    return Identity.from_seed(read_kit_words(house.kit), house.practice.vault)


def _log_size(house: House) -> int:
    with reading(house.practice.engine) as connection:
        return stored_head(connection).size


@pytest.mark.parametrize("command", ["show", "search", "request show", "approve"])
def test_inside_the_tool_an_approver_is_on_record(command: str, worked: House) -> None:
    before = _log_size(worked)
    done(worked, "pat", *words(worked, command))
    pat = worked.actor("pat").person.id
    with reading(worked.practice.engine) as connection:
        since = range(before, stored_head(connection).size)
        leaves = [read_leaf(connection, seq)[0] for seq in since]
    assert leaves
    assert {leaf.actor for leaf in leaves} == {pat}
