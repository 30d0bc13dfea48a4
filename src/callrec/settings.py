"""The practice's settings: the rules that two practices would set differently, as a Settings.

They lie in the vault, in a statement that the Data Controller signed, and nowhere else: the person
who runs a command chooses none of them (docs/formats/settings.md). What each means, its unit and
its reason are in settings.example.toml, and only there. What belongs to a machine is in `config`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence  # pydantic reads it
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callrec.crypto.openssh import read_allowed_signers
from callrec.crypto.verifier_key import COSIGNATURE_KEY, is_witness_name, read_verifier_key
from callrec.errors import Misconfigured
from callrec.policy.clause import NEXT_REVISION_DUE_ON
from callrec.policy.purpose import Purpose
from callrec.system.name_pattern import NamePattern, check_pattern, check_times
from callrec.system.toml import in_our_style

# No other package's plugin may watch what is read here; and to look for plugins, pydantic would
# read the metadata of every package on this machine.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

_T = TypeVar("_T")
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
KEEPING: Final = r"^[1-9][0-9]{0,2} (months?|years?)$"
"""A length of time as it is written: ``6 months``, ``3 years``."""
INTERVAL: Final = r"^[1-9][0-9]{0,2} (days?|weeks?|months?|years?)$"
"""How often something is done: ``7 days``, ``6 months``."""

MOST_TIME_CERTIFICATES: Final = 16
"""As many as `callrec_verify` looks at: an authority's roots, former ones among them."""

Several = Annotated[tuple[_T, ...], Strict(strict=False)]
"""A section holds tuples, where TOML has arrays."""


