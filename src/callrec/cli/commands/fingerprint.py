"""``callrec fingerprint``: what the practice publishes, for whoever checks a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.commands.kit import grouped_fingerprint
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.qr_code import qr_code
from callrec.cli.who import practice_of

if TYPE_CHECKING:
    from callrec.cli.output import Output

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
