"""The configuration: config.toml as a frozen Config.

There are few keys. What each means, its unit and its reason are in config.example.toml, and only
there. An unknown key is an error that names the nearest known one: a misspelt setting must not be
ignored.
"""

from __future__ import annotations

import errno
import os
import tomllib
from collections.abc import Mapping, Sequence  # pydantic reads it
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from callrec.errors import Misconfigured
from callrec.system.files import check_only_we_can_change
from callrec.system.name_pattern import NamePattern, check_pattern, check_times

# No other package's plugin may watch what is read here; and to look for plugins, pydantic would
# read the metadata of every package on this machine.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

_T = TypeVar("_T")
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_KEEPING = r"^[1-9][0-9]{0,2} (months?|years?)$"
"""A length of time as it is written: ``6 months``, ``3 years``."""

_Several = Annotated[tuple[_T, ...], Strict(strict=False)]
"""A Config holds tuples, where TOML has arrays."""

_Word = TypeVar("_Word", str, Path)


def _nameable(word: _Word) -> _Word:
    if "\0" in str(word):
        raise PydanticCustomError("name", "it has a NUL in it")
    return word


_Path = Annotated[Path, Strict(strict=False), AfterValidator(_nameable)]


def _check_names_differ(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise PydanticCustomError("names", "two of them have one name")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Search(_Section):
    """How wide a search may be before it is browsing [policy 4(c)]."""

    widest_window_days: int = Field(default=1, ge=1, le=31)
    most_results: int = Field(default=50, ge=1, le=1000)


class Requests(_Section):
    """What becomes of a request that nobody decides."""

    lapse_days: int = Field(default=14, ge=1, le=366)


class Grants(_Section):
    """How long a grant lasts, and how much one may hold."""

    lapse_days: int = Field(default=14, ge=1, le=366)
    review_cap: int = Field(default=20, ge=1, le=1000)


class Passwords(_Section):
    """How a password is stretched: Argon2id, RFC 9106; the bounds are FORMATS 1's."""

    memory_mib: int = Field(default=64, ge=64, le=1024)
    approver_memory_mib: int = Field(default=256, ge=64, le=1024)
    passes: int = Field(default=3, ge=3, le=10)
    lanes: int = Field(default=4, ge=1, le=16)


class Template(_Section):
    """How one system's recordings are named (docs/telephone-systems.md)."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    pattern: str = Field(max_length=1000)
    times: _Several[str] = ("%Y%m%d %H%M%S",)
    zone: ZoneInfo | None = None
    inbound: _Several[str] = ()
    outbound: _Several[str] = ()
    internal: _Several[str] = ()
    examples: _Several[str] = Field(min_length=1)

    @field_validator("pattern", "times")
    @classmethod
    def _usable(cls, value: Any, info: ValidationInfo) -> Any:
        try:
            check_pattern(value) if info.field_name == "pattern" else check_times(value)
        except ValueError as problem:
            raise PydanticCustomError("template", "{why}", {"why": str(problem)}) from None
        return value

    @field_validator("examples")
    @classmethod
    def _read(cls, examples: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if {"pattern", "times"} <= info.data.keys():
            form = NamePattern(info.data["pattern"], info.data["times"])
            for place, example in enumerate(examples, 1):
                if form.find(example) is None:
                    raise PydanticCustomError(
                        "template", "the pattern does not read example {place}", {"place": place}
                    )
        return examples


class Telephone(_Section):
    """The practice's own telephone system."""

    extensions: _Several[Annotated[str, Field(pattern=r"^\d{2,6}(-\d{2,6})?$")]] = ()
    outside_prefixes: _Several[Annotated[str, Field(pattern=r"^[0-9*#]{1,4}$")]] = ()
    settle_seconds: int = Field(default=5, ge=1, le=3600)
    record_tolerance_seconds: int = Field(default=120, ge=1, le=3600)
    template: _Several[Template] = ()

    @field_validator("extensions")
    @classmethod
    def _forwards(cls, extensions: tuple[str, ...]) -> tuple[str, ...]:
        for written in extensions:
            first, _, last = written.partition("-")
            if last and int(last) < int(first):
                why = '"{written}" ends before it begins'
                raise PydanticCustomError("extensions", why, {"written": written})
        return extensions

    @field_validator("template")
    @classmethod
    def _each_once(cls, templates: tuple[Template, ...]) -> tuple[Template, ...]:
        _check_names_differ([template.name for template in templates])
        return templates


class Reconcile(_Section):
    """When there should be calls: what a gap in the day is measured by."""

    opens: time = time(8, 0)
    closes: time = time(18, 30)
    gap_minutes: int = Field(default=60, ge=5, le=720)

    @model_validator(mode="after")
    def _forwards(self) -> Reconcile:
        if self.opens >= self.closes:
            why = "reconcile.opens is to be before reconcile.closes"
            raise PydanticCustomError("reconcile", why)
        return self


class Listen(_Section):
    """What plays a recording."""

    player: _Several[Annotated[str, AfterValidator(_nameable)]] = ()


class Release(_Section):
    """What a recipient reads in a package."""

    contact: str = Field(default="", max_length=120, pattern=_ONE_LINE)
    rights: str = Field(default="", max_length=20_000)


_ADDRESS = r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+"
"""As HTML's input fields have it: such an address needs no quoting in a header."""

_Address = Annotated[str, Field(max_length=254, pattern=f"^{_ADDRESS}$")]


class Archive(_Section):
    """How safe a recording is before the vault lets go of its own file [policy 4(h)]."""

    copies: int = Field(default=2, ge=1, le=9)


class Mail(_Section):
    """How people are notified of what waits for them (docs/mail.md)."""

    host: str = Field(default="", pattern=r"^([A-Za-z0-9:-]{1,63}(\.[A-Za-z0-9:-]{1,63})*\.?)?$")
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    ca_file: _Path | None = None
    user: str = Field(default="", pattern=r"^[ -~]*$")
    password_file: _Path | None = None
    sender: str = Field(default="", max_length=254, pattern=f"^({_ADDRESS})?$")
    timeout_seconds: int = Field(default=20, ge=1, le=300)
    people: Mapping[str, _Address] = {}

    @model_validator(mode="after")
    def _whole(self) -> Mail:
        """Related keys are all there, and no password is sent where others can read it."""
        if self.host and not self.sender:
            raise PydanticCustomError("mail", "mail.host needs mail.sender")
        if self.user and self.password_file is None:
            raise PydanticCustomError("mail", "mail.user needs mail.password_file")
        if self.user and not self.starttls:
            raise PydanticCustomError("mail", "a password is not sent without mail.starttls")
        return self


class Policy(_Section):
    """Which policy the practice works by."""

    version: str = ""
    next_revision_due: date | None = None


class Clocks(_Section):
    """By when requests are answered; how long a law's own clock runs is not a setting."""

    division: Literal["england-and-wales", "scotland", "northern-ireland"] = "england-and-wales"
    holidays_known_until: int = Field(default=2028, ge=2018, le=2199)
    extra_closed_days: _Several[date] = ()
    days_not_closed: _Several[date] = ()
    target_days: int = Field(default=28, ge=1, le=28)
    outside_body_working_days: int = Field(default=5, ge=1, le=60)
    warn_days: int = Field(default=7, ge=0, le=28)


class AboutPractice(_Section):
    """What the practice says of itself where it tells people that calls are recorded."""

    name: str = Field(default="", max_length=120, pattern=_ONE_LINE)
    data_protection_contact: str = Field(default="", max_length=200, pattern=_ONE_LINE)
    kept_for: str = Field(default="three years", min_length=1, max_length=60, pattern=_ONE_LINE)


class Notice(_Section):
    """One version of a notice [policy 3]; notices checks them together."""

    kind: Literal["website", "announcement", "outbound", "staff"]
    version: str = Field(min_length=1, max_length=40, pattern=_ONE_LINE)
    first_on: date = Field(alias="from")
    last_on: date | None = Field(default=None, alias="until")
    text: str = Field(default="", max_length=20_000)


class RetentionCategory(_Section):
    """One category of the retention schedule [policy 4(h)]."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    keeps: str | None = Field(default=None, pattern=_KEEPING)
    source: str = Field(min_length=1, max_length=300, pattern=_ONE_LINE)


_CODE = "NHS Records Management Code of Practice, App II"

_CATEGORIES = (
    RetentionCategory(
        name="routine",
        keeps="3 years",
        source="the practice's choice, as practices publish it (IGA Code of 2016)",
    ),
    RetentionCategory(name="health-record", source=f"{_CODE}: as the health record it is of"),
    RetentionCategory(
        name="claim", keeps="6 years", source=f"{_CODE}: may be needed for a legal claim"
    ),
    RetentionCategory(
        name="telephony-record", keeps="1 year", source=f"{_CODE}: telephony systems record"
    ),
)

_NAMED_BY_RULES = ("routine", "claim")
"""The categories of recordings that nobody gave one (policy/retention.py)."""


class Retention(_Section):
    """How long recordings are kept [policy 4(h)]: none is destroyed without an approval."""

    category: _Several[RetentionCategory] = _CATEGORIES
    appraise_again: str = Field(default="1 year", pattern=_KEEPING)
    stubs: str = Field(default="20 years", pattern=_KEEPING)

    @field_validator("category")
    @classmethod
    def _schedule(cls, categories: tuple[RetentionCategory, ...]) -> tuple[RetentionCategory, ...]:
        names = [category.name for category in categories]
        _check_names_differ(names)
        for name in _NAMED_BY_RULES:
            if name not in names:
                why = 'none is named "{name}": list every category that you keep, that one too'
                raise PydanticCustomError("retention", why, {"name": name})
        return categories


class Incidents(_Section):
    """When the Information Commissioner is notified of a breach: both degrees reached."""

    report_likelihood: int = Field(default=3, ge=1, le=5)
    report_impact: int = Field(default=2, ge=1, le=5)


class Config(_Section):
    """Everything that two practices would set differently."""

    vault: _Path = Field(
        default_factory=lambda: user_data_path("callrec", appauthor=False) / "vault"
    )
    time_zone: ZoneInfo = ZoneInfo("Europe/London")
    region: str = "GB"
    notices: _Several[Notice] = ()
    practice: AboutPractice = AboutPractice()
    search: Search = Search()
    requests: Requests = Requests()
    grants: Grants = Grants()
    passwords: Passwords = Passwords()
    telephone: Telephone = Telephone()
    reconcile: Reconcile = Reconcile()
    listen: Listen = Listen()
    release: Release = Release()
    archive: Archive = Archive()
    policy: Policy = Policy()
    clocks: Clocks = Clocks()
    mail: Mail = Mail()
    incidents: Incidents = Incidents()
    retention: Retention = Retention()

    @field_validator("region")
    @classmethod
    def _with_numbers(cls, region: str) -> str:
        """In an unknown region, no number would be recognised under another spelling."""
        if region != "GB":
            from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  # 30 ms; most are in GB

            if region not in SUPPORTED_REGIONS:
                why = 'it is no country of ISO 3166 in capitals; the United Kingdom is "GB"'
                raise PydanticCustomError("region", why)
        return region


def load_config(path: Path | None, environ: Mapping[str, str], vault: Path | None) -> Config:
    """The configuration that applies.

    Args:
        path: the file that was named, or None: the one in CALLREC_CONFIG, else the usual place,
            where it may be missing.
        environ: may hold CALLREC_CONFIG and CALLREC_VAULT.
        vault: the vault that was named; it goes before CALLREC_VAULT, and that before the file.

    Raises:
        Misconfigured: a named file is missing; a file cannot be read, others can change it, it is
            no TOML, or holds a key or a value that we do not know; no vault can lie in that place.
    """
    named = path or _path_in(environ, "CALLREC_CONFIG")
    file = named or user_config_path("callrec", appauthor=False) / "config.toml"
    config = _read(file, required=named is not None)
    chosen = vault or _path_in(environ, "CALLREC_VAULT")
    # In the file a path is relative to the file, or the vault would depend on the current folder.
    place = chosen.absolute() if chosen else _beside(file, config.vault)
    _check_nameable(place)
    named_files = {"ca_file": config.mail.ca_file, "password_file": config.mail.password_file}
    mail_files = {key: _beside(file, each) for key, each in named_files.items() if each is not None}
    mail = config.mail.model_copy(update=mail_files)
    return config.model_copy(update={"vault": place, "mail": mail})


def _check_nameable(vault: Path) -> None:
    """Check that a vault can have this name; whether one is there is checked when it is opened.

    SQLite takes bytes that are not UTF-8 for some things and not for others.
    """
    try:
        str(vault).encode()
        vault.lstat()
    except UnicodeEncodeError:
        raise Misconfigured(
            "the way to the vault is not text in UTF-8", hint="rename the folder, or name another"
        ) from None
    except OSError as problem:
        if problem.errno == errno.ENAMETOOLONG:
            raise Misconfigured("the name of the vault is too long", hint="name another") from None


def _beside(file: Path, path: Path) -> Path:
    return file.absolute().parent / _from_home(path)


def _path_in(environ: Mapping[str, str], variable: str) -> Path | None:
    named = environ.get(variable)
    return _from_home(Path(named)) if named else None


def _from_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise Misconfigured(f'"{path}" begins in the home of a user that there is not') from None


def _read(file: Path, *, required: bool) -> Config:
    try:
        check_only_we_can_change(file)
        with file.open("rb") as opened:
            values = tomllib.load(opened)
    except FileNotFoundError:
        if not required:
            return Config()
        raise Misconfigured(
            f"there is no configuration at {file}",
            hint="callrec init founds a vault; config.example.toml shows every key",
        ) from None
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise Misconfigured(f"{file} cannot be read: {reason}") from None
    except RecursionError:
        raise Misconfigured(f"{file} is not TOML: nested too deep") from None
    except ValueError as problem:  # no TOML, or no UTF-8
        raise Misconfigured(f"{file} is not TOML: {_in_lower_case(problem)}") from None
    try:
        return Config.model_validate(values)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        raise _explained(first, file) from None


def _explained(error: ErrorDetails, file: Path) -> Misconfigured:
    key = ".".join(part for part in error["loc"] if isinstance(part, str))
    if error["type"] != "extra_forbidden":
        why, hint = _in_lower_case(error["msg"]), ""
        if error.get("ctx", {}).get("pattern") == _KEEPING:
            why, hint = "it is no span of time", 'write "18 months" or "3 years", say'
        return Misconfigured(f'{file}: "{key}" cannot be used: {why}', hint=hint)
    from difflib import get_close_matches  # noqa: PLC0415  # most configurations have no error

    near = get_close_matches(key, _keys(Config), n=1, cutoff=0.3)
    meant = f'did you mean "{near[0]}"? ' if near else ""
    return Misconfigured(
        f'{file}: unknown key "{key}"', hint=f"{meant}config.example.toml shows every key"
    )


def _keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        keys.append(f"{prefix}{name}")
        if isinstance(kind, type) and issubclass(kind, _Section):
            keys += _keys(kind, f"{prefix}{name}.")
    return keys


def _in_lower_case(problem: object) -> str:
    text = str(problem)
    return (text[:1].lower() + text[1:]).rstrip(".")
