"""On a terminal, ``ingest`` asks before it dates a call by its file."""

from __future__ import annotations

import shlex
from pathlib import Path

import pexpect
import pytest

from cli.test_request_on_a_terminal import on_a_terminal, terminal
from house.practices import House
from house.spool import a_call, a_name, recordings_of

ASKED = "1 file has a name that no known telephone system writes. Take"


@pytest.mark.parametrize(("answer", "taken", "status"), [("y", 2, 0), ("", 1, 8)])
def test_a_name_of_no_known_system_is_asked_about(
    house: House, tmp_path: Path, answer: str, taken: int, status: int
) -> None:
    spool = tmp_path / "spool"
    a_call(spool)
    a_call(spool, 1, name="interview.wav")
    seen = terminal(house, "max", f"ingest {shlex.quote(str(spool))}", columns=120)
    seen.expect(r"\[y/N\] $")
    assert ASKED in seen.before
    seen.sendline(answer)
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == status
    house.open()
    assert len(recordings_of(house)) == taken


@pytest.mark.parametrize(("answer", "taken", "status"), [("y", 2, 0), ("", 1, 8)])
def test_a_call_that_is_dated_in_the_future_is_asked_about(
    house: House, tmp_path: Path, answer: str, taken: int, status: int
) -> None:
    spool = tmp_path / "spool"
    a_call(spool)
    ahead = a_call(spool, 1, name=a_name(1).replace("20240704", "20990704"))
    seen = terminal(house, "max", f"ingest {shlex.quote(str(spool))}", columns=120)
    seen.expect(r"\[y/N\] $")
    assert "1 call is dated before 2000 or in the future" in seen.before
    seen.sendline(answer)
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == status
    house.open()
    assert len(recordings_of(house)) == taken
    assert ahead.exists()


def test_nothing_is_asked_where_it_was_said(house: House, tmp_path: Path) -> None:
    a_call(tmp_path / "spool", 1, name="interview.wav")
    line = f"ingest --unrecognised {shlex.quote(str(tmp_path / 'spool'))}"
    assert ASKED not in on_a_terminal(house, "max", line)


@pytest.mark.parametrize(("answer", "learnt"), [("y", ["learned-1"]), ("", [])])
def test_what_is_learnt_of_names_is_put_into_the_settings_if_the_person_agrees(
    house: House, tmp_path: Path, answer: str, learnt: list[str]
) -> None:
    for day in "45":
        (tmp_path / f"old/201/0{day}0724-1405_IN_0770090012{day}.wav").parent.mkdir(
            parents=True, exist_ok=True
        )
        (tmp_path / f"old/201/0{day}0724-1405_IN_0770090012{day}.wav").touch()
    line = f"ingest --learn {shlex.quote(str(tmp_path / 'old'))}"
    seen = terminal(house, "dora", line, columns=120)
    seen.expect(r"Put 1 template into the practice's settings\?.*\[y/N\] $")
    seen.sendline(answer)
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == 0
    house.open()
    templates = house.practice.settings.telephone.template
    assert [template.name for template in templates] == learnt
    assert "0770090012" not in str([template.pattern for template in templates])
