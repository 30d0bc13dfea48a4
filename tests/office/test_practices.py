"""Many practices at a glance: none hides another, and no connection stays."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from callrec.errors import DoneInPart, Misconfigured, Tampered
from callrec.office.practices import read_practices
from callrec.views.metrics import metric_lines
from house.commands import done, type_in
from house.postgres import as_owner, name_of, server, there
from house.practices import House
from house.spool import a_call, take_in
from house.stages import LIVED_IN, STOCKED, Stages, copied, looked_at

stocked = copied(STOCKED)

elsewhere = there(STOCKED)

lived = looked_at(LIVED_IN)


def configured(folder: Path, **vaults: Path) -> Path:
    """A folder with a configuration for each of these vaults."""
    folder.mkdir()
    for name, vault in vaults.items():
        (folder / f"{name}.toml").write_text(f'vault = "{vault}"\n')
    return folder


def test_one_that_cannot_be_read_is_told_of_and_hides_no_other(
    stocked: House, stages: Stages, tmp_path: Path
) -> None:
    house = stages.copy(None, tmp_path / "other")
    (house.config.vault / "catalogue.sqlite").write_bytes(b"no catalogue" * 100)
    folder = configured(
        tmp_path / "all", damaged=house.config.vault, here=stocked.config.vault, lost=tmp_path / "x"
    )
    (folder / "broken.toml").write_text("vault = \n")
    os.mkfifo(folder / "pipe.toml")
    found = {each.practice: each for each in read_practices(folder, stocked.now, stocked.environ)}
    assert [*found] == ["broken", "damaged", "here", "lost", "pipe"]
    assert found["here"].status is not None
    assert found["here"].status.recordings == 3
    wrong = {name: each.exit_status for name, each in found.items() if each.status is None}
    assert wrong == {
        "broken": Misconfigured.exit_status,
        "damaged": Tampered.exit_status,
        "lost": Misconfigured.exit_status,
        "pipe": Misconfigured.exit_status,
    }
    answer = type_in(stocked, "nobody", "status", "--all", str(folder), CALLREC_VAULT="")
    assert answer.status == DoneInPart.exit_status
    assert "4 of 5 practices could not be read" in answer.err
    told = json.loads(
        type_in(stocked, "nobody", "status", "--all", str(folder), "--json", CALLREC_VAULT="").out
    )
    assert [each["exit_status"] for each in told["items"]] == [7, 5, 0, 7, 7]


def test_what_nobody_foresaw_in_one_hides_no_other(stocked: House, tmp_path: Path) -> None:
    folder = configured(tmp_path / "all", a=stocked.config.vault, b=stocked.config.vault)
    asked = iter([False])

    def now() -> datetime:
        if not next(asked, True):
            raise ZeroDivisionError
        return stocked.now()

    first, second = read_practices(folder, now, stocked.environ)
    assert (first.error, first.exit_status) == ("unexpected: ZeroDivisionError", 70)
    assert second.status is not None


def test_each_is_read_from_its_own_configuration_alone(
    stocked: House, stages: Stages, tmp_path: Path
) -> None:
    """Whatever the environment says of a vault."""
    house = stages.copy(None, tmp_path / "other")
    folder = configured(tmp_path / "all", a=stocked.config.vault, b=house.config.vault)
    named = {**stocked.environ, "CALLREC_VAULT": str(stocked.config.vault)}
    held = [
        each.status and each.status.recordings
        for each in read_practices(folder, stocked.now, named)
    ]
    assert held == [3, 0]
    for words in (["--vault", str(stocked.config.vault)], ["--config", str(folder / "a.toml")]):
        answer = type_in(stocked, "nobody", "status", "--all", str(folder), *words)
        assert "from its own configuration" in answer.err


def test_no_connection_is_held_once_a_practice_was_read(elsewhere: House, tmp_path: Path) -> None:
    elsewhere.close()
    folder = configured(tmp_path / "all", a=elsewhere.config.vault, b=elsewhere.config.vault)
    for file in folder.iterdir():
        file.write_text(f'catalogue = "{elsewhere.config.catalogue}"\n{file.read_text()}')
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    for each in read_practices(folder, elsewhere.now, elsewhere.environ):
        assert each.status is not None
        with as_owner(server()) as connection:
            open_there = connection.execute(
                query, (name_of(elsewhere.config.catalogue),)
            ).fetchone()
        assert open_there == (0,)


def test_a_status_says_when_calls_last_came_in(stocked: House) -> None:
    first = json.loads(type_in(stocked, "nobody", "status", "--json").out)["last_intake"]
    assert datetime.fromisoformat(first) == stocked.at
    stocked.at += timedelta(hours=3)
    spool = stocked.folder / "spool"
    a_call(spool, 7)
    take_in(stocked, spool)
    after = json.loads(type_in(stocked, "nobody", "status", "--json").out)["last_intake"]
    assert datetime.fromisoformat(after) == stocked.at


def samples(text: str) -> dict[str, int]:
    """Each sample of a practice without a label, by its metric's name."""
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("callrec_"): int(value) for name, value in lines}


