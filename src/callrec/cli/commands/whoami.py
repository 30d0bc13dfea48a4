"""``callrec whoami``."""

from __future__ import annotations

from callrec.cli.commands.kit import grouped_fingerprint
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import acting_person, practice_of

whoami_app = new_app()


@whoami_app.command()
def whoami(ctx: Context) -> None:
    """Say who is logged in, and what that person may do today."""
    from callrec.practice import powers

    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    out = ctx.obj.out
    may = sorted(powers(practice, actor))
    fingerprint = practice.register.public_keys(actor.person.id).fingerprint
    value = {
        "user": actor.login,
        "role": actor.person.role,
        "powers": may,
        "fingerprint": fingerprint,
        "practice": practice.name,
    }

    def text() -> None:
        out.say(f"{actor.login}, {actor.person.role} of {practice.name}")
        out.say(f"may: {', '.join(may)}")
        out.say(f"key: {grouped_fingerprint(fingerprint)}")

    out.show(value, text)
