"""Cosignatures taken away, exchanged and made up, in a release that its releaser signs anew.

A person who has the releaser's key makes every list and signature of it good again; the key of the
witness they do not have.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from callrec.audit.checkpoint import parse_note
from callrec.audit.cosignature import cosignature_line
from callrec.catalogue.engine import reading
from callrec.crypto.identity import Identity
from callrec.crypto.verifier_key import COSIGNATURE_KEY, VerifierKey
from callrec.package import callrec_verify as checker
from callrec.package.callrec_verify import COSIGNED, Result, Seen, files_in, read_witness
from callrec.package.package import NAMESPACE, SUMS, SUMS_SIGNATURE, sign_ssh
from callrec.practice import record
from callrec.registers.cosigning import cosign
from callrec.registers.verify import Verdict
from callrec.registers.witnessed import witnessed
from house import practices
from house.holds import verified
from house.packages import Package, a_package
from house.practices import House
from house.stages import GRANTED, Stages
from house.witnesses import Outside, a_witness


@dataclass(frozen=True)
class Cosigned:
    """A release of a practice whose record two witnesses saw; and their keys."""

    package: Package
    lmc: Outside
    oak: Outside

    @property
    def pin(self) -> str:
        return self.package.house.practice.root.hex()


def cosigned_release(house: House, folder: Path) -> Iterator[Cosigned]:
    with a_witness(folder / "lmc") as lmc, a_witness(folder / "oak", "oak.example/witness") as oak:
        house.decide(witness=[lmc.setting("the LMC"), oak.setting("Oak Surgery")])
        for each in (lmc, oak):
            each.knows(house, "door")
        cosign(house.practice, house.actor("door"))
        yield Cosigned(a_package(house), lmc, oak)


@pytest.fixture(scope="module")
def cosigned(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cosigned]:
    folder = tmp_path_factory.mktemp("cosigned")
    yield from cosigned_release(stages.copy(GRANTED, folder / "practice"), folder)


@pytest.fixture
def opened(cosigned: Cosigned, tmp_path: Path) -> Path:
    return shutil.copytree(cosigned.package.folder, tmp_path / "opened")


def signed_anew(cosigned: Cosigned, folder: Path) -> None:
    """Make the list of files good again, with the releaser's own key."""
    house = cosigned.package.house
    paths = [line[66:] for line in (folder / SUMS).read_text().splitlines()]
    lines = [
        f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n"
        for path in paths
        if (folder / path).exists()
    ]
    sums = "".join(lines).encode()
    (folder / SUMS).write_bytes(sums)
    act = Identity.from_seed(house.seeds["sam"], house.practice.vault).act
    (folder / SUMS_SIGNATURE).write_text(sign_ssh(sums, act, NAMESPACE))


def checked(
    cosigned: Cosigned, folder: Path, *witnesses: Outside, need: int | None = None
) -> Result:
    keys = [read_witness(str(each.witness.key)) for each in witnesses]
    return checker.check(files_in(str(folder)), cosigned.pin, b"", keys, need)


def wrong(cosigned: Cosigned, folder: Path, *witnesses: Outside) -> str:
    """What is wrong with a release that its releaser has signed anew."""
    signed_anew(cosigned, folder)
    result = checked(cosigned, folder, *witnesses)
    assert result.verdict == "NOT VERIFIED"
    assert result.witnesses == ()
    return f"{result.problems[0].path} {result.problems[0].what}"


def exchanged(folder: Path, change: Callable[[str], str]) -> None:
    (folder / COSIGNED).write_text(change((folder / COSIGNED).read_text()))


def with_another_time(text: str) -> str:
    """The last line, as if its witness had seen the head a second later or sooner."""
    rest, _, signed = text.rstrip().rpartition(" ")
    line = bytearray(base64.b64decode(signed))
    line[4 + 7] ^= 1
    return f"{rest} {base64.b64encode(line).decode()}\n"


