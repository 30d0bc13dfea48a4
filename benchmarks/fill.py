"""Fill a vault with the calls of many years in minutes, as ``callrec ingest`` would leave them.

    python -m benchmarks.fill FOLDER RECORDINGS [--years 10] [--sealed]

FOLDER becomes a practice as those of ``benchmarks.practice`` are, with dora alone; the vault is
founded by what ``callrec init`` runs. Each day's calls come in as batches of at most
1,000, each with its own keys, its signed statement, its leaf and its checkpoint; the first call of
each is held against what ingest's own functions make of it.

``--sealed``: each recording lies in the store, sealed as ingest seals it, a tenth of a second of
sound, so that there is something to open, check, copy and erase. Else that is not there; nor, in
both, is the summary of each run. What is done otherwise is done for speed and leaves no trace:
nothing is synced until the end, and the indexes of the table ``recording`` and the order of the
MACs are made when all rows are in.

Who calls grows with the calls of a year: 16,000 numbers at 100,000, of which 300 have half of the
calls; and so do the practice's own desks. The last four digits are spread over all 10,000. Names
are as common as real ones: the first surname has one person in a hundred, the first 500 half of
all. The same arguments give the same calls.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sqlite3
import struct
import threading
import time
from array import array
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby, product
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.practice import PASSWORDS, SETTINGS
from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, origin, sign_checkpoint
from callrec.audit.log import LogTransaction, node_reader
from callrec.calls.custody import PADDED_TO, SealedMetadata, commitment, shown_commitment, shown_of
from callrec.catalogue import index, tables
from callrec.catalogue.engine import FILE_NAME, sqlite_connection
from callrec.catalogue.written import WrittenRow, digest, rows_digest, signed_tables, watch
from callrec.config import Config, load_config
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse
from callrec.crypto.context import context, statement_context
from callrec.crypto.statement import Statement, check_statement, read_statement, root_of
from callrec.crypto.streaming import StreamSealer
from callrec.intake import batch as intake_batch
from callrec.intake.batch import BatchKeys
from callrec.intake.known import MAC_BYTES, DuplicateMacs
from callrec.intake.sealing import Taken
from callrec.intake.sources import Mark, Source
from callrec.login.unlock import actor_by_password
from callrec.people.founding import set_up_practice
from callrec.policy.role import VaultKey
from callrec.policy.words import words
from callrec.practice import Actor, Practice, open_practice, vault_key
from callrec.store.directory import recording_path
from callrec.store.sealing import Buffers, Sealed, seal_stream
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.sound.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

LOGIN: Final = "dora"

ZONE: Final = ZoneInfo("Europe/London")

LAST_DAY: Final = date(2026, 10, 31)

BUSY: Final = (1.3, 1.1, 1.0, 1.0, 1.1, 0.1, 0.02)
"""How many calls a day has beside others, from Monday on."""

NOBODYS: Final = "01632"
"""An area that no exchange has any more, of a million numbers; Ofcom's own ranges for drama have a
thousand each, which between them end in one of 2,000 ways."""

PEOPLE: Final = 0.16
"""Numbers, for each call of a year."""

REGULARS: Final = 0.003

DESKS: Final = 0.0004

OF_REGULARS: Final = 0.5

OF_INBOUND: Final = 0.55

OPEN: Final = range(8 * 3600, 18 * 3600 + 1800)
"""Seconds of the day, UTC."""

PROCESSES: Final = 2

_MOST_RECORDINGS: Final = 1000
"""Of a batch: the most that the format allows."""

AHEAD: Final = 24
"""Batches that may wait to be written."""

AT_ONCE: Final = 400
"""Batches in one transaction of SQLite."""


class People:
    """Everybody who calls, and the practice's own desks: the same each time."""

    def __init__(self, calls_a_year: float) -> None:
        chance = random.Random(1)

        def names(count: int) -> list[str]:
            pairs = zip(
                *(_spread(chance, each, count) for each in (FORENAMES, SURNAMES)), strict=True
            )
            return [" ".join(pair) for pair in pairs]

        people = min(max(1000, round(PEOPLE * calls_a_year)), 1_000_000)
        self.numbers = tuple(f"{NOBODYS}{n:06}" for n in chance.sample(range(1_000_000), people))
        self.owners = dict(zip(self.numbers, names(people), strict=True))
        self.regulars = tuple(chance.sample(self.numbers, max(10, round(REGULARS * calls_a_year))))
        desks = max(10, round(DESKS * calls_a_year))
        self.desks = tuple((str(201 + n), name) for n, name in enumerate(names(desks)))


