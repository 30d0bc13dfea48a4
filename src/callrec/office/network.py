"""What a supplier makes for each of many practices, as text for people to read and then run.

A database with two roles, a bucket with a credential, a configuration and a timer, each practice's
own. Nothing here runs, writes or contacts anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from callrec.catalogue.roles import database_sql, rights_sql
from callrec.config import LOOPBACK
from callrec.dataclass import dataclass
from callrec.errors import Misconfigured
from callrec.settings import Section, Several, explain_error
from callrec.system.toml import read_toml, toml_lines

_WORDS: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""A short name: fit for a bucket, a unit, a file, and with ``_`` for ``-`` a plain name in SQL."""

_BUCKET: Final = """\
aws s3api create-bucket --bucket $bucket $made $at

aws s3api put-bucket-versioning --bucket $bucket $at
    --versioning-configuration='{"Status": "Enabled"}'

aws s3api put-object-lock-configuration --bucket $bucket $at
    --object-lock-configuration='{"ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": $lock_days}}}'

aws s3api put-bucket-lifecycle-configuration --bucket $bucket $at
    --lifecycle-configuration='{"Rules": [{"ID": "erased", "Status": "Enabled",
        "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "Expiration": {"ExpiredObjectDeleteMarker": true},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]}'

aws iam create-user --user-name $bucket $users_at

aws iam put-user-policy --user-name $bucket --policy-name $bucket $users_at
    --policy-document='{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": ["arn:aws:s3:::$bucket/*"], "Action": ["s3:GetObject",
            "s3:GetObjectRetention", "s3:PutObject", "s3:DeleteObject"]},
        {"Effect": "Allow", "Resource": ["arn:aws:s3:::$bucket"], "Action": ["s3:ListBucket"]}]}'

aws iam create-access-key --user-name $bucket $users_at
"""
"""Each word in it is a plain one. The credential takes away no version, and sets no lock."""


