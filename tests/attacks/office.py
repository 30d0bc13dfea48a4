"""A day's work in a practice, all of it typed, full of what must not be found on a disk.

R-1 was asked for by sam, approved by max and released; R-2 was denied; R-3 waits for a decision;
R-4 was approved by max for sam, who has not heard it yet. Everything was archived to ``drive-a``.
"""

from __future__ import annotations

import json
from pathlib import Path

from house.commands import done, type_in
from house.practices import House
from house.spool import a_wave

CALLS = {
    "Rückruf Featherstonehaugh.wav": {
        "started_at": "2024-07-04T09:30:00+01:00",
        "direction": "inbound",
        "caller": "+44 (0)20 7946 0952",
        "callee": "205",
        "extension": "205",
        "parties": ["Zoë Featherstonehaugh", "Seán O\N{RIGHT SINGLE QUOTATION MARK}Shaughnessy"],
        "system": "Mitel-in-the-cupboard",
    },
    "angry-voicemail-from-bronte.wav": {
        "started_at": "2024-07-04T11:15:00+01:00",
        "direction": "outbound",
        "caller": "205",
        "callee": "00 44 7700 900 123",
        "extension": "205",
        "parties": ["Charlotte D'Arcy-Brontë"],
    },
    "in-201-07700900461-20240704-140501-1720098301.1.wav": None,
    "out-01632960183-202-20240704-150000-1720101600.2.wav": None,
}
"""Name in the spool, and what its sidecar says; None: the name says it all. Recordings 1 to 4."""

NUMBERS = ("7700900461", "1632960183", "2079460952", "7700900123")
"""Without what a spelling puts before them."""

REASONS = (
    "The complainant says that the receptionist hung up",
    "Somebody mislaid the appendectomy paperwork",
    "It concerns the wrong grandmother altogether",
    "Overheard by a bystander, says the letter",
    "Transcript wanted for the ombudsperson please",
)


def work_a_day(house: House) -> None:
    """Everything that issue 2 has a command for, by those who may do it."""
    fill_spool(house.folder / "spool")
    done(house, "door", "ingest", str(house.folder / "spool"))
    _search(house)
    _ask(house)
    _decide(house)
    (house.folder / "outbox").mkdir()
    sent = ("--to", str(house.folder / "outbox"), "--deliver-by", "letter")
    done(house, "sam", "release", "R-1", *sent, "--passphrase-by", "phone")
    _hand_over(house)
    (house.folder / "drive-a").mkdir()
    done(house, "max", "archive", "--to", str(house.folder / "drive-a"))
    done(house, "max", "archive", "verify", str(house.folder / "drive-a"))
    _look_back(house)


def fill_spool(spool: Path) -> None:
    """Lay the calls down as telephone systems do."""
    spool.mkdir()
    for seed, (name, said) in enumerate(CALLS.items(), 100):
        (spool / name).write_bytes(a_wave(seed))
        if said is not None:
            (spool / f"{name}.json").write_text(
                json.dumps(said, ensure_ascii=False), encoding="utf-8"
            )


def _search(house: House) -> None:
    since = ("--from", "1/7/2024", "--to", "31/7/2024", "--reason", REASONS[0])
    found = done(house, "max", "search", "--number", "07700 900461", *since)
    assert "inbound" in found
    done(house, "pat", "search", "--party", "featherstonehaugh", *since)
    done(house, "pat", "search", "--party", "O'Shaughnessy", *since)
    done(house, "max", "search", "--number", "...0952", *since)
    assert type_in(house, "max", "search", "--party", "bronte").status == 3
    for number in range(1, len(CALLS) + 1):
        done(house, "pat", "show", str(number))


def _ask(house: House) -> None:
    particulars = {
        "R-1": ("07700 900461", "Nurse Quackenbush", "3", REASONS[0]),
        "R-2": ("+44 1632 960183", "unknown", "4", REASONS[1]),
        "R-3": ("020 7946 0952", "Zoë Featherstonehaugh", "1", REASONS[4]),
        "R-4": ("(07700) 900-123", "Charlotte D'Arcy-Brontë", "2", REASONS[4]),
    }
    for reference, (number, party, recording, reason) in particulars.items():
        words = ["complaint", "--complaint", "C-7", "--complainant", "patient"]
        words += ["--reason", reason, "--number", number]
        words += ["--party", party, "--recording", recording, "--extension", "205"]
        words += ["--date", "4/7/2024", "--time", "14:05", "--about", "Swollen tonsillectomy scar"]
        assert reference in done(house, "sam", "request", "create", *words)


def _decide(house: House) -> None:
    assert type_in(house, "sam", "approve", "R-1", "--yes").status == 3
    done(house, "max", "approve", "R-1", "--yes", "--note", "Telephoned Quackenbush about it")
    done(house, "max", "deny", "R-2", "--reason", REASONS[2], "--yes")
    done(house, "mia", "search", "--request", "R-3", "--party", "featherstonehaugh")
    for count in range(2):  # the first is taken back, and the second stands
        done(house, "max", "approve", "R-4", "--yes")
        if not count:
            done(house, "mia", "revoke", "R-4", "--reason", REASONS[3], "--yes")


def _hand_over(house: House) -> None:
    event = ("request", "event", "R-1")
    there = ("handed-over", "--on", "today", "--by", "person", "--to-whom", "Nurse Quackenbush")
    done(house, "sam", *event, *there, "--reason", REASONS[3])
    done(house, "sam", *event, "acknowledged", "--on", "today", "--reason", REASONS[1])


def _look_back(house: House) -> None:
    assert "R-1" in done(house, "sam", "request", "list")
    assert REASONS[0] in done(house, "max", "request", "show", "R-1")
    assert "listed" in done(house, "ava", "audit", "list", "--limit", "200")
    assert REASONS[0] in done(house, "dora", "request", "dossier", "R-1")
    assert "handed" in done(house, "ava", "register", "disclosure")
    assert REASONS[0] in done(house, "dora", "audit", "review-searches", "--sample", "100")
    done(house, "dora", "user", "list")
    assert done(house, "dora", "audit", "verify").startswith("INTACT\n")
