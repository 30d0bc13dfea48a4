"""How each further particular is asked for: asked.txt beside this is the form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callrec.policy.further import QUESTIONS, FurtherParticular

FORM = Path(__file__).with_name("asked.txt").read_text(encoding="utf-8")


def in_the_form(field: FurtherParticular) -> Iterator[str]:
    asked = QUESTIONS[field]
    yield f"{field}: {asked.question}"
    yield f"    {asked.help}"
    yield f"    {asked.option}"
    if asked.choices:
        yield from (f"        {code}: {meaning}" for code, meaning in asked.choices.items())
    else:
        yield f"        a {asked.kind}"
    if asked.usually:
        yield f"        {asked.usually}, if nothing is said"
    if asked.may_be_unknown:
        yield "        may be unknown"
    if asked.may_be_none:
        yield "        may be none"
    if asked.names_subject:
        yield "        names whom the request is about"


def test_each_particular_is_asked_for_in_the_words_of_the_form() -> None:
    told = "\n\n".join("\n".join(in_the_form(field)) for field in FurtherParticular)
    assert told + "\n" == FORM
