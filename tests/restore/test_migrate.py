"""A vault of an older schema is brought to the newest, whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig

from callrec.archive import copy as archive_copy
from callrec.audit.leaf import NOBODY
from callrec.audit.log import read_leaf, stored_head
from callrec.audit.verify import require_sound_log
from callrec.catalogue import engine as catalogue
from callrec.catalogue import sqlite
from callrec.catalogue.backup import catalogue_copy
from callrec.catalogue.engine import reading
from callrec.catalogue.sound import check_integrity, check_no_rows_lost, row_counts
from callrec.errors import CallrecError, Failed, Misconfigured, Tampered
from callrec.office.status import read_status
from callrec.registers.verify import check_vault
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.show import show_request
from callrec.restore.copy import opener_by_password
from callrec.restore.migrate import Migrated, migrate_vault
from callrec.restore.rebuild import actor_in_rebuilt, open_volumes, rebuild
from callrec.restore.restore import restore_from_volumes
from callrec.volume.volume import open_volume
from house.drives import archive, drive, one_more_call
from house.holds import is_intact
from house.killing import Death, each_left
from house.older_vaults import SINCE_FIRST, begin_second_schema, catalogue_of, sql
from house.practices import House, password_of
from house.processes import environment
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    grants_of,
    logged_in,
    signed_in,
    state_of,
)
from house.stages import BUSY, copied
from house.steps import Steps
from house.vault_keys import all_opens

FILLED = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"

LEAST_STEPS = 30
"""There are more, and none is to go missing unseen."""

MIGRATIONS = Path(catalogue.__file__).parent / "migrations"


def schema(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {" ".join(row[0].split()) for row in rows}


def made_by(revision: str, folder: Path) -> Path:
    """A new catalogue with one schema, by the migrations alone."""
    path = folder / f"{revision}.sqlite"
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("version_locations", "\n".join(catalogue.VERSIONS))
    engine = sqlite.connect(path, mode="rwc")
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
    engine.dispose()
    return path


@pytest.fixture
def older(granted: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """R-1 is sam's and approved by max; its vault has the first schema, and callrec a second."""
    a_request(granted, "mia")
    granted.practice.engine.dispose()
    begin_second_schema(monkeypatch.setattr)
    return granted


def migrate(house: House) -> Migrated:
    return migrate_vault(house.config, now=house.now, environ=house.environ)


def restore(house: House, copy: Path, *, environ: dict[str, str] | None = None) -> None:
    """Bring the catalogue back with the Data Controller's password, and resume the log."""
    volumes = open_volumes([copy])
    back = rebuild(
        house.config,
        volumes,
        opener_by_password(password_of("dora")),
        now=house.now,
        environ=environ or house.environ,
        check=check_vault,
    )
    restore_from_volumes(
        back.practice, actor_in_rebuilt(back), volumes, advance=lambda _: None, check=check_vault
    )
    house.open()


def test_the_older_vault_of_these_tests_has_the_first_schema(older: House, tmp_path: Path) -> None:
    assert schema(catalogue_of(older)) == schema(made_by("0001", tmp_path))
    assert schema(catalogue_of(older)) != schema(made_by("head", tmp_path))


