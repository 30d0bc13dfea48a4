"""What ``--json`` prints: by a schema that is made from the code, whole or in part, errors too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from callrec.cli.app import SECTIONS, app, run
from callrec.cli.fields import only, read_fields
from callrec.cli.output import Output
from callrec.errors import Unusable
from cli.printed import SCHEMAS, check
from cli.transcript import Stage
from supply.results import RESULTS
from supply.schemas import files

ROOT = Path(__file__).parents[2]


def commands() -> Iterator[str]:
    group: Any = get_command(app)
    context = group.make_context("callrec", [], resilient_parsing=True)
    several = [(name, group.get_command(context, name)) for s in SECTIONS.values() for name in s]
    while several:
        name, command = several.pop()
        below = getattr(command, "commands", {})
        several += [(f"{name} {each}", command) for each, command in below.items()]
        if not below or command.invoke_without_command:
            yield name


def test_every_command_has_a_schema_but_the_one_that_opens_an_editor() -> None:
    assert set(commands()) - {"config edit"} == set(RESULTS)


def test_the_schemas_are_those_of_the_code() -> None:
    made = files(RESULTS)
    for path, text in made.items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: make reference"
    assert {each.name for each in SCHEMAS.iterdir()} == {
        Path(path).name for path in made if path.startswith("docs")
    }


def test_a_member_more_or_of_another_kind_is_found() -> None:
    check("user logout", '{"ended": true}')
    for wrong in ('{"ended": true, "more": 1}', '{"ended": 1}', "{}"):
        with pytest.raises(AssertionError, match="logout prints"):
            check("user logout", wrong)


def test_a_transcript_fails_where_a_result_is_not_by_its_schema(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = Output.show
    monkeypatch.setattr(Output, "show", lambda out, _, words: show(out, {"no": 1}, words))
    with pytest.raises(AssertionError, match="logout prints"):
        stage.play("@practice\n$ callrec logout\n[...]\n")


@pytest.mark.usefixtures("stage")
def test_what_goes_wrong_is_a_document_of_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["listen", "R-1", "--json"], ["no-such-command", "-j"], ["--json", "show", "x"]):
        status = run(line)
        said = capsys.readouterr()
        check("error", said.err)
        assert (json.loads(said.err)["status"], said.out) == (status, "")


DOCUMENT = {"id": 1, "items": [{"at": "x", "in": ({"a": 1, "b": 2},)}, {"at": "y", "in": ()}]}


def test_of_a_document_only_what_is_named_is_left() -> None:
    assert only(DOCUMENT, ["id"]) == {"id": 1}
    assert only(DOCUMENT, ["items.at"]) == {"items": [{"at": "x"}, {"at": "y"}]}
    assert only(DOCUMENT, ["items.in.b"]) == {"items": [{"in": [{"b": 2}]}, {"in": []}]}
    assert only(DOCUMENT, ["items"]) == {"items": DOCUMENT["items"]}


def test_an_unknown_name_is_told_with_those_beside_it() -> None:
    assert read_fields("inbox", "id, urgency") == ["items.id", "items.urgency"]
    with pytest.raises(Unusable, match=r'prints no field "particulars\.nr"') as problem:
        read_fields("request show", "id,particulars.nr")
    assert "the fields: particulars.reason, particulars.about," in problem.value.hint
