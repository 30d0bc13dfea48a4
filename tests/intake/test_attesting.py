"""ingest --attest: recordings are signed where they lie, and OpenSSH and openssl are the judges."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrec.config import Attest
from callrec.errors import Failed, Misconfigured
from callrec.intake.attesting import Attested, attest_recordings
from callrec.telephone.recorder import NAMESPACE
from house.practices import House
from house.recorders import SYSTEM, make_key, named, signer
from house.spool import a_call, a_wave, left_in, recordings_of, take_in
from house.time_authority import TimeAuthority, time_authority


@pytest.fixture(scope="module", name="key")
def _key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def attested(folder: Path, key: Path | None, authority: TimeAuthority | None = None) -> Attested:
    attest, now = Attest(key=key), datetime.now(UTC) + timedelta(minutes=5)
    if authority:
        pem = authority.folder / "root.pem"
        attest = Attest(key=key, time_url=authority.url, time_certificates=pem)
    return attest_recordings([folder], attest, settle_seconds=5, now=now)


def is_signed(call: Path, key: Path) -> bool:
    """What OpenSSH's own program says."""
    allowed = call.parent / ".allowed_signers"
    allowed.write_text(signer(key, f'namespaces="{NAMESPACE}"'), "ascii")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", SYSTEM]
    command += ["-n", NAMESPACE, "-s", f"{call}.sig"]
    done = subprocess.run(command, input=call.read_bytes(), capture_output=True, check=False)
    allowed.unlink()
    return done.returncode == 0


