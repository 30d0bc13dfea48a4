"""Who can open what; and whatever is sealed to somebody by nobody entitled is named."""

from __future__ import annotations

import pytest

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.keys.audit import KeyProblem, audit_keys, review_keys
from callrec.keys.rotating import rotate_keys
from callrec.people.powers import disable_person
from callrec.policy.role import Role, VaultKey
from house.people import change_role
from house.practices import House
from house.requests import by_sql, rows
from house.vault_keys import busy
from people.test_leaving import id_of
from people.test_lost_password import begins_again

OF = "person = (SELECT id FROM person WHERE login = :login)"


def problems(house: House) -> set[tuple[str, str, str]]:
    return {(each.of, each.login, each.what) for each in audit_keys(house.open())}


def opens(house: House, login: str) -> dict[str, tuple[int, ...]]:
    (each,) = (e for e in review_keys(house.open(), None)[0] if e.login == login)
    return {str(key): versions for key, versions in each.versions.items()}


def test_it_shows_each_person_with_every_version_of_each_key(house: House) -> None:
    disable_person(house.practice, house.actor("dora"), login="max")
    assert opens(house, "pat") == {
        "recordings": (1, 2),
        "catalogue": (1, 2),
        "audit": (1,),
        "index": (1, 2),
    }
    assert opens(house, "door") == {"recordings": (), "catalogue": (), "audit": (), "index": (1, 2)}
    assert set(opens(house, "max").values()) == set(opens(house, "sam").values()) == {()}
    assert opens(house, "recovery-kit")["recordings"] == (1, 2)


def test_it_counts_what_else_is_sealed_to_each(granted: House) -> None:
    practice = busy(granted).open()
    everybody = {each.login: each for each in review_keys(practice, granted.actor("dora"))[0]}
    sam, mia, dora = (everybody[login] for login in ("sam", "mia", "dora"))
    assert (sam.requests, sam.incidents, sam.complaints, sam.grants) == (1, 1, 1, 2)
    assert (mia.requests, mia.incidents, mia.complaints, mia.grants) == (1, 1, 0, 0)
    assert (dora.requests, dora.incidents, dora.complaints, dora.grants) == (0, 0, 0, 0)
    assert audit_keys(granted.practice) == ()


@pytest.mark.parametrize("login", ["max", "mia", "pat", None])
def test_it_counts_nothing_for_who_could_learn_so_of_a_request_that_is_kept_from_them(
    granted: House, login: str | None
) -> None:
    found, _ = review_keys(granted.practice, None if login is None else granted.actor(login))
    counts = {(each.requests, each.incidents, each.complaints, each.grants) for each in found}
    assert counts == {(None, None, None, None)}


FORGED = "sealed by nobody entitled, or to a key that is not its holder's"


def test_a_forged_share_is_named(house: House) -> None:
    """Whoever writes the database seals a key of his own making to mia."""
    mia = house.actor("mia").person.id
    public = house.practice.register.public_keys(mia).kem
    info = context("share", house.practice.vault, key="recordings", version=1, to=mia)
    sealed = primitives.hpke_seal(public, bytes(32), info)
    by_sql(
        house,
        f"UPDATE share SET sealed = :sealed WHERE key = 'recordings' AND {OF}",
        sealed=sealed,
        login="mia",
    )
    assert problems(house) == {("recordings 1", "mia", FORGED)}
    with pytest.raises(Tampered):
        house.actor("mia")


def test_shares_that_change_places_are_named_both(house: House) -> None:
    ids = id_of(house, "max"), id_of(house, "mia")
    query = "SELECT sealed FROM share WHERE key = 'catalogue' AND person = :id"
    shares = [rows(house, query, id=person)[0].sealed for person in ids]
    for person, sealed in zip(ids, reversed(shares), strict=True):
        by_sql(
            house,
            "UPDATE share SET sealed = :sealed WHERE key = 'catalogue' AND person = :id",
            sealed=sealed,
            id=person,
        )
    assert problems(house) == {("catalogue 1", login, FORGED) for login in ("max", "mia")}


