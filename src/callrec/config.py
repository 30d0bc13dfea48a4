"""The configuration: config.toml as a frozen Config. It holds what belongs to this machine.

The practice's rules are not here but in the vault (`settings`): anyone who runs a command names
the file that is read here. There are few keys. What each means, its unit and its reason are in
config.example.toml, and only there. An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping  # pydantic reads it
from pathlib import Path
from typing import Annotated, TypeVar

from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callrec.errors import Misconfigured
from callrec.settings import Section, Settings, Several, explain_error
from callrec.system.paths import MOST_BELOW, path_problem
from callrec.system.toml import read_toml

_Word = TypeVar("_Word", str, Path)


def _nameable(word: _Word) -> _Word:
    if "\0" in str(word):
        raise PydanticCustomError("name", "it has a NUL in it")
    return word


_Path = Annotated[Path, Strict(strict=False), AfterValidator(_nameable)]


class Passwords(Section):
    """How a password is stretched: Argon2id, RFC 9106; the bounds are those of keys.md, 4."""

    memory_mib: int = Field(default=64, ge=64, le=1024)
    approver_memory_mib: int = Field(default=256, ge=64, le=1024)


class Factor(Section):
    """What this machine has for second factors (docs/reference/second-factor.md)."""

    card_module: _Path | None = None


class Ingest(Section):
    """How recordings that come in are waited for."""

    settle_seconds: int = Field(default=5, ge=1, le=3600)


def _words(typed: object) -> object:
    """A command is no text: nothing splits it."""
    if isinstance(typed, str):
        example = ", ".join(f'"{word}"' for word in typed.split() or ["mpv", "-"])
        raise PydanticCustomError("words", "write a list of words: [{words}]", {"words": example})
    return typed


class Listen(Section):
    """What plays a recording."""

    player: Annotated[
        Several[Annotated[str, AfterValidator(_nameable)]], BeforeValidator(_words)
    ] = ()


_ADDRESS = r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+"
"""As HTML's input fields have it: such an address needs no quoting in a header."""

_Address = Annotated[str, Field(max_length=254, pattern=f"^{_ADDRESS}$")]


class Mail(Section):
    """How people are notified of what waits for them (docs/reference/mail.md)."""

    host: str = Field(default="", pattern=r"^([A-Za-z0-9:-]{1,63}(\.[A-Za-z0-9:-]{1,63})*\.?)?$")
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    ca_file: _Path | None = None
    user: str = Field(default="", pattern=r"^[ -~]*$")
    password_file: _Path | None = None
    sender: str = Field(default="", max_length=254, pattern=f"^({_ADDRESS})?$")
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


class Database(Section):
    """The database that has the catalogue (docs/network.md)."""

    kept_days: int | None = Field(default=None, ge=1, le=4000)


class Desk(Section):
    """Where the desk is reached (docs/reference/desk.md)."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    socket: _Path | None = None
    certificate: _Path | None = None
    key: _Path | None = None
    origin: str = Field(default="", pattern=r"^(https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?)?$")

    @model_validator(mode="after")
    def _whole(self) -> Desk:
        """Over a network it is reached by TLS alone, and by the name in its certificate."""
        if (self.certificate is None) != (self.key is None):
            raise PydanticCustomError("desk", "desk.certificate needs desk.key, and the other way")
        if (self.certificate or self.socket) and not self.origin:
            raise PydanticCustomError("desk", "desk.origin says how browsers name the desk")
        if self.origin and not (self.certificate or self.socket):
            raise PydanticCustomError(
                "desk", "desk.origin needs desk.certificate, or desk.socket for a reverse proxy"
            )
        return self


LOOPBACK = r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]"
"""This machine itself, as a URL names it."""


def _endpoint(text: str) -> str:
    """Where others listen it goes by TLS; no key stands in it, and no path."""
    if text and not re.fullmatch(
        rf"(https://([A-Za-z0-9.-]+|\[[0-9a-f:]+\])|http://({LOOPBACK}))(:[0-9]{{1,5}})?", text
    ):
        raise PydanticCustomError(
            "endpoint",
            "it is https://HOST or https://HOST:PORT; http:// to this machine alone, and no key"
            " in it",
        )
    return text


def _bucket(text: str) -> str:
    if text and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise PydanticCustomError(
            "bucket", "it is s3://BUCKET, and no more: a key is in objects.credential_file"
        )
    return text


class Objects(Section):
    """The store that has the bucket of `Config.recordings` (docs/network.md)."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,63}$")
    credential_file: _Path | None = None
    ca_file: _Path | None = None
    path_style: bool = True
    kept_days: int | None = Field(default=None, ge=0, le=4000)


class Attest(Section):
    """How the telephone system's own machine signs recordings (docs/reference/recorder.md)."""

    key: _Path | None = None
    time_url: str = Field(default="", max_length=300, pattern=r"^(https?://[!-~]+)?$")
    time_certificates: _Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> Attest:
        if self.time_url and self.time_certificates is None:
            why = "attest.time_url needs attest.time_certificates: whose time stamps count"
            raise PydanticCustomError("attest", why)
        return self


