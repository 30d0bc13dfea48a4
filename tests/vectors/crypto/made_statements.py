"""Cases of statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from vectors.crypto import by_hand
from vectors.crypto.by_hand import canonical, context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import (
    AT,
    BATCH,
    CONTEXTS,
    KEY,
    OTHER_PERSON,
    OTHER_SEED,
    OTHER_UID,
    OTHER_VAULT,
    PERSON,
    REQUEST,
    RUN,
    UID,
    VAULT,
    VOLUME,
    Cases,
    b64,
)
from vectors.crypto.made_identities import identity_seed, public_keys

ACT: Final = identity_seed("act")

VOUCHER: Final[dict[str, Any]] = {
    "delegations": [{"power": "decide-general", "until": "2026-12-31"}],
    "keys": public_keys(OTHER_SEED),
    "lock": "10" * 32,
    "name": sha256(bytes(32) + b"kim" + "Kim Ex\u00e4mple".encode()).hex(),
    "person": OTHER_PERSON,
    "powers": ["hear", "make-request"],
    "previous": "ab" * 32,
    "role": "staff",
    "second": "",
    "serial": 2,
    "standing": "confirmed",
}

APPROVED: Final[dict[str, Any]] = {"ciphertext": "c1" * 32, "grant": "9a" * 32, "uid": UID}

EDITS: Final = [
    {"from_ms": 0, "to_ms": 60_000, "what": "clip"},
    {
        "filler": "tone",
        "from_ms": 30_250,
        "ground": "third-party",
        "side": "left",
        "to_ms": 40_000,
        "what": "silence",
    },
]

STATEMENTS: Final[Mapping[str, dict[str, Any]]] = {
    "voucher": VOUCHER,
    "key": {
        "keys": [
            {"key": "recordings", "public": b64(by_hand.kem_public(KEY)), "version": 1},
            {
                "key": "index",
                "public": b64(by_hand.mac(KEY, context("key-check", VAULT, CONTEXTS["key-check"]))),
                "version": 2,
            },
        ]
    },
    "seal": {
        "shares": [
            {"key": "recordings", "sha256": sha256(b"share").hex(), "to": PERSON, "version": 1}
        ]
    },
    "kit": {"keys": public_keys(OTHER_SEED), "previous": "ab" * 32, "serial": 3},
    "second": {"voucher": "ab" * 32},
    "claim": {"keys": public_keys(OTHER_SEED), "lock": "10" * 32},
    "lock": {"lock": "10" * 32},
    "settings": {
        "previous": "ab" * 32,
        "serial": 2,
        "settings": {
            "archive": {"copies": 2, "every": "7 days", "verify_every": "6 months"},
            "clocks": {
                "days_not_closed": [],
                "division": "scotland",
                "extra_closed_days": ["2027-06-03"],
                "holidays_known_until": 2028,
                "outside_body_working_days": 5,
                "target_days": 28,
                "warn_days": 7,
            },
            "cosigning": {"every": "7 days", "needed": 1},
            "keys": {"opened_by": "one"},
            "grants": {"lapse_days": 14, "review_cap": 20},
            "incidents": {"report_impact": 2, "report_likelihood": 3, "tell_people_impact": 4},
            "lawful_basis": [{"articles": ["6(1)(c)", "9(2)(h)"], "purpose": "complaint"}],
            "line_manager": [{"manager": "dora", "person": "kim"}],
            "notices": [
                {
                    "from": "2026-02-01",
                    "kind": "announcement",
                    "published": "2026-01-31",
                    "text": "This call is recorded.\nAsk at the d\u00e9sk.",
                    "until": None,
                    "version": "4.1",
                    "where": "played on 01632 960000",
                }
            ],
            "passwords": {"factor": "optional"},
            "policy": {"next_revision_due": "2025-01-31"},
            "practice": {
                "caldicott_guardian": "Dr Ellison",
                "data_protection_contact": "01632 960000",
                "data_protection_officer": "Jo Lane, 01632 960222",
                "ico_registration": "ZA123456",
                "kept_for": "three years",
                "regulator": "Information Commissioner's Office",
                "regulator_address": "Wycliffe House, Water Lane, Wilmslow, Cheshire SK9 5AF",
                "regulator_contact": "telephone 0303 123 1113, ico.org.uk",
                "name": "The Surgery",
                "other_countries": "We do not send recordings to other countries.",
                "telephone_supplier": "Green Telecom Ltd",
            },
            "reconcile": {"closes": "18:30:00", "gap_minutes": 60, "opens": "07:45:30"},
            "release": {"contact": "", "rights": ""},
            "requests": {"lapse_days": 14},
            "retention": {
                "appraise_again": "1 year",
                "category": [
                    {
                        "decided": "the partners on 4 January 2024",
                        "keeps": "3 years",
                        "name": "routine",
                        "source": "ours",
                    },
                    {"decided": "", "keeps": None, "name": "claim", "source": "ours"},
                ],
            },
            "recorder": {
                "allowed_signers": (
                    'pbx namespaces="callrec-recording" ssh-ed25519'
                    " AAAAC3NzaC1lZDI1NTE5AAAAIIfMNY/OZTihlX8CR0//O5/p3J9BWWnu1EpKbyXRO6dL\n"
                ),
                "openpgp": [],
                "required": False,
            },
            "search": {"most_results": 50, "widest_window_days": 1},
            "telephone": {
                "extensions": ["200-299"],
                "numbers": ["+441632960000", "+441632960100 to +441632960199"],
                "outside_prefixes": ["9"],
                "record_tolerance_seconds": 120,
                "template": [
                    {
                        "examples": ["1748854800_201.wav"],
                        "inbound": ["in"],
                        "internal": [],
                        "name": "ours",
                        "outbound": [],
                        "pattern": "(?P<epoch>\\d+)_(?P<extension>\\d+)\\.wav",
                        "times": ["%Y%m%d %H%M%S"],
                        "zone": "UTC",
                    }
                ],
            },
            "time_zone": "Europe/London",
            "witness": [
                {
                    "key": (
                        "lmc.example/witness+dbc774ca+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
                    ),
                    "name": "the LMC",
                    "url": "https://witness.lmc.example/",
                }
            ],
            "timestamp": {"certificates": "", "policy": "", "url": ""},
        },
    },
    "batch": {
        "batch": BATCH,
        "items": [
            {
                "ciphertext": f"c{n}" * 32,
                "metadata": f"{n}e" * 32,
                "revision": n,
                "shown": f"5{n}" * 32,
                "uid": UID,
            }
            for n in (1, 2, 3)
        ],
    },
    "reencrypted": {
        "batch": BATCH,
        "items": [
            {
                "ciphertext": "c2" * 32,
                "metadata": "3e" * 32,
                "revision": 2,
                "uid": UID,
                "was": "c1" * 32,
            }
        ],
    },
    "approval": {
        "break_glass": False,
        "consulted": "",
        "countersigned": OTHER_PERSON,
        "digest": "d1" * 32,
        "for": OTHER_PERSON,
        "items": [APPROVED | {"edits": EDITS}],
        "lapses": "2026-12-24T09:05:00.000Z",
        "request": REQUEST,
        "requester": OTHER_PERSON,
        "salt": "5a" * 32,
        "version": 1,
        "withheld": [{"code": "not-approved", "uid": OTHER_UID}],
    },
    "volume": {
        "bag": f"{RUN}-1",
        "catalogue": "ca" * 32,
        "head": {"root": "7e" * 32, "size": 18},
        "keys": "6e" * 32,
        "manifest": "3a" * 32,
        "volume": VOLUME,
    },
    "destruction": {
        "approvals": ["a9" * 32],
        "certificate": "ce" * 16,
        "details": [12, 40],
        "items": [
            {
                "category": "routine",
                "ciphertext": "c1" * 32,
                "due": "",
                "rule": "Article 17",
                "uid": OTHER_UID,
            }
        ],
        "kept": [{"code": "claims", "uid": "00" * 16}],
        "number": 1,
        "request": REQUEST,
    },
    "session": {
        "place": "1e" * 32,
        "public": b64(bytes(range(32))),
        "purpose": "no-password",
        "sealed": "5e" * 32,
        "terminal": "terminal pts/3",
        "until": "2026-11-24T17:04:05.678Z",
    },
    "resumed": {"lost": [{"root": "7e" * 32, "size": 18}]},
    "intake": {
        "batches": 3,
        "complete": True,
        "dated_by_file": 4,
        "duplicates": 12,
        "first_start": "2016-03-27T01:30:00.000Z",
        "joined": 2410,
        "last_start": "2026-11-23T17:55:12.345Z",
        "recordings": 2431,
        "refused": {
            "checksum": 0,
            "description": 1,
            "left": 0,
            "no-sound": 7,
            "unrecognised": 3,
            "unvouched": 0,
            "unreadable": 0,
            "unsettled": 2,
        },
        "since": 57,
        "size_bytes": 8_123_456_789,
        "unjoined": 21,
    },
    "cosigned": {
        "checkpoint": (
            f"callrec/{VAULT}\n41\n{b64(bytes(range(32)))}\n\n"
            f"— callrec/{VAULT} {b64(bytes(68))}\n"
            f"— lmc.example/witness {b64(bytes(76))}\n"
        )
    },
    "reconciled": {
        "answered": 360,
        "asked": 41,
        "calls": 404,
        "duplicates": 2,
        "files": 1,
        "from": "2026-10-25",
        "gaps": 1,
        "held": 339,
        "in_part": 1,
        "joined_by": {
            "file-name": 1,
            "linked-id": 0,
            "number-and-time": 0,
            "unique-id": 373,
        },
        "missing": 20,
        "not_understood": 1,
        "recordings": 375,
        "to": "2026-10-26",
        "unheard": 2,
        "without_call": 1,
    },
}


def signed(kind: str, body: bytes, vault: str = VAULT) -> dict[str, str]:
    signature = by_hand.sign(ACT, context(kind, vault, {}) + body)
    return {"public": by_hand.signing_public(ACT).hex(), "signature": signature.hex()}


def whole(kind: str, **changed: Any) -> dict[str, Any]:
    return STATEMENTS[kind] | {"kind": kind, "vault": VAULT, "by": PERSON, "at": AT} | changed


def sound(kind: str, **changed: Any) -> bytes:
    said = whole(kind, **changed)
    body, as_signed = canonical(said), canonical(folded(said))
    head = {"vault": VAULT, "seed": ACT.hex(), "digest": sha256(as_signed).hex()}
    return case_text(body, expect="good", **head, **signed(kind, as_signed))


def folded(said: dict[str, Any]) -> dict[str, Any]:
    """As it is signed: without the lists that a release does not tell (keys.md, 3)."""
    if said["kind"] == "batch":
        return said | {"items": tree_root([canonical(each) for each in said["items"]]).hex()}
    if said["kind"] == "approval":
        hidden = {name: said[name] for name in ("salt", "withheld")}
        without = {name: said[name] for name in said if name != "salt"}
        return without | {"withheld": sha256(canonical(hidden)).hex()}
    return said


def tree_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, to its letter."""
    if len(entries) < 2:
        return sha256(b"".join(b"\0" + each for each in entries))
    k = 1 << (len(entries) - 1).bit_length() - 1
    return sha256(b"\1" + tree_root(entries[:k]) + tree_root(entries[k:]))