def people_of(recordings: int, years: float) -> People:
    """Those who make so many calls."""
    return People(recordings / years)


def _names(*syllables: Sequence[str]) -> list[str]:
    return ["".join(each).title() for each in product(*syllables)]


FORENAMES: Final = _names("bdfgklmnprstv", "aeiou", ("la", "ren", "va", "mos", "tis", "na", "mie"))

SURNAMES: Final = _names(
    "bcdfghklmprstvw",
    ("ar", "el", "in", "os", "un", "am"),
    ("ber", "del", "kin", "low", "man", "ner", "son", "wick", "worth"),
    ("", "by", "ford", "ley", "ton", "ham", "well", "field", "stone", "wood", "croft", "gate"),
)


def _spread(chance: random.Random, names: Sequence[str], count: int) -> list[str]:
    """As real names are: by one over their rank, nearer to each other at first (Mandelbrot)."""
    shuffled = random.Random(2).sample(names, len(names))
    return chance.choices(shuffled, [1 / (rank + 15) for rank in range(len(names))], k=count)


@dataclass(frozen=True, slots=True)
class Day:
    """One batch that is to be made: calls of one day."""

    day: date
    first: int
    """The number of its first recording."""
    calls: int


def days_of(recordings: int, years: float) -> tuple[Day, ...]:
    """The batches, oldest first."""
    first_day = LAST_DAY - timedelta(days=round(365.25 * years) - 1)
    days = [first_day + timedelta(days=n) for n in range((LAST_DAY - first_day).days + 1)]
    whole = sum(BUSY[day.weekday()] for day in days)
    batches = []
    done, so_far = 0, 0.0
    for day in days:
        so_far += BUSY[day.weekday()]
        until = round(recordings * so_far / whole)
        while done < until:
            calls = min(until - done, _MOST_RECORDINGS)
            batches.append(Day(day, done + 1, calls))
            done += calls
    return tuple(batches)


@dataclass(frozen=True, slots=True)
class Made:
    """One batch as it goes into the catalogue."""

    batch: Mapping[str, Any]
    at: datetime
    statement: Statement
    recordings: Sequence[tuple[Any, ...]]
    metadata: Sequence[tuple[Any, ...]]
    macs: Sequence[tuple[bytes, int]]
    tokens: Sequence[tuple[int, int, int, int]]


class Drawn(NamedTuple):
    """One call as chance made it, with what is written of it in several places."""

    number: int
    """The recording's."""
    began: datetime
    """UTC."""
    ms: int
    """How long it lasted."""
    outside: str
    """National digits, as dialled."""
    e164: str
    extension: str
    parties: tuple[str, str]
    """Who called, who was called."""
    direction: Direction
    uid: str
    sha256: str
    ciphertext: str
    path: str
    unique_id: str
    local_time: str
    raw_time: str
    east: int
    """Minutes east of Greenwich."""

    @property
    def size_bytes(self) -> int:
        return 44 + 16 * self.ms

    @property
    def modified_at(self) -> str:
        return f"{self.ended:%Y-%m-%dT%H:%M:%S}.{self.ms % 1000:03}Z"

    @property
    def modified_ns(self) -> int:
        return int(self.ended.timestamp() * 1000) * 1_000_000

    @property
    def ends(self) -> tuple[str, str]:
        """Caller and callee."""
        return self._in_order(self.e164)

    @property
    def written(self) -> tuple[str, str]:
        """The same as the telephone system writes them."""
        return self._in_order(self.outside)

    def _in_order(self, outside: str) -> tuple[str, str]:
        is_inbound = self.direction is Direction.INBOUND
        return (outside, self.extension) if is_inbound else (self.extension, outside)

    @property
    def ended(self) -> datetime:
        return self.began + timedelta(milliseconds=self.ms)


