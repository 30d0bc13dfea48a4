"""What two runs of a command leave is the same where the same came of them."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from Cryptodome import Random

from callrec.catalogue.engine import FILE_NAME
from callrec.crypto import primitives
from faults.alike import draw_alike, fingerprint
from house.processes import in_a_child

SEED = bytes(range(32))


def drawn(sealings: Path) -> list[str]:
    draw_alike(sealings)
    public = primitives.kem_public(SEED)
    sealed = primitives.hpke_seal(public, b"told", b"context")
    assert primitives.hpke_open(SEED, sealed, b"context") == b"told"
    return [secrets.token_hex(16), primitives.random_id(), Random.new().read(8).hex(), sealed.hex()]


def test_two_processes_draw_and_seal_the_same_and_no_two_draws_are_alike(tmp_path: Path) -> None:
    once, again = (in_a_child(lambda: drawn(tmp_path)).told for _ in range(2))
    assert once == again
    assert len({*once}) == 4


def test_two_moments_of_one_transaction_are_alike_and_its_end_is_not(tmp_path: Path) -> None:
    vault, moments = tmp_path / "vault", [tmp_path / each for each in ("one", "two", "end")]
    vault.mkdir()
    with closing(sqlite3.connect(vault / FILE_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")  # pages go into the file before the end
        connection.execute("CREATE TABLE said (what TEXT)")
        connection.executemany("INSERT INTO said VALUES (?)", [("a" * 4000,)] * 20)
        connection.execute("BEGIN")
        for moment in moments[:2]:
            connection.execute("UPDATE said SET what = replace(what, 'a', 'b') WHERE rowid < 9")
            connection.execute("UPDATE said SET what = what || 'c'")
            shutil.copytree(vault, moment)
        connection.execute("COMMIT")
    shutil.copytree(vault, moments[2])
    one, two, _ = ((moment / FILE_NAME).read_bytes() for moment in moments)
    assert one != two
    told = [fingerprint(moment, moment / FILE_NAME) for moment in moments]
    assert told[0] == told[1] != told[2]
    assert (moments[0] / FILE_NAME).read_bytes() == one, "the state itself is left as it is"
