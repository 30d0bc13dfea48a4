"""The rules are the practice's: no file of the caller's own widens, backdates or hides anything."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attacks.test_foreign_entries import database
from callrec.audit.leaf import Outcome
from callrec.audit.log import log_transaction
from callrec.audit.register import settings_fields
from callrec.catalogue.engine import reading
from callrec.crypto.statement import sign_statement
from callrec.errors import Failed, Refused
from callrec.office.settings import show_settings
from callrec.policy.days import DayRange
from callrec.policy.search import Criteria
from callrec.practice import SETTINGS_ACT, in_force, signing
from callrec.record.versions import find_details
from callrec.search.search import search_recordings
from callrec.settings import Search, Settings
from callrec.telephone.call import Direction
from house.calls import a_call, take_in
from house.commands import done, type_in
from house.practices import House
from house.requests import last_leaf

REFUSED, TAMPERED, MISCONFIGURED = 3, 5, 7

A_MONTH = "[search]\nwidest_window_days = 31\n"

WHY = "a call that was cut off in the middle of a sentence"

BROWSING = ("search", "--from", "2026-11-01", "--to", "2026-11-24", "--reason", WHY)


def written(house: House, text: str) -> Path:
    file = house.folder / "my.toml"
    file.write_text(f"[passwords]\napprover_memory_mib = 64\n{text}", encoding="utf-8")
    return file


def decided(house: House, text: str) -> Path:
    file = house.folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_configuration_of_one_s_own_widens_no_search(house: House) -> None:
    assert type_in(house, "max", *BROWSING).status == REFUSED
    answer = type_in(house, "max", *BROWSING, CALLREC_CONFIG=written(house, A_MONTH))
    assert answer.status == MISCONFIGURED
    assert "callrec practice settings" in answer.err


def test_only_the_data_controller_decides_the_rules_and_it_is_on_record(house: House) -> None:
    file = decided(house, A_MONTH)
    answer = type_in(house, "max", "settings", "apply", str(file), "--yes")
    assert answer.status == REFUSED
    leaf = last_leaf(house)
    assert (leaf.act, leaf.outcome) == (SETTINGS_ACT, Outcome.REFUSED)
    assert type_in(house, "max", *BROWSING).status == REFUSED
    assert type_in(house, "nobody", "settings", "apply", str(file), "--yes").status != 0
    done(house, "dora", "settings", "apply", str(file), "--yes")
    done(house, "max", *BROWSING)


def test_rules_that_somebody_else_signs_into_the_log_are_in_force_for_nobody(house: House) -> None:
    max_, wide = house.actor("max"), Settings(search=Search(widest_window_days=31))
    assert max_.identity is not None
    stated = sign_statement(
        "settings",
        vault=house.practice.vault,
        by=max_.person.id,
        at=house.now(),
        seed=max_.identity.act,
        fields=settings_fields(wide, in_force(house.practice)),
    )
    with log_transaction(house.practice.engine, house.practice.log, max_.signer) as act:
        seq = act.leaf(SETTINGS_ACT, actor=max_.person.id, statement=stated)
    assert house.open().settings.search.widest_window_days == 1
    assert type_in(house, "max", *BROWSING).status == REFUSED
    answer = json.loads(type_in(house, "dora", "--json", "audit", "verify").out)
    assert answer["without_power"] == [seq]


def change_body(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        catalogue.execute(
            "UPDATE statement SET body = replace(body, '\"widest_window_days\":1',"
            " '\"widest_window_days\":9') WHERE kind = 'settings'"
        )


def add_a_row(house: House) -> None:
    """A copy of the statement that says more, under a name of its own."""
    with closing(database(house)) as catalogue, catalogue:
        catalogue.execute(
            "INSERT INTO statement SELECT substr(digest, 1, 62) || 'ff', kind,"
            " replace(body, '\"widest_window_days\":1', '\"widest_window_days\":9'), signature"
            " FROM statement WHERE kind = 'settings'"
        )


def test_rules_that_were_changed_by_sql_are_in_force_for_nobody(house: House) -> None:
    change_body(house)
    answer = type_in(house, "max", *BROWSING)
    assert answer.status == TAMPERED, answer
    assert type_in(house, "dora", "audit", "verify").status == TAMPERED


def test_rules_that_were_added_by_sql_are_in_force_for_nobody(house: House) -> None:
    add_a_row(house)
    assert house.open().settings.search.widest_window_days == 1
    assert type_in(house, "max", *BROWSING).status == REFUSED
    assert type_in(house, "dora", "audit", "verify").status == TAMPERED


def test_a_line_manager_is_somebody_of_the_practice(house: House) -> None:
    file = decided(house, '[[line_manager]]\nperson = "sam"\nmanager = "nobody-here"\n')
    answer = type_in(house, "dora", "settings", "check", str(file))
    assert answer.status == MISCONFIGURED
    assert "nobody's login is nobody-here" in answer.err


ANNOUNCED = '[[notices]]\nkind = "announcement"\nversion = "4.1"\nfrom = 2026-01-01\n'


def shown(house: House, number: int) -> tuple[str, dict[str, object]]:
    words = done(house, "max", "show", str(number))
    return words, json.loads(done(house, "max", "--json", "show", str(number)))


def test_a_notice_that_is_dated_back_is_shown_with_the_day_it_was_said(house: House) -> None:
    march = datetime(2026, 3, 5, 9, tzinfo=UTC)
    calls = [a_call(direction=Direction.INBOUND, started_at=at) for at in (march, house.now())]
    earlier, later = take_in(house, calls)
    assert shown(house, earlier)[1]["caller_told"] == "none"
    file = decided(house, ANNOUNCED)
    checked = type_in(house, "nobody", "settings", "check", str(file))
    assert "since Tue 24 Nov 2026 only" in checked.err
    applied = type_in(house, "dora", "settings", "apply", str(file), "--yes")
    assert "since Tue 24 Nov 2026 only" in applied.err
    words, facts = shown(house, earlier)
    assert "announcement 4.1 (the record says so since Tue 24 Nov 2026 only)" in words
    assert facts["notices_stated_on"] == {
        **dict.fromkeys(("website", "outbound", "staff")),
        "announcement": "2026-11-24",
    }
    words, facts = shown(house, later)
    assert "announcement 4.1\n" in words


def test_what_the_record_said_before_is_not_dated_anew_by_another_decision(house: House) -> None:
    done(house, "dora", "settings", "apply", str(decided(house, ANNOUNCED)), "--yes")
    house.at += timedelta(days=30)
    done(house, "dora", "settings", "apply", str(decided(house, A_MONTH)), "--yes")
    (item,) = json.loads(done(house, "nobody", "--json", "notice", "list"))["items"]
    assert (item["from"], item["on_record_since"]) == ("2026-01-01", "2026-11-24")
    longer = ANNOUNCED.replace("2026-01-01", "2025-01-01")
    done(house, "dora", "settings", "apply", str(decided(house, longer)), "--yes")
    (item,) = json.loads(done(house, "nobody", "--json", "notice", "list"))["items"]
    assert (item["from"], item["on_record_since"]) == ("2025-01-01", "2026-12-24")


def test_a_program_that_keeps_what_it_is_to_play_is_named_in_the_record(granted: House) -> None:
    keeps, kept = granted.folder / "kept.sh", granted.folder / "kept.wav"
    keeps.write_text(f"#!/bin/sh\nsleep 1\nexec cat > '{kept}'\n", encoding="utf-8")
    keeps.chmod(0o700)
    config = written(granted, f"[listen]\nplayer = ['{keeps}']\n")
    answer = type_in(granted, "sam", "listen", "R-1", "1", CALLREC_CONFIG=config)
    assert answer.status == 0, answer
    assert str(keeps) in answer.out
    entries = json.loads(done(granted, "ava", "--json", "audit", "list", "--limit", "1000"))
    (hearing,) = [each for each in entries["items"] if each["action"] == "listen"]
    assert hearing["detail"]["player"] == [str(keeps)]


def search(house: House, widest: int) -> None:
    practice, actor = house.practice, house.session("max")
    days = DayRange(house.now().date() - timedelta(days=widest - 1), house.now().date())
    search_recordings(
        practice,
        actor,
        criteria=[Criteria(days=days)],
        reason=WHY,
        request=None,
        limit=None,
    )


def entry_of(house: House, seq: int) -> int:
    """Version of the settings in force at an entry, as the log's order says."""
    return show_settings(house.open(), seq).version