def drawn(day: Day, people: People) -> list[Drawn]:
    """The calls of one batch."""
    chance = random.Random(day.first)
    midnight = datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC)
    # Nobody calls at night, when the clocks change.
    noon = midnight.replace(hour=12).astimezone(ZONE)
    east = int((noon.utcoffset() or timedelta()).total_seconds()) // 60
    drawn = []
    for place, second in enumerate(sorted(chance.choices(OPEN, k=day.calls))):
        is_regular, is_inbound = chance.random() < OF_REGULARS, chance.random() < OF_INBOUND
        outside = chance.choice(people.regulars if is_regular else people.numbers)
        extension, desk = chance.choice(people.desks)
        ms = min(7_200_000, int(chance.lognormvariate(5.35, 0.9) * 1000))
        ids, number, owner = (
            primitives.random_bytes(80).hex(),
            day.first + place,
            people.owners[outside],
        )
        began = midnight + timedelta(seconds=second)
        local = f"{day.day}T{_clock(second + 60 * east)}"
        drawn.append(
            Drawn(
                number=number,
                began=began,
                ms=ms,
                outside=outside,
                e164=f"+44{outside[1:]}",
                extension=extension,
                parties=(owner, desk) if is_inbound else (desk, owner),
                direction=Direction.INBOUND if is_inbound else Direction.OUTBOUND,
                uid=ids[:32],
                sha256=ids[32:96],
                ciphertext=ids[96:],
                path=f"/var/spool/calls/{day.day}/{outside}-{number}.wav",
                unique_id=f"{int(midnight.timestamp()) + second}.{number}",
                local_time=local,
                raw_time=f"{local}+{east // 60:02}:00",
                east=east,
            )
        )
    return drawn


