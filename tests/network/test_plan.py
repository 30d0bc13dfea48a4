"""What `network plan` prints: run as it stands, it gives each practice its own and nothing more."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callrec.catalogue.engine import reading
from callrec.catalogue.roles import unneeded
from callrec.config import load_config
from callrec.errors import Misconfigured
from callrec.office.network import NetworkPlan, PlannedPractice, plan_network
from callrec.practice import record
from callrec.system.files import write_private
from callrec.system.toml import toml_lines
from house import objects
from house.commands import done, type_in
from house.postgres import as_owner, server
from house.practices import House
from house.spool import a_call

PAGE = Path(__file__).parents[2] / "docs" / "network.md"

MAY_BE = st.from_regex(NetworkPlan.model_fields["prefix"].metadata[1].pattern, fullmatch=True)

SHORT_NAMES = MAY_BE.filter(lambda name: len(name) <= 30 and not name.endswith("-owner"))


def planned(folder: Path, **said: object) -> Sequence[PlannedPractice]:
    values = {"practices": ["hama"], "host": "db.example", **said}
    return plan_network(write(folder / "plan.toml", "\n".join(toml_lines(values))))


def write(file: Path, text: str) -> Path:
    file.unlink(missing_ok=True)
    write_private(file, text.encode())
    return file


def run_sql(address: str, script: str) -> None:
    """As it is printed, by the server's own program."""
    words = ["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", address]
    subprocess.run(words, input=script, text=True, check=True)


def role_of(address: str) -> str:
    return str(re.findall("//(.*)@", address)[0])


def daily(each: PlannedPractice) -> str:
    return str(tomllib.loads(each.configuration)["catalogue"])