def test_each_recording_gets_a_signature_that_ssh_keygen_takes_and_stays_as_it_was(
    tmp_path: Path, key: Path
) -> None:
    calls = [a_call(tmp_path / "spool", number) for number in (0, 1)]
    before = [(call.read_bytes(), call.stat()) for call in calls]
    done = attested(tmp_path / "spool", key)
    assert (done.signed, done.known, done.unsettled, done.left) == (2, 0, 0, [])
    assert all(is_signed(call, key) for call in calls)
    assert left_in(tmp_path / "spool") == sorted(
        name for call in calls for name in (call.name, f"{call.name}.sig")
    )
    for call, (data, status) in zip(calls, before, strict=True):
        now = call.stat()
        assert (call.read_bytes(), now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (
            data,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
        )
    calls[0].write_bytes(a_wave(7))
    assert not is_signed(calls[0], key)


def test_a_second_run_changes_nothing(tmp_path: Path, key: Path, authority: TimeAuthority) -> None:
    a_call(tmp_path / "spool")
    attested(tmp_path / "spool", key, authority)
    before = {path: path.stat() for path in (tmp_path / "spool").iterdir()}
    authority.asked = b""
    done = attested(tmp_path / "spool", key, authority)
    assert (done.signed, done.stamped, done.known, authority.asked) == (0, 0, 1, b"")
    assert {path: path.stat() for path in (tmp_path / "spool").iterdir()} == before


def test_the_word_may_be_read_by_who_may_read_the_recording(tmp_path: Path, key: Path) -> None:
    call = a_call(tmp_path / "spool")
    call.chmod(0o640)
    attested(tmp_path / "spool", key)
    assert stat.S_IMODE(Path(f"{call}.sig").stat().st_mode) == 0o640


def test_a_recording_that_is_still_written_is_left_for_the_next_run(
    tmp_path: Path, key: Path
) -> None:
    young, held = a_call(tmp_path / "spool"), a_call(tmp_path / "spool", 1)
    later = datetime.now(UTC).timestamp() + 3600
    os.utime(young, (later, later))
    with held.open("ab"):
        done = attested(tmp_path / "spool", key)
    assert (done.signed, done.unsettled, done.left) == (0, 2, [])
    assert left_in(tmp_path / "spool") == sorted([young.name, held.name])


def test_a_recording_that_was_written_after_it_was_signed_is_told(
    tmp_path: Path, key: Path
) -> None:
    call = a_call(tmp_path / "spool")
    attested(tmp_path / "spool", key)
    signature = Path(f"{call}.sig").read_bytes()
    call.write_bytes(a_wave(1))
    soon = datetime.now(UTC).timestamp() + 60
    os.utime(call, (soon, soon))
    done = attested(tmp_path / "spool", key)
    (left,) = done.left
    assert left.why.startswith("it was written after it was signed")
    assert Path(f"{call}.sig").read_bytes() == signature


def test_what_is_no_sound_is_not_signed(tmp_path: Path, key: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "note.wav").write_text("no sound", "ascii")
    (left,) = attested(tmp_path / "spool", key).left
    assert "not sound" in left.why
    assert left_in(tmp_path / "spool") == ["note.wav"]


def test_a_link_where_the_signature_is_to_lie_is_not_written_through(
    tmp_path: Path, key: Path
) -> None:
    call = a_call(tmp_path / "spool")
    (tmp_path / "elsewhere").write_bytes(b"of somebody else")
    Path(f"{call}.sig").symlink_to(tmp_path / "elsewhere")
    (left,) = attested(tmp_path / "spool", key).left
    assert left.why == "what lies beside it as .sig is not a file"
    assert (tmp_path / "elsewhere").read_bytes() == b"of somebody else"


def test_a_signature_is_stamped_and_openssl_takes_the_stamp(
    tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    call = a_call(tmp_path / "spool")
    assert attested(tmp_path / "spool", key, authority).stamped == 1
    root = authority.folder / "root.pem"
    command = ["openssl", "ts", "-verify", "-data", f"{call}.sig", "-in", f"{call}.sig.tsr"]
    done = subprocess.run([*command, "-CAfile", str(root)], capture_output=True, check=False)
    assert done.returncode == 0


def test_without_the_authority_it_is_signed_and_stamped_by_a_later_run(
    tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    calls = [a_call(tmp_path / "spool", number) for number in range(3)]
    authority.status = 503
    done = attested(tmp_path / "spool", key, authority)
    assert (done.signed, done.stamped, done.unstamped) == (3, 0, 3)
    assert done.why_unstamped == "the time-stamping authority answered 503"
    authority.status = 200
    done = attested(tmp_path / "spool", key, authority)
    assert (done.signed, done.known, done.stamped, done.unstamped) == (0, 3, 3, 0)
    assert all(Path(f"{call}.sig.tsr").is_file() for call in calls)


def test_a_key_that_cannot_be_used_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    a_call(tmp_path / "spool")
    before = left_in(tmp_path / "spool")
    with pytest.raises(Misconfigured):
        attested(tmp_path / "spool", None)
    with pytest.raises(Failed, match="ssh-keygen does not sign"):
        attested(tmp_path / "spool", tmp_path / "no-key")
    locked = tmp_path / "locked"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", str(locked)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    with pytest.raises(Failed, match="ssh-keygen does not sign"):
        attested(tmp_path / "spool", locked)
    assert left_in(tmp_path / "spool") == before


def test_a_key_in_an_agent_signs_too(tmp_path: Path) -> None:
    """The key's file is public then; the agent has the other half."""
    key = make_key(tmp_path, "agent-key")
    call = a_call(tmp_path / "spool")
    command = ["ssh-agent", "sh", "-c", 'ssh-add -q "$0" && rm "$0" && exec "$@"', str(key)]
    again = (
        "import sys; from pathlib import Path; from intake.test_attesting import attested;"
        "print(attested(Path(sys.argv[1]), Path(sys.argv[2])).signed)"
    )
    python = [sys.executable, "-c", again, str(tmp_path / "spool"), f"{key}.pub"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [*command, *python], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout == "1\n"
    assert is_signed(call, key)


def test_what_is_attested_is_taken_in_with_its_word_and_its_time(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    named(house, signer(key, f'namespaces="{NAMESPACE}"'))
    house.decide(timestamp=authority.settings)
    a_call(tmp_path / "spool")
    attested(tmp_path / "spool", key, authority)
    assert take_in(house, tmp_path / "spool").vouched == 1
    (recording,) = recordings_of(house)
    (word,) = recording.fields["words"]
    assert (word["standing"], word["authority"]) == ("right", "Test Time Root")