class Maker:
    """Makes batches; each process has its own, inherited.

    Going through all that ingest does for a call takes five times as long, so what is sealed is
    written down as text here; the first call of each batch is made as ingest makes it, and
    has to come out the same to the byte.
    """

    def __init__(
        self, practice: Practice, actor: Actor, people: People, store: Path | None
    ) -> None:
        """``store``: the vault in which each recording is to lie; None: none does."""
        self.practice = practice
        self.actor = actor
        self.people = people
        self.store = store
        self.buffers: Buffers | None = None
        """Of the process that seals."""
        self.widths: Mapping[int, int] = {}
        self._duplicates = DuplicateMacs.of(practice, actor, marking=False)
        newest = practice.register.newest(VaultKey.INDEX).version
        index_key = vault_key(actor, VaultKey.INDEX, newest)
        self._mac_key = primitives.derive(index_key, context("duplicate", practice.vault))
        self._uncut = index._uncut_under(index_key, practice.vault)
        self._words = cache(words)

    def make(self, day: Day) -> Made:
        """Describe and seal the calls of one batch."""
        assert self.actor.identity is not None
        vault, keys, at = self.practice.vault, BatchKeys.draw(), _evening(day)
        for_keys = f'callrec/1 data-key\n{{"batch":"{keys.batch}","uid":"%s","vault":"{vault}"}}'
        for_said = f'callrec/1 metadata\n{{"revision":1,"uid":"%s","vault":"{vault}"}}'
        said_under, key_under = AESGCM(keys.catalogue), AESGCM(keys.recordings)
        calls, recordings, metadata, items = [], [], [], []
        for each in drawn(day, self.people):
            chosen = primitives.random_bytes(32 + 12 + 32 + 12 + 32)
            call = self._stored(self.store, each, chosen[44:76]) if self.store else each
            calls.append(call)
            shown = _shown(call, chosen[88:].hex())
            nonce, body, iv = chosen[:32], self._metadata(call, shown), chosen[32:44]
            info = (for_said % call.uid).encode()
            padded = nonce + body + bytes(-len(body) % PADDED_TO)
            sealed = iv + said_under.encrypt(iv, padded, info)
            metadata.append((call.number, 1, keys.batch, sealed))
            items.append(_item(call, commitment(nonce, body), shown))
            data_key, iv, info = chosen[44:76], chosen[76:88], (for_keys % call.uid).encode()
            sealed = iv + key_under.encrypt(iv, data_key, info)
            recordings.append(_recording(call, keys.batch, sealed))
        by = self.actor.person.id
        said = (
            f'{{"at":"{format_instant(at)}","batch":"{keys.batch}","by":"{by}",'
            f'"items":[{",".join(items)}],"kind":"batch","vault":"{vault}"}}'
        ).encode()
        root = root_of([item.encode() for item in items]).hex()
        signed = said.replace(f'"items":[{",".join(items)}]'.encode(), f'"items":"{root}"'.encode())
        signature = primitives.sign(
            self.actor.identity.act, statement_context("batch", vault) + signed
        )
        statement = Statement(said, signed, signature, {"kind": "batch"})
        practice = replace(self.practice, now=lambda: at)
        made = Made(
            batch=intake_batch.batch_row(practice, keys, statement),
            at=at,
            statement=statement,
            recordings=recordings,
            metadata=metadata,
            macs=[(mac, call.number) for call in calls for mac in self._macs(call)],
            tokens=sorted(token for call in calls for token in self._tokens(call)),
        )
        self._hold_against_ingest(practice, made, calls[0], keys)
        return made

    def _stored(self, vault: Path, call: Drawn, data_key: bytes) -> Drawn:
        """A tenth of a second or so of noise, sealed into the store."""
        call = call._replace(ms=20 + call.ms % 160)
        form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
        head = b"RIFF" + struct.pack("<I", call.size_bytes - 8) + b"WAVEfmt " + form
        head += b"data" + struct.pack("<I", 16 * call.ms)
        sound, sealed = io.BytesIO(head + primitives.random_bytes(16 * call.ms)), io.BytesIO()
        sealer = StreamSealer(data_key, context("recording", self.practice.vault, uid=call.uid))
        done = seal_stream(sound, sealed, sealer, self.buffers)
        path = Path(recording_path(vault, done.sha256_ciphertext))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(sealed.getvalue())
        return call._replace(sha256=done.sha256_original, ciphertext=done.sha256_ciphertext)

    def _metadata(self, call: Drawn, shown: str) -> bytes:
        ends, written, began = call.ends, call.written, f"{call.began:%Y-%m-%dT%H:%M:%S}.000Z"
        return (
            f'{{"callee":"{ends[1]}","caller":"{ends[0]}","channels":1,'
            f'"ciphertext":"{call.ciphertext}","codec":"pcm16","contradiction":null,'
            f'"direction":"{call.direction}","duration_ms":{call.ms},'
            f'"extension":"{call.extension}","findings":[],"format":"wav",'
            f'"local_time":"{call.local_time}","number":"{call.e164}",'
            f'"parties":["{call.parties[0]}","{call.parties[1]}"],"provenance":['
            f'{{"modified_at":"{call.modified_at}","modified_ns":"{call.modified_ns}",'
            f'"name":"{call.path}"}}],'
            f'"raw_time":"{call.raw_time}","record":null,"said":{{"callee":"{written[1]}",'
            f'"caller":"{written[0]}","direction":"{call.direction}",'
            f'"extension":"{call.extension}","started_at":"{call.raw_time}","system":"acme",'
            f'"unique_id":"{call.unique_id}"}},"sample_rate":8000,"sha256":"{call.sha256}",'
            f'"shown":[{shown}],"sides":[],"size_bytes":{call.size_bytes},"started_at":"{began}",'
            f'"system":"sidecar","time_confidence":"utc-proven","uid":"{call.uid}",'
            f'"unique_id":"{call.unique_id}","utc_offset_minutes":{call.east},'
            f'"zone":"{ZONE}"}}'
        ).encode()

    def _macs(self, call: Drawn) -> Iterator[bytes]:
        sha256, path = bytes.fromhex(call.sha256), call.path
        sight = (
            f'sight{{"modified_ns":"{call.modified_ns}","name":"{path}",'
            f'"size_bytes":{call.size_bytes}}}'
        )
        told = {
            "extension": call.extension,
            "numbers": [call.e164],
            "parties": sorted(call.parties),
            "timed": True,
            "unique_id": call.unique_id,
        }
        facts = canonical({name: value for name, value in told.items() if value})
        of_sound = (b"name" + sha256 + path.encode(), b"call" + sha256 + facts)
        for data in (sha256, *of_sound, sight.encode()):
            yield primitives.mac(self._mac_key, data)[:MAC_BYTES]

    def _tokens(self, call: Drawn) -> set[tuple[int, int, int, int]]:
        part = index.part_of(call.began)
        slot = index.Slots.at(call.began, self.widths[part])
        values = [(index.TokenKind.TAIL, call.e164[-4:])]
        values += [(index.TokenKind.EXTENSION, call.extension)]
        values += [
            (index.TokenKind.PARTY, word) for name in call.parties for word in self._words(name)
        ]
        return {
            (part, int(kind), token, call.number)
            for kind, value in values
            for token in index.tokens_in(slot, kind, value, [self._uncut])
        }

    def _hold_against_ingest(
        self, practice: Practice, made: Made, call: Drawn, keys: BatchKeys
    ) -> None:
        """The first call of the batch is what ingest would have written."""
        vault, taken = practice.vault, self._taken(call)
        fields = {**intake_batch._fields(taken), "provenance": intake_batch._provenance([taken])}
        number, _, _, sealed = made.metadata[0]
        info = context("metadata", vault, uid=call.uid, revision=1)
        padded = primitives.open_sealed(keys.catalogue, sealed, info)
        opened = padded.rstrip(b"\0")
        assert len(padded) == 32 + -(-len(opened[32:]) // PADDED_TO) * PADDED_TO
        (shown,) = parse(opened[32:])["shown"]
        expected = {**fields, "shown": [shown_of(fields, 1, shown["nonce"])]}
        assert opened[32:] == canonical(expected)
        row = intake_batch._recording_row(vault, keys, taken)
        info = context("data-key", vault, batch=keys.batch, uid=call.uid)
        key_at = 1 + _COLUMNS.index("data_key")
        primitives.open_sealed(keys.recordings, made.recordings[0][key_at], info)
        row["data_key"] = made.recordings[0][key_at]
        assert made.recordings[0] == (number, *(row[column] for column in _COLUMNS))
        macs = {mac for mac, of in made.macs if of == number}
        assert macs == self._duplicates.to_write(taken, [taken.call], is_new=True)
        indexed = intake_batch._indexed(number, taken.call, {"record": None})
        part, tokens = index.part_of(call.began), {t for t in made.tokens if t[3] == number}
        assert tokens == {
            (part, kind, token, number)
            for slot in (index.Slots.at(call.began, self.widths[part]),)
            for kind, value in index._values(indexed)
            for token in index.tokens_in(slot, kind, value, [self._uncut])
        }
        said = read_statement(made.statement.body, made.statement.signature, vault)
        assert self.actor.identity is not None
        check_statement(said, self.actor.identity.public.act)
        item = intake_batch._Revision(
            call.uid,
            1,
            call.ciphertext,
            SealedMetadata(
                sealed, commitment(opened[:32], opened[32:]), shown_commitment(expected)
            ),
        )
        assert said.fields["items"][0] == item.as_item()

    def _taken(self, call: Drawn) -> Taken:
        name = Path(call.path)
        mark = Mark(64_768, call.number, call.size_bytes, call.modified_ns, call.modified_ns)
        ends, written, raw = call.ends, call.written, call.raw_time
        told = Call(
            system=System.SIDECAR,
            direction=call.direction,
            caller=ends[0],
            callee=ends[1],
            number=call.e164,
            extension=call.extension,
            parties=call.parties,
            started_at=call.began,
            local_time=call.local_time,
            time_confidence=TimeConfidence.UTC_PROVEN,
            raw_time=raw,
            zone=str(ZONE),
            utc_offset_minutes=call.east,
            contradiction=None,
            unique_id=call.unique_id,
            sides=(),
            why="",
            said={
                "started_at": raw,
                "direction": str(call.direction),
                "caller": written[0],
                "callee": written[1],
                "extension": call.extension,
                "unique_id": call.unique_id,
                "system": "acme",
            },
        )
        return Taken(
            source=Source(name, name.parent, mark),
            mark=mark,
            modified_at=call.ended,
            uid=call.uid,
            data_key=bytes(32),
            call=told,
            sound=Sound("wav", "pcm16", 8000, 1, call.ms),
            sealed=Sealed(call.size_bytes, call.sha256, call.ciphertext),
        )


def _evening(day: Day) -> datetime:
    """When the batch comes in; the second of a day a moment after the first."""
    midnight = datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC)
    return midnight + timedelta(hours=21, milliseconds=day.first % 1000)


