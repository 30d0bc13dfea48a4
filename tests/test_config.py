"""The configuration: its defaults, its example, and what is said of a mistake in it."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

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


def test_a_file_that_notepad_wrote_is_read(tmp_path: Path) -> None:
    assert load("\ufeff[listen]\r\nplayer = ['mpv']\r\n", tmp_path).listen.player == ("mpv",)


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    config = load_config(None, {}, None)
    assert config == Config()
    assert config.vault == tmp_path / "DATA" / "callrec" / "vault"


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


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Config().vault = Path()


def test_lists_become_tuples(tmp_path: Path) -> None:
    config = load('[listen]\nplayer = ["play", "-"]', tmp_path)
    assert config.listen.player == ("play", "-")


UNKNOWN = {
    "playr": ("playr = 9", "listen.player"),
    "listen.playr": ('[listen]\nplayr = ["x"]', "listen.player"),
    "a section": ("[password]\nmemory_mib = 64", "passwords"),
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


RULES = {
    "a section": "[search]\nwidest_window_days = 31",
    "a list": '[[notices]]\nkind = "website"\nversion = "1"\nfrom = 2026-01-01',
    "a key": 'time_zone = "Pacific/Kiritimati"',
}


@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_a_rule_of_the_practice_is_none_of_a_machine_s(text: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="is a rule of the practice") as mistake:
        load(text, tmp_path)
    assert "callrec practice settings apply" in mistake.value.hint


UNUSABLE = {
    "passwords.approver_memory_mib": "[passwords]\napprover_memory_mib = 1025",
    "listen.player": '[listen]\nplayer = "play -"',
    "recordings": 'recordings = "s3://key:sesame@hama"',
    "objects.endpoint": '[objects]\nendpoint = "http://objects.example:9000"',
    "mail.host": '[mail]\nhost = "mail server"',
    "mail.port": "[mail]\nport = 0",
    "mail.sender": '[mail]\nsender = "the practice"',
    "mail.people.max": '[mail.people]\nmax = "max, somebody@practice.test"',
}


@pytest.mark.parametrize("key", UNUSABLE)
def test_a_value_that_cannot_be_names_its_key(key: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=f'"{key}" cannot be used: [a-z]') as mistake:
        load(UNUSABLE[key], tmp_path)
    assert not mistake.value.message.endswith(".")


@pytest.mark.parametrize("key", ["recordings", "objects.endpoint"])
def test_where_a_store_is_and_who_goes_there_is_not_repeated(key: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as mistake:
        load(UNUSABLE[key], tmp_path)
    said = f"{mistake.value.message} {mistake.value.hint}"
    assert not any(word in said for word in ("sesame", "hama", "objects.example"))


LATER = {
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
    "a bucket that nobody can go to": ('recordings = "s3://hama"', "needs objects.credential_file"),
    "a player of no name": ('[listen]\nplayer = ["play", "\\u0000"]', "it has a NUL in it"),
}
"""What would be taken without a word, and go wrong while calls are at stake; what is said of it."""


@pytest.mark.parametrize(("text", "said"), LATER.values(), ids=LATER)
def test_what_would_go_wrong_later_is_told_at_once(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as mistake:
        load(text, tmp_path)
    assert said in mistake.value.message


SOUND = {
    "a server by its address": '[mail]\nhost = "192.0.2.25"\nsender = "a@practice.test"',
    "by its newer address": '[mail]\nhost = "2001:db8::25"\nsender = "a@practice.test"',
    "by a mapped address": '[mail]\nhost = "::ffff:192.0.2.25"\nsender = "a@practice.test"',
    "by its whole name": '[mail]\nhost = "mail.example."\nsender = "a@practice.test"',
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_sound_is_taken(text: str, tmp_path: Path) -> None:
    assert load(text, tmp_path) != Config()


BROKEN = {
    "no TOML": (b"vault = here\n", "is not TOML"),
    "no UTF-8": (b'vault = "\xff"\n', "is not TOML"),
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


def test_another_vault_is_not_in_the_file_s_database_or_bucket(tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "config.toml", {"CALLREC_VAULT": "/srv/other"}
    file.write_text(
        'vault = "ours"\ncatalogue = "postgresql:///hama"\nrecordings = "s3://hama"\n'
        '[objects]\ncredential_file = "key"\n'
    )
    for other in (load_config(file, {}, Path("/srv/other")), load_config(file, elsewhere, None)):
        assert (other.catalogue, other.recordings) == ("", "")
    for ours in (load_config(file, {}, None), load_config(file, elsewhere, tmp_path / "ours")):
        assert (ours.catalogue, ours.recordings) == ("postgresql:///hama", "s3://hama")


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
