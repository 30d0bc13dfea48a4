"""Whose recordings are looked for, and how names alone are read."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from callrec.errors import Misconfigured, Unusable
from callrec.intake.preview import preview_names
from callrec.intake.reading import SYSTEMS, telephone_setup
from callrec.settings import Settings, Telephone, Template
from callrec.telephone.call import Direction, System


def a_config(*names: str) -> Settings:
    templates = tuple(
        Template(
            name=name,
            pattern=rf"{name}-(?P<date>\d{{8}})-(?P<time>\d{{6}})-(?P<direction>\w+)\.wav",
            zone=ZoneInfo("UTC"),
            inbound=("Rein",),
            examples=(f"{name}-20240704-140501-rein.wav",),
        )
        for name in names
    )
    return Settings(telephone=Telephone(template=templates, extensions=("200-299",)))


def test_without_a_name_every_template_and_every_system_is_asked() -> None:
    setup = telephone_setup(a_config("one", "two"))
    assert [template.name for template in setup.templates] == ["one", "two"]
    assert setup.system is None


def test_a_templates_name_asks_that_template_alone() -> None:
    setup = telephone_setup(a_config("one", "two"), system="two")
    assert [template.name for template in setup.templates] == ["two"]
    assert setup.system is System.TEMPLATE
    assert setup.may_be_from(System.ASTERISK)
    name = "in-201-07700900123-20240704-140501-1720098301.17.wav"
    (preview,) = preview_names([name], setup)
    assert preview.call is None


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_systems_name_asks_that_system_alone(system: System) -> None:
    setup = telephone_setup(a_config("one"), system=system)
    assert (setup.templates, setup.system) == ((), system)
    assert [asked for asked in SYSTEMS if setup.may_be_from(asked)] == [system]


@pytest.mark.parametrize("name", ["asterix", "", "none", "sidecar", "template"])
def test_a_system_that_is_none_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(Unusable) as refused:
        telephone_setup(a_config("one"), system=name)
    assert "asterisk, freeswitch, 3cx" in refused.value.hint
    assert "one" in refused.value.hint


def test_a_template_may_not_be_called_as_a_system_that_is_known() -> None:
    with pytest.raises(Misconfigured, match="3cx is known"):
        telephone_setup(a_config("3cx"))


def test_words_of_a_direction_are_known_in_capitals_and_small() -> None:
    (preview,) = preview_names(["one-20240704-140501-REIN.wav"], telephone_setup(a_config("one")))
    assert preview.call is not None
    assert preview.call.direction is Direction.INBOUND


def test_instead_of_a_templates_name_its_examples_are_read() -> None:
    setup = telephone_setup(a_config("one", "two"))
    assert [preview.path for preview in preview_names(["two"], setup)] == [
        "two-20240704-140501-rein.wav"
    ]
    assert [preview.path for preview in preview_names([], setup)] == [
        "one-20240704-140501-rein.wav",
        "two-20240704-140501-rein.wav",
    ]


def test_an_id_alone_is_shown_with_whose_it_is() -> None:
    sid = "RE0123456789abcdef0123456789abcdef"
    (preview,) = preview_names([f"{sid}.wav"], telephone_setup(Settings()))
    shown = preview.as_json()
    assert (shown["system"], shown["unique_id"], shown["started_at"]) == ("twilio", sid, None)


def test_a_contradiction_is_shown() -> None:
    name = "in-201-07700900123-20240704-140501-1719811031.5.wav"
    (preview,) = preview_names([name], telephone_setup(Settings()))
    shown = preview.as_json()
    assert shown["contradiction"] == "the unique id contradicts it by 3 days"
    assert (shown["zone"], shown["utc_offset_minutes"]) == ("Europe/London", 60)
