"""verify-release, fingerprint: need no vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.layout import Table
from callrec.cli.output import qr_code
from callrec.errors import Misconfigured

if TYPE_CHECKING:
    from callrec.practice import Practice
    from callrec.release.verify import CheckedRelease

PASSPHRASE_FILE = "CALLREC_PASSPHRASE_FILE"  # noqa: S105  # the variable's name

verify_release_app = new_app()


@verify_release_app.command()
def verify_release(
    ctx: Context,
    path: Package,
    *,
    pin: options.Pin = None,
    witness: Witnesses = None,
    need: Need = None,
    time_certificates: TimeCertificates = None,
    recorder: RecorderKeyFiles = None,
) -> None:
    """Check that a release, or a certificate of destruction, is as it was signed and on record.

    Needs no vault. If the practice's own vault is at hand, the release is looked up in its record,
    too. The fingerprint is not: anyone who could change the release may have changed the vault too.
    Only --pin turns FIRST-USE into VERIFIED.

    VERIFIED: everything is right, and the fingerprint is the one that you gave. FIRST-USE:
    everything agrees, but nobody has said yet whose fingerprint it is. NOT VERIFIED: something is
    not as it was signed; it is named.

    For a page (.html), its code and what it shows in a browser are checked too. A time stamp shows
    by when it was signed; with --time-certificates only the authority's own certificates count.

    The telephone system may have signed each recording. With --recorder, it must have, by the key
    in that file. Take the key from where the telephone system is looked after.

    With --witness, that witness outside must have seen the practice's record. Take its key from the
    witness itself.
    """
    from callrec.office.checking import certificates_in, check_package, recorder_keys_in
    from callrec.views.checking import checked_json, what_is_wrong_with

    ask = ctx.obj.prompts.ask_password
    asked = partial(ask, "Passphrase of the package", file_variable=PASSPHRASE_FILE)
    practice = _practice_at_hand(ctx.obj)
    at_hand = partial(check_package, path, pin=pin, passphrase=asked, practice=practice)
    roots, keys = certificates_in(time_certificates), recorder_keys_in(recorder or ())
    at_hand = partial(at_hand, time_certificates=roots, recorder=keys)
    found = at_hand(witnesses=witness or (), need=need)
    ctx.obj.out.show(checked_json(found), _words(found))
    if (wrong := what_is_wrong_with(found.result)) is not None:
        raise wrong


def _practice_at_hand(invocation: Invocation) -> Practice | None:
    """The vault of this machine; None: there is none, most often."""
    with suppress(Misconfigured):
        return practice_of(invocation)
    return None


def _words(found: CheckedRelease) -> Iterator[str | Table]:
    from callrec.views.checking import file_table, package_lines, verdict_lines

    yield from package_lines(found)
    yield Table(*file_table(found))
    yield from verdict_lines(found)


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


TimeCertificates = Annotated[
    Path | None,
    options.valued("--time-certificates", "FILE", "By whose certificates time stamps count: PEM."),
]

RecorderKeyFiles = Annotated[
    list[Path] | None,
    options.valued(
        "--recorder",
        "FILE",
        "Public key of the telephone system, which must have signed; may be given again.",
    ),
]

Package = Annotated[
    Path, options.named("PATH", "The opened folder, the .zip as it came, or the .html.")
]

Witnesses = Annotated[
    list[str] | None,
    options.valued(
        "--witness", "KEY", "Key of a witness that must have seen the record; may be given again."
    ),
]

Need = Annotated[
    int | None,
    options.number("--need", "N", "How many of these must have, if not all.", least=1, most=9),
]
