"""The practice's map of a supplier's list, as TOML (docs/reference/supplier-exports.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from callrec.errors import Misconfigured, NotFound
from callrec.settings import Section, Several, explain_error
from callrec.system.name_pattern import check_times
from callrec.system.toml import read_toml
from callrec.telephone.call import Direction
from callrec.telephone.manifest import Column, Form, ManifestMap
from callrec.telephone.written import WAYS_UNKNOWN

_PAGE: Final = "docs/reference/supplier-exports.md"


class Columns(Section):
    """What the supplier calls what we look for."""

    file: str
    date: str | None = None
    time: str | None = None
    epoch: str | None = None
    zone: str | None = None
    direction: str | None = None
    caller: str | None = None
    callee: str | None = None
    number: str | None = None
    extension: str | None = None
    user: str | None = None
    queue: str | None = None
    reference: str | None = None
    duration: str | None = None
    sha256: str | None = None
    md5: str | None = None

    @model_validator(mode="after")
    def _timed(self) -> Columns:
        if not (self.date or self.time or self.epoch):
            raise PydanticCustomError("time", 'it names no "date", "time" or "epoch"')
        return self


class BundleMap(Section):
    """The whole of a map."""

    manifest: str = Field(min_length=1)
    format: Literal["csv", "json"]
    delimiter: str = Field(default=",", pattern=r"^[,;|\t]$")
    encoding: Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1"] = "utf-8"
    items: str = ""
    folder: str = ""
    zone: ZoneInfo | None = None
    times: Several[str] = ()
    inbound: Several[str] = ("inbound", "incoming", "in")
    outbound: Several[str] = ("outbound", "outgoing", "out")
    internal: Several[str] = ("internal",)
    columns: Columns

    @field_validator("times")
    @classmethod
    def _usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            check_times(value, with_clock=True)
        except ValueError as problem:
            raise PydanticCustomError("times", "{why}", {"why": str(problem)}) from None
        return value

    def as_manifest_map(self) -> ManifestMap:
        """As the reader of lists takes it."""
        ways = {way: getattr(self, way) for way in (*Direction,) if way is not Direction.UNKNOWN}
        columns = self.columns.model_dump(exclude_none=True)
        return ManifestMap(
            **self.model_dump(exclude={"columns", "format", *ways}),
            form=Form(self.format),
            ways=WAYS_UNKNOWN
            | {word.lower(): way for way, words in ways.items() for word in words},
            columns={Column(name): theirs for name, theirs in columns.items()},
        )


def read_bundle_map(file: Path) -> ManifestMap:
    """The map that a file holds.

    Raises:
        NotFound: there is no such file.
        Misconfigured: it is not TOML, or holds a key or a value that no map has.
    """
    try:
        values: dict[str, Any] = read_toml(file)
    except FileNotFoundError:
        raise NotFound(f'there is no map "{file}"', hint=f"{_PAGE} has one to begin with") from None
    try:
        return BundleMap.model_validate(values).as_manifest_map()
    except ValidationError as problem:
        error = explain_error(problem, file, BundleMap, example=_PAGE)
        allowed = ", ".join(BundleMap.model_fields)
        within = ", ".join(Columns.model_fields)
        hint = f"a map has {allowed}; [columns] has {within}: {_PAGE}"
        raise Misconfigured(error.message, hint=hint) from None
