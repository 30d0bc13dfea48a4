"""The recorder's word: kept and checked as a recording comes in, and never more than it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.intake.ingest import MIN_FILES_FOR_WORKERS
from callrec.intake.sources import Refusal
from callrec.intake.vouching import owner_of, words_beside
from callrec.intake.watching import stamp_of as stamp_of_file
from callrec.package.callrec_verify import read_ssh_signature
from house.practices import House
from house.recorders import (
    SYSTEM,
    VECTORS,
    make_key,
    named,
    openpgp,
    signature,
    signed,
    signer,
    stamped,
)
from house.spool import a_call, a_wave, left_in, recordings_of, take_in
from house.time_authority import TimeAuthority, make_authority, stamp_of, time_authority
from telephone.test_described import file_of
from telephone.test_records import CASES

DELETE = AfterIntake(AfterIntakeKind.DELETE)


@pytest.fixture(scope="module", name="key")
def _key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def words_of(house: House) -> list[list[dict[str, Any]]]:
    """Of each recording, checked as for a release."""
    return [recording.fields.get("words", []) for recording in recordings_of(house)]


def the_word(house: House) -> dict[str, Any]:
    ((word,),) = words_of(house)
    return word


def left(house: House, path: Path, **how: Any) -> str:
    """Why the one file is left; it is the only one."""
    done = take_in(house, path, **how)
    (quarantined,) = done.quarantined
    assert (done.recordings, quarantined.refusal) == (0, Refusal.CHECKSUM)
    assert left_in(house.folder / "vault" / "recordings") == []
    return quarantined.why


def test_a_signature_by_a_key_that_the_practice_named_is_kept_and_vouches(
    house: House, tmp_path: Path, key: Path
) -> None:
    named(house, signer(key, 'namespaces="callrec-recording"'))
    call = signed(a_call(tmp_path / "spool"), key)
    done = take_in(house, call)
    assert (done.recordings, done.vouched, done.signed_in_vain) == (1, 1, 0)
    text = Path(f"{call}.sig").read_text("ascii")
    assert the_word(house) == {
        "kind": "openssh",
        "origin": "beside",
        "value": text,
        "key": read_ssh_signature(text).fingerprint,
        "name": SYSTEM,
        "standing": "right",
        "by": "callrec",
        "why": None,
        "stamp": None,
        "stamped_at": None,
        "authority": None,
    }


def test_a_recording_without_a_word_has_none(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path))
    (recording,) = recordings_of(house)
    assert "words" not in recording.fields


@pytest.mark.parametrize(
    ("kind", "hashed", "by"),
    [("ed25519", "sha512", "callrec"), ("ecdsa", "sha256", "ssh-keygen")],
)
def test_other_kinds_of_signature_that_ssh_keygen_makes_count_too(
    house: House, tmp_path: Path, kind: str, hashed: str, by: str
) -> None:
    key = make_key(tmp_path, kind=kind)
    named(house, signer(key))
    take_in(house, signed(a_call(tmp_path / "spool"), key, hashed=hashed))
    word = the_word(house)
    assert (word["standing"], word["by"]) == ("right", by)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_signature_of_another_file_leaves_the_file_where_it_is(
    house: House, tmp_path: Path, kind: str
) -> None:
    key = make_key(tmp_path, kind=kind)
    named(house, signer(key))
    call = a_call(tmp_path / "spool")
    Path(f"{call}.sig").write_text(signature(key, a_wave(1)), "ascii")
    assert left(house, call) == "the .sig beside it is a signature of something else"
    assert call.read_bytes() == a_wave()


def test_a_wrong_signature_by_a_key_that_nobody_named_leaves_it_too(
    house: House, tmp_path: Path, key: Path
) -> None:
    call = a_call(tmp_path)
    Path(f"{call}.sig").write_text(signature(key, a_wave(1)), "ascii")
    assert left(house, call) == "the .sig beside it is a signature of something else"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-40],
        lambda text: text[: len(text) // 2] + "\n-----END SSH SIGNATURE-----\n",
        lambda text: text.replace("U1NIU0lH", "U1NIU0lI"),
        lambda text: text + "and more",
        lambda _: "",
        lambda _: "a signature",
        lambda _: "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n",
        lambda _: (VECTORS / "clear.asc").read_text("ascii"),
    ],
)
def test_what_is_no_whole_signature_leaves_the_file_where_it_is(
    house: House, tmp_path: Path, key: Path, spoil: Callable[[str], str]
) -> None:
    named(house, signer(key))
    call = a_call(tmp_path)
    Path(f"{call}.sig").write_text(spoil(signature(key, call.read_bytes())), "ascii")
    assert "whole" in left(house, call)


def test_a_key_that_nobody_named_is_never_trusted(house: House, tmp_path: Path, key: Path) -> None:
    named(house, signer(make_key(tmp_path, "another")))
    done = take_in(house, signed(a_call(tmp_path / "spool"), key))
    assert (done.recordings, done.vouched, done.signed_in_vain) == (1, 0, 1)
    word = the_word(house)
    assert (word["standing"], word["name"]) == ("unnamed", None)


def test_a_key_signs_for_the_namespaces_that_its_line_names(
    house: House, tmp_path: Path, key: Path
) -> None:
    named(house, signer(key, 'namespaces="file,callrec-recording"'))
    take_in(house, signed(a_call(tmp_path / "spool"), key, namespace="file"))
    take_in(house, signed(a_call(tmp_path / "spool", 1), key, namespace="git"))
    assert [word["standing"] for (word,) in words_of(house)] == ["right", "unnamed"]


@pytest.mark.parametrize(
    ("options", "standing"),
    [
        ('valid-before="20260101"', "out-of-time"),
        ('valid-after="20990101"', "out-of-time"),
        ('valid-after="20200101",valid-before="20990101"', "right"),
    ],
)
def test_a_key_counts_from_a_day_on_and_until_it_is_retired(
    house: House, tmp_path: Path, key: Path, options: str, standing: str
) -> None:
    named(house, signer(key, options))
    take_in(house, signed(a_call(tmp_path), key))
    assert the_word(house)["standing"] == standing


def test_what_was_stamped_before_its_key_was_retired_still_counts(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    now = datetime.now(UTC)
    retired = f'valid-before="{now.year + 1}0101"'
    named(house, signer(key, retired))
    house.decide(timestamp=authority.settings)
    house.at = datetime(now.year + 1, 6, 1, 12, tzinfo=UTC)
    take_in(house, stamped(signed(a_call(tmp_path / "spool"), key), authority))
    take_in(house, signed(a_call(tmp_path / "spool", 1), key))
    first, second = (word for (word,) in words_of(house))
    assert (first["standing"], first["authority"]) == ("right", "Test Time Root")
    assert datetime.fromisoformat(first["stamped_at"]).date() >= now.date()
    assert (second["standing"], second["stamped_at"]) == ("out-of-time", None)


def test_a_stamp_by_an_authority_that_the_practice_did_not_pin_says_no_time(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    named(house, signer(key))
    take_in(house, stamped(signed(a_call(tmp_path / "spool"), key), authority))
    word = the_word(house)
    assert word["stamp"]
    assert (word["standing"], word["stamped_at"], word["authority"]) == ("right", None, None)


def test_a_stamp_of_another_signature_leaves_the_file_where_it_is(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    named(house, signer(key))
    house.decide(timestamp=authority.settings)
    call = signed(a_call(tmp_path / "spool"), key)
    Path(f"{call}.sig.tsr").write_bytes(stamp_of(authority.folder, b"something else"))
    assert left(house, call) == "the .sig.tsr beside it is not a time stamp of the signature"
    Path(f"{call}.sig.tsr").write_bytes(b"no stamp")
    assert left(house, call) == "the .sig.tsr beside it is not a time stamp of the signature"


def test_a_signature_that_is_older_than_its_call_is_of_another_call(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    """Somebody gives an old recording the name of a call that is to come."""
    named(house, signer(key))
    house.decide(timestamp=authority.settings)
    later = datetime.now(UTC).year + 1
    call = a_call(tmp_path / "spool", name=f"{later}0704-140501_07700900123-all.wav")
    stamped(signed(call, key), authority)
    why = left(house, call)
    assert why == "the .sig beside it was stamped more than a day before its call began"


@pytest.mark.parametrize("name", ["binary.sig", "armoured.asc"])
def test_a_signature_of_openpgp_by_a_certificate_that_the_practice_named_vouches(
    house: House, tmp_path: Path, name: str
) -> None:
    named(house, openpgp=[openpgp()])
    call = a_call(tmp_path)
    Path(f"{call}{Path(name).suffix}").write_bytes((VECTORS / name).read_bytes())
    assert take_in(house, call).vouched == 1
    word = the_word(house)
    assert (word["kind"], word["by"], word["name"]) == ("openpgp", "gpgv", SYSTEM)
    assert word["key"] == openpgp()["fingerprint"]
    assert word["value"].startswith("-----BEGIN PGP SIGNATURE-----")


def test_of_openpgp_no_other_certificate_counts_and_none_after_its_day(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    Path(f"{call}.asc").write_bytes((VECTORS / "armoured.asc").read_bytes())
    other = (VECTORS / "other.asc").read_text("ascii")
    named(house, openpgp=[openpgp(certificate=other)])
    assert take_in(house, call).signed_in_vain == 1
    word = the_word(house)
    assert (word["standing"], word["why"]) == ("not-checked", "its certificate is not at hand")


def test_a_certificate_that_was_retired_does_not_count(house: House, tmp_path: Path) -> None:
    named(house, openpgp=[openpgp(retired=date(2026, 1, 1))])
    call = a_call(tmp_path)
    Path(f"{call}.asc").write_bytes((VECTORS / "armoured.asc").read_bytes())
    take_in(house, call)
    assert the_word(house)["standing"] == "out-of-time"


def test_a_wrong_signature_of_openpgp_leaves_the_file_where_it_is(
    house: House, tmp_path: Path
) -> None:
    named(house, openpgp=[openpgp()])
    call = a_call(tmp_path, 1)
    Path(f"{call}.asc").write_bytes((VECTORS / "armoured.asc").read_bytes())
    assert left(house, call) == "the .asc beside it is a signature of something else"
    Path(f"{call}.asc").write_bytes((VECTORS / "two.asc").read_bytes())
    assert "whole and alone" in left(house, call)
    text = a_call(tmp_path)
    Path(f"{text}.asc").write_bytes((VECTORS / "text.asc").read_bytes())
    assert "of text, and not of these bytes" in left(house, text)


def sums(data: bytes = a_wave(), kind: str = "md5") -> str:
    return hashlib.new(kind, data).hexdigest()


@pytest.mark.parametrize("kind", ["md5", "sha256"])
@pytest.mark.parametrize(
    "form",
    [
        "{sum}  {name}\n",
        "{sum} *{name}\r\n",
        "\ufeff{SUM}  ./{name}",
        "{SUM}\r\n",
        "{KIND} ({name}) = {sum}\n",
    ],
)
def test_a_checksum_beside_a_recording_is_kept(
    house: House, tmp_path: Path, kind: str, form: str
) -> None:
    call = a_call(tmp_path)
    made = sums(kind=kind)
    text = form.format(sum=made, SUM=made.upper(), name=call.name, KIND=kind.upper())
    Path(f"{call}.{kind}").write_text(text, "utf-8", newline="")
    take_in(house, call)
    word = the_word(house)
    assert (word["kind"], word["value"], word["standing"]) == (kind, made, "right")
    assert (word["key"], word["name"]) == (None, None)


@pytest.mark.parametrize("is_right", [True, False])
def test_the_md5_that_8x8_has_in_its_description_is_kept(
    house: House, tmp_path: Path, *, is_right: bool
) -> None:
    call = a_call(tmp_path)
    item = json.loads(file_of(CASES["8x8/object"]))
    made = sums(a_wave() if is_right else b"").upper()
    item |= {"checksumType": "MD5", "checksum": made}
    Path(f"{call}.json").write_text(json.dumps(item), "utf-8")
    if is_right:
        take_in(house, call)
        word = the_word(house)
        told = (word["kind"], word["origin"], word["value"])
        assert told == ("md5", "description", made.lower())
    else:
        what = "its MD5 is not the one that its telephone system has on record"
        assert left(house, call) == what


def test_a_list_of_a_folder_has_the_checksums_of_its_recordings(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    calls = [a_call(spool, number) for number in (0, 1, 2)]
    lines = [f"{sums(call.read_bytes())}  {call.name}\n" for call in calls[:2]]
    (spool / "MD5SUMS").write_text("".join(lines), "utf-8")
    done = take_in(house, spool)
    assert (done.recordings, done.quarantined, done.ignored) == (3, [], 1)
    assert [len(words) for words in words_of(house)] == [1, 1, 0]


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_wrong_checksum_leaves_the_file_where_it_is(
    house: House, tmp_path: Path, kind: str
) -> None:
    call = a_call(tmp_path)
    own = Path(f"{call}.{kind}")
    called = {"md5": "MD5", "sha256": "SHA-256"}[kind]
    own.write_text(f"{sums(b'', kind)}  {call.name}\n", "utf-8")
    assert left(house, call) == f"its {called} is not the one that the .{kind} beside it has"
    own.write_text(f"{sums(kind=kind)}  another.wav\n", "utf-8")
    assert left(house, call) == f"the .{kind} beside it has no checksum of it"
    own.unlink()
    name = f"{kind.upper()}SUMS"
    both = "".join(f"{sums(data, kind)}  {call.name}\n" for data in (a_wave(), b""))
    (tmp_path / name).write_text(both, "utf-8")
    assert left(house, call) == f"its {called} is not the one that the list {name} beside it has"


def test_a_name_in_a_list_leads_nowhere(house: House, tmp_path: Path) -> None:
    """Neither out of the folder nor to the recording by another way."""
    call = a_call(tmp_path / "spool")
    others = ("../spool/" + call.name, str(call), "..\\" + call.name, "../../etc/passwd", call.stem)
    lines = "".join(f"{sums(b'')}  {name}\n" for name in others)
    (tmp_path / "spool" / "MD5SUMS").write_text(lines, "utf-8")
    assert take_in(house, tmp_path / "spool").quarantined == []
    assert words_of(house) == [[]]


def test_a_list_that_is_larger_than_any_is_not_read(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    with (tmp_path / "SHA256SUMS").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    (quarantined,) = take_in(house, call).quarantined
    assert quarantined.refusal is Refusal.DESCRIPTION
    assert quarantined.why == "the list SHA256SUMS beside it is larger than 16 MiB"


def test_a_link_beside_a_recording_is_no_word(house: House, tmp_path: Path, key: Path) -> None:
    call = signed(a_call(tmp_path / "spool"), key)
    beside = Path(f"{call}.sig")
    beside.rename(tmp_path / "elsewhere")
    beside.symlink_to(tmp_path / "elsewhere")
    take_in(house, call)
    assert words_of(house) == [[]]


def test_where_the_practice_asks_for_a_word_a_file_without_one_waits(
    house: House, tmp_path: Path, key: Path
) -> None:
    named(house, signer(key), required=True)
    bare, other = a_call(tmp_path / "spool"), a_call(tmp_path / "spool", 1)
    signed(other, make_key(tmp_path, "another"))
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, [each.refusal for each in done.quarantined]) == (
        0,
        [Refusal.UNVOUCHED] * 2,
    )
    signed(bare, key)
    assert take_in(house, tmp_path / "spool").vouched == 1


def test_what_is_taken_in_by_other_processes_has_its_word_too(
    house: House, tmp_path: Path, key: Path
) -> None:
    named(house, signer(key))
    calls = [a_call(tmp_path / "spool", number) for number in range(MIN_FILES_FOR_WORKERS + 1)]
    signed(calls[3], key)
    Path(f"{calls[4]}.sig").write_text(signature(key, b""), "ascii")
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.vouched, len(done.quarantined)) == (MIN_FILES_FOR_WORKERS, 1, 1)
    assert len([words for words in words_of(house) if words]) == 1


def test_two_names_of_one_call_have_the_words_of_both(
    house: House, tmp_path: Path, key: Path
) -> None:
    named(house, signer(key))
    first = a_call(tmp_path / "one")
    second = signed(a_call(tmp_path / "two", name=first.name), key)
    Path(f"{first}.md5").write_text(sums(), "utf-8")
    take_in(house, first, second)
    (words,) = words_of(house)
    assert sorted(word["kind"] for word in words) == ["md5", "openssh"]


def test_a_word_goes_where_its_recording_goes(house: House, tmp_path: Path, key: Path) -> None:
    named(house, signer(key))
    (tmp_path / "done").mkdir()
    move = AfterIntake(AfterIntakeKind.MOVE, tmp_path / "done")
    first = signed(a_call(tmp_path / "spool"), key)
    assert take_in(house, first, after=move).quarantined == []
    assert left_in(tmp_path / "spool") == []
    assert left_in(tmp_path / "done") == [first.name, f"{first.name}.sig"]
    second = signed(a_call(tmp_path / "spool", 1), key)
    Path(f"{second}.md5").write_text(sums(second.read_bytes()), "utf-8")
    assert take_in(house, second, after=DELETE).quarantined == []
    assert left_in(tmp_path / "spool") == []


def test_a_word_that_may_not_be_in_the_vault_is_not_deleted(
    house: House, tmp_path: Path, key: Path
) -> None:
    call = a_call(tmp_path / "spool")
    take_in(house, call)
    signed(call, key)
    done = take_in(house, call, login="dora", after=DELETE)
    assert [each.refusal for each in done.quarantined] == [Refusal.LEFT]
    assert left_in(tmp_path / "spool") == [f"{call.name}.sig"]


def test_the_authority_is_that_of_the_settings(
    house: House, tmp_path: Path, key: Path, authority: TimeAuthority
) -> None:
    """Not one that came with the stamp."""
    named(house, signer(key))
    make_authority(tmp_path / "forger", "Test Time Root")
    house.decide(timestamp=authority.settings)
    call = signed(a_call(tmp_path / "spool"), key)
    message = Path(f"{call}.sig").read_bytes()
    Path(f"{call}.sig.tsr").write_bytes(stamp_of(tmp_path / "forger", message))
    take_in(house, call)
    assert the_word(house)["authority"] is None


@pytest.mark.parametrize("suffix", [".sig", ".asc", ".sig.tsr", ".asc.tsr", ".md5", ".sha256"])
def test_a_word_that_comes_lets_its_recording_be_looked_at_again(
    tmp_path: Path, suffix: str
) -> None:
    call = a_call(tmp_path)
    before = stamp_of_file(call)
    beside = Path(f"{call}{suffix}")
    beside.write_text("a word", "ascii")
    assert owner_of(beside) == call
    assert stamp_of_file(call) != before
    assert list(words_beside(call)) == [beside]


def test_any_other_file_is_its_own() -> None:
    for name in ("call.wav", "call.json", "sig", ".sig", "call.sig.wav"):
        assert owner_of(Path("/spool", name)) == Path("/spool", name)