def _clock(seconds: int) -> str:
    """Of the day: ``09:05:00``."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _item(call: Drawn, committed: str, shown: str) -> str:
    return (
        f'{{"ciphertext":"{call.ciphertext}","metadata":"{committed}","revision":1,'
        f'"shown":"{primitives.sha256(shown.encode()).hex()}","uid":"{call.uid}"}}'
    )


def _shown(call: Drawn, nonce: str) -> str:
    return (
        f'{{"matched":false,"nonce":"{nonce}","revision":1,"sha256":"{call.sha256}",'
        f'"started_at":"{call.began:%Y-%m-%dT%H:%M:%S}.000Z","system":"sidecar",'
        '"time_confidence":"utc-proven"}'
    )


def _recording(call: Drawn, batch: str, data_key: bytes) -> tuple[Any, ...]:
    started = int(call.began.timestamp()) * 1000
    return (
        call.number,
        call.uid,
        batch,
        data_key,
        call.ciphertext,
        started,
        call.ms,
        str(call.direction),
        call.size_bytes,
        "wav",
        "live",
    )


_COLUMNS: Final = (
    "uid", "batch", "data_key", "ciphertext", "started_at", "duration_ms", "direction",
    "size_bytes", "format", "state",
)  # fmt: skip


def fill(folder: Path, recordings: int, years: float, *, sealed: bool) -> None:
    """Found the vault and fill it; ``practice.by`` acts in it as dora."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "callrec.toml").write_text(SETTINGS, encoding="utf-8")
    password_file = folder / f"{LOGIN}.password"
    password_file.touch(mode=0o600)
    password_file.write_text(f"{PASSWORDS[LOGIN]}\n", encoding="utf-8")
    plan = days_of(recordings, years)
    clock = Clock(datetime(plan[0].day.year, plan[0].day.month, plan[0].day.day, tzinfo=UTC))
    config, environ = config_of(folder), {"XDG_STATE_HOME": str(folder / "state")}
    set_up_practice(
        config,
        practice_name="Hama Medical Centre",
        login=LOGIN,
        full_name="Dora Whitlock",
        password=PASSWORDS[LOGIN],
        now=clock,
        environ=environ,
    )
    practice = open_practice(config, clock, environ)
    actor = actor_by_password(practice, login=LOGIN, password=PASSWORDS[LOGIN])
    store = config.vault if sealed else None
    maker = Maker(practice, actor, people_of(recordings, years), store)
    begun = time.perf_counter()
    with practice.engine.connect() as connection:
        indexes = _make_ready(connection, folder)
        maker.widths = _open_parts(connection, plan)
        for place, made in enumerate(_made(maker, plan), 1):
            clock.at = made.at
            _write(connection, practice, actor, made)
            if place % AT_ONCE == 0:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("BEGIN")
                done = made.recordings[-1][0]
                rate = done / (time.perf_counter() - begun)
                print(f"{done:,} of {recordings:,}, {rate:,.0f} a second", flush=True)
        connection.exec_driver_sql("COMMIT")
        print(f"rows: {time.perf_counter() - begun:.0f} s", flush=True)
        _settle(connection, indexes)
        _sign_for_rows(connection, practice, actor)
    practice.engine.dispose()
    (folder / "macs.sqlite").unlink()
    os.sync()
    took = time.perf_counter() - begun
    size = (config.vault / FILE_NAME).stat().st_size
    print(
        f"{recordings:,} recordings in {took:.0f} s, {recordings / took:,.0f} a second;"
        f" {size / 1e9:.2f} GB, {size / recordings:,.0f} bytes a recording"
    )


