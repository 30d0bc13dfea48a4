"""``callrec audit witness``: see the records of others, and cosign them; needs no vault."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.errors import Failed, Unusable

witness_app = new_app()


@witness_app.command()
def init(ctx: Context, folder: Folder, *, name: Name) -> None:
    """Make a witness: a folder with its key, for the records of other practices.

    It prints the line that they put into their settings. Keep the folder: without it nobody can
    show again what was seen. Its key says nothing about your own practice's record.
    """
    from callrec.witness.keeping import make_witness

    made = make_witness(folder, name)
    ctx.obj.out.show({"folder": folder, "key": str(made.key)}, str(made.key))
    ctx.obj.out.note("give that line to each practice, by a way that nobody else can change")
    ctx.obj.out.note("let it know a practice's record: callrec audit witness add FOLDER KEY")


@witness_app.command()
def add(
    ctx: Context, folder: Folder, key: LogKey, *, origin: Origin = None, yes: options.Yes = False
) -> None:
    """Let a witness know a record: by the key with which the practice asks.

    The practice prints it: callrec audit cosign --keys. A record may have several keys. Before it
    takes one more it asks: whose key it is can sign heads of that record.
    """
    from callrec.crypto.verifier_key import NOTE_KEY, read_verifier_key
    from callrec.views.words import counted
    from callrec.witness.keeping import open_witness

    try:
        read = read_verifier_key(key, NOTE_KEY)
    except ValueError as problem:
        raise Unusable(
            f"that is not the key of a record: {problem}",
            hint="callrec audit cosign --keys prints it",
        ) from None
    name, witness = origin or read.name, open_witness(folder)
    if others := witness.check_new(name, read):
        known = f"this record is known already, by {counted(others, 'key')}"
        ctx.obj.out.note(known)
        ctx.obj.prompts.confirm("Is this key from the same practice?", yes=yes)
    witness.add_log(name, read)
    by = f", by {counted(others + 1, 'key')}" if others else ""
    ctx.obj.out.show({"origin": name, "key": key}, f"known: {name}{by}")
    ctx.obj.out.note("it answers while callrec audit witness serve runs")


@witness_app.command()
def serve(ctx: Context, folder: Folder, *, listen: Listen = "127.0.0.1:7380") -> None:
    """Answer practices that have their records seen (C2SP tlog-witness), until it is ended.

    What continues the record that was seen last is kept, then cosigned with the time. Anything else
    is refused, and kept as evidence. Nothing of anybody comes here, and nothing is written down of
    who asks. It speaks plain HTTP: let a reverse proxy stand before it for TLS.
    """
    from callrec.witness.keeping import open_witness
    from callrec.witness.serving import WitnessServer, serve_until_ended

    witness = open_witness(folder)
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise Unusable("that is not a place to listen", hint="give --listen 127.0.0.1:7380")
    with witness.held():
        try:
            server = WitnessServer(witness, (host, int(port)), now=time.time, tell=ctx.obj.out.note)
        except (OSError, OverflowError) as error:
            raise Failed(f"it cannot listen there: {error}", hint="give another --listen") from None
        place = f"http://{host}:{server.server_address[1]}/"
        value = {"url": place, "key": str(witness.key)}
        ctx.obj.out.show_line(value, f"{witness.key.name} answers at {place}")
        serve_until_ended(server)


Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The witness's folder.")]

Name = Annotated[
    str,
    options.valued(
        "--name", "NAME", "Its name, as oak-surgery.example/witness; nothing need be found there."
    ),
]

LogKey = Annotated[str, typer.Argument(metavar="KEY", help="The line that the practice gave you.")]

Origin = Annotated[
    str | None,
    options.plain("--origin", "The record's name, where its key has another (never callrec's)."),
]

Listen = Annotated[str, options.valued("--listen", "HOST:PORT", "Where to listen, 127.0.0.1:7380.")]
