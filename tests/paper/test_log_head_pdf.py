"""The log's head on paper: what somebody types from it, or reads from its square, is the head."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.audit.checkpoint import Checkpoint, note_from_typed, origin, sign_checkpoint
from callrec.paper.kit_pdf import log_head_pdf
from package.certificates import in_one_line, pages
from paper.test_kit_pdf import in_squares

HEAD = Checkpoint(origin("33" * 16), 1_234_567, bytes(range(32)))

NOTE = sign_checkpoint(HEAD, bytes(range(32)))

PRACTICE = "Dr Müller & Partners"


def printed() -> bytes:
    return log_head_pdf(
        NOTE.decode(),
        practice=PRACTICE,
        size=HEAD.size,
        fingerprint="5f" * 32,
        at=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
    )


def test_a_telephone_reads_the_head_from_it(tmp_path: Path) -> None:
    assert [note_from_typed(read.encode()) for read in in_squares(printed(), tmp_path)] == [NOTE]


def test_it_is_one_page_with_the_lines_and_what_to_type() -> None:
    [page] = map(in_one_line, pages(printed()))
    *text, signature = filter(None, NOTE.decode().split("\n"))
    assert all(line in page for line in (*text, *signature.split()[:2], PRACTICE))
    assert "callrec audit verify --against FILE" in page


def test_the_same_head_is_the_same_page() -> None:
    assert printed() == printed()


TYPED = {
    "as it is": NOTE.decode(),
    "with another dash": NOTE.decode().replace("—", "-"),
    "without the blank line": NOTE.decode().replace("\n\n", "\n"),
    "from Windows": NOTE.decode().replace("\n", "\r\n"),
    "with the last line broken": f"{NOTE.decode()[:-80]}\n  {NOTE.decode()[-80:]}",
    "with spaces around": "\n".join(f"  {line} " for line in NOTE.decode().splitlines()),
    "without an end of line": NOTE.decode().rstrip(),
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_what_is_typed_from_it_is_the_head(typed: str) -> None:
    assert note_from_typed(typed.encode()) == NOTE


@pytest.mark.parametrize("typed", [b"", b"\n", b"one\ntwo\nthree\n- \n- -", b"\xff\xfe" * 9])
def test_whatever_else_is_typed_is_no_head(typed: bytes) -> None:
    assert note_from_typed(note_from_typed(typed)) == note_from_typed(typed) != NOTE
