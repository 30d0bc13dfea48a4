"""The practice's rules are not the caller's: a file of one's own widens, backdates and hides nothing."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from house.calls import write_call
from house.commands import done, type_in
from house.practices import House

MISCONFIGURED, REFUSED, TAMPERED = 7, 3, 5


def written(house: House, text: str, name: str = "my.toml") -> Path:
    file = house.folder / name
    file.write_text(text, encoding="utf-8")
    return file


A_MONTH = "[search]\nwidest_window_days = 31\n"


def test_a_configuration_of_ones_own_widens_no_search(house: House) -> None:
    words = ("search", "--from", "2026-11-01", "--to", "2026-11-24", "--reason", "a lost call")
    assert type_in(house, "max", *words).status == REFUSED
    answer = type_in(house, "max", *words, CALLREC_CONFIG=written(house, A_MONTH))
    assert answer.status == MISCONFIGURED
    assert "callrec settings" in answer.err
