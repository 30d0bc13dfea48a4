"""What is handed to the person who checks a release: a stranger may have made all of it."""

from __future__ import annotations

import base64
import io
import json
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.checkpoint import Proof, read_proof, write_proof
from callrec.crypto.canonical import canonical
from callrec.errors import Locked, Tampered, Unchecked, Unusable
from callrec.package import callrec_verify
from callrec.package.callrec_verify import Wrong, as_json, check, in_words, read_manifest, read_sums
from callrec.package.open import open_package
from callrec.package.package import member_of_bytes
from callrec.package.sealed_page import _unpacked
from callrec.package.zip import write_zip
from fuzzing.place import laid, place
from fuzzing.target import Script, Target, in_one_form
from package.offices import Office, an_office, resigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from callrec.package.callrec_verify import Files, Result

VECTORS: Final = Path(__file__).parents[2] / "tests/vectors/release"

WORDS: Final = "unlatch canyon grazing ripple shindig frosted"

PROOF, MANIFEST, SIGNERS = "release.tlog-proof", "manifest.json", "signers.json"

LARGE: Final = 2000
"""Bytes beyond which a file of a release is left out of what is spoilt byte by byte."""


@cache
def _office() -> Office:
    return an_office()


@cache
def _release() -> Mapping[str, bytes]:
    return an_office().release()


def _checked(files: Mapping[str, bytes]) -> Result:
    """The result, which can be told in either way."""
    result = check({path: partial(io.BytesIO, data) for path, data in files.items()}, _root())
    json.dumps(as_json(result))
    assert list(in_words(result))[-1].startswith(result.verdict)
    return result


def _root() -> str:
    return _office().root


def _manifest(data: bytes) -> None:
    with suppress(Wrong):
        manifest = read_manifest(data := in_one_form(data))
        whole = manifest.keys() != {"schema"}
        assert not whole or callrec_verify.canonical(manifest) == data
    with suppress(Wrong):
        sums = read_sums(data)
        assert {len(digest) for digest in sums.values()} == {64}


def _manifests() -> Iterator[bytes]:
    yield _release()[MANIFEST]
    yield _release()["SHA256SUMS"]
    yield (VECTORS / "manifest.json").read_bytes()


def _spoilt(data: bytes) -> None:
    """A release with some of its files changed, left out, added or exchanged."""
    script = Script(data)
    original = _release()
    files = dict(original)
    for _ in range(3):
        if not script:
            break
        path = sorted(original)[script.below(len(original))]
        match script.number(1) % 8:
            case 0:
                files.pop(path, None)
            case 1:
                files[path] = files.get(sorted(original)[script.below(len(original))], b"")
            case 2:
                files[f"{path}{script.below(9)}"] = script.take(9)
            case _:
                files[path] = script.spoil(files.get(path, b""))
    result = _checked(files)
    assert result.verdict != "VERIFIED" or _says_the_same(files, original)


def _says_the_same(files: Mapping[str, bytes], original: Mapping[str, bytes]) -> bool:
    """Whether nothing is changed but by whom else a head is signed."""
    changed = {path for path in {*files, *original} if files.get(path) != original.get(path)}
    return changed <= {PROOF}


