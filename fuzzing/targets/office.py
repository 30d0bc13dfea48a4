"""What the practice's own machine holds, and what people type."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from callrec.audit.log import Head
from callrec.audit.remembered import VERIFIED_FILE, load_seen_head, load_verified, save_seen_head
from callrec.config import Config, load_config
from callrec.crypto.kit import kit_pages, kit_words, read_kit
from callrec.errors import Misconfigured, Tampered, Unusable
from callrec.login.keyring import (
    Credential,
    Session,
    open_session,
    read_credential,
    save_session,
    write_credential,
)
from callrec.package.callrec_verify import fits, read_pin
from callrec.policy.days import parse_day, parse_instant, parse_times
from callrec.policy.edits import (
    TypedEdit,
    edits_by_recording,
    format_edits,
    read_clip,
    read_edits,
    read_silence,
)
from callrec.settings import Settings, read_settings
from callrec.system.posix.drives import mounted
from callrec.system.spreadsheet import neutralise_formula
from callrec.system.toml import read_toml, toml_lines
from fuzzing.place import laid, place
from fuzzing.target import Target
from vectors.crypto.cases import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHECKOUT: Final = Path(__file__).parents[2]

LONDON: Final = ZoneInfo("Europe/London")

TODAY: Final = date(2026, 8, 7)

NOW: Final = datetime(2026, 8, 7, 10, 15, tzinfo=UTC)

VAULT: Final = "22" * 16

SEED: Final = bytes(range(32))

PERSON: Final = "11" * 16

READERS: Final[Mapping[str, Callable[[str], TypedEdit]]] = {
    "clip": read_clip,
    "silence": read_silence,
}

FORMULAS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def _config(data: bytes) -> None:
    file = laid(place("config") / "config.toml", data)
    with suppress(Misconfigured):
        config = load_config(file, {}, None)
        assert isinstance(config, Config)
        assert config.vault.is_absolute()
    with suppress(Misconfigured):
        settings = Settings().changed_by(read_toml(file), file)
        assert read_settings(settings.as_json()) == settings
        shown = laid(file, "\n".join(toml_lines(settings.as_toml())).encode())
        assert Settings().changed_by(read_toml(shown), shown) == settings


def _configs() -> Iterator[bytes]:
    for example in ("config.example.toml", "settings.example.toml"):
        whole = (CHECKOUT / example).read_bytes()
        yield whole
        lines = [line.removeprefix(b"# ") for line in whole.split(b"\n")]
        yield b"\n".join(line for line in lines if b" = " in line or line.startswith(b"["))
    yield b"".join(b"[telephone.template]\n" for _ in range(2))
    yield b'vault = "~/vault"\n[ingest]\nsettle_seconds = 2\n'
    yield b'time_zone = "Europe/London"\n[search]\nwidest_window_days = 2\n'
    yield b'[[notices]]\nkind = "website"\nversion = "1"\nfrom = 2026-01-01\ntext = "a\\nb"\n'
    yield (
        b"[[telephone.template]]\nname = \"x\"\npattern = '(?P<epoch>\\d+)_(?P<party>.*)'\n"
        b'examples = ["1748854800_201"]\ninbound = ["in"]\n'
    )


def _credential(data: bytes) -> None:
    try:
        credential = read_credential(laid(place("credential") / "intake.json", data))
    except Misconfigured:
        return
    assert {type(credential.vault), type(credential.person)} == {str}
    assert (len(credential.root), len(credential.seed)) == (32, 32)
    assert SEED.hex() not in repr(credential)


def _credentials() -> Iterator[bytes]:
    file = place("seed") / "intake.json"
    if not file.exists():
        write_credential(file, Credential(vault=VAULT, person=PERSON, root=SEED, seed=SEED))
    yield file.read_bytes()


TERMINAL: Final = "5e" * 32


@cache
def _kept() -> tuple[Path, bytes]:
    """Where a session lies, and what is in it."""
    made = Session(VAULT, TERMINAL, TERMINAL, "dora", SEED, SEED, NOW)
    save_session(made, {"XDG_RUNTIME_DIR": str(place("session"))})
    (file,) = (place("session") / "callrec").iterdir()
    return file, file.read_bytes()


def _session(data: bytes) -> None:
    file, _ = _kept()
    laid(file, data)
    session = open_session(VAULT, TERMINAL, NOW, {"XDG_RUNTIME_DIR": str(place("session"))})
    if session is None:
        return
    assert (session.vault, session.place) == (VAULT, TERMINAL)
    assert {type(session.certificate), type(session.login)} == {str}
    assert {len(session.root), len(session.secret)} == {32}


def _sessions() -> Iterator[bytes]:
    yield _kept()[1]


def _remembered(data: bytes) -> None:
    folder = place("state")
    laid(folder / "head.json", data)
    laid(folder / VERIFIED_FILE, data)
    with suppress(Tampered):
        found = load_seen_head(folder)
        assert found is not None
        assert type(found.head.size) is int
        assert found.head.size >= 0
        assert len(found.head.root) == len(SEED)
        assert type(found.seen_at) is str
    seen = load_verified(folder)
    assert seen is None or 0 < seen.signed <= seen.head.size


def _remembered_files() -> Iterator[bytes]:
    folder = place("remembered")
    save_seen_head(folder, Head(7, SEED), "2026-08-07T10:15:00.000Z")
    yield (folder / "head.json").read_bytes()
    yield json.dumps(
        {"root": "aa" * 32, "signatures": "x", "signed": 5, "size": 7, "stated": "y"}
    ).encode()


def _mounts(data: bytes) -> None:
    found = list(mounted(data))
    assert len(found) <= data.count(b"\n") + 1
    assert all(device for device, _, _ in found)


def _typed_dates(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    with suppress(Unusable):
        day = parse_day(text, TODAY)
        assert parse_day(day.isoformat(), TODAY) == day
    with suppress(Unusable):
        times = parse_times(text)
        assert times.first <= times.last
        first, last = times.bounds(TODAY, LONDON)
        assert first < last
    with suppress(Unusable):
        at = parse_instant(text, LONDON, TODAY)
        assert parse_instant(at.isoformat(), LONDON, TODAY) == at


def _typed_edits(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for read in READERS.values():
        with suppress(Unusable):
            edits = edits_by_recording([read(text)], [1, 42]).get(42)
            if edits is not None:
                ((kind, said),) = format_edits(edits)
                assert edits_by_recording([READERS[kind](said)], [42])[42] == edits
                assert read_edits(edits.as_json()) == edits
    with suppress(Unusable, KeyError, TypeError, ValueError, RecursionError):
        read_edits(json.loads(data))


def _kit(data: bytes) -> None:
    with suppress(Unusable):
        seed = read_kit(data.decode("utf-8", "surrogateescape"))
        assert len(seed) == len(SEED)
        assert read_kit(kit_words(seed)) == seed
    with suppress(ValueError):
        pin = read_pin([data.decode("utf-8", "surrogateescape")])
        assert fits(pin, "hash")


def _kits() -> Iterator[bytes]:
    yield from (case.body for case in cases("kit"))
    one, two, _ = kit_pages(SEED, split=True)
    yield f"{one}\n{two}".encode()
    yield b"abdbe8bf 16331b8a 706e166f c805a406 6d035400 43761a91 d8bafb2a d09e1ec4"


def _cell(data: bytes) -> None:
    text = neutralise_formula(data.decode("utf-8", "surrogateescape"))
    assert neutralise_formula(text) == text
    assert not text.startswith(FORMULAS)
    text.encode()


TARGETS: Final = (
    Target(
        name="config",
        reads="config.toml and a file of settings, by anyone",
        holds="the vault's place is absolute; settings are read as they were shown and signed",
        one=_config,
        seeds=_configs,
        longest=12_000,
        words=(
            b"[[telephone.template]]\n",
            b'"~x/y"',
            b"[mail]\n",
            b"= [[",
            b"1979-05-27T07:32:00",
        ),
    ),
    Target(
        name="credential",
        reads="the credential of an intake service",
        holds="ids are text, keys have 32 bytes; it shows no key",
        one=_credential,
        seeds=_credentials,
        words=(b'"person":', b'"seed":', b"null", b"[]", b"1e999"),
    ),
    Target(
        name="session",
        reads="the session that a login left",
        holds="it is of this vault; ids are text, keys have 32 bytes",
        one=_session,
        seeds=_sessions,
        words=(b'"shares":', b'"version":', b'"index"', b"null", b"NaN", b"1e999"),
    ),
    Target(
        name="remembered",
        reads="the head of the log that an operator remembers, and how far they verified",
        holds="a head has a size and 32 bytes",
        one=_remembered,
        seeds=_remembered_files,
        words=(b'"size":', b'"root":', b"null", b"true", b"1e999"),
    ),
    Target(
        name="mounts",
        reads="the kernel's list of what is mounted, where other users name the folders",
        holds="a line tells of one at the most, which has a device",
        one=_mounts,
        seeds=lambda: (
            b"/dev/sda1 / ext4 rw,relatime 0 0\ntmpfs /run/user/0 tmpfs rw 0 0\n",
            b"x /home/m/a\\040b fuse.sshfs rw 0 0\n",
        ),
        longest=1000,
        words=(b"\xc2\x85", b"\xe2\x80\xa8", b"\r", b"\\040", b"\x1c", b" tmpfs rw 0 0\n"),
    ),
    Target(
        name="dates",
        reads="days, times and instants as people type them",
        holds="what is read reads back the same; times end after they begin",
        one=_typed_dates,
        seeds=lambda: (
            *(b"2024-01-04", b"4/1/2024", b"today", b"14:05", b"14:00-14:30"),
            *(b"2024-10-27T01:30+01:00", b"2024-01-04T14:05:00Z", b"2024-W05-1", b"23:50"),
        ),
        longest=200,
        words=(b"2024-10-27", b"T01:30", b"+00:00", b"yesterday", b"9999", b"0001", b"\xd9\xa3"),
    ),
    Target(
        name="edits",
        reads="spans to be clipped or silenced, as they are typed and as approvals list them",
        holds="what is read reads back the same, in either form",
        one=_typed_edits,
        seeds=lambda: (
            *(b"1:30-1:45", b"42@90-105.5", b"1:02:03-1:02:04.25=third-party/left/tone"),
            b'[{"what":"clip","from_ms":1,"to_ms":9}]',
        ),
        longest=400,
        words=(b"third-party", b"serious-harm", b"/right", b"/tone", b'"silence"', b'"ground":'),
    ),
    Target(
        name="kit",
        reads="a recovery kit's page or pages, or a fingerprint, as they are typed",
        holds="a seed has 32 bytes and reads back from its own page",
        one=_kit,
        seeds=_kits,
        longest=800,
        words=(b"academic", b"zero", b"AAAQM", b" "),
    ),
    Target(
        name="cells",
        reads="text that goes into a spreadsheet",
        holds="no cell begins like a formula; doing it twice is doing it once",
        one=_cell,
        seeds=lambda: (b"=1+1", b";=1", b"a;b ; -2", "\uff1dx".encode(), b"plain", b"\t@x"),
        longest=400,
        words=(b"=", b";", b'"', b"\xc2\xa0", b"\xe2\x80\xae", b"\xe2\x80\x8d", b"\xef\xbb\xbf"),
    ),
)