def test_a_release_is_verified_with_two_cosignatures_and_says_who_saw_it_when(
    cosigned: Cosigned,
) -> None:
    result = checked(cosigned, cosigned.package.folder, cosigned.lmc, cosigned.oak)
    assert result.verdict == "VERIFIED"
    size = result.witnesses[0].size
    assert result.witnesses == (
        Seen("lmc.example/witness", size, "2026-11-24T12:00:00Z"),
        Seen("oak.example/witness", size, "2026-11-24T12:00:00Z"),
    )
    assert size <= result.entry["seq"]
    assert any("were seen by lmc.example/witness" in line for line in checker.in_words(result))
    to_do = (cosigned.package.folder / "VERIFY.txt").read_text()
    assert "It names:\n\n    lmc.example/witness\n    oak.example/witness\n" in to_do


def test_a_cosigned_head_with_a_line_that_is_not_the_witnesss_anchors_nothing(
    cosigned: Cosigned, opened: Path
) -> None:
    house, head = cosigned.package.house, opened / COSIGNED
    assert verified(house, head).verdict is Verdict.INTACT
    exchanged(opened, with_another_time)
    assert verified(house, head).verdict is Verdict.INCONCLUSIVE


def test_without_a_key_nothing_is_said_to_be_seen(cosigned: Cosigned) -> None:
    result = checked(cosigned, cosigned.package.folder)
    assert (result.verdict, result.witnesses) == ("VERIFIED", ())
    assert result.not_asked == ("lmc.example/witness", "oak.example/witness")
    assert any("not checked" in line for line in checker.in_words(result))


def test_a_file_of_cosignatures_that_is_taken_away_is_missed(
    cosigned: Cosigned, opened: Path
) -> None:
    (opened / COSIGNED).unlink()
    result = checked(cosigned, opened)
    assert (result.verdict, result.states[COSIGNED]) == ("NOT VERIFIED", "missing")


def test_cosignatures_that_the_releaser_left_out_are_missed_by_who_has_a_witnesss_key(
    cosigned: Cosigned, opened: Path
) -> None:
    (opened / COSIGNED).unlink()
    assert "nothing here shows that lmc.example/witness saw the log" in wrong(
        cosigned, opened, cosigned.lmc
    )


def test_one_of_two_cosignatures_that_is_taken_out_is_missed(
    cosigned: Cosigned, opened: Path
) -> None:
    exchanged(opened, lambda text: text.rpartition("— oak")[0])
    assert "that oak.example/witness saw" in wrong(cosigned, opened, cosigned.lmc, cosigned.oak)
    result = checked(cosigned, opened, cosigned.lmc, cosigned.oak, need=1)
    assert result.verdict == "VERIFIED"


def test_cosignatures_of_another_practices_log_are_refused(
    cosigned: Cosigned, opened: Path, another: House, tmp_path: Path
) -> None:
    house = practices.copy(another, tmp_path / "another")
    cosigned.lmc.knows(house, "door")
    house.decide(witness=[cosigned.lmc.setting("the LMC")])
    found = cosign(house.practice, house.actor("door"))
    assert found.seen == 1
    heads = cosigned.lmc.witness.folder / "heads"
    theirs = next(
        note
        for note in (each.read_text() for each in heads.iterdir())
        if house.practice.vault in note
    )
    exchanged(opened, lambda text: text.partition("\n\n")[0] + "\n\n" + theirs)
    assert "is about another log" in wrong(cosigned, opened, cosigned.lmc)


def test_a_cosignature_of_a_head_that_this_log_does_not_continue_is_refused(
    cosigned: Cosigned, opened: Path
) -> None:
    """What the releaser had a fork cosigned for, or a head of another size."""
    root = base64.b64encode(hashlib.sha256(b"a fork").digest()).decode()

    def forked(text: str) -> str:
        top, _, note = text.partition("\n\n")
        origin, size, _, *_ = note.split("\n")
        body = f"{origin}\n{size}\n{root}\n"
        witness = cosigned.lmc.witness
        return f"{top}\n\n{body}\n{cosignature_line(body, witness.key, witness.seed, 1)}"

    exchanged(opened, forked)
    assert "is not the beginning of this one" in wrong(cosigned, opened, cosigned.lmc)


