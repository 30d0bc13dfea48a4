"""Makes the cases in ``notes`` and ``checkpoints``: c2sp.org/signed-note, c2sp.org/tlog-checkpoint.

Written against the specifications with hashlib and Ed25519 alone, not with callrec: a second
opinion. What came from outside is spelt out here as it was published (README.md).
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent
VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"
ORIGIN = f"callrec/{VAULT}"
OTHER = f"callrec/{VAULT[::-1]}"
SEED = bytes(range(32))
OTHER_SEED = bytes(range(32, 64))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def public_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def signature(text: bytes, name: str = ORIGIN, seed: bytes = SEED) -> bytes:
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public_of(seed)).digest()[:4]
    return key_id + Ed25519PrivateKey.from_private_bytes(seed).sign(text)


def line(text: bytes, name: str = ORIGIN, seed: bytes = SEED) -> bytes:
    return f"— {name} {b64(signature(text, name, seed))}\n".encode()


def note(text: bytes, name: str = ORIGIN, seed: bytes = SEED) -> bytes:
    return text + b"\n" + line(text, name, seed)


def put(kind: str, case: str, body: bytes, **head: str | int) -> None:
    lines = "".join(f"{member.replace('_', '-')}: {value}\n" for member, value in head.items())
    path = HERE / kind / f"{case}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(lines.encode() + b"\n" + body)


C2SP = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""  # noqa: E501
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

GO = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""  # noqa: E501
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # type 0x01, then the seed

TEXT = b"An example of ours.\n"
GOOD = note(TEXT)
STRANGER = line(TEXT, "example.org/log", OTHER_SEED)
KEY_ID, SIGNATURE = signature(TEXT)[:4], signature(TEXT)[4:]


def loose(data: bytes) -> str:
    """Base64 of 68 bytes with one of its unused bits set."""
    text = b64(data)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "="


def extra_line(name: str, encoded: str) -> bytes:
    return GOOD + f"— {name} {encoded}\n".encode()


GOOD_NOTES = {
    "signed": GOOD,
    "empty_line_in_text": note(b"One.\n\nTwo.\n"),
    "not_only_ascii": note("È subito sera.\n".encode()),
    "signature_of_unknown_key_is_ignored": GOOD + STRANGER,
    "signature_of_unknown_key_first": TEXT + b"\n" + STRANGER + line(TEXT),
    "known_name_with_another_key_id_is_ignored": GOOD + line(TEXT, ORIGIN, OTHER_SEED),
    "known_key_id_under_another_name_is_ignored": extra_line("example.org/log", b64(KEY_ID + b"?")),
    "sixteen_signatures": GOOD + STRANGER * 15,
    "the_same_signature_twice": GOOD + line(TEXT),
}

BAD_NOTES = {
    "text_changed": ("a word of the text changed", GOOD.replace(b"example", b"eXample")),
    "signature_changed": (
        "one bit of the signature changed",
        TEXT + f"\n— {ORIGIN} {b64(KEY_ID + bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:])}\n".encode(),
    ),
    "other_key": ("signed by another key under the same name", note(TEXT, ORIGIN, OTHER_SEED)),
    "other_name": ("signed by the key under another name", note(TEXT, OTHER, SEED)),
    "one_of_two_wrong": (
        "of two signatures by the known key one does not verify",
        extra_line(ORIGIN, b64(KEY_ID + SIGNATURE[::-1])),
    ),
    "no_signature": ("nothing after the empty line", TEXT + b"\n"),
    "no_empty_line": ("the text runs into the signature", TEXT + line(TEXT)),
    "no_final_newline": ("the last line does not end", GOOD[:-1]),
    "last_line_ends_otherwise": ("another byte for the last newline", GOOD[:-1] + b"="),
    "newline_after_signatures": ("an empty line after the last signature", GOOD + b"\n"),
    "tab_in_text": ("a control character in the text", note(b"One\ttwo.\n")),
    "carriage_return": ("a control character in the text", note(b"One.\r\n")),
    "not_utf8": ("the text is not UTF-8", note(b"One\xff.\n")),
    "hyphen_for_dash": ("a hyphen for the em dash", GOOD + STRANGER.replace("—".encode(), b"-")),
    "two_spaces": ("two spaces before the signature", GOOD + STRANGER.replace(b"log ", b"log  ")),
    "name_is_empty": ("a signature by nobody", extra_line("", b64(KEY_ID + SIGNATURE))),
    "name_with_plus": ("a plus in a key name", extra_line("a+b", b64(KEY_ID + SIGNATURE))),
    "name_with_space": (
        "a Unicode space in a name",
        extra_line("a\u2003b", b64(KEY_ID + SIGNATURE)),
    ),
    "base64_without_padding": ("no padding", extra_line("a", b64(KEY_ID + SIGNATURE).rstrip("="))),
    "base64_with_loose_bits": ("unused bits set", extra_line("a", loose(KEY_ID + SIGNATURE))),
    "base64_for_urls": ("the other alphabet", extra_line("a", "__8_____")),
    "signature_of_key_id_alone": ("four bytes only", extra_line("a", b64(KEY_ID))),
}


def make_notes() -> None:
    for name, body, key in (("c2sp_example", C2SP, C2SP_KEY), ("go_example", GO, GO_KEY)):
        owner, key_id, public = key.split("+", 2)
        raw = base64.b64decode(public)[1:]
        head = {"name": owner, "public": raw.hex(), "key_id": key_id}
        seed = {"seed": base64.b64decode(GO_SEED)[1:].hex()} if name == "go_example" else {}
        put("notes", name, body.encode(), expect="good", **head, **seed)
    ours = {"name": ORIGIN, "public": public_of(SEED).hex()}
    for name, note_ in GOOD_NOTES.items():
        put("notes", name, note_, expect="good", **ours)
    for name, (why, note_) in BAD_NOTES.items():
        put("notes", name, note_, expect="tampered", why=why, **ours)


C2SP_CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""  # noqa: E501

ROOT = hashlib.sha256(b"a root").digest()
EMPTY = hashlib.sha256(b"").digest()


def head_text(size: str, root: str, origin: str = ORIGIN, more: str = "") -> bytes:
    return f"{origin}\n{size}\n{root}\n{more}".encode()


GOOD_CHECKPOINTS = {
    "signed": ("1042", ROOT, ""),
    "empty_tree": ("0", EMPTY, ""),
    "extension_line_is_ignored": ("1042", ROOT, "an extension\n"),
}

BAD_CHECKPOINTS = {
    "other_origin": ("the head of another log", head_text("7", b64(ROOT), OTHER)),
    "no_root": ("two lines only", f"{ORIGIN}\n7\n".encode()),
    "leading_zero": ("a size with a leading zero", head_text("07", b64(ROOT))),
    "plus_sign": ("a size with a sign", head_text("+7", b64(ROOT))),
    "negative_size": ("a size below zero", head_text("-7", b64(ROOT))),
    "other_digits": ("digits that are not ASCII", head_text("\u0667", b64(ROOT))),
    "no_size": ("an empty line for the size", head_text("", b64(ROOT))),
    "size_beyond_64_bits": ("a size that nothing has", head_text("1" + "0" * 19, b64(ROOT))),
    "root_too_short": ("a root of 31 bytes", head_text("7", b64(ROOT[:31]))),
    "root_too_long": ("a root of 33 bytes", head_text("7", b64(ROOT + b"?"))),
    "root_in_hex": ("a root in hex", head_text("7", ROOT.hex())),
    "empty_extension_line": ("an extension line is empty", head_text("7", b64(ROOT), more="\nx\n")),
}


def make_checkpoints() -> None:
    ours = {"origin": ORIGIN, "public": public_of(SEED).hex()}
    for name, (size, root, more) in GOOD_CHECKPOINTS.items():
        says = {"size": size, "root": root.hex(), "seed": SEED.hex()}
        body = note(head_text(size, b64(root), more=more))
        put("checkpoints", name, body, expect="good", **ours, **says)
    for name, (why, text) in BAD_CHECKPOINTS.items():
        put("checkpoints", name, note(text), expect="tampered", why=why, **ours)
    (HERE / "c2sp_checkpoint.txt").write_text(C2SP_CHECKPOINT)


if __name__ == "__main__":
    make_notes()
    make_checkpoints()