def write_plain_table(file: Path, recordings: int, years: float) -> None:
    """The same calls in a table of SQLite as anybody would make it, in the clear."""
    people = people_of(recordings, years)
    with closing(sqlite3.connect(file)) as table:
        table.executescript("""
            PRAGMA journal_mode=OFF;
            PRAGMA synchronous=OFF;
            CREATE TABLE calls(id INTEGER PRIMARY KEY, number TEXT, extension TEXT, direction TEXT,
                start INTEGER, duration INTEGER, caller_name TEXT, callee_name TEXT);
        """)
        for day in days_of(recordings, years):
            rows = (
                (
                    each.number,
                    each.e164,
                    each.extension,
                    str(each.direction),
                    int(each.began.timestamp()),
                    each.ms // 1000,
                    *each.parties,
                )
                for each in drawn(day, people)
            )
            table.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        table.commit()
        table.executescript("""
            CREATE INDEX calls_number_start ON calls(number, start);
            CREATE INDEX calls_start ON calls(start);
            ANALYZE;
        """)


def config_of(folder: Path) -> Config:
    """What ``callrec.toml`` there says."""
    return load_config(folder / "callrec.toml", {}, None)


@dataclass(slots=True)
class Clock:
    """Stands where the batch that is being written stands."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def _made(maker: Maker, plan: Sequence[Day]) -> Iterator[Made]:
    """Every batch in order, made by other processes; only a few wait."""
    waiting = threading.Semaphore(AHEAD)

    def paced() -> Iterator[Day]:
        for day in plan:
            waiting.acquire()
            yield day

    with get_context("fork").Pool(PROCESSES, _inherit, (maker,)) as pool:
        for made in pool.imap(_make, paced()):
            waiting.release()
            yield made


_mine: list[Maker] = []


def _inherit(maker: Maker) -> None:
    maker.buffers = Buffers()
    _mine.append(maker)


def _make(day: Day) -> Made:
    return _mine[0].make(day)


def _make_ready(connection: Connection, folder: Path) -> Sequence[str]:
    """Returns the statements that make the indexes of ``recording`` again."""
    run = connection.exec_driver_sql
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "foreign_keys=OFF",
        "secure_delete=OFF",
        "cache_size=-1500000",
        "temp_store=FILE",
    ):
        run(f"PRAGMA {pragma}")
    rows = run(
        "SELECT name, sql FROM sqlite_master"
        " WHERE type = 'index' AND tbl_name = 'recording' AND sql IS NOT NULL"
    ).all()
    for row in rows:
        run(f'DROP INDEX "{row.name}"')
    run("ATTACH ? AS aside", (str(folder / "macs.sqlite"),))
    run("PRAGMA aside.journal_mode=OFF")
    run("PRAGMA aside.synchronous=OFF")
    watch(connection)
    for (name,) in run("SELECT name FROM sqlite_temp_master WHERE type = 'trigger'").all():
        run(f'DROP TRIGGER temp."{name}"')  # all rows are signed for together, by `_sign_for_rows`
    run("CREATE TABLE aside.mac (mac BLOB NOT NULL, recording INTEGER NOT NULL)")
    run("BEGIN")
    return [row.sql for row in rows]


def _open_parts(connection: Connection, plan: Sequence[Day]) -> Mapping[int, int]:
    """The parts, counted; no call begins so near to midnight that its month is another in UTC."""
    counts: dict[int, int] = {}
    for day in plan:
        part = day.day.year * 12 + day.day.month - 1
        counts[part] = counts.get(part, 0) + day.calls
    return index._grow(connection, counts)


def _write(connection: Connection, practice: Practice, actor: Actor, made: Made) -> None:
    run = connection.exec_driver_sql
    act = LogTransaction(connection, replace(practice.log, now=practice.now), actor.signer)
    act.leaf(
        "ingest",
        actor=actor.person.id,
        subject=[made.batch["id"]],
        details={
            "duplicates": 0,
            "names": 0,
            "recorded": 0,
            "recordings": len(made.recordings),
        },
        statement=made.statement,
    )
    act.checkpoint(actor.signer)
    connection.execute(tables.batch.insert().values(made.batch))
    run(f"INSERT INTO recording (id, {', '.join(_COLUMNS)}) VALUES ({_marks(11)})", made.recordings)
    run(f"INSERT INTO metadata VALUES ({_marks(4)})", made.metadata)
    run(f"INSERT INTO token VALUES ({_marks(4)})", made.tokens)
    run(f"INSERT INTO aside.mac VALUES ({_marks(2)})", made.macs)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _settle(connection: Connection, indexes: Sequence[str]) -> None:
    run = connection.exec_driver_sql
    run("INSERT INTO duplicate SELECT mac, recording FROM aside.mac ORDER BY mac")
    for each in indexes:
        run(each)
    run("DETACH aside")


def _sign_for_rows(connection: Connection, practice: Practice, actor: Actor) -> None:
    """Sign for each row with the batch that it came with, as its own transaction would have."""
    run, name = connection.exec_driver_sql, origin(practice.vault)
    sizes = (
        "SELECT {}, leaf.seq + 1 FROM batch JOIN leaf ON leaf.statement = batch.statement"
        " {} ORDER BY 1"
    )
    of_batch = dict(map(tuple, run(sizes.format("batch.id", ""))))
    joined = "JOIN recording ON recording.batch = batch.id"
    of_batch_sizes = {*of_batch.values()}
    of_recording = array("q", [size for _, size in run(sizes.format("recording.id", joined))])
    run("BEGIN")
    for table in signed_tables().values():
        for key, lines, signed in sqlite_connection(connection).execute(table.every()):
            if signed is None:
                size = min(of_batch_sizes)
                if table.name == "recording":
                    size = of_recording[int(key) - 1]
                row = (table.name, key, of_batch.get(key, size), None, digest(lines))
                run("INSERT INTO written VALUES (?, ?, ?, ?, ?)", row)
    every = run("SELECT size, name, key, was, now FROM written ORDER BY 1, 2, 3")
    for size, rows in groupby(every, key=lambda row: row.size):
        if size in of_batch_sizes:
            signed_rows = rows_digest([WrittenRow(*row[1:]) for row in rows])
            root = tree.root(size, node_reader(connection))
            note = sign_checkpoint(Checkpoint(name, size, root, signed_rows), actor.signer.seed)
            run("UPDATE checkpoint SET note = ? WHERE size = ?", (note, size))
    run("COMMIT")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("recordings", type=int)
    parser.add_argument("--years", type=float, default=10)
    parser.add_argument("--sealed", action="store_true", help="with the sealed files")
    given = parser.parse_args()
    fill(given.folder, given.recordings, given.years, sealed=given.sealed)


if __name__ == "__main__":
    main()