def test_a_forged_cosignature_is_refused(cosigned: Cosigned, opened: Path) -> None:
    """By a key of their own, under the witness's name and the id of its key."""

    def forged(text: str) -> str:
        top, _, note = text.partition("\n\n")
        real = cosigned.lmc.witness.key
        body = parse_note(note.encode()).text
        own = VerifierKey(real.name, COSIGNATURE_KEY, real.public)
        line = cosignature_line(body, own, bytes(32), int(cosigned.lmc.at))
        return f"{top}\n\n{body}\n{line}"

    exchanged(opened, forged)
    said = wrong(cosigned, opened, cosigned.lmc)
    assert "not one by the key of lmc.example/witness" in said


def test_a_cosignature_by_a_key_that_nobody_gave_counts_for_nothing(
    cosigned: Cosigned, opened: Path, tmp_path: Path
) -> None:
    with a_witness(tmp_path / "false") as false:  # of the same name

        def by_another(text: str) -> str:
            top, _, note = text.partition("\n\n")
            body = parse_note(note.encode()).text
            line = cosignature_line(body, false.witness.key, false.witness.seed, int(false.at))
            return f"{top}\n\n{body}\n{line}"

        exchanged(opened, by_another)
        assert "nothing here shows that" in wrong(cosigned, opened, cosigned.lmc)


def test_a_witness_whose_key_is_given_twice_is_one_witness(cosigned: Cosigned) -> None:
    lmc, oak = (str(each.witness.key) for each in (cosigned.lmc, cosigned.oak))
    other_name = replace(cosigned.lmc.witness.key, name="twin.example/w")
    for second in (lmc, str(other_name)):
        with pytest.raises(ValueError, match="who has one key is one witness"):
            checker.read_witnesses([lmc, second, oak], 2)


@pytest.mark.parametrize("need", [0, -1, 2])
def test_no_witness_or_more_than_are_given_is_no_need(cosigned: Cosigned, need: int) -> None:
    with pytest.raises(ValueError, match="how many of the given"):
        checker.read_witnesses([str(cosigned.lmc.witness.key)], need)


def test_a_witness_who_saw_the_log_after_it_was_written_is_told_of(cosigned: Cosigned) -> None:
    result = checked(cosigned, cosigned.package.folder, cosigned.lmc)
    (seen,) = result.witnesses
    assert [*checker.times_apart(result)] == []
    later = replace(result, witnesses=(replace(seen, at="6325-04-08T00:00:00Z"),))
    assert any("one of the two clocks was wrong" in line for line in checker.in_words(later))
    assert "lmc.example/witness" in checker.as_json(later)["times_apart"]


def test_a_changed_time_of_a_cosignature_is_refused(cosigned: Cosigned, opened: Path) -> None:
    def earlier(text: str) -> str:
        before, _, line = text.rpartition(" ")
        blob = bytearray(base64.b64decode(line))
        blob[4:12] = (int.from_bytes(blob[4:12], "big") - 86_400).to_bytes(8, "big")
        return f"{before} {base64.b64encode(blob).decode()}\n"

    exchanged(opened, earlier)
    said = wrong(cosigned, opened, cosigned.oak)
    assert "not one by the key of oak.example/witness" in said


def test_the_record_itself_is_not_taken_for_seen_by_a_key_that_the_settings_do_not_name(
    cosigned: Cosigned, tmp_path: Path
) -> None:
    house = practices.copy(cosigned.package.house, tmp_path / "later")
    record(house.practice, house.actor("max"), "people.listed")
    with a_witness(tmp_path / "new", "new.example/witness") as new:
        house.decide(witness=[new.setting("the LMC")])

        with reading(house.practice.engine) as connection:
            (last,) = witnessed(house.practice, connection)
    assert last.at is None
