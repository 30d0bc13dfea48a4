"""Forgeries in which every signature is right but one thing is not as the log's rules have it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from callrec.audit.checkpoint import Proof, read_proof, write_proof
from callrec.audit.leaf import Outcome
from callrec.crypto.canonical import canonical
from callrec.crypto.context import statement_context
from callrec.crypto.primitives import sign
from callrec.crypto.statement import Statement, sign_statement
from callrec.package import callrec_verify as checker
from callrec.package.manifest import NotEnclosed, WhyNotEnclosed
from callrec.package.package import NAMESPACE, sign_ssh
from callrec.policy.edits import UNEDITED
from package.builders import a_file, a_listening_copy, an_edited_copy
from package.offices import (
    AT,
    REQUEST,
    Office,
    an_office,
    check,
    id_of,
    resigned,
    what_is_wrong,
    with_manifest,
)

PROOF, SIGNERS = "release.tlog-proof", "signers.json"


@pytest.fixture
def office() -> Office:
    return an_office()


def wrong_with(office: Office, **release: Any) -> list[str]:
    """What is wrong with a release of this practice, under its own pin."""
    return what_is_wrong(office.release(**release), office.root)


# Who vouched for whom.


def test_a_voucher_by_somebody_who_may_not_govern_counts_for_nothing(office: Office) -> None:
    seq = office.vouch("mallory", by="sam")
    assert wrong_with(office, by="mallory") == [no_governor(seq)]


def no_governor(seq: int) -> str:
    maker = "was made by somebody who was no Data Controller then"
    return f"{SIGNERS} has a voucher at entry {seq} that {maker}"


def test_a_voucher_that_its_maker_did_not_sign_counts_for_nothing(office: Office) -> None:
    seq = office.vouch("sam", signed_by="mallory")
    wrong = f"{SIGNERS} has a voucher at entry {seq} that its maker did not sign"
    assert wrong_with(office) == [wrong]


def test_a_voucher_by_somebody_nobody_knows_counts_for_nothing(office: Office) -> None:
    seq = office.vouch("sam", by="mallory")
    wrong = f"{SIGNERS} has a voucher at entry {seq} that its maker did not sign"
    assert wrong_with(office) == [wrong]


def test_whoever_no_longer_governs_vouches_for_nobody(office: Office) -> None:
    office.vouch("dora", "staff")
    seq = office.vouch("sam", by="dora")
    assert wrong_with(office) == [no_governor(seq)]


@pytest.mark.parametrize("standing", ["provisional", "claimed", "disabled"])
def test_whoever_is_not_confirmed_vouches_for_nobody(office: Office, standing: str) -> None:
    office.vouch("mallory", "data-controller", standing=standing)
    seq = office.vouch("sam", by="mallory")
    assert wrong_with(office) == [no_governor(seq)]


def test_to_govern_by_a_delegation_is_not_enough_to_vouch(office: Office) -> None:
    lent = [{"power": "govern", "until": "2030-01-01"}]
    office.vouch("mallory", delegations=lent)
    seq = office.vouch("sam", by="mallory")
    assert wrong_with(office) == [no_governor(seq)]


def test_the_founder_governs_without_a_voucher_only_until_there_is_one(office: Office) -> None:
    assert wrong_with(office, seqs=[0, 2, 4]) == [no_governor(4)]


def test_the_kit_makes_a_new_data_controller_who_vouches_on() -> None:
    office = an_office()
    office.vouch("pat", "data-controller", by="kit")
    office.vouch("sam", by="pat")
    assert wrong_with(office) == []


def test_the_kit_makes_nobody_else(office: Office) -> None:
    seq = office.vouch("sam", "staff", by="kit")
    assert wrong_with(office) == [no_governor(seq)]


def test_the_kit_makes_one_voucher_only(office: Office) -> None:
    office.vouch("pat", "data-controller", by="kit")
    seq = office.vouch("max", "data-controller", by="kit")
    assert wrong_with(office) == [no_governor(seq)]


# Which vouchers, in which order.


def test_a_voucher_left_out_between_two_is_missed(office: Office) -> None:
    office.vouch("sam")
    wrong = f"{SIGNERS} has a voucher at entry 6 that does not follow the one before it"
    assert wrong_with(office, seqs=[0, 1, 2, 6]) == [wrong]


def test_a_first_voucher_left_out_is_missed(office: Office) -> None:
    wrong = f"{SIGNERS} has a voucher at entry 4 that does not follow the one before it"
    assert wrong_with(office, seqs=[0, 1, 4]) == [wrong]


def test_a_serial_that_jumps_is_told(office: Office) -> None:
    office.vouch("sam", serial=4)
    assert "does not follow the one before it" in wrong_with(office)[0]


def test_a_voucher_that_follows_another_than_the_newest_is_told(office: Office) -> None:
    office.vouch("sam", previous=office.statements[2].digest)
    assert "does not follow the one before it" in wrong_with(office)[0]


def test_the_newest_left_out_leaves_a_key_that_may_not_release(office: Office) -> None:
    wrong = f"{SIGNERS} does not give the releaser the power to release"
    assert wrong_with(office, seqs=[0, 1, 2]) == [wrong]


def test_entries_in_another_order_are_told(office: Office) -> None:
    assert "does not stand there" in wrong_with(office, seqs=[0, 2, 1, 4])[0]
    assert "does not stand there" in wrong_with(an_office(), seqs=[0, 1, 2, 2, 4])[0]


def test_signers_that_do_not_begin_with_the_first_entry_are_told(office: Office) -> None:
    problems = wrong_with(office, seqs=[1, 2, 4])
    assert f"{SIGNERS} does not lead from the log's first entry by statements alone" in problems
    assert f"{SIGNERS} does not begin with the first entry of the log of the proof" in (
        wrong_with(an_office(), seqs=[])
    )


def test_a_log_whose_first_entry_names_another_vault_is_told() -> None:
    office = an_office(founded_as="77" * 16)
    wrong = f"{SIGNERS} does not begin with the first entry of the log of the proof"
    assert wrong_with(office) == [wrong]


def test_a_first_entry_with_a_statement_is_none(office: Office) -> None:
    def add(entries: list[dict[str, Any]]) -> None:
        entries[0]["statement"] = entries[1]["statement"]

    wrong = f"{SIGNERS} does not lead from the log's first entry by statements alone"
    assert changed_signers(office, add) == [wrong]


@pytest.mark.parametrize("member", ["controller", "kit", "practice", "vault"])
def test_a_first_entry_that_lacks_a_founder_is_none(office: Office, member: str) -> None:
    leaf = json.loads(office.leaves[0])
    del leaf["founders"][member]
    office.leaves[0] = canonical(leaf)
    wrong = f"{SIGNERS} does not lead from the log's first entry by statements alone"
    assert wrong_with(office) == [wrong]


def test_a_voucher_that_names_another_vault_than_it_was_signed_for_is_told(office: Office) -> None:
    said = json.loads(office.statements[4].body)
    said |= {"vault": "77" * 16, "serial": 3, "previous": office.statements[4].digest}
    body = canonical(said)
    signed = statement_context("voucher", office.vault) + body
    statement = Statement(body, body, sign(office.keys["dora"].act, signed), said)
    seq = office.enter("person.confirmed", "dora", statement=statement)
    wrong = f"{SIGNERS} has a voucher at entry {seq} that this entry does not carry"
    assert wrong_with(office) == [wrong]


def test_an_entry_without_a_voucher_has_no_place_there(office: Office) -> None:
    wrong = f"{SIGNERS} does not lead from the log's first entry by statements alone"
    assert wrong_with(office, seqs=[0, 1, 2, 3, 4]) == [wrong]


def changed_signers(office: Office, change: Callable[[list[dict[str, Any]]], object]) -> list[str]:
    """What is wrong with a release in whose signers.json something was changed and signed anew."""
    files = office.release()
    value = json.loads(files[SIGNERS])
    change(value["entries"])
    return what_is_wrong(
        resigned(files, office.keys["sam"], {SIGNERS: canonical(value)}), office.root
    )


def test_an_entry_moved_to_another_place_is_told(office: Office) -> None:
    def move(entries: list[dict[str, Any]]) -> None:
        entries[3]["seq"] = 5

    wrong = f"{SIGNERS} has an entry 5 that does not stand there in the log of the proof"
    assert changed_signers(office, move) == [wrong]


def test_a_voucher_under_another_s_entry_is_told(office: Office) -> None:
    def exchange(entries: list[dict[str, Any]]) -> None:
        entries[2]["statement"] = entries[3]["statement"]

    wrong = f"{SIGNERS} has a voucher at entry 2 that this entry does not carry"
    assert changed_signers(office, exchange) == [wrong]


def test_a_proof_of_an_entry_with_a_hash_of_another_is_told(office: Office) -> None:
    def exchange(entries: list[dict[str, Any]]) -> None:
        entries[1]["proof"] = entries[2]["proof"]

    assert "has an entry 1 that does not stand there" in changed_signers(office, exchange)[0]


def test_a_statement_of_another_kind_is_no_voucher(office: Office) -> None:
    fields = json.loads(office.statements[4].body)
    kept = {name: fields[name] for name in fields.keys() - {"kind", "vault", "by", "at"}}
    for vault, kind in ((office.vault, "claim"), ("77" * 16, "voucher")):
        statement = sign_statement(
            kind, vault=vault, by=id_of("dora"), at=AT, seed=office.keys["dora"].act, fields=kept
        )
        office.enter("person.confirmed", "dora", statement=statement)
        assert wrong_with(office)[0].startswith(f"{SIGNERS} ")


# Whether the releaser might release, and with which key.


def test_whoever_was_shut_out_may_not_release(office: Office) -> None:
    office.vouch("sam", standing="disabled")
    wrong = f"{SIGNERS} does not give the releaser the power to release"
    assert wrong_with(office) == [wrong]


def test_whoever_may_not_hear_may_not_release(office: Office) -> None:
    office.vouch("sam", "auditor")
    assert "the power to release" in wrong_with(office)[0]


def test_whom_hearing_was_lent_may_release(office: Office) -> None:
    office.vouch("sam", "auditor", delegations=[{"power": "hear", "until": "2026-12-31"}])
    assert wrong_with(office) == []


@pytest.mark.parametrize("until", [["2026-08-01"], ["2026-08-02"], ["2026-03-31", "2026-08-03"]])
def test_whom_hearing_is_lent_may_release_to_the_end_of_the_last_day(
    office: Office, until: list[str]
) -> None:
    """The entry is of 2 August in UTC; for a practice far in the west it may be the 1st."""
    office.vouch("sam", "auditor", delegations=[{"power": "hear", "until": day} for day in until])
    assert wrong_with(office) == []


def test_whose_lent_hearing_has_ended_may_not_release(office: Office) -> None:
    lent = [{"power": "hear", "until": "2026-07-31"}, {"power": "govern", "until": "2026-12-31"}]
    office.vouch("sam", "auditor", delegations=lent)
    wrong = "gives the releaser the power to release until a day that was over"
    assert wrong_with(office) == [f"{SIGNERS} {wrong}"]


def test_a_day_that_has_passed_takes_nothing_of_what_was_not_lent(office: Office) -> None:
    office.vouch("sam", delegations=[{"power": "hear", "until": "2026-03-31"}])
    assert wrong_with(office) == []


@pytest.mark.parametrize("until", ["for ever", "2026-02-30", "20261231", "2026-12-31 ", "", None])
def test_a_power_that_is_lent_until_no_day_makes_no_voucher(office: Office, until: object) -> None:
    seq = office.vouch("sam", "auditor", delegations=[{"power": "hear", "until": until}])
    assert wrong_with(office) == [f"{SIGNERS} is not in its form: the voucher of entry {seq}"]


def test_a_release_that_somebody_else_signed_in_the_releaser_s_name_is_told(office: Office) -> None:
    office.vouch("mallory")
    assert wrong_with(office, by="mallory") == [
        "allowed_signers has another key than signers.json vouches for"
    ]


def test_the_checkpoint_is_signed_by_the_releaser_s_key_for_checkpoints(office: Office) -> None:
    files = office.release()
    proof = read_proof(files[PROOF])
    other = replace(proof, checkpoint=office.head(proof.seq + 1, "dora"))
    wrong = f"{PROOF} has a checkpoint that the releaser's key did not sign"
    changed = {PROOF: write_proof(other)}
    assert what_is_wrong(resigned(files, office.keys["sam"], changed), office.root) == [wrong]


# What the entry says.


def test_an_entry_proved_at_a_later_head_is_not_the_releaser_s_own_word(office: Office) -> None:
    files = office.release()
    seq = read_proof(files[PROOF]).seq
    office.enter("search", "dora")
    extra = read_proof(files[PROOF]).extra
    later = Proof(seq, office.path(seq, seq + 2), office.head(seq + 2), extra)
    changed = {
        PROOF: write_proof(later),
        SIGNERS: canonical(office.signers(seq + 2)),
    }
    wrong = f"{PROOF} does not prove that its entry stands in the log"
    assert what_is_wrong(resigned(files, office.keys["sam"], changed), office.root) == [wrong]


@pytest.mark.parametrize(
    "entry",
    [
        {"act": "release.delivered"},
        {"act": "listen"},
        {"outcome": Outcome.REFUSED},
        {"outcome": Outcome.FAILED},
        {"actor": "dora"},
    ],
    ids=lambda entry: " ".join(map(str, entry.values())),
)
def test_an_entry_about_something_else_proves_no_release(
    office: Office, entry: dict[str, Any]
) -> None:
    wrong = f"{PROOF} is about something else than a release by the person who signed"
    assert wrong_with(office, **entry) == [wrong]


@pytest.mark.parametrize(
    "subject", [[REQUEST, "33" * 16], [REQUEST, "11" * 16], ["33" * 16, "11" * 16], []]
)
def test_an_entry_about_another_request_release_or_recording_is_told(
    office: Office, subject: list[str]
) -> None:
    wrong = f"{PROOF} is about another request, release or recording than manifest.json"
    assert wrong_with(office, subject=subject) == [wrong]


def test_an_entry_about_another_manifest_is_told(office: Office) -> None:
    wrong = f"{PROOF} is about another manifest.json"
    assert wrong_with(office, details={"manifest": "ee" * 32}) == [wrong]


@pytest.mark.parametrize("member", ["nonce", "details"])
def test_details_that_the_entry_does_not_bear_out_are_told(office: Office, member: str) -> None:
    files = office.release()
    proof = read_proof(files[PROOF])
    extra = json.loads(proof.extra)
    extra[member] = {"nonce": "00" * 32, "details": {**extra["details"], "more": 1}}[member]
    changed = {PROOF: write_proof(replace(proof, extra=canonical(extra)))}
    wrong = f"{PROOF} has details that its entry does not bear out"
    assert what_is_wrong(resigned(files, office.keys["sam"], changed), office.root) == [wrong]


def test_an_entry_put_in_place_of_the_one_that_was_proved_is_told(office: Office) -> None:
    files = office.release()
    proof = read_proof(files[PROOF])
    extra = json.loads(proof.extra)
    leaf = json.loads(base64.b64decode(extra["leaf"]))
    leaf["at"] = "2020-01-01T00:00:00.000Z"
    extra["leaf"] = base64.b64encode(canonical(leaf)).decode()
    changed = {PROOF: write_proof(replace(proof, extra=canonical(extra)))}
    wrong = f"{PROOF} does not prove that its entry stands in the log"
    assert what_is_wrong(resigned(files, office.keys["sam"], changed), office.root) == [wrong]


# What the manifest says.

FORM = "manifest.json is not in its form"


def contradicts(path: str) -> str:
    return f"manifest.json contradicts itself about {path}"


def leave_out_the_original(said: dict[str, Any], *, to_ms: int) -> None:
    """A clip from 5 ms on, its original not enclosed."""
    original, copy = said["files"]
    kept = {name: original[name] for name in ("recording", "uid", "sha256", "bytes", "codec")}
    said["not_enclosed"] = [{**kept, "why": "edited"}]
    said["files"] = [copy]
    span = {"from_ms": 5, "to_ms": to_ms, "from_sample": 40, "to_sample": 8 * to_ms}
    copy.update(edits=[{"what": "clip", **span}], edited_at=8000)


ORIGINAL, COPY = "recordings/01-original.wav", "recordings/01-listening.wav"

MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a member too many": (lambda said: said.update(note=""), FORM),
    "a member less": (lambda said: said.pop("call_data"), FORM),
    "a member of a file too many": (lambda said: said["files"][0].update(name=""), FORM),
    "true for a number": (lambda said: said["files"][0].update(bytes=True), FORM),
    "a time that is none": (lambda said: said.update(at="2026-02-30T00:00:00.000Z"), FORM),
    "less than nothing": (lambda said: said["files"][0].update(bytes=-1), FORM),
    "a number for a time": (lambda said: said.update(at=1), FORM),
    "a local time without its offset": (
        lambda said: said["files"][0].update(local_time="2026-07-14T08:05:07.250"),
        contradicts("recordings/01-original.wav"),
    ),
    "a local time in another form": (
        lambda said: said["files"][0].update(local_time="2026-07-14T09:05:07.250000+01:00"),
        contradicts("recordings/01-original.wav"),
    ),
    "an unknown schema": (lambda said: said.update(schema="callrec.releases/2"), FORM),
    "no schema": (lambda said: said.pop("schema"), FORM),
    "a file outside": (lambda said: said["files"][0].update(path="../01-original.wav"), FORM),
    "withheld for crime": (
        lambda said: said["withheld"].append({"code": "crime", "recording": 3}),
        FORM,
    ),
    "a copy called an original": (
        lambda said: said["files"][1].update(role="original"),
        contradicts(COPY),
    ),
    "a copy under an original's name": (
        lambda said: said["files"][1].update(path="recordings/02-original.wav"),
        contradicts("recordings/02-original.wav"),
    ),
    "an original made from itself": (
        lambda said: said["files"][0].update(made_from=said["files"][0]["sha256"]),
        contradicts(ORIGINAL),
    ),
    "a copy made from nothing": (
        lambda said: said["files"][1].update(made_from=None),
        contradicts(COPY),
    ),
    "a rate without edits": (
        lambda said: said["files"][1].update(edited_at=8000),
        contradicts(COPY),
    ),
    "a span that lasts no time": (
        lambda said: leave_out_the_original(said, to_ms=5),
        contradicts(COPY),
    ),
    "a copy of nothing enclosed": (
        lambda said: said["files"][1].update(made_from="ab" * 32),
        contradicts(COPY),
    ),
    "two times of one call": (
        lambda said: said["files"][0].update(local_time="2026-07-14T09:06:07.250+01:00"),
        contradicts(ORIGINAL),
    ),
    "one file twice": (
        lambda said: said["files"].append(said["files"][0]),
        "manifest.json names one file twice",
    ),
    "edited, with its original": (
        lambda said: said["files"][1].update(
            edits=[{"what": "clip", "from_ms": 0, "to_ms": 9, "from_sample": 0, "to_sample": 72}],
            edited_at=8000,
        ),
        contradicts(COPY),
    ),
}


@pytest.mark.parametrize(("change", "wrong"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_says_what_none_says_is_told(
    office: Office, change: Callable[[dict[str, Any]], object], wrong: str
) -> None:
    assert wrong in what_is_wrong(with_manifest(office, change), office.root)


OTHERWISE = "manifest.json says otherwise"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"taken_in_by": "intake"}, f"{OTHERWISE} when recording 1042 was taken in, or by whom"),
        (
            {"taken_in_at": "2026-07-14T08:06:00.000Z"},
            f"{OTHERWISE} when recording 1042 was taken in, or by whom",
        ),
        ({"matched": True}, f"{OTHERWISE} whether call records tell of recording 1042"),
    ],
)
def test_what_was_brought_in_by_hand_is_not_passed_off_as_the_service_s(
    office: Office, said: dict[str, Any], wrong: str
) -> None:
    office.vouch("max", "manager")
    manifest = office.manifest()
    by_hand = tuple(replace(file, taken_in_by="manager") for file in manifest.files)
    manifest = replace(manifest, files=by_hand)
    office.take_in(manifest.files, by="max")
    office.approve(manifest.files)
    assert what_is_wrong(office.release(manifest), office.root) == []
    told = replace(manifest, files=tuple(replace(file, **_typed(said)) for file in by_hand))
    assert what_is_wrong(office.release(told), office.root) == [wrong]


def _typed(said: dict[str, Any]) -> dict[str, Any]:
    at = said.get("taken_in_at")
    return {**said, "taken_in_at": datetime.fromisoformat(at)} if at else said


def test_a_manifest_of_another_practice_than_the_log_s_is_told(office: Office) -> None:
    files = with_manifest(office, lambda said: said.update(practice="Another Practice"))
    wrong = f"{SIGNERS} is of another practice than manifest.json names"
    assert what_is_wrong(files, office.root) == [wrong]


def test_a_manifest_that_names_another_releaser_is_told(office: Office) -> None:
    files = with_manifest(office, lambda said: said.update(released_by="99" * 16))
    assert what_is_wrong(files, office.root) == [
        "allowed_signers names somebody else than manifest.json"
    ]


def test_recordings_that_the_two_lists_tell_differently_are_told(office: Office) -> None:
    def change(said: dict[str, Any]) -> None:
        said["files"][0]["sha256"] = said["files"][1]["made_from"] = "ab" * 32

    assert what_is_wrong(with_manifest(office, change), office.root) == [
        "SHA256SUMS does not list the recordings that manifest.json lists",
        "manifest.json has a sound of recording 1042 that is not the one that came in",
    ]


def test_recordings_that_the_manifest_does_not_name_at_all_are_told(office: Office) -> None:
    files = with_manifest(office, lambda said: said["files"].clear())
    wrong = "SHA256SUMS does not list the recordings that manifest.json lists"
    assert wrong in what_is_wrong(files, office.root)


def test_a_list_that_names_what_no_release_has_is_told(office: Office) -> None:
    files = resigned(office.release(), office.keys["sam"], {"setup.exe": b"MZ"})
    assert what_is_wrong(files, office.root) == [
        "SHA256SUMS names setup.exe",
        "setup.exe is one file too many: it is not part of the release",
    ]


def test_a_list_without_the_certificate_is_told(office: Office) -> None:
    files = office.release()
    del files["certificate.pdf"]
    assert what_is_wrong(resigned(files, office.keys["sam"]), office.root) == [
        "SHA256SUMS does not name certificate.pdf",
        "certificate.pdf is missing",
    ]


SIGNERS_FILES: dict[str, Callable[[bytes], bytes]] = {
    "of another kind of key": lambda line: line.replace(
        b"AAAAC3NzaC1lZDI1NTE5", b"AAAAC3NzaC1lZDI1NTE4"
    ),
    "for another purpose": lambda line: line.replace(b"callrec-release", b"file"),
    "for every purpose": lambda line: line.replace(b' namespaces="callrec-release"', b""),
    "with a second signer": lambda line: line + line,
    "with a comment": lambda line: b"# \n" + line,
}


@pytest.mark.parametrize("change", SIGNERS_FILES.values(), ids=SIGNERS_FILES)
def test_allowed_signers_name_one_key_for_one_purpose(
    office: Office, change: Callable[[bytes], bytes]
) -> None:
    files = office.release()
    line = change(files["allowed_signers"])
    wrong = "allowed_signers is not in its form"
    changed = resigned(files, office.keys["sam"], {"allowed_signers": line})
    assert wrong in what_is_wrong(changed, office.root)


SUMS: dict[str, Callable[[bytes], bytes]] = {
    "without its last line end": lambda sums: sums[:-1],
    "with an empty line": lambda sums: sums + b"\n",
    "with a line twice": lambda sums: sums + sums[: sums.index(b"\n") + 1],
    "with hashes in capitals": lambda sums: sums[:64].upper() + sums[64:],
    "with one space": lambda sums: sums.replace(b"  ", b" ", 1),
    "with lines that end otherwise": lambda sums: sums.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("change", SUMS.values(), ids=SUMS)
def test_a_list_in_another_form_is_told_though_it_is_signed(
    office: Office, change: Callable[[bytes], bytes]
) -> None:
    files = office.release()
    sums = change(files["SHA256SUMS"])
    signature = sign_ssh(sums, office.keys["sam"].act, NAMESPACE).encode()
    files |= {"SHA256SUMS": sums, "SHA256SUMS.sig": signature}
    assert what_is_wrong(files, office.root) == ["SHA256SUMS is not in its form"]


def test_an_edited_copy_without_its_original_is_verified(office: Office) -> None:
    original = a_file()
    edited = replace(
        a_listening_copy(original),
        edits=an_edited_copy().edits,
        edited_at=11025,
    )
    left_out = NotEnclosed(
        original.recording,
        original.uid,
        original.sha256,
        original.size_bytes,
        "ulaw",
        WhyNotEnclosed.EDITED,
    )
    manifest = office.manifest(files=(edited,), not_enclosed=(left_out,))
    assert check(office.release(manifest), office.root).verdict == "VERIFIED"
    whole = replace(edited, edits=UNEDITED, edited_at=None)
    small = office.manifest(
        files=(whole,), not_enclosed=(replace(left_out, why=WhyNotEnclosed.SIZE),)
    )
    office = an_office()
    assert check(office.release(small), office.root).verdict == "VERIFIED"


def test_a_copy_that_is_its_original_stands_for_both(office: Office) -> None:
    copy = a_listening_copy(a_file())
    same = replace(copy, made_from=copy.sha256)
    left_out = NotEnclosed(
        same.recording, same.uid, same.sha256, same.size_bytes, "pcm16", WhyNotEnclosed.SAME
    )
    manifest = office.manifest(files=(same,), not_enclosed=(left_out,))
    assert checker.read_manifest(manifest.to_bytes())["not_enclosed"][0]["why"] == "same"
    other = replace(left_out, sha256=a_file().sha256)
    lying = office.manifest(files=(replace(same, made_from=other.sha256),), not_enclosed=(other,))
    with pytest.raises(checker.Wrong, match="says that a copy is its original"):
        checker.read_manifest(lying.to_bytes())


def test_a_later_form_could_not_be_checked_unless_something_else_is_wrong(office: Office) -> None:
    later = with_manifest(office, lambda said: said.update(schema="callrec.release/2"))
    result = check(later, office.root)
    assert (result.verdict, result.exit_status, result.problems) == ("NOT VERIFIED", 9, ())
    assert "a newer callrec_verify.py can check it" in " ".join(checker.in_words(result))
    forged = check(resigned(later, office.keys["mallory"]), office.root)
    assert forged.exit_status == 5
