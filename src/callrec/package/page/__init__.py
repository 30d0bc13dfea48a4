"""A package as one page [policy 4(e)-(g)].

The page is page.html with page.css and the four scripts beside this module, in the order of
``_SCRIPTS``. Everything of the release is sealed under the passphrase; what the page shows before
it is open is escaped here, what it shows afterwards its own code sets as text. A listener who is no
lawyer gets each call first, with what they can do with it; the certificate has the facts of the one
on paper.
"""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Final, TypeAlias

from callrec.crypto.canonical import canonical
from callrec.crypto.primitives import NONCE_BYTES, SALT_BYTES, pbkdf2, random_bytes, seal, sha256
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.package.certificate import (
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    Certificate,
    approval_in_words,
    basis_rows,
    edits_in_words,
    hash_in_lines,
    instant_in_words,
    length_in_words,
    nothing_withheld,
    place_in_words,
    size_in_words,
    sound_in_words,
    told_of_call,
)
from callrec.package.manifest import FileRole, ReleasedFile
from callrec.package.package import CERTIFICATE, NAMESPACE, READ_ME, RIGHTS, Member, sign_ssh
from callrec.package.sealed_page import page_statement
from callrec.package.texts import WHAT_IT_PROVES
from callrec.package.whole import PASSPHRASE_WORDS, sha256_of, unfinished_package, write_all
from callrec.policy.days import day_in_words, time_in_words

MAX_CONTENT_BYTES: Final = 64 << 20
"""Of what is in the package, 64 MiB: a browser takes six times as much memory to open it."""

ROUNDS: Final = 600_000
"""Of PBKDF2-HMAC-SHA-256: under half a second on a computer of 2026, some on an old telephone."""

_SCRIPTS: Final = ("sealed.js", "zip.js", "opened.js", "page.js")

_POLICY: Final = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src blob:; "
    "media-src blob:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing but the page's own script and style, and what it has opened itself. No text can become
markup: the last two forbid the browser to make any of it."""

_AS_DRAWN = re.compile(rf"[a-z]+( [a-z]+){{{PASSPHRASE_WORDS - 1}}}")

_ENCODED_AT_A_TIME = 3 << 18  # a multiple of three, so that no piece of base64 is padded

_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg"}
"""Media types of listening copies by their suffix (RFC 2361, 3003, 7845)."""

_VIEW_BOX: Final = re.compile(r"viewBox='0 0 (?P<width>[0-9]+) (?P<height>[0-9]+)'")

_AXIS: Final = re.compile(r"<path d='M(?P<left>[0-9]+) (?P<top>[0-9]+)H")

_TEXTS: Final = {
    READ_ME: "Please read this first",
    RIGHTS: "Your rights, and how the practice uses your information",
}

Row: TypeAlias = "list[str | list[str] | bool]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """What a page shows of a release beside its files."""

    certificate: Certificate
    waveforms: Mapping[str, str]
    """Path of a listening copy to its waveform, SVG. Drawn from that copy, over its own time: the
    player goes along it, and the shape of what was silenced would tell of it."""


def write_page(
    members: Iterable[Member], target: Path, passphrase: str, shown: PageContent, *, seed: bytes
) -> str:
    """Write a package as the page ``target``, under ``passphrase``, and sign what it shows.

    It has its name once all of it is durable; if it cannot be finished, nothing of it stays. All of
    it is sealed in memory first: nothing open touches the drive.

    Returns:
        SHA-256 of the page, in hex.
    """
    if not _AS_DRAWN.fullmatch(passphrase):
        raise ValueError("a page opens with six words in small letters, one space between")
    salt = random_bytes(SALT_BYTES)
    with ThreadPoolExecutor(1) as beside:  # what is to be sealed is still made meanwhile
        key = beside.submit(pbkdf2, passphrase.encode(), salt, ROUNDS)
        files = tuple(members)
        check_size(sum(file.size_bytes for file in files))
        with unfinished_package(target) as file:
            content = b"".join(_content(files, shown, seed))
            # The format has no associated data: the passphrase is of this one page alone.
            sealed = memoryview(seal(key.result(), content, b""))
            nonce = b64encode(sealed[:NONCE_BYTES]).decode()
            salt64 = b64encode(salt).decode()
            before, after = _around(shown.certificate, str(ROUNDS), salt64, nonce)
            write_all(file, before)
            for start in range(NONCE_BYTES, len(sealed), _ENCODED_AT_A_TIME):
                write_all(file, b64encode(sealed[start : start + _ENCODED_AT_A_TIME]))
            write_all(file, after)
            return sha256_of(file)


def check_size(content_bytes: int) -> None:
    """Whether so much can be made as a page."""
    if content_bytes > MAX_CONTENT_BYTES:
        raise Unusable(
            f"a release of more than {MAX_CONTENT_BYTES >> 20} MiB cannot be made as a page",
            hint="make it smaller with --fit 45MB, or give --form zip",
        )


def _content(files: Sequence[Member], shown: PageContent, seed: bytes) -> Iterator[bytes]:
    """The index, behind its length in four bytes, and the bytes of every file."""
    page = page_content_json(shown, files)
    certificate = shown.certificate
    around = sha256(*_around(certificate))
    statement = page_statement(release=certificate.release, shown=page, around=around)
    index = canonical(
        {
            "files": [{"path": file.path, "bytes": file.size_bytes} for file in files],
            "page": page,
            "signature": sign_ssh(statement, seed, NAMESPACE),
        }
    )
    yield len(index).to_bytes(4, "big")
    yield index
    for file in files:
        yield from file.chunks()


def _around(
    certificate: Certificate, rounds: str = "", salt: str = "", nonce: str = ""
) -> tuple[bytes, bytes]:
    """The page before and after the base64 of what is sealed; without values, as it is signed."""
    style = _text("page.css")
    script = "".join(map(_text, _SCRIPTS))
    texts = {
        "practice": certificate.practice,
        "request": certificate.request,
        "day": day_in_words(certificate.at),
        "contact": certificate.contact,
    }
    facts = {
        **{name: html.escape(text) for name, text in texts.items()},
        "policy": _POLICY.format(script=_source_hash(script), style=_source_hash(style)),
        "style": style,
        "script": script,
        "rounds": rounds,
        "salt": salt,
        "nonce": nonce,
    }
    before, after = _text("page.html").split("$sealed")
    return Template(before).substitute(facts).encode(), Template(after).substitute(facts).encode()


def _source_hash(text: str) -> str:
    """As a content security policy names what it allows (CSP Level 3, 2.3.1)."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def page_content_json(shown: PageContent, members: Iterable[Member]) -> dict[str, object]:
    """What the page's own code reads (opened.js)."""
    certificate = shown.certificate
    paths = {member.path for member in members}
    calls = groupby(certificate.files, key=lambda file: file.path.partition("-")[0])
    return {
        "zip": f"release-{certificate.request}.zip",
        "calls": [
            _call(place, tuple(files), shown.waveforms)
            for place, (_, files) in enumerate(calls, start=1)
        ],
        "texts": [
            {"path": path, "words": words} for path, words in _TEXTS.items() if path in paths
        ],
        "certificate": {
            "pdf": {
                "path": CERTIFICATE,
                "words": "Save the certificate to print or to pass on (PDF)",
            },
            "proves": f"This certificate {WHAT_IT_PROVES}.",
            "sections": [*sections_of(certificate)],
        },
    }