def checked(text: str) -> str:
    """What Prometheus' own checker says: how it is written, and called."""
    words = ["promtool", "check", "metrics"]
    said = subprocess.run(words, input=text, text=True, check=False, capture_output=True)
    return f"{said.returncode} {said.stdout}{said.stderr}".strip()


def test_prometheus_reads_the_figures_and_finds_no_fault_with_their_names(lived: House) -> None:
    text = done(lived, "nobody", "status", "--metrics")
    assert checked(text) == "0"
    assert checked(text.replace("entries_total", "entries").replace("gauge", "counter"))[0] != "0"
    told = samples(text)
    assert told["up"] == 1
    stands = json.loads(done(lived, "nobody", "status", "--json"))
    assert told["recordings"] == stands["recordings"]
    assert told["requests_overdue"] == len(stands["overdue"])
    assert told["warnings"] == len(stands["warnings"])
    moment = datetime.fromisoformat(stands["last_intake"]).timestamp()
    assert told["last_intake_timestamp_seconds"] == int(moment)
    assert told["last_backup_timestamp_seconds"] >= told["last_archive_timestamp_seconds"]


def test_a_figure_is_a_number_and_no_line_says_more(lived: House) -> None:
    form = r"# (HELP|TYPE) callrec_[a-z_]+ [A-Za-z .]+|callrec_[a-z_]+ [0-9]+"
    lines = done(lived, "dora", "status", "--metrics").splitlines()
    assert [line for line in lines if not re.fullmatch(form, line)] == []


def test_where_nothing_ever_came_in_no_moment_is_made_up(house: House) -> None:
    told = samples(done(house, "nobody", "status", "--metrics"))
    assert [name for name in told if "timestamp" in name] == []
    assert told["recordings"] == 0


@given(name=st.text(min_size=1))
@example(name='a"} 1\nb')
@example(name="\\")
@example(name="\udcff")
def test_a_practice_of_any_name_is_one_label_on_one_line(name: str) -> None:
    text = "".join(f"{line}\n" for line in metric_lines({name: None}))
    (sample,) = [line for line in text.split("\n") if line and not line.startswith("#")]
    (label,) = re.findall(r'^callrec_up\{practice="(.*)"\} 0$', sample, re.DOTALL)
    escapes = {r"\\": "\\", r"\n": "\n", r"\"": '"'}
    back = re.sub(r"\\.", lambda found: escapes[found[0]], label)
    assert back == name.encode("utf-8", "backslashreplace").decode()


def test_prometheus_reads_a_practice_of_any_name() -> None:
    names = ('a"b', "a\\b", "a\nb", "st-davids", "Llandŵr", "\udcff")
    assert checked("".join(f"{line}\n" for line in metric_lines(dict.fromkeys(names)))) == "0"
