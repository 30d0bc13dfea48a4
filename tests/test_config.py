"""The configuration: its defaults, its example, and what is said of a mistake in it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from callrec.config import Config, load_config
from callrec.errors import Misconfigured

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))


def load(text: str, tmp_path: Path) -> Config:
    file = tmp_path / "callrec.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, {}, None)


def keys(values: dict[str, object], prefix: str = "") -> set[str]:
    found = set()
    for name, value in values.items():
        found |= keys(value, f"{name}.") if isinstance(value, dict) else {prefix + name}
    return found


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    config = load_config(None, {}, None)
    assert config == Config()
    assert config.vault == tmp_path / "DATA" / "callrec" / "vault"
    assert config.time_zone == ZoneInfo("Europe/London")


def test_the_example_shows_the_defaults() -> None:
    example = load_config(EXAMPLE, {}, None)
    assert example == Config()


def test_the_example_shows_every_key_and_says_why() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = tomllib.loads(re.sub(r"(?m)^# (?=\w+ = )", "", text))
    assert keys(shown) == keys(Config().model_dump())
    lines = text.splitlines()
    for above, line in pairwise(lines):
        if re.match(r"(# )?\w+ = ", line):
            assert above.startswith("# "), line


def test_the_examples_commented_keys_load(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"))
    config = load(text, tmp_path)
    assert config.vault == Path("/srv/callrec/vault")
    assert config.policy.next_revision_due == date(2025, 1, 31)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Config().region = "FR"


def test_lists_become_tuples(tmp_path: Path) -> None:
    config = load(
        '[listen]\nplayer = ["play", "-"]\n[telephone]\nextensions = ["200-299"]', tmp_path
    )
    assert config.listen.player == ("play", "-")
    assert config.telephone.extensions == ("200-299",)


UNKNOWN = {
    "most_result": ("most_result = 9", "search.most_results"),
    "search.most_result": ("[search]\nmost_result = 9", "search.most_results"),
    "timezone": ('timezone = "UTC"', "time_zone"),
    "laps_days": ("[grants]\nlaps_days = 9", "grants.lapse_days"),
    "a section": ("[password]\npasses = 9", "passwords"),
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
    "passwords.passes": "[passwords]\npasses = 2",
    "passwords.approver_memory_mib": "[passwords]\napprover_memory_mib = 1025",
    "passwords.lanes": "[passwords]\nlanes = true",
    "grants.review_cap": "[grants]\nreview_cap = 1.5",
    "requests.lapse_days": '[requests]\nlapse_days = "14"',
    "time_zone": 'time_zone = "Europe/Londn"',
    "region": 'region = "UK "',
    "telephone.extensions": '[telephone]\nextensions = ["2xx"]',
    "listen.player": '[listen]\nplayer = "play -"',
    "mail.host": '[mail]\nhost = "mail server"',
    "mail.port": "[mail]\nport = 0",
    "mail.sender": '[mail]\nsender = "the practice"',
    "mail.people.max": '[mail.people]\nmax = "max, somebody@practice.test"',
    "policy.next_revision_due": '[policy]\nnext_revision_due = "2025"',
    "clocks.division": '[clocks]\ndivision = "wales"',
    "clocks.target_days": "[clocks]\ntarget_days = 29",
    "clocks.extra_closed_days": '[clocks]\nextra_closed_days = ["2027-06-03"]',
    "search": "search = 3",
    "retention.appraise_again": '[retention]\nappraise_again = "1 day"',
    "retention.stubs": "[retention]\nstubs = 20",
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
    with pytest.raises(Misconfigured, match="it is no span of time") as mistake:
        load("[retention]\nstubs = '20 year olds'", tmp_path)
    assert mistake.value.hint == 'write "18 months" or "3 years", say'


LATER = {
    "a region that ISO calls otherwise": ('region = "UK"', 'the United Kingdom is "GB"'),
    "a region that is none": ('region = "ZZ"', "it is no country of ISO 3166"),
    "a range that goes backwards": (
        '[telephone]\nextensions = ["600", "299-200"]',
        '"299-200" ends before it begins',
    ),
    "opening hours that go backwards": (
        "[reconcile]\nopens = 18:30:00\ncloses = 08:00:00",
        '"reconcile" cannot be used: reconcile.opens is to be before reconcile.closes',
    ),
    "no opening hours": ("[reconcile]\nopens = 18:30:00", "is to be before reconcile.closes"),
    "a server's name with nothing between dots": (
        '[mail]\nhost = "mail..example"',
        '"mail.host" cannot',
    ),
    "a server's name that begins with a dot": (
        '[mail]\nhost = ".mail.example"',
        '"mail.host" cannot',
    ),
    "a server's name that is too long": (
        f'[mail]\nhost = "{"x" * 64}.example"',
        '"mail.host" cannot',
    ),
    "a login that no server is told": ('[mail]\nuser = "r\u00e4del"', '"mail.user" cannot'),
    "a vault of no name": ('vault = "va\\u0000ult"', "it has a NUL in it"),
    "certificates of no name": ('[mail]\nca_file = "c\\u0000"', "it has a NUL in it"),
    "a password of no name": ('[mail]\npassword_file = "p\\u0000"', "it has a NUL in it"),
    "a player of no name": ('[listen]\nplayer = ["play", "\\u0000"]', "it has a NUL in it"),
}
"""What would be taken without a word, and go wrong while calls are at stake; what is said of it."""


@pytest.mark.parametrize(("text", "said"), LATER.values(), ids=LATER)
def test_what_would_go_wrong_later_is_told_at_once(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be used: ") as mistake:
        load(text, tmp_path)
    assert said in mistake.value.message


SOUND = {
    "another country": 'region = "FR"',
    "an island of its own code": 'region = "JE"',
    "a range of one": '[telephone]\nextensions = ["600-600"]',
    "a server by its address": '[mail]\nhost = "192.0.2.25"\nsender = "a@practice.test"',
    "by its newer address": '[mail]\nhost = "2001:db8::25"\nsender = "a@practice.test"',
    "by a mapped address": '[mail]\nhost = "::ffff:192.0.2.25"\nsender = "a@practice.test"',
    "by its whole name": '[mail]\nhost = "mail.example."\nsender = "a@practice.test"',
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_sound_is_taken(text: str, tmp_path: Path) -> None:
    assert load(text, tmp_path) != Config()


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


TEMPLATE = """
[[telephone.template]]
name = "ours"
pattern = '(?P<date>[0-9]{8})-(?P<time>[0-9]{6})\\.wav'
examples = ["20240704-140501.wav"]
"""
BAD_TEMPLATES = {
    "name": ('name = "ours"', 'name = "Our system"', "string should match"),
    "pattern: unknown group": ("<time>", "<clock>", 'it has a group "clock"'),
    "pattern: no RE2": ("(?P<date>", "(?P<date>(?=x)", "it is no pattern of RE2's"),
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


BROKEN = {
    "no TOML": (b"region = GB\n", "is not TOML"),
    "no UTF-8": (b'region = "\xff"\n', "is not TOML"),
    "nested without end": (b"a = " + b"[" * 5000, "is not TOML: nested too deep"),
    "nobody's home": (b'vault = "~nobody-of-that-name/vault"', "home of a user that there is not"),
    "nobody's home for a file": (b'[mail]\nca_file = "~nobody-of-that-name/ca"', "home of a user"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=said):
        load_config(file, {}, None)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: is a directory"):
        load_config(tmp_path, {}, None)


@pytest.mark.parametrize("by_option", [True, False], ids=["option", "variable"])
def test_a_named_file_must_be_there(by_option: bool, tmp_path: Path) -> None:  # noqa: FBT001
    named = tmp_path / "none.toml"
    environ = {} if by_option else {"CALLREC_CONFIG": str(named)}
    with pytest.raises(Misconfigured, match=r"no configuration at .*none\.toml") as missing:
        load_config(named if by_option else None, environ, None)
    assert "callrec init" in missing.value.hint


def test_the_vault_is_the_named_then_the_variables_then_the_files(tmp_path: Path) -> None:
    file = tmp_path / "callrec.toml"
    file.write_text('vault = "of-file"\n')
    environ = {"CALLREC_CONFIG": str(file)}
    both = environ | {"CALLREC_VAULT": "/of-variable"}
    assert load_config(None, both, Path("/named")).vault == Path("/named")
    assert load_config(None, both, None).vault == Path("/of-variable")
    assert load_config(None, environ, None).vault == tmp_path / "of-file"


NO_PLACES = {
    "a name that no folder can have": ("v" * 300, "the name of the vault is too long"),
    "a way that no folder can have": ("v/" * 3000, "the name of the vault is too long"),
    "a name that SQLite takes by halves": ("v\udce4", "not text in UTF-8"),
}


@pytest.mark.parametrize(("name", "said"), NO_PLACES.values(), ids=NO_PLACES)
def test_where_no_vault_can_lie_is_told(name: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_config(None, {}, Path(name))
    with pytest.raises(Misconfigured, match=said):
        load_config(None, {"CALLREC_VAULT": name}, None)


HALF_MAIL = {
    "host without sender": ('host = "mail.test"', "mail.host needs mail.sender"),
    "user without password": ('user = "post"', "mail.user needs mail.password_file"),
    "password without TLS": (
        'user = "post"\npassword_file = "mail.password"\nstarttls = false',
        "a password is not sent without mail.starttls",
    ),
}


@pytest.mark.parametrize(("text", "said"), HALF_MAIL.values(), ids=HALF_MAIL)
def test_mail_is_configured_whole_or_not_at_all(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as mistake:
        load(f"[mail]\n{text}\n", tmp_path)
    assert mistake.value.message.endswith(f'"mail" cannot be used: {said}')


def test_the_mail_s_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    text = '[mail]\npassword_file = "mail.password"\nca_file = "/etc/practice.pem"\n'
    mail = load(text, tmp_path).mail
    assert mail.password_file == tmp_path / "mail.password"
    assert mail.ca_file == Path("/etc/practice.pem")


def test_a_wrong_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as mistake:
        load('[mail.people]\nmax = "max harding at home"\n', tmp_path)
    assert "harding" not in mistake.value.message + mistake.value.hint