def statements() -> Cases:
    for kind in STATEMENTS:
        yield kind, sound(kind)
    yield "approval_before_edits", sound("approval", items=[APPROVED])
    claim = whole("claim")
    for name, why, said in (
        ("of_no_kind", "a kind that there is not", claim | {"kind": "wish"}),
        ("kind_of_a_context", "a kind of context", claim | {"kind": "share"}),
        ("kind_is_a_list", "a list for the kind", claim | {"kind": []}),
        ("by_is_a_number", "a number for who says it", claim | {"by": 17}),
        ("vault_is_null", "null for the vault", claim | {"vault": None}),
        ("time_in_seconds", "no milliseconds", claim | {"at": "2026-11-24T09:05:00Z"}),
        ("time_is_a_number", "a number for the time", claim | {"at": 1795597500}),
        ("without_kind", "no kind", {n: claim[n] for n in claim if n != "kind"}),
        ("without_maker", "nobody says it", {n: claim[n] for n in claim if n != "by"}),
        ("no_object", "a list", [claim]),
    ):
        yield name, unsound(why, canonical(said))
    spaced = json.dumps(claim, sort_keys=True).encode()
    elsewhere = canonical(claim | {"vault": OTHER_VAULT})
    yield "of_another_vault", unsound("another vault's", elsewhere, OTHER_VAULT)
    yield "not_canonical", unsound("spaces", spaced)
    yield "empty", unsound("nothing", b"")
    yield from badly_signed(canonical(claim))


def unsound(why: str, body: bytes, of: str = VAULT) -> bytes:
    """A claim that is signed as it should be, but is not in its form."""
    head = signed("claim", body, of)
    return case_text(body, expect="tampered", wrong="form", why=why, vault=VAULT, **head)


def badly_signed(body: bytes) -> Cases:
    good = signed("claim", body)
    bare = by_hand.sign(ACT, body)
    elsewhere = by_hand.sign(ACT, context("claim", OTHER_VAULT, {}) + body)
    for name, why, changed in (
        ("signed_as_another_kind", "the context of another kind", signed("voucher", body)),
        ("signed_in_another_vault", "another vault's context", {"signature": elsewhere.hex()}),
        ("signed_without_context", "no context", {"signature": bare.hex()}),
        ("signed_by_another", "another key", {"public": by_hand.signing_public(KEY).hex()}),
        ("signature_cut", "63 bytes", {"signature": good["signature"][:-2]}),
        ("signature_empty", "no signature", {"signature": ""}),
    ):
        head = good | changed
        yield (
            name,
            case_text(body, expect="tampered", wrong="signature", why=why, vault=VAULT, **head),
        )
