"""The practice's settings: what a vault begins with, the example, what is said of a mistake."""

from __future__ import annotations

import re
import tomllib
from datetime import time
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from callrec.crypto.verifier_key import COSIGNATURE_KEY, VerifierKey
from callrec.errors import Misconfigured
from callrec.settings import Settings, read_settings
from callrec.system.toml import read_toml, toml_lines

EXAMPLE = Path(__file__).parent.parent / "settings.example.toml"


def load(text: str, tmp_path: Path) -> Settings:
    file = tmp_path / "callrec.toml"
    file.write_text(text, encoding="utf-8")
    return Settings().changed_by(read_toml(file), file)


def keys(values: dict[str, object], prefix: str = "") -> set[str]:
    found = set()
    for name, value in values.items():
        found |= keys(value, f"{name}.") if isinstance(value, dict) else {prefix + name}
    return found


def test_the_example_shows_what_a_vault_begins_with(tmp_path: Path) -> None:
    assert load(EXAMPLE.read_text(encoding="utf-8"), tmp_path) == Settings()


def test_the_example_shows_every_key_and_says_why() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert keys(tomllib.loads(text)) == keys(Settings().as_toml())
    lines = text.splitlines()
    for above, line in pairwise(lines):
        if re.match(r"\w+ = ", line):
            assert above.startswith("# "), line


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().time_zone = ZoneInfo("UTC")


A_PRACTICE = """
time_zone = "Europe/Jersey"
[[notices]]
kind = "website"
version = "2 \\u00e9 \\\\"
from = 2026-12-01
until = 2027-11-30
text = '''
Calls are "recorded".

\\ and so on\''''
[release]
rights = "one\\r\\ntwo\\u0000 \\u007f"
[reconcile]
opens = 07:30:15
"""


def test_what_was_shown_is_read_as_it_was(tmp_path: Path) -> None:
    settings = load(A_PRACTICE, tmp_path)
    shown = "\n".join(toml_lines(settings.as_toml()))
    assert load(shown, tmp_path) == settings != Settings()
    assert read_settings(settings.as_json()) == settings
    assert settings.time_zone == ZoneInfo("Europe/Jersey")


