"""One command as it was typed, and what it may ask of the world."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer

from callrec.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.cli.prompts import Prompts
    from callrec.config import Config
    from callrec.practice import Practice


@dataclass(slots=True)
class GlobalOptions:
    """What was typed of the options that every command takes."""

    json: bool = False
    config: Path | None = None
    vault: Path | None = None


class Invocation:
    """What stands behind ``ctx.obj``: configuration, clock, output, prompts, environment.

    Each is made when first asked for, so that ``--help`` reads no file and loads nothing.
    """

    def __init__(
        self, *, now: Callable[[], datetime], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._now = now
        self.environ = environ
        self.given = GlobalOptions()
        self.practice: Practice | None = None
        """The vault that the command works on, once it is open."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return self._now().astimezone(UTC)

    @cached_property
    def config(self) -> Config:
        """The configuration that applies to this command.

        Raises:
            Misconfigured: the file is missing, is no TOML, or has a key or value we do not know.
        """
        from callrec.config import load_config  # pydantic: 67 ms

        return load_config(self.given.config, self.environ, self.given.vault)

    @cached_property
    def out(self) -> Output:
        """Where results and messages go."""
        from callrec.cli.output import Output  # --help needs none

        return Output(
            results=sys.stdout, messages=sys.stderr, json=self.given.json, environ=self.environ
        )

    @cached_property
    def prompts(self) -> Prompts:
        """Where questions are asked."""
        from callrec.cli.prompts import Prompts  # --help needs none

        return Prompts(answers=sys.stdin, messages=sys.stderr, environ=self.environ)


FILE_PARAMETERS = frozenset({"paths", "after"})
"""Parameters that are given as text and name files: such a name may be any bytes."""


class Context(typer.Context):
    """Typer's context, with our invocation in it."""

    obj: Invocation

    def invoke(self, callback: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a command, unless it was given text that is none.

        Raises:
            Unusable: as it could neither be kept nor signed, nothing is begun.
        """
        for name, value in kwargs.items():
            for each in value if isinstance(value, list | tuple) else (value,):
                if isinstance(each, str) and name not in FILE_PARAMETERS and not is_text(each):
                    raise Unusable(
                        "what was typed is not text in UTF-8",
                        hint="set the terminal, and LANG, to UTF-8",
                    )
        return super().invoke(callback, *args, **kwargs)


def is_text(typed: str) -> bool:
    """Whether what came from outside is Unicode; Python hands on bytes that are none (PEP 383)."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True


def remember_option(ctx: Context, param: typer.CallbackParam, value: Any) -> None:
    """Keep the value of an option that every command takes, wherever it stood in the line."""
    if value:
        setattr(ctx.obj.given, param.name, value)