class Config(Section):
    """Everything that two machines would set differently."""

    vault: _Path = Field(
        default_factory=lambda: user_data_path("callrec", appauthor=False) / "vault"
    )
    catalogue: str = Field(default="", pattern=r"^(postgresql://\S+)?$")
    recordings: Annotated[str, AfterValidator(_bucket)] = ""
    database: Database = Database()
    objects: Objects = Objects()
    ingest: Ingest = Ingest()
    attest: Attest = Attest()
    listen: Listen = Listen()
    passwords: Passwords = Passwords()
    factor: Factor = Factor()
    mail: Mail = Mail()
    desk: Desk = Desk()

    @model_validator(mode="after")
    def _whole(self) -> Config:
        if self.recordings and self.objects.credential_file is None:
            raise PydanticCustomError("objects", "recordings needs objects.credential_file")
        return self


def with_recordings(config: Config, recordings: str) -> Config:
    """The same, but for where recordings are.

    Raises:
        Misconfigured: that is no bucket, or nothing says who goes there.
    """
    try:
        return Config.model_validate({**dict(config), "recordings": recordings})
    except ValidationError:
        raise Misconfigured(
            "that is not s3://BUCKET, or the configuration has no objects.credential_file",
            hint="docs/network.md says what is to be there first",
        ) from None


def load_config(path: Path | None, environ: Mapping[str, str], vault: Path | None) -> Config:
    """The configuration that applies.

    Args:
        path: the file that was named, or None: the one in CALLREC_CONFIG, else the usual place,
            where it may be missing.
        environ: may hold CALLREC_CONFIG and CALLREC_VAULT.
        vault: the vault that was named; it goes before CALLREC_VAULT, and that before the file. All
            of it lies in its folder, unless it is the file's own.

    Raises:
        Misconfigured: a named file is missing; a file cannot be read, others can change it, it is
            no TOML, or holds a key or a value that we do not know; no vault can lie in that place.
    """
    file = config_file(path, environ)
    config = _read(file, required=bool(path or environ.get("CALLREC_CONFIG")))
    chosen = vault or _path_in(environ, "CALLREC_VAULT")
    # In the file a path is relative to the file, or the vault would depend on the current folder.
    configured = _beside(file, config.vault)
    place = chosen.absolute() if chosen else configured
    _check_nameable(place)
    named_files = {"ca_file": config.mail.ca_file, "password_file": config.mail.password_file}
    mail_files = {key: _beside(file, each) for key, each in named_files.items() if each is not None}
    mail = config.mail.model_copy(update=mail_files)
    attest_files = {"key": config.attest.key, "time_certificates": config.attest.time_certificates}
    attest = config.attest.model_copy(
        update={key: _beside(file, each) for key, each in attest_files.items() if each is not None}
    )
    desk_files = {name: getattr(config.desk, name) for name in ("socket", "certificate", "key")}
    beside = {name: _beside(file, each) for name, each in desk_files.items() if each is not None}
    desk = config.desk.model_copy(update=beside)
    factor = config.factor
    if factor.card_module is not None:
        factor = factor.model_copy(update={"card_module": _beside(file, factor.card_module)})
    objects = config.objects.model_copy(
        update={
            name: _beside(file, each)
            for name in ("credential_file", "ca_file")
            if (each := getattr(config.objects, name)) is not None
        }
    )
    update: dict[str, object] = {"vault": place, "mail": mail, "desk": desk, "objects": objects}
    update |= {"attest": attest, "factor": factor}
    # Another vault's database and bucket are not this one's.
    if place.resolve() != configured.resolve():
        update |= {"catalogue": "", "recordings": ""}
    return config.model_copy(update=update)


def config_file(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Where the configuration is: where that was named, else the usual place."""
    named = path or _path_in(environ, "CALLREC_CONFIG")
    return named or user_config_path("callrec", appauthor=False) / "config.toml"


def _check_nameable(vault: Path) -> None:
    """Check that a vault can have this name; whether one is there is checked when it is opened.

    SQLite takes bytes that are not UTF-8 for some things and not for others.
    """
    wrong, hint = path_problem(vault, below=MOST_BELOW)
    if wrong:
        raise Misconfigured(wrong, hint=hint)
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
        values = read_toml(file)
    except FileNotFoundError:
        if not required:
            return Config()
        raise Misconfigured(
            f"there is no configuration at {file}",
            hint="callrec init founds a vault; config.example.toml shows every key",
        ) from None
    try:
        return Config.model_validate(values)
    except ValidationError as problem:
        moved = sorted({*values} & {*Settings.model_fields} - {*Config.model_fields})
        if moved:
            raise Misconfigured(
                f'{file}: "{moved[0]}" is a rule of the practice, which no file of a machine sets',
                hint="callrec practice settings show says what holds; the Data Controller changes"
                " it with callrec practice settings apply FILE",
            ) from None
        raise explain_error(problem, file, Config, example="config.example.toml") from None
