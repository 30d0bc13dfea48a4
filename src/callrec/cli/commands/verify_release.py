"""verify-release, fingerprint: need no vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.layout import Table
from callrec.cli.output import qr_code
from callrec.errors import Misconfigured, Tampered, Unchecked
from callrec.policy.days import short_date
from callrec.views.words import facts, local_time

if TYPE_CHECKING:
    from callrec.package.callrec_verify import Result
    from callrec.practice import Practice
    from callrec.release.verify import CheckedFile, CheckedRelease

PASSPHRASE_FILE = "CALLREC_PASSPHRASE_FILE"  # noqa: S105  # the variable's name

verify_release_app = new_app()


@verify_release_app.command()
def verify_release(ctx: Context, path: Package, *, pin: options.Pin = None) -> None:
    """Check that a release, or a certificate of destruction, is as it was signed and on record.

    Needs no vault. If the practice's own vault is at hand, the release is looked up in its record,
    too. The fingerprint is not: anyone who could change the release may have changed the vault too.
    Only --pin turns FIRST-USE into VERIFIED.

    VERIFIED: everything is right, and the fingerprint is the one that you gave. FIRST-USE:
    everything agrees, but nobody has said yet whose fingerprint it is. NOT VERIFIED: something is
    not as it was signed; it is named.

    For a page (.html), its code and what it shows in a browser are checked too.
    """
    from callrec.release.verify import verify_release as verify

    ask = ctx.obj.prompts.ask_password
    asked = partial(ask, "Passphrase of the package", file_variable=PASSPHRASE_FILE)
    practice = _practice_at_hand(ctx.obj)
    found = verify(path, pin=pin, passphrase=asked, practice=practice)
    if found.result.destroyed and practice:
        found = _held_against_record(practice, found)
    ctx.obj.out.show(_json(found), _words(found))
    _end(found.result)


def _practice_at_hand(invocation: Invocation) -> Practice | None:
    """The vault of this machine; None: there is none, most often."""
    with suppress(Misconfigured):
        return practice_of(invocation)
    return None


def _held_against_record(practice: Practice, found: CheckedRelease) -> CheckedRelease:
    """A certificate with what the vault at hand has against it, if it is its own."""
    from callrec.release.on_record import is_of_practice
    from callrec.retention.certified import off_the_record

    if not is_of_practice(practice, found.result):
        return found
    against = off_the_record(practice, found.result)
    result = replace(found.result, problems=against) if against else found.result
    return replace(found, result=result, is_on_record=not against)


def _json(found: CheckedRelease) -> dict[str, Any]:
    result = found.result
    return {
        **facts(result, "verdict", "trust"),
        **facts(found, "display", "is_on_record"),
        "fingerprint": result.fingerprint or None,
        "release": result.manifest.get("release"),
        "request": result.manifest.get("request", {}).get("number"),
        "practice": result.manifest.get("practice"),
        "certificate": result.manifest.get("certificate"),
        "destroyed": result.destroyed and result.destroyed.recordings,
        **facts(result, "problems"),
        **facts(found, "files"),
        "recordings": [asdict(trace) for trace in result.traces.values()],
    }


def _end(result: Result) -> None:
    for problem in result.problems[:1]:
        raise Tampered(
            f"{problem.path} {problem.what}",
            hint="do not rely on these files; tell the practice, on a number found elsewhere",
        )
    if result.newer:
        raise Unchecked(
            "the release is of a later form than this version knows",
            hint="check it with the newest version of callrec",
        )
    if result.trust == "first-use":
        raise Unchecked(
            "nobody has said yet whose fingerprint this is",
            hint="compare it with one that did not come with these files, then give it to --pin",
        )


def _words(found: CheckedRelease) -> Iterator[str | Table]:
    result, name = found.result, "certificate" if found.result.destroyed else "release"
    if result.manifest:
        request, at = result.manifest["request"]["number"], result.manifest["at"]
        entry = f", entry {result.entry['seq']} of its audit log" if result.entry else ""
        did = "certified" if "certificate" in result.manifest else "put together"
        yield f"{result.manifest['practice']}, request {request}"
        yield f"{did} on {local_time(datetime.fromisoformat(at), UTC)} UTC{entry}"
    yield from _what_was_found(found)
    yield from found.remarks
    yield from (f"- {problem.path} {problem.what}" for problem in result.problems)
    if result.fingerprint:
        from callrec.views.fingerprints import fingerprint_lines

        yield from fingerprint_lines("fingerprint", result.fingerprint)
    else:
        yield "fingerprint: none can be read"
    yield f"TRUST: {result.trust}"
    yield result.verdict
    if result.verdict == "VERIFIED":
        yield from _what_it_proves(result)
    if found.is_on_record:
        yield f"The log in the vault at hand has this {name}, and nothing against it."
    if found.display == "ok":
        yield "What the page shows in a browser, and its code, were signed with the files in it."


def _what_was_found(found: CheckedRelease) -> Iterator[str | Table]:
    """Each file, and what a release tells of its recordings, or a certificate of the decision."""
    from callrec.package.callrec_verify import destroyed_in_words, trace_in_words

    result = found.result
    if "certificate" in result.manifest:
        yield Table(("file", "found"), [(each.path, each.state) for each in found.files])
    else:
        headers = ("file", "found", "role", "call began", "length")
        yield Table(headers, [_row(each) for each in found.files])
    for uid, trace in result.traces.items():
        yield from trace_in_words(trace, [f for f in result.manifest["files"] if f["uid"] == uid])
    if result.destroyed:
        yield from destroyed_in_words(result.destroyed)


def _what_it_proves(result: Result) -> Iterator[str]:
    from callrec.package.callrec_verify import PROVES, PROVES_DESTROYED

    yield f"This {PROVES_DESTROYED if result.destroyed else PROVES}."
    yield "Whether the signer's key was taken away later, only the practice can say."


def _row(file: CheckedFile) -> tuple[str | None, ...]:
    local = datetime.fromisoformat(file.local_time) if file.local_time else None
    began = f"{short_date(local)}, {local:%H:%M}" if local else ""
    seconds = None if file.duration_s is None else round(file.duration_s)
    length = "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"
    return file.path, file.state, file.role, began, length


fingerprint_app = new_app()


@fingerprint_app.command()
def fingerprint(ctx: Context) -> None:
    """Print the practice's fingerprint, to be published apart from its releases.

    People who get a release compare it: callrec audit verify-release --pin, or the program in the
    release. Opens nothing. It must be the same as on the page of the recovery kit. If it is not,
    publish neither and tell the Data Controller.
    """
    from callrec.package.whole import key_words
    from callrec.views.fingerprints import grouped_fingerprint

    practice = practice_of(ctx.obj)
    digits = practice.root.hex()
    groups, words = grouped_fingerprint(digits), key_words(digits)
    value = {"fingerprint": digits, "groups": groups.split(), "words": words}
    square = chain([""], qr_code(digits)) if ctx.obj.out.is_on_a_terminal else ()
    ctx.obj.out.show(value, chain(_fingerprint_lines(practice.name, groups, words), square))
    ctx.obj.out.note("compare it with the page of the recovery kit before you publish it")


def _fingerprint_lines(practice: str, groups: str, words: str) -> Iterator[str]:
    yield from (groups, "", "To read out on the telephone:", words)
    yield from ("", "For the website and the letterhead:")
    yield f'"Recordings released by {practice} can be checked against this fingerprint:'
    yield f'{groups}"'


Package = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="The opened folder, the .zip as it came, or the .html."),
]
