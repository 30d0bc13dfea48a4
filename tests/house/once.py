"""What takes long and always comes to the same is done once in a run.

The same few people give the same passwords thousands of times, each vault that is opened has an
engine anew, every copy of a practice begins with the same signed log, and Typer makes each command
from its function whenever one is run.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from typer.main import get_command

from callrec.audit import checkpoint, stretch
from callrec.audit.leaf import Leaf
from callrec.catalogue import sqlite
from callrec.cli import app
from callrec.cli.groups import LazyGroup
from callrec.crypto import primitives, statement
from callrec.crypto.canonical import parse


def remember(patch: pytest.MonkeyPatch) -> None:
    """Keep what passwords were stretched to, what verified and was read, how statements compile."""
    patch.setattr(primitives, "stretch_password", cache(primitives.stretch_password))
    verify = cache(primitives.verify)
    for module in (primitives, checkpoint, stretch):
        patch.setattr(module, "verify", verify)
    patch.setattr(Leaf, "decode", lru_cache(None, typed=True)(Leaf.decode))  # 7.0 is not 7
    patch.setattr(statement, "parse", cache(parse))
    patch.setattr(sqlite, "create_engine", _Sharing())
    patch.setattr(app, "get_command", cache(get_command))
    patch.setattr(LazyGroup, "loaded", cache(LazyGroup.loaded))


class _Sharing:
    """Makes engines that share what SQLAlchemy compiled: a fifth of what most tests do.

    Its cache tells statements apart by their dialect too, so that is shared with it.
    """

    def __init__(self) -> None:
        self._first: Engine | None = None

    def __call__(self, *args: Any, **options: Any) -> Engine:
        created = create_engine(*args, **options)
        self._first = self._first or created
        created.dialect = self._first.dialect
        created._compiled_cache = self._first._compiled_cache  # noqa: SLF001 - there is no other way
        return created