def sections_of(certificate: Certificate) -> Iterator[dict[str, object]]:
    """The certificate as an opened page shows it: sections of facts, as on paper.

    A section is ``{"heading", "notes", "lists"}``; of its lists each is ``{"name", "rows"}``, and a
    row is ``[what, lines, whether each character counts]``.
    """
    particulars = [
        _row("Practice", certificate.practice),
        _row("How to reach it", certificate.contact),
        _row("Request", certificate.request),
        *([_row("Subject", certificate.subject)] if certificate.subject else []),
        _row("Purpose", certificate.purpose),
        *(_row(*row) for row in basis_rows(certificate)),
        _row("Approved by", *map(approval_in_words, certificate.approvals)),
        _row("Released by", certificate.released_by),
        _row("Put together", instant_in_words(certificate.at)),
        _hash("Release", certificate.release),
    ]
    yield _section("What is certified", [("", particulars)])
    if exhibit := certificate.exhibit:
        rows = [
            _row("Exhibit", exhibit.label),
            _row("Serial number of the medium", exhibit.medium_serial),
            *([_row("Reference of the case", exhibit.reference)] if exhibit.reference else []),
        ]
        yield _section("Exhibit", [("", rows)])
    yield _section("What is enclosed", [(file.path, _enclosed(file)) for file in certificate.files])
    left_out = [
        (
            f"The original of recording {original.recording}",
            [
                _row("Not enclosed, because", WHY_NOT_ENCLOSED[original.why]),
                _row("Size", size_in_words(original.size_bytes)),
                _hash("SHA-256", original.sha256),
            ],
        )
        for original in certificate.not_enclosed
    ]
    yield _section(
        "What is not enclosed", left_out, "" if left_out else "No original was left out."
    )
    withheld = [_row(f"Recording {number}", why) for number, why in certificate.withheld]
    yield _section(
        "What was withheld", [("", withheld)], "" if withheld else nothing_withheld(certificate)
    )
    record = [
        _hash("The practice's fingerprint", certificate.fingerprint),
        _row("Signed with the key", certificate.signing_key, exact=True),
        _row("Entry in the audit log", f"{certificate.audit_seq:,}"),
        _row("Checkpoint of the log", certificate.checkpoint, exact=True),
    ]
    yield _section(
        "How to check",
        [("", record)],
        "Save everything as one file and unpack it: VERIFY.txt in it says how. Compare the"
        " fingerprint with one that reached you another way.",
    )


