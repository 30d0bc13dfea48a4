"""Check a release that has left the practice [policy 4(a)].

It takes no vault and no key, so that the recipient of a release can do it; where the vault that it
is from is at hand, its log is asked as well. One program decides, the
one that lies in each package (package/callrec_verify.py); here its facts get their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from callrec.dataclass import dataclass, replace
from callrec.package.callrec_verify import (
    RELEASE,
    Problem,
    RecorderKeys,
    Result,
    Witness,
    Wrong,
    check,
    check_signature,
    read_witness,
    signer_of,
)
from callrec.package.open import open_package
from callrec.package.package import ALLOWED_SIGNERS
from callrec.package.sealed_page import OpenedPage, page_statement
from callrec.policy.rights.grounds import GROUND_CODES
from callrec.practice import Practice
from callrec.release.on_record import is_of_practice, off_the_record

_SIDES = {"both": "", "left": " on the left channel", "right": " on the right channel"}

_WHY_LEFT_OUT = {
    "edited": "its copy leaves something out",
    "size": "the release would be too large",
    "same": "its listening copy is the same, byte for byte",
}

_OTHERWISE = Problem(
    "the page", "shows what nobody signed with the files in it; these are as they were released"
)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file of a release as it was found."""

    path: str
    state: str
    """``ok``, ``damaged``, ``missing`` or ``extra``."""
    role: str | None = None
    """``original`` or ``listening``; None, as all below, where it is not a recording."""
    recording: int | None = None
    """The recording's number."""
    local_time: str | None = None
    """Start of the call on the practice's clock, RFC 3339 with its offset."""
    duration_s: float | None = None


class DisplayCheck(StrEnum):
    """What was found of what a page shows in a browser."""

    OK = "ok"
    CHANGED = "changed"
    """It is not what the releaser of the page signed, or nobody signed it."""
    NOT_CHECKED = "not-checked"
    """What is sealed in the page is not as it was signed, or cannot be checked to the end."""


@dataclass(frozen=True, slots=True)
class CheckedRelease:
    """What came of a check, and what the release says of itself in words."""

    result: Result
    files: tuple[CheckedFile, ...]
    remarks: tuple[str, ...]
    """What was withheld, left out and edited; nothing of a release that is not as it was signed."""
    display: DisplayCheck | None
    """None: it is not a page."""
    is_on_record: bool | None
    """Whether the practice's own log bears it out; None: its vault is not at hand."""
    is_of_another: bool = False
    """A vault is at hand, and it does not say that it is from that."""


def verify_release(
    path: Path,
    *,
    pin: bytes | None,
    passphrase: Callable[[], str],
    practice: Practice | None = None,
    time_certificates: bytes = b"",
    witnesses: Sequence[Witness] = (),
    need: int | None = None,
    recorder: RecorderKeys | None = None,
) -> CheckedRelease:
    """Check the release at ``path``: an opened folder, a zip or a page.

    Args:
        path: where it lies.
        pin: the practice's fingerprint from elsewhere; None: there is none to compare with.
        passphrase: asked for if the package is sealed.
        practice: the vault at hand, whose log is asked if the release says that it is from it.
        witnesses: who is to have seen the practice's log; none: those that the settings of the
            vault at hand name may have.
        need: how many of these must have; None: each.
        time_certificates: PEM, by which alone a time stamp counts; empty: by those that came along.
        recorder: keys of telephone systems, one of which must have signed each recording; None or
            empty: nobody gave one.

    Raises:
        NotFound: there is nothing at that place.
        Unusable: it is not a package.
        Locked: the passphrase is wrong.
        Tampered: it is sealed, and not as it was made.
        Unchecked: it cannot be read.
    """
    with open_package(path, passphrase) as package:
        if not witnesses and practice:
            named = practice.settings.witness
            witnesses = [replace(read_witness(each.key), called=each.name) for each in named]
            need = 0
        given, fingerprint = (time_certificates, witnesses, need), pin.hex() if pin else ""
        result = check(package.files, fingerprint, *given, recorder=recorder)
    display = _display(package.page, result) if package.page else None
    if display is DisplayCheck.CHANGED:
        result = replace(result, problems=(_OTHERWISE,), traces={})
    is_on_record = None
    is_release = result.kind is RELEASE
    if practice and is_release and is_of_practice(practice, result) and not result.problems:
        if against := off_the_record(practice, result):
            result = replace(result, problems=against, traces={})
        is_on_record = not against
    remarks = () if result.problems else tuple(_remarks(result.manifest))
    return CheckedRelease(result, tuple(_files(result)), remarks, display, is_on_record)


def _display(page: OpenedPage, result: Result) -> DisplayCheck:
    """Whether a page shows what was signed by the key that signed the files in it."""
    if result.verdict == "NOT VERIFIED":
        return DisplayCheck.NOT_CHECKED
    if result.kind is not RELEASE:
        return DisplayCheck.CHANGED  # nobody makes a page of a certificate
    _, key = signer_of(page.files[ALLOWED_SIGNERS])
    release = result.manifest["release"]
    statement = page_statement(release=release, shown=page.shown, around=page.around)
    try:
        check_signature(statement, page.signature.encode(), key)
    except Wrong:
        return DisplayCheck.CHANGED
    return DisplayCheck.OK


def _files(result: Result) -> Iterator[CheckedFile]:
    listed = {each["path"]: each for each in result.manifest.get("files", ())}
    for path, state in result.states.items():
        if file := listed.get(path):
            role, began = file["role"] or None, file["local_time"] or None
            seconds = file["duration_ms"] / 1000
            yield CheckedFile(path, state, role, file["recording"], began, seconds)
        else:
            yield CheckedFile(path, state)


def _remarks(manifest: Mapping[str, Any]) -> Iterator[str]:
    for file in manifest.get("files", ()):
        for edit in file["edits"]:
            yield f"{file['path']}: {_edit_in_words(edit)}"
    for left_out in manifest.get("not_enclosed", ()):
        why = _WHY_LEFT_OUT[left_out["why"]]
        yield f"the original of recording {left_out['recording']} is not enclosed: {why}"
    for withheld in manifest.get("withheld", ()):
        yield f"recording {withheld['recording']} is withheld: {_ground(withheld['code'])}"


def _edit_in_words(edit: Mapping[str, Any]) -> str:
    span = f"{_clock(edit['from_ms'])} to {_clock(edit['to_ms'])}"
    if edit["what"] == "clip":
        return f"only {span} of the original is in it"
    heard = "a tone" if edit["filler"] == "tone" else "silence"
    return f"{heard} from {span}{_SIDES[edit['side']]}: {_ground(edit['ground'])}"


def _ground(code: str) -> str:
    ground = GROUND_CODES.get(code)
    return code if ground is None else ground.meaning


def _clock(ms: int) -> str:
    """``1:30`` or ``1:30.250``."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 60}:{seconds % 60:02d}" + (f".{rest:03d}" if rest else "")
