"""The practice's settings: what is in force, what a file would change of it, and deciding that.

    settings.applied  a Data Controller decided them; the statement of the leaf holds them whole

They are in the clear, as everybody who takes in, searches or is reminded goes by them, with or
without a key: nothing in them is about a patient. Only the log says which are in force, and since
when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from callrec.audit.log import stored_size
from callrec.audit.register import settings_fields
from callrec.catalogue.engine import reading
from callrec.config import Config
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Misconfigured, NotFound
from callrec.intake.reading import telephone_setup
from callrec.keys.by_two import share_out_anew
from callrec.login.people import logins
from callrec.login.together import opened_by_two
from callrec.notices import read_notices
from callrec.people.vouching import governing
from callrec.policy.authority import check_may_be_opened_by_two, check_may_set_rules
from callrec.policy.days import short_date
from callrec.policy.role import is_machine
from callrec.practice import SETTINGS_ACT, Actor, Practice, attempt, in_force, signing, today
from callrec.record.statements import sign_statement_as
from callrec.settings import Notice, Settings
from callrec.system.toml import read_toml, toml_value

_NAMED_BY: Final = {
    "notices": ("kind", "version"),
    "category": ("name",),
    "template": ("name",),
    "line_manager": ("person",),
    "witness": ("name",),
}
"""By list, the keys by which its entries are told apart."""

_LONG: Final = 100
"""Letters of a value that is shown whole."""


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """One version of the settings, and whose decision it was."""

    version: int
    entry: int
    """Of the log: from this one on they were in force."""
    at: datetime
    """UTC, by the log."""
    by: str
    """Login."""
    settings: Settings


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What becomes of one key, or of one entry of a list."""

    key: str
    """As ``search.widest_window_days``."""
    was: str | None
    """As a file says it; None: it was not there."""
    now: str | None

    @property
    def words(self) -> str:
        """The change in one line, as `settings check` prints it."""
        if self.was is None:
            return f"{self.key}: new, {self.now}"
        return f"{self.key}: {self.was} -> {self.now or 'taken out'}"


@dataclass(frozen=True, slots=True)
class ProposedSettings:
    """What a file makes of the settings in force."""

    settings: Settings
    changes: tuple[SettingChange, ...]
    remarks: tuple[str, ...]
    """What to know of them before they are decided, a sentence each."""


def show_settings(practice: Practice, entry: int | None = None) -> ShownSettings:
    """The settings in force now, or at an entry of the log.

    Raises:
        NotFound: there is no such entry, or no settings were in force at it.
    """
    known = practice.register.settings
    if entry is not None:
        with reading(practice.engine) as connection:
            entries = stored_size(connection)
        if entry >= entries:
            raise NotFound(
                f"the audit record has no entry {entry}", hint=f"its last is {entries - 1}"
            )
    at_entry = [each for each in known if entry is None or each.seq <= entry]
    if not at_entry:
        raise NotFound(
            f"no settings were in force at entry {entry}",
            hint=f"the first are those of entry {known[0].seq}",
        )
    version = at_entry[-1]
    at, by = parse_instant(version.at), logins(practice).get(version.by, version.by)
    return ShownSettings(version.version, version.seq, at, by, version.settings)


def propose_settings(practice: Practice, source: Path | Mapping[str, Any]) -> ProposedSettings:
    """What the settings would be if a file were applied: what it does not name stays as it is.

    ``source``: the file, or what one would say.

    Raises:
        Misconfigured: the file is not there, others can change it, it holds a key or a value that
            we do not know, or what it says contradicts itself.
    """
    file = source if isinstance(source, Path) else Path("the proposal")
    try:
        values = read_toml(source) if isinstance(source, Path) else source
    except FileNotFoundError:
        raise Misconfigured(f"there is no file {file}", hint=_HOW_TO_BEGIN) from None
    of_a_machine = Config.model_fields.keys() - Settings.model_fields.keys()
    if named := sorted(values.keys() & of_a_machine):
        raise Misconfigured(
            f'{file} is the configuration of a machine, not the practice\'s rules: "{named[0]}"',
            hint=_HOW_TO_BEGIN,
        )
    before = in_force(practice).settings
    after = before.changed_by(values, file)
    read_notices(after)
    telephone_setup(after)
    _check_logins(practice, after)
    changes = tuple(_changes("", before.as_toml(), after.as_toml()))
    backdated = _backdated(before, after, today(practice))
    return ProposedSettings(after, changes, (*backdated, *_on_openers(practice, after)))


def _check_logins(practice: Practice, settings: Settings) -> None:
    known = set(logins(practice).values())
    for each in settings.line_manager:
        for login in (each.person, each.manager):
            if login not in known:
                raise Misconfigured(f"nobody's login is {login}", hint="run callrec user list")