@contextmanager
def made(every: Sequence[PlannedPractice], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Their databases, by the SQL that was printed; all is taken away afterwards."""
    monkeypatch.setenv("PGUSER", "postgres")
    with dropped(*every):
        for each in every:
            run_sql(each.server, each.database_sql)
        yield


@contextmanager
def dropped(*every: PlannedPractice) -> Iterator[None]:
    """Their databases and roles are taken away afterwards."""
    try:
        yield
    finally:
        with as_owner(server()) as connection:
            for each in every:
                name = role_of(daily(each))
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            for each in every:
                for role in (role_of(daily(each)), role_of(each.owner)):
                    connection.execute(f'DROP ROLE IF EXISTS "{role}"')


@settings(max_examples=max(2, settings().max_examples // 10), deadline=None)
@given(names=st.lists(SHORT_NAMES, min_size=2, max_size=2, unique=True))
@example(names=["user", "select"])
@example(names=["a-b", "a" * 30])
def test_whatever_they_are_called_each_has_its_database_and_nothing_of_another(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, prefix = tmp_path_factory.mktemp("plan"), f"x{token_hex(4)}"
    every = planned(folder, practices=names, prefix=prefix, host=str(server()))
    with pytest.MonkeyPatch.context() as patch, made(every, patch):
        roles = [role_of(address) for each in every for address in (daily(each), each.owner)]
        with as_owner(server()) as connection:
            rights = connection.execute(
                "SELECT rolname, datname, has_database_privilege(r.oid, d.oid, 'CONNECT'),"
                " has_database_privilege(r.oid, d.oid, 'CREATE'), datdba = r.oid, rolsuper"
                " OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR EXISTS"
                " (SELECT FROM pg_auth_members WHERE member = r.oid OR roleid = r.oid)"
                " FROM pg_roles r, pg_database d"
                " WHERE rolname = ANY (%s) AND starts_with(datname, %s)",
                (roles, prefix),
            ).fetchall()
        assert len(rights) == 8
        for role, database, connects, creates, owns, rules in rights:
            is_owner = role == f"{database}_owner"
            assert connects is (role in (database, f"{database}_owner"))
            assert (creates, owns, rules) == (is_owner, is_owner, False)
        for mine, other in (every, every[::-1]):
            there = daily(other).replace(
                f"//{role_of(daily(other))}@", f"//{role_of(daily(mine))}@"
            )
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(there)


@given(name=st.text(max_size=40) | MAY_BE)
@example(name="hama'; DROP DATABASE postgres; --")
@example(name='hama" OWNER postgres')
@example(name="hama\n\\! id")
@example(name="$(id)")
def test_what_is_no_plain_word_is_no_practice(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plan")
    try:
        (each,) = planned(folder, practices=[name], endpoint="https://s3.example")
    except Misconfigured:
        return
    for word in (role_of(daily(each)), role_of(each.owner)):
        assert re.fullmatch("callrec_[a-z0-9_]{1,50}", word)
    assert re.fullmatch("[a-z0-9-]{3,63}", each.bucket)
    assert shlex.quote(str(each.file)) == str(each.file)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"practices": []}, '"practices" cannot be used'),
        ({"practices": ["Hama"]}, '"practices" cannot be used: it is not written as'),
        ({"practices": ["hama", "hama"]}, "two have the same name"),
        ({"practices": ["hama", "hama-owner"]}, "a role is called"),
        ({"practices": ["a" * 31]}, '"practices" cannot be used'),
        ({"prefix": "pg"}, "the server's own"),
        ({"host": "db.example options=x"}, '"host" cannot be used'),
        ({"host": "/run/'x"}, '"host" cannot be used'),
        ({"endpoint": "https://s3.example/$(id)"}, '"endpoint" cannot be used'),
        ({"lock_days": -1}, '"lock_days" cannot be used'),
        ({"practises": ["hama"]}, 'unknown key "practises"'),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_of_its_key(
    said: dict[str, object], why: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=re.escape(why)):
        planned(tmp_path, **said)


def test_the_plan_of_the_page_is_one(tmp_path: Path) -> None:
    (page,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = write(tmp_path / "plan.toml", page)
    assert {*tomllib.loads(page)} == {*NetworkPlan.model_fields}
    assert [each.practice for each in plan_network(file)] == ["hama", "st-davids"]


def test_two_practices_of_a_plan_never_share_a_name(tmp_path: Path) -> None:
    """Of a role, a database or a bucket: the owner of one could be the daily role of another."""
    every = planned(tmp_path, practices=["a", "a-b", "ab", "a-own", "owner"])
    names = [role_of(address) for each in every for address in (daily(each), each.owner)]
    assert len({*names}) == len(names)


def test_a_credential_reaches_one_bucket_and_takes_no_version_away(tmp_path: Path) -> None:
    store = {"endpoint": "https://s3.example", "kept_days": 35}
    every = planned(tmp_path, practices=["hama", "llan"], **store)
    for mine, other in (every, every[::-1]):
        commands = [shlex.split(line) for line in mine.bucket_commands]
        assert {words[0] for words in commands} == {"aws"}
        assert other.bucket not in " ".join(mine.bucket_commands)
        documents = {
            name: json.loads(text)
            for words in commands
            for name, _, text in [word.partition("=") for word in words]
            if text.startswith("{")
        }
        lock = documents["--object-lock-configuration"]["Rule"]["DefaultRetention"]
        assert lock == {"Mode": "COMPLIANCE", "Days": 30}
        allowed = documents["--policy-document"]["Statement"]
        reached = {place for each in allowed for place in each["Resource"]}
        assert reached == {f"arn:aws:s3:::{mine.bucket}", f"arn:aws:s3:::{mine.bucket}/*"}
        acts = {act.partition(":")[2] for each in allowed for act in each["Action"]}
        assert not [act for act in acts if re.search("Version|Lock|Policy|Acl|Bypass|[*]", act)]
        assert [act for act in acts if act.endswith("Retention")] == ["GetObjectRetention"]
        told = load_config(write(tmp_path / "own.toml", mine.configuration), {}, None)
        assert told.recordings == f"s3://{mine.bucket}"
        assert told.objects.endpoint == "https://s3.example"
        assert (told.objects.kept_days, told.database.kept_days) == (31, 35)
        assert str(told.objects.credential_file).startswith(f"{mine.secrets}/")


def test_amazons_users_are_made_where_amazon_keeps_them_and_others_at_the_store(
    tmp_path: Path,
) -> None:
    amazon = "https://s3.eu-west-2.amazonaws.com"
    for endpoint, users_at in ((amazon, False), ("https://s3.example", True)):
        (each,) = planned(tmp_path, endpoint=endpoint, region="eu-west-2")
        commands = [shlex.split(line) for line in each.bucket_commands]
        for words in commands:
            at_the_store = words[words.index("--region") - 2 :][:2] == ["--endpoint-url", endpoint]
            assert at_the_store is (users_at or words[1] == "s3api")
        assert len([words for words in commands if words[1] == "iam"]) == 3


def test_a_database_of_this_machine_is_reached_without_tls(tmp_path: Path) -> None:
    """As callrec itself goes there; a server without TLS would be refused by libpq."""
    for host, over_tls in (("127.0.0.1", False), ("localhost", False), ("127.example", True)):
        (each,) = planned(tmp_path, host=host)
        for address in (each.server, each.owner, daily(each)):
            assert ("sslmode=verify-full" in address) is over_tls


def test_without_a_lock_or_a_store_nothing_is_said_of_them(tmp_path: Path) -> None:
    (unlocked,) = planned(tmp_path, endpoint="https://s3.example", lock_days=0)
    assert "lock" not in " ".join(unlocked.bucket_commands)
    assert planned(tmp_path)[0].bucket_commands == ()


_HOOKED = list[str]()

_LOOKS = ("os.getxattr", "os.listdir", "os.scandir")

_watching = False


def _note(event: str, arguments: tuple[object, ...]) -> None:
    acts = event.startswith(("socket.", "subprocess.", "os.", "shutil.", "tempfile."))
    writes = event == "open" and bool({*str(arguments[1])} & {*"wax+"})
    if _watching and (writes or (acts and event not in _LOOKS)):
        _HOOKED.append(event)


def test_it_runs_writes_and_contacts_nothing(tmp_path: Path) -> None:
    """As Python itself tells of what a program asks of the system."""
    global _watching  # noqa: PLW0603 - what listens is never taken away
    planned(tmp_path)
    sys.addaudithook(_note)
    _watching = True
    try:
        plan_network(tmp_path / "plan.toml")
        told = [*_HOOKED]
        with suppress(OSError):
            Path(tmp_path / "other").write_text("x")
    finally:
        _watching = False
    assert (told, _HOOKED) == ([], ["open"])


def test_a_vault_is_moved_there_and_worked_with_as_was_printed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hama, other = planned(
        tmp_path, practices=["hama", "llan"], prefix=f"x{token_hex(4)}", host=str(server())
    )
    with made([hama, other], monkeypatch):
        done(house, "dora", "practice", "migrate", "--to", hama.owner)
        run_sql(hama.owner, hama.rights_sql)
        printed = hama.configuration.replace(str(hama.vault), str(house.config.vault))
        file = write(tmp_path / "hama.toml", printed)
        house.config = load_config(file, {}, None)
        assert house.config.catalogue == daily(hama)
        actor = house.actor("dora")
        record(house.practice, actor, "user.shown")
        with reading(house.practice.engine) as connection:
            assert unneeded(connection) == []
        house.close()
        answer = type_in(house, "nobody", "status", CALLREC_CONFIG=file)
        assert "0 recordings" in answer.out
        with pytest.raises(psycopg.Error, match="permission denied for table leaf"):
            psycopg.connect(daily(hama)).execute("DELETE FROM leaf")


def test_the_script_is_one_that_a_shell_reads_and_has_every_part(
    house: House, tmp_path: Path
) -> None:
    (hama,) = planned(tmp_path, endpoint="https://s3.example")
    script = done(house, "nobody", "network", "plan", str(tmp_path / "plan.toml"))
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    for part in (hama.database_sql, hama.rights_sql, hama.configuration, *hama.bucket_commands):
        assert part in script


def test_each_role_is_given_a_password_and_the_owner_s_goes_again(
    house: House, tmp_path: Path
) -> None:
    (hama,) = planned(tmp_path)
    assert {*hama.roles} == {role_of(daily(hama)), role_of(hama.owner)}
    script = done(house, "nobody", "network", "plan", str(tmp_path / "plan.toml"))
    by_server, controller, *_ = re.split("(?m)^# ----.*\n", script)[1:]
    for role in hama.roles:
        assert f"-c '\\password {role}' < /dev/tty" in by_server
    file = psycopg.conninfo.conninfo_to_dict(hama.owner)["passfile"]
    assert controller.endswith(f"rm -f {file}\n")
    assert str(file) not in hama.configuration


STANDS_FOR = {
    # Each answers what init asks, and its kit is put away.
    "callrec": """case $1 in
init) exec "{python}" -m callrec "$@" --practice Hama --user dora --name "Dora Whitlock" \\
    --recovery-file "{folder}/kit.txt" ;;
