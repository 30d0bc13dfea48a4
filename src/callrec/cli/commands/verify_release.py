"""verify-release, fingerprint: need no vault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli import options
from callrec.cli.commands.kit import grouped_fingerprint
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, practice_of
from callrec.cli.output import qr_code
from callrec.errors import Tampered, Unchecked

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.package.callrec_verify import Result
    from callrec.release.verify import CheckedFile, CheckedRelease

PASSPHRASE_FILE = "CALLREC_PASSPHRASE_FILE"  # noqa: S105  # the variable's name

verify_release_app = new_app()


@verify_release_app.command()
def verify_release(ctx: Context, path: Package, *, pin: options.Pin = None) -> None:
    """Check a release: that its files are those that were released, on this practice's record.

    Needs no vault. A vault at hand is not asked for the fingerprint: whoever could change the
    release may have changed the vault too. Only --pin makes VERIFIED of FIRST-USE.

    VERIFIED: everything is right, and the fingerprint is the one that you gave.
    FIRST-USE: everything agrees; nobody has said yet whose fingerprint it is.
    NOT VERIFIED: something is not as it was signed; it is named.

    Of a page (.html) what it shows in a browser is checked too, and its code.
    """
    from callrec.release.verify import verify_release as verify

    call = ctx.obj

    def passphrase() -> str:
        return call.prompts.ask_password("Passphrase of the package", file_variable=PASSPHRASE_FILE)

    found = verify(path, pin=pin, passphrase=passphrase)
    call.out.show(_json(found), lambda: _say(call.out, found))
    _end(found.result)


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


def _json(found: CheckedRelease) -> dict[str, object]:
    result = found.result
    return {
        "verdict": result.verdict,
        "trust": result.trust,
        "display": found.display,
        "fingerprint": result.fingerprint or None,
        "release": result.manifest.get("release"),
        "request": result.manifest.get("request", {}).get("number"),
        "practice": result.manifest.get("practice"),
        "problems": [{"path": each.path, "what": each.what} for each in result.problems],
        "files": [
            {
                "path": file.path,
                "state": file.state,
                "role": file.role or None,
                "recording": file.recording,
                "local_time": file.local_time or None,
                "duration_s": None if file.duration_ms is None else file.duration_ms / 1000,
            }
            for file in found.files
        ],
    }


def _say(out: Output, found: CheckedRelease) -> None:
    from callrec.package.callrec_verify import PROVES

    result = found.result
    if result.manifest:
        request, at = result.manifest["request"]["number"], result.manifest["at"]
        out.say(f"{result.manifest['practice']}, request {request}")
        out.say(f"put together on {at[:10]} at {at[11:16]} UTC{_entry(result)}")
    out.table(
        ("file", "found", "role", "call began", "length"), [_row(file) for file in found.files]
    )
    for remark in found.remarks:
        out.say(remark)
    for problem in result.problems:
        out.say(f"- {problem.path} {problem.what}")
    out.say("fingerprint:")
    out.say(f"  {grouped_fingerprint(result.fingerprint) or 'none can be read'}")
    out.say(f"TRUST: {result.trust}")
    out.say(result.verdict)
    if result.verdict == "VERIFIED":
        out.say(f"This {PROVES}.")
        out.say("Whether the signer's key was taken away later, only the practice can say.")
    if found.display == "ok":
        out.say("What the page shows in a browser, and its code, were signed with the files in it.")


def _entry(result: Result) -> str:
    return f", entry {result.entry['seq']} of its audit log" if result.entry else ""


def _row(file: CheckedFile) -> tuple[str, ...]:
    began = file.local_time[:16].replace("T", " ")
    return file.path, file.state, file.role, began, _length(file.duration_ms)


def _length(duration_ms: int | None) -> str:
    seconds = None if duration_ms is None else round(duration_ms / 1000)
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


fingerprint_app = new_app()


@fingerprint_app.command()
def fingerprint(ctx: Context) -> None:
    """Print the practice's fingerprint, which it publishes where its releases do not go.

    Whoever gets a release compares it: callrec verify-release --pin, or the program in the release.
    Opens nothing. It must be the same as on the page of the recovery kit; if it is not, publish
    neither and tell the Data Controller.
    """
    practice = practice_of(ctx.obj)
    digits = practice.root.hex()
    groups = grouped_fingerprint(digits)
    out = ctx.obj.out
    out.show(
        {"fingerprint": digits, "groups": groups.split()},
        lambda: _say_fingerprint(out, practice.name, groups, digits),
    )
    out.note("compare it with the page of the recovery kit before you publish it")


def _say_fingerprint(out: Output, practice: str, groups: str, digits: str) -> None:
    out.say(groups)
    out.say()
    out.say("For the website and the letterhead:")
    out.say(f'"Recordings released by {practice} can be checked against this fingerprint:')
    out.say(f'{groups}"')
    if out.is_on_a_terminal:
        out.say()
        for line in qr_code(digits):
            out.say(line)


Package = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="The opened folder, the .zip as it came, or the .html."),
]
