"""The units of systemd: systemd itself finds nothing wrong, and each is well shut in."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from callrec.errors import CallrecError, Failed, NotFound
from house.commands import Answer, type_in
from house.practices import House
from house.requests import last_leaf
from house.spool import a_call

UNITS = Path(__file__).parents[1] / "packaging" / "systemd"
DOC = Path(__file__).parents[1] / "docs" / "manual" / "technician.md"
DESK = "callrec-desk.service"
ONE_OF_MANY = "callrec-intake-once@.service"

LEFT_TO_THE_PRACTICE = ("RootDirectory=/RootImage=", "PrivateUsers=", "DeviceAllow=")
"""What is open in each of the units."""

SERVICES = ("callrec-intake.service", "callrec-intake-once.service")
OF_ITS_OWN = {
    "execstart",
    "type",
    "restart",
    "restartsec",
    "restartpreventexitstatus",
    "successexitstatus",
    "timeoutstopsec",
}
"""Settings in which the one that stays may differ from the one that a timer starts."""
SAFE = 1.0
"""systemd-analyze's degree of exposure, of 10; below 2 it says "OK", then "SAFE"."""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def settings(service: str) -> dict[str, str]:
    """The last value of each; those given twice are compared as lines elsewhere."""
    unit = RawConfigParser(strict=False, comment_prefixes=("#",))
    unit.read(UNITS / service)
    return dict(unit["Service"])


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    units = []
    for unit in sorted(UNITS.iterdir()):
        text = unit.read_text(encoding="utf-8").replace("/opt/callrec/bin/callrec", sys.executable)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
        units.append(str(tmp_path / unit.name))
    done = analyze("verify", "--man=no", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_well_shut_in(service: str) -> None:
    done = analyze("security", "--offline=yes", "--no-pager", str(UNITS / service))
    degree = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert degree is not None, done.stderr
    assert float(degree[1]) <= SAFE, done.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_the_vault_and_the_recordings_and_nothing_else(service: str) -> None:
    """The degree of exposure knows no folders, and is as good with a network or with swap."""
    told = settings(service)
    assert (told["protectsystem"], told["protecthome"]) == ("strict", "yes")
    assert told["readwritepaths"] == "/srv/callrec/vault /var/spool/asterisk/monitor"
    assert (told["user"], told["capabilityboundingset"]) == ("callrec", "CAP_LEASE")
    assert (told["privatenetwork"], told["restrictaddressfamilies"]) == ("yes", "none")
    assert (told["ipaddressdeny"], told["memoryswapmax"], told["limitcore"]) == ("any", "0", "0")


@pytest.mark.parametrize(
    ("service", "writes_to", "capability"),
    [
        (DESK, "/srv/callrec/vault", ""),
        (ONE_OF_MANY, "/srv/callrec/%i /var/spool/callrec/%i", "CAP_LEASE"),
    ],
)
def test_what_needs_a_network_is_shut_in_as_far_as_that_can_be(
    service: str, writes_to: str, capability: str
) -> None:
    done = analyze("security", "--offline=yes", "--no-pager", str(UNITS / service))
    left = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("✗")}
    network = {"PrivateNetwork=", "IPAddressDeny=", "RestrictAddressFamilies=~AF_(INET|INET6)"}
    lease = {"CapabilityBoundingSet=~CAP_LEASE", "AmbientCapabilities="} if capability else set()
    assert left == network | lease | {"RestrictAddressFamilies=~AF_UNIX", *LEFT_TO_THE_PRACTICE}
    told = settings(service)
    assert (told["readwritepaths"], told["user"]) == (writes_to, "callrec")
    assert (told["capabilityboundingset"], told["memoryswapmax"], told["limitcore"]) == (
        capability,
        "0",
        "0",
    )


def test_an_instance_finds_nothing_of_another_practice() -> None:
    """Each folder that holds something of every practice is empty but for what is its own."""
    text = (UNITS / ONE_OF_MANY).read_text(encoding="utf-8")
    lines = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    hidden = [
        place.removesuffix(":ro")
        for name, _, value in lines
        if name == "TemporaryFileSystem"
        for place in value.split()
    ]
    shared = {path.rpartition("/%i")[0] for _, _, value in lines for path in value.split()}
    assert {*hidden} >= {place for place in shared if place.startswith(("/srv", "/etc", "/var"))}
    shown = [
        place
        for name, _, value in lines
        if name in ("BindPaths", "BindReadOnlyPaths")
        for place in value.split()
    ]
    assert {place.partition("/%i")[0] for place in shown} == {*hidden}


def test_both_services_are_shut_in_alike() -> None:
    stays, once = (settings(service) for service in SERVICES)
    assert {k: v for k, v in stays.items() if k not in OF_ITS_OWN} == {
        k: v for k, v in once.items() if k not in OF_ITS_OWN
    }


def test_what_the_world_may_mend_is_tried_again_and_nothing_else() -> None:
    asked_for = {int(n) for n in settings(SERVICES[0])["restartpreventexitstatus"].split()}
    mended = {Failed.exit_status, NotFound.exit_status}
    of_ingest = {each.exit_status for each in CallrecError.__subclasses__()} - {8, 9, 10, 11}
    assert of_ingest - mended == asked_for


def test_the_manual_names_each_unit() -> None:
    text = DOC.read_text(encoding="utf-8")
    assert [unit.name for unit in UNITS.iterdir() if unit.name not in text] == []


@pytest.mark.parametrize("service", [SERVICES[1], ONE_OF_MANY])
def test_a_round_with_nothing_to_take_in_is_well_and_one_whose_folder_is_gone_is_not(
    service: str, house: House
) -> None:
    told = settings(service)
    _, *words, spool = told["execstart"].split()
    at = house.folder / spool.strip("/")
    gone = type_in(house, "door", *words, str(at))
    assert gone.status == NotFound.exit_status
    assert str(gone.status) not in told["successexitstatus"].split()
    at.mkdir(parents=True)
    (at / "notes.txt").write_text("no sound")
    size = last_leaf(house).seq
    assert type_in(house, "door", *words, str(at)) == Answer(
        0, "There is nothing to take in.\n1 file of another kind left aside.\n"
    )
    assert last_leaf(house).seq == size
    a_call(at, 1)
    assert "1 recording taken in" in type_in(house, "door", *words, str(at)).out
