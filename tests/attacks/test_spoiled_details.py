"""One sealed detail that somebody spoiled takes no list away: it is named, and the others come."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from attacks.test_foreign_entries import REASON, SEARCH, TAMPERED, database
from house.commands import done, type_in
from house.practices import House

REVIEW = ("audit", "review-searches", "--count", "1000")

SPOILED = {
    "the sealed bytes": ("sealed", b"spoiled"),
    "the version of the key": ("key_version", 77),
    "no version at all": ("key_version", "one"),
}


def spoil(house: House, seq: int, column: str, value: object) -> None:
    with closing(database(house)) as catalogue, catalogue:
        catalogue.execute(f"UPDATE detail SET {column} = ? WHERE seq = ?", (value, seq))


def newest(house: House, act: str) -> int:
    beginning = f'{{"act":"{act}",'.encode()
    with closing(database(house)) as catalogue:
        query = "SELECT max(seq) FROM leaf WHERE substr(body, 1, ?) = ?"
        ((seq,),) = catalogue.execute(query, (len(beginning), beginning))
        return int(seq)


@pytest.fixture
def searched(worked: House) -> House:
    done(worked, "pat", *SEARCH)
    return worked


@pytest.mark.parametrize(("column", "value"), SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("act", ["search", "search.answered"])
def test_a_search_that_was_spoiled_is_named_and_the_others_are_reviewed(
    searched: House, act: str, column: str, value: object
) -> None:
    before = json.loads(done(searched, "dora", "--json", *REVIEW))
    assert before["spoiled"] == []
    spoil(searched, newest(searched, act), column, value)
    answer = type_in(searched, "dora", "--json", *REVIEW)
    assert answer.status == TAMPERED
    after = json.loads(answer.out)
    assert after["spoiled"] == [newest(searched, act)]
    lost = 1 if act == "search" else 0
    assert len(after["items"]) == len(before["items"]) - lost > 0
    accepted = after["items"][0]["seq"]
    assert type_in(searched, "dora", *REVIEW[:2], "--accept", str(accepted)).status == 0


def test_a_search_that_was_spoiled_is_not_accepted(searched: House) -> None:
    seq = newest(searched, "search")
    done(searched, "dora", *REVIEW)
    spoil(searched, seq, "sealed", b"spoiled")
    answer = type_in(searched, "dora", "audit", "review-searches", "--accept", str(seq))
    assert answer.status == TAMPERED
    assert f"entry {seq}" in answer.err


@pytest.mark.parametrize("act", ["search.reviewed", "searches.drawn"])
def test_a_spoiled_review_or_draw_is_named_and_the_search_waits_again(
    searched: House, act: str
) -> None:
    drawn = json.loads(done(searched, "dora", "--json", *REVIEW))["items"]
    done(searched, "dora", "audit", "review-searches", "--accept", str(drawn[0]["seq"]))
    spoil(searched, newest(searched, act), "sealed", b"spoiled")
    answer = type_in(searched, "dora", "--json", *REVIEW)
    found = json.loads(answer.out)
    if act == "search.reviewed":
        assert (answer.status, found["spoiled"]) == (TAMPERED, [newest(searched, act)])
        assert drawn[0]["seq"] in {each["seq"] for each in found["items"]}
    accepted = str(found["items"][0]["seq"])
    assert type_in(searched, "dora", "audit", "review-searches", "--accept", accepted).status == 0


def test_the_record_is_listed_but_for_what_was_spoiled(searched: House) -> None:
    seq = newest(searched, "search")
    spoil(searched, seq, "sealed", b"spoiled")
    answer = type_in(searched, "dora", "audit", "list", "--limit", "1000")
    assert answer.status == TAMPERED
    assert len(answer.out.splitlines()) > 10
    assert f"changed: {seq}" in answer.err


def test_whoever_holds_the_audit_key_finds_it_in_a_full_verification(searched: House) -> None:
    seq = newest(searched, "search")
    sound = done(searched, "dora", "audit", "verify", "--full")
    assert "sealed details were opened" in sound
    spoil(searched, seq, "sealed", b"spoiled")
    found = type_in(searched, "dora", "audit", "verify", "--full")
    assert found.status == TAMPERED
    assert f"the details of leaf {seq} " in found.out
    assert (
        "sealed details were not opened"
        in type_in(searched, "sam", "audit", "verify", "--full").out
    )


def test_a_check_that_does_not_open_them_says_so(searched: House) -> None:
    spoil(searched, newest(searched, "search"), "sealed", bytes(1200))
    said = done(searched, "dora", "audit", "verify")
    assert "sealed details were not opened: a full check does that" in said


@pytest.mark.parametrize("option", [(), ("--new",)])
def test_a_check_without_a_key_names_what_cannot_be_sealed_details(
    searched: House, option: tuple[str, ...]
) -> None:
    done(searched, "dora", "audit", "verify")
    done(searched, "pat", *SEARCH)
    seq = newest(searched, "search")
    spoil(searched, seq, "sealed", b"spoiled")
    answer = type_in(searched, "dora", "audit", "verify", *option)
    assert answer.status == TAMPERED
    assert f"the sealed details of leaf {seq} are in no form of callrec's" in answer.out


def test_it_is_put_on_record_like_anything_else_and_nothing_stays_refused(searched: House) -> None:
    spoil(searched, newest(searched, "search"), "sealed", b"spoiled")
    answer = type_in(searched, "dora", "audit", "resume", "--reason", REASON, "--yes")
    assert answer.status == 0, answer
    verify = done(searched, "dora", "audit", "verify", "--full")
    assert verify.startswith("INTACT, resumed at ")
    assert json.loads(done(searched, "dora", "--json", *REVIEW))["spoiled"] == []