def _check_names_differ(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise PydanticCustomError("names", "two of them have one name")


class Section(BaseModel):
    """Keys that belong together; an unknown one is an error, as a misspelt one must be seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Search(Section):
    """How wide a search may be before it is browsing [policy 4(c)]."""

    widest_window_days: int = Field(default=1, ge=1, le=31)
    most_results: int = Field(default=50, ge=1, le=1000)


class Requests(Section):
    """What becomes of a request that nobody decides."""

    lapse_days: int = Field(default=14, ge=1, le=366)


class Grants(Section):
    """How long a grant lasts, and how much one may hold."""

    lapse_days: int = Field(default=14, ge=1, le=366)
    review_cap: int = Field(default=20, ge=1, le=1000)


class Template(Section):
    """How one system's recordings are named (docs/reference/telephone-systems.md)."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    pattern: str = Field(max_length=1000)
    times: Several[str] = ("%Y%m%d %H%M%S",)
    zone: ZoneInfo | None = None
    inbound: Several[str] = ()
    outbound: Several[str] = ()
    internal: Several[str] = ()
    examples: Several[str] = Field(min_length=1)

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


class Telephone(Section):
    """The practice's own telephone system."""

    extensions: Several[Annotated[str, Field(pattern=r"^\d{2,6}(-\d{2,6})?$")]] = ()
    numbers: Several[
        Annotated[str, Field(pattern=r"^[0-9+() -]{3,40}( to [0-9+() -]{3,40})?$")]
    ] = ()
    outside_prefixes: Several[Annotated[str, Field(pattern=r"^[0-9*#]{1,4}$")]] = ()
    record_tolerance_seconds: int = Field(default=120, ge=1, le=3600)
    template: Several[Template] = ()

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


class Reconcile(Section):
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


class Release(Section):
    """What a recipient reads in a package."""

    contact: str = Field(default="", max_length=120, pattern=_ONE_LINE)
    rights: str = Field(default="", max_length=20_000)


class Archive(Section):
    """How often recordings are copied to drives and read back, and how safely [policy 4(h)]."""

    copies: int = Field(default=2, ge=1, le=9)
    every: str = Field(default="7 days", pattern=INTERVAL)
    verify_every: str = Field(default="6 months", pattern=INTERVAL)


class Keys(Section):
    """By how many people everything is opened that nobody granted [policy 4(a)]."""

    opened_by: Literal["one", "two"] = "one"


class Witness(Section):
    """Somebody outside the practice who cosigns the record's newest head [policy 4(a)]."""

    name: str = Field(min_length=1, max_length=60)
    key: str = Field(max_length=400)
    url: str = Field(max_length=300, pattern=r"^https?://[^\s?#]+$")

    @field_validator("key")
    @classmethod
    def _of_a_witness(cls, key: str) -> str:
        try:
            read = read_verifier_key(key, COSIGNATURE_KEY)
        except ValueError as problem:
            raise PydanticCustomError("witness", "{why}", {"why": str(problem)}) from None
        if not is_witness_name(read.name):
            raise PydanticCustomError("witness", "it has the name of a record")
        return key

    @field_validator("name")
    @classmethod
    def _looks_as_it_is(cls, name: str) -> str:
        if not name.isprintable() or name != " ".join(name.split()):
            why = "no space around it, none twice, and nothing that cannot be seen"
            raise PydanticCustomError("witness", why)
        return name


class Cosigning(Section):
    """How many of the witnesses must have seen the record, and how lately."""

    needed: int = Field(default=1, ge=1, le=9)
    every: str = Field(default="7 days", pattern=INTERVAL)


class OpenPgpCertificate(Section):
    """A certificate of OpenPGP that signs recordings."""

    name: str = Field(min_length=1, max_length=60, pattern=_ONE_LINE)
    fingerprint: str = Field(pattern=r"^([0-9A-F]{40}|[0-9A-F]{64})$")
    certificate: str = Field(max_length=60_000, pattern=r"^-----BEGIN PGP PUBLIC KEY BLOCK-----")
    retired: date | None = None


class RecorderKeys(Section):
    """Whose signatures of recordings count (docs/formats/recorder.md)."""

    allowed_signers: str = Field(default="", max_length=60_000)
    openpgp: Several[OpenPgpCertificate] = ()
    required: bool = False

    @field_validator("allowed_signers")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            read_allowed_signers(text)
        except ValueError as problem:
            raise PydanticCustomError("recorder", "{why}", {"why": str(problem)}) from None
        return text

    @field_validator("openpgp")
    @classmethod
    def _each_once(
        cls, certificates: tuple[OpenPgpCertificate, ...]
    ) -> tuple[OpenPgpCertificate, ...]:
        _check_names_differ([each.fingerprint for each in certificates])
        return certificates

    @model_validator(mode="after")
    def _possible(self) -> RecorderKeys:
        if self.required and not (self.openpgp or read_allowed_signers(self.allowed_signers)):
            why = "recorder.required takes a key whose signatures count, or nothing would come in"
            raise PydanticCustomError("recorder", "{why}", {"why": why})
        return self


class Policy(Section):
    """Which policy the practice works by."""

    next_revision_due: date = NEXT_REVISION_DUE_ON


REQUIRED_FOR_APPROVERS: Final = "required-for-approvers"


class Passwords(Section):
    """What it takes beside a password to open the keys of a person [policy 4(i)]."""

    factor: Literal["optional", "required-for-approvers"] = "optional"


class Clocks(Section):
    """By when requests are answered; how long a law's own clock runs is not a setting."""

    division: Literal["england-and-wales", "scotland", "northern-ireland"] = "england-and-wales"
    holidays_known_until: int = Field(default=2028, ge=2018, le=2199)
    extra_closed_days: Several[date] = ()
    days_not_closed: Several[date] = ()
    target_days: int = Field(default=28, ge=1, le=28)
    outside_body_working_days: int = Field(default=5, ge=1, le=60)
    warn_days: int = Field(default=7, ge=0, le=28)


class AboutPractice(Section):
    """What the practice says of itself where it tells people that calls are recorded."""

    name: str = Field(default="", max_length=120, pattern=_ONE_LINE)
    data_protection_contact: str = Field(default="", max_length=200, pattern=_ONE_LINE)
    data_protection_officer: str = Field(default="", max_length=200, pattern=_ONE_LINE)
    caldicott_guardian: str = Field(default="", max_length=200, pattern=_ONE_LINE)
    ico_registration: str = Field(default="", max_length=40, pattern=_ONE_LINE)
    telephone_supplier: str = Field(default="", max_length=120, pattern=_ONE_LINE)
    other_countries: str = Field(default="", max_length=400, pattern=_ONE_LINE)
    kept_for: str = Field(default="three years", min_length=1, max_length=60, pattern=_ONE_LINE)
    regulator: str = Field(
        default="Information Commissioner's Office", min_length=1, max_length=120, pattern=_ONE_LINE
    )
    regulator_address: str = Field(
        default="Wycliffe House, Water Lane, Wilmslow, Cheshire SK9 5AF",
        max_length=200,
        pattern=_ONE_LINE,
    )
    regulator_contact: str = Field(
        default="telephone 0303 123 1113, ico.org.uk", max_length=120, pattern=_ONE_LINE
    )


class Notice(Section):
    """One version of a notice [policy 3]; notices checks them together."""

    kind: Literal["website", "announcement", "outbound", "staff"]
    version: str = Field(min_length=1, max_length=40, pattern=_ONE_LINE)
    first_on: date = Field(alias="from")
    last_on: date | None = Field(default=None, alias="until")
    text: str = Field(default="", max_length=20_000)
    published: date | None = None
    where: str = Field(default="", max_length=200, pattern=_ONE_LINE)

    @model_validator(mode="after")
    def _published_somewhere(self) -> Notice:
        if (self.published is None) is not (self.where == ""):
            raise PydanticCustomError("notice", "published and where go together")
        return self


class RetentionCategory(Section):
    """One category of the retention schedule [policy 4(h)]."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    keeps: str | None = Field(default=None, pattern=KEEPING)
    source: str = Field(min_length=1, max_length=300, pattern=_ONE_LINE)
    decided: str = Field(default="", max_length=200, pattern=_ONE_LINE)

    @property
    def laid_down(self) -> str:
        """Where it is laid down, and by whose decision."""
        return f"{self.source}; decided: {self.decided}" if self.decided else self.source


_CODE = "NHS Records Management Code of Practice 2021, App II"

_CATEGORIES = (
    RetentionCategory(
        name="routine",
        keeps="3 years",
        source="the practice's own choice, which the Code of 2021 leaves to it",
    ),
    RetentionCategory(name="health-record", source=f"{_CODE}: as the health record it is of"),
    RetentionCategory(
        name="claim", keeps="6 years", source=f"{_CODE}: may be needed for a legal claim"
    ),
    RetentionCategory(
        name="telephony-record", keeps="1 year", source=f"{_CODE}: telephony systems record"
    ),
    *(
        RetentionCategory(
            name=f"{kind}-file", source=f"policy 4(h): the practice's time scale for {kind} files"
        )
        for kind in ("electronic", "paper")
    ),
)

_NAMED_BY_RULES = ("routine", "claim")
"""The categories of recordings that nobody gave one (policy/retention.py)."""


class Retention(Section):
    """How long recordings are kept [policy 4(h)]: none is destroyed without an approval."""

    category: Several[RetentionCategory] = _CATEGORIES
    appraise_again: str = Field(default="1 year", pattern=KEEPING)

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


_LOGIN = r"^[a-z][a-z0-9._-]{0,31}$"


class LineManagement(Section):
    """Who is somebody's line manager [policy 2 bullet 6, last paragraph]."""

    person: str = Field(pattern=_LOGIN)
    manager: str = Field(pattern=_LOGIN)


class LawfulBasis(Section):
    """Which Articles of the UK GDPR allow a use, where the practice decides on others."""

    purpose: Annotated[Purpose, Strict(strict=False)]
    articles: Several[Annotated[str, Field(pattern=r"^(6\(1\)\([a-f]\)|9\(2\)\([a-j]\))$")]] = (
        Field(min_length=1)
    )


class Incidents(Section):
    """When the Information Commissioner is notified of a breach: both degrees reached."""

    report_likelihood: int = Field(default=3, ge=1, le=5)
    report_impact: int = Field(default=2, ge=1, le=5)
    tell_people_impact: int = Field(default=4, ge=1, le=5)


def _check_pem(pem: str) -> None:
    """Refuse what no program takes for certificates in PEM; ssl takes 60 ms to load."""
    import ssl  # noqa: PLC0415 - most practices name none

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        why = "it is to hold certificates in PEM, each from -----BEGIN CERTIFICATE----- on"
        raise PydanticCustomError("certificates", "{why}", {"why": why}) from None
    if pem.count("-----BEGIN") > MOST_TIME_CERTIFICATES:
        why = f"it holds more than {MOST_TIME_CERTIFICATES} certificates"
        raise PydanticCustomError("certificates", "{why}", {"why": why})


class Timestamp(Section):
    """Who says by when the audit log had come to a head (docs/formats/time-stamps.md)."""

    url: str = Field(default="", max_length=300, pattern=r"^(https?://[!-~]+)?$")
    certificates: str = Field(default="", max_length=60_000)
    policy: str = Field(default="", max_length=100, pattern=r"^([0-2](\.(0|[1-9][0-9]*))+)?$")

    @field_validator("certificates")
    @classmethod
    def _usable(cls, pem: str) -> str:
        if pem:
            _check_pem(pem)
        return pem

    @model_validator(mode="after")
    def _pinned(self) -> Timestamp:
        if self.url and not self.certificates:
            why = "timestamp.url takes timestamp.certificates: whose time stamps count"
            raise PydanticCustomError("timestamp", "{why}", {"why": why})
        return self


class Settings(Section):
    """Every rule of the practice that is its own."""

    time_zone: ZoneInfo = ZoneInfo("Europe/London")
    notices: Several[Notice] = ()
    line_manager: Several[LineManagement] = ()
    witness: Several[Witness] = ()
    lawful_basis: Several[LawfulBasis] = ()
    practice: AboutPractice = AboutPractice()
    search: Search = Search()
    requests: Requests = Requests()
    grants: Grants = Grants()
    archive: Archive = Archive()
    keys: Keys = Keys()
    cosigning: Cosigning = Cosigning()
    telephone: Telephone = Telephone()
    recorder: RecorderKeys = RecorderKeys()
    reconcile: Reconcile = Reconcile()
    release: Release = Release()
    policy: Policy = Policy()
    passwords: Passwords = Passwords()
    clocks: Clocks = Clocks()
    retention: Retention = Retention()
    incidents: Incidents = Incidents()
    timestamp: Timestamp = Timestamp()

    @field_validator("line_manager")
    @classmethod
    def _one_each(cls, named: tuple[LineManagement, ...]) -> tuple[LineManagement, ...]:
        _check_names_differ([each.person for each in named])
        return named

    @field_validator("witness")
    @classmethod
    def _each_witness_once(cls, named: tuple[Witness, ...]) -> tuple[Witness, ...]:
        _check_names_differ([each.name for each in named])
        # By its 32 bytes: one under two names is one witness, which counts once.
        keys = {read_verifier_key(each.key, COSIGNATURE_KEY).public for each in named}
        if len(keys) < len(named):
            raise PydanticCustomError("witness", "two of them have one key, so they are one")
        return named

    @model_validator(mode="after")
    def _enough_witnesses(self) -> Settings:
        if self.witness and self.cosigning.needed > len(self.witness):
            why = "cosigning.needed is more than there are witnesses"
            raise PydanticCustomError("witness", why)
        return self

    @field_validator("lawful_basis")
    @classmethod
    def _one_basis_each(cls, decided: tuple[LawfulBasis, ...]) -> tuple[LawfulBasis, ...]:
        _check_names_differ([each.purpose for each in decided])
        return decided

    @property
    def bases(self) -> Mapping[Purpose, tuple[str, ...]]:
        """What the practice has decided instead of the table of policy/rights/lawful_basis.py."""
        return {each.purpose: each.articles for each in self.lawful_basis}

    @property
    def is_opened_by_two(self) -> bool:
        """Whether the recordings key lies in parts, of which it takes two."""
        return self.keys.opened_by == "two"

    def as_toml(self) -> dict[str, Any]:
        """The same as a file says it; what has no value is left out."""
        return self.model_dump(by_alias=True, exclude_none=True)

    def as_json(self) -> dict[str, Any]:
        """The same as it is signed, every key included."""
        return self.model_dump(mode="json", by_alias=True)

    def changed_by(self, values: Mapping[str, Any], file: Path) -> Settings:
        """The settings that result where a file says otherwise; what it leaves out stays.

        Raises:
            Misconfigured: it holds a key or a value that we do not know.
        """
        try:
            return Settings.model_validate(_merged(self.as_toml(), values))
        except ValidationError as problem:
            raise explain_error(problem, file, Settings, example="settings.example.toml") from None


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A table with the keys of another; tables in it likewise, lists as a whole."""
    both = {**before, **changes}
    for key, table in before.items():
        if isinstance(table, Mapping) and isinstance(changes.get(key), Mapping):
            both[key] = _merged(table, changes[key])
    return both


def read_settings(stated: object) -> Settings:
    """The settings that a statement holds.

    Raises:
        ValueError: they are not in their form.
    """
    return Settings.model_validate_json(json.dumps(stated))


_IN_TOML: Final[Mapping[str, str]] = {
    "tuple_type": 'write a list, in brackets: ["one", "two"]',
    "string_type": "write text in quotes",
    "int_type": "write a whole number, without quotes",
    "bool_type": "write true or false, without quotes",
    "string_pattern_mismatch": "it is not written as this key's values are",
}
"""By a kind of mistake, what would be right in words of the file."""


_SPANS: Final[Mapping[str, str]] = {
    KEEPING: 'write "18 months" or "3 years", say',
    INTERVAL: 'write "7 days", "2 weeks" or "6 months", say',
}
"""By the form of a length of time, what would be right."""


def explain_error(
    problem: ValidationError, file: Path, whole: type[Section], *, example: str
) -> Misconfigured:
    """The first thing that is wrong in a file, and what was meant perhaps."""
    errors = problem.errors(include_url=False, include_input=False)
    # A key that is misspelt is missing, too.
    error = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    key = _key_in(error)
    if error["type"] != "extra_forbidden":
        why, hint = _IN_TOML.get(error["type"]) or in_our_style(error["msg"]), ""
        if error.get("ctx", {}).get("pattern") in _SPANS:
            why, hint = "it is not a span of time", _SPANS[error["ctx"]["pattern"]]
        what = f'"{key}" cannot be used: {why}' if key else why
        return Misconfigured(f"{file}: {what}", hint=hint)
    from difflib import get_close_matches  # noqa: PLC0415  # most files have no error

    near = get_close_matches(key, _keys_of(whole), n=1, cutoff=0.3)
    meant = f'did you mean "{near[0]}"? ' if near else ""
    unknown = [f'"{_key_in(each)}"' for each in errors if each["type"] == "extra_forbidden"]
    what = f"unknown key{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}"
    return Misconfigured(f"{file}: {what}", hint=f"{meant}{example} shows every key")


def _key_in(error: Mapping[str, Any]) -> str:
    return ".".join(part for part in error["loc"] if isinstance(part, str))


def _keys_of(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        keys.append(f"{prefix}{name}")
        if isinstance(kind, type) and issubclass(kind, Section):
            keys += _keys_of(kind, f"{prefix}{name}.")
    return keys
