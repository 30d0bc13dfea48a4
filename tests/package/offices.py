"""A made-up practice with a log of its own: whole releases, and forged ones, without a vault.

The log holds what a practice's does: the founding, vouchers, other entries, and a release.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, Proof, origin, sign_checkpoint, write_proof
from callrec.audit.leaf import Leaf, Outcome, detail_commitment
from callrec.audit.register import Founders
from callrec.crypto.canonical import canonical, format_instant
from callrec.crypto.identity import Identity
from callrec.crypto.statement import Statement, shown_items, sign_statement
from callrec.package import callrec_verify
from callrec.package.callrec_verify import Result
from callrec.package.manifest import Manifest, ReleasedFile
from callrec.package.package import NAMESPACE, allowed_signers_line, assemble, sign_ssh
from callrec.policy.purpose import Purpose, request_id
from package.builders import LISTENING, SOUND, a_manifest, the_enclosures

AT = datetime(2026, 8, 2, 23, 15, tzinfo=UTC)

VAULT = "22" * 16

REQUEST = request_id(Purpose.SUBJECT_ACCESS, b"\x44" * 12)

PRACTICE = "Dr Müller & Partners"

NONCE = bytes(range(32))

ROLES = {
    "data-controller": ["decide-general", "decide-reserved", "govern", "hear", "ingest"],
    "partner": ["decide-general", "hear"],
    "manager": ["decide-general", "hear", "ingest"],
    "intake": ["ingest"],
    "staff": ["hear", "make-request"],
    "auditor": ["make-request", "read-audit"],
}


def id_of(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()[:32]


def a_key(person: str, vault: str, generation: int = 1) -> Identity:
    return Identity.from_seed(hashlib.sha256(f"{person} {generation}".encode()).digest(), vault)


@dataclass
class Office:
    """A log that grows by `enter` and `vouch`, and packages of releases that stand in it.

    ``family`` tells whose keys these are: another family is somebody else with the same names.
    """

    vault: str = VAULT
    family: str = ""
    founded_as: str = ""
    """The vault that the first entry and the vouchers name, if it is not the log's own."""
    leaves: list[bytes] = field(default_factory=list)
    statements: dict[int, Statement] = field(default_factory=dict)
    keys: dict[str, Identity] = field(default_factory=dict)
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What signers.json shows of each recording, by uid: `take_in` and `approve` put it there."""
    heads: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """Entry that carries an approval or a batch -> the size and the note of the head after it."""

    def __post_init__(self) -> None:
        for person in ("dora", "kit", "mallory"):
            self.keys[person] = a_key(person + self.family, self.vault)
        founders = Founders(
            vault=self.founded_as or self.vault,
            practice=PRACTICE,
            controller=id_of("dora"),
            controller_keys=self.keys["dora"].public,
            kit=id_of("kit"),
            kit_keys=self.keys["kit"].public,
        )
        self.enter("vault.founded", "dora", founders=founders.as_json())

    @property
    def root(self) -> str:
        """The fingerprint."""
        return hashlib.sha256(self.leaves[0]).hexdigest()

    def enter(
        self, act: str, actor: str, *, statement: Statement | None = None, **said: Any
    ) -> int:
        """Append an entry; returns its number."""
        seq = len(self.leaves)
        leaf = Leaf(
            act=act,
            actor=id_of(actor),
            at="2026-08-02T23:15:00.000Z",
            detail=said.get("detail", ""),
            log=origin(self.vault),
            outcome=said.get("outcome", Outcome.DONE),
            seq=seq,
            statement=statement.digest if statement else "",
            subject=tuple(said.get("subject", ())),
            founders=said.get("founders"),
        )
        self.leaves.append(leaf.encode())
        if statement:
            self.statements[seq] = statement
        return seq

    def vouch(
        self,
        person: str,
        role: str = "staff",
        *,
        by: str = "dora",
        signed_by: str = "",
        seconded_by: str = "",
        **said: Any,
    ) -> int:
        """Append a voucher that follows the newest about that person, unless told otherwise.

        Before it stands what a second person signs for it, if somebody does.
        """
        before = [s for s in self.statements.values() if s.fields.get("person") == id_of(person)]
        self.keys.setdefault(person, a_key(person + self.family, self.vault))
        fields = {
            "delegations": [],
            "keys": self.keys[person].public.as_json(),
            "lock": "",
            "name": "aa" * 32,
            "person": id_of(person),
            "powers": ROLES[role],
            "previous": before[-1].digest if before else "",
            "role": role,
            "second": "",
            "serial": len(before) + 1,
            "standing": "confirmed",
        }
        statement = sign_statement(
            "voucher",
            vault=self.founded_as or self.vault,
            by=id_of(by),
            at=AT,
            seed=self.keys[signed_by or by].act,
            fields=fields | said,
        )
        if seconded_by:
            voucher = {"voucher": statement.digest}
            self.state("person.seconded", "second", seconded_by, voucher, signed_by=seconded_by)
        return self.enter("person.confirmed", by, statement=statement)

    def state(
        self, act: str, kind: str, by: str, fields: dict[str, Any], *, signed_by: str, **said: Any
    ) -> int:
        """Append an entry that carries a statement, and sign the head after it."""
        statement = sign_statement(
            kind,
            vault=self.founded_as or self.vault,
            by=id_of(by),
            at=AT,
            seed=self.keys[signed_by or by].act,
            fields=fields,
        )
        seq = self.enter(act, by, statement=statement, **said)
        self.heads[seq] = seq + 1, self.head(seq + 1, by)
        return seq

    def take_in(
        self,
        files: Iterable[ReleasedFile],
        *,
        by: str = "door",
        signed_by: str = "",
        sha256: str = "",
        **shown: Any,
    ) -> int:
        """A batch of these recordings among two others, as `shown` to be shown of each."""
        if by == "door" and by not in self.keys:
            self.vouch("door", "intake")
        items, said = [an_item("ee" * 16, {})], dict[str, dict[str, Any]]()
        for file in {file.uid: file for file in files}.values():
            said[file.uid] = {
                "matched": False,
                "nonce": "5a" * 32,
                "revision": 1,
                "sha256": sha256 or file.made_from or file.sha256,
                "started_at": format_instant(file.started_at),
                "system": "asterisk",
                "time_confidence": "utc-proven",
            } | shown
            items.append(an_item(file.uid, said[file.uid]))
        items.append(an_item("ef" * 16, {}))
        fields = {"batch": "bb" * 16, "items": items}
        subject = ["bb" * 16]
        seq = self.state("ingest", "batch", by, fields, signed_by=signed_by, subject=subject)
        wanted = [(uid, said[uid]["revision"]) for uid in said]
        for (uid, _), item in shown_items(fields, wanted).items():
            came_in = {**item, "entry": seq, "shown": said[uid]}
            self.recordings.setdefault(uid, {"approval": 0, "intake": [], "uid": uid})
            self.recordings[uid]["intake"].append(came_in)
        return seq

    def approve(
        self,
        files: Iterable[ReleasedFile],
        *,
        to: str = "sam",
        by: str = "dora",
        signed_by: str = "",
        **said: Any,
    ) -> int:
        """An approval of these recordings, and perhaps a second signature of it."""
        edits = {file.uid: file.edits.as_json() for file in files}
        fields: dict[str, Any] = {
            "break_glass": False,
            "consulted": "",
            "countersigned": "",
            "digest": "d1" * 32,
            "for": id_of(to),
            "items": [
                {"ciphertext": "c1" * 32, "edits": list(each), "grant": "9a" * 32, "uid": uid}
                for uid, each in edits.items()
            ],
            "lapses": "2026-08-16T23:00:00.000Z",
            "request": REQUEST,
            "requester": id_of("rita"),
            "salt": "5a" * 32,
            "version": 1,
            "withheld": [{"code": "crime", "uid": "ee" * 16}],
        } | said
        subject = [fields["request"], fields["for"], *(each["uid"] for each in fields["items"])]
        about: dict[str, Any] = {"signed_by": signed_by, "subject": subject}
        seq = self.state("request.approved", "approval", by, fields, **about)
        for second in self.keys:
            if id_of(second) == fields["countersigned"]:
                self.state("request.approved", "approval", second, fields, **about)
        for each in fields["items"]:
            shown = self.recordings.setdefault(each["uid"], {"intake": [], "uid": each["uid"]})
            shown["approval"] = seq
        return seq

    def renew(self, person: str) -> None:
        """New keys, which the next voucher names."""
        self.keys[person] = a_key(person + self.family, self.vault, 2)

    def path(self, seq: int, size: int) -> tuple[bytes, ...]:
        return tree.inclusion_proof(seq, size, self._node)

    def head(self, size: int, signer: str = "sam") -> bytes:
        point = Checkpoint(origin(self.vault), size, tree.root(size, self._node))
        return sign_checkpoint(point, self.keys[signer].log)

    def _node(self, level: int, index: int) -> bytes:
        if level == 0:
            return tree.leaf_hash(self.leaves[index])
        return tree.node_hash(
            self._node(level - 1, 2 * index), self._node(level - 1, 2 * index + 1)
        )

    def signers(self, size: int, seqs: list[int] | None = None) -> dict[str, Any]:
        """What signers.json says; of all vouchers unless their entries are named."""
        return {
            "entries": [
                {
                    "head": self._head(seq, size),
                    "leaf": base64.b64encode(self.leaves[seq]).decode(),
                    "proof": [base64.b64encode(each).decode() for each in self.path(seq, size)],
                    "seq": seq,
                    "statement": self._said(seq),
                }
                for seq in (seqs if seqs is not None else [0, *self.statements])
            ],
            "recordings": [*self.recordings.values()],
            "schema": "callrec.signers/1",
        }

    def _said(self, seq: int) -> dict[str, str] | None:
        said = self.statements.get(seq)
        if said is None:
            return None
        signature = base64.b64encode(said.signature).decode()
        return {"body": base64.b64encode(said.signed).decode(), "signature": signature}

    def _head(self, seq: int, size: int) -> dict[str, Any] | None:
        if seq not in self.heads:
            return None
        old, note = self.heads[seq]
        hashes = tree.consistency_proof(old, size, self._node) if old <= size else ()
        proof = [base64.b64encode(each).decode() for each in hashes]
        return {"note": base64.b64encode(note).decode(), "proof": proof}

    def manifest(self, **said: Any) -> Manifest:
        return replace(
            a_manifest(),
            **{"vault": self.vault, "request": REQUEST, "released_by": id_of("sam"), **said},
        )

    def release(
        self,
        manifest: Manifest | None = None,
        *,
        by: str = "sam",
        seqs: list[int] | None = None,
        proof: bytes = b"",
        **entry: Any,
    ) -> dict[str, bytes]:
        """Every file of a package, by its path; whatever is not said is as it should be."""
        manifest = manifest or self.manifest()
        if not self.recordings:
            self.take_in(manifest.files)
            self.approve(manifest.files, to=by)
        if seqs:
            carried = [seq for seq in self.statements if seq in self.heads]
            doors = [
                s for s, v in self.statements.items() if v.fields.get("person") == id_of("door")
            ]
            seqs = [*seqs, *sorted({*carried, *doors} - {*seqs})]
        details = {"manifest": hashlib.sha256(manifest.to_bytes()).hexdigest()} | entry.pop(
            "details", {}
        )
        seq = len(self.leaves)
        said = {
            "act": "release.prepared",
            "actor": by,
            "detail": detail_commitment(self.vault, seq, NONCE, canonical(details)),
            "subject": [REQUEST, manifest.release, *{f.uid: 0 for f in manifest.files}],
        }
        self.enter(**(said | entry))
        extra = {
            "details": details,
            "leaf": base64.b64encode(self.leaves[seq]).decode(),
            "nonce": NONCE.hex(),
        }
        found = Proof(seq, self.path(seq, seq + 1), self.head(seq + 1, by), canonical(extra))
        enclosures = replace(
            the_enclosures(manifest),
            proof=proof or write_proof(found),
            signers=canonical(self.signers(seq + 1, seqs)),
        )
        contents = {file.path: SOUND for file in manifest.files}
        contents["recordings/01-listening.wav"] = LISTENING
        members = assemble(manifest, contents, enclosures, seed=self.keys[by].act)
        return {member.path: b"".join(member.chunks()) for member in members}


def an_item(uid: str, shown: dict[str, Any]) -> dict[str, Any]:
    """As the statement of a batch lists one revision of a recording."""
    committed = hashlib.sha256(canonical(shown)).hexdigest()
    return {
        "ciphertext": "c1" * 32,
        "metadata": "3e" * 32,
        "revision": shown.get("revision", 1),
        "shown": committed,
        "uid": uid,
    }


def an_office(vault: str = VAULT, family: str = "", founded_as: str = "") -> Office:
    """Dora is Data Controller; she vouched for sam, who then made a key of his own."""
    office = Office(vault, family, founded_as)
    office.vouch("dora", "data-controller")
    office.vouch("sam", standing="provisional")
    office.enter("person.claimed", "sam")
    office.renew("sam")
    office.vouch("sam")
    office.enter("search", "dora")
    return office


def resigned(
    files: dict[str, bytes], key: Identity, changes: dict[str, bytes] | None = None
) -> dict[str, bytes]:
    """The package with other contents, its lists made and signed anew by whoever has this key."""
    lists = ("manifest.json.sig", "SHA256SUMS", "SHA256SUMS.sig")
    signer = allowed_signers_line(id_of("sam"), key.public.act, NAMESPACE)
    kept = {path: data for path, data in files.items() if path not in lists}
    kept |= {"allowed_signers": f"{signer}\n".encode()} | (changes or {})
    kept["manifest.json.sig"] = sign_ssh(kept["manifest.json"], key.act, NAMESPACE).encode()
    sums = "".join(f"{hashlib.sha256(kept[path]).hexdigest()}  {path}\n" for path in kept).encode()
    signature = sign_ssh(sums, key.act, NAMESPACE).encode()
    return {**kept, "SHA256SUMS": sums, "SHA256SUMS.sig": signature}


def with_manifest(office: Office, change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    """A release of a manifest that ``change`` was let at, everything about it signed and logged."""
    said = json.loads(office.manifest().to_bytes())
    change(said)
    data = canonical(said)
    details = {"manifest": hashlib.sha256(data).hexdigest()}
    files = office.release(details=details)
    return resigned(files, office.keys["sam"], {"manifest.json": data})


def check(files: Mapping[str, bytes], pin: str = "") -> Result:
    """What the checker says of these files."""
    return callrec_verify.check({path: partial(BytesIO, files[path]) for path in files}, pin)


def what_is_wrong(files: Mapping[str, bytes], pin: str) -> list[str]:
    """The same in words."""
    return [f"{each.path} {each.what}" for each in check(files, pin).problems]


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """The opened package."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
