"""Whatever is done, in whatever order, SQLite and PostgreSQL come to the same log.

Both practices draw the same random bytes, so that ids, nonces and commitments are the same as well.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callrec.catalogue.engine import reading
from callrec.catalogue.sound import row_counts
from callrec.errors import CallrecError
from callrec.policy.purpose import Purpose
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import withdraw_request
from house import complaints, incidents, lived_in, postgres
from house.erasures import erase
from house.holds import by_hand, is_intact, lift
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import REASON, a_request, approve, pass_days, rows, signed_in
from house.spool import a_call, a_name, take_in
from house.stages import STOCKED, Stage, Stages
from house.subjects import a_note, a_person


def newest(house: House, prefix: str, table: str) -> str:
    """What people call what was made last: ``R-3``."""
    return f"{prefix}-{len(rows(house, f'SELECT 1 FROM {table}')) or 1}"


def request(house: House) -> str:
    return newest(house, "R", "request")


def calls(house: House) -> int:
    return len(rows(house, "SELECT 1 FROM recording"))


def comes_in(house: House, call: int) -> object:
    spool = house.folder / "spool"
    return take_in(house, a_call(spool, call, name=a_name(call, hours_later=call % 3)))


def is_erased(house: House) -> object:
    return erase(house, request(house))


def asked_to_erase(house: House) -> object:
    a_request(house, purpose=Purpose.ERASURE, recordings=(1,))
    return approve(house, request(house), "dora", to="dora", recordings=(1,))


ACTS: Mapping[str, Callable[[House], object]] = {
    "a new call comes in": lambda house: comes_in(house, calls(house)),
    "a call comes in again": lambda house: comes_in(house, 0),
    "a search": lambda house: lived_in.search(house, "max"),
    "a search under a request": lambda house: lived_in.search(house, "sam", request(house)),
    "a request": a_request,
    "a request about no call that there is": lambda house: a_request(house, recordings=(99,)),
    "a request for training": lambda house: a_request(
        house, "mia", purpose=Purpose.TRAINING, recordings=(2,)
    ),
    "an approval": lambda house: approve(house, request(house)),
    "an approval by the Data Controller": lambda house: approve(house, request(house), "dora"),
    "a refusal": lambda house: deny_request(
        house.practice, signed_in(house, "max"), request(house), reason=REASON
    ),
    "a withdrawal": lambda house: withdraw_request(
        house.practice, signed_in(house, "sam"), request(house)
    ),
    "a revocation": lambda house: revoke_grants(
        house.practice, signed_in(house, "max"), request(house), reason=REASON
    ),
    "a hearing": lambda house: hear(house, request(house)),
    "a release": lambda house: release(house, request(house)),
    "an erasure is asked for and approved": asked_to_erase,
    "an erasure": is_erased,
    "a hold": lambda house: by_hand(house, 1, 2),
    "a hold is lifted": lambda house: lift(house, int(newest(house, "H", "hold")[2:])),
    "a person is entered": a_person,
    "a note": a_note,
    "a complaint": complaints.a_complaint,
    "a complaint is acknowledged": lambda house: complaints.acknowledged(
        house, newest(house, "C", "complaint")
    ),
    "an incident": incidents.an_incident,
    "a fortnight passes": lambda house: pass_days(house, 14),
}


def do(house: House, acts: Sequence[str]) -> list[str]:
    """Do them, whatever comes of it; returns what was refused, in callrec's words."""
    said = []
    for act in acts:
        try:
            ACTS[act](house)
        except CallrecError as refusal:
            said.append(f"{act}: {refusal.message}")
        house.open()
    return said


def logged(house: House) -> list[dict[str, object]]:
    """Each leaf as it stands, but for hashes of bytes that no seed gives.

    A statement names what was sealed to somebody, or a file that another process sealed; a
    delivery, the package.
    """
    leaves = [json.loads(row.body) for row in rows(house, "SELECT body FROM leaf ORDER BY seq")]
    for leaf in leaves:
        leaf["statement"] = bool(leaf.get("statement"))
        if leaf["act"] == "release.delivered":
            leaf["detail"] = bool(leaf["detail"])
    return leaves


def becomes_of(house: House, work: Callable[[House], object]) -> tuple[object, ...]:
    """What is done comes to this: what was said, each leaf, and how many rows there are of what."""
    drawn = random.Random(29)  # noqa: S311 - the same for both
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", lambda size=32: drawn.randbytes(size))
        said = work(house)
    with reading(house.practice.engine) as connection:
        counts = {name: n for name, n in row_counts(connection).items() if name[:7] != "sqlite_"}
    found = (said, logged(house), counts, is_intact(house))
    house.close()
    return found


def same_on_both(stages: Stages, stage: Stage | None, work: Callable[[House], object]) -> None:
    with TemporaryDirectory() as folder:
        here = stages.copy(stage, Path(folder, "here"))
        there = stages.copy(stage, Path(folder, "there"))
        postgres.move(there, stage)
        url = there.config.catalogue
        # What the daily role may not, test_roles tells.
        postgres.configure(there, postgres.owned(url))
        try:
            assert becomes_of(there, work) == becomes_of(here, work)
        finally:
            there.close()
            postgres.drop(url)


@settings(
    max_examples=settings().max_examples * 3 // 5,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=12))
@example(acts=["a request", "an approval", "a hearing", "a release", "a revocation"])
@example(acts=["an erasure is asked for and approved", "an erasure", "a call comes in again"])
def test_any_sequence_of_acts_gives_the_same_leaves(stages: Stages, acts: Sequence[str]) -> None:
    same_on_both(stages, STOCKED, lambda house: do(house, acts))


def test_four_months_of_a_practice_give_the_same_leaves(stages: Stages) -> None:
    same_on_both(stages, None, lived_in.lived_in)
