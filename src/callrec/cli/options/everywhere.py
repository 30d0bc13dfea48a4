"""Options of ``callrec`` itself, which every command takes too (invocation.py remembers them)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callrec import __version__
from callrec.cli.invocation import remember_option


def say_version(asked: bool) -> None:  # noqa: FBT001  # Typer's signature
    """Print the version and end, if that was asked."""
    if asked:
        typer.echo(f"callrec {__version__}")
        raise typer.Exit


Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON document, for programs.",
        callback=remember_option,
        expose_value=False,
    ),
]

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Read this configuration; else the one that CALLREC_CONFIG names.",
        callback=remember_option,
        expose_value=False,
    ),
]

VaultDir = Annotated[
    Path | None,
    typer.Option(
        "--vault",
        metavar="DIR",
        help="Use the vault in this folder; else the one that CALLREC_VAULT names.",
        callback=remember_option,
        expose_value=False,
    ),
]

Version = Annotated[
    bool,
    typer.Option(
        "--version", is_eager=True, callback=say_version, help="Say which version this is."
    ),
]
