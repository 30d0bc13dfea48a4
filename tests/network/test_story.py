"""A practice in PostgreSQL and a bucket, from its founding to the erasure of what it held.

It works as the role that only adds to the log; the tables are another's.
"""

from __future__ import annotations

import pytest

from callrec.errors import Misconfigured
from callrec.retention.certificate import certify_destruction
from house.commands import done
from house.erasures import erase, found_in, secrets_of, to_be_erased
from house.objects import move, versions
from house.packages import acts_of, release
from house.postgres import configure, owned, there
from house.practices import House
from house.requests import rows
from house.stages import GRANTED

founded = there(None)

granted = there(GRANTED)


def test_calls_come_in_are_archived_asked_for_and_erased(founded: House) -> None:
    bucket = move(founded)
    to_be_erased(founded)
    secrets = secrets_of(founded, 1, 2, 5)
    drives = (founded.folder / "drive-a", founded.folder / "drive-b")
    with pytest.raises(Misconfigured, match="keeps what was deleted"):
        erase(founded, "R-1", *drives)
    assert certify_destruction(founded.practice, "R-1", released_to=()) is None
    url = founded.config.catalogue
    configure(founded, owned(url))
    erase(founded, "R-1", *drives)
    configure(founded, url)
    assert certify_destruction(founded.practice, "R-1", released_to=())
    assert found_in(secrets, founded.folder / "vault") == []
    assert not [*founded.config.vault.glob("recordings/*/*")]
    live = rows(founded, "SELECT ciphertext FROM recording WHERE state = 'live'")
    names = {*founded.practice.store.names()}
    assert names == {name for (name,) in live}
    assert versions(bucket).count(b"<Key>") == len(names) + 1
    assert "INTACT" in done(founded, "dora", "audit", "verify", "--full")
    assert "recordings read and compared" in done(founded, "dora", "doctor", "--full")


def test_what_was_granted_is_released_once(granted: House) -> None:
    release(granted)
    assert acts_of(granted)[-2:] == ["release.prepared", "release.delivered"]
    assert "INTACT" in done(granted, "dora", "audit", "verify")
