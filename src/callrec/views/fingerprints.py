"""Fingerprints of keys, as people read them to each other and compare them."""

from __future__ import annotations

from collections.abc import Iterator

from callrec.package.whole import key_words


def grouped_fingerprint(fingerprint: str) -> str:
    """64 hex digits in 8 groups of 8."""
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))


def fingerprint_lines(label: str, fingerprint: str) -> Iterator[str]:
    """A fingerprint in six words, which people read to each other, and in full below."""
    yield f"{label}: {key_words(fingerprint)}"
    yield f"{'':{len(label)}}  {grouped_fingerprint(fingerprint)}"


def key_facts(fingerprint: str) -> Iterator[tuple[str, str]]:
    """A key as a person compares it: a label and what stands under it; nothing where none is."""
    if fingerprint:
        yield "key in six words", key_words(fingerprint)
        yield "fingerprint", grouped_fingerprint(fingerprint)