def test_each_decision_stands_under_the_rules_before_it(house: House) -> None:
    search(house, 1)
    first = last_leaf(house).seq
    house.decide(search={"widest_window_days": 3})
    search(house, 3)
    second = last_leaf(house).seq
    assert (entry_of(house, first), entry_of(house, second)) == (1, 2)
    assert "widest_window_days = 1\n" in done(
        house, "nobody", "settings", "show", "--entry", str(first)
    )


def test_nothing_is_decided_by_rules_that_were_just_replaced(house: House) -> None:
    before, dora = house.practice, house.actor("dora")
    house.decide(search={"widest_window_days": 3})
    with pytest.raises(Failed, match="settings were changed a moment ago"), signing(before, dora):
        pass


def test_a_refusal_by_rules_that_were_just_replaced_says_which(house: House) -> None:
    max_ = house.session("max")
    before = house.practice
    house.decide(search={"widest_window_days": 3})
    house.practice = before
    days = DayRange(house.now().date() - timedelta(days=2), house.now().date())
    with pytest.raises(Refused, match="for 1 day at the most"):
        search_recordings(
            before,
            max_,
            criteria=[Criteria(days=days)],
            reason=WHY,
            request=None,
            limit=None,
        )
    leaf, ava = last_leaf(house), house.actor("ava")
    assert leaf.outcome is Outcome.REFUSED
    with reading(house.practice.engine) as connection:
        details = find_details(house.practice, ava, connection, leaf)
    assert details is not None
    assert details["settings"] == 1
