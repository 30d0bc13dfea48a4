"""``callrec demo``: the whole of it, on a small made-up practice."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.stage import Stage
from callrec.cli.story import play_story
from callrec.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from callrec.cli.output import Output

demo_app = new_app()


@demo_app.command()
def demo(ctx: Context, *, keep: options.Keep = None) -> None:
    """Show the whole of it on a small made-up practice, each command as typed with what it says.

    Real commands, real files: calls are made up and taken in, one is searched for, asked for,
    approved by somebody else and released; all are archived; the record is checked, and a changed
    byte in it is found. It all happens in a folder of its own and is deleted, unless --keep.
    """
    out = ctx.obj.out
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="callrec-demo-") as folder:
            played = _play(Path(folder), out)

        def text() -> None:
            out.say()
            out.say("That was in a temporary folder, which is gone.")

        out.show({"folder": None, "played": played}, text)
        out.next_step("callrec demo --keep DIR, to look around afterwards")
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        is_empty = not any(keep.iterdir())
    except OSError as error:
        raise Unusable(
            f'"{keep}" is no folder that can be used: {str(error.strerror).lower()}',
            hint="name a new folder",
        ) from error
    if not is_empty:
        raise Unusable(f'"{keep}" is not empty', hint="name a new folder")
    played, kept = _play(keep, out), keep.resolve()
    out.show({"folder": kept, "played": played}, lambda: _say_how_to_look_around(out, kept))
    for command in ("callrec status", "callrec audit list", "callrec request show R-1"):
        out.next_step(command)


def _play(folder: Path, out: Output) -> Sequence[Mapping[str, Any]]:
    stage = Stage(folder.resolve(), out)
    play_story(stage)
    return stage.played


def _say_how_to_look_around(out: Output, folder: Path) -> None:
    out.say()
    out.say("To look around, be the Data Controller in your shell:")
    out.say(f"  export CALLREC_CONFIG={folder}/callrec.toml XDG_STATE_HOME={folder}/state")
    out.say(f"  export CALLREC_USER=dora CALLREC_PASSWORD_FILE={folder}/people/dora.password")