def _section(
    heading: str, lists: Iterable[tuple[str, Sequence[Row]]], note: str = ""
) -> dict[str, object]:
    return {
        "heading": heading,
        "notes": [note] if note else [],
        "lists": [{"name": name, "rows": rows} for name, rows in lists if rows],
    }


def _row(what: str, *lines: str, exact: bool = False) -> Row:
    """A fact: what it is of, and its lines. Exact: a hash or a key, of which each letter counts."""
    return [what, [*lines], exact]


def _hash(what: str, digest: str) -> Row:
    return _row(what, *hash_in_lines(digest), exact=True)


def _enclosed(file: ReleasedFile) -> list[Row]:
    return [
        _row("What it is", f"{ROLE_IN_WORDS[file.role]} of recording {file.recording}"),
        _row("Call began", instant_in_words(file.started_at), *told_of_call(file)),
        _row("Lasts", length_in_words(file.duration_ms)),
        _row("Sound", sound_in_words(file)),
        _row("Size", size_in_words(file.size_bytes)),
        _hash("SHA-256", file.sha256),
        *([_hash("Made from", file.made_from)] if file.made_from else []),
        _row("Edits", *(edits_in_words(file.edits) or ("none",))),
    ]


def _call(
    place: int, files: Sequence[ReleasedFile], waveforms: Mapping[str, str]
) -> dict[str, object]:
    """A call, and the files that there are of it: an original, a listening copy, or both."""
    heard = next((file for file in files if file.role is FileRole.LISTENING), None)
    first = heard or files[0]
    name = f"Call {place}"
    return {
        "name": name,
        "heading": f"{name}: {time_in_words(first.started_at)}",
        "player": _player(heard, waveforms) if heard else None,
        "notes": [*_notes(heard)],
        "edits": [*_edits(heard)] if heard else [],
        "about": " ".join(
            (
                f"The call began on {instant_in_words(first.started_at)} by the practice's clock.",
                *told_of_call(first),
                f"{'This copy' if heard else 'The recording'} lasts {_length(first.duration_ms)}.",
                f"At the practice it is recording {first.recording}.",
            )
        ),
        "files": [
            {"path": file.path, "words": _saving(file)}
            for file in sorted(files, key=lambda file: file.role)  # the listening copy first
        ],
    }


def _player(heard: ReleasedFile, waveforms: Mapping[str, str]) -> dict[str, object]:
    return {
        "path": heard.path,
        "type": _TYPES[heard.path.rpartition(".")[2]],
        "ms": heard.duration_ms,
        "svg": waveforms.get(heard.path, ""),
        "axis": _axis(waveforms.get(heard.path, "")),
    }


def _axis(svg: str) -> dict[str, int]:
    """Where a waveform's axis begins and how far down it is, in 1/10,000 of width and height.

    `callrec.sound.waveform.as_svg` draws it as a line from there to the right edge. The playhead
    goes along it.
    """
    size, line = _VIEW_BOX.search(svg), _AXIS.search(svg)
    if not size or not line:
        return {"left": 0, "top": 10_000}
    return {
        "left": round(10_000 * int(line["left"]) / int(size["width"])),
        "top": round(10_000 * int(line["top"]) / int(size["height"])),
    }


def _notes(heard: ReleasedFile | None) -> Iterator[str]:
    if heard is None:
        yield (
            "A browser cannot play this recording. Save it and play it with another program,"
            " such as VLC, which is free. Or ask the practice to play it to you."
        )
    elif heard.edits:
        yield "This is not all of the recording. What is not in it, and why:"


def _edits(heard: ReleasedFile) -> Iterator[str]:
    yield from edits_in_words(heard.edits)
    if heard.edits.clip:
        begins = place_in_words(heard.edits.clip.from_ms)
        yield f"These times count from the beginning of the original. This copy begins at {begins}."


def _saving(file: ReleasedFile) -> str:
    """How large it is people see as they are used to: ``2.4 MB``, ``0.1 MB`` at the least."""
    suffix = file.path.rpartition(".")[2].upper()
    size = f"{max(file.size_bytes, 100_000) / 1_000_000:.1f} MB"
    return f"Save the {ROLE_IN_WORDS[file.role]} ({suffix}, {size})"


def _length(ms: int) -> str:
    """To the second: ``1 hour 2 minutes 1 second``."""
    seconds = max(1, round(ms / 1000))
    counts = {"hour": seconds // 3600, "minute": seconds // 60 % 60, "second": seconds % 60}
    return " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in counts.items() if n)
