"""The page that says who decides what says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.role import POWERS, Power, Role

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "decisions.md").read_text(
    encoding="utf-8"
)

EVERY = re.compile(r"every purpose but (.+)")


def table(first: str) -> list[list[str]]:
    """The rows of the table whose head begins so, without code marks."""
    lines = iter(PAGE.splitlines())
    head = next(line for line in lines if line.startswith(f"| {first} |"))
    assert next(lines).startswith("| ---")
    rows = [_cells(head)]
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(_cells(line))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def test_its_table_of_powers_is_the_code_s() -> None:
    head, *rows = table("power")
    assert set(head[1:]) == set(Role)
    told = {
        (role, power)
        for power, *marks in rows
        for role, mark in zip(head[1:], marks, strict=True)
        if mark == "x"
    }
    assert [row[0] for row in rows] == list(Power)
    assert told == {(role, power) for role, powers in POWERS.items() for power in powers}


def test_its_table_of_purposes_is_the_code_s() -> None:
    _, *rows = table("purpose")
    assert rows == [
        [
            purpose,
            ", ".join(TERMS[purpose].sources),
            TERMS[purpose].decided_with,
            TERMS[purpose].decided_under,
        ]
        for purpose in Purpose
    ]


def test_its_table_of_grounds_is_the_code_s() -> None:
    _, *rows = table("code")
    assert [row[:2] for row in rows] == [[ground, ground.meaning] for ground in Ground]
    told = {
        (code, purpose, source)
        for code, _, fits in rows
        for part in fits.split("; ")
        for purpose, source in _fitting(part)
    }
    ours = {(g, p, b.source) for p, grounds in GROUNDS_FOR.items() for g, b in grounds.items()}
    assert told == ours


def _fitting(part: str) -> list[tuple[str, str]]:
    named, source = part.removesuffix("]").split(" [")
    but = EVERY.fullmatch(named)
    if but is None:
        return [(named, source)]
    left_out = set(but[1].split(" and "))
    return [(purpose, source) for purpose in Purpose if purpose not in left_out]
