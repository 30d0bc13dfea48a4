"""``callrec release``: hand over what was granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import practice_of, signing
from callrec.policy.handing_over import Channel, Delivery, Form
from callrec.procedures.release import release_recordings

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.cli.prompts import Prompts
    from callrec.procedures.release import Released

app = new_app()

_MEANING = {
    Channel.LETTER: "by post",
    Channel.PHONE: "read out on the telephone",
    Channel.SMS: "as a text message",
    Channel.EMAIL: "by e-mail",
    Channel.PERSON: "handed over in person",
}


@app.command()
def release(
    ctx: Context,
    request: options.Reference,
    *,
    to: options.To,
    form: options.ReleaseForm = Form.ZIP,
    deliver_by: options.DeliverBy = None,
    passphrase_by: options.PassphraseBy = None,
) -> None:
    """Hand over everything that was granted to you under a request, as a sealed package.

    It holds each recording as the telephone system made it, a copy that any player plays, and what
    proves both. 7-Zip opens it with the passphrase, which is shown once and kept nowhere. What was
    granted is then used up: a second copy is a second approval.
    """
    del form  # the only one there is
    call = ctx.obj
    delivery = Delivery(
        deliver_by or _ask(call.prompts, "How will the package go out", "--deliver-by"),
        passphrase_by or _ask(call.prompts, "And its passphrase", "--passphrase-by"),
    )
    practice = practice_of(call)
    actor = signing(call, practice)
    done = release_recordings(practice, actor, request, to=to, delivery=delivery)
    call.out.show(_as_json(done), lambda: _say(call.out, done))


def _ask(prompts: Prompts, what: str, option: str) -> Channel | None:
    if not prompts.possible:
        return None
    choices = {str(channel): meaning for channel, meaning in _MEANING.items()}
    return Channel(prompts.choose(what, choices, option=f"{option} {'|'.join(choices)}"))


def _as_json(done: Released) -> dict[str, object]:
    # Both are of the same file as long as nothing can be clipped or silenced.
    recordings = [
        {"id": file.recording, "sha256_original": file.sha256, "sha256_enclosed": file.sha256}
        for file in done.originals
    ]
    return {
        "path": done.path,
        "form": done.form,
        "passphrase": done.passphrase,
        "recordings": recordings,
        "audit_seq": done.seq,
    }


def _say(out: Output, done: Released) -> None:
    numbers = ", ".join(str(file.recording) for file in done.originals)
    out.say(f"{done.reference} is released: {done.path}")
    out.say(f"Recordings enclosed: {numbers}")
    if done.manifest.withheld:
        out.say(f"Withheld: {', '.join(str(each.recording) for each in done.manifest.withheld)}")
    out.say(f"Passphrase, shown this once: {done.passphrase}")
    out.say("Let it go another way than the package.")
