"""What comes from a telephone system, or from anyone who writes into its folder."""

from __future__ import annotations

import base64
import io
import json
import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from callrec.crypto.openssh import read_allowed_signers
from callrec.errors import CallrecError, Unusable
from callrec.intake.bundle import open_bundle
from callrec.intake.preview import preview_found
from callrec.package.callrec_verify import Unchecked, Wrong, check_ssh, unarmoured
from callrec.sound.child import MessageKind, Undecodable
from callrec.sound.coding import SampleFormat, _counted, _form
from callrec.sound.decoder import reader_for
from callrec.system.name_pattern import NamePattern, check_pattern, check_times
from callrec.telephone.call import Leg
from callrec.telephone.manifest import Form, ManifestRow, read_manifest
from callrec.telephone.number import dialled, e164, is_extension, is_withheld, party
from callrec.telephone.reading import read_name, read_sidecar
from callrec.telephone.records.reading import read_description, read_records
from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio
from callrec.telephone.sums import SumKind, read_own_sum, read_sums
from callrec.telephone.written import Setup
from fuzzing.target import Target
from house.exports import MAP as EXPORT_MAP
from house.exports import Row, a_list, an_export, as_json
from telephone.small_sounds import SOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTORS: Final = Path(__file__).parents[2] / "tests/vectors/telephone"

LONDON: Final = ZoneInfo("Europe/London")

SETUPS: Final = (
    Setup(zone=LONDON, outside_prefixes=("9",)),
    Setup(zone=LONDON, extensions=((200, 299),)),
    Setup(zone=ZoneInfo("America/New_York")),
)

UNTIL: Final = date(2025, 6, 30)

SUFFIXES: Final = ("wav", "mp3", "ulaw", "alaw", "raw", "sln16", "gsm", "g729", "g722", "ogg", "")


TIMES: Final = (
    *(b"2025-10-26 01:30:00", b"2025-03-30 01:30:00", b"0001-01-01 00:00:00", b"23:59:60"),
    *(b"9999-12-31T23:59:59+14:00", b"1748854800.17", b"4102444800000", b"20250602-100000"),
)


