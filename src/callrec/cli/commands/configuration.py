"""config: where this machine's configuration is, what it says, whether it can be used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.errors import Misconfigured, Unusable
from callrec.system.shell import EDITOR, find_program, split_line

config_app = new_app()


@config_app.command()
def path(ctx: Context) -> None:
    """Print where the configuration is read from."""
    file = _file(ctx)
    ctx.obj.out.show({"path": str(file), "exists": file.is_file()}, str(file))
    if not file.is_file():
        ctx.obj.out.note("no such file yet, so every setting has its usual value")


@config_app.command()
def show(ctx: Context) -> None:
    """Print the configuration that applies here, defaults included."""
    from callrec.system.toml import toml_lines

    told: dict[str, Any] = ctx.obj.config.model_dump(mode="json", by_alias=True, exclude_none=True)
    ctx.obj.out.show(told, "\n".join(toml_lines(told)).split("\n"))


@config_app.command()
def check(ctx: Context) -> None:
    """Check the configuration; say what is wrong with it."""
    file, config = _file(ctx), ctx.obj.config  # which is checked as it is read
    found = "can be used" if file.is_file() else "not there, and not needed"
    lines = (f"{file}: {found}", f"vault: {config.vault}")
    ctx.obj.out.show({"path": str(file), "vault": str(config.vault)}, lines)


@config_app.command()
def edit(ctx: Context) -> None:
    """Open the configuration in your editor, then check it.

    VISUAL or EDITOR names your editor. If there is no file yet, one is begun. The old file stays
    until the new one can be read.
    """
    from callrec.config import load_config

    if not ctx.obj.prompts.possible:
        raise Unusable("an editor needs a terminal", hint="callrec config path says which file")
    file = _file(ctx)
    _edit_copy(ctx.obj, file)
    if not os.path.lexists(file):
        ctx.obj.out.note("nothing was written")
        return
    load_config(file, ctx.obj.environ, ctx.obj.given.vault)
    ctx.obj.out.say(f"{file}: can be used")


def _edit_copy(invocation: Invocation, file: Path) -> None:
    """Let somebody edit a copy of the file, and put what can be read in its place."""
    with TemporaryDirectory(prefix="callrec-") as folder:
        draft = Path(folder) / file.name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():
                draft.write_bytes(file.read_bytes())
            if _edit_until_read(invocation, draft):
                file.write_bytes(draft.read_bytes())  # it may be a link, and belongs to whom it did
        except OSError as problem:
            named, reason = problem.filename or file, os.strerror(problem.errno or 0).lower()
            raise Misconfigured(f"{named} cannot be made: {reason}") from None


def _edit_until_read(invocation: Invocation, draft: Path) -> bool:
    """Let somebody edit a draft until it can be read; returns whether there is anything in it."""
    from callrec.config import load_config

    while True:
        _run_editor(invocation.environ, draft)
        if not draft.exists():
            return False
        try:
            load_config(draft, invocation.environ, invocation.given.vault)
        except Misconfigured as error:
            message = error.message.replace(str(draft), draft.name)
            invocation.out.note("; ".join(filter(None, (message, error.hint))))
            invocation.prompts.wait("Enter edits it again, Ctrl-C keeps what was there before")
        else:
            return True


def _run_editor(environ: Mapping[str, str], draft: Path) -> None:
    try:
        editor = split_line(environ.get("VISUAL") or environ.get("EDITOR") or EDITOR)
        program = find_program(editor[0], environ) or editor[0]
        command = (program, *editor[1:], str(draft))
        done = subprocess.run(command, check=False)  # noqa: S603  # what the user set
    except (OSError, ValueError):
        raise Misconfigured("the editor cannot be started", hint="set EDITOR to another") from None
    if done.returncode:
        raise Misconfigured("the editor ended with an error", hint="run callrec config check")


def _file(ctx: Context) -> Path:
    from callrec.config import config_file

    return config_file(ctx.obj.given.config, ctx.obj.environ)