leaves = st.one_of(
    st.integers(-(2**53), 2**53), st.booleans(), st.dates(), st.text(st.characters(codec="utf-8"))
)
tables = st.recursive(
    st.dictionaries(st.from_regex(r"\A[a-z_]{1,8}\Z"), leaves | st.lists(leaves, max_size=3)),
    lambda inner: st.dictionaries(
        st.from_regex(r"\A[a-z_]{1,8}\Z"), inner | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(tables)
def test_what_is_written_as_toml_is_read_as_it_was(values: dict[str, object]) -> None:
    assert tomllib.loads("\n".join(toml_lines(values))) == values


def test_what_a_file_does_not_name_stays(tmp_path: Path) -> None:
    before = load("[search]\nmost_results = 9\n[reconcile]\ncloses = 23:00:00", tmp_path)
    after = before.changed_by(
        {"search": {"widest_window_days": 2}, "reconcile": {"opens": time(20)}}, tmp_path
    )
    assert (after.search.most_results, after.search.widest_window_days) == (9, 2)
    assert (after.reconcile.opens, after.reconcile.closes) == (time(20), time(23))


UNKNOWN = {
    "most_result": ("most_result = 9", "search.most_results"),
    "search.most_result": ("[search]\nmost_result = 9", "search.most_results"),
    "timezone": ('timezone = "UTC"', "time_zone"),
    "laps_days": ("[grants]\nlaps_days = 9", "grants.lapse_days"),
}


@pytest.mark.parametrize(("text", "near"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_names_the_file_and_the_nearest(
    text: str, near: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured) as mistake:
        load(text, tmp_path)
    assert "callrec.toml" in mistake.value.message
    assert "unknown key" in mistake.value.message
    assert f'did you mean "{near}"' in mistake.value.hint


UNUSABLE = {
    "search.most_results": "[search]\nmost_results = 0",
    "grants.review_cap": "[grants]\nreview_cap = 1.5",
    "requests.lapse_days": '[requests]\nlapse_days = "14"',
    "time_zone": 'time_zone = "Europe/Londn"',
    "telephone.extensions": '[telephone]\nextensions = ["2xx"]',
    "policy.next_revision_due": '[policy]\nnext_revision_due = "2025"',
    "clocks.division": '[clocks]\ndivision = "wales"',
    "clocks.target_days": "[clocks]\ntarget_days = 29",
    "clocks.extra_closed_days": '[clocks]\nextra_closed_days = ["2027-06-03"]',
    "search": "search = 3",
    "retention.appraise_again": '[retention]\nappraise_again = "1 day"',
    "retention.category": '[[retention.category]]\nname = "routine"\nsource = "ours"',
    "retention.category.name": '[[retention.category]]\nname = "A claim"\nsource = "ours"',
    "retention.category.source": '[[retention.category]]\nname = "claim"\nsource = ""',
    "retention.category.keeps": '[[retention.category]]\nname = "a"\nsource = "b"\nkeeps = 6',
}


@pytest.mark.parametrize("key", UNUSABLE)
def test_a_value_that_cannot_be_names_its_key(key: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=f'"{key}" cannot be used: [a-z]') as mistake:
        load(UNUSABLE[key], tmp_path)
    assert not mistake.value.message.endswith(".")


def test_a_span_that_cannot_be_is_told_how_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="it is not a span of time") as mistake:
        load("[retention]\nappraise_again = '2 year olds'", tmp_path)
    assert mistake.value.hint == 'write "18 months" or "3 years", say'


LATER = {
    "a range that goes backwards": (
        '[telephone]\nextensions = ["600", "299-200"]',
        '"299-200" ends before it begins',
    ),
    "opening hours that go backwards": (
        "[reconcile]\nopens = 18:30:00\ncloses = 08:00:00",
        '"reconcile" cannot be used: reconcile.opens is to be before reconcile.closes',
    ),
    "no opening hours": ("[reconcile]\nopens = 18:30:00", "is to be before reconcile.closes"),
}
"""What would be taken without a word, and go wrong while calls are at stake; what is said of it."""


@pytest.mark.parametrize(("text", "said"), LATER.values(), ids=LATER)
def test_what_would_go_wrong_later_is_told_at_once(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be used: ") as mistake:
        load(text, tmp_path)
    assert said in mistake.value.message


SOUND = {
    "a range of one": '[telephone]\nextensions = ["600-600"]',
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_sound_is_taken(text: str, tmp_path: Path) -> None:
    assert load(text, tmp_path) != Settings()


SCHEDULE = """
[[retention.category]]
name = "routine"
keeps = "6 months"
source = "the practice's own schedule"
[[retention.category]]
name = "claim"
keeps = "6 years"
source = "the practice's own schedule"
"""


def test_a_schedule_of_one_s_own_replaces_all_of_the_other(tmp_path: Path) -> None:
    told = load(SCHEDULE, tmp_path).retention.category
    assert [(each.name, each.keeps) for each in told] == [
        ("routine", "6 months"),
        ("claim", "6 years"),
    ]


def test_a_schedule_without_claims_is_told_what_to_list(tmp_path: Path) -> None:
    text = SCHEDULE.replace('"claim"', '"our-claims"')
    with pytest.raises(Misconfigured, match='none is named "claim": list every category'):
        load(text, tmp_path)


def test_two_categories_of_one_name_are_refused(tmp_path: Path) -> None:
    text = SCHEDULE.replace('"claim"', '"routine"')
    with pytest.raises(Misconfigured, match="two of them have one name"):
        load(text, tmp_path)


def witnesses(*pairs: tuple[str, str]) -> str:
    """Settings with these names and keys."""
    each = '[[witness]]\nname = "{}"\nkey = "{}"\nurl = "https://w.example/"\n'
    return "".join(each.format(name, key) for name, key in pairs)


def witness_key(name: str, public: bytes = bytes(32)) -> str:
    return str(VerifierKey(name, COSIGNATURE_KEY, public))


LMC, OAK = witness_key("lmc.example/w"), witness_key("oak.example/w", bytes(31) + b"1")

BAD_WITNESSES = {
    "one name": (witnesses(("A", LMC), ("A", OAK)), "two of them have one name"),
    "one key": (witnesses(("A", LMC), ("B", LMC)), "two of them have one key"),
    "one key under two names": (
        witnesses(("A", LMC), ("B", witness_key("other.example/w"))),
        "two of them have one key",
    ),
    "a space behind": (witnesses(("A", LMC), ("A ", OAK)), "no space around it"),
    "two spaces": (witnesses(("A B", LMC), ("A  B", OAK)), "no space around it"),
    "turned round": (witnesses(("A\u202eB", LMC)), "nothing that cannot be seen"),
    "a key of a log's name": (witnesses(("A", witness_key("callrec/1"))), "the name of a record"),
    "a name without end": (witnesses(("A", witness_key("w" * 300))), "not a key that was copied"),
}


@pytest.mark.parametrize("case", BAD_WITNESSES)
def test_witnesses_who_could_be_taken_for_others_are_refused(case: str, tmp_path: Path) -> None:
    text, why = BAD_WITNESSES[case]
    with pytest.raises(Misconfigured, match=why):
        load(text, tmp_path)


def test_what_is_wrong_with_the_whole_names_no_empty_key(tmp_path: Path) -> None:
    text = witnesses(("A", LMC)) + "[cosigning]\nneeded = 2\n"
    with pytest.raises(Misconfigured) as told:
        load(text, tmp_path)
    assert told.value.message.endswith("toml: cosigning.needed is more than there are witnesses")


TEMPLATE = """
[[telephone.template]]
name = "ours"
pattern = '(?P<date>[0-9]{8})-(?P<time>[0-9]{6})\\.wav'
examples = ["20240704-140501.wav"]
"""
BAD_TEMPLATES = {
    "name": ('name = "ours"', 'name = "Our system"', "it is not written as"),
    "pattern: unknown group": ("<time>", "<clock>", 'it has a group "clock"'),
    "pattern: no RE2": ("(?P<date>", "(?P<date>(?=x)", "it is not a pattern of RE2's"),
    "pattern: no time": ("?P<date>[0-9]{8})-(?P<time>", "?P<caller>[0-9]{8})-(", "it has no time"),
    "times": ('name = "ours"', 'name = "ours"\ntimes = ["%d.%m."]', '"%d.%m." has no year'),
    "times: twice": (
        'name = "ours"',
        'name = "ours"\ntimes = ["%Y%m%d %H%M%S %f%f"]',
        "has %f twice",
    ),
    "zone": ('name = "ours"', 'name = "ours"\nzone = "London"', "invalid timezone"),
    "examples: none": ('["20240704-140501.wav"]', "[]", "at least 1 item"),
    "examples: not matched": ("-140501", "_140501", "the pattern does not read example 1"),
    "examples: no time": ("140501", "250501", "the pattern does not read example 1"),
}


def test_a_template_is_read_with_the_configuration(tmp_path: Path) -> None:
    (template,) = load(TEMPLATE, tmp_path).telephone.template
    assert (template.name, template.times, template.zone) == ("ours", ("%Y%m%d %H%M%S",), None)


@pytest.mark.parametrize("case", BAD_TEMPLATES)
def test_a_template_that_will_not_do_names_its_key(case: str, tmp_path: Path) -> None:
    old, new, said = BAD_TEMPLATES[case]
    key = case.partition(":")[0]
    with pytest.raises(Misconfigured, match=f'"telephone.template.{key}" cannot be') as told:
        load(TEMPLATE.replace(old, new), tmp_path)
    assert said in told.value.message


def test_two_templates_of_one_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="two of them have one name"):
        load(TEMPLATE * 2, tmp_path)


def test_the_examples_commented_template_loads(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    commented = text[text.index("#   [[telephone.template]]") : text.index("template = []")]
    (template,) = load(re.sub(r"(?m)^#   ", "", commented), tmp_path).telephone.template
    assert template.name == "old-recorder"
