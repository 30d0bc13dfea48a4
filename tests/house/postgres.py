"""A real PostgreSQL for tests: one private server for a run, and a database for each practice.

It listens on a socket in a folder of its own, and is started by the first test that asks for it.
One role owns the tables of all; a practice works as another, by the SQL of docs/network.md.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from callrec.catalogue.copying import make_there
from callrec.catalogue.engine import FILE_NAME, reading
from callrec.catalogue.postgres import connect as connect_there
from callrec.catalogue.roles import rights_sql
from callrec.catalogue.sqlite import connect
from house import practices
from house.practices import House
from house.stages import Stage, Stages, locked

_NAME = "POSTGRES_OF_TESTS"

_DAILY, _OWNER = "callrec", "callrec_owner"
"""As what a practice works, and what owns the tables: SQL of callrec's own makes it so."""

_ACCOUNT = "postgres"
"""Of Debian's package: the server does not run as root."""


def begin() -> None:
    """For a run of pytest, whose workers have the same server."""
    os.environ[_NAME] = tempfile.mkdtemp(prefix="callrec-pg-")


def end() -> None:
    """End the server, if one was started, and take away all that it kept."""
    folder = Path(os.environ.pop(_NAME))
    if (folder / "data").exists():
        stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def server() -> Path:
    """The folder with the server's socket."""
    folder = Path(os.environ[_NAME])
    with locked(folder / "lock"):
        if not (folder / "data").exists():
            _start(folder)
    return folder


def _start(folder: Path) -> None:
    make(folder)
    # Killed are programs, never the machine: none waits until a disk has what it was given.
    start(folder, "fsync=off", "max_connections=200")
    make_roles(folder)


def make_roles(folder: Path) -> None:
    """As what a practice works, and what owns the tables."""
    with as_owner(folder) as connection:
        for role in (_DAILY, _OWNER):
            connection.execute(f"CREATE ROLE {role} LOGIN")


def make(folder: Path) -> None:
    """A server's data in a folder that is there; it is started by `start`."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(_ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
    options = ("--locale=C.UTF-8", "--auth=trust", "--data-checksums", "--no-sync")
    execute(folder, "initdb", "-D", folder / "data", "-U", _ACCOUNT, *options)


def start(folder: Path, *settings: str) -> None:
    """Start the server whose data lies there, and wait until it answers."""
    words = " ".join(f"-c {each}" for each in ("listen_addresses=", *settings))
    given = ("-D", folder / "data", "-w", "-l", folder / "log", "-o", f"-k {folder} {words}")
    execute(folder, "pg_ctl", *given, "start")


def stop(folder: Path) -> None:
    """End it as a loss of power does, but for what the disk has not got yet."""
    execute(folder, "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")


def execute(folder: Path, program: str, *words: object) -> None:
    """Run one of the server's own programs, as its account."""
    (*_, newest) = sorted(Path("/usr/lib/postgresql").iterdir(), key=lambda each: int(each.name))
    as_account = ["runuser", "-u", _ACCOUNT, "--"] if os.geteuid() == 0 else []
    command = [*as_account, str(newest / "bin" / program), *map(str, words)]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)