def test_a_missing_share_is_named_be_it_of_an_old_version(house: House) -> None:
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.AUDIT])
    by_sql(house, f"DELETE FROM share WHERE key = 'audit' AND version = 1 AND {OF}", login="ava")
    assert problems(house) == {("audit 1", "ava", "lacks their share")}


def test_a_share_too_many_is_named_be_it_of_an_old_version(house: House) -> None:
    kept = rows(house, f"SELECT * FROM share WHERE {OF} AND key = 'recordings'", login="max")
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    with house.practice.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO share VALUES (?, ?, ?, ?)", tuple(kept[0]))
    what = "holds a share that no power of theirs needs"
    assert problems(house) == {("recordings 1", "max", what)}


def test_a_share_of_a_version_that_nobody_stated_is_named(house: House) -> None:
    by_sql(house, f"UPDATE share SET version = 7 WHERE key = 'audit' AND {OF}", login="ava")
    assert problems(house) == {
        ("audit 7", "ava", "of a version of the key that nobody stated"),
        ("audit 1", "ava", "lacks their share"),
    }


def test_a_rotation_puts_right_what_was_forged_missing_or_too_many(house: House) -> None:
    by_sql(house, f"DELETE FROM share WHERE key = 'index' AND {OF}", login="pat")
    by_sql(
        house, f"UPDATE share SET sealed = :no WHERE key = 'audit' AND {OF}", no=b"", login="ava"
    )
    by_sql(
        house,
        "INSERT INTO share SELECT key, version, :sam, sealed FROM share"
        " WHERE key = 'catalogue' AND person = :max",
        sam=id_of(house, "sam"),
        max=id_of(house, "max"),
    )
    assert len(problems(house)) == 4  # the last is both forged and too many
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.AUDIT])
    assert problems(house) == set()
    assert {v for key, v in house.actor("ava").shares if key is VaultKey.AUDIT} == {1, 2}
    assert (VaultKey.INDEX, 1) in house.actor("pat").shares


def test_a_request_key_for_somebody_it_is_not_for_is_named(granted: House) -> None:
    by_sql(
        granted,
        "UPDATE request_key SET holder = :ava WHERE holder = :sam",
        ava=id_of(granted, "ava"),
        sam=id_of(granted, "sam"),
    )
    assert problems(granted) == {
        ("R-1", "ava", "holds a key that is not theirs to hold"),
        ("R-1", "sam", "lacks the key of what they made"),
    }


@pytest.mark.parametrize(
    ("table", "of", "reference"),
    [("incident_key", "mia", "I-1"), ("complaint_key", "sam", "C-1")],
)
def test_a_key_for_somebody_whom_it_does_not_concern_is_named(
    granted: House, table: str, of: str, reference: str
) -> None:
    by_sql(
        busy(granted),
        f"UPDATE {table} SET holder = :ava WHERE holder = :of",
        ava=id_of(granted, "ava"),
        of=id_of(granted, of),
    )
    assert problems(granted) == {(reference, "ava", "holds a key that is not theirs to hold")}


def test_a_grant_that_no_approval_lists_is_named(granted: House) -> None:
    ava = id_of(granted, "ava")
    by_sql(
        granted,
        "INSERT INTO grant_ SELECT request, uid, :ava, approval, lapses_at, sealed, state"
        " FROM grant_ LIMIT 1",
        ava=ava,
    )
    assert problems(granted) == {("R-1", "ava", "holds a grant that no approval lists")}


def test_everything_that_it_names_is_tampering_but_what_only_waits_to_be_cleared() -> None:
    assert KeyProblem("recordings 1", "mia", FORGED, "").is_tampering
    assert not KeyProblem("recordings 1", "mia", "", "callrec user disable mia").is_tampering


def test_a_share_that_is_sealed_to_a_key_which_its_holder_lost_is_named(house: House) -> None:
    kept = rows(house, f"SELECT * FROM share WHERE {OF} AND key = 'audit'", login="ava")
    begins_again(house, "ava")
    by_sql(house, f"DELETE FROM share WHERE {OF} AND key = 'audit'", login="ava")
    with house.practice.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO share VALUES (?, ?, ?, ?)", tuple(kept[0]))
    assert problems(house) == {("audit 1", "ava", FORGED)}
