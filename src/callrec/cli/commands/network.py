"""network: what a supplier makes for many practices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.office.network import PlannedPractice

network_app = new_app()

PlanFile = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, as TOML.")]


@network_app.callback()
def network() -> None:
    """Plan databases and buckets for many practices."""


@network_app.command()
def plan(ctx: Context, file: PlanFile) -> None:
    """Print what each practice of a plan needs on a database server and an object store.

    It is a script to read, and then to run piece by piece, by the people whom it names. callrec
    itself runs, writes and contacts nothing.
    """
    from callrec.office.network import plan_network

    planned = plan_network(file)
    ctx.obj.out.show_items([*map(facts, planned)], (line for e in planned for line in _script(e)))


def _script(each: PlannedPractice) -> Iterator[str]:
    psql = "psql --no-psqlrc -v ON_ERROR_STOP=1"
    yield f"# ---- {each.practice}: the person who runs the database server"
    yield from (f"{psql} '{each.server}' <<'SQL'", *each.database_sql.splitlines(), "SQL")
    for role in each.roles:  # psql asks for it, and sends its hash; from a script it reads nothing
        yield f"{psql} '{each.server}' -c '\\password {role}' < /dev/tty"
    if each.bucket_commands:
        yield f"# ---- {each.practice}: the person who runs the object store"
        yield from each.bucket_commands
    vault = f"--vault {each.vault}"
    yield f"# ---- {each.practice}: its Data Controller, as the account callrec, where it works,"
    yield f"#      once {each.vault}.pgpass has the password of {each.roles[0]} (docs/network.md)"
    yield f"callrec init {vault}"
    yield f"callrec practice migrate {vault} --to '{each.owner}'"
    yield from (f"{psql} '{each.owner}' <<'SQL'", *each.rights_sql.splitlines(), "SQL")
    yield f"rm -f {each.vault}.pgpass"
    yield f"# ---- {each.practice}: root, on that machine"
    yield f"install -d -o callrec -g callrec -m 700 {each.secrets} {each.spool}"
    yield f"install -D -m 644 /dev/stdin {each.file} <<'TOML'"
    yield from (*each.configuration.splitlines(), "TOML")
    yield f"# ---- {each.practice}: the account callrec, once {each.secrets} has what logs in"
    if each.bucket_commands:  # they are moved by a configuration that does not name them yet
        yield f"grep -v '^recordings ' {each.file} > {each.vault}.toml"
        yield f"callrec practice migrate --config {each.vault}.toml --to s3://{each.bucket}"
    yield f"# ---- {each.practice}: root, once callrec practice doctor says that all is well"
    yield f"systemctl enable --now {each.timer}"