_HOW_TO_BEGIN: Final = (
    "callrec practice settings show > FILE writes what is in force, to be changed"
)


def apply_settings(
    practice: Practice,
    actor: Actor,
    source: Path | Mapping[str, Any],
    agree: Callable[[ProposedSettings], None],
    *,
    second: Actor | None = None,
) -> ShownSettings | None:
    """Decide that a file's settings are in force from now on; None where it changes nothing.

    ``agree`` is shown what would change, and raises where that is not wanted.

    Raises:
        Refused: the actor does not govern; or one person is to open recordings from now on, which
            takes a ``second`` one, or two are, and there are none.
        Misconfigured: as `propose_settings`.
        Failed: the settings were changed meanwhile, by another.
    """
    with attempt(practice, actor, SETTINGS_ACT):
        check_may_set_rules(actor.person)
    proposed = propose_settings(practice, source)
    if not proposed.changes:
        return None
    agree(proposed)
    before = in_force(practice)
    is_key_shared_anew = before.settings.is_opened_by_two != proposed.settings.is_opened_by_two
    if is_key_shared_anew:
        actor = _who_may_change_openers(practice, actor, second)
    stated = sign_statement_as(
        practice, actor, "settings", settings_fields(proposed.settings, before)
    )
    writing_it = governing if is_key_shared_anew else signing
    with writing_it(practice, actor) as act:
        seq = act.leaf(SETTINGS_ACT, actor=actor.person.id, statement=stated)
        if is_key_shared_anew:
            share_out_anew(practice, act, actor)
    return ShownSettings(before.version + 1, seq, stated.at, actor.login, proposed.settings)


def _who_may_change_openers(practice: Practice, actor: Actor, second: Actor | None) -> Actor:
    """Two people take the rule back that it takes two; to make it there have to be two."""
    with attempt(practice, actor, SETTINGS_ACT):
        if not practice.settings.is_opened_by_two:
            people = (voucher.person for voucher in practice.register.people())
            check_may_be_opened_by_two(people)
    return opened_by_two(practice, actor, second, SETTINGS_ACT)


def _on_openers(practice: Practice, after: Settings) -> Iterator[str]:
    """What to know before it takes two people to open recordings, or one again."""
    if after.is_opened_by_two == practice.settings.is_opened_by_two:
        return
    if not after.is_opened_by_two:
        yield "from now on the password of one approver and a stolen drive open every call"
        return
    yield (
        "drives that were written before still open every call with one password: write to each"
        " again, callrec drive backup --to DIR, and destroy those that you cannot write to"
    )
    yield (
        "those who approved before may have kept a key: callrec practice keys rotate --reseal and"
        " then --reencrypt seal everything anew"
    )
    if not any(is_machine(voucher.person) for voucher in practice.register.people()):
        yield (
            "no computer is one of the practice's machines yet: until callrec user add NAME --role"
            " machine, an approval takes two passwords"
        )


def _changes(
    prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[SettingChange]:
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        name = f"{prefix}{key}"
        if was == now:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _changes(f"{name}.", was, now)
        elif key in _NAMED_BY:
            earlier, later = (_by_name(key, each) for each in (was or (), now or ()))
            for called in dict.fromkeys([*earlier, *later]):
                was, now = earlier.get(called), later.get(called)
                if was != now:
                    yield SettingChange(f"{name}, {called}", _in_short(was), _in_short(now))
        else:
            yield SettingChange(name, _in_short(was), _in_short(now))


def _by_name(key: str, entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    by = _NAMED_BY[key]
    return {
        " ".join(str(entry[each]) for each in by): {
            name: value for name, value in entry.items() if name not in by
        }
        for entry in entries
    }


def _in_short(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        said = (f"{name} {_in_short(each)}" for name, each in value.items() if each)
        return ", ".join(said)
    text = " ".join(toml_value(value).split())
    return text if len(text) <= _LONG else f"{text[:_LONG]}..., {len(text)} letters"


def _in_force_from(notice: Notice) -> Notice:
    """What it says of its days and words, whenever it was published."""
    return notice.model_copy(update={"published": None, "where": ""})


def _backdated(before: Settings, after: Settings, on: date) -> Iterator[str]:
    """Notices that are to have been in force before it was said."""
    said = [_in_force_from(notice) for notice in before.notices]
    for notice in after.notices:
        if _in_force_from(notice) not in said and notice.first_on < on:
            yield (
                f"the {notice.kind} notice {notice.version} is said to be in force from"
                f" {short_date(notice.first_on)}; the record will say so since {short_date(on)}"
                " only, and calls before that show it"
            )
