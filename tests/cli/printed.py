"""Holds what each command shows against the schema of its document (docs/reference/schemas)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from typer._click.globals import get_current_context

from callrec.cli.output import Output, Words, as_json

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name.replace(' ', '-')}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(name: str, document: str) -> None:
    """Fail unless this is what the command, or ``error``, prints by its schema."""
    found = [
        f"{each.json_path}: {each.message[:500]}"
        for each in validator(name).iter_errors(json.loads(document))
    ]
    assert not found, f"{name} prints {document}, but {found}"


class Printed:
    """The documents that a command shows, also where it shows them in words."""

    def __init__(self, setattr_: Callable[[object, str, object], None]) -> None:
        self.documents: list[tuple[str, str]] = []
        show, show_line = Output.show, Output.show_line

        def noting(out: Output, value: Mapping[str, Any], words: Words) -> None:
            by = out.acts()
            self._note({**value, "by": by} if by else value)
            show(out, value, words)

        def noting_a_line(out: Output, value: Mapping[str, Any], words: Words) -> None:
            self._note(value)
            show_line(out, value, words)

        setattr_(Output, "show", noting)
        setattr_(Output, "show_line", noting_a_line)

    def _note(self, value: Mapping[str, Any]) -> None:
        command = get_current_context().command_path.removeprefix("callrec ")
        self.documents.append((command, as_json(value)))

    def check(self) -> None:
        """Fail unless all of them are as their schemas say; then forget them."""
        documents, self.documents = self.documents, []
        for name, document in documents:
            check(name, document)
