"""config: where this machine's configuration is, what it says, whether it can be used."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.errors import Misconfigured, Unusable

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
    """Print the configuration that applies here, with what is set nowhere."""
    from callrec.system.toml import toml_lines

    told: dict[str, Any] = ctx.obj.config.model_dump(mode="json", by_alias=True, exclude_none=True)
    ctx.obj.out.show(told, "\n".join(toml_lines(told)).split("\n"))


@config_app.command()
def check(ctx: Context) -> None:
    """Check the configuration; say what is wrong with it."""
    file, config = _file(ctx), ctx.obj.config  # which is checked as it is read
    ctx.obj.out.show({"path": str(file), "vault": str(config.vault)}, _checked(file, config.vault))


def _checked(file: Path, vault: Path) -> Iterator[str]:
    yield f"{file}: {'can be used' if file.is_file() else 'not there, and not needed'}"
    yield f"vault: {vault}"


@config_app.command()
def edit(ctx: Context) -> None:
    """Open the configuration in your editor, then check it.

    The editor is the one that VISUAL or EDITOR names. A file that is not there is begun.
    """
    from callrec.config import load_config

    if not ctx.obj.prompts.possible:
        raise Unusable("an editor needs a terminal", hint="callrec config path says which file")
    environ, file = ctx.obj.environ, _file(ctx)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise Misconfigured(f"{file.parent} cannot be made: {reason}") from None
    try:
        editor = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
        done = subprocess.run((*editor, str(file)), check=False)  # noqa: S603  # what the user set
    except (OSError, ValueError):
        raise Misconfigured("the editor cannot be started", hint="set EDITOR to another") from None
    if done.returncode:
        raise Misconfigured("the editor ended with an error", hint="run callrec config check")
    if not os.path.lexists(file):
        ctx.obj.out.note("nothing was written")
        return
    load_config(file, environ, ctx.obj.given.vault)
    ctx.obj.out.say(f"{file}: can be used")


def _file(ctx: Context) -> Path:
    from callrec.config import config_file

    return config_file(ctx.obj.given.config, ctx.obj.environ)