def _forged(data: bytes) -> None:
    """Members of manifest, signers and proof, put in by somebody with their own keys and log."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(told, dict):
        return
    files = dict(_release())
    said = {name: _merged(json.loads(files[name]), told.get(name)) for name in (MANIFEST, SIGNERS)}
    proof = read_proof(files[PROOF])
    extra = _merged(json.loads(proof.extra), told.get("extra"))
    try:
        made = {name: canonical(value) for name, value in said.items()}
        made[PROOF] = write_proof(
            Proof(proof.seq, proof.hashes, proof.checkpoint, canonical(extra))
        )
    except ValueError:  # it cannot be written
        return
    result = _checked(resigned(files, _office().keys["sam"], made))
    assert result.verdict != "VERIFIED" or made.items() <= files.items()


def _merged(value: Any, change: Any) -> Any:
    """Objects member by member, lists place by place, everything else exchanged."""
    match value, change:
        case _, None:
            return value
        case dict(), dict():
            return {**value, **{name: _merged(value.get(name), change[name]) for name in change}}
        case list(), dict():
            return [_merged(each, change.get(str(n))) for n, each in enumerate(value)]
        case _:
            return change


def _forgeries() -> Iterator[bytes]:
    yield b"{}"
    for name, change in (
        (MANIFEST, {"files": {"0": {"bytes": 1}}, "practice": "x"}),
        (MANIFEST, {"schema": "callrec.release/2", "withheld": [{"recording": 1, "code": "a"}]}),
        (SIGNERS, {"entries": {"1": {"seq": 0, "proof": []}}}),
        (SIGNERS, {"entries": {"0": {"leaf": base64.b64encode(b"{}").decode()}}}),
        ("extra", {"leaf": "AAAA", "details": {"manifest": "aa" * 32, "x": None}}),
    ):
        yield json.dumps({name: change}).encode()


class _Asked(Exception):
    """The passphrase was asked for: all that is read before it is read."""


def _ask() -> str:
    raise _Asked


def _read(path: Path) -> Mapping[str, bytes] | None:
    """All that is in a package; None: it is refused."""
    try:
        with open_package(path, lambda: WORDS) as package:
            return dict(_contents(package.files))
    except (Locked, Tampered, Unchecked, Unusable):
        return None


def _contents(files: Files) -> Iterator[tuple[str, bytes]]:
    for path, opened in files.items():
        if opened is not None:
            with suppress(OSError), opened() as file:
                yield path, file.read(1 << 20)


def _zip(data: bytes) -> None:
    read = _read(laid(place("zip") / "release.zip", data))
    if read is not None and read.keys() == _inside().keys():
        changed = {path for path in read if read[path] != _inside()[path]}
        assert not changed or _checked(read).verdict == "NOT VERIFIED"


@cache
def _inside() -> Mapping[str, bytes]:
    """Some files of a release."""
    return {path: each for path, each in _release().items() if len(each) < LARGE}


def _zips() -> Iterator[bytes]:
    target = place("seed-zip") / "release.zip"
    for files in (_inside(), {"a": b"x" * 100}):
        target.unlink(missing_ok=True)
        write_zip(
            [member_of_bytes(path, content) for path, content in files.items()], target, WORDS
        )
        yield target.read_bytes()
    yield b"PK\5\6" + bytes(18)


def _page(data: bytes) -> None:
    """As far as the words are asked for."""
    page = laid(place("page") / "release.html", data)
    with suppress(_Asked, Unusable, Tampered, Unchecked), open_package(page, _ask):
        raise AssertionError("a page opened without its words")


def _pages() -> Iterator[bytes]:
    kind = b'type="application/octet-stream;base64"'
    scripts = b"".join(
        b'<script %s id="%s">AAAAAAAAAAAAAAAAAAAAAA==</script>\n' % (kind, name)
        for name in (b"salt", b"nonce", b"sealed")
    )
    rounds = b'<script type="application/json" id="rounds">600000</script>\n'
    yield b"<!DOCTYPE html>\n<script>if (1 < 2) {}</script>" + rounds + scripts + b"</body>\n"
    yield scripts + rounds


def _page_content(data: bytes) -> None:
    """What was sealed in a page, by anyone who knows its words."""
    try:
        _, files = _unpacked(data)
    except Tampered:
        return
    size = 4 + int.from_bytes(data[:4], "big")
    assert b"".join(files.values()) == data[size:]


def _page_contents() -> Iterator[bytes]:
    for files in ({"a": b"xyz"}, {"a": b"", "b/c": b"x"}):
        index = {"files": [{"path": p, "bytes": len(c)} for p, c in files.items()], "page": {}}
        head = canonical(index)
        whole = len(head).to_bytes(4, "big") + head + b"".join(files.values())
        yield from (whole, whole + b"x", whole[:-1])


TARGETS: Final = (
    Target(
        name="manifests",
        reads="a release's manifest and its list of files",
        holds="only canonical JSON is read; every file has a hash",
        one=_manifest,
        seeds=_manifests,
        longest=6000,
        words=(b'"edits":[', b'"what":"clip"', b'"withheld":', b"callrec.release/1", b"null"),
    ),
    Target(
        name="releases",
        reads="a release: files changed, left out, added, exchanged",
        holds="it verifies only if nothing that is signed is changed",
        one=_spoilt,
        seeds=lambda: (b"", b"\0", b"\1", bytes(12), b"\0\0\0\3\7\0\0\0\0\3abc", b"\0\0\0\5\3\1"),
        longest=80,
    ),
    Target(
        name="forged-releases",
        reads="a release by somebody with keys of their own, everything signed anew",
        holds="it never verifies under the practice's fingerprint",
        one=_forged,
        seeds=_forgeries,
        longest=2000,
        words=(b'"manifest.json":{', b'"signers.json":{', b'"entries":{', b'"0":', b"null", b"[]"),
    ),
    Target(
        name="zips",
        reads="a release as a zip",
        holds="it is refused, or what is read of it that is not as it was sealed is found",
        one=_zip,
        seeds=_zips,
        longest=40_000,
        words=(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\1\x99\7\0\2\0AE\3"),
    ),
    Target(
        name="pages",
        reads="a release as a page, before its words are asked for",
        holds="nothing opens without the words",
        one=_page,
        seeds=_pages,
        longest=65_536,
        words=(b"<script ", b"</script>", b'id="salt"', b"<!--", b"<![", b"</", b"&#", b"600000"),
    ),
    Target(
        name="page-contents",
        reads="what is sealed in a page",
        holds="its files are all that is in it, one after the other",
        one=_page_content,
        seeds=_page_contents,
        longest=1000,
        words=(b'"path":', b'"bytes":', b'{"files":[', b"null", b"true"),
    ),
)