@contextmanager
def as_owner(
    folder: Path, database: str = "postgres"
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The person who runs the server, who can do anything to it."""
    address = f"host={folder} user={_ACCOUNT} dbname={database}"
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def database_at(template: str = "template0", folder: Path | None = None) -> str:
    """A new database, of the run's own server or of that in a folder.

    Returns the URL by which its owner has it.
    """
    folder, name = folder or server(), f"vault_{token_hex(8)}"
    with as_owner(folder) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {_OWNER} TEMPLATE {template}")
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {_DAILY}")
    return f"postgresql://{_OWNER}@/{name}?host={folder}"


def daily(url: str) -> str:
    """The URL by which a practice works daily in what an owner has by this one."""
    return url.replace(f"//{_OWNER}@", f"//{_DAILY}@")


def owned(url: str) -> str:
    """The other way."""
    return url.replace(f"//{_DAILY}@", f"//{_OWNER}@")


def give_rights(url: str) -> None:
    """Let the practice work in it, once there are tables: on any server as on the oldest."""
    as_before_17 = rights_sql(_DAILY).replace("170000", "1000000")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(as_before_17.encode())


def another_like(url: str) -> str:
    """A copy of a database that nobody uses any more; returns its owner's URL."""
    query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with as_owner(server()) as connection:
        connection.execute(query, (name_of(url),))
    return database_at(name_of(url))


def drop(url: str) -> None:
    """Take a database away, whatever uses it."""
    with as_owner(server()) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")


def name_of(url: str) -> str:
    """The database that a URL of ours names."""
    return url.partition("@/")[2].partition("?")[0]


def folder_of(url: str) -> Path:
    """Of the server that a URL of ours names."""
    return Path(url.partition("?host=")[2].partition("&")[0])


def put_there(file: Path, url: str) -> None:
    """Copy the catalogue in a file of SQLite into a new database."""
    here, there = connect(file, mode="ro"), connect_there(url)
    with reading(here) as source, there.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        make_there(connection, source)
        connection.exec_driver_sql("COMMIT")
    there.dispose()
    here.dispose()


def template_of(stage: Stage | None, house: House) -> str:
    """The database of a stage, which is only copied; made once in a run."""
    folder, name = server(), f"stage_{stage.name if stage else 'founded'}".replace("-", "_")
    with locked(folder / f"{name}.lock"), as_owner(folder) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, (name,)).fetchone() is None:
            made = database_at()
            put_there(house.config.vault / FILE_NAME, made)
            give_rights(made)
            connection.execute(f"ALTER DATABASE {name_of(made)} RENAME TO {name}")
    return name


def move(house: House, stage: Stage | None) -> None:
    """Have a practice at a stage keep its catalogue in a database of its own."""
    house.close()
    keep_at(house, daily(database_at(template_of(stage, house))))


def move_to_own(house: House, folder: Path | None = None) -> None:
    """Have a practice keep its catalogue in a new database, of the server in a folder."""
    house.close()
    url = database_at(folder=folder)
    put_there(house.config.vault / FILE_NAME, url)
    give_rights(url)
    keep_at(house, daily(url))


def keep_at(house: House, url: str) -> None:
    """Have a practice keep its catalogue in a database to which it was copied."""
    for file in house.config.vault.glob(f"{FILE_NAME}*"):
        file.unlink()
    configure(house, url)


def configure(house: House, url: str) -> None:
    """What a technician writes into the configuration; an empty URL: it is in the folder."""
    house.close()
    house.config = house.config.model_copy(update={"catalogue": url})
    file = house.folder / "config" / "callrec" / "config.toml"
    ours = ("catalogue", "vault")
    lines = [line for line in file.read_text().splitlines() if not line.startswith(ours)]
    named = [f'catalogue = "{url}"', 'vault = "../../vault"']
    file.write_text("\n".join([*named, *lines, ""]))


def beside(house: House, folder: Path | None = None) -> House:
    """Another machine, whose operator opens the same vault: all that is not in the database."""
    folder = folder or house.folder.with_name("beside")
    shutil.copytree(house.folder, folder)
    other = practices.moved(house, folder)
    other.close()
    return other


def end_sessions(house: House, which: str) -> int:
    """What a network does that breaks off, or who runs the server; returns how many ended."""
    query = f"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE {which}"
    here = name_of(house.config.catalogue)
    with as_owner(folder_of(house.config.catalogue)) as connection:
        (ended,) = connection.execute(f"{query} AND datname = %s", (here,)).fetchone() or (0,)
    return int(str(ended))


def copy(house: House, folder: Path) -> House:
    """The same practice in another folder, with a database of its own."""
    house.close()
    there = practices.copy(house, folder)
    url = database_at(name_of(house.config.catalogue))
    url = daily(url) if house.config.catalogue == daily(house.config.catalogue) else url
    there.config = house.config.model_copy(update={"vault": folder / "vault"})
    configure(there, url)
    return there


def forget(house: House) -> None:
    """Take its database away."""
    house.close()
    drop(house.config.catalogue)


def there(stage: Stage | None) -> object:
    """A fixture: a practice at this stage, its catalogue in PostgreSQL, for each test."""

    @pytest.fixture
    def own(stages: Stages, tmp_path: Path) -> Iterator[House]:
        house = stages.copy(stage, tmp_path / "house")
        move(house, stage)
        url = house.config.catalogue
        yield house
        house.close()
        drop(url)

    return own