def _cases(folder: Path) -> Iterator[dict[str, object]]:
    for path in sorted(folder.rglob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        if isinstance(case, dict):
            yield case


def _name(data: bytes) -> None:
    path = PurePath(os.fsdecode(data))
    for setup in SETUPS:
        call = read_name(path, setup)
        if call is not None:
            assert call.started_at.tzinfo is UTC
            repr(call).encode()


def _names() -> Iterator[bytes]:
    return (os.fsencode(str(case["name"])) for case in _cases(VECTORS) if "name" in case)


def _records(data: bytes) -> None:
    for setup in SETUPS:
        try:
            for row in read_records(io.BytesIO(data), setup, until=UNTIL):
                if isinstance(row, Leg):
                    assert row.call.started_at.tzinfo is UTC
                    assert not {"/", "\\"} & {*row.recording}
                    assert row.recording.isprintable()
                    began = row.answered_at or row.call.started_at
                    assert began + timedelta(milliseconds=row.talk_ms or 0) >= began
                    repr(row).encode()
        except Unusable:
            pass
        read_description(data.partition(b"\n")[0], setup)


def _record_files() -> Iterator[bytes]:
    for case in _cases(VECTORS / "records"):
        if isinstance(lines := case.get("lines"), list):
            yield "\n".join(lines).encode()


def _sidecar(data: bytes) -> None:
    for setup in SETUPS:
        try:
            call = read_sidecar(data, setup)
        except Unusable:
            continue
        assert call.started_at.tzinfo is UTC
        repr(call).encode()


def _sidecars() -> Iterator[bytes]:
    started = {"started_at": "2024-10-27T01:30:00+01:00"}
    yield json.dumps(started).encode()
    ends = {"caller": "+44 (0)20 7946 0123", "callee": "201", "extension": "201"}
    yield json.dumps({**started, **ends, "direction": "inbound"}).encode()
    others = {"parties": ["Ann", "B"], "unique_id": "1.2", "system": "x", "caller_told": "yes"}
    yield b"\xef\xbb\xbf" + json.dumps({"started_at": "2024-03-31 01:30", **others}).encode()


def _sums(data: bytes) -> None:
    for kind in SumKind:
        with suppress(Unusable):
            for name, values in read_sums(data, kind).items():
                assert name
                assert values
                assert all(len(value) == kind.digits for value in values)
        with suppress(Unusable):
            bytes.fromhex(read_own_sum(data, kind, "call.wav"))


def _all_sums() -> Iterator[bytes]:
    for kind in SumKind:
        value = "0a" * (kind.digits // 2)
        yield f"{value}  call.wav\n{value} *./another.wav\r\n".encode()
        yield f"\ufeff{kind.upper()} (call.wav) = {value}\n{value}".encode()
        yield value.encode()


def _word(data: bytes) -> None:
    """A signature beside a recording; none that is made up is of a sound."""
    with suppress(Wrong, Unchecked):
        check_ssh(data.decode("ascii", "replace"), "ab" * 32, None)
        raise AssertionError("a signature of nothing")
    assert isinstance(unarmoured(data), bytes)


def _words() -> Iterator[bytes]:
    begin, end = (f"-----{word} SSH SIGNATURE-----\n" for word in ("BEGIN", "END"))
    key = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
    made = b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + bytes(64)
    parts = (key, b"callrec-recording", b"", b"sha256", made)
    blob = b"SSHSIG\0\0\0\1" + b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    yield f"{begin}{base64.b64encode(blob).decode()}\n{end}".encode()
    for name in ("armoured.asc", "binary.sig", "certificate.asc"):
        yield (VECTORS.parent / "recorder" / name).read_bytes()


def _signers(data: bytes) -> None:
    try:
        signers = read_allowed_signers(data.decode("utf-8", "replace"))
    except ValueError:
        return
    for each in signers:
        assert each.name.isascii()
        assert each.fingerprint.startswith("SHA256:")


def _all_signers() -> Iterator[bytes]:
    key = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
    yield f"pbx ssh-ed25519 {key}\n".encode()
    options = (
        'namespaces="file,callrec-recording",valid-after="20260101",valid-before="202701011200Z"'
    )
    yield f"# ours\n\npbx {options} ssh-ed25519 {key} comment\n".encode()


def _supplier_list(data: bytes) -> None:
    for form in (EXPORT_MAP, replace(EXPORT_MAP, form=Form.JSON)):
        try:
            rows = list(read_manifest(data, form))
        except Unusable:
            continue
        for row in rows:
            repr(row).encode()
            if isinstance(row, ManifestRow):
                assert all(row.call(setup).started_at.tzinfo is UTC for setup in SETUPS)


def _supplier_lists() -> Iterator[bytes]:
    yield a_list(_EXPORTED)
    yield as_json(_EXPORTED)


def _export(data: bytes) -> None:
    descriptor = os.memfd_create("export")
    try:
        os.write(descriptor, data)
        path = Path(f"/proc/self/fd/{descriptor}")
        with open_bundle(path, EXPORT_MAP, today=date.max) as bundle:
            list(preview_found(bundle.found, SETUPS[0], now=datetime.now(UTC)))
    except CallrecError:
        pass
    finally:
        os.close(descriptor)


def _exports() -> Iterator[bytes]:
    with TemporaryDirectory() as folder:
        yield an_export(Path(folder) / "e.zip", _EXPORTED).read_bytes()


_EXPORTED: Final = (
    Row("1.wav", reference="C-1", sha256="0" * 64),
    Row("2.wav", time="2024-10-27 01:30:00+01:00", number="+44 20 7946 0123"),
)


def _sound(data: bytes) -> None:
    suffix, content = SUFFIXES[data[0] % len(SUFFIXES)] if data else "", data[1:]
    try:
        sound = inspect(io.BytesIO(content), len(content), f".{suffix}")
    except NotAudio:
        pass
    else:
        assert sound.findings <= {*Finding}
        assert sound.duration_ms >= 0
    reader_for(lambda place, length: content[place : place + length], len(content), suffix)


def _sounds() -> Iterator[bytes]:
    for name, content in SOUNDS.items():
        own = name.rpartition(".")[2]
        yield bytes([SUFFIXES.index(own) if own in SUFFIXES else 0]) + content[:8000]


def _number(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    is_withheld(text)
    number = e164(text)
    assert number is None or e164(number) == number
    assert (dialled(text, ("9", "0")) == text) or number is None
    is_extension(text, ())
    is_extension(text, ((200, 299),))
    party(text)


def _numbers() -> Iterator[bytes]:
    yield from (b"020 7946 0123", b"+44 (0)20 7946 0123", b"00442079460123", b"999", b"116123")
    yield from (
        b"9020 7946 0123",
        b"203",
        b"anonymous",
        b"+266696687",
        "\uff10\uff12\uff10 7946 0123".encode(),
    )
    yield b'"Jo" <sip:+442079460123@host;user=phone>'


def _template(data: bytes) -> None:
    """A line with the pattern, one with the form of its times, and a name."""
    pattern, times, name = [*data.decode("utf-8", "replace").split("\n", 2), "", ""][:3]
    try:
        check_pattern(pattern)
        check_times([times])
    except ValueError:
        return
    found = NamePattern(pattern, (times,)).find(name)
    assert found is None or (found.local or found.instant)


def _templates() -> Iterator[bytes]:
    yield b"(?P<date>\\d{8})-(?P<time>\\d{6})-(?P<party>.*)\n%Y%m%d %H%M%S\n20240102-030405-201"
    yield b"call_(?P<epoch>[0-9]+)_(?P<direction>in|out)\n%Y%m%d %H%M%S\ncall_1748854800_in"
    yield b"(?P<date>.+)\\.wav\n%d %b %Y %I %p %M %S %f %z\n2 Jan 2024 03 PM 04 05 0 +0100.wav"


def _facts(data: bytes) -> None:
    try:
        _counts(data)
        form = _form((MessageKind.FACTS, data))
    except Undecodable:
        return
    assert isinstance(form, SampleFormat)
    assert 0 < form.max_bytes <= 2**32


def _counts(data: bytes) -> None:
    try:
        counted = _counted((MessageKind.FACTS, data))
    except Undecodable:
        return
    assert counted.codec.isascii()
    assert min(counted.duration_ms, counted.claimed_ms, counted.spoilt) >= 0


TARGETS: Final = (
    Target(
        name="names",
        reads="the name of a recording's file, as any telephone system or stranger gives it",
        holds="a call's time is in UTC; nothing in it fails to print",
        one=_name,
        seeds=_names,
        longest=300,
        words=TIMES,
    ),
    Target(
        name="call-records",
        reads="a file of call records in each of the forms that are known, and a recording's own",
        holds="times are in UTC; the name of a recording has no slash and is printable",
        one=_records,
        seeds=_record_files,
        longest=8192,
        words=(*TIMES, b'""', b"\r\n", b"null", b"1e309", b"\\ud800", b"anonymous"),
    ),
    Target(
        name="sidecar",
        reads="the JSON file beside a recording",
        holds="times are in UTC; nothing in it fails to print",
        one=_sidecar,
        seeds=_sidecars,
        words=(*TIMES, b'"direction":', b'"outbound"', b'"internal"', b"\\ud800", b"null"),
    ),
    Target(
        name="sums",
        reads="the checksums beside recordings, of one or of a folder",
        holds="each checksum that is read is whole, and has a name",
        one=_sums,
        seeds=_all_sums,
        words=(b"MD5 (", b"SHA256 (", b") = ", b" *", b"call.wav", b"0a" * 16, b"0a" * 32),
    ),
    Target(
        name="recorder-signatures",
        reads="a signature beside a recording, OpenSSH's or OpenPGP's",
        holds="none that is made up is taken for one of a sound",
        one=_word,
        seeds=_words,
        words=(b"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTk", b"-----BEGIN PGP SIGNATURE-----"),
    ),
    Target(
        name="allowed-signers",
        reads="the lines that name whose signatures count",
        holds="what is taken has a plain name and a key with a fingerprint",
        one=_signers,
        seeds=_all_signers,
        words=(b'valid-before="', b'namespaces="', b"cert-authority", b"ssh-ed25519 "),
    ),
    Target(
        name="supplier-lists",
        reads="the list in a supplier's export, as CSV and as JSON",
        holds="times are in UTC; nothing in it fails to print",
        one=_supplier_list,
        seeds=_supplier_lists,
        longest=4096,
        words=(*TIMES, b'""', b"\r\n", b"NaN", b"\\ud800", b"=1", b"+44", b'"file":'),
    ),
    Target(
        name="exports",
        reads="a supplier's export: a zip with its list and its sounds",
        holds="what is in it is read or named",
        one=_export,
        seeds=_exports,
        longest=8192,
        words=(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"\xff\xff\xff\xff", b"../"),
    ),
    Target(
        name="sound",
        reads="a recording: the headers of every kind of sound, by content or by suffix",
        holds="a sound, or the reason why it is none; FFmpeg's reader is one of those allowed",
        one=_sound,
        seeds=_sounds,
        longest=8192,
        words=(
            b"RIFF",
            b"data",
            b"fmt ",
            b"OggS",
            b"fLaC",
            b"ftyp",
            b"moov",
            b"stsd",
            b"ds64",
            b"mdhd",
            b"A_OPUS",
            b"\x1a\x45\xdf\xa3",
        ),
    ),
    Target(
        name="numbers",
        reads="one end of a call in any spelling",
        holds="what comes out goes in again unchanged; a public number loses no digit",
        one=_number,
        seeds=_numbers,
        longest=512,
        words=(b"sip:", b"tel:", b"+44", b"anonymous", b";ext=", "\u2010".encode()),
    ),
    Target(
        name="templates",
        reads="a name held against a pattern and a form of times from a configuration",
        holds="what was checked never raises, and finds a time or nothing",
        one=_template,
        seeds=_templates,
        longest=600,
        words=(b"(?P<date>", b"(?P<time>", b"(?P<epoch>", b"\\d{8}", b"%Y", b"%z", b"%p", b"%f"),
    ),
    Target(
        name="decoder",
        reads="what a confined decoder that was taken over says of a sound",
        holds="rate, channels and length within their bounds",
        one=_facts,
        seeds=lambda: (b'{"sample_rate":8000,"channels":1,"expected":80}', b'{"channels":2}'),
        longest=600,
        words=(b'"sample_rate":', b'"channels":', b'"expected":', b"true", b"null"),
    ),
)
