"""Registers, the record and the report at the desk: what the command line gives, as tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from callrec.desk.pages import record
from callrec.policy.reviews import RegisterName
from house.commands import done, type_in
from house.desks import Shown, Visit, visit, written
from house.holds import ANN
from house.lived_in import search
from house.practices import House
from house.stages import LIVED_IN, copied

lived = copied(LIVED_IN)


def read(reader: Visit, register: str, **days: Any) -> Shown:
    """A register, as its page shows it."""
    return reader.fill_in(f"/registers/{register}", **days)


def saved(reader: Visit, shown: Shown, kind: str, more: str = "") -> bytes:
    """A page's table as a file."""
    answered = reader.open(f"{shown.address}?as={kind}{more}").answered
    assert answered.status == 200
    assert re.fullmatch(r"[a-z0-9-]+\.[a-z]+", answered.save_as)
    return answered.body


@pytest.mark.parametrize("register", RegisterName)
def test_a_register_is_saved_as_the_command_writes_it(lived: House, register: RegisterName) -> None:
    ava = visit(lived, "ava")
    shown = read(ava, register)
    for kind in ("csv", "json"):
        file = lived.folder / f"register.{kind}"
        done(lived, "ava", "practice", "register", register, "--to", str(file))
        assert as_compared(saved(ava, shown, kind)) == as_compared(file.read_bytes())


def as_compared(data: bytes) -> object:
    """A document without how it is spaced; of the access register, without when they logged in."""
    if not data.startswith(b"{"):
        return re.sub(rb"2027-04-01 \d\d:\d\d", b"", data)
    document = json.loads(data)
    for item in document["items"]:
        item.pop("last_login_at", None)
    return document


def test_reading_one_is_on_record_as_at_a_terminal(lived: House) -> None:
    ava = visit(lived, "ava")
    typed = written(lived, lambda: done(lived, "ava", "practice", "register", "disclosure"))
    assert written(lived, lambda: read(ava, "disclosure")) == typed
    assert [each.act for each in typed] == ["register.read"]


def test_to_sort_filter_and_save_reads_nothing_again(lived: House) -> None:
    ava = visit(lived, "ava")
    shown = read(ava, "rights-requests")
    for more in ("?sort=received_on", "?sort=-received_on&purpose=subject-access", "?as=csv"):
        assert written(lived, lambda more=more: ava.open(shown.address + more)) == []  # type: ignore[misc]


def test_a_heading_sorts_and_a_code_filters(lived: House) -> None:
    ava = visit(lived, "ava")
    shown = read(ava, "rights-requests")
    first = first_cells(ava.open(f"{shown.address}?sort=received_on"))
    assert first_cells(ava.open(f"{shown.address}?sort=-received_on")) == first[::-1]
    assert first != first_cells(shown)
    erasures = ava.open(f"{shown.address}?purpose=erasure")
    document = json.loads(saved(ava, shown, "json", "&purpose=erasure"))
    assert [each["request"] for each in document["items"]] == first_cells(erasures)
    assert first_cells(erasures) == ["R-4", "R-8"]
    assert f"2 of {len(first)} are shown." in erasures.words


def first_cells(shown: Shown) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>(?:<a [^>]*>)?([^<]*)<', shown.html)


def test_no_address_of_a_table_says_what_stands_in_it(lived: House) -> None:
    ava = visit(lived, "ava")
    for register in RegisterName:
        shown = read(ava, register)
        for link in shown.links:
            assert re.fullmatch(r"[/?=&A-Za-z0-9_-]*(?:#main)?", link), link
            assert "patient" not in link


def test_days_narrow_it_as_they_do_at_a_terminal(lived: House) -> None:
    ava = visit(lived, "ava")
    days: dict[str, Any] = {"since": "2026-12-01", "until": "2027-01-01"}
    shown = read(ava, "rights-requests", **days)
    file = lived.folder / "register.json"
    typed = [f"--{name}={day}" for name, day in days.items()]
    done(lived, "ava", "practice", "register", "rights-requests", "--to", str(file), *typed)
    assert json.loads(saved(ava, shown, "json")) == json.loads(file.read_text())


def test_who_may_not_read_one_is_told_so_in_the_same_words_and_on_record(lived: House) -> None:
    sam = visit(lived, "sam")
    told = type_in(lived, "sam", "practice", "register", "access")
    refused = written(lived, lambda: type_in(lived, "sam", "practice", "register", "access"))
    assert written(lived, lambda: read(sam, "access")) == refused
    shown = read(sam, "access")
    assert shown.status == 403
    message = told.err.partition("error: ")[2].partition(" [")[0]
    assert message[1:] in shown.words


def test_what_was_read_is_for_the_login_that_read_it_alone(lived: House) -> None:
    shown = read(visit(lived, "ava"), "access")
    elsewhere = visit(lived, "ava").open(shown.address)
    assert elsewhere.status == 404
    assert "kept no more" in elsewhere.words


def test_a_cell_that_would_be_a_formula_is_text_in_a_file(lived: House) -> None:
    """What somebody typed is no formula for the person who opens the file."""
    done(lived, "sam", "incident", "report", *AN_INCIDENT)
    ava = visit(lived, "ava")
    assert b"'=cmd" in saved(ava, read(ava, "incidents"), "csv")


AN_INCIDENT = (
    *("--noticed", "now", "--what", "=cmd|' /C calc'!A0 was left on a desk at reception"),
    *("--tell", "dora"),
)