class NetworkPlan(Section):
    """Where the practices are to be (docs/network.md)."""

    practices: Several[Annotated[str, Field(max_length=30, pattern=_WORDS)]] = Field(min_length=1)
    prefix: str = Field(default="callrec", max_length=20, pattern=_WORDS)
    host: str = Field(pattern=r"^(/[A-Za-z0-9._/-]{1,90}|[A-Za-z0-9][A-Za-z0-9.-]{0,252})$")
    port: int = Field(default=5432, ge=1, le=65535)
    ca_file: str = Field(default="", pattern=r"^(/[A-Za-z0-9._/-]{1,200})?$")
    endpoint: str = Field(
        default="",
        pattern=r"^((https://[A-Za-z0-9][A-Za-z0-9.-]{0,252}|http://127\.0\.0\.1)(:[0-9]{1,5})?)?$",
    )
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    lock_days: int = Field(default=30, ge=0, le=399)
    kept_days: int | None = Field(default=None, ge=1, le=400)

    @field_validator("practices")
    @classmethod
    def _apart(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len({*names}) != len(names):
            raise PydanticCustomError("practices", "two have the same name")
        if any(name.endswith("-owner") for name in names):
            raise PydanticCustomError("practices", 'a role is called "-owner", so no practice is')
        return names

    @field_validator("prefix")
    @classmethod
    def _no_role_of_the_server(cls, prefix: str) -> str:
        if prefix.startswith("pg"):
            raise PydanticCustomError("prefix", 'what begins with "pg" is the server\'s own')
        return prefix


@dataclass(frozen=True, slots=True)
class PlannedPractice:
    """What one practice needs, in the order in which it is done."""

    practice: str
    server: str
    """By which libpq connects the person who runs the database server."""
    database_sql: str
    """For that person, once."""
    roles: tuple[str, str]
    """The owner's and the daily one: each is given a password, or logs in by a certificate."""
    bucket: str
    bucket_commands: tuple[str, ...]
    """For the person who runs the object store, once; none: recordings stay in the folder."""
    vault: Path
    file: Path
    configuration: str
    """What stands in that file; no password."""
    secrets: Path
    """The folder with what logs in: of the account callrec alone."""
    spool: Path
    """Where its recordings arrive."""
    owner: str
    """By which address the vault is migrated there, by the role that owns the tables. Its password
    lies in the file that this names, beside the vault, for as long as that takes."""
    rights_sql: str
    """For that role, after that."""
    timer: str
    """The unit that is enabled at last."""


def plan_network(file: Path) -> tuple[PlannedPractice, ...]:
    """What each practice in a plan needs.

    Raises:
        Misconfigured: the file cannot be read, is no TOML, or has a key or value that we do not
            know; others can change it.
    """
    try:
        plan = NetworkPlan.model_validate(read_toml(file))
    except FileNotFoundError:
        raise Misconfigured(f"there is no plan at {file}", hint="docs/network.md has one") from None
    except ValidationError as problem:
        raise explain_error(problem, file, NetworkPlan, example="docs/network.md") from None
    return tuple(_planned(plan, practice) for practice in plan.practices)


def _planned(plan: NetworkPlan, practice: str) -> PlannedPractice:
    bucket = f"{plan.prefix}-{practice}"
    name, where = bucket.replace("-", "_"), f"host={plan.host}&port={plan.port}"
    if not plan.host.startswith("/") and not re.fullmatch(LOOPBACK, plan.host):
        where += "&sslmode=verify-full"
    if plan.ca_file:
        where += f"&sslrootcert={plan.ca_file}"
    vault, secrets = Path("/srv/callrec") / practice, Path("/etc/callrec/secrets") / practice
    values: dict[str, Any] = {
        "vault": vault,
        "catalogue": f"postgresql://{name}@/{name}?{where}&passfile={secrets}/pgpass",
    }
    if plan.endpoint:
        values["recordings"] = f"s3://{bucket}"
        # An old version goes at midnight, once it was one for a day and no lock holds it.
        key = {"credential_file": f"{secrets}/objects", "kept_days": max(plan.lock_days, 1) + 1}
        values["objects"] = {"endpoint": plan.endpoint, "region": plan.region, **key}
    if plan.kept_days:
        values["database"] = {"kept_days": plan.kept_days}
    return PlannedPractice(
        practice=practice,
        server=f"postgresql:///postgres?{where}",
        database_sql=database_sql(name),
        roles=(f"{name}_owner", name),
        bucket=bucket,
        bucket_commands=tuple(_bucket_commands(plan, bucket)) if plan.endpoint else (),
        vault=vault,
        file=Path(f"/etc/callrec/practices/{practice}.toml"),
        configuration="".join(f"{line}\n" for line in toml_lines(values)),
        secrets=secrets,
        spool=Path("/var/spool/callrec") / practice,
        owner=f"postgresql://{name}_owner@/{name}?{where}&passfile={vault}.pgpass",
        rights_sql=rights_sql(name),
        timer=f"callrec-intake-once@{practice}.timer",
    )


def _bucket_commands(plan: NetworkPlan, bucket: str) -> Iterator[str]:
    made = ["--object-lock-enabled-for-bucket"] if plan.lock_days else []
    if plan.region != "us-east-1":  # where one is made unless another is named
        made.append(f"--create-bucket-configuration LocationConstraint={plan.region}")
    at, region = f"--endpoint-url {plan.endpoint}", f"--region {plan.region}"
    text = Template(_BUCKET).substitute(
        bucket=bucket,
        made=" ".join(made),
        at=f"{at} {region}",
        # Amazon's users are not where its buckets are; aws knows the place.
        users_at=region if plan.endpoint.endswith(".amazonaws.com") else f"{at} {region}",
        lock_days=plan.lock_days,
    )
    for command in text.split("\n\n"):
        if plan.lock_days or "put-object-lock" not in command:
            yield " ".join(command.split())
