"""``callrec listen``: play what was granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.player import find_player
from callrec.cli.who import practice_of, signing
from callrec.procedures.listen import listen_to

if TYPE_CHECKING:
    from callrec.procedures.listen import Play

app = new_app()


@app.command()
def listen(
    ctx: Context, request: options.Reference, recording: options.GrantedRecording = None
) -> None:
    """Play a recording that was granted to you, leaving no file.

    It may be played again until the grant lapses; each time is an entry in the record.
    """
    call = ctx.obj
    practice = practice_of(call)

    def player(kind: str) -> Play:
        return find_player(call.config.listen.player, kind, call.environ)

    heard = listen_to(practice, signing(call, practice), request, recording, player=player)
    value = {
        "request": heard.reference,
        "recording": heard.recording,
        "audit_seq": heard.seq,
        "lapses_at": heard.lapses_at,
    }
    until = heard.lapses_at.astimezone(practice.config.time_zone)

    def text() -> None:
        call.out.say(f"Recording {heard.recording} was played, which is entry {heard.seq}.")
        call.out.say(f"It may be played again until {until:%Y-%m-%d %H:%M}.")

    call.out.show(value, text)