def test_every_schema_but_the_newest_can_be_migrated() -> None:
    found = {path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")}
    assert found == {catalogue.SCHEMA, *catalogue.OLDER_SCHEMAS}
    assert max(found) == catalogue.SCHEMA


def test_an_older_vault_is_not_opened_and_the_hint_says_what_brings_it_on(older: House) -> None:
    with pytest.raises(Misconfigured, match='has schema "0001"') as refused:
        older.open()
    assert refused.value.hint.startswith("callrec practice migrate ")


def test_it_has_the_newest_schema_then_and_no_other(older: House, tmp_path: Path) -> None:
    done = migrate(older)
    assert (done.before, done.after) == ("0001", catalogue.SCHEMA)
    assert schema(catalogue_of(older)) == schema(made_by("head", tmp_path))


def test_what_was_in_it_is_in_it_still_and_the_vault_works_on(older: House) -> None:
    migrate(older)
    older.open()
    assert len(grants_of(older, "R-1")) == 2
    max_ = logged_in(older, "max")
    deny_request(older.practice, max_, "R-2", reason=ANOTHER_REASON)
    assert state_of(older, "R-2") == "denied"


def test_the_log_says_so_without_anybodys_key_and_is_whole(older: House) -> None:
    migrate(older)
    practice = older.open()
    with reading(practice.engine) as connection:
        leaf, _ = read_leaf(connection, stored_head(connection).size - 1)
        require_sound_log(connection, practice.vault)
    assert (leaf.act, leaf.actor, leaf.outcome, leaf.subject) == (
        "vault.migrated",
        NOBODY,
        "done",
        (),
    )


def test_the_catalogue_as_it_was_is_kept_sealed_for_its_owner_alone(older: House) -> None:
    copy = migrate(older).copy
    assert copy == older.config.vault / f"before-{catalogue.SCHEMA}"
    assert copy.stat().st_mode & 0o777 == 0o700
    held = b"".join(path.read_bytes() for path in copy.rglob("*") if path.is_file())
    assert b"SQLite format" not in held
    assert b"requester" not in held


def test_it_gives_the_vault_back_brought_to_the_newest_schema(older: House) -> None:
    leaves = sql(older, "SELECT seq, body FROM leaf ORDER BY seq")
    copy = migrate(older).copy
    assert copy is not None
    catalogue_of(older).unlink()
    restore(older, copy)
    last = len(leaves)
    assert sql(older, f"SELECT seq, body FROM leaf WHERE seq < {last} ORDER BY seq") == leaves
    assert sql(older, "SELECT version_num FROM alembic_version") == [(catalogue.SCHEMA,)]
    assert sql(older, "SELECT count(*) FROM grant_") == [(0,)]
    assert is_intact(older)


def test_elsewhere_it_gives_nothing_back(older: House, tmp_path: Path) -> None:
    """No statement vouches for it: whoever could write to it could have made another."""
    copy = migrate(older).copy
    assert copy is not None
    catalogue_of(older).unlink()
    with pytest.raises(Tampered, match="no statement on the drive vouches"):
        restore(older, copy, environ={"XDG_STATE_HOME": str(tmp_path / "another")})


def test_a_copy_that_was_exchanged_gives_nothing_back(older: House) -> None:
    copy = migrate(older).copy
    assert copy is not None
    work, volume = older.folder / "work", open_volume(copy)
    with catalogue_copy(older.open().engine, work) as plain:
        name = f"{volume.catalogue().time}-1"
        archive_copy.write_copy(older.practice, None, volume, name, plain)
    catalogue_of(older).unlink()
    with pytest.raises(Tampered):
        restore(older, copy)


def test_status_tells_of_the_copy_until_it_is_deleted(older: House) -> None:
    copy = migrate(older).copy
    assert copy is not None
    told = "the catalogue from before a migration lies beside it: delete it once all is well"
    assert told in read_status(older.open(), None).warnings
    shutil.rmtree(copy)
    assert told not in read_status(older.open(), None).warnings


def test_a_vault_of_the_newest_schema_is_left_alone(granted: House) -> None:
    size = sql(granted, "SELECT max(seq) FROM leaf")
    assert migrate(granted) == Migrated(catalogue.SCHEMA, catalogue.SCHEMA, None)
    assert sql(granted, "SELECT max(seq) FROM leaf") == size
    assert list(granted.config.vault.glob("*before-*")) == []


def test_what_a_migration_left_that_was_cut_off_at_its_end_goes_with_the_next(
    granted: House,
) -> None:
    left = granted.config.vault / ".before-0002-plain"
    left.mkdir()
    (left / "clean.sqlite").touch()
    migrate(granted)
    assert not left.exists()


def test_a_newer_vault_is_not_touched(granted: House) -> None:
    sql(granted, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match='schema "9999"') as refused:
        migrate(granted)
    assert "the callrec that last wrote to this vault" in refused.value.hint


def test_no_vault_is_not_migrated(older: House, tmp_path: Path) -> None:
    config = older.config.model_copy(update={"vault": tmp_path / "nowhere"})
    with pytest.raises(Misconfigured, match="there is no vault"):
        migrate_vault(config, now=older.now, environ=older.environ)


# --- a vault of the first schema, in which there is something of everything -----------------------


busy = copied(BUSY)


@pytest.fixture
def full(busy: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Requests with clocks and grants, a hold, an incident, a volume."""
    archive(busy, drive(busy))
    busy.practice.engine.dispose()
    begin_second_schema(monkeypatch.setattr)
    return busy


def test_every_row_is_kept(full: House) -> None:
    names = [name for (name,) in sql(full, FILLED) if name != "alembic_version"]
    names.remove("volume")  # it gains columns
    held = {name: set(sql(full, f"SELECT * FROM {name}")) for name in names}
    labels = sql(full, "SELECT id, label FROM volume")
    done = migrate(full)
    assert (done.before, done.after) == ("0001", catalogue.SCHEMA)
    for name, before in held.items():
        assert before <= set(sql(full, f"SELECT * FROM {name}"))
    assert sum(map(bool, held.values())) > 20
    assert sql(full, "SELECT id, label FROM volume") == labels
    assert sql(full, "SELECT colour, handled FROM volume") == [(None, 0)]


def test_everything_opens_and_the_vault_works_on(full: House) -> None:
    migrate(full)
    all_opens(full)
    assert len(grants_of(full, "R-1")) == 2
    one_more_call(full)
    archive(full, drive(full))
    assert is_intact(full)


def test_requests_are_shown_as_they_stood(full: House) -> None:
    migrate(full)
    full.open()
    dora = signed_in(full, "dora")
    shown = [show_request(full.practice, dora, reference) for reference in ("R-1", "R-2")]
    assert [each.state for each in shown] == ["approved", "submitted"]
    assert [len(each.recordings) for each in shown] == [2, 2]


def test_requests_are_decided_changed_and_taken_back(full: House) -> None:
    migrate(full)
    full.open()
    assert approve(full, "R-2", "max").recordings == (1, 2)
    attach_recordings(full.practice, signed_in(full, "mia"), "R-2", [3])
    assert approve(full, "R-2", "max").recordings == (1, 2, 3)
    max_ = signed_in(full, "max")
    assert revoke_grants(full.practice, max_, "R-1", reason=ANOTHER_REASON).grants == 2


def test_what_an_older_callrec_archived_is_restored_by_this_one(full: House) -> None:
    """Its volume's copy of the catalogue has the older schema as well."""
    shutil.rmtree(full.config.vault)
    restore(full, drive(full))
    assert sql(full, "SELECT version_num FROM alembic_version") == [(catalogue.SCHEMA,)]
    assert is_intact(full)


# --- what goes wrong on the way -----------------------------------------------------------------


def is_as_it_was(house: House, tmp_path: Path) -> bool:
    """Schema, leaves and all."""
    first = made_by("0001", tmp_path)
    return schema(catalogue_of(house)) >= schema(first) and sql(
        house, "SELECT version_num FROM alembic_version"
    ) == [("0001",)]


def test_a_migration_that_fails_midway_changes_nothing(older: House, tmp_path: Path) -> None:
    sql(older, "CREATE TABLE shelf (id INTEGER)")  # in the way of the last table
    leaves = sql(older, "SELECT count(*) FROM leaf")
    with pytest.raises(Tampered, match="the catalogue is damaged"):
        migrate(older)
    assert is_as_it_was(older, tmp_path)
    tables = {name for (name,) in sql(older, "SELECT name FROM sqlite_master")}
    assert tables & set(SINCE_FIRST) == {"shelf"}
    assert sql(older, "SELECT count(*) FROM leaf") == leaves
    sql(older, "DROP TABLE shelf")
    migrate(older)
    older.open()


def test_a_migration_that_would_lose_a_row_changes_nothing(older: House, tmp_path: Path) -> None:
    sql(
        older,
        "CREATE TRIGGER loses AFTER UPDATE ON alembic_version BEGIN DELETE FROM grant_; END",
    )
    with pytest.raises(Failed, match="did not keep every row"):
        migrate(older)
    assert is_as_it_was(older, tmp_path)
    assert sql(older, "SELECT count(*) FROM grant_") == [(2,)]


def migrate_it(house: House, death: Death) -> None:
    death.begins()
    migrate_vault(house.config, now=death.clock(house), environ=house.environ)


def test_a_migration_that_is_killed_at_any_step_changes_nothing_and_can_be_done_again(
    older: House, tmp_path: Path, steps: Steps
) -> None:
    done = list[bool]()
    for house in each_left(older, tmp_path / "killed", steps, migrate_it, least=LEAST_STEPS):
        done.append(sql(house, "SELECT version_num FROM alembic_version") == [(catalogue.SCHEMA,)])
        if not done[-1]:
            assert is_as_it_was(house, tmp_path)
            tables = {name for (name,) in sql(house, "SELECT name FROM sqlite_master")}
            assert not set(SINCE_FIRST) & tables
        migrated = migrate(house)
        assert (migrated.after, migrated.copy is None) == (catalogue.SCHEMA, done[-1])
        house.open()
    assert done == sorted(done)
    assert done[-1]


def test_a_damaged_catalogue_is_found_before_anything_is_changed(
    older: House, tmp_path: Path
) -> None:
    sql(older, "UPDATE request SET requester = 'nobody'")
    with pytest.raises(Tampered, match="the catalogue is damaged"):
        migrate(older)
    assert is_as_it_was(older, tmp_path)
    assert list(older.config.vault.glob("*before-*")) == []


def test_a_log_that_is_behind_what_was_seen_is_not_migrated(older: House, tmp_path: Path) -> None:
    sql(
        older,
        "DELETE FROM detail WHERE seq = (SELECT max(seq) FROM leaf)",
        "DELETE FROM leaf WHERE seq = (SELECT max(seq) FROM leaf)",
    )
    with pytest.raises(Tampered, match="seen before"):
        migrate(older)
    assert is_as_it_was(older, tmp_path)


def test_a_vault_that_cannot_be_written_is_left_as_it_is(older: House, tmp_path: Path) -> None:
    vault = older.config.vault
    (vault / f"before-{catalogue.SCHEMA}").touch()  # where the copy belongs
    with pytest.raises(Failed, match="could not be copied"):
        migrate(older)
    assert is_as_it_was(older, tmp_path)
    assert list(vault.glob(".before*")) == []


# --- what is checked ----------------------------------------------------------------------------


def test_a_table_that_lost_or_gained_a_row_is_not_kept(granted: House) -> None:
    with reading(granted.practice.engine) as connection:
        counts = row_counts(connection)
        check_no_rows_lost(connection, counts)
        assert counts["recording"] == 3
        for wrong in ({"recording": 4}, {"recording": 2}, {"gone": 0}):
            with pytest.raises(Failed, match="did not keep every row"):
                check_no_rows_lost(connection, wrong)


def test_a_reference_to_a_row_that_is_not_there_is_damage(granted: House) -> None:
    sql(granted, "UPDATE grant_ SET person = 'nobody'")
    with reading(granted.practice.engine) as connection, pytest.raises(Tampered):
        check_integrity(connection)


def test_two_who_migrate_at_once_do_it_once(older: House) -> None:
    words = (
        "import sys; from house.older_vaults import begin_second_schema; begin_second_schema();"
        " from callrec.cli.app import run; sys.exit(run())"
    )
    program = [sys.executable, "-c", words]
    environ = environment(**older.environ, CALLREC_VAULT=str(older.config.vault))
    both = [
        subprocess.Popen([*program, "migrate"], env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [each.communicate(timeout=60)[0] for each in both]
    (did_it,) = [said for said in told if "had schema 0001" in said]
    told.remove(did_it)
    assert told[0] in ("", f"The vault has schema {catalogue.SCHEMA}, the newest.\n")
    assert [path.name for path in older.config.vault.glob("*before-*")] == [
        f"before-{catalogue.SCHEMA}"
    ]
    practice = older.open()
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0].act for seq in range(size)]
    assert leaves.count("vault.migrated") == 1


def test_what_migrating_raises_is_told_and_no_bug(older: House) -> None:
    catalogue_of(older).write_bytes(b"no database at all" * 100)
    with pytest.raises(CallrecError):
        migrate(older)


def test_a_vault_that_was_migrated_meanwhile_keeps_the_copy_that_there_is(older: House) -> None:
    class Environ(dict[str, str]):
        """Asked where to remember heads: after the first look, before the turn to write."""

        def get(self, name: str, default: Any = None) -> Any:
            environ = {**self}
            if environ:
                self.clear()
                migrate_vault(older.config, now=older.now, environ=environ)
                self.update(environ)
            return environ.get(name, default)

    with pytest.raises(Failed, match="migrated this vault a moment ago"):
        migrate_vault(older.config, now=older.now, environ=Environ(older.environ))
    (copy,) = older.config.vault.glob("*before-*")
    catalogue_of(older).unlink()
    restore(older, copy)
