"""A real authority is asked: what counts of its answers, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from callrec.errors import Failed, Misconfigured
from callrec.package.callrec_verify import openssl
from callrec.settings import Timestamp
from callrec.stamps.authority import LARGEST_ANSWER, ask_for_stamp
from house.time_authority import (
    OTHER_POLICY,
    POLICY,
    TimeAuthority,
    make_authority,
    reply,
    stamp_of,
    time_authority,
)

NOTE = b"callrec/0123\n7\nroot\n\n\xe2\x80\x94 callrec/0123 signature\n"


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def why_not(authority: TimeAuthority, **timing: float) -> str:
    with pytest.raises(Failed) as refused:
        ask_for_stamp(authority.timestamp, NOTE, 7, **timing)
    assert "callrec audit stamp" in (refused.value.hint or "")
    return refused.value.message.replace("the time-stamping authority", "it")


def test_a_stamp_says_the_authority_and_its_time(authority: TimeAuthority) -> None:
    stamp = ask_for_stamp(authority.timestamp, NOTE, 7)
    assert (stamp.size, stamp.time.authority) == (7, "Test Time Root")
    assert stamp.time.policy == POLICY
    assert f"{stamp.at:%Y-%m-%dT%H:%M:%SZ}" == stamp.time.at


def test_a_hash_a_nonce_and_nothing_else_leave_the_building(authority: TimeAuthority) -> None:
    ask_for_stamp(authority.timestamp, NOTE, 7)
    said = openssl(["ts", "-query", "-in", "query", "-text"], query=authority.asked).decode()
    first = sha256(NOTE).hexdigest()
    assert " ".join(first[at : at + 2] for at in range(0, 16, 2)) in said
    assert "Certificate required: yes" in said
    assert "Policy OID: unspecified" in said
    assert len(authority.asked) <= 80
    once = authority.asked
    ask_for_stamp(authority.timestamp, NOTE, 7)
    assert authority.asked != once


def test_the_policy_that_is_set_is_asked_for(authority: TimeAuthority) -> None:
    wanted = Timestamp(**authority.settings, policy=OTHER_POLICY)
    assert ask_for_stamp(wanted, NOTE, 7).time.policy == OTHER_POLICY


def test_a_stamp_under_another_policy_than_was_asked_does_not_count(
    authority: TimeAuthority,
) -> None:
    wanted = Timestamp(**authority.settings, policy=OTHER_POLICY)
    authority.answer = lambda _: stamp_of(authority.folder, NOTE)
    with pytest.raises(Failed, match="is not what was asked"):
        ask_for_stamp(wanted, NOTE, 7)


def test_who_is_not_pinned_is_not_believed(authority: TimeAuthority, tmp_path: Path) -> None:
    make_authority(tmp_path / "another", "Test Time Root")
    authority.answer = lambda query: reply(tmp_path / "another", query)
    nobody = "what it answered is a time stamp by nobody whose certificate is at hand"
    assert why_not(authority) == nobody


def test_a_stamp_of_something_else_does_not_count(authority: TimeAuthority) -> None:
    authority.answer = lambda _: stamp_of(authority.folder, b"another")
    assert why_not(authority) == "what it answered is a time stamp of something else"


def test_a_stamp_by_another_hash_does_not_count(authority: TimeAuthority) -> None:
    authority.answer = lambda _: stamp_of(authority.folder, NOTE, "-sha512", "-cert")
    assert why_not(authority) == "what it answered is a time stamp of something else"


def test_an_old_stamp_of_the_same_is_not_taken_for_a_new_one(authority: TimeAuthority) -> None:
    old = stamp_of(authority.folder, NOTE)
    authority.answer = lambda _: old
    assert why_not(authority) == "what it answered is not what was asked"


@pytest.mark.parametrize(
    "answer",
    [b"", b"Please pay", b"\x30\x03\x02\x01\x00", bytes(LARGEST_ANSWER + 1)],
    ids=["nothing", "words", "no token", "too long"],
)
def test_what_is_no_stamp_is_told(authority: TimeAuthority, answer: bytes) -> None:
    authority.answer = lambda _: answer
    assert why_not(authority) == "it gave no time stamp"


def test_a_stamp_longer_than_any_is_not_read_on(authority: TimeAuthority) -> None:
    authority.answer = lambda query: reply(authority.folder, query) + bytes(LARGEST_ANSWER)
    assert why_not(authority) == "it gave no time stamp"


def test_a_request_that_is_rejected_gives_none(authority: TimeAuthority) -> None:
    wanted = Timestamp(**authority.settings, policy="1.2.3.4")
    with pytest.raises(Failed, match="gave no time stamp"):
        ask_for_stamp(wanted, NOTE, 7)


@pytest.mark.parametrize("status", [302, 307, 403, 500])
def test_nobody_else_is_asked_and_an_error_is_told(authority: TimeAuthority, status: int) -> None:
    authority.status = status
    assert why_not(authority) == f"it answered {status}"


def test_who_answers_for_ever_is_waited_for_no_longer(authority: TimeAuthority) -> None:
    authority.slow = True
    assert why_not(authority, within_s=0.5) == "it did not answer in time"


def test_without_a_network_that_is_told(tmp_path: Path) -> None:
    with time_authority(tmp_path / "authority") as authority:
        pass
    assert why_not(authority) == "it cannot be reached: connection refused"


def test_where_none_is_set_up_nobody_is_asked() -> None:
    with pytest.raises(Misconfigured, match="no time-stamping authority is set up"):
        ask_for_stamp(Timestamp(), NOTE, 7)


def test_without_openssl_nothing_is_asked(
    authority: TimeAuthority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="openssl"):
        ask_for_stamp(authority.timestamp, NOTE, 7)
    assert authority.asked == b""