*) exec "{python}" -m callrec "$@" ;;
esac""",
    "aws": 'exec "{python}" -m network.aws "$@"',
    # No account is called so here. What logs in is laid into its folder once that is there.
    "install": """case $1 in
-d) shift 7; "{install}" -d -m 700 "$@"; cp -p "{credential}" "$1/objects" ;;
*) exec "{install}" "$@" ;;
esac""",
    "systemctl": 'echo "$@" >> "{folder}/enabled"',
}
"""What a script calls that is otherwise on a supplier's machines."""


@pytest.mark.usefixtures("shared")
def test_run_as_one_script_it_gives_a_practice_that_works(tmp_path: Path) -> None:
    """Against a real database server and object store; its folders are below one of the test's."""
    programs, at = tmp_path / "programs", f"http://127.0.0.1:{objects.port()}"
    credential = objects.objects_at().credential_file
    programs.mkdir()
    known = {"python": sys.executable, "folder": tmp_path, "credential": credential}
    for name, text in STANDS_FOR.items():
        said = text.format(install=shutil.which("install"), **known)
        (programs / name).write_text(f"#!/bin/sh\n{said}\n")
        (programs / name).chmod(0o700)
    (hama,) = planned(tmp_path, prefix=f"x{token_hex(4)}", host=str(server()), endpoint=at)
    write(tmp_path / "password", "nine orange badgers sleep very late\n")
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PGUSER": "postgres",
    }
    as_dora = {"CALLREC_USER": "dora", "CALLREC_PASSWORD_FILE": str(tmp_path / "password")}

    def run(*words: str, given: str = "", **others: str) -> str:
        told = {**environment, **others}
        ran = subprocess.run(
            words, input=given, env=told, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (words, ran.stderr)
        return ran.stdout

    def here(text: str) -> str:
        text = text.replace("/dev/tty", "/dev/null")  # a role without a password, trusted here
        return re.sub("/(etc|srv|var/spool)/callrec", rf"{tmp_path}/\1", text)

    with dropped(hama):
        script = run("callrec", "network", "plan", str(tmp_path / "plan.toml"))
        run("sh", "-eu", given=here(script), **as_dora)
        assert (tmp_path / "enabled").read_text().split() == ["enable", "--now", hama.timer]
        told = {"CALLREC_CONFIG": here(str(hama.file))}
        found = run("callrec", "doctor", **told)
        assert "the database lets its role here only add to the log" in found
        assert "the bucket locks what comes for 30 days, no longer than" in found
        key, spool = (here(str(each)) for each in (hama.secrets / "key", hama.spool))
        words = ("user", "add", "door", "--role", "intake", "--name", "Door")
        run("callrec", *words, "--credential-file", key, **told, **as_dora)
        a_call(Path(spool), 1)
        taken_in = run("callrec", "ingest", spool, CALLREC_CREDENTIAL=key, **told)
        assert "1 recording taken in" in taken_in