def test_the_record_is_shown_and_saved_as_it_is_typed(lived: House) -> None:
    ava = visit(lived, "ava")
    asked: dict[str, Any] = {"by": "sam", "action": "request", "limit": "3"}
    shown = ava.fill_in("/record", **asked)
    words = ("--actor=sam", "--action=request", "--limit=3", "--json")
    typed = json.loads(done(lived, "ava", "audit", "list", *words))
    typed.pop("by")
    assert json.loads(saved(ava, shown, "json")) == typed
    assert len(first_cells(shown)) == 3
    assert f"The newest 3 of {typed['total']}." in shown.words


def test_a_check_of_the_record_says_what_the_command_says(lived: House) -> None:
    ava = visit(lived, "ava")
    shown = ava.fill_in("/record/check", password=False)
    said = done(lived, "ava", "audit", "verify").splitlines()
    assert said[0] == "INTACT"
    for line in said:
        assert line in shown.words
    typed = json.loads(done(lived, "ava", "audit", "verify", "--json"))
    assert json.loads(saved(ava, shown, "json")) == typed


def test_a_full_check_opens_what_is_sealed_with_the_password(lived: House) -> None:
    ava = visit(lived, "ava")
    shown = ava.fill_in("/record/check", how="full")
    (opened,) = re.findall(r"sealed details were opened, .*", shown.words)
    assert opened in done(lived, "ava", "audit", "verify", "--full")


def test_what_was_changed_is_named_by_a_check(lived: House) -> None:
    with lived.practice.engine.begin() as connection:
        spoil = "UPDATE leaf SET body = replace(body, 'request', 'Request') WHERE seq = 50"
        connection.exec_driver_sql(spoil)
    shown = visit(lived, "ava").fill_in("/record/check", password=False)
    told = type_in(lived, "ava", "audit", "verify")
    assert told.status == 5
    assert told.out.splitlines()[0] == "TAMPERED"
    assert "TAMPERED" in shown.words
    assert told.err.partition("error: ")[2].splitlines()[0][1:] in shown.words


def test_a_check_that_goes_on_says_how_long_by_now(
    lived: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "WAITED_FOR", 0)
    ava = visit(lived, "ava")
    shown = ava.fill_in("/record/check", password=False)
    if "being checked" in shown.words:
        assert "0 seconds so far" in shown.words
        assert ava.open("/holds").status == 200
    monkeypatch.setattr(record, "WAITED_FOR", 60)
    assert "INTACT" in ava.open(shown.address).words


def test_searches_are_drawn_accepted_and_queried_as_at_a_terminal(lived: House) -> None:
    search(lived, "max")
    search(lived, "pat")
    dora = visit(lived, "dora")
    drawn = dora.fill_in("/searches")
    document = json.loads(saved(dora, drawn, "json"))
    first, second = [each["seq"] for each in document["items"]][:2]
    answers: dict[str, Any] = {f"verdict-{first}": "accept", f"verdict-{second}": "query"}
    told = dora.fill_in(drawn.address, **answers)
    assert told.status == 403
    assert "reason" in told.words
    asked: dict[str, Any] = {**answers, f"reason-{second}": "Which patient had rung back about it?"}
    leaves = written(lived, lambda: dora.fill_in(drawn.address, **asked))
    assert [each.act for each in leaves] == ["searches.counted", *["search.reviewed"] * 2]
    typed = json.loads(done(lived, "dora", "audit", "review-searches", "--json"))
    assert typed["waiting"] == document["waiting"] - 2
    assert [each["queried"] for each in typed["people"]].count(1) == 1


def test_the_report_is_a_page_with_its_plots_and_the_file_that_the_command_writes(
    lived: House, tmp_path: Path
) -> None:
    ava = visit(lived, "ava")
    shown = ava.fill_in("/report", month="2026-12")
    assert shown.html.count("<svg ") == 7
    assert 'style="' not in shown.html
    assert "<style" not in shown.html
    assert ANN not in shown.html
    file = tmp_path / "report.json"
    done(lived, "ava", "report", "--month=2026-12", "--to", str(file))
    typed, filled = json.loads(file.read_text()), json.loads(saved(ava, shown, "json"))
    grown = {name for name in typed if typed[name] != filled[name]}
    assert grown <= {"entries", "head", "root"}
    headings = re.findall("<h2>([^<]*)</h2>", shown.html)
    for kind in ("html", "txt"):
        text = saved(ava, shown, kind).decode()
        assert [each for each in headings if each not in text] == []
    assert saved(ava, shown, "pdf").startswith(b"%PDF-")


@pytest.mark.parametrize("login", ["dora", "pat", "sam", "ava"])
def test_status_says_to_each_what_the_command_says_to_them(lived: House, login: str) -> None:
    somebody = visit(lived, login)
    shown = somebody.open("/status")
    said = done(lived, login, "status").splitlines()
    heads = [line.split(",")[0].split(":")[0].strip() for line in said]
    lines = shown.words.splitlines()[1 : len(said) + 1]
    assert [line[: len(head)] for head, line in zip(heads, lines, strict=True)] == heads
    typed = json.loads(done(lived, login, "status", "--json"))
    filled = json.loads(saved(somebody, shown, "json"))
    others_write = {"free_bytes"}  # on this disk
    assert {name for name in typed | filled if typed.get(name) != filled.get(name)} <= others_write
