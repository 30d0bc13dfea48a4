"""The practice's rules and notices at the desk."""

from __future__ import annotations

import json
from datetime import date

from callrec.desk.exchange import Upload
from house.commands import done, type_in
from house.desks import Shown, Visit, visit, written
from house.practices import House

WIDER = b"[search]\nwidest_window_days = 14\n"

ANNOUNCED = {
    "kind": "announcement",
    "version": "1",
    "from": date(2026, 11, 1),
    "published": date(2026, 11, 1),
    "where": "the telephone system",
}


def give(visitor: Visit, data: bytes) -> Shown:
    """Give a file of rules."""
    file = {"file": Upload("rules.toml", data)}
    return visitor.fill_in("/settings/apply", password=False, files=file)


def test_the_rules_are_shown_and_saved_as_the_command_prints_them(house: House) -> None:
    house.decide(search={"widest_window_days": 14})
    ava = visit(house, "ava")
    assert ava.open("/settings?as=toml").answered.body.decode() == done(
        house, "ava", "practice", "settings", "show"
    )
    document = json.loads(done(house, "ava", "practice", "settings", "show", "--json"))
    assert json.loads(ava.open("/settings?as=json").answered.body) == document
    assert "widest_window_days = 14" in ava.open("/settings").words
    assert "widest_window_days = 14" not in ava.open("/settings?entry=0").words
    assert ava.open("/settings?entry=x").status == 422


def test_a_file_is_shown_first_and_then_put_into_force_as_at_a_terminal(house: House) -> None:
    dora = visit(house, "dora")
    file = house.folder / "rules.toml"
    file.write_bytes(WIDER.replace(b"14", b"21"))
    words = ("practice", "settings", "apply", str(file), "--yes")
    typed = written(house, lambda: done(house, "dora", *words))
    shown = give(dora, WIDER)
    assert "search.widest_window_days: 21 -> 14" in shown.words
    assert house.open().settings.search.widest_window_days == 21
    assert "not confirmed" in dora.fill_in(shown.address).words.lower()
    filled = written(house, lambda: dora.fill_in(shown.address, confirmed="yes"))
    assert filled == typed
    assert house.open().settings.search.widest_window_days == 14


def test_what_was_changed_meanwhile_is_not_overwritten(house: House) -> None:
    dora = visit(house, "dora")
    shown = give(dora, WIDER)
    house.decide(search={"widest_window_days": 21})
    refused = dora.fill_in(shown.address, confirmed="yes")
    assert "changed meanwhile" in refused.words
    assert house.open().settings.search.widest_window_days == 21


def test_what_is_no_file_of_rules_is_refused(house: House) -> None:
    dora = visit(house, "dora")
    for data in (b"[search\n", b"\xff\xfe", b"[nothing]\nknown = 1\n", b"x=" + b"[" * 5000):
        assert "That was not done" in give(dora, data).words
    nothing = dora.fill_in("/settings/apply", password=False)
    assert "There is no file" in nothing.words


def test_who_does_not_govern_puts_nothing_into_force(house: House) -> None:
    max_ = visit(house, "max")
    refused = max_.fill_in(give(max_, WIDER).address, confirmed="yes")
    file = house.folder / "rules.toml"
    file.write_bytes(WIDER)
    told = type_in(house, "max", "practice", "settings", "apply", str(file), "--yes")
    assert refused.status == 403
    assert told.err.partition("error: ")[2].partition(" [")[0][1:] in refused.words


def test_notices_are_listed_and_read_as_the_command_gives_them(house: House) -> None:
    house.decide(notices=[ANNOUNCED])
    sam = visit(house, "sam")
    document = json.loads(done(house, "sam", "practice", "notice", "list", "--json"))
    assert json.loads(sam.open("/notices?as=json").answered.body) == document
    text = sam.open("/notices/announcement?as=txt").answered.body.decode()
    assert text == done(house, "sam", "practice", "notice", "announcement")
    assert sam.open("/notices/website").status == 404
    assert sam.open("/notices/nothing").status == 404
    form = sam.open("/notices/complaints?as=txt").answered
    assert form.body.decode() == done(house, "sam", "practice", "notice", "complaints")
    assert form.save_as == "notice-complaints.txt"
