"""Eight processes at once on one vault: nobody is told of a lock, and all that was done is there.

``make concurrency`` does the same for minutes, with either journal of SQLite's.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.policy.request import RequestAct
from callrec.system.files import write_private
from concurrency.at_work import NEW
from concurrency.conftest import FIRST, Day
from house.commands import done, type_in
from house.interrupted import unfinished, wrong_with, wrong_with_vault
from house.requests import rows
from house.spool import recordings_of

REFUSALS = {
    ("ingest", 1): {"another ingest is running"},
    ("archive", 1): {"an archive run, a move, an erasure or sealing anew is under way"},
    ("release", 1): {"something else happened to the request meanwhile"},
    ("approve", 1): {"something else happened to the request meanwhile"},
    ("release", 3): {
        "a release of what was granted is being prepared [policy 4(a)]",
        "what was granted has been released [policy 4(a)]",
        "it was approved anew while the release was made, edited otherwise perhaps [policy 4(a)]",
    },
}
"""What two may tell each other, by command and exit status: each says what to do about it."""


def leaves(day: Day) -> list[Leaf]:
    with reading(day.house.practice.engine) as connection:
        return [read_leaf(connection, seq)[0] for seq in range(stored_head(connection).size)]


def done_leaves(day: Day, act: str) -> list[Leaf]:
    return [leaf for leaf in leaves(day) if leaf.act == act and leaf.outcome == "done"]


def test_nobody_is_told_of_a_lock_or_a_bug(day: Day) -> None:
    unexpected = [
        told
        for told in day.told
        if not told.done and told.error not in REFUSALS.get((told.words[0], told.status), ())
    ]
    assert unexpected == []


def test_who_has_to_wait_for_another_is_told_what_to_do(day: Day) -> None:
    refused = [told for told in day.told if not told.done]
    assert [told for told in refused if not told.hint] == []
    statuses = {status for _, status in REFUSALS}
    assert [wrong for told in day.told for wrong in wrong_with(told, statuses)] == []


def test_the_log_is_one_chain_without_gaps(day: Day) -> None:
    seqs = [seq for (seq,) in rows(day.house, "SELECT seq FROM leaf ORDER BY seq")]
    assert seqs == list(range(len(seqs)))
    assert [*wrong_with_vault(day.house)] == []
    for login in ("dora", "ava"):
        assert done(day.house, login, "audit", "verify", "--full").startswith("INTACT")


def test_no_recording_is_there_twice_and_none_is_missing(day: Day) -> None:
    found = Counter(each.fields["sha256"] for each in recordings_of(day.house))
    assert set(found.values()) == {1}
    assert len(found) == FIRST + 2 * NEW * day.rounds
    assert len(day.done("ingest")) == 2 * day.rounds
    files = {path.name for path in (day.house.folder / "vault" / "recordings").glob("*/*")}
    assert files == {name for (name,) in rows(day.house, "SELECT ciphertext FROM recording")}


def test_requests_are_numbered_without_gaps_each_made_once(day: Day) -> None:
    made = [json.loads(told.out)["id"] for told in day.done("request", "create")]
    numbers = [number for (number,) in rows(day.house, "SELECT number FROM request ORDER BY 1")]
    assert numbers == list(range(1, 2 * day.rounds + 1))
    assert sorted(made) == sorted(f"R-{number}" for number in numbers)
    assert len(done_leaves(day, RequestAct.CREATED)) == len(made)


def test_each_approval_is_in_the_log_once(day: Day) -> None:
    said = Counter(told.words[1] for told in day.done("approve"))
    numbers = {row.id: f"R-{row.number}" for row in rows(day.house, "SELECT * FROM request")}
    found = Counter(numbers[leaf.subject[0]] for leaf in done_leaves(day, RequestAct.APPROVED))
    assert found == said
    assert sum(said.values()) >= 2 * day.rounds


def test_each_search_is_in_the_log_once(day: Day) -> None:
    assert len(done_leaves(day, "search")) == len(day.done("search"))


def test_each_approval_is_released_once(day: Day) -> None:
    """The quickest releases it; a second approval is a second release."""
    may_be_released: dict[str, bool] = {}
    for leaf in leaves(day):
        if leaf.outcome == "done" and leaf.act in (RequestAct.APPROVED, RequestAct.FAILED):
            may_be_released[leaf.subject[0]] = True
        if leaf.outcome == "done" and leaf.act == RequestAct.PREPARED:
            assert may_be_released[leaf.subject[0]]
            may_be_released[leaf.subject[0]] = False


def test_each_request_is_released_and_each_release_is_whole(day: Day) -> None:
    told = day.done("release")
    packages = {json.loads(each.out)["path"]: json.loads(each.out) for each in told}
    assert len(packages) == len(told) == len(done_leaves(day, RequestAct.DELIVERED))
    assert len({each.words[1] for each in told}) == 2 * day.rounds
    assert {str(path) for path in (day.house.folder / "outbox").iterdir()} == packages.keys()
    fingerprint = done(day.house, "sam", "fingerprint", "--json")
    pin = json.loads(fingerprint)["fingerprint"]
    for number, (path, said) in enumerate(packages.items()):
        passphrase = day.house.folder / "people" / f"{number}.passphrase"
        if not passphrase.exists():
            write_private(passphrase, f"{said['passphrase']}\n".encode())
        words = ("verify-release", path, "--pin", pin)
        answer = type_in(day.house, "nobody", *words, CALLREC_PASSPHRASE_FILE=passphrase)
        assert answer.status == 0, answer


@pytest.mark.parametrize(("drive", "login"), [("drive-a", "max"), ("drive-b", "mia")])
def test_each_volume_is_whole(drive: str, login: str, day: Day) -> None:
    assert len(list((day.house.folder / drive / "bags").iterdir())) > 0
    done(day.house, login, "archive", "verify", str(day.house.folder / drive))


def test_nothing_is_left_half_done(day: Day) -> None:
    done(day.house, "dora", "doctor", "--full")
    state = day.house.practice.state_folder
    assert list((state / "releases").iterdir()) == []
    assert list((day.house.folder / "vault" / "incoming").iterdir()) == []
    assert unfinished(day.house.folder) == []
    assert rows(day.house, "PRAGMA integrity_check") == [("ok",)]
